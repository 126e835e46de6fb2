#ifndef SAMVERKAN_TESTS_TESTING_AWAIT_H_
#define SAMVERKAN_TESTS_TESTING_AWAIT_H_

#include <chrono>
#include <thread>

#include "absl/time/time.h"

namespace samverkan::tests {

// Asks `done` again and again until it says true, for what another process does by itself.
// False where it has not within `limit` of the machine's time.
template <typename Done>
bool Await(absl::Duration limit, const Done& done) {
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(limit);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    // lint: allow(sleep): another process can be awaited only by looking again
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_TESTING_AWAIT_H_
