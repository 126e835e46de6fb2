#include "services/intake/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
const absl::Time kNow = At(absl::CivilDay(2026, 3, 10));

v1::Submission ViolenceSubmission() {
  v1::Submission submission = SchoolSubmission(kChildren[0], /*feedback_wanted=*/true);
  submission.mutable_concern()->set_suspected_violence(true);
  return submission;
}

// The fields that are set, by name.
std::set<std::string> FieldsOf(const google::protobuf::Message& message) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::set<std::string> names;
  for (const auto* const field : fields) names.insert(field->name());
  return names;
}

TEST(ReportTest, TakesTheLawOfItsDay) {
  const ReportRecord before = ReceivedAt(At(absl::CivilDay(2025, 6, 20)), SchoolSubmission(kChildren[0]));
  EXPECT_EQ(ClockOf(before, "protection_assessment").rule(), "P-010");
  EXPECT_EQ(ClockOf(before, "decision_to_open").rule(), "P-012");
  EXPECT_EQ(ClockOf(before, "decision_to_open").legal_basis(), "SoL 2001:453 11:1 a 2 st");
  EXPECT_EQ(ClockOf(before, "decision_to_open").latest_date(), "2025-07-04");
  EXPECT_TRUE(ClockOf(before, "decision_to_open").unverified()) << "it outlives its law";

  const ReportRecord after = ReceivedAt(At(absl::CivilDay(2025, 7, 10)), SchoolSubmission(kChildren[0]));
  EXPECT_EQ(ClockOf(after, "protection_assessment").rule(), "P-011");
  EXPECT_EQ(ClockOf(after, "protection_assessment").legal_basis(), "SoL 2025:400 20:1");
  EXPECT_EQ(ClockOf(after, "decision_to_open").rule(), "P-013");
  EXPECT_EQ(ClockOf(after, "decision_to_open").legal_basis(), "SoL 2025:400 20:2");
  EXPECT_EQ(ClockOf(after, "decision_to_open").latest_date(), "2025-07-24");
}

TEST(ReportTest, ClocksCountFromTheFirstReceipt) {
  const auto forwarded = Receive(ShippedRules(),
                                 {.name = "municipalities/0180/reports/01968f00-0000-7000-8000-000000000003",
                                  .authority = kHasselbyVallingby,
                                  .unit = "municipalities/0180/units/mottagningsgruppen-hasselby-vallingby",
                                  .submission = SchoolSubmission(kChildren[0]),
                                  .mandate = Mandate::kMandated,
                                  .receive_time = kNow,
                                  .first_receive_time = kNow - absl::Hours(48)},
                                 SenderOf(Reporter()));
  ASSERT_OK(forwarded);
  EXPECT_EQ(ClockOf(*forwarded, "decision_to_open").latest_date(), "2026-03-23");  // 14 days are Sunday the 22nd
  EXPECT_EQ(ClockOf(*forwarded, "protection_assessment").latest_date(), "2026-03-08");
}

TEST(ReportTest, ApplicationStartsNoClockOfReports) {
  v1::Submission application = SchoolSubmission(kChildren[0]);
  application.set_kind(v1::APPLICATION);
  EXPECT_THAT(ReceivedAt(kNow, application).report.deadlines(), IsEmpty());
}

TEST(ReportTest, TickAsksForFeedback) {
  EXPECT_FALSE(ReceivedAt(kNow, SchoolSubmission(kChildren[0])).feedback.has_value());
  const ReportRecord asked = ReceivedAt(kNow, SchoolSubmission(kChildren[0], /*feedback_wanted=*/true));
  ASSERT_TRUE(asked.feedback.has_value());
  EXPECT_EQ(asked.feedback->state(), v1::Feedback::ASKED);
  EXPECT_EQ(proto_time::FromProto(asked.feedback->ask_time()), kNow);
  // Nothing is owed before the decision.
  EXPECT_FALSE(ClockOf(asked, "statutory_feedback").has_start_time());
}

TEST(ReportTest, PublicsTickAsksForNothing) {
  const auto record = Receive(ShippedRules(),
                              {.authority = kSkarholmen,
                               .unit = kBarnenheten,
                               .submission = SchoolSubmission(kChildren[0], /*feedback_wanted=*/true),
                               .mandate = Mandate::kNone,
                               .receive_time = kNow,
                               .first_receive_time = kNow},
                              SenderOf(Reporter()));
  ASSERT_OK(record);
  EXPECT_FALSE(record->feedback.has_value());
}

