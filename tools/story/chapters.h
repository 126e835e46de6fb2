#ifndef SAMVERKAN_TOOLS_STORY_CHAPTERS_H_
#define SAMVERKAN_TOOLS_STORY_CHAPTERS_H_

#include <string>

#include "google/protobuf/repeated_field.h"
#include "samverkan/consent/v1/child.pb.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "samverkan/intake/v1/investigation.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "tools/story/cast.h"
#include "tools/story/stage.h"
#include "tools/story/teller.h"

// The parts of the story, in their order: the routine of source 001, annexes 3 and 4.
namespace samverkan::story {

// What the story knows so far.
struct World {
  Stage& stage;
  Teller& teller;
  const Cast cast = MakeCast();
  // What the school asked, what it sent, and what came of it: the child's report and the sibling's, as
  // those who handle them last saw them.
  std::string consultation = {};
  intake::v1::SubmitReportRequest submission = {};
  intake::v1::Report report = {};
  intake::v1::Report sibling_report = {};
  // The report about the same child that came later.
  intake::v1::Report later_report = {};
  // The report of violence, as its caseworker last saw it.
  intake::v1::Report held_report = {};
  intake::v1::Investigation investigation = {};
  // The child, its sibling and the child of that report, as the consent service registers them.
  consent::v1::Child child = {};
  consent::v1::Child sibling = {};
  consent::v1::Child held_child = {};
  // What the child's mother and father let the school be told.
  consent::v1::Consent mothers_consent = {};
  consent::v1::Consent fathers_consent = {};
};

// Points 1 and 2: the family applies itself; the school asks for advice.
void Consult(World& world);
// Points 3 and 4: the family is told, the report is made.
void SubmitTheReport(World& world);
// Point 5: the report is looked at at once.
void AssessTheReport(World& world);
// Point 6: its receipt is confirmed.
void ConfirmReceipt(World& world);
// Point 7: the report meeting.
void HoldTheMeeting(World& world);
// Whether an investigation is opened.
void Decide(World& world);
// Points 8 to 10: what the school is told without consent.
void GiveFeedback(World& world);
// Points 8 to 10: the family is asked whether more may be told, and says yes.
void AskTheFamily(World& world);
// A decision that is forgotten.
void MissADeadline(World& world);
// The sibling's family says no.
void HearANo(World& world);
// Annex 4: suspected violence.
void SuspectViolence(World& world);
// Annex 4: the police investigate, and the guardians learn nothing before the hold is released.
void KeepSilent(World& world);
// A protected identity, and an emergency access.
void NeedToKnow(World& world);
// Reports from the time of another law.
void AskTheLawOfTheDay(World& world);
// Points 11 and 12: what the school hands over, and the reference talk.
void TalkWithTheSchool(World& world);
// A guardian withdraws.
void Withdraw(World& world);
// Point 13: a new report about the same child.
void ReportAgain(World& world);
// The investigation is extended and closed.
void Investigate(World& world);
// What is to be done, what happened, and who saw it.
void LookBack(World& world);
// What was told about the child and why, and what the law said before.
void AccountForDisclosures(World& world);
// What is kept about the child, and who saw it, for the child and its guardian.
void TellTheFamily(World& world);
// Many years later: what of the child's file is erased, and what holds it.
void Erase(World& world);

// All parts up to TellTheFamily in their order, as long as the services answer.
void TellTheStory(World& world);

// The first of a list of reports; an empty one where there is none.
intake::v1::Report First(const google::protobuf::RepeatedPtrField<intake::v1::Report>& reports);

// Whether `values` holds `value`.
bool Holds(const google::protobuf::RepeatedPtrField<std::string>& values, const std::string& value);

// A request to change `resource`, with its name and etag and a request_id of its own.
template <typename Request, typename Resource>
Request ChangeOf(const Resource& resource) {
  Request request;
  request.set_name(resource.name());
  request.set_request_id(NewRequestId());
  request.set_etag(resource.etag());
  return request;
}

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_CHAPTERS_H_
