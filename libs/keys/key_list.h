#ifndef SAMVERKAN_LIBS_KEYS_KEY_LIST_H_
#define SAMVERKAN_LIBS_KEYS_KEY_LIST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace samverkan::keys {

// Named keys from outside, of which one is in use and the others are kept for what was done
// with them.
//
// A file holds one a line, "<id> <32 random bytes as base64>", and is readable by its owner
// alone. The first is the one in use. Ids are lower-case letters, digits and dashes.
//
// A plain value; reading it needs no lock. Wipes its keys when destroyed.
class KeyList {
 public:
  struct Key {
    std::string id;
    // 32 octets.
    std::string secret;
  };

  // Reads the file at `path`. FAILED_PRECONDITION, reason `KEY_LIST_UNUSABLE`, saying what
  // to do, where it is missing, readable by others, or holds no such keys.
  static absl::StatusOr<KeyList> Load(const std::string& path);

  KeyList(const KeyList&) = delete;
  KeyList& operator=(const KeyList&) = delete;
  KeyList(KeyList&&) noexcept = default;
  KeyList& operator=(KeyList&&) noexcept = default;
  ~KeyList();

  // The key in use.
  const Key& current() const { return keys_.front(); }
  // All, that in use first; at least one.
  const std::vector<Key>& keys() const { return keys_; }
  // The key of that id; null where there is none. Lives as long as the list.
  const Key* Find(std::string_view id) const;

 private:
  KeyList() = default;

  std::vector<Key> keys_;
};

}  // namespace samverkan::keys

#endif  // SAMVERKAN_LIBS_KEYS_KEY_LIST_H_
