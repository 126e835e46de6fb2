#include "libs/sealing/aead.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "libs/random/random.h"

namespace samverkan::sealing {
namespace {

constexpr char kVersion = '\x01';
constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;
constexpr size_t kOverhead = 1 + kNonceSize + kTagSize;

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

// One for each thread: fetching the algorithm costs several times what sealing a cell does.
EVP_CIPHER_CTX* ContextOfThread() {
  thread_local const Context context = [] {
    Context made(EVP_CIPHER_CTX_new());
    EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    // Fails only without memory, and then nothing may be stored in the clear instead.
    if (made == nullptr || cipher == nullptr ||
        EVP_CipherInit_ex2(made.get(), cipher, nullptr, nullptr, 1, nullptr) != 1) {
      std::abort();
    }
    EVP_CIPHER_free(cipher);
    return made;
  }();
  return context.get();
}

const unsigned char* In(std::string_view octets) { return reinterpret_cast<const unsigned char*>(octets.data()); }
unsigned char* Out(char* octets) { return reinterpret_cast<unsigned char*>(octets); }

// Feeds `associated` and then `text` through the cipher, into `out`. False where the tag is
// wrong.
bool Run(EVP_CIPHER_CTX* context, std::string_view associated, std::string_view text, char* out) {
  int length = 0;
  return EVP_CipherUpdate(context, nullptr, &length, In(associated), static_cast<int>(associated.size())) == 1 &&
         EVP_CipherUpdate(context, Out(out), &length, In(text), static_cast<int>(text.size())) == 1 &&
         EVP_CipherFinal_ex(context, Out(out) + length, &length) == 1;
}

}  // namespace

std::string Encrypt(std::string_view key, std::string_view associated, std::string_view plaintext) {
  EVP_CIPHER_CTX* const context = ContextOfThread();
  std::string sealed(plaintext.size() + kOverhead, '\0');
  sealed[0] = kVersion;
  random::Fill(Out(sealed.data() + 1), kNonceSize);
  char* const text = sealed.data() + 1 + kNonceSize;
  char* const tag = text + plaintext.size();
  const bool done = key.size() == kKeySize &&
                    EVP_CipherInit_ex2(context, nullptr, In(key), Out(sealed.data() + 1), 1, nullptr) == 1 &&
                    Run(context, associated, plaintext, text) &&
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1;
  if (!done) std::abort();
  return sealed;
}

std::optional<std::string> Decrypt(std::string_view key, std::string_view associated, std::string_view sealed) {
  if (sealed.size() < kOverhead || sealed[0] != kVersion || key.size() != kKeySize) return std::nullopt;
  EVP_CIPHER_CTX* const context = ContextOfThread();
  const std::string_view nonce = sealed.substr(1, kNonceSize);
  const std::string_view text = sealed.substr(1 + kNonceSize, sealed.size() - kOverhead);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  std::string plaintext(text.size(), '\0');
  if (EVP_CipherInit_ex2(context, nullptr, In(key), In(nonce), 0, nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) != 1 ||
      !Run(context, associated, text, plaintext.data())) {
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace samverkan::sealing
