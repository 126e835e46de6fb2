#include "tools/token_main/token_command.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/auth/development_key.h"
#include "libs/auth/token_verifier.h"
#include "libs/clock/clock.h"
#include "libs/status/macros.h"
#include "libs/testing/status_matchers.h"
#include "libs/tls/credentials.h"

namespace samverkan::token_main {
namespace {

using ::samverkan::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class TokenCommandTest : public ::testing::Test {
 protected:
  TokenCommandTest() { std::filesystem::remove_all(run_); }

  int Run(std::vector<std::string> arguments) {
    out_.str("");
    error_.str("");
    arguments.push_back("--run-dir=" + run_);
    return RunTokenCommand(arguments, out_, error_);
  }

  // Who bears the printed token, for a service that shares the set's folder.
  absl::StatusOr<auth::Caller> Bearer() const {
    ASSIGN_OR_RETURN(const auto claims, Claims());
    return claims->caller;
  }

  absl::StatusOr<std::shared_ptr<const auth::Claims>> Claims() const {
    ASSIGN_OR_RETURN(const auto verifier,
                     auth::TokenVerifier::Open(
                         {.jwks = run_ + "/keys/jwks.json", .issuer = std::string(auth::kDevelopmentIssuer)}, clock_));
    const std::string line = out_.str();
    return verifier->Verify(line.substr(0, line.size() - 1));
  }

  const std::string run_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name() + "/run";
  const clock::FileClock clock_{run_ + "/clock"};
  std::ostringstream out_;
  std::ostringstream error_;
};

TEST_F(TokenCommandTest, PrintsATokenOfAHeadOfSchoolWithoutOptions) {
  ASSERT_EQ(Run({}), 0) << error_.str();
  EXPECT_THAT(error_.str(), IsEmpty());
  const auto caller = Bearer();
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ(caller->subject, "rektor.lind");
  EXPECT_EQ(caller->system, "skolportalen");
  EXPECT_EQ(caller->municipality, "0180");
  EXPECT_EQ(caller->authority, "utbildningsnamnden");
  EXPECT_THAT(caller->units, ElementsAre("bredangsskolan"));
  EXPECT_THAT(caller->roles, ElementsAre(access::v1::REPORTER));
  EXPECT_FALSE(caller->qualified);
}

TEST_F(TokenCommandTest, PutsEveryOptionIntoTheToken) {
  ASSERT_EQ(Run({"--subject", "sara.ek", "--system=treserva", "--municipality", "1480", "--authority", "socialnamnden",
                 "--unit", "mottagningen", "--unit=jouren", "--role", "RECEPTION", "--role=duty", "--qualified",
                 "--given-name", "Sara", "--family-name=Ek", "--lifetime", "8h"}),
            0)
      << error_.str();
  const auto caller = Bearer();
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ(caller->subject, "sara.ek");
  EXPECT_EQ(caller->system, "treserva");
  EXPECT_EQ(caller->municipality, "1480");
  EXPECT_EQ(caller->authority, "socialnamnden");
  EXPECT_THAT(caller->units, ElementsAre("mottagningen", "jouren"));
  EXPECT_THAT(caller->roles, ElementsAre(access::v1::RECEPTION, access::v1::DUTY));
  EXPECT_TRUE(caller->qualified);
  EXPECT_EQ(caller->given_name, "Sara");
  EXPECT_EQ(caller->family_name, "Ek");
  EXPECT_GT(caller->expires, clock_.Now() + absl::Hours(7));
  EXPECT_LE(caller->expires, clock_.Now() + absl::Hours(8));
}

TEST_F(TokenCommandTest, BindsTheTokenToTheCertificateOfItsSystem) {
  for (const char* const system : {"skolportalen", "lifecare"}) {
    ASSERT_EQ(Run({"--system", system}), 0) << error_.str();
    const auto claims = Claims();
    ASSERT_THAT(claims, IsOk());
    const std::string folder = run_ + "/tls/systems/" + system + "/0180";
    const auto certificate = tls::CheckFiles({.certificate = folder + "/certificate.pem",
                                              .key = folder + "/key.pem",
                                              .authorities = run_ + "/tls/ca/certificate.pem"});
    ASSERT_THAT(certificate, IsOk());
    EXPECT_EQ((*claims)->thumbprint, certificate->thumbprint);
  }
}

TEST_F(TokenCommandTest, AnEmptyAuthorityIsNone) {
  ASSERT_EQ(Run({"--authority", ""}), 0) << error_.str();
  const auto caller = Bearer();
  ASSERT_THAT(caller, IsOk());
  EXPECT_THAT(caller->authority, IsEmpty());
  EXPECT_THAT(caller->units, IsEmpty());
}

TEST_F(TokenCommandTest, SharesTheMovedClockOfTheSet) {
  std::filesystem::create_directories(run_);
  std::ofstream(run_ + "/clock") << 200 * 86400;
  ASSERT_EQ(Run({}), 0) << error_.str();
  const auto caller = Bearer();
  ASSERT_THAT(caller, IsOk());
  EXPECT_GT(caller->expires, clock::SystemClock().Now() + absl::Hours(24 * 200));
}

TEST_F(TokenCommandTest, SignsWithTheSameKeyEveryTime) {
  ASSERT_EQ(Run({}), 0);
  ASSERT_THAT(Bearer(), IsOk());
  const std::string header = out_.str().substr(0, out_.str().find('.'));
  ASSERT_EQ(Run({"--subject=another"}), 0);
  EXPECT_THAT(out_.str(), StartsWith(header));
}

TEST_F(TokenCommandTest, SaysWhatIsWrongWithAnArgumentAndEndsWithTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"--rol=REPORTER"}, "--rol"},
      {{"--role=KING"}, "KING"},
      {{"--role=ROLE_UNSPECIFIED"}, "ROLE_UNSPECIFIED"},
      {{"--lifetime=tomorrow"}, "--lifetime"},
      {{"--lifetime=0s"}, "--lifetime"},
      {{"--lifetime=-1h"}, "--lifetime"},
      {{"--lifetime=90000h"}, "--lifetime"},
      {{"--municipality=180"}, "`municipality`"},
      {{"--authority=Nämnden"}, "`authority`"},
      {{"--unit=two words"}, "`units`"},
      {{"--subject="}, "`sub`"},
      {{"--system=../intake"}, "`azp`"},
      {{"more"}, "more"},
      {{"-q"}, "-q"},
      {{"--qualified=yes"}, "--qualified"},
  };
  for (const auto& [arguments, part] : wrong) {
    EXPECT_EQ(Run(arguments), 2) << part;
    EXPECT_THAT(error_.str(), HasSubstr(part));
    EXPECT_THAT(out_.str(), IsEmpty()) << part;
  }
  EXPECT_EQ(RunTokenCommand({"--subject"}, out_, error_), 2) << "without its value";
}

TEST_F(TokenCommandTest, EndsWithOneWhereTheFolderCannotBeUsed) {
  EXPECT_EQ(RunTokenCommand({"--run-dir=/dev/null"}, out_, error_), 1);
  EXPECT_THAT(error_.str(), HasSubstr("/dev/null"));
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(TokenCommandTest, Helps) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("--municipality"));
}

}  // namespace
}  // namespace samverkan::token_main
