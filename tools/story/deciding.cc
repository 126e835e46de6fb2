#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/proto_time/proto_time.h"
#include "tools/story/chapters.h"
#include "tools/story/clocks.h"
#include "tools/story/reading.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;

void AssignToACaseworker(World& world) {
  world.report = Read(world.stage, world.cast.reception, world.report.name()).response;
  auto request = ChangeOf<v1::AssignReportRequest>(world.report);
  request.set_assignee(world.cast.caseworker.subject);
  request.set_unit(UnitName(world.cast.caseworker));
  const auto answer = world.stage.As(world.cast.reception, &Reports::AssignReport, request);
  world.teller.Tell(Step(answer, "assigned to a caseworker of the unit for the child's age, 13 to 19").Ok());
}

void ReadAsTheCaseworker(World& world) {
  const auto answer = Read(world.stage, world.cast.caseworker, world.report.name());
  world.report = answer.response;
  world.teller.Tell(Step(answer, "who sees it from now on")
                        .Ok()
                        .Is("the assignee", world.report.assignee(), world.cast.caseworker.subject));
}

v1::DecideReportRequest Opening(const World& world) {
  auto request = ChangeOf<v1::DecideReportRequest>(world.report);
  request.set_outcome(v1::Decision::OPENED);
  request.set_reasons("Frånvaron och ensamheten behöver utredas.");
  return request;
}

void DecideUnqualified(World& world) {
  const auto answer = world.stage.As(world.cast.assistant, &Assessments::DecideReport, Opening(world));
  world.teller.Tell(Step(answer, "who lacks the degree or the experience may not decide (P-017)")
                        .Refused(absl::StatusCode::kPermissionDenied, "NOT_QUALIFIED"));
}

void DecideToOpen(World& world) {
  const auto answer = world.stage.As(world.cast.caseworker, &Assessments::DecideReport, Opening(world));
  if (answer.status.ok()) world.report = answer.response;
  const auto received = proto_time::FromProto(world.report.first_receive_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "decided (förhandsbedömning): an investigation is opened")
                        .Ok()
                        .Is("the state", v1::Report::State_Name(world.report.state()), "DECIDED")
                        .Clock(FindClock(world.report.deadlines(), "decision_to_open"), Met(DecisionToOpen(received)))
                        .Clock(FindClock(world.report.deadlines(), "statutory_feedback"), FeedbackAfter(answer.time)));
  const auto again = world.stage.As(world.cast.caseworker, &Assessments::DecideReport, Opening(world));
  world.teller.Tell(Step(again, "deciding twice").Refused(absl::StatusCode::kFailedPrecondition, "ALREADY_DECIDED"));
}

void ExportTheDecision(World& world) {
  v1::ExportDecisionsRequest request;
  request.set_name(world.report.name());
  const auto answer = world.stage.As(world.cast.caseworker, &Decisions::ExportDecisions, request);
  const auto& decisions = answer.response.decisions();
  const bool is_signed = std::all_of(decisions.begin(), decisions.end(), [](const v1::SignedDecision& decision) {
    return std::count(decision.jws().begin(), decision.jws().end(), '.') == 2;
  });
  world.teller.Tell(Step(answer, "the case system takes assessment and decision as signed documents")
                        .Ok()
                        .Is("how many", absl::StrCat(decisions.size()), "2")
                        .Holds("each is signed", is_signed));
}

void ReadTheInvestigation(World& world) {
  v1::GetInvestigationRequest request;
  request.set_name(world.report.decision().investigation());
  const auto answer = world.stage.As(world.cast.caseworker, &Investigations::GetInvestigation, request);
  world.investigation = answer.response;
  const auto opened = proto_time::FromProto(answer.response.open_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "the investigation (utredning) rests on the report; its clock runs")
                        .Ok()
                        .Is("the child", answer.response.child(), world.report.child())
                        .Clock(answer.response.deadline(), Investigation(opened)));
}

v1::ListFeedbackRequest FeedbackOn(const v1::Report& report) {
  v1::ListFeedbackRequest request;
  request.set_parent(report.name());
  return request;
}

v1::Feedback FirstOf(const v1::ListFeedbackResponse& response) {
  return response.feedback().empty() ? v1::Feedback() : response.feedback(0);
}

void SeeWhatIsOwed(World& world) {
  const auto answer = world.stage.As(world.cast.caseworker, &FeedbackCalls::ListFeedback, FeedbackOn(world.report));
  const v1::Feedback owed = FirstOf(answer.response);
  const auto decided = proto_time::FromProto(world.report.decision().decide_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "feedback (återkoppling) is owed within a week of the decision")
                        .Ok()
                        .Is("the state", v1::Feedback::State_Name(owed.state()), "OWED")
                        .Clock(owed.deadline(), FeedbackAfter(decided)));
}

v1::GiveFeedbackRequest Suitable(const v1::Report& report) {
  v1::GiveFeedbackRequest request;
  request.set_parent(report.name());
  request.set_request_id(NewRequestId());
  request.set_etag(report.etag());
  request.mutable_suitability_test()->set_verdict(v1::SuitabilityTest::SUITABLE);
  request.mutable_suitability_test()->set_reasons("Skolan behöver veta; inget talar emot.");
  return request;
}

void GiveMoreThanAllowed(World& world) {
  v1::GiveFeedbackRequest request = Suitable(world.report);
  request.set_extended_text("Handläggare är Samir Haddad.");
  const auto answer = world.stage.As(world.cast.caseworker, &FeedbackCalls::GiveFeedback, request);
  world.teller.Tell(Step(answer, "more than the three facts, as who the caseworker is, needs the family's consent")
                        .Refused(absl::StatusCode::kFailedPrecondition, "NEEDS_CONSENT_DECISION"));
}