TEST(ReportTest, MeetingIsAMustInHasselbyVallingbyOnly) {
  v1::Submission submission = SchoolSubmission(kChildren[0]);
  EXPECT_FALSE(ReceivedAt(kNow, submission).meeting.has_value());
  submission.set_report_meeting_wanted(true);
  const ReportRecord skarholmen = ReceivedAt(kNow, submission);
  EXPECT_EQ(skarholmen.meeting->state(), v1::ReportMeeting::ASKED);
  EXPECT_FALSE(skarholmen.meeting->mandatory());
  EXPECT_EQ(skarholmen.meeting->legal_basis(), "P-033, SoL 2025:400 19:5");
  const ReportRecord hasselby = ReceivedAt(kNow, submission, kHasselbyVallingby);
  EXPECT_TRUE(hasselby.meeting->mandatory());
  EXPECT_EQ(hasselby.meeting->legal_basis(), "L-010, seed 003 goal table");
  // The routine was set in 2020.
  EXPECT_FALSE(ReceivedAt(At(absl::CivilDay(2019, 11, 1)), submission, kHasselbyVallingby).meeting->mandatory());
}

TEST(ReportTest, ViolencePutsItOnHoldWithAReview) {
  const ReportRecord record = ReceivedAt(kNow, ViolenceSubmission());
  EXPECT_TRUE(IsOnHold(record.report));
  EXPECT_EQ(ClockOf(record, "hold_review").latest_date(), "2026-03-17");
  EXPECT_EQ(ClockOf(record, "hold_review").rule(), "S-002");
}

TEST(ReportTest, HoldIsReviewedAndReleased) {
  ReportRecord record = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  EXPECT_THAT(Release(record, "Inget skäl.", ActAt(kNow)), StatusIs(kFailedPrecondition, "NOT_ON_HOLD"));
  EXPECT_THAT(ReviewHold(ShippedRules(), record, "Består.", ActAt(kNow)), StatusIs(kFailedPrecondition, "NOT_ON_HOLD"));
  ASSERT_OK_AND_ASSIGN(ReportChange held, Hold(ShippedRules(), record, "Barnet berättar om våld.", ActAt(kNow)));
  EXPECT_TRUE(IsOnHold(held.after.report));
  EXPECT_THAT(Hold(ShippedRules(), held.after, "Igen.", ActAt(kNow)), StatusIs(kFailedPrecondition, "ALREADY_ON_HOLD"));

  // Each review gives seven days more, and is kept.
  const absl::Time reviewed = At(absl::CivilDay(2026, 3, 16));
  ASSERT_OK_AND_ASSIGN(ReportChange review,
                       ReviewHold(ShippedRules(), held.after, "Förhör återstår.", ActAt(reviewed)));
  EXPECT_THAT(review.after.report.hold().reviews(), ::testing::SizeIs(1));
  EXPECT_EQ(review.after.report.hold().reviews(0).reviewer(), "u-eva");
  const v1::Deadline* const next = FindPending(std::as_const(*review.after.report.mutable_deadlines()), kHoldReview);
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->latest_date(), "2026-03-23");
  EXPECT_EQ(ClockOf(review.after, "hold_review").state(), v1::Deadline::MET);

  ASSERT_OK_AND_ASSIGN(const ReportChange released, Release(review.after, "Förhöret är hållet.", ActAt(reviewed)));
  EXPECT_FALSE(IsOnHold(released.after.report));
  EXPECT_EQ(released.after.report.hold().released_by(), "u-eva");
  EXPECT_EQ(released.after.report.hold().release_reason(), "Förhöret är hållet.");
  for (const v1::Deadline& deadline : released.after.report.deadlines()) {
    EXPECT_TRUE(deadline.clock() != kHoldReview || deadline.state() == v1::Deadline::MET);
  }
}

TEST(ReportTest, SendersViewShowsNothingOfTheHandling) {
  ReportRecord record = AssessedAt(kNow, ViolenceSubmission());
  record.report.set_child("01968f00-0000-7000-8000-00000000000c");
  record.report.add_formal_faults("NOT_SIGNED");
  record.report.add_linked_reports("municipalities/0180/reports/01968f00-0000-7000-8000-00000000000d");
  record.report.add_sibling_reports("municipalities/0180/reports/01968f00-0000-7000-8000-00000000000e");
  ASSERT_OK_AND_ASSIGN(ReportChange decided, DecideAt(kNow, record, v1::Decision::OPENED));
  record = Assign(decided.after, "u-omar", kUngdomsenheten, ActAt(kNow))->after;
  record = ConfirmReceipt(record, ActAt(kNow))->after;
  record = Supplement(record, "Polisen har hört av sig.", /*from_sender=*/false, ActAt(kNow))->after;
  record = Supplement(record, "Eleven var borta i går.", /*from_sender=*/true, ActAt(kNow))->after;
  // Everything a report can have is there to be seen.
  for (const char* const field : {"child", "state", "formal_faults", "hold", "assessments", "decision", "assignee",
                                  "unit", "deadlines", "linked_reports", "sibling_reports", "supplements"}) {
    EXPECT_TRUE(FieldsOf(record.report).contains(field)) << field;
  }

  ASSERT_OK_AND_ASSIGN(const v1::Report view, ViewFor(ShippedRules(), Reporter(), record, kNow));
  EXPECT_THAT(FieldsOf(view), UnorderedElementsAre("name", "authority", "submission", "supplements", "receive_time",
                                                   "first_receive_time", "confirm_time"));
  EXPECT_EQ(view.submission().SerializeAsString(), ViolenceSubmission().SerializeAsString());
  ASSERT_EQ(view.supplements_size(), 1);
  EXPECT_EQ(view.supplements(0).text(), "Eleven var borta i går.");
}

