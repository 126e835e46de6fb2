#include "services/intake/deadline.h"

#include <optional>
#include <utility>

#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/rules/deadline.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

std::string DayText(const std::optional<absl::CivilDay>& day) {
  return day.has_value() ? proto_time::FormatDay(*day) : std::string();
}

absl::CivilDay StartDay(const v1::Deadline& deadline) {
  return calendar::LegalDay(proto_time::FromProto(deadline.start_time()).value_or(absl::UnixEpoch()));
}

// What is done too late is a breach even if nobody had noticed yet.
void NoteBreach(v1::Deadline& deadline, absl::Time time) {
  const auto latest = proto_time::ParseDay(deadline.latest_date());
  if (deadline.has_breach_time() || !latest.has_value() || *latest >= calendar::LegalDay(time)) return;
  *deadline.mutable_breach_time() = ToProto(time);
}

void End(v1::Deadline& deadline, v1::Deadline::State state, absl::Time time) {
  NoteBreach(deadline, time);
  deadline.set_state(state);
  *deadline.mutable_end_time() = ToProto(time);
}

}  // namespace

absl::StatusOr<v1::Deadline> StartClock(const rules::RuleSet& rules, std::string_view question,
                                        std::string_view starts_at, absl::Time start,
                                        const Jurisdiction& jurisdiction) {
  ASSIGN_OR_RETURN(
      const rules::Deadline computed,
      rules::DeadlineFrom(rules, question, starts_at, start, jurisdiction.municipality, jurisdiction.authority));
  v1::Deadline deadline;
  deadline.set_clock(computed.clock);
  deadline.set_rule(computed.rule_id);
  deadline.set_legal_basis(computed.legal_basis);
  deadline.set_unverified(computed.marked || computed.needs_legal_review);
  deadline.set_started_by(std::string(starts_at));
  *deadline.mutable_start_time() = ToProto(start);
  deadline.set_due_date(DayText(computed.due));
  deadline.set_latest_date(DayText(computed.latest));
  deadline.set_state(v1::Deadline::PENDING);
  return deadline;
}

absl::Status AddClock(const rules::RuleSet& rules, std::string_view question, std::string_view starts_at,
                      absl::Time start, const Jurisdiction& jurisdiction, Deadlines& deadlines) {
  auto deadline = StartClock(rules, question, starts_at, start, jurisdiction);
  if (absl::IsNotFound(deadline.status())) return absl::OkStatus();
  RETURN_IF_ERROR(deadline.status());
  *deadlines.Add() = *std::move(deadline);
  return absl::OkStatus();
}

v1::Deadline* FindPending(Deadlines& deadlines, std::string_view clock) {
  for (v1::Deadline& deadline : deadlines) {
    if (deadline.clock() == clock && deadline.state() == v1::Deadline::PENDING) return &deadline;
  }
  return nullptr;
}

const v1::Deadline* FindPending(const Deadlines& deadlines, std::string_view clock) {
  for (const v1::Deadline& deadline : deadlines) {
    if (deadline.clock() == clock && deadline.state() == v1::Deadline::PENDING) return &deadline;
  }
  return nullptr;
}

void Meet(Deadlines& deadlines, std::string_view clock, absl::Time time) {
  v1::Deadline* const deadline = FindPending(deadlines, clock);
  if (deadline != nullptr) Meet(*deadline, time);
}

void Meet(v1::Deadline& deadline, absl::Time time) { End(deadline, v1::Deadline::MET, time); }

void EndAll(Deadlines& deadlines, absl::Time time) {
  for (v1::Deadline& deadline : deadlines) {
    if (deadline.state() == v1::Deadline::PENDING) End(deadline, v1::Deadline::ENDED, time);
  }
}

absl::Status Extend(v1::Deadline& deadline, const ExtensionRequest& request, const std::string& legal_ground,
                    const Act& act) {
  if (legal_ground.empty() || request.ground != legal_ground) {
    return status::FailedPrecondition(
        {.reason = "NO_LEGAL_GROUND",
         .message = legal_ground.empty() ? "the law knows no ground that extends this time"
                                         : "the law extends this time only for '" + legal_ground + "'",
         .swedish = legal_ground.empty() ? "Lagen medger ingen förlängning av tiden."
                                         : "Tiden får förlängas endast om det finns " + legal_ground + ".",
         .metadata = {{"ground", legal_ground}, {"legal_basis", deadline.legal_basis()}}});
  }
  const auto day = proto_time::ParseDay(request.latest_date);
  const auto present = proto_time::ParseDay(deadline.latest_date());
  if (!day.has_value() || (present.has_value() && *day <= *present)) {
    return status::InvalidArgument({{"latest_date", "expected a date after the present latest day, as \"2026-01-23\"",
                                     "Ange ett datum efter den nuvarande sista dagen."}});
  }
  NoteBreach(deadline, act.time);
  v1::Extension& extension = *deadline.add_extensions();
  extension.set_previous_latest_date(deadline.latest_date());
  extension.set_latest_date(request.latest_date);
  extension.set_ground(request.ground);
  extension.set_reasons(request.reasons);
  *extension.mutable_extend_time() = ToProto(act.time);
  extension.set_extender(act.subject);
  deadline.set_due_date(request.latest_date);
  deadline.set_latest_date(request.latest_date);
  return absl::OkStatus();
}

absl::StatusOr<std::string> LegalGround(const rules::RuleSet& rules, std::string_view question,
                                        const v1::Deadline& deadline, const Jurisdiction& jurisdiction) {
  ASSIGN_OR_RETURN(const rules::ClockAnswer answer, rules.AskClock(question, deadline.started_by(), StartDay(deadline),
                                                                   jurisdiction.municipality, jurisdiction.authority));
  return answer.clock->extension_reason();
}

}  // namespace samverkan::intake