void GiveTheFact(World& world, const Person& giver, const v1::Report& report, v1::StatutoryOutcome outcome,
                 const std::string& meaning) {
  const auto answer = world.stage.As(giver, &FeedbackCalls::GiveFeedback, Suitable(report));
  const auto decided = proto_time::FromProto(report.decision().decide_time()).value_or(absl::InfinitePast());
  world.teller.Tell(
      Step(answer, meaning)
          .Ok()
          .Is("what is told", v1::StatutoryOutcome_Name(answer.response.outcome()), v1::StatutoryOutcome_Name(outcome))
          .Clock(answer.response.deadline(), Met(FeedbackAfter(decided))));
}

void ReadFeedbackAsTheSchool(World& world) {
  const auto answer = world.stage.As(world.cast.principal, &FeedbackCalls::ListFeedback, FeedbackOn(world.report));
  const v1::Feedback told = FirstOf(answer.response);
  world.teller.Tell(Step(answer, "the school reads: an investigation is opened; not the test behind it")
                        .Ok()
                        .Is("what is told", v1::StatutoryOutcome_Name(told.outcome()), "INVESTIGATION_OPENED")
                        .Holds("the test is not shown", !told.has_suitability_test() && !told.has_deadline()));
}

// The breach of the sibling's decision, among all events; nothing yet where it is not there.
std::optional<events::v1::Event> BreachOf(const std::vector<events::v1::Event>& events, const v1::Report& report) {
  const auto found = std::find_if(events.begin(), events.end(), [&](const events::v1::Event& event) {
    return event.type() == "deadline.breached" && event.resource() == report.name();
  });
  if (found == events.end()) return std::nullopt;
  return *found;
}

void SeeTheBreach(World& world) {
  std::optional<events::v1::Event> breach;
  Call last;
  world.stage.Await([&] {
    const AllEvents read = ReadEvents(world.stage, world.cast.integrator);
    last = read.last;
    breach = BreachOf(read.events, world.sibling_report);
    return breach.has_value() || !last.status.ok();
  });
  Step step(last, "the sweeper has said so: an event, by itself, without a name");
  step.Ok().Holds("the breach of the sibling's decision is an event", breach.has_value());
  if (breach.has_value()) step.Show(Describe(*breach));
  world.teller.Tell(step);
}

void SeeWhatIsOverdue(World& world) {
  v1::ListWorkItemsRequest request;
  request.set_parent(UnitName(world.cast.reception_manager));
  request.set_to_do(v1::WorkItem::OVERDUE);
  const auto answer = world.stage.As(world.cast.reception_manager, &Reports::ListWorkItems, request);
  const auto& items = answer.response.items();
  const bool listed = std::any_of(items.begin(), items.end(), [&](const v1::WorkItem& item) {
    return item.resource() == world.sibling_report.name();
  });
  world.teller.Tell(
      Step(answer, "and it stands in the worklist of what is overdue").Ok().Holds("it is listed", listed));
}

void DecideTooLate(World& world) {
  const auto read = Read(world.stage, world.cast.reception_manager, world.sibling_report.name());
  auto request = ChangeOf<v1::DecideReportRequest>(read.response);
  request.set_outcome(v1::Decision::NOT_OPENED);
  request.set_reasons("Oron gäller storasyskonet; för Nils finns stöd i skolan.");
  const auto answer = world.stage.As(world.cast.reception_manager, &Assessments::DecideReport, request);
  if (answer.status.ok()) world.sibling_report = answer.response;
  const v1::Deadline clock = FindClock(world.sibling_report.deadlines(), "decision_to_open");
  const auto received = proto_time::FromProto(clock.start_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "decided too late: not opened; the breach stays")
                        .Ok()
                        .Clock(clock, Met(DecisionToOpen(received)))
                        .Holds("the breach stays", clock.has_breach_time()));
}

}  // namespace

void Decide(World& world) {
  world.teller.Chapter("Within 14 days: is an investigation opened? Only who is qualified decides.");
  world.stage.GoToMorning(4);
  AssignToACaseworker(world);
  ReadAsTheCaseworker(world);
  DecideUnqualified(world);
  DecideToOpen(world);
  ExportTheDecision(world);
  ReadTheInvestigation(world);
}

void GiveFeedback(World& world) {
  world.teller.Chapter(
      "Points 8 to 10. The school is told what the law lets it be told, without consent; more needs consent.");
  world.stage.Pass(absl::Hours(2));
  SeeWhatIsOwed(world);
  GiveMoreThanAllowed(world);
  GiveTheFact(world, world.cast.caseworker, world.report, v1::INVESTIGATION_OPENED,
              "the fact that the law names, on a recorded test that it is suitable");
  ReadFeedbackAsTheSchool(world);
}

void MissADeadline(World& world) {
  world.teller.Chapter("Nobody has decided on the sibling's report, and the 14 days pass.");
  const v1::Deadline clock = FindClock(world.sibling_report.deadlines(), "decision_to_open");
  const auto latest = proto_time::ParseDay(clock.latest_date()).value_or(calendar::LegalDay(world.stage.Now()));
  world.stage.GoToMorning(static_cast<int>(latest - calendar::LegalDay(world.stage.Now())) + 1);
  SeeTheBreach(world);
  SeeWhatIsOverdue(world);
  DecideTooLate(world);
  GiveTheFact(world, world.cast.reception_manager, world.sibling_report, v1::INVESTIGATION_NOT_OPENED,
              "the school is told that no investigation of the sibling is opened");
}

}  // namespace samverkan::story
