#ifndef SAMVERKAN_LIBS_KEYS_BLIND_INDEX_H_
#define SAMVERKAN_LIBS_KEYS_BLIND_INDEX_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "libs/keys/key_list.h"

namespace samverkan::keys {

// Makes tags: keyed hashes by which rows are found again that hold a value only sealed. A
// tag says nothing without its key, and nothing about the tags of another column or board.
// Whoever has the key and the rows can try values one by one: where there are as few as
// there are identity numbers, they can be found, so keys and rows are kept apart.
//
// A plain value; reading it needs no lock.
class BlindIndex {
 public:
  static constexpr size_t kTagSize = 16;

  // Of one column: `purpose` names service and column, "intake/child".
  BlindIndex(const KeyList& keys, std::string_view purpose);
  ~BlindIndex();
  BlindIndex(const BlindIndex&) = default;
  BlindIndex& operator=(const BlindIndex&) = delete;

  // The tag of a value that has these parts, under the key in use: the first 16 octets of
  // HMAC-SHA-256.
  std::string TagOf(std::initializer_list<std::string_view> parts) const;

  // The tags of a value under all keys, that in use first: what is asked for while rows are
  // tagged anew.
  std::vector<std::string> TagsOf(std::initializer_list<std::string_view> parts) const;

  // Id of the key in use.
  const std::string& key_id() const { return key_id_; }

 private:
  std::string key_id_;
  // Derived from each key for the purpose.
  std::vector<std::string> secrets_;
};

}  // namespace samverkan::keys

#endif  // SAMVERKAN_LIBS_KEYS_BLIND_INDEX_H_
