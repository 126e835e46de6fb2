#include "services/intake/report_meeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
const absl::Time kNow = At(absl::CivilDay(2026, 3, 10));

v1::Submission AskingSubmission() {
  v1::Submission submission = SchoolSubmission(kChildren[0]);
  submission.set_report_meeting_wanted(true);
  return submission;
}

v1::OfferReportMeetingRequest Offer() {
  v1::OfferReportMeetingRequest request;
  *request.mutable_meet_time() = proto_time::ToProto(At(absl::CivilDay(2026, 3, 18), 14));
  request.set_place("Barnenheten, rum 4");
  request.set_reasons("Föräldrarna vill höra skolan berätta.");
  return request;
}

v1::DeclineReportMeetingRequest Decline(v1::ReportMeeting::DeclineReason reason) {
  v1::DeclineReportMeetingRequest request;
  request.set_decline_reason(reason);
  request.set_reasons("Barnet vill inte.");
  return request;
}

v1::RecordReportMeetingRequest Held() {
  v1::RecordReportMeetingRequest request;
  *request.mutable_meet_time() = proto_time::ToProto(kNow);
  request.add_participants("rektor");
  request.add_participants("vårdnadshavare");
  return request;
}

TEST(ReportMeetingTest, HoldGoesBeforeTheMeeting) {
  v1::Submission submission = AskingSubmission();
  submission.mutable_concern()->set_suspected_violence(true);
  // Also where the meeting is a must.
  for (const char* const authority : {kSkarholmen, kHasselbyVallingby}) {
    const ReportRecord held = ReceivedAt(kNow, submission, authority);
    EXPECT_THAT(OfferReportMeeting(ShippedRules(), held, Offer(), ActAt(kNow)),
                StatusIs(kFailedPrecondition, "REPORT_ON_HOLD"));
    EXPECT_THAT(RecordReportMeeting(ShippedRules(), held, Held(), ActAt(kNow)),
                StatusIs(kFailedPrecondition, "REPORT_ON_HOLD"));
    // That it cannot be is told the reporter, and why is kept.
    ASSERT_OK_AND_ASSIGN(
        const ReportChange declined,
        DeclineReportMeeting(ShippedRules(), held, Decline(v1::ReportMeeting::IMPOSSIBLE), ActAt(kNow)));
    EXPECT_EQ(declined.after.meeting->reasons(), "Barnet vill inte.");
    ASSERT_OK_AND_ASSIGN(const ReportChange released, Release(held, "Förhöret är hållet.", ActAt(kNow)));
    EXPECT_OK(OfferReportMeeting(ShippedRules(), released.after, Offer(), ActAt(kNow)));
  }
}

TEST(ReportMeetingTest, MustIsNotDeclinedAsUnsuitable) {
  const ReportRecord hasselby = ReceivedAt(kNow, AskingSubmission(), kHasselbyVallingby);
  EXPECT_THAT(DeclineReportMeeting(ShippedRules(), hasselby, Decline(v1::ReportMeeting::UNSUITABLE), ActAt(kNow)),
              StatusIs(kFailedPrecondition, "REPORT_MEETING_MANDATORY"));
  EXPECT_OK(DeclineReportMeeting(ShippedRules(), hasselby, Decline(v1::ReportMeeting::IMPOSSIBLE), ActAt(kNow)));
  // The family can decline only what it was offered.
  EXPECT_THAT(DeclineReportMeeting(ShippedRules(), hasselby, Decline(v1::ReportMeeting::FAMILY_DECLINED), ActAt(kNow)),
              StatusIs(kFailedPrecondition, "REPORT_MEETING_NOT_OFFERED"));
  ASSERT_OK_AND_ASSIGN(const ReportChange offered, OfferReportMeeting(ShippedRules(), hasselby, Offer(), ActAt(kNow)));
  EXPECT_OK(
      DeclineReportMeeting(ShippedRules(), offered.after, Decline(v1::ReportMeeting::FAMILY_DECLINED), ActAt(kNow)));
  // The law alone says should.
  ASSERT_OK_AND_ASSIGN(const ReportChange skarholmen,
                       DeclineReportMeeting(ShippedRules(), ReceivedAt(kNow, AskingSubmission()),
                                            Decline(v1::ReportMeeting::UNSUITABLE), ActAt(kNow)));
  EXPECT_EQ(skarholmen.after.meeting->decline_reason(), v1::ReportMeeting::UNSUITABLE);
  EXPECT_EQ(skarholmen.legal_basis, "P-033, SoL 2025:400 19:5");
}

