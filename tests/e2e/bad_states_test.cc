// What the law does not allow in the state that a report or an investigation is in.

#include <string>

#include "tests/e2e/refusal_fixture.h"

namespace samverkan::tests {
namespace {

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

class BadStatesTest : public RefusalTest {
 protected:
  static intake::v1::DecideReportRequest Decision(const intake::v1::Report& report,
                                                  intake::v1::Decision::Outcome outcome) {
    intake::v1::DecideReportRequest request;
    request.set_name(report.name());
    request.set_request_id(NewRequestId());
    request.set_etag(report.etag());
    request.set_outcome(outcome);
    request.set_reasons("Oron behöver utredas.");
    return request;
  }
};

TEST_F(BadStatesTest, DecisionBeforeAssessment) {
  ExpectRefused({kFailedPrecondition, "NOT_ASSESSED"}, Caseworker(), &Assessments::DecideReport,
                Decision(Get(Submit()), intake::v1::Decision::OPENED));
}

TEST_F(BadStatesTest, DecidingTwice) {
  const intake::v1::Report decided = Decide(Submit(), intake::v1::Decision::NOT_OPENED);
  for (const auto outcome : {intake::v1::Decision::OPENED, intake::v1::Decision::NOT_OPENED}) {
    ExpectRefused({kFailedPrecondition, "ALREADY_DECIDED"}, Caseworker(), &Assessments::DecideReport,
                  Decision(decided, outcome));
  }
}

TEST_F(BadStatesTest, DecidingWithoutTheRightTo) {
  const intake::v1::Report assessed = Assess(Submit());
  const auto request = Decision(assessed, intake::v1::Decision::OPENED);
  ExpectRefused({absl::StatusCode::kPermissionDenied, "NOT_QUALIFIED", {}, true}, Assistant(),
                &Assessments::DecideReport, request);
  for (const auth::Caller& caller : {Principal(), Reception(), Auditor(), Integrator()}) {
    ExpectRefused({absl::StatusCode::kPermissionDenied, "ROLE_MISSING", {}, true}, caller, &Assessments::DecideReport,
                  request);
  }
}

TEST_F(BadStatesTest, AddingToAnInvestigationThatDoesNotRun) {
  ExpectRefused({kFailedPrecondition, "NO_RUNNING_INVESTIGATION"}, Caseworker(), &Assessments::DecideReport,
                Decision(Assess(Submit()), intake::v1::Decision::ADDED_TO_RUNNING));
}

TEST_F(BadStatesTest, ExtendingWithoutLegalGround) {
  const intake::v1::Report report = Get(Submit());
  intake::v1::ExtendPreliminaryAssessmentRequest assessment;
  assessment.set_name(report.name());
  assessment.set_request_id(NewRequestId());
  assessment.set_etag(report.etag());
  assessment.set_ground("semester");
  assessment.set_reasons("Handläggaren är borta.");
  assessment.set_latest_date("2026-03-02");
  ExpectRefused({kFailedPrecondition, "NO_LEGAL_GROUND"}, Caseworker(), &Assessments::ExtendPreliminaryAssessment,
                assessment);
  // The ground of the preliminary assessment is not that of the investigation.
  const intake::v1::Investigation running = Investigate(false);
  intake::v1::ExtendInvestigationRequest investigation;
  investigation.set_name(running.name());
  investigation.set_request_id(NewRequestId());
  investigation.set_etag(running.etag());
  investigation.set_ground("synnerliga skäl");
  investigation.set_reasons("Läkarutlåtande väntas.");
  investigation.set_latest_date("2026-07-01");
  ExpectRefused({kFailedPrecondition, "NO_LEGAL_GROUND"}, Caseworker(), &Investigations::ExtendInvestigation,
                investigation);
}

TEST_F(BadStatesTest, ReopeningWithoutNewFacts) {
  const intake::v1::Investigation closed = Investigate(true);
  intake::v1::ReopenInvestigationRequest request;
  request.set_name(closed.name());
  request.set_etag(closed.etag());
  for (const char* const new_facts : {"", " \t\n"}) {
    request.set_request_id(NewRequestId());
    request.set_new_facts(new_facts);
    ExpectRefused({kFailedPrecondition, "NEW_FACTS_MISSING"}, Caseworker(), &Investigations::ReopenInvestigation,
                  request);
  }
}

TEST_F(BadStatesTest, MoreFeedbackThanTheLawLets) {
  const intake::v1::Report decided = Decide(Submit(), intake::v1::Decision::NOT_OPENED);
  intake::v1::GiveFeedbackRequest request;
  request.set_parent(decided.name());
  request.set_request_id(NewRequestId());
  request.set_etag(decided.etag());
  request.mutable_suitability_test()->set_verdict(intake::v1::SuitabilityTest::SUITABLE);
  request.mutable_suitability_test()->set_reasons("Skolan behöver veta.");
  request.set_extended_text("Handläggare är Samir.");
  ExpectRefused({kFailedPrecondition, "NEEDS_CONSENT_DECISION"}, Caseworker(), &FeedbackCalls::GiveFeedback, request);
}

TEST_F(BadStatesTest, MeetingWhileTheReportIsOnHold) {
  intake::v1::Report report = Get(Submit());
  intake::v1::HoldReportRequest hold;
  hold.set_name(report.name());
  hold.set_request_id(NewRequestId());
  hold.set_etag(report.etag());
  hold.set_reason("Misstanke om våld.");
  report = Do(Caseworker(), &Reports::HoldReport, hold);
  intake::v1::OfferReportMeetingRequest offer;
  offer.set_name(report.name() + "/meeting");
  offer.set_request_id(NewRequestId());
  offer.set_etag(report.etag());
  offer.mutable_meet_time()->set_seconds(absl::ToUnixSeconds(set_.Now()) + 86400);
  offer.set_place("Socialtjänstens lokaler");
  offer.set_reasons("Bra för barnet.");
  ExpectRefused({kFailedPrecondition, "REPORT_ON_HOLD"}, Caseworker(), &Meetings::OfferReportMeeting, offer);
}

}  // namespace
}  // namespace samverkan::tests
