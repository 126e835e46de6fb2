#ifndef SAMVERKAN_LIBS_AUTH_TOKEN_MEMORY_H_
#define SAMVERKAN_LIBS_AUTH_TOKEN_MEMORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

#include "absl/time/time.h"
#include "libs/auth/claims.h"
#include "libs/auth/key_set.h"

namespace samverkan::auth {

// The SHA-256 of a token's text.
using TokenDigest = std::array<uint8_t, 32>;
TokenDigest DigestOf(std::string_view token);

// Remembers what verified tokens claim, for one set of keys: with other keys nothing is
// known. The tokens themselves are not kept. Thread-safe.
class TokenMemory {
 public:
  // Holds at most `capacity` tokens. A full memory first forgets what has expired, then all.
  explicit TokenMemory(size_t capacity) : capacity_(capacity) {}

  // The claims of a token that was verified with `keys`; null where it is not known. Their
  // time is the caller's to check.
  std::shared_ptr<const Claims> Recall(const TokenDigest& digest, const std::shared_ptr<const KeySet>& keys) const;

  void Remember(const TokenDigest& digest, const std::shared_ptr<const KeySet>& keys,
                std::shared_ptr<const Claims> claims, absl::Time now);

  size_t size() const;

 private:
  struct Hash {
    size_t operator()(const TokenDigest& digest) const {
      size_t hash = 0;
      std::memcpy(&hash, digest.data(), sizeof(hash));
      return hash;
    }
  };

  // Needs mutex_.
  void MakeRoom(absl::Time now);

  const size_t capacity_;
  mutable std::shared_mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
  std::unordered_map<TokenDigest, std::shared_ptr<const Claims>, Hash> claims_;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_TOKEN_MEMORY_H_
