#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "tools/story/chapters.h"
#include "tools/story/clocks.h"
#include "tools/story/reading.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;

v1::Report ReceiveByTelephone(World& world) {
  v1::ReceiveReportRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  *request.mutable_submission() = ViolenceReport();
  const auto answer = world.stage.As(world.cast.duty, &Reports::ReceiveReport, request);
  const v1::Report report = First(answer.response.reports());
  world.teller.Tell(
      Step(answer, "in the evening the school calls the duty unit (socialjour): a child is beaten at home; on hold")
          .Ok()
          .Holds("the report is on hold", report.has_hold() && !report.hold().has_release_time())
          .Clock(FindClock(report.deadlines(), "protection_assessment"), ProtectionAssessment(answer.time))
          .Clock(FindClock(report.deadlines(), "hold_review"), HoldReview(answer.time)));
  return report;
}

// A second time changes nothing: the report is what is on hold.
void HoldAtTheConsentService(World& world, const v1::Report& report) {
  consent::v1::SetHoldRequest request;
  request.set_name(absl::StrCat(kMunicipality, "/children/", report.child()));
  request.set_authority(kBoard);
  request.set_report(report.name());
  request.set_on_hold(true);
  const auto answer = world.stage.As(world.cast.duty, &Children::SetHold, request);
  world.teller.Tell(Step(answer, "the consent service knows of the hold, before the child is registered there").Ok());
}

void AssessAtNight(World& world, v1::Report& report) {
  auto request = ChangeOf<v1::RecordProtectionAssessmentRequest>(report);
  request.set_need(v1::IMMEDIATE_PROTECTION);
  request.set_reasons("Barnet behöver skydd i natt.");
  const auto answer = world.stage.As(world.cast.duty, &Assessments::RecordProtectionAssessment, request);
  if (answer.status.ok()) report = answer.response;
  const v1::Deadline clock = FindClock(report.deadlines(), "protection_assessment");
  const auto received = proto_time::FromProto(clock.start_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "assessed the same evening: immediate protection is needed")
                        .Ok()
                        .Clock(clock, Met(ProtectionAssessment(received))));
}

void OfferAMeeting(World& world, v1::Report& report) {
  v1::OfferReportMeetingRequest offer;
  offer.set_name(report.name() + "/meeting");
  offer.set_request_id(NewRequestId());
  offer.set_etag(report.etag());
  *offer.mutable_meet_time() = proto_time::ToProto(world.stage.Now() + absl::Hours(48));
  offer.set_place("Mottagningsenheten");
  offer.set_reasons("Skolan bad om möte.");
  const auto refused = world.stage.As(world.cast.reception, &Meetings::OfferReportMeeting, offer);
  world.teller.Tell(Step(refused, "no meeting can be offered: nothing may reveal the report to the guardians")
                        .Refused(absl::StatusCode::kFailedPrecondition, "REPORT_ON_HOLD"));

  v1::DeclineReportMeetingRequest decline;
  decline.set_name(offer.name());
  decline.set_request_id(NewRequestId());
  decline.set_etag(report.etag());
  decline.set_decline_reason(v1::ReportMeeting::IMPOSSIBLE);
  decline.set_reasons("Ärendet är spärrat tills barnet har hörts.");
  const auto declined = world.stage.As(world.cast.reception, &Meetings::DeclineReportMeeting, decline);
  report.set_etag(declined.response.etag());
  world.teller.Tell(Step(declined, "so the school is told that it cannot be, and the reason is kept")
                        .Ok()
                        .Is("the state", v1::ReportMeeting::State_Name(declined.response.state()), "DECLINED"));
}

void AssignToTheChildUnit(World& world, v1::Report& report) {
  auto request = ChangeOf<v1::AssignReportRequest>(report);
  request.set_assignee(world.cast.child_caseworker.subject);
  request.set_unit(UnitName(world.cast.child_caseworker));
  const auto answer = world.stage.As(world.cast.reception, &Reports::AssignReport, request);
  world.teller.Tell(Step(answer, "assigned to the unit for children up to 12").Ok());
  report = Read(world.stage, world.cast.child_caseworker, report.name()).response;
}

void Open(World& world, v1::Report& report) {
  auto request = ChangeOf<v1::DecideReportRequest>(report);
  request.set_outcome(v1::Decision::OPENED);
  request.set_reasons("Misstänkt våld av närstående utreds alltid.");
  const auto answer = world.stage.As(world.cast.child_caseworker, &Assessments::DecideReport, request);
  if (answer.status.ok()) report = answer.response;
  const v1::Deadline clock = FindClock(report.deadlines(), "decision_to_open");
  const auto received = proto_time::FromProto(clock.start_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "an investigation is opened without delay (P-016)")
                        .Ok()
                        .Clock(clock, Met(DecisionToOpen(received))));
}

}  // namespace

void SuspectViolence(World& world) {
  world.teller.Chapter("Annex 4. Violence is suspected: the guardians must not be told, and the report goes on hold.");
  world.stage.GoTo(19, 30);
  v1::Report report = ReceiveByTelephone(world);
  HoldAtTheConsentService(world, report);
  AssessAtNight(world, report);
  world.stage.GoToMorning(1);
  OfferAMeeting(world, report);
  AssignToTheChildUnit(world, report);
  Open(world, report);
  world.held_report = report;
}

}  // namespace samverkan::story
