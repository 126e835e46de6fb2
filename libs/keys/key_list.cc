#include "libs/keys/key_list.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/keys/secret_file.h"
#include "libs/status/status.h"

namespace samverkan::keys {
namespace {

constexpr size_t kSecretBytes = 32;

absl::Status Unusable(const std::string& path, absl::string_view what) {
  return status::FailedPrecondition(
      {.reason = "KEY_LIST_UNUSABLE",
       .message = absl::StrCat("The list of keys ", path, " ", what,
                               ". Expected: a line `<id> <32 random bytes as base64>` for each key, mode 0600.")});
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
  });
}

// Whether `line` is a key; then it is in `key`.
bool ParseKey(absl::string_view line, KeyList::Key& key) {
  const std::vector<std::string> parts = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (parts.size() != 2 || !IsId(parts[0])) return false;
  key.id = parts[0];
  return absl::Base64Unescape(parts[1], &key.secret) && key.secret.size() == kSecretBytes;
}

}  // namespace

absl::StatusOr<KeyList> KeyList::Load(const std::string& path) {
  absl::StatusOr<std::string> content = ReadSecretFile(path);
  if (!content.ok()) return Unusable(path, content.status().message());
  KeyList list;
  bool sound = true;
  for (const absl::string_view line : absl::StrSplit(*content, '\n', absl::SkipWhitespace())) {
    Key key;
    sound = sound && ParseKey(absl::StripAsciiWhitespace(line), key) && list.Find(key.id) == nullptr;
    list.keys_.push_back(std::move(key));
  }
  OPENSSL_cleanse(content->data(), content->size());
  if (!sound || list.keys_.empty()) return Unusable(path, "holds what is no key, one id twice, or nothing");
  return list;
}

KeyList::~KeyList() {
  for (Key& key : keys_) OPENSSL_cleanse(key.secret.data(), key.secret.size());
}

const KeyList::Key* KeyList::Find(std::string_view id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [id](const Key& key) { return key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace samverkan::keys
