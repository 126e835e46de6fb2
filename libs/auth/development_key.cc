#include "libs/auth/development_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"

namespace samverkan::auth {
namespace {

absl::Status Failure(const std::string& what, const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

std::string PathOf(const std::string& folder, std::string_view name) { return folder + "/" + std::string(name); }

// A file beside `path` that no other process writes to.
std::string UnfinishedName(const std::string& path) { return absl::StrCat(path, ".", getpid(), ".unfinished"); }

absl::Status WriteNew(const std::string& path, std::string_view text, mode_t mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return Failure("write", path);
  const ssize_t written = write(file, text.data(), text.size());
  const bool closed = close(file) == 0;
  return written == static_cast<ssize_t>(text.size()) && closed ? absl::OkStatus() : Failure("write", path);
}

// Makes a key unless there is one; whoever links its file first has made the key of all.
absl::Status MakeKey(const std::string& path) {
  ASSIGN_OR_RETURN(const TokenSigner signer, TokenSigner::Generate(TokenSigner::Algorithm::kEs256));
  const std::string unfinished = UnfinishedName(path);
  RETURN_IF_ERROR(WriteNew(unfinished, signer.PrivateJwk(), S_IRUSR | S_IWUSR));
  const bool linked = link(unfinished.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const absl::Status status = linked ? absl::OkStatus() : Failure("write", path);
  unlink(unfinished.c_str());
  return status;
}

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  struct stat seen = {};
  if (stat(path.c_str(), &seen) != 0) return Failure("read", path);
  if ((seen.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("others than its owner may use ", path, ": chmod 600 ", path));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return Failure("read", path);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

absl::Status WriteJwks(const std::string& path, const std::string& jwks) {
  const std::string unfinished = UnfinishedName(path);
  RETURN_IF_ERROR(WriteNew(unfinished, jwks, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH));
  return rename(unfinished.c_str(), path.c_str()) == 0 ? absl::OkStatus() : Failure("write", path);
}

}  // namespace

absl::StatusOr<TokenSigner> OpenDevelopmentKey(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) return absl::FailedPreconditionError(absl::StrCat("cannot make ", folder, ": ", error.message()));
  const std::string key_path = PathOf(folder, kSigningKeyFile);
  if (!std::filesystem::exists(key_path, error)) RETURN_IF_ERROR(MakeKey(key_path));
  ASSIGN_OR_RETURN(const std::string secret, ReadSecret(key_path));
  auto signer = TokenSigner::FromPrivateJwk(secret);
  if (!signer.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(key_path, " is no signing key; delete it to get a new one"));
  }
  const std::string jwks_path = PathOf(folder, kJwksFile);
  if (!std::filesystem::exists(jwks_path, error)) RETURN_IF_ERROR(WriteJwks(jwks_path, signer->PublicJwks()));
  return signer;
}

}  // namespace samverkan::auth
