#ifndef SAMVERKAN_LIBS_SEALING_KEY_ENCRYPTION_KEYS_H_
#define SAMVERKAN_LIBS_SEALING_KEY_ENCRYPTION_KEYS_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/keys/key_list.h"

namespace samverkan::sealing {

// The keys from outside that wrap the data keys. They never stand in a database: without
// them nothing that is sealed can be read.
//
// To change the key, put a new one first in the list and restart every instance; when the
// service says that nothing is wrapped by the old one any more, take its line out.
//
// A plain value; reading it needs no lock.
class KeyEncryptionKeys {
 public:
  explicit KeyEncryptionKeys(keys::KeyList list) : list_(std::move(list)) {}

  // Id of the key that wraps from now on.
  const std::string& current() const { return list_.current().id; }

  // `secret` wrapped by the current key. `owner` is what it is the key of, and must be the
  // same when it is unwrapped.
  std::string Wrap(std::string_view secret, std::string_view owner) const;

  // The secret in `wrapped`, by the key `id`. All reading of data keys goes through here:
  // an installation with a hardware module changes this function.
  // FAILED_PRECONDITION, reason `KEY_ENCRYPTION_KEY_MISSING`, naming the id, where the list
  // has no such key. DATA_LOSS, reason `DATA_KEY_UNREADABLE`, naming the id, where its
  // secret is another one, or `wrapped` or `owner` are not what they were.
  absl::StatusOr<std::string> Unwrap(const std::string& id, std::string_view wrapped, std::string_view owner) const;

 private:
  keys::KeyList list_;
};

}  // namespace samverkan::sealing

#endif  // SAMVERKAN_LIBS_SEALING_KEY_ENCRYPTION_KEYS_H_
