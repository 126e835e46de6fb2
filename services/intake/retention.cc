#include "services/intake/retention.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/rules/deadline.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::intake {
namespace {

constexpr std::string_view kRetention = "retention";
constexpr std::string_view kNotOpened = "retention_not_opened";
constexpr std::string_view kChildInvestigation = "retention_child_investigation";
constexpr std::string_view kNeverErased = "retention_never_erased";
constexpr std::string_view kResearchSample = "retention_research_sample";

// A day from which something may be erased, and what says so.
struct Earliest {
  absl::CivilDay day;
  const rules::v1::Rule* rule = nullptr;
  const rules::v1::Version* version = nullptr;
  bool marked = false;
};

// When the clock that started with `event` on `start` runs out, by the rules of `today`.
absl::StatusOr<Earliest> EarliestBy(const rules::RuleSet& rules, std::string_view question, std::string_view event,
                                    absl::CivilDay start, absl::CivilDay today, const Jurisdiction& jurisdiction) {
  ASSIGN_OR_RETURN(const rules::ClockAnswer answer,
                   rules.AskClock(question, event, today, jurisdiction.municipality, jurisdiction.authority));
  return Earliest{calendar::CountFrom(start, rules::SpanOf(*answer.clock)), answer.rule, answer.version,
                  answer.marked || answer.needs_legal_review};
}

bool HasParameter(const rules::Answer& answer, absl::string_view prefix, int64_t value) {
  return std::any_of(answer.parameters.begin(), answer.parameters.end(), [&](const auto& parameter) {
    return absl::StartsWith(parameter.first, prefix) && parameter.second == value;
  });
}

// P-084: the whole files of some places, and everywhere those of some birth days.
absl::StatusOr<bool> IsResearchSample(const rules::RuleSet& rules, const ChildFile& file, absl::CivilDay today) {
  const auto answer = rules.Ask(kResearchSample, today, file.jurisdiction.municipality, file.jurisdiction.authority);
  if (absl::IsNotFound(answer.status())) return false;
  RETURN_IF_ERROR(answer.status());
  int municipality = 0;
  if (!absl::SimpleAtoi(file.jurisdiction.municipality, &municipality)) {
    return status::Internal("a municipality's code is no number");
  }
  return HasParameter(*answer, "county_", municipality / 100) || HasParameter(*answer, "municipality_", municipality) ||
         (file.birth_day.has_value() && HasParameter(*answer, "birth_day_", file.birth_day->day()));
}

// P-083: what was made in connection with a placement; which of the child's papers that is
// cannot be told, so it is all of the investigations.
absl::StatusOr<bool> InvestigationsAreKept(const rules::RuleSet& rules, const ChildFile& file, absl::CivilDay today) {
  if (!file.placed) return false;
  const auto answer = rules.Ask(kNeverErased, today, file.jurisdiction.municipality, file.jurisdiction.authority);
  if (absl::IsNotFound(answer.status())) return false;
  RETURN_IF_ERROR(answer.status());
  return true;
}

absl::CivilDay LastNoteOf(const std::vector<const FilePart*>& parts) {
  absl::CivilDay last = parts.front()->last_note;
  for (const FilePart* const part : parts) last = std::max(last, part->last_note);
  return last;
}

absl::CivilDay LastNoteOf(const ChildFile& file) {
  absl::CivilDay last = file.parts.front().last_note;
  for (const FilePart& part : file.parts) last = std::max(last, part.last_note);
  return last;
}

// An investigation with its reports: five years after the last note in the file, and not
// before the child is thirty. Nothing where no day can be told.
absl::StatusOr<std::optional<Earliest>> EarliestOfInvestigation(const rules::RuleSet& rules, const ChildFile& file,
                                                                absl::CivilDay today) {
  ASSIGN_OR_RETURN(const Earliest base,
                   EarliestBy(rules, kRetention, "last_note", LastNoteOf(file), today, file.jurisdiction));
  const auto known =
      rules.AskClock(kChildInvestigation, "birth", today, file.jurisdiction.municipality, file.jurisdiction.authority);
  if (absl::IsNotFound(known.status())) return base;
  if (!file.birth_day.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const Earliest floor,
                   EarliestBy(rules, kChildInvestigation, "birth", *file.birth_day, today, file.jurisdiction));
  return floor.day > base.day ? floor : base;
}

absl::StatusOr<Earliest> EarliestOfReport(const rules::RuleSet& rules, const ChildFile& file, absl::CivilDay last_note,
                                          absl::CivilDay today) {
  auto earliest = EarliestBy(rules, kNotOpened, "last_note", last_note, today, file.jurisdiction);
  if (!absl::IsNotFound(earliest.status())) return earliest;
  // Before the rule of its own, such a report was part of the file.
  return EarliestBy(rules, kRetention, "last_note", LastNoteOf(file), today, file.jurisdiction);
}

v1::ErasureGround GroundOf(const FilePart& part, const Earliest& earliest) {
  v1::ErasureGround ground;
  ground.set_resource(part.resource);
  ground.set_rule(earliest.rule->id());
  ground.set_legal_basis(earliest.version->legal_basis());
  ground.set_unverified(earliest.marked);
  ground.set_earliest_date(proto_time::FormatDay(earliest.day));
  return ground;
}

// What goes together: an investigation with its reports, or one report.
std::vector<std::vector<const FilePart*>> GroupsOf(const ChildFile& file) {
  std::map<std::string, std::vector<const FilePart*>> groups;
  for (const FilePart& part : file.parts) {
    groups[part.investigation.empty() ? part.resource : part.investigation].push_back(&part);
  }
  std::vector<std::vector<const FilePart*>> listed;
  for (auto& [name, parts] : groups) listed.push_back(std::move(parts));
  return listed;
}

absl::Status Refused(const std::string& reason, const std::string& message, const std::string& swedish) {
  return status::FailedPrecondition({.reason = reason, .message = message, .swedish = swedish});
}

}  // namespace

