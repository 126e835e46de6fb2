#ifndef SAMVERKAN_LIBS_SEALING_KEY_STORE_H_
#define SAMVERKAN_LIBS_SEALING_KEY_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/pool.h"
#include "libs/pg/uuid.h"

namespace samverkan::sealing {

// A data key as it is stored.
struct WrappedKey {
  pg::Uuid id;
  // Id of the key-encryption key.
  std::string wrapped_by;
  std::string wrapped;
};

// That keys were destroyed, as it is noted.
struct Destruction {
  // Grows with each; not dense.
  int64_t sequence = 0;
  pg::Uuid id;
  // The service's own.
  std::string note;
};

// All SQL of a service's key schema (schema/deploy.sql). May be used by any number of
// threads. Errors: as in libs/pg.
class KeyStore {
 public:
  // `pool` must outlive the store; it reaches the database of keys.
  explicit KeyStore(pg::Pool& pool) : pool_(pool) {}

  // A key-encryption key that has wrapped something, with its check value.
  struct KeyEncryptionKey {
    std::string id;
    std::string check_value;
  };
  absl::StatusOr<std::vector<KeyEncryptionKey>> KeyEncryptionKeys(absl::Time deadline);
  absl::Status AddKeyEncryptionKey(const KeyEncryptionKey& key, absl::Time deadline);
  // Whether it was taken out; false while it wraps a key.
  absl::StatusOr<bool> RemoveKeyEncryptionKey(const std::string& id, absl::Time deadline);

  // Returns when they are durable. All are wrapped by the same key.
  absl::Status Add(const std::vector<WrappedKey>& keys, absl::Time deadline);
  // Those of `ids` that are there.
  absl::StatusOr<std::vector<WrappedKey>> Find(const std::vector<pg::Uuid>& ids, absl::Time deadline);
  // Returns when `keys` are gone and it is noted; those that are gone already are no error.
  // The sequence is that of the first time where `id` was noted before.
  absl::StatusOr<int64_t> Destroy(const pg::Uuid& id, const std::string& note, const std::vector<pg::Uuid>& keys,
                                  absl::Time deadline);
  // What was noted after `sequence`, in order.
  absl::StatusOr<std::vector<Destruction>> DestructionsAfter(int64_t sequence, absl::Time deadline);
  // The sequence of the last one; 0 where there is none.
  absl::StatusOr<int64_t> LastDestruction(absl::Time deadline);

  // Wraps anew by `current`, with `rewrap`, some of the keys that another key has wrapped;
  // returns how many.
  using Rewrap = std::function<absl::StatusOr<std::string>(const WrappedKey&)>;
  absl::StatusOr<int64_t> RewrapSome(const std::string& current, const Rewrap& rewrap, absl::Time deadline);

 private:
  pg::Pool& pool_;
};

}  // namespace samverkan::sealing

#endif  // SAMVERKAN_LIBS_SEALING_KEY_STORE_H_
