#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "tools/story/chapters.h"
#include "tools/story/reading.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;
using Trail = audit::v1::SearchEntriesResponse;

constexpr int kLongestPage = 1000;

void ShowTheWorklist(World& world) {
  v1::ListWorkItemsRequest request;
  request.set_parent(UnitName(world.cast.manager));
  const auto answer = world.stage.As(world.cast.manager, &Reports::ListWorkItems, request);
  Step step(answer, "what the unit still has to do: feedback on the second report");
  const auto& items = answer.response.items();
  step.Ok().Holds("the debt is an item", std::any_of(items.begin(), items.end(), [&](const v1::WorkItem& item) {
                    return item.resource() == world.later_report.name() &&
                           std::count(item.to_do().begin(), item.to_do().end(), v1::WorkItem::FEEDBACK_OWED) == 1;
                  }));
  for (const v1::WorkItem& item : items) step.Show(Describe(item));
  world.teller.Tell(step);
}

bool HasType(const AllEvents& all, const std::string& type) {
  return std::any_of(all.events.begin(), all.events.end(),
                     [&](const events::v1::Event& event) { return event.type() == type; });
}

void ShowTheEvents(World& world) {
  AllEvents all;
  // An event can be read a moment after the call that it is about was answered.
  world.stage.Await([&] {
    all = ReadEvents(world.stage, world.cast.integrator);
    return !all.last.status.ok() || HasType(all, "investigation.closed");
  });
  Step step(all.last, absl::StrCat("what happened, for whoever integrates: ", all.events.size(),
                                   " events; those of the first report:"));
  step.Ok();
  for (const char* const type : {"report.received", "report.assessed", "report.decided", "feedback.given",
                                 "deadline.breached", "investigation.opened", "investigation.closed"}) {
    step.Holds(absl::StrCat("there is an event ", type), HasType(all, type));
  }
  for (const events::v1::Event& event : all.events) {
    if (event.resource() == world.report.name()) step.Show(Describe(event));
  }
  world.teller.Tell(step);
}

bool Names(const Trail& trail, const std::string& method, const Person& actor) {
  return std::any_of(trail.entries().begin(), trail.entries().end(), [&](const audit::v1::LoggedEntry& logged) {
    return logged.entry().method().ends_with("/" + method) &&
           logged.entry().private_part().actor().subject() == actor.subject;
  });
}

// Entries reach the audit log a moment after the call that they are about was answered.
Answer<Trail> Search(World& world, const audit::v1::SearchEntriesRequest& request, const std::string& last_method,
                     const Person& last_actor) {
  Answer<Trail> answer;
  world.stage.Await([&] {
    answer = world.stage.As(world.cast.auditor, &Audit::SearchEntries, request);
    return !answer.status.ok() || Names(answer.response, last_method, last_actor);
  });
  return answer;
}

void ShowTheTrail(World& world) {
  audit::v1::SearchEntriesRequest request;
  request.set_child(world.report.child());
  request.set_page_size(kLongestPage);
  const auto answer = Search(world, request, "ListFeedback", world.cast.manager);
  Step step(answer, absl::StrCat("who did or saw what about the child: ", answer.response.entries_size(),
                                 " entries of the audit log:"));
  step.Ok()
      .Holds("the school's report stands there", Names(answer.response, "SubmitReport", world.cast.principal))
      .Holds("the school's reading stands there", Names(answer.response, "GetReport", world.cast.principal))
      .Holds("the assessment stands there", Names(answer.response, "RecordProtectionAssessment", world.cast.reception))
      .Holds("the receipt stands there", Names(answer.response, "ConfirmReceipt", world.cast.reception))
      .Holds("the decision stands there", Names(answer.response, "DecideReport", world.cast.caseworker))
      .Holds("the feedback stands there", Names(answer.response, "GiveFeedback", world.cast.caseworker))
      .Holds("the closing stands there", Names(answer.response, "CloseInvestigation", world.cast.manager));
  // The log answers newest first.
  for (int i = answer.response.entries_size() - 1; i >= 0; --i) step.Show(Describe(answer.response.entries(i)));
  world.teller.Tell(step);
}

bool IsRefused(const Trail& trail, const Person& actor) {
  return std::any_of(trail.entries().begin(), trail.entries().end(), [&](const audit::v1::LoggedEntry& logged) {
    return logged.entry().outcome() == audit::v1::DENIED &&
           logged.entry().private_part().actor().subject() == actor.subject;
  });
}

void ShowTheRefusals(World& world) {
  audit::v1::SearchEntriesRequest request;
  request.set_resource(world.report.name());
  request.set_page_size(kLongestPage);
  const auto answer = Search(world, request, "DecideReport", world.cast.assistant);
  Step step(answer, "and everybody who was refused the report, from wherever:");
  step.Ok();
  for (const Person& person :
       {world.cast.other_school, world.cast.other_board, world.cast.other_town, world.cast.assistant}) {
    step.Holds("the refusal of " + person.subject + " stands there", IsRefused(answer.response, person));
  }
  for (int i = answer.response.entries_size() - 1; i >= 0; --i) {
    const audit::v1::LoggedEntry& entry = answer.response.entries(i);
    if (entry.entry().outcome() == audit::v1::DENIED) step.Show(Describe(entry));
  }
  world.teller.Tell(step);
}

void ShowTheReviewer(World& world) {
  audit::v1::SearchEntriesRequest request;
  request.set_actor(world.cast.auditor.subject);
  const auto answer = Search(world, request, "SearchEntries", world.cast.auditor);
  world.teller.Tell(Step(answer, "and so does the auditor: each search of the log is an entry itself")
                        .Ok()
                        .Holds("the searches are listed", Names(answer.response, "SearchEntries", world.cast.auditor)));
}

}  // namespace

void LookBack(World& world) {
  world.teller.Chapter("What is left to do, what happened, and who saw it.");
  ShowTheWorklist(world);
  ShowTheEvents(world);
  ShowTheTrail(world);
  ShowTheRefusals(world);
  ShowTheReviewer(world);
}

}  // namespace samverkan::story
