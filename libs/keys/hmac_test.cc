#include "libs/keys/hmac.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"

namespace samverkan::keys {
namespace {

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// RFC 4231, test cases 1, 2 and 6 (a key longer than the hash's block).
TEST(HmacSha256, GivesThePublishedVectors) {
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// The key of an earlier call must not stay when the next one has none.
TEST(HmacSha256, TakesAnEmptyKeyAsSuch) {
  HmacSha256("Jefe", "what do ya want for nothing?");
  EXPECT_EQ(Hex(HmacSha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Same, ComparesWholeStrings) {
  EXPECT_TRUE(Same("abc", "abc"));
  EXPECT_TRUE(Same("", ""));
  EXPECT_FALSE(Same("abc", "abd"));
  EXPECT_FALSE(Same("abc", "ab"));
}

}  // namespace
}  // namespace samverkan::keys
