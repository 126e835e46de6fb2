#include "services/intake/assessment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "libs/proto_time/proto_time.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr char kRunning[] = "municipalities/0180/investigations/01968f00-0000-7000-8000-00000000000a";
const absl::Time kNow = At(absl::CivilDay(2026, 3, 10));

v1::RecordProtectionAssessmentRequest Assessment(v1::ProtectionNeed need) {
  v1::RecordProtectionAssessmentRequest request;
  request.set_need(need);
  request.set_reasons("Samtal med barnet i skolan.");
  return request;
}

v1::ExtendPreliminaryAssessmentRequest Extension(const std::string& ground, const std::string& day) {
  v1::ExtendPreliminaryAssessmentRequest request;
  request.set_ground(ground);
  request.set_reasons("Barnet är utomlands till den 1 april.");
  request.set_latest_date(day);
  return request;
}

TEST(AssessmentTest, FirstAssessmentMeetsTheClock) {
  const ReportRecord received = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  const absl::Time first = kNow + absl::Hours(2);
  ASSERT_OK_AND_ASSIGN(const ReportChange assessed,
                       RecordProtectionAssessment(received, Assessment(v1::NO_IMMEDIATE_PROTECTION), ActAt(first)));
  EXPECT_EQ(assessed.after.report.state(), v1::Report::ASSESSED);
  EXPECT_EQ(assessed.after.report.assessments(0).assessor(), "u-eva");
  EXPECT_EQ(assessed.after.report.assessments(0).legal_basis(), "P-011, SoL 2025:400 20:1");
  EXPECT_EQ(assessed.legal_basis, "P-011, SoL 2025:400 20:1");
  EXPECT_EQ(ClockOf(assessed.after, "protection_assessment").state(), v1::Deadline::MET);
  EXPECT_EQ(ClockOf(assessed.after, "decision_to_open").state(), v1::Deadline::PENDING);

  // A later one is added and moves nothing.
  ASSERT_OK_AND_ASSIGN(
      const ReportChange again,
      RecordProtectionAssessment(assessed.after, Assessment(v1::IMMEDIATE_PROTECTION), ActAt(first + absl::Hours(20))));
  EXPECT_EQ(again.after.report.assessments_size(), 2);
  EXPECT_EQ(proto_time::FromProto(ClockOf(again.after, "protection_assessment").end_time()), first);
}

TEST(AssessmentTest, DecidesAfterTheAssessmentOnly) {
  const ReportRecord received = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  for (const auto outcome : {v1::Decision::OPENED, v1::Decision::NOT_OPENED}) {
    EXPECT_THAT(DecideAt(kNow, received, outcome), StatusIs(kFailedPrecondition, "NOT_ASSESSED"));
  }
  EXPECT_OK(DecideAt(kNow, AssessedAt(kNow, SchoolSubmission(kChildren[0])), v1::Decision::OPENED));
  // The law asks for no protection assessment of a family's own application.
  v1::Submission application = SchoolSubmission(kChildren[0]);
  application.set_kind(v1::APPLICATION);
  EXPECT_OK(DecideAt(kNow, ReceivedAt(kNow, application), v1::Decision::OPENED));
}

TEST(AssessmentTest, DecidesOnce) {
  const auto decided = DecideAt(kNow, AssessedAt(kNow, SchoolSubmission(kChildren[0])), v1::Decision::NOT_OPENED);
  ASSERT_OK(decided);
  EXPECT_THAT(DecideAt(kNow, decided->after, v1::Decision::OPENED), StatusIs(kFailedPrecondition, "ALREADY_DECIDED"));
  EXPECT_THAT(DecideAt(kNow, decided->after, v1::Decision::NOT_OPENED),
              StatusIs(kFailedPrecondition, "ALREADY_DECIDED"));
  EXPECT_THAT(RecordProtectionAssessment(decided->after, Assessment(v1::IMMEDIATE_PROTECTION), ActAt(kNow)),
              StatusIs(kFailedPrecondition, "ALREADY_DECIDED"));
  EXPECT_THAT(ExtendPreliminaryAssessment(ShippedRules(), decided->after, Extension("synnerliga skäl", "2026-04-10"),
                                          ActAt(kNow)),
              StatusIs(kFailedPrecondition, "ALREADY_DECIDED"));
}

