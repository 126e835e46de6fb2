#ifndef SAMVERKAN_LIBS_AUTH_JWS_SIGNER_H_
#define SAMVERKAN_LIBS_AUTH_JWS_SIGNER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/auth/jose.h"

namespace samverkan::auth {

// Signs with one key (RFC 7515). May be used by several threads at once.
class JwsSigner {
 public:
  enum class Algorithm { kRs256, kEs256 };

  // Signs with a new key, which gets a random `kid`. INTERNAL where OpenSSL fails.
  static absl::StatusOr<JwsSigner> Generate(Algorithm algorithm);

  // Signs with the key that PrivateJwk() gave, or another one with a `kid`. INVALID_ARGUMENT
  // for anything else.
  static absl::StatusOr<JwsSigner> FromPrivateJwk(std::string_view jwk);

  // The key as a JSON Web Key, with its secret. For a file that only its owner may read.
  std::string PrivateJwk() const;

  // The public key alone, as a JSON Web Key to verify signatures with.
  std::string PublicJwk() const;

  const std::string& kid() const { return kid_; }

  // `payload` signed, in compact serialization; `type` is the header's `typ`.
  std::string Sign(std::string_view payload, std::string_view type) const;

 private:
  JwsSigner(Jwk key, std::string algorithm, std::string kid);

  Jwk key_;
  std::string algorithm_;
  std::string kid_;
};

// The JSON Web Key Set (RFC 7517 section 5) of `keys`, each a JSON Web Key.
std::string KeySetOf(const std::vector<std::string>& keys);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_JWS_SIGNER_H_
