#include "libs/auth/token_memory.h"

#include <mutex>
#include <utility>

#include "openssl/sha.h"

namespace samverkan::auth {

TokenDigest DigestOf(std::string_view token) {
  TokenDigest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

std::shared_ptr<const Claims> TokenMemory::Recall(const TokenDigest& digest,
                                                  const std::shared_ptr<const KeySet>& keys) const {
  const std::shared_lock lock(mutex_);
  if (keys_ != keys) return nullptr;
  const auto found = claims_.find(digest);
  return found == claims_.end() ? nullptr : found->second;
}

void TokenMemory::Remember(const TokenDigest& digest, const std::shared_ptr<const KeySet>& keys,
                           std::shared_ptr<const Claims> claims, absl::Time now) {
  const std::unique_lock lock(mutex_);
  if (keys_ != keys) claims_.clear();
  keys_ = keys;
  if (claims_.size() >= capacity_) MakeRoom(now);
  claims_[digest] = std::move(claims);
}

size_t TokenMemory::size() const {
  const std::shared_lock lock(mutex_);
  return claims_.size();
}

void TokenMemory::MakeRoom(absl::Time now) {
  std::erase_if(claims_, [now](const auto& entry) { return !CheckTime(*entry.second, now).ok(); });
  if (claims_.size() >= capacity_) claims_.clear();
}

}  // namespace samverkan::auth
