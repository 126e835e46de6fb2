#include "services/consent/retention.h"

#include <algorithm>
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
#include "services/consent/child.h"
#include "services/consent/names.h"

namespace samverkan::consent {
namespace {

constexpr std::string_view kRetention = "retention";
constexpr std::string_view kChildInvestigation = "retention_child_investigation";
constexpr std::string_view kResearchSample = "retention_research_sample";

// The ground of the clock that started with `event` on `start`, by the rules of `today`.
absl::StatusOr<v1::ErasureGround> GroundBy(const rules::RuleSet& rules, std::string_view question,
                                           std::string_view event, absl::CivilDay start, absl::CivilDay today,
                                           const pg::Scope& authority) {
  ASSIGN_OR_RETURN(const rules::ClockAnswer answer,
                   rules.AskClock(question, event, today, authority.municipality, authority.authority));
  v1::ErasureGround ground;
  ground.set_rule(answer.rule->id());
  ground.set_legal_basis(answer.version->legal_basis());
  ground.set_unverified(answer.marked || answer.needs_legal_review);
  ground.set_earliest_date(proto_time::FormatDay(calendar::CountFrom(start, rules::SpanOf(*answer.clock))));
  return ground;
}

bool HasParameter(const rules::Answer& answer, absl::string_view prefix, int64_t value) {
  return std::any_of(answer.parameters.begin(), answer.parameters.end(), [&](const auto& parameter) {
    return absl::StartsWith(parameter.first, prefix) && parameter.second == value;
  });
}

// P-084: the whole files of some places, and everywhere those of some birth days.
absl::StatusOr<bool> IsResearchSample(const rules::RuleSet& rules, const ChildFile& file, absl::CivilDay today) {
  const auto answer = rules.Ask(kResearchSample, today, file.authority.municipality, file.authority.authority);
  if (absl::IsNotFound(answer.status())) return false;
  RETURN_IF_ERROR(answer.status());
  int municipality = 0;
  if (!absl::SimpleAtoi(file.authority.municipality, &municipality)) {
    return status::Internal("a municipality's code is no number");
  }
  return HasParameter(*answer, "county_", municipality / 100) || HasParameter(*answer, "municipality_", municipality) ||
         (file.birth_day.has_value() && HasParameter(*answer, "birth_day_", file.birth_day->day()));
}

// The grounds that must all hold; nothing where the day of one cannot be told.
absl::StatusOr<std::optional<std::vector<v1::ErasureGround>>> GroundsOf(const rules::RuleSet& rules,
                                                                        const ChildFile& file, absl::CivilDay today) {
  std::vector<v1::ErasureGround> grounds;
  ASSIGN_OR_RETURN(grounds.emplace_back(),
                   GroundBy(rules, kRetention, "last_note", file.last_note, today, file.authority));
  const auto known =
      rules.AskClock(kChildInvestigation, "birth", today, file.authority.municipality, file.authority.authority);
  if (absl::IsNotFound(known.status())) return grounds;
  if (!file.birth_day.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(grounds.emplace_back(),
                   GroundBy(rules, kChildInvestigation, "birth", *file.birth_day, today, file.authority));
  return grounds;
}

absl::Status Refused(const std::string& reason, const std::string& message, const std::string& swedish) {
  return status::FailedPrecondition({.reason = reason, .message = message, .swedish = swedish});
}

}  // namespace

absl::StatusOr<std::vector<v1::ErasureGround>> ErasableOn(const rules::RuleSet& rules,
                                                          const std::optional<ChildFile>& file, absl::CivilDay today) {
  const std::vector<v1::ErasureGround> none;
  if (!file.has_value() || file->on_hold) return none;
  ASSIGN_OR_RETURN(const bool kept, IsResearchSample(rules, *file, today));
  if (kept) return none;
  ASSIGN_OR_RETURN(auto grounds, GroundsOf(rules, *file, today));
  if (!grounds.has_value()) return none;
  // Days are written as "2026-01-23", which sort as the days do.
  const std::string day = proto_time::FormatDay(today);
  const bool passed = std::all_of(grounds->begin(), grounds->end(),
                                  [&](const v1::ErasureGround& ground) { return ground.earliest_date() <= day; });
  return passed ? *std::move(grounds) : none;
}

absl::StatusOr<absl::Time> NotedBefore(const rules::RuleSet& rules, const pg::Scope& authority, absl::CivilDay today) {
  const auto answer = rules.AskClock(kRetention, "last_note", today, authority.municipality, authority.authority);
  // Without any rule nothing may go.
  if (absl::IsNotFound(answer.status())) return absl::InfinitePast();
  RETURN_IF_ERROR(answer.status());
  calendar::Span span = rules::SpanOf(*answer->clock);
  span.amount = -span.amount;
  return calendar::StartOf(calendar::CountFrom(today, span) + 1);
}

ErasureRecord ProposeErasure(const ChildFile& file, const std::vector<v1::ErasureGround>& grounds,
                             const std::string& name, absl::Time now) {
  ErasureRecord record;
  v1::Erasure& erasure = record.erasure;
  erasure.set_name(name);
  erasure.set_authority(MakeName(file.authority.municipality, "authorities", file.authority.authority));
  erasure.set_child(file.child);
  erasure.set_state(v1::Erasure::PROPOSED);
  *erasure.mutable_propose_time() = proto_time::ToProto(now);
  for (const v1::ErasureGround& ground : grounds) *erasure.add_grounds() = ground;
  return record;
}

bool RestsOn(const v1::Erasure& erasure, const std::vector<v1::ErasureGround>& grounds) {
  const auto is_same = [](const v1::ErasureGround& proposed, const v1::ErasureGround& now) {
    return proposed.rule() == now.rule() && proposed.earliest_date() == now.earliest_date();
  };
  return std::equal(erasure.grounds().begin(), erasure.grounds().end(), grounds.begin(), grounds.end(), is_same);
}

absl::StatusOr<ErasureRecord> ApproveErasure(ErasureRecord record, const std::vector<v1::ErasureGround>& grounds,
                                             bool held, const std::string& reasons, const Act& act) {
  v1::Erasure& erasure = record.erasure;
  if (erasure.state() != v1::Erasure::PROPOSED) {
    return Refused("ERASURE_DECIDED", "the erasure was approved already or has lapsed; read it again",
                   "Gallringen är redan beslutad eller inaktuell.");
  }
  if (held) {
    return Refused("LEGAL_HOLD", "the child is held; release the hold first, if it may be",
                   "Uppgifterna om barnet är undantagna från gallring.");
  }
  if (!RestsOn(erasure, grounds)) {
    return Refused("ERASURE_OUTDATED",
                   "something was noted about the child since the erasure was proposed; wait for a new proposal",
                   "Uppgifterna har ändrats sedan gallringen föreslogs. Invänta ett nytt förslag.");
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

}  // namespace samverkan::consent
