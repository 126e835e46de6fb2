#include "libs/auth/token_signer.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::auth {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(TokenSignerTest, AKeyWrittenAndReadIsTheSameKey) {
  for (const auto algorithm : {TokenSigner::Algorithm::kEs256, TokenSigner::Algorithm::kRs256}) {
    const TokenSigner signer = *TokenSigner::Generate(algorithm);
    const auto again = TokenSigner::FromPrivateJwk(signer.PrivateJwk());
    ASSERT_OK(again);
    EXPECT_EQ(again->kid(), signer.kid());
    EXPECT_EQ(again->PublicJwks(), signer.PublicJwks());
    EXPECT_EQ(again->PrivateJwk(), signer.PrivateJwk());
  }
}

TEST(TokenSignerTest, ThePublicKeySetHoldsNoSecret) {
  for (const auto algorithm : {TokenSigner::Algorithm::kEs256, TokenSigner::Algorithm::kRs256}) {
    const TokenSigner signer = *TokenSigner::Generate(algorithm);
    EXPECT_THAT(signer.PrivateJwk(), HasSubstr("\"d\":"));
    EXPECT_THAT(signer.PublicJwks(), Not(HasSubstr("\"d\":")));
    EXPECT_THAT(signer.PublicJwks(), Not(HasSubstr("\"p\":")));
  }
}

TEST(TokenSignerTest, EveryKeyIsANewOne) {
  const TokenSigner one = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  const TokenSigner other = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  EXPECT_NE(one.kid(), other.kid());
  EXPECT_NE(one.PublicJwks(), other.PublicJwks());
}

TEST(TokenSignerTest, RefusesWhatIsNoPrivateKey) {
  const TokenSigner signer = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  for (const std::string& text : {std::string(), std::string("{}"), std::string("{"), signer.PublicJwks(),
                                  std::string(R"({"kty":"oct","kid":"a","k":"c2VjcmV0"})")}) {
    EXPECT_THAT(TokenSigner::FromPrivateJwk(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

}  // namespace
}  // namespace samverkan::auth
