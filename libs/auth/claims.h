#ifndef SAMVERKAN_LIBS_AUTH_CLAIMS_H_
#define SAMVERKAN_LIBS_AUTH_CLAIMS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"

namespace samverkan::auth {

// How far the clocks of the issuer and of ours may differ.
inline constexpr absl::Duration kClockSkew = absl::Seconds(60);

// What a token says about its bearer and about its own time.
struct Claims {
  Caller caller;
  // The later of `nbf` and `iat`; the infinite past where it has neither.
  absl::Time not_before = absl::InfinitePast();
  // Claim `iat`; the infinite past where it has none.
  absl::Time issued = absl::InfinitePast();
  // Claim `jti`; empty where it has none.
  std::string id;
  // The certificate that the token is bound to: `cnf.x5t#S256` (RFC 8705 section 3.1), the
  // thumbprint of a tls::Certificate; empty where it is bound to none.
  std::string thumbprint;
};

// Reads the payload of a token whose signature has been checked (RFC 7519 section 4, RFC
// 9068 section 2.2). Refused (see token_refusal.h) unless the issuer is `issuer`, the
// audience is or contains `audience`, and sub, azp, municipality, roles and exp are there
// and well-formed. authority, units, qualified, given_name, family_name, nbf, iat, jti and cnf
// may be absent; others are ignored.
absl::StatusOr<Claims> ReadClaims(std::string_view payload, std::string_view issuer, std::string_view audience);

// Refuses a token outside its time, kClockSkew allowed at both ends: it holds from
// not_before - kClockSkew and ceases at exp + kClockSkew.
absl::Status CheckTime(const Claims& claims, absl::Time now);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_CLAIMS_H_
