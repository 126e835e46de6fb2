#ifndef SAMVERKAN_LIBS_AUTH_KEY_SOURCE_H_
#define SAMVERKAN_LIBS_AUTH_KEY_SOURCE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/key_set.h"

namespace samverkan::auth {

// Where the keys come from that access tokens are signed with. Thread-safe; none of its
// functions waits for a network.
class KeySource {
 public:
  virtual ~KeySource() = default;

  // The keys in force; never null.
  virtual std::shared_ptr<const KeySet> Keys(absl::Time now) = 0;

  // The same, for a token that names a key that is not among them: a newer set, where there
  // is one. UNAVAILABLE, reason KEYS_AWAITED, while such a set is being fetched.
  virtual absl::StatusOr<std::shared_ptr<const KeySet>> NewerKeys(absl::Time now) = 0;

  // What came of the last reading, for the log. After a bad one the keys before it stay.
  virtual absl::Status status() const = 0;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_KEY_SOURCE_H_