TEST(ReportTest, HandlerSeesAllWithItsEtagAndOthersNothing) {
  const ReportRecord record = ReceivedAt(kNow, ViolenceSubmission());
  ASSERT_OK_AND_ASSIGN(const v1::Report view, ViewFor(ShippedRules(), Caseworker(), record, kNow));
  EXPECT_EQ(view.etag(), "1");
  EXPECT_TRUE(view.has_hold());
  for (auth::Caller caller : {Caseworker(), Reporter()}) {
    caller.units = {"ungdomsenheten"};
    const auto hidden = ViewFor(ShippedRules(), caller, record, kNow);
    EXPECT_THAT(hidden, StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
    EXPECT_TRUE(status::IsHidden(hidden.status()));
  }
}

TEST(ReportTest, EtagIsOfOneVersion) {
  EXPECT_OK(CheckEtag(Etag(7), 7));
  EXPECT_OK(CheckEtag("", 7));
  EXPECT_THAT(CheckEtag(Etag(6), 7), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
}

TEST(ReportTest, SupplementLeavesTheReportAsItWas) {
  const ReportRecord record = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  ASSERT_OK_AND_ASSIGN(const ReportChange change,
                       Supplement(record, "Eleven var borta i går.", /*from_sender=*/true, ActAt(kNow)));
  EXPECT_EQ(change.after.report.submission().SerializeAsString(), record.report.submission().SerializeAsString());
  EXPECT_EQ(change.after.report.supplements(0).author(), "u-eva");
  EXPECT_EQ(change.happenings.front().type, "report.supplemented");
}

TEST(ReportTest, ReceiptIsConfirmedOnce) {
  const ReportRecord record = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  ASSERT_OK_AND_ASSIGN(const ReportChange first, ConfirmReceipt(record, ActAt(kNow)));
  EXPECT_EQ(first.happenings.size(), 1u);
  ASSERT_OK_AND_ASSIGN(const ReportChange second, ConfirmReceipt(first.after, ActAt(kNow + absl::Hours(1))));
  EXPECT_THAT(second.happenings, IsEmpty());
  EXPECT_EQ(proto_time::FromProto(second.after.report.confirm_time()), kNow);
}

TEST(ReportTest, ForwardedReportEndsHere) {
  const std::string there = "municipalities/0180/reports/01968f00-0000-7000-8000-000000000009";
  ASSERT_OK_AND_ASSIGN(const ReportChange forwarded,
                       Forward(ReceivedAt(kNow, ViolenceSubmission()), there, "Barnet bor i Hässelby.", ActAt(kNow)));
  EXPECT_EQ(forwarded.after.report.state(), v1::Report::FORWARDED);
  EXPECT_EQ(forwarded.after.report.forwarding().report(), there);
  for (const v1::Deadline& deadline : forwarded.after.report.deadlines()) {
    EXPECT_EQ(deadline.state(), v1::Deadline::ENDED) << deadline.clock();
  }
  for (const absl::Status& refused : {Forward(forwarded.after, there, "Igen.", ActAt(kNow)).status(),
                                      Hold(ShippedRules(), forwarded.after, "Våld.", ActAt(kNow)).status(),
                                      Assign(forwarded.after, "u-omar", kBarnenheten, ActAt(kNow)).status(),
                                      Supplement(forwarded.after, "Mer.", true, ActAt(kNow)).status(),
                                      DecideAt(kNow, forwarded.after, v1::Decision::OPENED).status()}) {
    EXPECT_THAT(refused, StatusIs(kFailedPrecondition, "REPORT_FORWARDED"));
  }
  const auto decided = DecideAt(kNow, AssessedAt(kNow, ViolenceSubmission()), v1::Decision::NOT_OPENED);
  ASSERT_OK(decided);
  EXPECT_THAT(Forward(decided->after, there, "Fel nämnd.", ActAt(kNow)),
              StatusIs(kFailedPrecondition, "REPORT_DECIDED"));
}

}  // namespace
}  // namespace samverkan::intake::testing
