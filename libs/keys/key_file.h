#ifndef SAMVERKAN_LIBS_KEYS_KEY_FILE_H_
#define SAMVERKAN_LIBS_KEYS_KEY_FILE_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace samverkan::keys {

// The one secret of an installation, from which every keyed hash gets a key of its
// own: blind index, page tokens, fingerprints of requests, search tags.
//
// The file holds at least 32 random bytes as base64 on one line, readable by its
// owner alone; `(umask 077; head -c 32 /dev/urandom | base64 > key)` makes one. Raw
// bytes are refused on purpose: a damaged base64 file would pass for a raw key, and
// no child would be found again under it.
//
// A plain value; reading it needs no lock. Wipes its secret when destroyed.
class KeyFile {
 public:
  // Reads the file at `path`. FAILED_PRECONDITION, reason `KEY_FILE_UNUSABLE`, saying
  // what to do, where it is missing, readable by others, or not such a key.
  static absl::StatusOr<KeyFile> Load(const std::string& path);

  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  KeyFile(KeyFile&& other) noexcept = default;
  KeyFile& operator=(KeyFile&& other) noexcept = default;
  ~KeyFile();

  // The key for `purpose`, 32 bytes: always the same for the same file and purpose,
  // and telling nothing about the key of another purpose or the secret (HKDF-Expand
  // with SHA-256, RFC 5869 section 2.3). Purposes name service and use:
  // "intake/blind-index", "audit/page-token".
  std::string Derive(std::string_view purpose) const;

 private:
  explicit KeyFile(std::string secret) : secret_(std::move(secret)) {}

  std::string secret_;
};

}  // namespace samverkan::keys

#endif  // SAMVERKAN_LIBS_KEYS_KEY_FILE_H_
