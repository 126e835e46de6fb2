#include "libs/auth/key_file.h"

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace samverkan::auth {
namespace {

absl::StatusOr<KeySet> Parse(const absl::StatusOr<std::string>& text) {
  if (!text.ok()) return text.status();
  return KeySet::Parse(*text);
}

}  // namespace

std::shared_ptr<const KeySet> KeyFile::Keys(absl::Time now) {
  const std::lock_guard lock(mutex_);
  if (file_.IsDue(now)) Look(now);
  return keys_;
}

absl::StatusOr<std::shared_ptr<const KeySet>> KeyFile::NewerKeys(absl::Time now) {
  const std::lock_guard lock(mutex_);
  Look(now);
  return keys_;
}

absl::Status KeyFile::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void KeyFile::Look(absl::Time now) {
  const std::optional<absl::StatusOr<std::string>> text = file_.Look(now);
  if (!text.has_value()) return;
  auto keys = Parse(*text);
  if (keys.ok()) {
    keys_ = std::make_shared<const KeySet>(*std::move(keys));
    status_ = absl::OkStatus();
  } else {
    status_ = absl::FailedPreconditionError(absl::StrCat("JWKS file ", file_.path(), ": ", keys.status().message()));
  }
}

}  // namespace samverkan::auth
