#include "libs/random/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>

namespace samverkan::random {
namespace {

void FromOpenSsl(uint8_t* out, size_t size) {
  if (RAND_bytes(out, static_cast<int>(size)) != 1) std::abort();
}

// Asking OpenSSL costs far more than the octets do, so each thread asks for many at a time.
// What is handed out is wiped here.
class Store {
 public:
  static constexpr size_t kSize = 1024;

  ~Store() { OPENSSL_cleanse(octets_.data(), octets_.size()); }

  void Take(uint8_t* out, size_t size) {
    if (size > kSize - used_) {
      FromOpenSsl(octets_.data(), kSize);
      used_ = 0;
    }
    std::memcpy(out, octets_.data() + used_, size);
    OPENSSL_cleanse(octets_.data() + used_, size);
    used_ += size;
  }

 private:
  std::array<uint8_t, kSize> octets_;
  size_t used_ = kSize;
};

}  // namespace

void Fill(uint8_t* out, size_t size) {
  thread_local Store store;
  if (size > Store::kSize / 4) return FromOpenSsl(out, size);
  store.Take(out, size);
}

std::string Octets(size_t size) {
  std::string octets(size, '\0');
  Fill(reinterpret_cast<uint8_t*>(octets.data()), size);
  return octets;
}

}  // namespace samverkan::random