TEST(AssessmentTest, OpeningStartsAnInvestigationAndItsClock) {
  const absl::Time decided = At(absl::CivilDay(2026, 3, 20));
  ReportRecord record = AssessedAt(kNow, SchoolSubmission(kChildren[0]));
  record.report.set_child("01968f00-0000-7000-8000-00000000000c");
  record.report.set_assignee("u-omar");
  ASSERT_OK_AND_ASSIGN(const ReportChange change, DecideAt(decided, record, v1::Decision::OPENED));
  EXPECT_EQ(change.after.report.state(), v1::Report::DECIDED);
  EXPECT_EQ(change.after.report.decision().investigation(), kOpened);
  EXPECT_EQ(change.after.report.decision().decider(), "u-eva");
  EXPECT_EQ(ClockOf(change.after, "decision_to_open").state(), v1::Deadline::MET);
  ASSERT_TRUE(change.opened.has_value());
  EXPECT_EQ(change.opened->name(), kOpened);
  EXPECT_EQ(change.opened->child(), record.report.child());
  EXPECT_EQ(change.opened->assignee(), "u-omar");
  EXPECT_THAT(change.opened->reports(), ElementsAre(record.report.name()));
  EXPECT_EQ(change.opened->deadline().latest_date(), "2026-07-20");
}

TEST(AssessmentTest, NotOpeningOpensNothing) {
  const auto change = DecideAt(kNow, AssessedAt(kNow, SchoolSubmission(kChildren[0])), v1::Decision::NOT_OPENED);
  ASSERT_OK(change);
  EXPECT_FALSE(change->opened.has_value());
  EXPECT_EQ(change->after.report.decision().investigation(), "");
}

TEST(AssessmentTest, DecisionNamesTheLawOfTheReportsDay) {
  // Received under the old act, decided under the new one: the old rule counted its days,
  // and the new act governs the investigation.
  const ReportRecord old = AssessedAt(At(absl::CivilDay(2025, 6, 20)), SchoolSubmission(kChildren[0]));
  EXPECT_EQ(old.report.assessments(0).legal_basis().substr(0, 6), "P-010,");
  ASSERT_OK_AND_ASSIGN(const ReportChange july, DecideAt(At(absl::CivilDay(2025, 7, 1)), old, v1::Decision::OPENED));
  EXPECT_EQ(july.after.report.decision().legal_basis(), "P-012, SoL 2001:453 11:1 a 2 st");
  EXPECT_EQ(july.opened->deadline().rule(), "P-021");
  EXPECT_EQ(july.opened->deadline().legal_basis(), "SoL 2025:400 20:3");

  ASSERT_OK_AND_ASSIGN(const ReportChange june, DecideAt(At(absl::CivilDay(2025, 6, 30)), old, v1::Decision::OPENED));
  EXPECT_EQ(june.opened->deadline().rule(), "P-020");
  EXPECT_EQ(june.opened->deadline().legal_basis(), "SoL 2001:453 11:2");

  ASSERT_OK_AND_ASSIGN(
      const ReportChange new_act,
      DecideAt(At(absl::CivilDay(2025, 7, 20)),
               AssessedAt(At(absl::CivilDay(2025, 7, 10)), SchoolSubmission(kChildren[0])), v1::Decision::NOT_OPENED));
  EXPECT_EQ(new_act.after.report.decision().legal_basis(), "P-013, SoL 2025:400 20:2");
  EXPECT_EQ(new_act.legal_basis, "P-013, SoL 2025:400 20:2");
}

