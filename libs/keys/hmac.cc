#include "libs/keys/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace samverkan::keys {

std::string HmacSha256(std::string_view key, std::string_view message) {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  const unsigned char* const done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                         reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                                         reinterpret_cast<unsigned char*>(mac.data()), &length);
  // Fails only without memory; a wrong or empty MAC must never be taken for a good one.
  if (done == nullptr) std::abort();
  mac.resize(length);
  return mac;
}

bool Same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace samverkan::keys
