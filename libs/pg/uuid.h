// Universally unique identifiers (RFC 9562).
#ifndef SAMVERKAN_LIBS_PG_UUID_H_
#define SAMVERKAN_LIBS_PG_UUID_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace samverkan::pg {

// Sixteen bytes, PostgreSQL's uuid. Ordered as PostgreSQL orders them.
class Uuid {
 public:
  // The nil UUID.
  Uuid() = default;
  explicit Uuid(const std::array<uint8_t, 16>& bytes) : bytes_(bytes) {}

  // Reads the form 8-4-4-4-12 of hexadecimal digits, either case, any version.
  // INVALID_ARGUMENT for everything else; the text is not repeated in the message.
  static absl::StatusOr<Uuid> Parse(std::string_view text);

  // A new version 7 UUID (RFC 9562, 5.7): 48 bits of `now` in milliseconds since
  // 1970, then 74 random bits from the operating system. Those of a later
  // millisecond sort after; within one millisecond the order is random. Instants
  // before 1970 or after 10889 are taken as the nearest that fits.
  static Uuid FromTime(absl::Time now);

  // A new version 4 UUID (RFC 9562, 5.4): 122 random bits from the operating system,
  // for an identity that must not tell when it was made.
  static Uuid Random();

  // Lower case, 8-4-4-4-12.
  std::string ToString() const;

  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Uuid& uuid) {
    return H::combine(std::move(state), uuid.bytes_);
  }

 private:
  std::array<uint8_t, 16> bytes_ = {};
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_UUID_H_
