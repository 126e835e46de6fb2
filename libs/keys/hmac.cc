#include "libs/keys/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <memory>

namespace samverkan::keys {
namespace {

constexpr size_t kMacBytes = 32;

using Context = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

Context NewContext() {
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  Context context(EVP_MAC_CTX_new(hmac), &EVP_MAC_CTX_free);
  EVP_MAC_free(hmac);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  if (context == nullptr || EVP_MAC_CTX_set_params(context.get(), params) != 1) std::abort();
  return context;
}

const unsigned char* BytesOf(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string HmacSha256(std::string_view key, std::string_view message) {
  // One for each thread: making it costs several times what the MAC costs.
  thread_local const Context context = NewContext();
  // A key of no bytes has to be told from keeping the key of the last call.
  const unsigned char* const key_bytes = key.empty() ? BytesOf("") : BytesOf(key);
  std::string mac(kMacBytes, '\0');
  size_t length = 0;
  const bool done =
      EVP_MAC_init(context.get(), key_bytes, key.size(), nullptr) == 1 &&
      EVP_MAC_update(context.get(), BytesOf(message), message.size()) == 1 &&
      EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(mac.data()), &length, mac.size()) == 1;
  // Fails only without memory; a wrong or empty MAC must never be taken for a good one.
  if (!done || length != kMacBytes) std::abort();
  return mac;
}

bool Same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace samverkan::keys
