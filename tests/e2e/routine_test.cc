// Source 001, annex 3: the routine for reports of preschools and schools, point by point, as
// far as intake carries it. tools/run tells the same as a story; here each point stands for
// itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "libs/testing/proto_matchers.h"
#include "tests/e2e/set_fixture.h"

namespace samverkan::tests {
namespace {

using ::samverkan::testing::EqualsProto;
using ::testing::Contains;
using ::testing::ElementsAre;

class RoutineTest : public SetTest {
 protected:
  static intake::v1::GiveFeedbackRequest Suitable(const intake::v1::Report& report) {
    intake::v1::GiveFeedbackRequest request;
    request.set_parent(report.name());
    request.set_request_id(NewRequestId());
    request.set_etag(report.etag());
    request.mutable_suitability_test()->set_verdict(intake::v1::SuitabilityTest::SUITABLE);
    request.mutable_suitability_test()->set_reasons("Skolan träffar barnet varje dag.");
    return request;
  }

  intake::v1::Report SeenBySender(const std::string& name) {
    intake::v1::GetReportRequest request;
    request.set_name(name);
    return Do(Principal(), &Reports::GetReport, request);
  }
};

// 1. The school first tries to move the family to apply for help itself.
TEST_F(RoutineTest, TheFamilyAppliesItself) {
  intake::v1::ReceiveReportRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  intake::v1::Submission& application = *request.mutable_submission();
  application.set_kind(intake::v1::APPLICATION);
  application.set_form(intake::v1::ORAL);
  application.mutable_reporter()->set_category("public");
  application.mutable_reporter()->set_person_name("Stina Wall");
  application.mutable_child()->set_identity_number(NewChild());
  application.mutable_concern()->set_what("Vi behöver stöd i vår roll som föräldrar.");
  const auto received = Do(Reception(), &Reports::ReceiveReport, request).reports(0);
  EXPECT_EQ(received.formal_faults_size(), 0);
  EXPECT_EQ(received.deadlines_size(), 0) << "the clocks of a report are not those of an application";
}

// 2. The school can always consult the social services, without the child's name and number.
TEST_F(RoutineTest, TheSchoolConsults) {
  intake::v1::CreateConsultationRequest ask;
  ask.set_parent(kBoard);
  ask.set_request_id(NewRequestId());
  ask.set_question("Ett barn i trean är ofta hungrigt. Ska vi anmäla?");
  ask.set_age(9);
  const auto asked = Do(Principal(), &Consultations::CreateConsultation, ask);
  intake::v1::AdviseConsultationRequest advise;
  advise.set_name(asked.name());
  advise.set_request_id(NewRequestId());
  advise.set_etag(asked.etag());
  advise.set_advice("Anmäl, och berätta det för vårdnadshavarna.");
  advise.set_conclusion(intake::v1::Consultation::REPORT_ADVISED);
  Do(Reception(), &Consultations::AdviseConsultation, advise);
  intake::v1::GetConsultationRequest get;
  get.set_name(asked.name());
  EXPECT_EQ(Do(Principal(), &Consultations::GetConsultation, get).advice(), advise.advice());
  // The report says what it grew out of.
  auto report = SchoolReport(NewChild());
  report.mutable_submission()->set_consultation(asked.name());
  Do(Principal(), &Reports::SubmitReport, report);
}

// 3. The report says what the routine asks for, and that the family was told.
TEST_F(RoutineTest, TheReportSaysAllThatTheRoutineAsksFor) {
  const auto request = SchoolReport(NewChild());
  const auto sent = Do(Principal(), &Reports::SubmitReport, request).reports(0);
  EXPECT_THAT(Get(sent.name()).submission(), EqualsProto(request.submission()));
}

// 3. But not where violence or sexual abuse is suspected: then nothing may reveal it.
TEST_F(RoutineTest, SuspectedViolenceIsHeldBack) {
  auto request = SchoolReport(NewChild());
  request.mutable_submission()->mutable_guardians_told()->mutable_not_told()->set_reason(
      intake::v1::NotTold::SUSPECTED_VIOLENCE);
  request.mutable_submission()->mutable_concern()->set_suspected_violence(true);
  const auto sent = Do(Principal(), &Reports::SubmitReport, request).reports(0);
  EXPECT_TRUE(Get(sent.name()).has_hold());
  EXPECT_FALSE(Get(sent.name()).hold().has_release_time());
}

// 4. It can be made by telephone; in writing it is signed.
TEST_F(RoutineTest, ByTelephone) {
  intake::v1::ReceiveReportRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  *request.mutable_submission() = SchoolReport(NewChild()).submission();
  request.mutable_submission()->set_form(intake::v1::ORAL);
  request.mutable_submission()->clear_signature();
  EXPECT_EQ(Do(Reception(), &Reports::ReceiveReport, request).reports(0).formal_faults_size(), 0);
  request.set_request_id(NewRequestId());
  request.mutable_submission()->set_form(intake::v1::WRITTEN);
  request.mutable_submission()->clear_guardians_told();
  EXPECT_THAT(Do(Reception(), &Reports::ReceiveReport, request).reports(0).formal_faults(),
              ElementsAre("GUARDIANS_NOT_TOLD", "NOT_SIGNED"));
}

// 5. The social services look at it at once.
TEST_F(RoutineTest, LookedAtAtOnce) {
  const std::string name = Submit();
  const intake::v1::Deadline at_once = ClockOf(Get(name), "protection_assessment");
  EXPECT_EQ(at_once.due_date(), "2026-01-12");
  EXPECT_EQ(at_once.latest_date(), "2026-01-12");
  const intake::v1::Report assessed = Assess(name);
  EXPECT_EQ(assessed.state(), intake::v1::Report::ASSESSED);
  EXPECT_EQ(ClockOf(assessed, "protection_assessment").state(), intake::v1::Deadline::MET);
}

// 6. The contact person is told that it has arrived.
TEST_F(RoutineTest, ReceiptIsConfirmed) {
  const std::string name = Submit();
  EXPECT_FALSE(SeenBySender(name).has_confirm_time());
  intake::v1::ConfirmReceiptRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  Do(Reception(), &Reports::ConfirmReceipt, request);
  EXPECT_TRUE(SeenBySender(name).has_confirm_time());
  EXPECT_EQ(SeenBySender(name).state(), intake::v1::Report::STATE_UNSPECIFIED) << "the handling is not the sender's";
}

// 7. Family and reporter can be invited to a meeting.
TEST_F(RoutineTest, ReportMeeting) {
  auto submit = SchoolReport(NewChild());
  submit.mutable_submission()->set_report_meeting_wanted(true);
  const std::string name = Do(Principal(), &Reports::SubmitReport, submit).reports(0).name();
  intake::v1::OfferReportMeetingRequest offer;
  offer.set_name(name + "/meeting");
  offer.set_request_id(NewRequestId());
  offer.set_etag(Get(name).etag());
  offer.mutable_meet_time()->set_seconds(absl::ToUnixSeconds(set_.Now() + absl::Hours(48)));
  offer.set_place("Socialtjänstens lokaler");
  offer.set_reasons("Alla får höra samma sak.");
  Do(Reception(), &Meetings::OfferReportMeeting, offer);
  intake::v1::GetReportMeetingRequest get;
  get.set_name(offer.name());
  const auto seen = Do(Principal(), &Meetings::GetReportMeeting, get);
  EXPECT_EQ(seen.state(), intake::v1::ReportMeeting::OFFERED);
  EXPECT_EQ(seen.place(), offer.place());
  EXPECT_EQ(seen.reasons(), "");
}

// 8 and 9. The reporter is told whether an investigation is opened; asking is enough, by
// today's law, and more needs the family.
TEST_F(RoutineTest, TheSchoolIsToldWhatTheLawLets) {
  auto submit = SchoolReport(NewChild());
  submit.mutable_submission()->set_feedback_wanted(true);
  const std::string name = Do(Principal(), &Reports::SubmitReport, submit).reports(0).name();
  const intake::v1::Report decided = Decide(name, intake::v1::Decision::OPENED);
  EXPECT_EQ(Do(Caseworker(), &FeedbackCalls::GiveFeedback, Suitable(decided)).outcome(),
            intake::v1::INVESTIGATION_OPENED);
  intake::v1::ListFeedbackRequest list;
  list.set_parent(name);
  const auto seen = Do(Principal(), &FeedbackCalls::ListFeedback, list);
  ASSERT_EQ(seen.feedback_size(), 1);
  EXPECT_EQ(seen.feedback(0).outcome(), intake::v1::INVESTIGATION_OPENED);
  EXPECT_FALSE(seen.feedback(0).has_suitability_test());
}

// 13. Whatever new happens is reported anew, and so is what has not become better.
TEST_F(RoutineTest, ReportedAgain) {
  const std::string child = NewChild();
  const auto first = Do(Principal(), &Reports::SubmitReport, SchoolReport(child)).reports(0);
  const auto again = Do(Principal(), &Reports::SubmitReport, SchoolReport(child)).reports(0);
  EXPECT_NE(again.name(), first.name()) << "never merged away";
  EXPECT_EQ(Get(again.name()).child(), Get(first.name()).child());
  EXPECT_THAT(Get(again.name()).linked_reports(), Contains(first.name()));
  EXPECT_THAT(Get(first.name()).linked_reports(), Contains(again.name()));
}

}  // namespace
}  // namespace samverkan::tests
