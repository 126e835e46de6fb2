#include "libs/keys/key_file.h"

#include <openssl/crypto.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/keys/hmac.h"
#include "libs/keys/secret_file.h"
#include "libs/status/status.h"

namespace samverkan::keys {
namespace {

constexpr size_t kShortestSecret = 32;

absl::Status Unusable(const std::string& path, absl::string_view what) {
  return status::FailedPrecondition(
      {.reason = "KEY_FILE_UNUSABLE",
       .message = absl::StrCat("The key file ", path, " ", what,
                               ". Expected: at least 32 random bytes as base64 on one line, mode 0600.")});
}

}  // namespace

absl::StatusOr<KeyFile> KeyFile::Load(const std::string& path) {
  absl::StatusOr<std::string> content = ReadSecretFile(path);
  if (!content.ok()) return Unusable(path, content.status().message());
  std::string secret;
  const bool decoded = absl::Base64Unescape(absl::StripTrailingAsciiWhitespace(*content), &secret);
  OPENSSL_cleanse(content->data(), content->size());
  KeyFile file(std::move(secret));
  if (!decoded) return Unusable(path, "is not base64");
  if (file.secret_.size() < kShortestSecret) return Unusable(path, "holds too few bytes");
  return file;
}

KeyFile::~KeyFile() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

std::string KeyFile::Derive(std::string_view purpose) const {
  // The secret is uniformly random already, so HKDF's extract step is left out (RFC 5869
  // section 3.3), and 32 bytes are one block of its expand step.
  return HmacSha256(secret_, absl::StrCat(absl::string_view(purpose.data(), purpose.size()), std::string(1, '\x01')));
}

}  // namespace samverkan::keys
