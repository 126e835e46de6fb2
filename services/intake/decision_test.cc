#include "services/intake/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/proto_time/proto_time.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"
#include "services/intake/investigation.h"

namespace samverkan::intake::testing {
namespace {

using ::testing::IsEmpty;

constexpr char kChild[] = "01968f00-0000-7000-8000-0000000000c1";
const absl::Time kReceived = At(absl::CivilDay(2026, 3, 10));
const absl::Time kDecided = At(absl::CivilDay(2026, 3, 12));

// A report that was assessed when it came and decided two days later, as a caller sees it.
v1::Report DecidedFor(const auth::Caller& caller) {
  ReportRecord assessed = AssessedAt(kReceived, SchoolSubmission(kChildren[0]));
  assessed.report.set_child(kChild);
  const auto change = DecideAt(kDecided, std::move(assessed), v1::Decision::OPENED);
  EXPECT_OK(change);
  const auto shown = ViewFor(ShippedRules(), caller, change->after, kDecided);
  EXPECT_OK(shown);
  return *shown;
}

v1::Investigation Closed() {
  v1::Investigation investigation;
  investigation.set_name(kOpened);
  investigation.set_authority(kSkarholmen);
  investigation.set_child(kChild);
  v1::Closing& closing = *investigation.mutable_closing();
  closing.set_result(v1::Closing::WITHOUT_MEASURE);
  closing.set_reasons("Familjen har det stöd som behövs.");
  *closing.mutable_close_time() = proto_time::ToProto(kDecided);
  closing.set_closer("u-eva");
  return investigation;
}

TEST(DecisionTest, AReportYieldsItsAssessmentsAndThenItsDecision) {
  const v1::Report report = DecidedFor(Caseworker());
  const std::vector<v1::DecisionStatement> statements = DecisionsOf(report);
  ASSERT_EQ(statements.size(), 2);
  for (const v1::DecisionStatement& statement : statements) {
    EXPECT_EQ(statement.resource(), report.name());
    EXPECT_EQ(statement.authority(), kSkarholmen);
    EXPECT_EQ(statement.child(), kChild);
    EXPECT_EQ(statement.decider(), "u-eva");
  }
  const v1::DecisionStatement& assessment = statements[0];
  EXPECT_EQ(assessment.protection_need(), v1::NO_IMMEDIATE_PROTECTION);
  EXPECT_EQ(assessment.reasons(), report.assessments(0).reasons());
  EXPECT_EQ(proto_time::FromProto(assessment.decide_time()), kReceived);
  EXPECT_EQ(assessment.legal_basis(), "P-011, SoL 2025:400 20:1");
  const v1::DecisionStatement& decision = statements[1];
  EXPECT_EQ(decision.report_outcome(), v1::Decision::OPENED);
  EXPECT_EQ(decision.reasons(), report.decision().reasons());
  EXPECT_EQ(proto_time::FromProto(decision.decide_time()), kDecided);
  EXPECT_EQ(decision.legal_basis(), "P-013, SoL 2025:400 20:2");
  EXPECT_EQ(decision.investigation(), kOpened);
}

TEST(DecisionTest, AReportThatNobodyDecidedYieldsNothing) {
  EXPECT_THAT(DecisionsOf(ReceivedAt(kReceived, SchoolSubmission(kChildren[0])).report), IsEmpty());
}

TEST(DecisionTest, WhatTheSenderSeesOfADecidedReportYieldsNothing) {
  EXPECT_THAT(DecisionsOf(DecidedFor(Reporter())), IsEmpty());
}

TEST(DecisionTest, AnInvestigationYieldsItsConclusion) {
  const std::vector<v1::DecisionStatement> statements = DecisionsOf(Closed());
  ASSERT_EQ(statements.size(), 1);
  EXPECT_EQ(statements[0].resource(), kOpened);
  EXPECT_EQ(statements[0].authority(), kSkarholmen);
  EXPECT_EQ(statements[0].child(), kChild);
  EXPECT_EQ(statements[0].investigation_result(), v1::Closing::WITHOUT_MEASURE);
  EXPECT_EQ(statements[0].reasons(), "Familjen har det stöd som behövs.");
  EXPECT_EQ(statements[0].decider(), "u-eva");
  EXPECT_EQ(proto_time::FromProto(statements[0].decide_time()), kDecided);
}

TEST(DecisionTest, AnInvestigationThatRunsYieldsNothing) {
  v1::Investigation running = Closed();
  running.clear_closing();
  EXPECT_THAT(DecisionsOf(running), IsEmpty());
}

TEST(DecisionTest, ThePayloadSaysWhoseWhenAndWhat) {
  const auto payload = PayloadOf(DecisionsOf(Closed()).front(), kDecided + absl::Hours(1), "a-document");
  ASSERT_OK(payload);
  EXPECT_EQ(nlohmann::json::parse(*payload), nlohmann::json::parse(R"({
    "iss": "municipalities/0180/authorities/skarholmen",
    "iat": 1773309600,
    "jti": "a-document",
    "decision": {
      "authority": "municipalities/0180/authorities/skarholmen",
      "resource": "municipalities/0180/investigations/01968f00-0000-7000-8000-000000000001",
      "child": "01968f00-0000-7000-8000-0000000000c1",
      "investigationResult": "WITHOUT_MEASURE",
      "reasons": "Familjen har det stöd som behövs.",
      "decideTime": "2026-03-12T09:00:00Z",
      "decider": "u-eva"
    }
  })"));
}

}  // namespace
}  // namespace samverkan::intake::testing
