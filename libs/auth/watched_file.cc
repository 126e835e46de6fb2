#include "libs/auth/watched_file.h"

#include <fstream>
#include <iterator>

#include "absl/status/status.h"

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

}  // namespace

bool WatchedFile::IsDue(absl::Time now) const {
  // A clock that was set back counts as a second gone by.
  return now < looked_at_ || now >= looked_at_ + kLookEvery;
}

std::optional<absl::StatusOr<std::string>> WatchedFile::Look(absl::Time now) {
  looked_at_ = now;
  struct stat seen = {};
  if (stat(path_.c_str(), &seen) != 0) {
    contents_.reset();
    return absl::FailedPreconditionError("missing");
  }
  if (contents_.has_value() && IsSame(*contents_, seen)) return std::nullopt;
  contents_ = seen;
  if (seen.st_size > kLargestFile) return absl::FailedPreconditionError("larger than 1 MiB");
  std::ifstream file(path_, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) return absl::FailedPreconditionError("cannot be read");
  return text;
}

}  // namespace samverkan::auth
