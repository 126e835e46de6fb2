#include "libs/pg/uuid.h"

#include <algorithm>

#include "libs/random/random.h"
#include "libs/status/status.h"

namespace samverkan::pg {
namespace {

constexpr size_t kTextLength = 36;
constexpr char kDigits[] = "0123456789abcdef";

bool IsDash(size_t position) { return position == 8 || position == 13 || position == 18 || position == 23; }

int DigitValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

absl::Status Malformed() {
  return status::InvalidArgument(status::Error{.reason = "UUID_INVALID",
                                               .message = "expected a UUID: 32 hexadecimal digits as 8-4-4-4-12",
                                               .swedish = "Väntade ett UUID: 32 hexadecimala siffror som 8-4-4-4-12."});
}

// Sets the version and the variant (RFC 9562, 4.1 and 4.2).
void SetVersion(uint8_t version, std::array<uint8_t, 16>& bytes) {
  bytes[6] = static_cast<uint8_t>(version << 4 | (bytes[6] & 0x0f));
  bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3f));
}

}  // namespace

absl::StatusOr<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextLength) return Malformed();
  std::array<uint8_t, 16> bytes = {};
  size_t digits = 0;
  for (size_t position = 0; position < kTextLength; ++position) {
    if (IsDash(position)) {
      if (text[position] != '-') return Malformed();
      continue;
    }
    const int value = DigitValue(text[position]);
    if (value < 0) return Malformed();
    bytes[digits / 2] = static_cast<uint8_t>(bytes[digits / 2] << 4 | value);
    ++digits;
  }
  return Uuid(bytes);
}

Uuid Uuid::FromTime(absl::Time now) {
  std::array<uint8_t, 16> bytes = random::Array<16>();
  constexpr int64_t kLargest = (int64_t{1} << 48) - 1;
  const int64_t milliseconds = std::clamp<int64_t>(absl::ToUnixMillis(now), 0, kLargest);
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(milliseconds >> (40 - 8 * i));
  SetVersion(7, bytes);
  return Uuid(bytes);
}

Uuid Uuid::Random() {
  std::array<uint8_t, 16> bytes = random::Array<16>();
  SetVersion(4, bytes);
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  std::string text;
  text.reserve(kTextLength);
  for (const uint8_t byte : bytes_) {
    if (IsDash(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0f];
  }
  return text;
}

}  // namespace samverkan::pg
