#include "libs/sealing/key_encryption_keys.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "libs/sealing/aead.h"
#include "libs/status/status.h"

namespace samverkan::sealing {
namespace {

// What a key is bound to: to be the key of something else, or wrapped by another, is found.
std::string Associated(const std::string& id, std::string_view owner) {
  return absl::StrCat("samverkan/data-key/", id, "/", std::string(owner));
}

}  // namespace

std::string KeyEncryptionKeys::Wrap(std::string_view secret, std::string_view owner) const {
  return Encrypt(list_.current().secret, Associated(current(), owner), secret);
}

absl::StatusOr<std::string> KeyEncryptionKeys::Unwrap(const std::string& id, std::string_view wrapped,
                                                      std::string_view owner) const {
  const keys::KeyList::Key* const key = list_.Find(id);
  if (key == nullptr) {
    return status::FailedPrecondition(
        {.reason = "KEY_ENCRYPTION_KEY_MISSING",
         .message = absl::StrCat("The key-encryption key ", id,
                                 " has wrapped data keys and is not in the list. Put its line back.")});
  }
  std::optional<std::string> secret = Decrypt(key->secret, Associated(id, owner), wrapped);
  if (secret.has_value()) return *std::move(secret);
  return status::DataLoss(
      {.reason = "DATA_KEY_UNREADABLE",
       .message = absl::StrCat("What was wrapped by the key-encryption key ", id,
                               " does not open: its secret in the list is another one, or the data key is damaged.")});
}

}  // namespace samverkan::sealing