absl::StatusOr<std::vector<v1::ErasureGround>> ErasableOn(const rules::RuleSet& rules, const ChildFile& file,
                                                          absl::CivilDay today) {
  std::vector<v1::ErasureGround> grounds;
  if (file.parts.empty()) return grounds;
  ASSIGN_OR_RETURN(const bool kept, IsResearchSample(rules, file, today));
  if (kept) return grounds;
  ASSIGN_OR_RETURN(const bool placement_kept, InvestigationsAreKept(rules, file, today));
  for (const std::vector<const FilePart*>& group : GroupsOf(file)) {
    if (placement_kept && !group.front()->investigation.empty()) continue;
    if (!std::all_of(group.begin(), group.end(), [](const FilePart* part) { return part->ended; })) continue;
    std::optional<Earliest> earliest;
    if (group.front()->investigation.empty()) {
      ASSIGN_OR_RETURN(earliest, EarliestOfReport(rules, file, LastNoteOf(group), today));
    } else {
      ASSIGN_OR_RETURN(earliest, EarliestOfInvestigation(rules, file, today));
    }
    if (!earliest.has_value() || earliest->day > today) continue;
    for (const FilePart* const part : group) grounds.push_back(GroundOf(*part, *earliest));
  }
  return grounds;
}

absl::StatusOr<absl::Time> NotedBefore(const rules::RuleSet& rules, const Jurisdiction& jurisdiction,
                                       absl::CivilDay today) {
  std::optional<absl::CivilDay> latest;
  for (const std::string_view question : {kNotOpened, kRetention}) {
    const auto answer = rules.AskClock(question, "last_note", today, jurisdiction.municipality, jurisdiction.authority);
    if (absl::IsNotFound(answer.status())) continue;
    RETURN_IF_ERROR(answer.status());
    calendar::Span span = rules::SpanOf(*answer->clock);
    span.amount = -span.amount;
    const absl::CivilDay day = calendar::CountFrom(today, span);
    latest = latest.has_value() ? std::max(*latest, day) : day;
  }
  // Without any rule nothing may go.
  return latest.has_value() ? calendar::StartOf(*latest + 1) : absl::InfinitePast();
}

ErasureRecord ProposeErasure(const ChildFile& file, std::vector<v1::ErasureGround> grounds, const std::string& name,
                             absl::Time now) {
  ErasureRecord record;
  v1::Erasure& erasure = record.erasure;
  erasure.set_name(name);
  erasure.set_authority(
      absl::StrCat("municipalities/", file.jurisdiction.municipality, "/authorities/", file.jurisdiction.authority));
  erasure.set_child(file.child);
  erasure.set_whole_child(grounds.size() == file.parts.size());
  erasure.set_state(v1::Erasure::PROPOSED);
  *erasure.mutable_propose_time() = proto_time::ToProto(now);
  for (v1::ErasureGround& ground : grounds) *erasure.add_grounds() = std::move(ground);
  return record;
}

