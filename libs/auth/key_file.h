#ifndef SAMVERKAN_LIBS_AUTH_KEY_FILE_H_
#define SAMVERKAN_LIBS_AUTH_KEY_FILE_H_

#include <sys/stat.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/auth/key_set.h"

namespace samverkan::auth {

// A JWKS file that is read again when it changes. Thread-safe.
class KeyFile {
 public:
  explicit KeyFile(std::string path) : path_(std::move(path)) {}

  // The keys in force; never null, empty before the first good reading. Looks at the file
  // where it was last looked at a second before `now` or earlier.
  std::shared_ptr<const KeySet> Keys(absl::Time now);

  // The same, looking at the file in any case.
  std::shared_ptr<const KeySet> KeysAtOnce(absl::Time now);

  // What came of the last reading. After a bad one the keys before it stay.
  absl::Status status() const;

 private:
  // Needs mutex_.
  void Look(absl::Time now);

  const std::string path_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_ = std::make_shared<const KeySet>();
  absl::Status status_ = absl::FailedPreconditionError("not read yet");
  absl::Time looked_at_ = absl::InfinitePast();
  // What identified the contents last read; none when there was no file.
  std::optional<struct stat> contents_;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_KEY_FILE_H_
