#ifndef SAMVERKAN_LIBS_AUTH_DEVELOPMENT_KEY_H_
#define SAMVERKAN_LIBS_AUTH_DEVELOPMENT_KEY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libs/auth/token_signer.h"

// The authority of a development set: its name, and its key in the set's own folder.
namespace samverkan::auth {

// What a development set's tokens carry as `iss`.
inline constexpr std::string_view kDevelopmentIssuer = "samverkan-development";

// Files in the folder of a set's keys: the private key, which only its owner may read, and
// the key set that the services verify with.
inline constexpr std::string_view kSigningKeyFile = "signing_key.jwk";
inline constexpr std::string_view kJwksFile = "jwks.json";

// The signing key in `folder`. What is missing (folder, key, key set) is made; several
// processes may do so at once and end with one key. FAILED_PRECONDITION, with what to do,
// where the key is not the owner's alone or cannot be read or written.
absl::StatusOr<TokenSigner> OpenDevelopmentKey(const std::string& folder);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_DEVELOPMENT_KEY_H_