bool RestsOn(const v1::Erasure& erasure, const ChildFile& file, const std::vector<v1::ErasureGround>& grounds) {
  std::map<std::string, std::string> proposed, now;
  for (const v1::ErasureGround& ground : erasure.grounds()) proposed[ground.resource()] = ground.rule();
  for (const v1::ErasureGround& ground : grounds) now[ground.resource()] = ground.rule();
  return proposed == now && erasure.whole_child() == (grounds.size() == file.parts.size());
}

absl::StatusOr<ErasureRecord> ApproveErasure(ErasureRecord record, const ChildFile& file,
                                             const std::vector<v1::ErasureGround>& grounds, bool held,
                                             const std::string& reasons, const Act& act) {
  v1::Erasure& erasure = record.erasure;
  if (erasure.state() != v1::Erasure::PROPOSED) {
    return Refused("ERASURE_DECIDED", "the erasure was approved already or has lapsed; read it again",
                   "Gallringen är redan beslutad eller inaktuell.");
  }
  if (held) {
    return Refused("LEGAL_HOLD", "the child's file is held; release the hold first, if it may be",
                   "Akten är undantagen från gallring.");
  }
  if (!RestsOn(erasure, file, grounds)) {
    return Refused("ERASURE_OUTDATED", "the file has changed since the erasure was proposed; wait for a new proposal",
                   "Akten har ändrats sedan gallringen föreslogs. Invänta ett nytt förslag.");
  }
  erasure.set_state(v1::Erasure::APPROVED);
  *erasure.mutable_approve_time() = proto_time::ToProto(act.time);
  erasure.set_approver(act.subject);
  erasure.set_reasons(reasons);
  return record;
}

ErasureRecord CompleteErasure(ErasureRecord record, bool forgotten, absl::Time now) {
  if (forgotten) record.erasure.clear_child();
  record.erasure.set_state(v1::Erasure::ERASED);
  *record.erasure.mutable_erase_time() = proto_time::ToProto(now);
  return record;
}

ErasureRecord LapseErasure(ErasureRecord record) {
  record.erasure.set_state(v1::Erasure::LAPSED);
  return record;
}

LegalHoldRecord PlaceLegalHold(const v1::PlaceLegalHoldRequest& request, const std::string& name, const Act& act) {
  LegalHoldRecord record;
  record.hold.set_name(name);
  record.hold.set_authority(request.parent());
  record.hold.set_child(request.child());
  record.hold.set_reasons(request.reasons());
  *record.hold.mutable_place_time() = proto_time::ToProto(act.time);
  record.hold.set_placed_by(act.subject);
  return record;
}

absl::StatusOr<LegalHoldRecord> ReleaseLegalHold(LegalHoldRecord record, const std::string& reasons, const Act& act) {
  if (record.hold.has_release_time()) {
    return Refused("LEGAL_HOLD_RELEASED", "the hold has ended already", "Undantaget har redan upphört.");
  }
  *record.hold.mutable_release_time() = proto_time::ToProto(act.time);
  record.hold.set_released_by(act.subject);
  record.hold.set_release_reasons(reasons);
  return record;
}

std::string BasisOf(const v1::Erasure& erasure) {
  std::set<std::string> bases;
  for (const v1::ErasureGround& ground : erasure.grounds()) {
    bases.insert(absl::StrCat(ground.rule(), ", ", ground.legal_basis()));
  }
  return absl::StrJoin(bases, "; ");
}

std::vector<std::string> ChildrenToldOf(const v1::Erasure& erasure) {
  const bool told = erasure.state() == v1::Erasure::PROPOSED || erasure.state() == v1::Erasure::ERASED;
  if (erasure.child().empty() || !told) return {};
  return {erasure.child()};
}

v1::Erasure ViewOf(const ErasureRecord& record) {
  v1::Erasure view = record.erasure;
  view.set_etag(Etag(record.version));
  return view;
}

v1::LegalHold ViewOf(const LegalHoldRecord& record) {
  v1::LegalHold view = record.hold;
  view.set_etag(Etag(record.version));
  return view;
}

}  // namespace samverkan::intake
