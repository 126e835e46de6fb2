#ifndef SAMVERKAN_LIBS_AUTH_TOKEN_VERIFIER_H_
#define SAMVERKAN_LIBS_AUTH_TOKEN_VERIFIER_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/auth/claims.h"
#include "libs/auth/key_source.h"
#include "libs/auth/revoked_subjects.h"
#include "libs/auth/token_memory.h"
#include "libs/clock/clock.h"

namespace samverkan::auth {

// What the suite's tokens carry as `aud`, unless an installation says otherwise.
inline constexpr std::string_view kAudience = "samverkan";

// Tells who bears an access token: a JSON Web Token in compact form (RFC 7519), signed with
// RS256 or ES256 by a key of a JSON Web Key Set (RFC 7517). May be used by several threads at
// once.
//
// Verified tokens are remembered by their SHA-256 until they expire or the keys change. A key
// set in a file is looked at again at most once a second, and at once when a token names a key
// that is not known: a new key counts immediately, a removed one for a second more. Replace the
// file by renaming another one over it. A key set at an https address: see KeyAddress.
class TokenVerifier {
 public:
  // Tokens longer than this are refused unread.
  static constexpr size_t kLongestToken = 8192;
  // How many verified tokens are remembered; beyond it they are forgotten and verified anew.
  static constexpr size_t kMostRemembered = 8192;

  struct Options {
    // Path of the key set, or its https address.
    std::string jwks;
    // PEM file of the authorities that may have issued the certificate of that address.
    std::string jwks_authorities = {};
    // The one accepted value of `iss`.
    std::string issuer;
    // The value that `aud` must be or contain.
    std::string audience = std::string(kAudience);
    // Path of the file of revoked subjects and tokens; empty for none.
    std::string revoked_subjects = {};
  };

  // `clock` must outlive the verifier. FAILED_PRECONDITION or INVALID_ARGUMENT, for the log,
  // where the key set or the revoked subjects cannot be read, or no key of the set can sign tokens. Waits
  // for an address ten seconds at most.
  static absl::StatusOr<std::unique_ptr<TokenVerifier>> Open(Options options, const clock::Clock& clock);

  // What `token` says of its bearer, or UNAUTHENTICATED with one of the reasons
  // TOKEN_MALFORMED, TOKEN_ALGORITHM, TOKEN_SIGNATURE, TOKEN_ISSUER, TOKEN_AUDIENCE,
  // TOKEN_CLAIMS, TOKEN_EXPIRED, TOKEN_NOT_YET_VALID, REVOKED; UNAVAILABLE, KEYS_AWAITED,
  // while newer keys are being fetched. Whether it may be used on this connection is not
  // asked here. Clocks may differ by a minute (kClockSkew). Reads small local files at most;
  // never waits for a network. Never null.
  absl::StatusOr<std::shared_ptr<const Claims>> Verify(std::string_view token);

  // Whether the key set could be used when it was last read, else why not. While it cannot, the
  // keys read before stay in force. The same of the revoked subjects.
  absl::Status KeysStatus() const;
  absl::Status RevokedSubjectsStatus() const;

 private:
  TokenVerifier(Options options, const clock::Clock& clock) : options_(std::move(options)), clock_(clock) {}

  absl::Status OpenFiles();
  // What may be asked anew of claims that were checked before.
  absl::Status CheckAgain(const Claims& claims, absl::Time now) const;

  // The claims of a token that is not remembered; `keys` become those it was checked with.
  absl::StatusOr<Claims> Check(std::string_view token, absl::Time now, std::shared_ptr<const KeySet>& keys);

  const Options options_;
  const clock::Clock& clock_;
  const clock::SystemClock machine_clock_;
  std::unique_ptr<KeySource> keys_;
  // None where no file was named.
  std::unique_ptr<RevokedSubjects> revoked_;
  TokenMemory memory_{kMostRemembered};
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_TOKEN_VERIFIER_H_
