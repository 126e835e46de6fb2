#ifndef SAMVERKAN_LIBS_RULES_CLOCK_H_
#define SAMVERKAN_LIBS_RULES_CLOCK_H_

#include <string_view>

#include "absl/time/civil_time.h"
#include "libs/calendar/calendar.h"
#include "samverkan/rules/v1/rule_set.pb.h"

// Clocks of rules, measured and compared. Pure functions.
namespace samverkan::rules {

// The length of `clock`, which must have an amount.
calendar::Span SpanOf(const v1::Clock& clock);

// Whether `clock` is stricter than `other` when both start on `day`: it ends earlier, or, where
// it ends on the earliest day allowed (retention), later.
bool IsStricter(const v1::Clock& clock, const v1::Clock& other, absl::CivilDay day);

// The clock of `rule` that the event `starts_at` starts; null where there is none. Lives as long
// as the rule.
const v1::Clock* ClockAt(const v1::Rule& rule, std::string_view starts_at);

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_CLOCK_H_
