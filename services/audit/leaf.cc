#include "services/audit/leaf.h"

#include <openssl/sha.h>

#include <algorithm>
#include <limits>

#include "libs/status/status.h"
#include "services/audit/reasons.h"

namespace samverkan::audit {
namespace {

constexpr std::string_view kVersion = "audit-leaf/v1";
constexpr absl::CivilDay kFirstDay(1970, 1, 1);
constexpr uint8_t kNoReference = 0;
constexpr uint8_t kReferenceFollows = 1;

constexpr std::array kTexts = {&Leaf::producer, &Leaf::municipality, &Leaf::authority, &Leaf::method, &Leaf::purpose};
constexpr std::array kCodes = {&Leaf::action, &Leaf::outcome, &Leaf::retention};
constexpr std::array kDigests = {&Leaf::subject, &Leaf::actor, &Leaf::detail};

void AppendNumber(std::string& bytes, uint64_t number, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
}

template <size_t n>
void AppendBytes(std::string& bytes, const std::array<uint8_t, n>& part) {
  bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
}

// Takes fields from the front of `rest`. After the first one that is not there it
// stays failed and gives zeros.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view Take(size_t size) {
    if (size > rest_.size()) failed_ = true;
    if (failed_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  uint64_t TakeNumber(size_t size) {
    uint64_t number = 0;
    for (const char byte : Take(size)) number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }

  template <size_t n>
  void TakeBytes(std::array<uint8_t, n>& part) {
    const std::string_view taken = Take(n);
    std::copy(taken.begin(), taken.end(), part.begin());
  }

  bool failed() const { return failed_; }
  bool AtEnd() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

absl::Status Malformed() {
  return status::InvalidArgument(
      status::Error{.reason = kLeafMalformed, .message = "The bytes are not a leaf audit-leaf/v1."});
}

bool CanBeEncoded(const Leaf& leaf) {
  const auto days = leaf.day - kFirstDay;
  return days >= 0 && days <= std::numeric_limits<uint32_t>::max() &&
         std::all_of(kTexts.begin(), kTexts.end(),
                     [&](const auto text) { return (leaf.*text).size() <= kLongestLeafText; }) &&
         std::all_of(kCodes.begin(), kCodes.end(), [&](const auto code) { return leaf.*code != 0; });
}

}  // namespace

absl::StatusOr<std::string> EncodeLeaf(const Leaf& leaf) {
  if (!CanBeEncoded(leaf)) return status::Internal("a leaf that cannot be encoded came past validation");
  std::string bytes(kVersion);
  AppendBytes(bytes, leaf.entry_id);
  AppendNumber(bytes, static_cast<uint64_t>(leaf.day - kFirstDay), 4);
  for (const auto code : kCodes) AppendNumber(bytes, leaf.*code, 1);
  for (const auto text : kTexts) {
    AppendNumber(bytes, (leaf.*text).size(), 1);
    bytes.append(leaf.*text);
  }
  for (const auto digest : kDigests) AppendBytes(bytes, leaf.*digest);
  AppendNumber(bytes, leaf.reference.has_value() ? kReferenceFollows : kNoReference, 1);
  if (leaf.reference.has_value()) AppendNumber(bytes, *leaf.reference, 8);
  return bytes;
}

absl::StatusOr<Leaf> DecodeLeaf(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.Take(kVersion.size()) != kVersion) return Malformed();
  Leaf leaf;
  reader.TakeBytes(leaf.entry_id);
  leaf.day = kFirstDay + static_cast<absl::civil_diff_t>(reader.TakeNumber(4));
  for (const auto code : kCodes) leaf.*code = static_cast<uint8_t>(reader.TakeNumber(1));
  for (const auto text : kTexts) leaf.*text = std::string(reader.Take(reader.TakeNumber(1)));
  for (const auto digest : kDigests) reader.TakeBytes(leaf.*digest);
  const uint64_t follows = reader.TakeNumber(1);
  if (follows > kReferenceFollows) return Malformed();
  if (follows == kReferenceFollows) leaf.reference = reader.TakeNumber(8);
  if (!reader.AtEnd() || !CanBeEncoded(leaf)) return Malformed();
  return leaf;
}

Digest LeafHash(std::string_view leaf) {
  const std::string prefixed = std::string(1, '\0').append(leaf);
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(prefixed.data()), prefixed.size(), digest.data());
  return digest;
}

}  // namespace samverkan::audit
