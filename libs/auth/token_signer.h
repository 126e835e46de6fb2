#ifndef SAMVERKAN_LIBS_AUTH_TOKEN_SIGNER_H_
#define SAMVERKAN_LIBS_AUTH_TOKEN_SIGNER_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/auth/jws_signer.h"

namespace samverkan::auth {

// Makes access tokens as TokenVerifier takes them, for development sets and tests. In
// operation tokens come from the municipality's own identity provider. May be used by
// several threads at once.
class TokenSigner {
 public:
  using Algorithm = JwsSigner::Algorithm;

  // Signs with a new key, which gets a random `kid`. INTERNAL where OpenSSL fails.
  static absl::StatusOr<TokenSigner> Generate(Algorithm algorithm);

  // Signs with the key that PrivateJwk() gave. INVALID_ARGUMENT for anything else.
  static absl::StatusOr<TokenSigner> FromPrivateJwk(std::string_view jwk);

  // The key as a JSON Web Key, with its secret. For a file that only its owner may read.
  std::string PrivateJwk() const { return signer_.PrivateJwk(); }

  // A key set that holds the public key alone, to verify with.
  std::string PublicJwks() const;

  const std::string& kid() const { return signer_.kid(); }

  // A token for `caller`, who may use it from `issued` until caller.expires, bound to the
  // certificate of that `thumbprint` (tls::Certificate); empty binds it to none.
  std::string Sign(const Caller& caller, absl::Time issued, std::string_view issuer, std::string_view audience,
                   std::string_view thumbprint = "") const;

  // A token with any payload, for tests of what must be refused.
  std::string SignPayload(std::string_view payload) const;

 private:
  explicit TokenSigner(JwsSigner signer) : signer_(std::move(signer)) {}

  JwsSigner signer_;
};

// The payload of the token that TokenSigner::Sign makes, with an id of its own (`jti`).
std::string PayloadOf(const Caller& caller, absl::Time issued, std::string_view issuer, std::string_view audience,
                      std::string_view thumbprint = "");

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_TOKEN_SIGNER_H_
