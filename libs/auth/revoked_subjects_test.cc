#include "libs/auth/revoked_subjects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "libs/testing/status_matchers.h"

namespace samverkan::auth {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'750'000'000);  // 2025-06-15T15:06:40Z

class RevokedSubjectsTest : public ::testing::Test {
 protected:
  // Replaces the file; it is looked at again a second later.
  void Write(const std::string& text) {
    std::ofstream(path_ + ".new") << text;
    std::filesystem::rename(path_ + ".new", path_);
    now_ += absl::Seconds(1);
  }

  static Claims TokenOf(const std::string& system, const std::string& subject, absl::Time issued,
                        const std::string& id = "") {
    Claims claims;
    claims.caller.system = system;
    claims.caller.subject = subject;
    claims.issued = issued;
    claims.id = id;
    return claims;
  }

  const std::string path_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  absl::Time now_ = kNow;
};

const auto kRevoked = StatusIs(absl::StatusCode::kUnauthenticated, "REVOKED");

TEST_F(RevokedSubjectsTest, RefusesTokensOfBeforeTheInstant) {
  Write("# left in June\n\nsubject lifecare/anna.berg 2025-06-15T17:06:40+02:00\r\n");
  ASSERT_OK_AND_ASSIGN(const auto revoked, RevokedSubjects::Open(path_, now_));
  EXPECT_THAT(revoked->Check(TokenOf("lifecare", "anna.berg", kNow - absl::Seconds(1)), now_), kRevoked);
  EXPECT_THAT(revoked->Check(TokenOf("lifecare", "anna.berg", absl::InfinitePast()), now_), kRevoked);
  EXPECT_OK(revoked->Check(TokenOf("lifecare", "anna.berg", kNow), now_));
  EXPECT_OK(revoked->Check(TokenOf("treserva", "anna.berg", kNow - absl::Hours(1)), now_));
  EXPECT_OK(revoked->Check(TokenOf("lifecare", "anna", kNow - absl::Hours(1)), now_));
}

TEST_F(RevokedSubjectsTest, TheLatestInstantOfASubjectCounts) {
  Write(
      "subject lifecare/anna berg/2 2025-06-15T16:00:00Z\n"
      "subject lifecare/anna berg/2 2025-06-15T15:00:00Z");
  ASSERT_OK_AND_ASSIGN(const auto revoked, RevokedSubjects::Open(path_, now_));
  EXPECT_THAT(revoked->Check(TokenOf("lifecare", "anna berg/2", kNow), now_), kRevoked);
}

TEST_F(RevokedSubjectsTest, RefusesSingleTokens) {
  Write("token 5f2c9e0b\ntoken two");
  ASSERT_OK_AND_ASSIGN(const auto revoked, RevokedSubjects::Open(path_, now_));
  EXPECT_THAT(revoked->Check(TokenOf("lifecare", "anna", kNow, "5f2c9e0b"), now_), kRevoked);
  EXPECT_OK(revoked->Check(TokenOf("lifecare", "anna", kNow, "5f2c"), now_));
  EXPECT_OK(revoked->Check(TokenOf("lifecare", "anna", kNow), now_));
}

TEST_F(RevokedSubjectsTest, ALineCountsWithinASecondAndABadFileChangesNothing) {
  Write("");
  ASSERT_OK_AND_ASSIGN(const auto revoked, RevokedSubjects::Open(path_, now_));
  const Claims token = TokenOf("lifecare", "anna", kNow, "one");
  EXPECT_OK(revoked->Check(token, now_));
  Write("token one");
  EXPECT_THAT(revoked->Check(token, now_), kRevoked);
  Write("token two\nsubject anna 2025-06-15T16:00:00Z");
  EXPECT_THAT(revoked->Check(token, now_), kRevoked);
  EXPECT_THAT(std::string(revoked->status().message()), HasSubstr("line 2"));
  std::filesystem::remove(path_);
  now_ += absl::Seconds(1);
  EXPECT_THAT(revoked->Check(token, now_), kRevoked);
  EXPECT_THAT(revoked->status(), Not(IsOk()));
  Write("token two");
  EXPECT_OK(revoked->Check(token, now_));
  EXPECT_OK(revoked->status());
}

TEST_F(RevokedSubjectsTest, OpensNoFileThatItDoesNotUnderstand) {
  EXPECT_THAT(RevokedSubjects::Open(path_ + ".none", now_), StatusIs(absl::StatusCode::kFailedPrecondition));
  for (const char* const line : {"anna", "subject", "subject lifecare/anna", "subject lifecare/anna tomorrow",
                                 "subject /anna 2025-06-15T16:00:00Z", "subject lifecare/ 2025-06-15T16:00:00Z",
                                 "subject anna 2025-06-15T16:00:00Z", "subject lifecare/anna 2025-06-15T16:00:00",
                                 "token", "token ", "Token one"}) {
    Write(line);
    EXPECT_THAT(RevokedSubjects::Open(path_, now_), StatusIs(absl::StatusCode::kFailedPrecondition)) << line;
  }
}

}  // namespace
}  // namespace samverkan::auth
