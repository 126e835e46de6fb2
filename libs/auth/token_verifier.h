#ifndef SAMVERKAN_LIBS_AUTH_TOKEN_VERIFIER_H_
#define SAMVERKAN_LIBS_AUTH_TOKEN_VERIFIER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/auth/caller.h"
#include "libs/auth/claims.h"
#include "libs/auth/key_file.h"
#include "libs/auth/token_memory.h"
#include "libs/clock/clock.h"

namespace samverkan::auth {

// What the suite's tokens carry as `aud`, unless an installation says otherwise.
inline constexpr std::string_view kAudience = "samverkan";

// Tells who bears an access token: a JSON Web Token in compact form (RFC 7519), signed with
// RS256 or ES256 by a key of a JWKS file. May be used by several threads at once.
//
// Verified tokens are remembered by their SHA-256 until they expire or the keys change. The
// file is looked at again at most once a second, and at once when a token names a key that
// is not known: a new key counts immediately, a removed one for a second more. Replace the
// file by renaming another one over it.
class TokenVerifier {
 public:
  // Tokens longer than this are refused unread.
  static constexpr size_t kLongestToken = 8192;
  // How many verified tokens are remembered; beyond it they are forgotten and verified anew.
  static constexpr size_t kMostRemembered = 8192;

  struct Options {
    // Path of the JSON Web Key Set.
    std::string jwks_file;
    // The one accepted value of `iss`.
    std::string issuer;
    // The value that `aud` must be or contain.
    std::string audience = std::string(kAudience);
  };

  // `clock` must outlive the verifier. FAILED_PRECONDITION, for the log, where the file
  // cannot be read, is no key set, or has no key that tokens can be signed with.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Open(Options options, const clock::Clock& clock);

  // The bearer of `token`, or UNAUTHENTICATED with one of the reasons TOKEN_MALFORMED,
  // TOKEN_ALGORITHM, TOKEN_SIGNATURE, TOKEN_ISSUER, TOKEN_AUDIENCE, TOKEN_CLAIMS,
  // TOKEN_EXPIRED, TOKEN_NOT_YET_VALID. Clocks may differ by a minute (kClockSkew). Reads
  // a small local file at most; never waits for a network.
  absl::StatusOr<Caller> Verify(std::string_view token);

  // Whether the file could be used when it was last read, else why not. While it cannot, the
  // keys read before stay in force.
  absl::Status KeysStatus() const;

 private:
  TokenVerifier(Options options, const clock::Clock& clock);

  // The claims of a token that is not remembered; `keys` become those it was checked with.
  absl::StatusOr<Claims> Check(std::string_view token, absl::Time now, std::shared_ptr<const KeySet>& keys);

  const Options options_;
  const clock::Clock& clock_;
  KeyFile file_;
  TokenMemory memory_;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_TOKEN_VERIFIER_H_
