#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/proto_time/proto_time.h"
#include "tools/story/chapters.h"
#include "tools/story/reading.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;
using Trail = audit::v1::SearchEntriesResponse;

void MarkTheIdentity(World& world) {
  auto request = ChangeOf<v1::MarkProtectedIdentityRequest>(world.held_report);
  request.set_protection(v1::ProtectedIdentityMark::PROTECTED);
  request.set_reason("Skatteverket har satt en sekretessmarkering.");
  const auto answer = world.stage.As(world.cast.child_caseworker, &Reports::MarkProtectedIdentity, request);
  if (answer.status.ok()) world.held_report = answer.response;
  world.teller.Tell(Step(answer, "the identity is marked as protected (P-074); who is assigned still sees where")
                        .Ok()
                        .Holds("nothing is withheld from the assigned caseworker", answer.response.withheld().empty())
                        .Holds("the identity is protected", answer.response.identity_protected()));
}

void ReadWithoutNeed(World& world) {
  const auto answer = Read(world.stage, world.cast.caseworker, world.held_report.name());
  world.teller.Tell(Step(answer, "at the hospital, a caseworker of another unit has no way to the file")
                        .Refused(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
}

std::string Declare(World& world) {
  v1::DeclareEmergencyAccessRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  request.set_report(world.held_report.name());
  request.set_reason("Alma är på akuten, och Barnenheten svarar inte.");
  const auto answer = world.stage.As(world.cast.caseworker, &EmergencyAccesses::DeclareEmergencyAccess, request);
  const v1::EmergencyAccess& access = answer.response;
  const auto expires = proto_time::FromProto(access.expire_time()).value_or(absl::InfinitePast());
  const auto declared = proto_time::FromProto(access.declare_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "so an emergency (nödåtkomst) is declared, with a reason")
                        .Ok()
                        .Holds("it names the report", Holds(access.reports(), world.held_report.name()))
                        .Holds("it holds for 24 hours", expires - declared == absl::Hours(24))
                        .Show(absl::StrCat("until 24 hours have passed; ", access.legal_basis())));
  return access.name();
}

void ReadInTheEmergency(World& world) {
  const auto answer = Read(world.stage, world.cast.caseworker, world.held_report.name());
  const v1::Report& report = answer.response;
  Step step(answer, "and opens the report, save for where the child is:");
  step.Ok()
      .Holds("the concern is shown", !report.submission().concern().what().empty())
      .Holds("the unit is not", report.unit().empty())
      .Holds("what is withheld is named", !report.withheld().empty());
  for (const v1::Withheld& withheld : report.withheld()) {
    step.Show(absl::StrCat("withheld: ", data::v1::Category_Name(withheld.category()), " (", withheld.rule(), ", ",
                           withheld.legal_basis(), ")"));
  }
  world.teller.Tell(step);
}

void ChangeNothing(World& world) {
  auto request = ChangeOf<v1::HoldReportRequest>(world.held_report);
  request.set_reason("Hemmet ska inte få veta.");
  const auto answer = world.stage.As(world.cast.caseworker, &Reports::HoldReport, request);
  world.teller.Tell(Step(answer, "it opens reading, and no change")
                        .Refused(absl::StatusCode::kPermissionDenied, "EMERGENCY_ACCESS_READS_ONLY"));
}

void SeeItInTheWorklist(World& world, const std::string& access) {
  v1::ListWorkItemsRequest request;
  request.set_parent(UnitName(world.cast.child_manager));
  request.set_to_do(v1::WorkItem::REVIEW_EMERGENCY_ACCESS);
  const auto answer = world.stage.As(world.cast.child_manager, &Reports::ListWorkItems, request);
  const auto& items = answer.response.items();
  Step step(answer, "the manager of the child's unit finds it in the worklist");
  step.Ok().Holds("it is an item", std::any_of(items.begin(), items.end(),
                                               [&](const v1::WorkItem& item) { return item.resource() == access; }));
  for (const v1::WorkItem& item : items) step.Show(Describe(item));
  world.teller.Tell(step);
}

void Review(World& world, const std::string& access) {
  v1::ReviewEmergencyAccessRequest request;
  request.set_name(access);
  request.set_request_id(NewRequestId());
  request.set_etag("1");
  request.set_verdict(v1::EmergencyAccessReview::JUSTIFIED);
  request.set_note("Akutmottagningen bekräftar besöket.");
  const auto answer = world.stage.As(world.cast.child_manager, &EmergencyAccesses::ReviewEmergencyAccess, request);
  world.teller.Tell(Step(answer, "and says whether it was justified")
                        .Ok()
                        .Is("the state", v1::EmergencyAccess::State_Name(answer.response.state()), "REVIEWED"));
}

bool IsFlagged(const audit::v1::LoggedEntry& logged, const Person& reader) {
  const audit::v1::PrivatePart& part = logged.entry().private_part();
  return part.actor().subject() == reader.subject &&
         std::count(part.risk_signs().begin(), part.risk_signs().end(), audit::v1::EMERGENCY_ACCESS) == 1;
}

void SeeItInTheLog(World& world) {
  audit::v1::SearchEntriesRequest request;
  request.set_resource(world.held_report.name());
  Answer<Trail> answer;
  bool flagged = false;
  // Entries reach the audit log a moment after the call that they are about was answered.
  world.stage.Await([&] {
    answer = world.stage.As(world.cast.auditor, &Audit::SearchEntries, request);
    const auto& entries = answer.response.entries();
    flagged = std::any_of(entries.begin(), entries.end(), [&](const audit::v1::LoggedEntry& logged) {
      return IsFlagged(logged, world.cast.caseworker);
    });
    return !answer.status.ok() || flagged;
  });
  world.teller.Tell(Step(answer, "the audit log flags the reading for those who review it")
                        .Ok()
                        .Holds("the reading bears the sign EMERGENCY_ACCESS", flagged));
}

}  // namespace

void NeedToKnow(World& world) {
  world.teller.Chapter(
      "Who needs to know: the child's identity is protected, and one of another unit reads in an emergency.");
  world.stage.GoTo(13, 0);
  MarkTheIdentity(world);
  ReadWithoutNeed(world);
  const std::string access = Declare(world);
  ReadInTheEmergency(world);
  ChangeNothing(world);
  world.stage.GoTo(15, 0);
  SeeItInTheWorklist(world, access);
  Review(world, access);
  SeeItInTheLog(world);
}

}  // namespace samverkan::story
