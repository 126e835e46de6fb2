#ifndef SAMVERKAN_LIBS_RULES_DEADLINE_H_
#define SAMVERKAN_LIBS_RULES_DEADLINE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/calendar/calendar.h"
#include "libs/rules/clock.h"
#include "libs/rules/rule_set.h"

namespace samverkan::rules {

// A time limit with what it rests on; a plain value to be stored with what it bounds.
struct Deadline {
  // Name of the clock: "decision_to_open".
  std::string clock;
  // The day as counted, of which to warn, and the day after which it is breached; both
  // absent where the law names no time.
  std::optional<absl::CivilDay> due;
  std::optional<absl::CivilDay> latest;
  // The law, and the rule and rule set that say it.
  std::string legal_basis;
  std::string rule_id;
  std::string rule_set_version;
  // The legal reason that alone extends it; empty where nothing does.
  std::string extension_reason;
  // Whether it rests on less than the statute's own text and days: show it so.
  bool marked = false;
  // Whether the day is the system's target for what the law wants "at once" (rule S-001).
  bool is_target = false;
  // Whether its law ends before it does: that it still counts by it is inferred (rule
  // S-003). Such a deadline is marked.
  bool outlives_law = false;
  // Whether a lawyer must confirm it before anybody relies on it.
  bool needs_legal_review = false;
};

// The deadline of a clock that started at `start`, counted by rule P-110 from its legal
// day.
Deadline ComputeDeadline(const ClockAnswer& answer, absl::Time start);

// The deadline that an event at `start` sets: AskClock by the law of the event's legal day,
// then ComputeDeadline. Errors as AskClock.
absl::StatusOr<Deadline> DeadlineFrom(const RuleSet& rules, std::string_view question, std::string_view starts_at,
                                      absl::Time start, std::string_view municipality = "",
                                      std::string_view authority = "");

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_DEADLINE_H_
