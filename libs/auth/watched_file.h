#ifndef SAMVERKAN_LIBS_AUTH_WATCHED_FILE_H_
#define SAMVERKAN_LIBS_AUTH_WATCHED_FILE_H_

#include <sys/stat.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace samverkan::auth {

// A small local file that is read again when it changes. For one thread at a time.
class WatchedFile {
 public:
  explicit WatchedFile(std::string path) : path_(std::move(path)) {}

  // Whether the last look was a second before `now` or earlier.
  bool IsDue(absl::Time now) const;

  // What the file holds, where it is another than at the last look; nothing where it is the
  // same. FAILED_PRECONDITION, for the log but without the path, where it is missing, larger
  // than 1 MiB or cannot be read.
  std::optional<absl::StatusOr<std::string>> Look(absl::Time now);

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  absl::Time looked_at_ = absl::InfinitePast();
  // What identified the contents last read; none when there was no file.
  std::optional<struct stat> contents_;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_WATCHED_FILE_H_
