#ifndef SAMVERKAN_LIBS_AUTH_TOKEN_REFUSAL_H_
#define SAMVERKAN_LIBS_AUTH_TOKEN_REFUSAL_H_

#include <string_view>

#include "absl/status/status.h"

namespace samverkan::auth {

// Why a token is refused; each is a reason of the contract.
enum class TokenFault {
  // TOKEN_MISSING: there is none.
  kMissing,
  // TOKEN_MALFORMED: no JSON Web Token in compact form, or too long.
  kMalformed,
  // TOKEN_ALGORITHM: an algorithm or a demand of the header that is not accepted.
  kAlgorithm,
  // TOKEN_SIGNATURE: no known key signed it.
  kSignature,
  // TOKEN_ISSUER, TOKEN_AUDIENCE: made by or for somebody else.
  kIssuer,
  kAudience,
  // TOKEN_EXPIRED, TOKEN_NOT_YET_VALID: outside its time.
  kExpired,
  kNotYetValid,
  // TOKEN_CLAIMS: a claim is missing or has another form than expected.
  kClaims,
  // REVOKED: the token, or its bearer when it was issued.
  kRevoked,
  // TOKEN_NOT_BOUND: it is not bound to a certificate (RFC 8705).
  kNotBound,
  // CERTIFICATE_MISMATCH: it is bound to another certificate than that of the connection.
  kCertificate,
  // SYSTEM_MISMATCH, MUNICIPALITY_MISMATCH, AUTHORITY_MISMATCH: it claims what the certificate
  // does not name.
  kSystem,
  kMunicipality,
  kAuthority,
};

// UNAUTHENTICATED with the reason of `fault`. `detail`, English, says what was expected;
// it never repeats anything of the token.
absl::Status Refuse(TokenFault fault, std::string_view detail);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_TOKEN_REFUSAL_H_
