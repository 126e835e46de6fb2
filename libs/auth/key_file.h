#ifndef SAMVERKAN_LIBS_AUTH_KEY_FILE_H_
#define SAMVERKAN_LIBS_AUTH_KEY_FILE_H_

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/auth/key_set.h"
#include "libs/auth/key_source.h"
#include "libs/auth/watched_file.h"

namespace samverkan::auth {

// A JWKS file that is read again when it changes.
class KeyFile final : public KeySource {
 public:
  explicit KeyFile(std::string path) : file_(std::move(path)) {}

  // Looks at the file where it was last looked at a second before `now` or earlier.
  std::shared_ptr<const KeySet> Keys(absl::Time now) override;

  // Looks at the file in any case.
  absl::StatusOr<std::shared_ptr<const KeySet>> NewerKeys(absl::Time now) override;

  absl::Status status() const override;

 private:
  // Needs mutex_.
  void Look(absl::Time now);

  mutable std::mutex mutex_;
  WatchedFile file_;
  std::shared_ptr<const KeySet> keys_ = std::make_shared<const KeySet>();
  absl::Status status_ = absl::FailedPreconditionError("not read yet");
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_KEY_FILE_H_
