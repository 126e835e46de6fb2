#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/story/chapters.h"
#include "tools/story/reading.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;

constexpr int kLongestPage = 1000;

void HoldTheLaterReport(World& world) {
  auto request =
      ChangeOf<v1::HoldReportRequest>(Read(world.stage, world.cast.manager, world.later_report.name()).response);
  request.set_reason("Elsa har berättat om slag hemma; polisen ska höra henne.");
  const auto answer = world.stage.As(world.cast.manager, &Reports::HoldReport, request);
  if (answer.status.ok()) world.later_report = answer.response;
  world.teller.Tell(Step(answer, "the child has told of blows at home: the second report goes on hold").Ok());
}

Answer<v1::ExtractChildResponse> Extract(World& world, v1::ExtractRecipient recipient, bool name_reporters) {
  v1::ExtractChildRequest request;
  request.set_parent(kBoard);
  request.set_child(world.report.child());
  request.set_recipient(recipient);
  if (name_reporters) request.add_reporters_without_danger(world.report.name());
  return world.stage.As(world.cast.manager, &Extracts::ExtractChild, request);
}

bool Names(const v1::ExtractChildResponse& extract, const std::string& resource) {
  return std::any_of(extract.items().begin(), extract.items().end(), [&](const v1::ExtractItem& item) {
    return item.report().name() == resource || item.investigation().name() == resource;
  });
}

bool Tells(const google::protobuf::Message& extract, const std::string& text) {
  return absl::StrContains(extract.SerializeAsString(), text);
}

// The item about a resource; an empty one where there is none.
v1::ExtractItem ItemOf(const v1::ExtractChildResponse& extract, const std::string& resource) {
  for (const v1::ExtractItem& item : extract.items()) {
    if (item.report().name() == resource || item.investigation().name() == resource) return item;
  }
  return {};
}

// "P-051" of the field; empty where it is not withheld.
std::string RuleOf(const v1::ExtractItem& item, const std::string& field) {
  for (const v1::WithheldField& withheld : item.withheld()) {
    if (withheld.field() == field) return withheld.rule();
  }
  return "";
}

void ExtractForTheChild(World& world) {
  const auto answer = Extract(world, v1::CHILD, /*name_reporters=*/false);
  const v1::ExtractItem first = ItemOf(answer.response, world.report.name());
  Step step(answer, "the child asks what is kept about it: all of it, and what is withheld is named by its rule");
  step.Ok()
      .Holds("both reports and the investigation are there", Names(answer.response, world.report.name()) &&
                                                                 Names(answer.response, world.later_report.name()) &&
                                                                 Names(answer.response, world.investigation.name()))
      .Is("the reporter is withheld by", RuleOf(first, "report.submission.reporter"), "P-051")
      .Is("the brother is withheld by", RuleOf(first, "report.sibling_reports"), "P-050")
      .Is("what nobody has read through is withheld by", RuleOf(first, "report.submission.concern.what"), "P-050")
      .Holds("the reporter is hidden", !Tells(answer.response, world.submission.submission().reporter().person_name()))
      .Holds("the brother is hidden",
             !Tells(answer.response, world.sibling_report.name()) && !Tells(answer.response, Sibling().given_name()));
  for (const v1::WithheldField& withheld : first.withheld()) {
    step.Show(absl::StrCat(withheld.field(), "  withheld by ", withheld.rule(), ", ", withheld.legal_basis()));
  }
  world.teller.Tell(step);

  const auto named = Extract(world, v1::CHILD, /*name_reporters=*/true);
  const v1::ExtractItem reviewed = ItemOf(named.response, world.report.name());
  world.teller.Tell(Step(named, "naming the head of the school brings no danger (OSL 26:5): then it is not withheld")
                        .Ok()
                        .Is("the reporter", reviewed.report().submission().reporter().person_name(),
                            world.submission.submission().reporter().person_name()));
}

void ExtractForAGuardian(World& world) {
  const auto answer = Extract(world, v1::GUARDIAN, /*name_reporters=*/false);
  Step step(answer, "the mother asks: nothing tells her of the report on hold");
  step.Ok()
      .Holds("the first report is there", Names(answer.response, world.report.name()))
      .Holds("the investigation is there", Names(answer.response, world.investigation.name()))
      .Holds("the report on hold is named nowhere", !Tells(answer.response, world.later_report.name()));
  const v1::ExtractItem first = ItemOf(answer.response, world.report.name());
  step.Is("what the child said is withheld by", RuleOf(first, "report.submission.concern.child_said"), "P-057");
  world.teller.Tell(step);
}

