// Random octets for identities, salts and keys.
#ifndef SAMVERKAN_LIBS_RANDOM_RANDOM_H_
#define SAMVERKAN_LIBS_RANDOM_RANDOM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace samverkan::random {

// Fills `size` octets from `out` on, from OpenSSL's generator. Good for keys. Without
// random numbers two resources could share a name and a salt could be guessed: where there
// are none, the process ends. Any thread.
void Fill(uint8_t* out, size_t size);

// `size` random octets.
std::string Octets(size_t size);

template <size_t kSize>
std::array<uint8_t, kSize> Array() {
  std::array<uint8_t, kSize> octets;
  Fill(octets.data(), kSize);
  return octets;
}

}  // namespace samverkan::random

#endif  // SAMVERKAN_LIBS_RANDOM_RANDOM_H_
