#ifndef SAMVERKAN_LIBS_AUTH_SIGNING_KEYS_H_
#define SAMVERKAN_LIBS_AUTH_SIGNING_KEYS_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/auth/jws_signer.h"

namespace samverkan::auth {

// The keys that an installation signs documents with, for readers outside (ES256, RFC 7515).
//
// A file holds EC keys on P-256 in PEM, one after the other, and is readable by its owner
// alone. The first is a private key and signs. Those below it, private or public, signed
// earlier and are published with it. The `kid` of each is its thumbprint (RFC 7638), so that
// nobody has to name keys.
//
// May be used by several threads at once.
class SigningKeys {
 public:
  // Reads the file at `path`. FAILED_PRECONDITION, reason `SIGNING_KEYS_UNUSABLE`, saying what
  // to do, where it is missing, readable by others, or holds no such keys.
  static absl::StatusOr<SigningKeys> Load(const std::string& path);

  // `payload` signed with the first key, in compact serialization; `type` is the header's
  // `typ`.
  std::string Sign(std::string_view payload, std::string_view type) const { return signer_.Sign(payload, type); }

  // A key set with all public keys, that which signs first.
  const std::string& PublicJwks() const { return public_jwks_; }

 private:
  SigningKeys(JwsSigner signer, std::string public_jwks)
      : signer_(std::move(signer)), public_jwks_(std::move(public_jwks)) {}

  JwsSigner signer_;
  std::string public_jwks_;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_SIGNING_KEYS_H_
