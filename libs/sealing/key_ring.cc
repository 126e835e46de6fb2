#include "libs/sealing/key_ring.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <utility>

#include "libs/random/random.h"
#include "libs/sealing/aead.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::sealing {
namespace {

// So that a busy second does not wait, and a restart wastes little.
constexpr size_t kBatch = 256;
constexpr size_t kLowWater = 128;
constexpr absl::Duration kLongestStep = absl::Seconds(10);
constexpr absl::Duration kPauseAfterFailure = absl::Seconds(1);
// Wrapped by each key-encryption key, to know it again by.
constexpr std::string_view kCheckText = "samverkan key-encryption key";
constexpr std::string_view kCheckOwner = "check";

absl::Status KeysUnavailable() {
  return status::Unavailable({.reason = "KEYS_UNAVAILABLE",
                              .message = "no data key could be had; nothing was stored, try again",
                              .swedish = "Tjänsten når inte sina nycklar. Försök igen om en stund.",
                              .retry_after = absl::Seconds(1)});
}

absl::Status Destroyed() {
  return status::NotFound({.reason = "DATA_KEY_DESTROYED", .message = "what was stored here has been erased"});
}

absl::Status StillWrapping(const std::string& id) {
  return status::Unavailable({.reason = "KEY_ENCRYPTION_KEY_IN_USE",
                              .message = "another instance still wraps with the key-encryption key " + id});
}

}  // namespace

size_t KeyRing::Hash::operator()(const pg::Uuid& id) const {
  size_t hash = 0;
  std::memcpy(&hash, id.bytes().data() + id.bytes().size() - sizeof(hash), sizeof(hash));
  return hash;
}

absl::StatusOr<std::unique_ptr<KeyRing>> KeyRing::Open(pg::Pool& pool, KeyEncryptionKeys keys, log::Logger logger) {
  std::unique_ptr<KeyRing> ring(new KeyRing(pool, std::move(keys), std::move(logger)));
  RETURN_IF_ERROR(ring->CheckKeyEncryptionKeys());
  RETURN_IF_ERROR(ring->Mint(ring->clock_.Now() + kLongestStep));
  ring->thread_ = std::thread([self = ring.get()] { self->Work(); });
  return ring;
}

KeyRing::KeyRing(pg::Pool& pool, KeyEncryptionKeys keys, log::Logger logger)
    : store_(pool), keys_(std::move(keys)), logger_(std::move(logger)) {}

KeyRing::~KeyRing() { Stop(); }

void KeyRing::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status KeyRing::CheckKeyEncryptionKeys() {
  const absl::Time deadline = clock_.Now() + kLongestStep;
  ASSIGN_OR_RETURN(const auto known, store_.KeyEncryptionKeys(deadline));
  for (const KeyStore::KeyEncryptionKey& key : known) {
    RETURN_IF_ERROR(keys_.Unwrap(key.id, key.check_value, kCheckOwner).status());
  }
  return store_.AddKeyEncryptionKey({keys_.current(), keys_.Wrap(kCheckText, kCheckOwner)}, deadline);
}

absl::Status KeyRing::Mint(absl::Time deadline) {
  std::vector<DataKeyPtr> made;
  std::vector<WrappedKey> wrapped;
  for (size_t i = 0; i < kBatch; ++i) {
    const pg::Uuid id = pg::Uuid::FromTime(clock_.Now());
    std::string secret = random::Octets(kKeySize);
    wrapped.push_back({id, keys_.current(), keys_.Wrap(secret, id.ToString())});
    made.push_back(std::make_shared<const DataKey>(id, std::move(secret)));
  }
  RETURN_IF_ERROR(store_.Add(wrapped, deadline));
  const std::lock_guard lock(mutex_);
  fresh_.insert(fresh_.end(), made.begin(), made.end());
  return absl::OkStatus();
}

absl::StatusOr<DataKeyPtr> KeyRing::Fresh(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  while (fresh_.empty()) {
    const absl::Duration left = std::min(deadline - clock_.Now(), kLongestStep);
    if (stopping_ || !minted_.ok() || left <= absl::ZeroDuration()) return KeysUnavailable();
    changed_.wait_for(lock, absl::ToChronoMicroseconds(absl::Ceil(left, absl::Microseconds(1))));
  }
  DataKeyPtr key = std::move(fresh_.back());
  fresh_.pop_back();
  // Whoever makes it will want to read it.
  Remember(key, clock_.Now());
  if (fresh_.size() < kLowWater) changed_.notify_all();
  return key;
}

absl::StatusOr<DataKeyPtr> KeyRing::Find(const pg::Uuid& id, absl::Time deadline) {
  ASSIGN_OR_RETURN(std::vector<DataKeyPtr> keys, FindAll({id}, deadline));
  if (keys.front() == nullptr) return Destroyed();
  return std::move(keys.front());
}

