#ifndef SAMVERKAN_LIBS_KEYS_HMAC_H_
#define SAMVERKAN_LIBS_KEYS_HMAC_H_

#include <string>
#include <string_view>

namespace samverkan::keys {

// HMAC-SHA-256 (RFC 2104) of `message` under `key`: 32 bytes. May be called by
// several threads at once. Never compare the result with ==: see Same().
std::string HmacSha256(std::string_view key, std::string_view message);

// Whether `a` and `b` are equal, in a time that depends on their lengths alone, so
// that a forger learns nothing from how fast a guess is refused.
bool Same(std::string_view a, std::string_view b);

}  // namespace samverkan::keys

#endif  // SAMVERKAN_LIBS_KEYS_HMAC_H_