Answer<audit::v1::ExtractEntriesResponse> ExtractTheLog(World& world, audit::v1::ExtractRecipient recipient,
                                                        const v1::ListHiddenResourcesResponse& hidden) {
  audit::v1::ExtractEntriesRequest request;
  request.set_child(world.report.child());
  request.set_recipient(recipient);
  request.set_page_size(kLongestPage);
  if (recipient == audit::v1::GUARDIAN) *request.mutable_hidden()->mutable_names() = hidden.resources();
  return world.stage.As(world.cast.auditor, &LogExtracts::ExtractEntries, request);
}

std::set<std::string> NamesIn(const audit::v1::ExtractEntriesResponse& extract) {
  std::set<std::string> names;
  for (const audit::v1::ExtractedEntry& entry : extract.entries()) names.insert(entry.name());
  return names;
}

bool HasMethod(const audit::v1::ExtractEntriesResponse& extract, const std::string& method) {
  return std::any_of(extract.entries().begin(), extract.entries().end(),
                     [&](const audit::v1::ExtractedEntry& entry) { return entry.method().ends_with("/" + method); });
}

void ExtractWhoSawIt(World& world) {
  v1::ListHiddenResourcesRequest request;
  request.set_parent(kBoard);
  request.set_child(world.report.child());
  const auto hidden = world.stage.As(world.cast.auditor, &Extracts::ListHiddenResources, request);
  world.teller.Tell(
      Step(hidden, "what the log must not tell a guardian either")
          .Ok()
          .Is("what is hidden", absl::StrCat(hidden.response.resources_size()), "1")
          .Holds("it is the report on hold", Holds(hidden.response.resources(), world.later_report.name())));

  // Entries reach the log a moment after the call that they are about was answered.
  Answer<audit::v1::ExtractEntriesResponse> child;
  world.stage.Await([&] {
    child = ExtractTheLog(world, audit::v1::CHILD, {});
    return !child.status.ok() || HasMethod(child.response, "ListHiddenResources");
  });
  Step step(child, absl::StrCat("the log tells the child of every access: ", child.response.entries_size(),
                                " of them, in which role and at which authority"));
  step.Ok()
      .Holds("the hold stands there", HasMethod(child.response, "HoldReport"))
      .Holds("no caseworker is named", !Tells(child.response, world.cast.caseworker.subject))
      .Holds("the reporter's system is not named", !Tells(child.response, world.cast.principal.system));
  for (const audit::v1::WithheldFromEntries& withheld : child.response.withheld()) {
    step.Show(absl::StrCat(withheld.what(), "  withheld by ", withheld.rule(), ", ", withheld.legal_basis()));
  }
  world.teller.Tell(step);

  const auto guardian = ExtractTheLog(world, audit::v1::GUARDIAN, hidden.response);
  world.teller.Tell(Step(guardian, absl::StrCat("and the mother of those that say nothing of the hold: ",
                                                guardian.response.entries_size()))
                        .Ok()
                        .Holds("the closing stands there", HasMethod(guardian.response, "CloseInvestigation"))
                        .Holds("the hold stands nowhere", !HasMethod(guardian.response, "HoldReport"))
                        .Holds("fewer than the child was told of",
                               NamesIn(guardian.response).size() < NamesIn(child.response).size()));
}

void ReleaseTheLaterReport(World& world) {
  auto request = ChangeOf<v1::ReleaseReportRequest>(world.later_report);
  request.set_reason("Elsa är hörd; mamma är underrättad.");
  const auto released = world.stage.As(world.cast.caseworker, &Reports::ReleaseReport, request);
  if (released.status.ok()) world.later_report = released.response;
  world.teller.Tell(Step(released, "the child has been heard: the hold is released").Ok());
  const auto answer = Extract(world, v1::GUARDIAN, /*name_reporters=*/false);
  world.teller.Tell(Step(answer, "and from then on the mother's extract tells of the report")
                        .Ok()
                        .Holds("the second report is there", Names(answer.response, world.later_report.name())));
}

}  // namespace

void TellTheFamily(World& world) {
  world.teller.Chapter("The child and its mother ask what is kept, and who has seen it (registerutdrag).");
  world.stage.GoToMorning(1);
  HoldTheLaterReport(world);
  ExtractForTheChild(world);
  ExtractForAGuardian(world);
  ExtractWhoSawIt(world);
  world.stage.GoToMorning(3);
  ReleaseTheLaterReport(world);
}

}  // namespace samverkan::story