TEST(ReportMeetingTest, IsOfferedThenHeldAndEnds) {
  ASSERT_OK_AND_ASSIGN(const ReportChange offered,
                       OfferReportMeeting(ShippedRules(), ReceivedAt(kNow, AskingSubmission()), Offer(), ActAt(kNow)));
  EXPECT_EQ(offered.after.meeting->state(), v1::ReportMeeting::OFFERED);
  EXPECT_EQ(offered.happenings.front().type, "report_meeting.offered");
  EXPECT_THAT(offered.happenings.front().attributes, IsEmpty()) << "where a child will be is in no event";
  ASSERT_OK_AND_ASSIGN(const ReportChange held,
                       RecordReportMeeting(ShippedRules(), offered.after, Held(), ActAt(kNow)));
  EXPECT_EQ(held.after.meeting->state(), v1::ReportMeeting::HELD);
  EXPECT_THAT(held.after.meeting->participants(), ElementsAre("rektor", "vårdnadshavare"));
  for (const absl::Status& refused :
       {OfferReportMeeting(ShippedRules(), held.after, Offer(), ActAt(kNow)).status(),
        RecordReportMeeting(ShippedRules(), held.after, Held(), ActAt(kNow)).status(),
        DeclineReportMeeting(ShippedRules(), held.after, Decline(v1::ReportMeeting::IMPOSSIBLE), ActAt(kNow))
            .status()}) {
    EXPECT_THAT(refused, StatusIs(kFailedPrecondition, "REPORT_MEETING_ENDED"));
  }
}

TEST(ReportMeetingTest, MayBeOfferedUnasked) {
  const ReportRecord record = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  EXPECT_THAT(MeetingViewFor(ShippedRules(), Caseworker(), record, kNow),
              StatusIs(absl::StatusCode::kNotFound, "REPORT_MEETING_NOT_FOUND"));
  ASSERT_OK_AND_ASSIGN(const ReportChange offered, OfferReportMeeting(ShippedRules(), record, Offer(), ActAt(kNow)));
  EXPECT_FALSE(offered.after.meeting->has_ask_time());
  EXPECT_FALSE(offered.after.meeting->mandatory());
  EXPECT_EQ(offered.legal_basis, "P-033, SoL 2025:400 19:5");
}

TEST(ReportMeetingTest, ReporterIsToldThatNoneIsHeldAndNotWhy) {
  ASSERT_OK_AND_ASSIGN(const ReportChange declined,
                       DeclineReportMeeting(ShippedRules(), ReceivedAt(kNow, AskingSubmission()),
                                            Decline(v1::ReportMeeting::UNSUITABLE), ActAt(kNow)));
  ASSERT_OK_AND_ASSIGN(const v1::ReportMeeting sender,
                       MeetingViewFor(ShippedRules(), Reporter(), declined.after, kNow));
  EXPECT_EQ(sender.state(), v1::ReportMeeting::DECLINED);
  EXPECT_EQ(sender.decline_reason(), v1::ReportMeeting::DECLINE_REASON_UNSPECIFIED);
  EXPECT_EQ(sender.reasons(), "");
  EXPECT_EQ(sender.etag(), "");
  ASSERT_OK_AND_ASSIGN(const v1::ReportMeeting handler,
                       MeetingViewFor(ShippedRules(), Caseworker(), declined.after, kNow));
  EXPECT_EQ(handler.reasons(), "Barnet vill inte.");
  EXPECT_EQ(handler.etag(), "1");

  ASSERT_OK_AND_ASSIGN(const ReportChange held,
                       RecordReportMeeting(ShippedRules(), ReceivedAt(kNow, AskingSubmission()), Held(), ActAt(kNow)));
  EXPECT_THAT(MeetingViewFor(ShippedRules(), Reporter(), held.after, kNow)->participants(), IsEmpty());

  auth::Caller other_school = Reporter();
  other_school.units = {"satraskolan"};
  const auto hidden = MeetingViewFor(ShippedRules(), other_school, held.after, kNow);
  EXPECT_THAT(hidden, StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
  EXPECT_TRUE(status::IsHidden(hidden.status()));
}

}  // namespace
}  // namespace samverkan::intake::testing
