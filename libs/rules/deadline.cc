#include "libs/rules/deadline.h"

#include "libs/rules/clock.h"
#include "libs/rules/period.h"
#include "libs/status/macros.h"

namespace samverkan::rules {
namespace {

calendar::Limit LimitOf(const ClockAnswer& answer, absl::Time start) {
  const v1::Clock& clock = *answer.clock;
  if (clock.at_once()) return calendar::AtOnce(start, answer.late_hour);
  return calendar::LimitFrom(calendar::LegalDay(start), SpanOf(clock), clock.moves_off_holidays());
}

bool EndsBefore(const v1::Version& version, absl::CivilDay day) {
  const std::optional<Period> period = PeriodOf(version);
  return period.has_value() && period->last < day;
}

}  // namespace

Deadline ComputeDeadline(const ClockAnswer& answer, absl::Time start) {
  Deadline deadline{.clock = answer.clock->clock(),
                    .due = std::nullopt,
                    .latest = std::nullopt,
                    .legal_basis = answer.version->legal_basis(),
                    .rule_id = answer.rule->id(),
                    .rule_set_version = answer.rule_set_version,
                    .extension_reason = answer.clock->extension_reason(),
                    .marked = answer.marked,
                    .is_target = answer.clock->at_once(),
                    .outlives_law = false,
                    .needs_legal_review = answer.needs_legal_review};
  if (answer.clock->no_limit()) return deadline;
  const calendar::Limit limit = LimitOf(answer, start);
  deadline.due = limit.due;
  deadline.latest = limit.latest;
  deadline.outlives_law = EndsBefore(*answer.version, limit.due);
  deadline.marked |= deadline.outlives_law;
  return deadline;
}

absl::StatusOr<Deadline> DeadlineFrom(const RuleSet& rules, std::string_view question, std::string_view starts_at,
                                      absl::Time start, std::string_view municipality, std::string_view authority) {
  ASSIGN_OR_RETURN(const ClockAnswer answer,
                   rules.AskClock(question, starts_at, calendar::LegalDay(start), municipality, authority));
  return ComputeDeadline(answer, start);
}

}  // namespace samverkan::rules
