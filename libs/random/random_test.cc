#include "libs/random/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

namespace samverkan::random {
namespace {

TEST(RandomTest, FillsEveryOctetOfAnySize) {
  for (const size_t size : {1, 16, 255, 256, 257, 1024, 5000}) {
    // Each octet is 0 in all of twenty draws with a chance of 256^-20.
    std::vector<bool> was_set(size);
    for (int draw = 0; draw < 20; ++draw) {
      const std::string octets = Octets(size);
      ASSERT_EQ(octets.size(), size);
      for (size_t i = 0; i < size; ++i) was_set[i] = was_set[i] || octets[i] != '\0';
    }
    EXPECT_TRUE(std::all_of(was_set.begin(), was_set.end(), [](bool set) { return set; })) << size;
  }
}

TEST(RandomTest, NoTwoDrawsAreAlikeInOneThreadOrSeveral) {
  constexpr int kThreads = 4;
  constexpr int kDraws = 2000;
  std::vector<std::vector<std::string>> drawn(kThreads);
  std::vector<std::thread> threads;
  for (std::vector<std::string>& own : drawn) {
    threads.emplace_back([&own] {
      for (int i = 0; i < kDraws; ++i) own.push_back(Octets(16));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const std::vector<std::string>& own : drawn) all.insert(own.begin(), own.end());
  EXPECT_EQ(all.size(), static_cast<size_t>(kThreads * kDraws));
}

}  // namespace
}  // namespace samverkan::random
