#include "libs/auth/key_file.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace samverkan::auth {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(1);
constexpr off_t kLargestFile = 1 << 20;

bool IsSame(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

// Whether two looks at one path saw the same file with the same contents.
bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && IsSame(a.st_mtim, b.st_mtim) &&
         IsSame(a.st_ctim, b.st_ctim);
}

absl::StatusOr<KeySet> ReadKeys(const std::string& path, off_t size) {
  if (size > kLargestFile) return absl::InvalidArgumentError("larger than 1 MiB");
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) return absl::InvalidArgumentError("cannot be read");
  return KeySet::Parse(text);
}

}  // namespace

std::shared_ptr<const KeySet> KeyFile::Keys(absl::Time now) {
  const std::lock_guard lock(mutex_);
  // A clock that was set back counts as a second gone by.
  if (now < looked_at_ || now >= looked_at_ + kLookEvery) Look(now);
  return keys_;
}

std::shared_ptr<const KeySet> KeyFile::KeysAtOnce(absl::Time now) {
  const std::lock_guard lock(mutex_);
  Look(now);
  return keys_;
}

absl::Status KeyFile::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void KeyFile::Look(absl::Time now) {
  looked_at_ = now;
  struct stat seen = {};
  if (stat(path_.c_str(), &seen) != 0) {
    contents_.reset();
    status_ = absl::FailedPreconditionError(absl::StrCat("JWKS file ", path_, " is missing"));
    return;
  }
  if (contents_.has_value() && IsSame(*contents_, seen)) return;
  contents_ = seen;
  auto keys = ReadKeys(path_, seen.st_size);
  if (keys.ok()) {
    keys_ = std::make_shared<const KeySet>(*std::move(keys));
    status_ = absl::OkStatus();
  } else {
    status_ = absl::FailedPreconditionError(absl::StrCat("JWKS file ", path_, ": ", keys.status().message()));
  }
}

}  // namespace samverkan::auth
