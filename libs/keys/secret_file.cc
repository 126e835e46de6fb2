#include "libs/keys/secret_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <utility>

namespace samverkan::keys {
namespace {

constexpr size_t kLongestFile = 16384;

// Nothing where it cannot be read; one octet more than kLongestFile at most.
std::optional<std::string> ReadAll(int descriptor) {
  std::string content;
  std::array<char, 4096> part;
  while (content.size() <= kLongestFile) {
    const ssize_t count = read(descriptor, part.data(), part.size());
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    content.append(part.data(), static_cast<size_t>(count));
  }
  OPENSSL_cleanse(part.data(), part.size());
  return content;
}

absl::Status Wrong(absl::string_view what) { return absl::FailedPreconditionError(what); }

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Wrong("cannot be opened");
  struct stat about = {};
  const bool known = fstat(descriptor, &about) == 0;
  std::optional<std::string> content = ReadAll(descriptor);
  close(descriptor);
  if (!known || !content.has_value()) return Wrong("cannot be read");
  if (content->size() > kLongestFile) return Wrong("is too long");
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) return Wrong("may be read or changed by others");
  return *std::move(content);
}

}  // namespace samverkan::keys