TEST(AssessmentTest, RunningInvestigationTakesTheReport) {
  ReportRecord record = AssessedAt(kNow, SchoolSubmission(kChildren[0]));
  EXPECT_THAT(DecideAt(kNow, record, v1::Decision::ADDED_TO_RUNNING),
              StatusIs(kFailedPrecondition, "NO_RUNNING_INVESTIGATION"));
  record.running_investigation = kRunning;
  EXPECT_THAT(DecideAt(kNow, record, v1::Decision::OPENED), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
  ASSERT_OK_AND_ASSIGN(const ReportChange added, DecideAt(kNow, record, v1::Decision::ADDED_TO_RUNNING));
  EXPECT_EQ(added.after.report.decision().investigation(), kRunning);
  EXPECT_FALSE(added.opened.has_value());
}

TEST(AssessmentTest, ExtendsForTheLawsGroundOnly) {
  const ReportRecord record = AssessedAt(kNow, SchoolSubmission(kChildren[0]));
  for (const char* const ground : {"särskilda skäl", "Synnerliga skäl", "hög arbetsbelastning"}) {
    EXPECT_THAT(ExtendPreliminaryAssessment(ShippedRules(), record, Extension(ground, "2026-04-10"), ActAt(kNow)),
                StatusIs(kFailedPrecondition, "NO_LEGAL_GROUND"))
        << ground;
  }
  EXPECT_THAT(
      ExtendPreliminaryAssessment(ShippedRules(), record, Extension("synnerliga skäl", "2026-03-24"), ActAt(kNow)),
      StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"))
      << "not after the present latest day";
  ASSERT_OK_AND_ASSIGN(
      const ReportChange extended,
      ExtendPreliminaryAssessment(ShippedRules(), record, Extension("synnerliga skäl", "2026-04-10"), ActAt(kNow)));
  EXPECT_EQ(ClockOf(extended.after, "decision_to_open").latest_date(), "2026-04-10");
  EXPECT_EQ(ClockOf(extended.after, "decision_to_open").extensions(0).previous_latest_date(), "2026-03-24");
  EXPECT_EQ(extended.legal_basis, "P-013, SoL 2025:400 20:2");
}

TEST(AssessmentTest, ExtendingAfterTheBreachLeavesTheBreach) {
  ReportRecord record = AssessedAt(kNow, SchoolSubmission(kChildren[0]));
  const absl::Time breached = At(absl::CivilDay(2026, 3, 25), 0);
  *FindPending(*record.report.mutable_deadlines(), kDecisionToOpen)->mutable_breach_time() =
      proto_time::ToProto(breached);
  ASSERT_OK_AND_ASSIGN(ReportChange extended,
                       ExtendPreliminaryAssessment(ShippedRules(), record, Extension("synnerliga skäl", "2026-04-10"),
                                                   ActAt(breached + absl::Hours(9))));
  EXPECT_EQ(proto_time::FromProto(ClockOf(extended.after, "decision_to_open").breach_time()), breached);
  ASSERT_OK_AND_ASSIGN(const ReportChange decided,
                       DecideAt(At(absl::CivilDay(2026, 4, 1)), extended.after, v1::Decision::NOT_OPENED));
  EXPECT_EQ(ClockOf(decided.after, "decision_to_open").state(), v1::Deadline::MET);
  EXPECT_EQ(proto_time::FromProto(ClockOf(decided.after, "decision_to_open").breach_time()), breached);
}

TEST(AssessmentTest, ApplicationHasNoTimeToExtend) {
  v1::Submission application = SchoolSubmission(kChildren[0]);
  application.set_kind(v1::APPLICATION);
  EXPECT_THAT(ExtendPreliminaryAssessment(ShippedRules(), ReceivedAt(kNow, application),
                                          Extension("synnerliga skäl", "2026-04-10"), ActAt(kNow)),
              StatusIs(kFailedPrecondition, "NO_LEGAL_GROUND"));
}

}  // namespace
}  // namespace samverkan::intake::testing
