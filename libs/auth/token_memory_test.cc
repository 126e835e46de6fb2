#include "libs/auth/token_memory.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace samverkan::auth {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'750'000'000);

std::shared_ptr<const Claims> ClaimsUntil(absl::Time expires) {
  Claims claims;
  claims.caller.expires = expires;
  return std::make_shared<const Claims>(std::move(claims));
}

std::shared_ptr<const KeySet> SomeKeys() { return std::make_shared<const KeySet>(); }

TEST(TokenMemoryTest, KnowsATokenOnlyUnderTheKeysItWasVerifiedWith) {
  TokenMemory memory(10);
  const auto keys = SomeKeys();
  const auto claims = ClaimsUntil(kNow + absl::Hours(1));
  EXPECT_EQ(memory.Recall(DigestOf("a"), keys), nullptr);
  memory.Remember(DigestOf("a"), keys, claims, kNow);
  EXPECT_EQ(memory.Recall(DigestOf("a"), keys), claims);
  EXPECT_EQ(memory.Recall(DigestOf("b"), keys), nullptr);
  EXPECT_EQ(memory.Recall(DigestOf("a"), SomeKeys()), nullptr);
}

TEST(TokenMemoryTest, ForgetsEverythingWhenTheKeysChange) {
  TokenMemory memory(10);
  const auto keys = SomeKeys();
  memory.Remember(DigestOf("a"), keys, ClaimsUntil(kNow + absl::Hours(1)), kNow);
  memory.Remember(DigestOf("b"), SomeKeys(), ClaimsUntil(kNow + absl::Hours(1)), kNow);
  EXPECT_EQ(memory.Recall(DigestOf("a"), keys), nullptr);
  EXPECT_EQ(memory.size(), 1u);
}

TEST(TokenMemoryTest, MakesRoomByForgettingWhatHasExpired) {
  TokenMemory memory(2);
  const auto keys = SomeKeys();
  memory.Remember(DigestOf("short"), keys, ClaimsUntil(kNow + absl::Minutes(5)), kNow);
  memory.Remember(DigestOf("long"), keys, ClaimsUntil(kNow + absl::Hours(5)), kNow);
  memory.Remember(DigestOf("next"), keys, ClaimsUntil(kNow + absl::Hours(5)), kNow + absl::Hours(1));
  EXPECT_EQ(memory.Recall(DigestOf("short"), keys), nullptr);
  EXPECT_NE(memory.Recall(DigestOf("long"), keys), nullptr);
  EXPECT_NE(memory.Recall(DigestOf("next"), keys), nullptr);
}

TEST(TokenMemoryTest, NeverHoldsMoreThanItsCapacity) {
  TokenMemory memory(100);
  const auto keys = SomeKeys();
  for (int i = 0; i < 1000; ++i) {
    memory.Remember(DigestOf(std::to_string(i)), keys, ClaimsUntil(kNow + absl::Hours(1)), kNow);
    ASSERT_LE(memory.size(), 100u);
    ASSERT_NE(memory.Recall(DigestOf(std::to_string(i)), keys), nullptr);
  }
}

}  // namespace
}  // namespace samverkan::auth