absl::StatusOr<std::vector<DataKeyPtr>> KeyRing::FindAll(const std::vector<pg::Uuid>& ids, absl::Time deadline) {
  const absl::Time now = clock_.Now();
  std::vector<DataKeyPtr> keys(ids.size());
  std::vector<pg::Uuid> unknown;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < ids.size(); ++i) {
      keys[i] = Recall(ids[i], now);
      if (keys[i] == nullptr) unknown.push_back(ids[i]);
    }
  }
  if (unknown.empty()) return keys;
  ASSIGN_OR_RETURN(const std::vector<WrappedKey> found, store_.Find(unknown, deadline));
  std::map<pg::Uuid, DataKeyPtr> read;
  for (const WrappedKey& wrapped : found) {
    ASSIGN_OR_RETURN(read[wrapped.id], Unwrap(wrapped));
  }
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto key = read.find(ids[i]);
    if (keys[i] != nullptr || key == read.end()) continue;
    keys[i] = key->second;
    Remember(key->second, now);
  }
  return keys;
}

absl::StatusOr<DataKeyPtr> KeyRing::Unwrap(const WrappedKey& wrapped) const {
  ASSIGN_OR_RETURN(std::string secret, keys_.Unwrap(wrapped.wrapped_by, wrapped.wrapped, wrapped.id.ToString()));
  return std::make_shared<const DataKey>(wrapped.id, std::move(secret));
}

absl::StatusOr<int64_t> KeyRing::Destroy(const pg::Uuid& id, const std::string& note, const std::vector<pg::Uuid>& keys,
                                         absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t sequence, store_.Destroy(id, note, keys, deadline));
  const std::lock_guard lock(mutex_);
  for (const pg::Uuid& key : keys) remembered_.erase(key);
  return sequence;
}

absl::StatusOr<std::vector<Destruction>> KeyRing::DestructionsAfter(int64_t sequence, absl::Time deadline) {
  return store_.DestructionsAfter(sequence, deadline);
}

absl::StatusOr<int64_t> KeyRing::LastDestruction(absl::Time deadline) { return store_.LastDestruction(deadline); }

DataKeyPtr KeyRing::Recall(const pg::Uuid& id, absl::Time now) const {
  const auto found = remembered_.find(id);
  return found != remembered_.end() && found->second.until > now ? found->second.key : nullptr;
}

void KeyRing::Remember(const DataKeyPtr& key, absl::Time now) {
  if (remembered_.size() >= kMostRemembered) {
    std::erase_if(remembered_, [now](const auto& entry) { return entry.second.until <= now; });
    if (remembered_.size() >= kMostRemembered) remembered_.clear();
  }
  remembered_[key->id()] = {key, now + kRemembered};
}

void KeyRing::Work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (fresh_.size() < kLowWater) {
      MintRound(lock);
    } else if (rewrapping_) {
      RewrapRound(lock);
    } else {
      changed_.wait(lock, [this] { return stopping_ || fresh_.size() < kLowWater; });
    }
  }
}

void KeyRing::MintRound(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  absl::Status minted = Mint(clock_.Now() + kLongestStep);
  if (!minted.ok()) {
    logger_.Log(log::Severity::kWarning, "no data keys could be made", {{"reason", status::Reason(minted)}});
  }
  lock.lock();
  minted_ = std::move(minted);
  changed_.notify_all();
  if (minted_.ok()) return;
  changed_.wait_for(lock, absl::ToChronoMilliseconds(kPauseAfterFailure), [this] { return stopping_; });
}

void KeyRing::RewrapRound(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const absl::StatusOr<bool> more = RewrapSome();
  if (!more.ok()) {
    logger_.Log(log::Severity::kWarning, "data keys were not wrapped anew",
                {{"reason", status::Reason(more.status())}});
  }
  lock.lock();
  rewrapping_ = !more.ok() || *more;
  if (more.ok()) return;
  changed_.wait_for(lock, absl::ToChronoMilliseconds(kPauseAfterFailure), [this] { return stopping_; });
}

absl::StatusOr<bool> KeyRing::RewrapSome() {
  const absl::Time deadline = clock_.Now() + kLongestStep;
  ASSIGN_OR_RETURN(const int64_t rewrapped, store_.RewrapSome(
                                                keys_.current(),
                                                [this](const WrappedKey& key) -> absl::StatusOr<std::string> {
                                                  ASSIGN_OR_RETURN(
                                                      const std::string secret,
                                                      keys_.Unwrap(key.wrapped_by, key.wrapped, key.id.ToString()));
                                                  return keys_.Wrap(secret, key.id.ToString());
                                                },
                                                deadline));
  if (rewrapped > 0) return true;
  ASSIGN_OR_RETURN(const auto known, store_.KeyEncryptionKeys(deadline));
  for (const KeyStore::KeyEncryptionKey& key : known) {
    if (key.id == keys_.current()) continue;
    ASSIGN_OR_RETURN(const bool removed, store_.RemoveKeyEncryptionKey(key.id, deadline));
    if (!removed) return StillWrapping(key.id);
    logger_.Log(log::Severity::kInfo, "a key-encryption key wraps nothing any more; take it out of the list",
                {{"id", std::string_view(key.id)}});
  }
  return false;
}

}  // namespace samverkan::sealing
