#include <algorithm>

#include "libs/proto_time/proto_time.h"
#include "tools/story/chapters.h"
#include "tools/story/clocks.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;
using proto_time::FromProto;

absl::Time Received(const v1::Report& report) {
  return FromProto(report.first_receive_time()).value_or(absl::InfinitePast());
}

v1::GetReportRequest Named(const v1::Report& report) {
  v1::GetReportRequest request;
  request.set_name(report.name());
  return request;
}

void SeeWhatIsNew(World& world) {
  v1::ListWorkItemsRequest request;
  request.set_parent(UnitName(world.cast.reception));
  request.set_to_do(v1::WorkItem::NEW);
  const auto answer = world.stage.As(world.cast.reception, &Reports::ListWorkItems, request);
  const auto& items = answer.response.items();
  const bool listed = std::any_of(items.begin(), items.end(),
                                  [&](const v1::WorkItem& item) { return item.resource() == world.report.name(); });
  world.teller.Tell(Step(answer, "the worklist of what is new holds the report").Ok().Holds("it is listed", listed));
}

void ReadTheReport(World& world) {
  const auto answer = world.stage.As(world.cast.reception, &Reports::GetReport, Named(world.report));
  world.report = answer.response;
  const absl::Time received = Received(world.report);
  world.teller.Tell(
      Step(answer, "the reception reads it; the clocks run from its receipt")
          .Ok()
          .Is("the state", v1::Report::State_Name(world.report.state()), "RECEIVED")
          .Holds("the sibling's report is linked", Holds(world.report.sibling_reports(), world.sibling_report.name()))
          .Clock(FindClock(world.report.deadlines(), "protection_assessment"), ProtectionAssessment(received))
          .Clock(FindClock(world.report.deadlines(), "decision_to_open"), DecisionToOpen(received)));
}

void Assess(World& world, v1::Report& report, const std::string& meaning) {
  auto request = ChangeOf<v1::RecordProtectionAssessmentRequest>(report);
  request.set_need(v1::NO_IMMEDIATE_PROTECTION);
  request.set_reasons("Ingen omedelbar fara. Mamma är nådd och hemma i kväll.");
  const auto answer = world.stage.As(world.cast.reception, &Assessments::RecordProtectionAssessment, request);
  if (answer.status.ok()) report = answer.response;
  world.teller.Tell(
      Step(answer, meaning)
          .Ok()
          .Is("the state", v1::Report::State_Name(report.state()), "ASSESSED")
          .Clock(FindClock(report.deadlines(), "protection_assessment"), Met(ProtectionAssessment(Received(report)))));
}

void AssessTheSibling(World& world) {
  const auto answer = world.stage.As(world.cast.reception, &Reports::GetReport, Named(world.sibling_report));
  world.sibling_report = answer.response;
  world.teller.Tell(
      Step(answer, "and the sibling's")
          .Ok()
          .Holds("it is linked to the first", Holds(world.sibling_report.sibling_reports(), world.report.name())));
  Assess(world, world.sibling_report, "no need of immediate protection for the sibling");
}

void Confirm(World& world) {
  const auto answer =
      world.stage.As(world.cast.reception, &Reports::ConfirmReceipt, ChangeOf<v1::ConfirmReceiptRequest>(world.report));
  if (answer.status.ok()) world.report = answer.response;
  world.teller.Tell(Step(answer, "receipt confirmed to the contact person: a reference, nothing else")
                        .Ok()
                        .Holds("the time is kept", world.report.has_confirm_time()));
}

void LookAsTheSchool(World& world) {
  const auto answer = world.stage.As(world.cast.principal, &Reports::GetReport, Named(world.report));
  const v1::Report& seen = answer.response;
  v1::Report allowed;
  allowed.set_name(seen.name());
  allowed.set_authority(seen.authority());
  *allowed.mutable_submission() = seen.submission();
  *allowed.mutable_receive_time() = seen.receive_time();
  *allowed.mutable_first_receive_time() = seen.first_receive_time();
  *allowed.mutable_confirm_time() = seen.confirm_time();
  world.teller.Tell(Step(answer, "the school sees its submission and the receipt, nothing of the handling")
                        .Ok()
                        .Holds("the receipt is seen", seen.has_confirm_time())
                        .Holds("nothing else is seen", seen.SerializeAsString() == allowed.SerializeAsString()));
}

