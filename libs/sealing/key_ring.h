#ifndef SAMVERKAN_LIBS_SEALING_KEY_RING_H_
#define SAMVERKAN_LIBS_SEALING_KEY_RING_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/pg/pool.h"
#include "libs/pg/uuid.h"
#include "libs/sealing/data_key.h"
#include "libs/sealing/key_encryption_keys.h"
#include "libs/sealing/key_store.h"

namespace samverkan::sealing {

// Gives out the data keys of a service. Thread-safe.
//
// New ones are made ahead and are durable before they are given out: a submission never
// waits for the database of keys, and nothing is sealed with a key that could be lost. A
// key that nobody comes to use is only a row too many.
//
// Keys that were read are remembered for a minute, so that one destroyed elsewhere opens
// nothing after that. Keys wrapped by an older key-encryption key are wrapped anew in the
// background, and the older one is taken out of the books when it wraps nothing.
class KeyRing {
 public:
  // How long keys are remembered, and how many.
  static constexpr absl::Duration kRemembered = absl::Minutes(1);
  static constexpr size_t kMostRemembered = 4096;

  // `pool` reaches the database of keys; it must outlive the ring. FAILED_PRECONDITION,
  // reason KEY_ENCRYPTION_KEY_MISSING, or DATA_LOSS, reason DATA_KEY_UNREADABLE, naming the
  // id, where `keys` lacks a key-encryption key that has wrapped something, or has another
  // secret for it: then nothing is to be served.
  static absl::StatusOr<std::unique_ptr<KeyRing>> Open(pg::Pool& pool, KeyEncryptionKeys keys, log::Logger logger);

  // Stops.
  ~KeyRing();
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // A key that was never given out before. UNAVAILABLE, reason KEYS_UNAVAILABLE, where none
  // is at hand and the database of keys gives none until `deadline`, an instant of the
  // machine's clock.
  absl::StatusOr<DataKeyPtr> Fresh(absl::Time deadline);

  // The key `id`. NOT_FOUND, reason DATA_KEY_DESTROYED, where it is there no more: what it
  // has sealed is erased.
  absl::StatusOr<DataKeyPtr> Find(const pg::Uuid& id, absl::Time deadline);

  // The keys of `ids` in their order, null for one that is there no more.
  absl::StatusOr<std::vector<DataKeyPtr>> FindAll(const std::vector<pg::Uuid>& ids, absl::Time deadline);

  // Destroys keys, and forgets them here. That it was done is noted among the keys, so that it
  // can be done again where data comes back from an older backup: `id` names it, `note` is
  // the service's own, free of personal data. Returns its place in the order of all that was
  // destroyed; that of the first time where `id` was noted before.
  absl::StatusOr<int64_t> Destroy(const pg::Uuid& id, const std::string& note, const std::vector<pg::Uuid>& keys,
                                  absl::Time deadline);

  // What was destroyed after `sequence`, in order; and the last place in the order, 0 where
  // nothing ever was.
  absl::StatusOr<std::vector<Destruction>> DestructionsAfter(int64_t sequence, absl::Time deadline);
  absl::StatusOr<int64_t> LastDestruction(absl::Time deadline);

  // Ends the background work. May be called twice.
  void Stop();

 private:
  struct Remembered {
    DataKeyPtr key;
    absl::Time until;
  };
  struct Hash {
    size_t operator()(const pg::Uuid& id) const;
  };

  KeyRing(pg::Pool& pool, KeyEncryptionKeys keys, log::Logger logger);

  absl::Status CheckKeyEncryptionKeys();
  // Makes keys and adds them to those at hand.
  absl::Status Mint(absl::Time deadline);
  absl::StatusOr<DataKeyPtr> Unwrap(const WrappedKey& wrapped) const;
  // Null where it is not remembered. Needs the lock.
  DataKeyPtr Recall(const pg::Uuid& id, absl::Time now) const;
  // Needs the lock.
  void Remember(const DataKeyPtr& key, absl::Time now);
  void Work();
  void MintRound(std::unique_lock<std::mutex>& lock);
  void RewrapRound(std::unique_lock<std::mutex>& lock);
  // Wraps some keys anew; false when nothing is left that another key has wrapped.
  absl::StatusOr<bool> RewrapSome();

  KeyStore store_;
  const KeyEncryptionKeys keys_;
  const log::Logger logger_;
  const clock::SystemClock clock_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Durable, and given to nobody yet.
  std::vector<DataKeyPtr> fresh_;
  // How the last making of keys ended.
  absl::Status minted_;
  std::unordered_map<pg::Uuid, Remembered, Hash> remembered_;
  // Whether keys may be left that another key-encryption key has wrapped.
  bool rewrapping_ = true;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace samverkan::sealing

#endif  // SAMVERKAN_LIBS_SEALING_KEY_RING_H_
