#include "services/intake/follow_up.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/text.h"

namespace samverkan::intake {
namespace {

using Notices = google::protobuf::RepeatedPtrField<v1::FollowUpNotice>;
using proto_time::ToProto;

// What begins the time, and the rule that permits it.
struct Start {
  const char* question;
  const char* event;
  absl::Time time;
};

Start StartOf(const v1::Investigation& investigation, v1::FollowUp::Ground ground, absl::Time now) {
  if (ground == v1::FollowUp::AFTER_COMPULSORY_CARE) return {kFollowUpAfterLvu, "follow_up_begun", now};
  return {kFollowUpAfterClosing, "investigation_closed",
          proto_time::FromProto(investigation.closing().close_time()).value_or(now)};
}

// Whether the child has reached `age` years on `day`; so where its day of birth is not known:
// then whoever acts says why the child is not told, or may be followed up.
bool HasReached(const ChildFacts& child, int64_t age, absl::CivilDay day) {
  if (!child.birth_day.has_value()) return true;
  const absl::CivilDay& born = *child.birth_day;
  // Born on a leap day, one is a year older on the first of March.
  return absl::CivilDay(born.year() + age, born.month(), born.day()) <= day;
}

absl::StatusOr<rules::Answer> AskAbout(const rules::RuleSet& rules, const Start& start, const PartParent& parent) {
  const Jurisdiction jurisdiction = JurisdictionOf(parent);
  auto answer =
      rules.Ask(start.question, calendar::LegalDay(start.time), jurisdiction.municipality, jurisdiction.authority);
  if (!absl::IsNotFound(answer.status())) return answer;
  return status::FailedPrecondition({"NO_FOLLOW_UP_LAW",
                                     "the law of the day that the time runs from knows no follow-up",
                                     "Lagen medgav ingen uppföljning den dag som tiden räknas från."});
}

absl::Status CheckClosed(const InvestigationRecord& record) {
  if (record.investigation.state() == v1::Investigation::CLOSED && record.running_investigation.empty()) {
    return absl::OkStatus();
  }
  return status::FailedPrecondition(
      {"INVESTIGATION_RUNNING", "an investigation of the child is running", "En utredning om barnet pågår."});
}

bool HasEnded(const v1::Placement* placement) {
  return placement != nullptr && placement->state() == v1::Placement::ENDED;
}

absl::Status CheckGround(const v1::Investigation& investigation, const v1::BeginFollowUpRequest& request,
                         const v1::Placement* placement) {
  const bool after_lvu = request.ground() == v1::FollowUp::AFTER_COMPULSORY_CARE;
  const bool care_ended = HasEnded(placement) && placement->investigation() == investigation.name();
  const bool permitted = after_lvu ? care_ended && placement->ground() == v1::Placement::CARE_OF_YOUNG_PERSONS_ACT
                                   : care_ended || investigation.closing().result() == v1::Closing::WITHOUT_MEASURE;
  if (permitted) return absl::OkStatus();
  return status::FailedPrecondition(
      {"NO_GROUND_FOR_FOLLOW_UP",
       after_lvu ? "name in `placement` the ended placement under LVU of this investigation"
                 : "the investigation led to a measure: name in `placement` an ended placement of it",
       "Uppföljning får ske efter en utredning utan insats eller efter en avslutad placering."});
}

absl::Status CheckAge(const rules::Answer& answer, const PartParent& parent, const v1::BeginFollowUpRequest& request,
                      absl::Time time) {
  if (request.ground() != v1::FollowUp::AFTER_COMPULSORY_CARE || !parent.child.birth_day.has_value()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int64_t age_below, answer.Parameter("age_below"));
  if (!HasReached(parent.child, age_below, calendar::LegalDay(time))) return absl::OkStatus();
  return status::FailedPrecondition({"OF_AGE", "the child is of age", "Barnet har fyllt 18 år."});
}

absl::Status CheckTimeLeft(const v1::Deadline* deadline, absl::Time time) {
  const auto latest =
      deadline == nullptr ? std::optional<absl::CivilDay>() : proto_time::ParseDay(deadline->latest_date());
  if (!latest.has_value() || *latest >= calendar::LegalDay(time)) return absl::OkStatus();
  return status::FailedPrecondition(
      {"FOLLOW_UP_TIME_ENDED", "the time for a follow-up has ended", "Tiden för uppföljning har gått ut."});
}

bool IsAccountedFor(const Notices& notices, v1::FollowUpNotice::Concerned concerned) {
  for (const v1::FollowUpNotice& notice : notices) {
    if (notice.concerned() == concerned) return true;
  }
  return false;
}

absl::Status CheckNotice(const v1::FollowUpNotice& notice, const ChildFacts& child) {
  if (!child.on_hold || notice.concerned() != v1::FollowUpNotice::GUARDIANS || !IsBlank(notice.not_told_reasons())) {
    return absl::OkStatus();
  }
  return status::FailedPrecondition(
      {"ON_HOLD", "a report about the child is on hold: the guardians are not told; say so in `not_told_reasons`",
       "En anmälan om barnet är spärrad. Vårdnadshavarna får inte underrättas."});
}

// That everybody concerned is accounted for, by the age of `answer`, and may be told.
absl::Status CheckNotices(const rules::Answer& answer, const ChildFacts& child, const Notices& notices,
                          absl::Time time) {
  for (const v1::FollowUpNotice& notice : notices) RETURN_IF_ERROR(CheckNotice(notice, child));
  ASSIGN_OR_RETURN(const int64_t informed_age, answer.Parameter("informed_age"));
  const bool child_too = HasReached(child, informed_age, calendar::LegalDay(time));
  if (IsAccountedFor(notices, v1::FollowUpNotice::GUARDIANS) &&
      (!child_too || IsAccountedFor(notices, v1::FollowUpNotice::CHILD))) {
    return absl::OkStatus();
  }
  return status::FailedPrecondition({"NOTICE_MISSING",
                                     absl::StrCat("say in `notices` whether the guardians",
                                                  child_too ? " and the child" : "", " were told, or why not"),
                                     child_too
                                         ? "Ange om vårdnadshavarna och barnet har underrättats, eller varför inte."
                                         : "Ange om vårdnadshavarna har underrättats, eller varför inte."});
}

void AddNotice(v1::FollowUpNotice notice, v1::FollowUpNotice::Occasion occasion, const Act& act,
               v1::FollowUp& follow_up) {
  notice.set_occasion(occasion);
  *notice.mutable_notice_time() = ToProto(act.time);
  notice.set_teller(act.subject);
  *follow_up.add_notices() = std::move(notice);
}

FollowUpChange Changed(FollowUpRecord record, Happening happening) {
  FollowUpChange change;
  change.legal_basis = record.resource.legal_basis();
  change.after = std::move(record);
  change.happening = std::move(happening);
  return change;
}

absl::Status CheckRunning(const v1::FollowUp& follow_up) {
  if (follow_up.state() == v1::FollowUp::RUNNING) return absl::OkStatus();
  return status::FailedPrecondition({"FOLLOW_UP_ENDED", "the follow-up has ended", "Uppföljningen är redan avslutad."});
}

}  // namespace

absl::StatusOr<v1::FollowUp> ViewFor(const auth::Caller& caller, const FollowUpRecord& record) {
  RETURN_IF_ERROR(CheckMayReadPart(caller, record.parent, "follow up"));
  v1::FollowUp view = record.resource;
  view.set_etag(Etag(record.version));
  return view;
}

absl::StatusOr<FollowUpChange> BeginFollowUp(const rules::RuleSet& rules, const PartParent& parent,
                                             const v1::BeginFollowUpRequest& request, const v1::Placement* placement,
                                             const std::string& name, const Act& act) {
  const v1::Investigation& investigation = parent.investigation.investigation;
  RETURN_IF_ERROR(CheckClosed(parent.investigation));
  RETURN_IF_ERROR(CheckGround(investigation, request, placement));
  const Start start = StartOf(investigation, request.ground(), act.time);
  ASSIGN_OR_RETURN(const rules::Answer answer, AskAbout(rules, start, parent));
  RETURN_IF_ERROR(CheckAge(answer, parent, request, act.time));
  RETURN_IF_ERROR(CheckNotices(answer, parent.child, request.notices(), act.time));
  FollowUpRecord record = NewPart<v1::FollowUp>(parent, name, act);
  v1::FollowUp& follow_up = record.resource;
  RETURN_IF_ERROR(
      AddClock(rules, start.question, start.event, start.time, JurisdictionOf(parent), *follow_up.mutable_deadlines()));
  RETURN_IF_ERROR(CheckTimeLeft(FindPending(follow_up.deadlines(), start.question), act.time));
  follow_up.set_state(v1::FollowUp::RUNNING);
  follow_up.set_ground(request.ground());
  follow_up.set_need(request.need());
  follow_up.set_placement(request.placement());
  follow_up.set_beginner(act.subject);
  follow_up.set_legal_basis(absl::StrCat(answer.rule->id(), ", ", answer.version->legal_basis()));
  for (const v1::FollowUpNotice& notice : request.notices()) {
    AddNotice(notice, v1::FollowUpNotice::START, act, follow_up);
  }
  return Changed(std::move(record), {"follow_up.begun", {{"ground", v1::FollowUp::Ground_Name(request.ground())}}});
}

absl::StatusOr<FollowUpChange> RecordFollowUpNotice(FollowUpRecord record,
                                                    const v1::RecordFollowUpNoticeRequest& request, const Act& act) {
  const v1::FollowUpNotice& notice = request.notice();
  RETURN_IF_ERROR(CheckNotice(notice, record.parent.child));
  AddNotice(notice, notice.occasion(), act, record.resource);
  return Changed(std::move(record), {"follow_up.notice_recorded", {}});
}

absl::StatusOr<FollowUpChange> EndFollowUp(const rules::RuleSet& rules, FollowUpRecord record,
                                           const v1::EndFollowUpRequest& request, const Act& act) {
  v1::FollowUp& follow_up = record.resource;
  RETURN_IF_ERROR(CheckRunning(follow_up));
  const absl::Time begun = proto_time::FromProto(follow_up.create_time()).value_or(act.time);
  const Start start = StartOf(record.parent.investigation.investigation, follow_up.ground(), begun);
  ASSIGN_OR_RETURN(const rules::Answer answer, AskAbout(rules, start, record.parent));
  RETURN_IF_ERROR(CheckNotices(answer, record.parent.child, request.notices(), act.time));
  v1::FollowUpEnd& end = *follow_up.mutable_end();
  end.set_reasons(request.reasons());
  *end.mutable_end_time() = ToProto(act.time);
  end.set_ender(act.subject);
  follow_up.set_state(v1::FollowUp::ENDED);
  Meet(*follow_up.mutable_deadlines(), start.question, act.time);
  for (const v1::FollowUpNotice& notice : request.notices()) {
    AddNotice(notice, v1::FollowUpNotice::END, act, follow_up);
  }
  return Changed(std::move(record), {"follow_up.ended", {{"by", "DECISION"}}});
}

FollowUpChange EndByInvestigation(FollowUpRecord record, const std::string& investigation, absl::Time time) {
  v1::FollowUp& follow_up = record.resource;
  v1::FollowUpEnd& end = *follow_up.mutable_end();
  end.set_new_investigation(investigation);
  *end.mutable_end_time() = ToProto(time);
  follow_up.set_state(v1::FollowUp::ENDED);
  EndAll(*follow_up.mutable_deadlines(), time);
  return Changed(std::move(record), {"follow_up.ended", {{"by", "NEW_INVESTIGATION"}}});
}

}  // namespace samverkan::intake
