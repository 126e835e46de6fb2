#include "libs/keys/key_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/keys/hmac.h"
#include "libs/status/status.h"

namespace samverkan::keys {
namespace {

constexpr size_t kShortestSecret = 32;
constexpr size_t kLongestFile = 4096;

absl::Status Unusable(const std::string& path, const std::string& what) {
  return status::FailedPrecondition(
      {.reason = "KEY_FILE_UNUSABLE",
       .message = absl::StrCat("The key file ", path, " ", what,
                               ". Expected: at least 32 random bytes as base64 on one line, mode 0600.")});
}

std::optional<std::string> ReadAll(int descriptor) {
  std::string content;
  std::array<char, kLongestFile> part;
  while (content.size() <= kLongestFile) {
    const ssize_t count = read(descriptor, part.data(), part.size());
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    content.append(part.data(), static_cast<size_t>(count));
  }
  OPENSSL_cleanse(part.data(), part.size());
  return content;
}

}  // namespace

absl::StatusOr<KeyFile> KeyFile::Load(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Unusable(path, "cannot be opened");
  struct stat about = {};
  const bool known = fstat(descriptor, &about) == 0;
  std::optional<std::string> content = ReadAll(descriptor);
  close(descriptor);
  if (!known || !content.has_value()) return Unusable(path, "cannot be read");
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) return Unusable(path, "may be read or changed by others");

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