void LookAsAStranger(World& world, const Person& stranger, const std::string& meaning) {
  const auto answer = world.stage.As(stranger, &Reports::GetReport, Named(world.report));
  world.teller.Tell(Step(answer, meaning).Refused(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
}

v1::ReportMeeting ReadTheMeeting(World& world) {
  v1::GetReportMeetingRequest request;
  request.set_name(world.report.name() + "/meeting");
  const auto answer = world.stage.As(world.cast.reception, &Meetings::GetReportMeeting, request);
  world.teller.Tell(Step(answer, "the school wants a report meeting (anmälningsmöte): it should be offered")
                        .Ok()
                        .Is("the state", v1::ReportMeeting::State_Name(answer.response.state()), "ASKED")
                        .Is("the legal basis", answer.response.legal_basis(), "P-033, SoL 2025:400 19:5")
                        .Show("rule " + answer.response.legal_basis()));
  return answer.response;
}

v1::ReportMeeting OfferTheMeeting(World& world, const v1::ReportMeeting& meeting) {
  auto request = ChangeOf<v1::OfferReportMeetingRequest>(meeting);
  *request.mutable_meet_time() = proto_time::ToProto(world.stage.Now() + absl::Hours(72));
  request.set_place("Mottagningsenheten, Bredängstorget");
  request.set_reasons("Till barnets bästa: familjen och skolan får höra samma sak.");
  const auto answer = world.stage.As(world.cast.reception, &Meetings::OfferReportMeeting, request);
  world.teller.Tell(Step(answer, "it is offered, with the recorded test that it suits the child's best")
                        .Ok()
                        .Is("the state", v1::ReportMeeting::State_Name(answer.response.state()), "OFFERED"));
  return answer.response;
}

void RecordTheMeeting(World& world, const v1::ReportMeeting& meeting) {
  auto request = ChangeOf<v1::RecordReportMeetingRequest>(meeting);
  *request.mutable_meet_time() = proto_time::ToProto(world.stage.Now() - absl::Hours(1));
  for (const char* const participant : {"vårdnadshavare", "rektor", "socialsekreterare"}) {
    request.add_participants(participant);
  }
  const auto answer = world.stage.As(world.cast.reception, &Meetings::RecordReportMeeting, request);
  world.teller.Tell(Step(answer, "it was held: the school left after its part, the family stayed")
                        .Ok()
                        .Is("the state", v1::ReportMeeting::State_Name(answer.response.state()), "HELD"));
}

}  // namespace

void AssessTheReport(World& world) {
  world.teller.Chapter("Point 5. Social services look at once, to judge how urgent it is.");
  world.stage.Pass(absl::Minutes(20));
  SeeWhatIsNew(world);
  ReadTheReport(world);
  Assess(world, world.report, "no need of immediate protection (omedelbar skyddsbedömning)");
  AssessTheSibling(world);
}

void ConfirmReceipt(World& world) {
  world.teller.Chapter(
      "Point 6. The receipt is confirmed; who may not know of the report does not learn that it exists.");
  world.stage.Pass(absl::Minutes(10));
  Confirm(world);
  LookAsTheSchool(world);
  LookAsAStranger(world, world.cast.other_school, "another school");
  LookAsAStranger(world, world.cast.other_board, "a caseworker of another board of the same city");
  LookAsAStranger(world, world.cast.other_town, "a caseworker of another municipality");
}

void HoldTheMeeting(World& world) {
  world.teller.Chapter("Point 7. Child, family and school are invited to a report meeting.");
  const v1::ReportMeeting asked = ReadTheMeeting(world);
  const v1::ReportMeeting offered = OfferTheMeeting(world, asked);
  world.stage.GoToMorning(3);
  world.stage.GoTo(14, 0);
  RecordTheMeeting(world, offered);
}

}  // namespace samverkan::story
