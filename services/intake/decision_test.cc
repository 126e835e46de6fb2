#include "services/intake/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/proto_time/proto_time.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = At(absl::CivilDay(2026, 3, 10));

v1::Report DecidedReport() {
  const auto change = DecideAt(kNow, AssessedAt(kNow, SchoolSubmission(kChildren[0])), v1::Decision::OPENED);
  EXPECT_OK(change);
  return change.ok() ? change->after.report : v1::Report();
}

TEST(Decision, OfAReportAreItsAssessmentsAndItsDecision) {
  const v1::Report report = DecidedReport();
  const std::vector<v1::DecisionStatement> statements = DecisionsOf(report);
  ASSERT_THAT(statements, SizeIs(2));
  EXPECT_EQ(statements[0].protection_need(), report.assessments(0).need());
  EXPECT_EQ(statements[0].reasons(), report.assessments(0).reasons());
  EXPECT_EQ(statements[0].decider(), report.assessments(0).assessor());
  EXPECT_EQ(statements[1].report_outcome(), v1::Decision::OPENED);
  EXPECT_EQ(statements[1].investigation(), kOpened);
  EXPECT_EQ(statements[1].legal_basis(), report.decision().legal_basis());
  EXPECT_EQ(proto_time::FromProto(statements[1].decide_time()), kNow);
  for (const v1::DecisionStatement& statement : statements) {
    EXPECT_EQ(statement.authority(), kSkarholmen);
    EXPECT_EQ(statement.resource(), report.name());
  }
}

TEST(Decision, OfWhatIsUndecidedThereIsNone) {
  EXPECT_THAT(DecisionsOf(ReceivedAt(kNow, SchoolSubmission(kChildren[0])).report), IsEmpty());
  EXPECT_THAT(DecisionsOf(v1::Investigation()), IsEmpty());
}

TEST(Decision, OfAnInvestigationIsItsConclusion) {
  v1::Investigation investigation;
  investigation.set_name(kOpened);
  investigation.mutable_closing()->set_result(v1::Closing::WITH_MEASURE);
  investigation.mutable_closing()->set_reasons("Familjen får stöd i hemmet.");
  investigation.mutable_closing()->set_closer("u-eva");
  const std::vector<v1::DecisionStatement> statements = DecisionsOf(investigation);
  ASSERT_THAT(statements, SizeIs(1));
  EXPECT_EQ(statements[0].investigation_result(), v1::Closing::WITH_MEASURE);
  EXPECT_EQ(statements[0].reasons(), "Familjen får stöd i hemmet.");
  EXPECT_EQ(statements[0].decider(), "u-eva");
}

TEST(Decision, IsSignedAsClaims) {
  const v1::DecisionStatement statement = DecisionsOf(DecidedReport())[1];
  const auto payload = PayloadOf(statement, kNow, "9c1c3b0e-7d7e-4b1e-8f5f-0a4f0f3f2d11");
  ASSERT_OK(payload);
  const nlohmann::json claims = nlohmann::json::parse(*payload);
  EXPECT_EQ(claims["iss"], kSkarholmen);
  EXPECT_EQ(claims["iat"], absl::ToUnixSeconds(kNow));
  EXPECT_EQ(claims["jti"], "9c1c3b0e-7d7e-4b1e-8f5f-0a4f0f3f2d11");
  EXPECT_EQ(claims["decision"]["reportOutcome"], "OPENED");
  EXPECT_EQ(claims["decision"]["reasons"], statement.reasons());
  EXPECT_EQ(claims["decision"]["resource"], statement.resource());
  EXPECT_EQ(claims["decision"]["decideTime"], "2026-03-10T09:00:00Z");
}

}  // namespace
}  // namespace samverkan::intake::testing
