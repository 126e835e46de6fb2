#ifndef SAMVERKAN_LIBS_SEALING_AEAD_H_
#define SAMVERKAN_LIBS_SEALING_AEAD_H_

#include <optional>
#include <string>
#include <string_view>

namespace samverkan::sealing {

inline constexpr size_t kKeySize = 32;

// AES-256-GCM (NIST SP 800-38D) with a random nonce: a version octet, 12 octets of nonce,
// the ciphertext, 16 of tag. `key` has kKeySize octets. `associated` is not in the result,
// and must be the same when it is opened. Any thread.
std::string Encrypt(std::string_view key, std::string_view associated, std::string_view plaintext);

// The plaintext; nothing where `sealed` is not what Encrypt gave for this key and
// associated data.
std::optional<std::string> Decrypt(std::string_view key, std::string_view associated, std::string_view sealed);

}  // namespace samverkan::sealing

#endif  // SAMVERKAN_LIBS_SEALING_AEAD_H_
