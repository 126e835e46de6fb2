#ifndef SAMVERKAN_LIBS_AUTH_KEY_SET_H_
#define SAMVERKAN_LIBS_AUTH_KEY_SET_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libs/auth/jose.h"

namespace samverkan::auth {

// The public keys that access tokens may be signed with, by key id. Immutable; may be
// read by several threads at once.
class KeySet {
 public:
  struct Key {
    // "RS256" or "ES256": the only algorithm that the key may be used with.
    std::string algorithm;
    Jwk jwk;
  };

  // Reads a JSON Web Key Set (RFC 7517 section 5). Taken are RSA keys of 2048 to 8192 bits
  // and EC keys on P-256 that have a `kid` and are meant for signatures; only their public
  // members are looked at. All other keys, symmetric ones above all, are passed over as the
  // RFC asks. INVALID_ARGUMENT, for the log, where the text is no key set, a taken key cannot
  // be read, or two have the same `kid`.
  static absl::StatusOr<KeySet> Parse(std::string_view jwks);

  // The key `kid`, owned by this set; null where there is none.
  const Key* Find(std::string_view kid) const;

  bool empty() const { return keys_.empty(); }

 private:
  std::map<std::string, Key, std::less<>> keys_;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_KEY_SET_H_
