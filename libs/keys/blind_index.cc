#include "libs/keys/blind_index.h"

#include <openssl/crypto.h>

#include <cstdint>

#include "libs/keys/hmac.h"

namespace samverkan::keys {
namespace {

// Each part with its length before it: "ab", "c" and "a", "bc" are two values.
std::string Joined(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) {
    const auto size = static_cast<uint32_t>(part.size());
    for (int shift = 24; shift >= 0; shift -= 8) joined += static_cast<char>(size >> shift);
    joined += part;
  }
  return joined;
}

std::string Tag(const std::string& secret, const std::string& value) {
  std::string mac = HmacSha256(secret, value);
  mac.resize(BlindIndex::kTagSize);
  return mac;
}

}  // namespace

BlindIndex::BlindIndex(const KeyList& keys, std::string_view purpose) : key_id_(keys.current().id) {
  // The secrets are uniformly random, so HKDF's expand step alone derives from them (RFC 5869
  // section 3.3).
  const std::string info = std::string(purpose) + '\x01';
  for (const KeyList::Key& key : keys.keys()) secrets_.push_back(HmacSha256(key.secret, info));
}

BlindIndex::~BlindIndex() {
  for (std::string& secret : secrets_) OPENSSL_cleanse(secret.data(), secret.size());
}

std::string BlindIndex::TagOf(std::initializer_list<std::string_view> parts) const {
  return Tag(secrets_.front(), Joined(parts));
}

std::vector<std::string> BlindIndex::TagsOf(std::initializer_list<std::string_view> parts) const {
  const std::string value = Joined(parts);
  std::vector<std::string> tags;
  for (const std::string& secret : secrets_) tags.push_back(Tag(secret, value));
  return tags;
}

}  // namespace samverkan::keys
