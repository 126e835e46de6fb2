#include <algorithm>

#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "tools/story/chapters.h"
#include "tools/story/clocks.h"
#include "tools/story/reading.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;

void SubmitAnother(World& world) {
  v1::SubmitReportRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  *request.mutable_submission() = SchoolReportAgain();
  const auto answer = world.stage.As(world.cast.principal, &Reports::SubmitReport, request);
  world.later_report = First(answer.response.reports());
  world.teller.Tell(Step(answer, "nothing has become better: the school reports again, and asks for feedback").Ok());
}

void SeeTheLink(World& world) {
  const auto asked = proto_time::FromProto(world.later_report.receive_time()).value_or(absl::InfinitePast());
  const auto answer = Read(world.stage, world.cast.reception, world.later_report.name());
  world.later_report = answer.response;
  world.teller.Tell(
      Step(answer, "linked to the first report, not merged; an investigation runs: feedback at once")
          .Ok()
          .Is("the child", world.later_report.child(), world.report.child())
          .Holds("the first report is linked", Holds(world.later_report.linked_reports(), world.report.name()))
          .Clock(FindClock(world.later_report.deadlines(), "statutory_feedback"), FeedbackAtOnce(asked)));
}

void AssessAndAssign(World& world) {
  auto assess = ChangeOf<v1::RecordProtectionAssessmentRequest>(world.later_report);
  assess.set_need(v1::NO_IMMEDIATE_PROTECTION);
  assess.set_reasons("Ingen omedelbar fara.");
  const auto assessed = world.stage.As(world.cast.reception, &Assessments::RecordProtectionAssessment, assess);
  world.teller.Tell(Step(assessed, "assessed at once, as every report").Ok());

  auto assign = ChangeOf<v1::AssignReportRequest>(assessed.response);
  assign.set_assignee(world.cast.caseworker.subject);
  assign.set_unit(UnitName(world.cast.caseworker));
  const auto assigned = world.stage.As(world.cast.reception, &Reports::AssignReport, assign);
  world.teller.Tell(Step(assigned, "and assigned to the caseworker who investigates").Ok());
  world.later_report = Read(world.stage, world.cast.caseworker, world.later_report.name()).response;
}

void OpenBeside(World& world) {
  auto request = ChangeOf<v1::DecideReportRequest>(world.later_report);
  request.set_outcome(v1::Decision::OPENED);
  request.set_reasons("Ny anmälan.");
  const auto answer = world.stage.As(world.cast.caseworker, &Assessments::DecideReport, request);
  world.teller.Tell(Step(answer, "a second investigation beside the running one")
                        .Refused(absl::StatusCode::kFailedPrecondition, "INVESTIGATION_RUNNING"));
}

void AddToTheRunning(World& world) {
  auto request = ChangeOf<v1::DecideReportRequest>(world.later_report);
  request.set_outcome(v1::Decision::ADDED_TO_RUNNING);
  request.set_reasons("Tillförs den pågående utredningen.");
  const auto answer = world.stage.As(world.cast.caseworker, &Assessments::DecideReport, request);
  if (answer.status.ok()) world.later_report = answer.response;
  world.teller.Tell(
      Step(answer, "the report is added to the investigation that runs")
          .Ok()
          .Is("the investigation", world.later_report.decision().investigation(), world.investigation.name()));
}

void ReadTheInvestigation(World& world) {
  v1::GetInvestigationRequest request;
  request.set_name(world.investigation.name());
  const auto answer = world.stage.As(world.cast.caseworker, &Investigations::GetInvestigation, request);
  if (answer.status.ok()) world.investigation = answer.response;
  world.teller.Tell(
      Step(answer, "the investigation rests on both reports now")
          .Ok()
          .Holds("the first report stands in it", Holds(world.investigation.reports(), world.report.name()))
          .Holds("the new one stands in it", Holds(world.investigation.reports(), world.later_report.name())));
}

// About two months after the present latest day.
std::string LaterDay(const v1::Deadline& deadline) {
  const auto latest = proto_time::ParseDay(deadline.latest_date()).value_or(absl::CivilDay());
  return proto_time::FormatDay(
      calendar::NextOrdinaryWeekday(calendar::CountFrom(latest, {2, calendar::Span::Unit::kMonths})));
}

void Extend(World& world) {
  auto request = ChangeOf<v1::ExtendInvestigationRequest>(world.investigation);
  request.set_ground("hög arbetsbelastning");
  request.set_reasons("Många ärenden i vår.");
  request.set_latest_date(LaterDay(world.investigation.deadline()));
  const auto refused = world.stage.As(world.cast.caseworker, &Investigations::ExtendInvestigation, request);
  world.teller.Tell(Step(refused, "\"hög arbetsbelastning\" (heavy workload) is no ground that the law knows")
                        .Refused(absl::StatusCode::kFailedPrecondition, "NO_LEGAL_GROUND"));

  request.set_request_id(NewRequestId());
  request.set_ground("särskilda skäl");
  request.set_reasons("Barnpsykiatrins utlåtande väntas i juni.");
  const auto extended = world.stage.As(world.cast.caseworker, &Investigations::ExtendInvestigation, request);
  if (extended.status.ok()) world.investigation = extended.response;
  const auto day = proto_time::ParseDay(request.latest_date()).value_or(absl::CivilDay());
  ClockIs expected =
      Investigation(proto_time::FromProto(world.investigation.open_time()).value_or(absl::InfinitePast()));
  expected.limit = calendar::Limit{day, day};
  world.teller.Tell(Step(extended, "\"särskilda skäl\" (special reasons) is: extended for a set time")
                        .Ok()
                        .Clock(world.investigation.deadline(), expected));
}

v1::CloseInvestigationRequest Closing(const v1::Investigation& investigation) {
  auto request = ChangeOf<v1::CloseInvestigationRequest>(investigation);
  request.set_result(v1::Closing::WITH_MEASURE);
  request.set_reasons("Kontaktfamilj och stöd till mamma beviljas.");
  return request;
}

void CloseOwing(World& world) {
  const auto answer =
      world.stage.As(world.cast.caseworker, &Investigations::CloseInvestigation, Closing(world.investigation));
  world.teller.Tell(Step(answer, "closing is stopped: feedback on the second report was never given")
                        .Refused(absl::StatusCode::kFailedPrecondition, "FEEDBACK_OWED")
                        .Is("the report named", status::Metadata(answer.status)["reports"], world.later_report.name()));
}

void CloseAsManager(World& world) {
  v1::CloseInvestigationRequest request = Closing(world.investigation);
  request.set_feedback_owed_reason("Skolan har sommarstängt; återkopplingen lämnas i augusti.");
  const auto answer = world.stage.As(world.cast.manager, &Investigations::CloseInvestigation, request);
  if (answer.status.ok()) world.investigation = answer.response;
  world.teller.Tell(Step(answer, "the head of the unit closes with a reason")
                        .Ok()
                        .Is("the state", v1::Investigation::State_Name(answer.response.state()), "CLOSED")
                        .Is("the clock", v1::Deadline::State_Name(answer.response.deadline().state()), "MET"));
}

void SeeTheDebt(World& world) {
  v1::ListFeedbackRequest request;
  request.set_parent(kMunicipality);
  request.set_state(v1::Feedback::OWED);
  const auto answer = world.stage.As(world.cast.manager, &FeedbackCalls::ListFeedback, request);
  const auto& owed = answer.response.feedback();
  const bool listed = std::any_of(owed.begin(), owed.end(), [&](const v1::Feedback& feedback) {
    return feedback.name() == world.later_report.name() + "/feedback";
  });
  world.teller.Tell(Step(answer, "and the debt stays listed").Ok().Holds("the feedback is listed as owed", listed));
}

void Reopen(World& world) {
  const auto answer = world.stage.As(world.cast.caseworker, &Investigations::ReopenInvestigation,
                                     ChangeOf<v1::ReopenInvestigationRequest>(world.investigation));
  world.teller.Tell(Step(answer, "reopening without new facts would reset the clock (JO 2565-2016)")
                        .Refused(absl::StatusCode::kFailedPrecondition, "NEW_FACTS_MISSING"));
}

}  // namespace

void ReportAgain(World& world) {
  world.teller.Chapter("Point 13. Something new happens, or nothing gets better: the school reports again.");
  world.stage.GoToMorning(20);
  SubmitAnother(world);
  SeeTheLink(world);
  AssessAndAssign(world);
  OpenBeside(world);
  AddToTheRunning(world);
  ReadTheInvestigation(world);
}

void Investigate(World& world) {
  world.teller.Chapter("The investigation takes its time, within the law's, and is closed.");
  world.stage.GoToMorning(75);
  Extend(world);
  world.stage.GoToMorning(30);
  CloseOwing(world);
  CloseAsManager(world);
  SeeTheDebt(world);
  Reopen(world);
}

}  // namespace samverkan::story
