#include "libs/rules/clock.h"

namespace samverkan::rules {
namespace {

// The day on which `clock` ends when it starts on `day`, to compare clocks by.
absl::CivilDay EndOf(const v1::Clock& clock, absl::CivilDay day) {
  if (clock.no_limit()) return absl::CivilDay::max();
  if (clock.at_once()) return day;
  return calendar::CountFrom(day, SpanOf(clock));
}

}  // namespace

calendar::Span SpanOf(const v1::Clock& clock) {
  using Unit = calendar::Span::Unit;
  switch (clock.unit()) {
    case v1::Clock::WEEKS:
      return {.amount = clock.amount(), .unit = Unit::kWeeks};
    case v1::Clock::MONTHS:
      return {.amount = clock.amount(), .unit = Unit::kMonths};
    case v1::Clock::YEARS:
      return {.amount = clock.amount(), .unit = Unit::kYears};
    default:
      return {.amount = clock.amount(), .unit = Unit::kDays};
  }
}

bool IsStricter(const v1::Clock& clock, const v1::Clock& other, absl::CivilDay day) {
  const absl::CivilDay end = EndOf(clock, day);
  const absl::CivilDay other_end = EndOf(other, day);
  return clock.earliest() ? end > other_end : end < other_end;
}

const v1::Clock* ClockAt(const v1::Rule& rule, std::string_view starts_at) {
  for (const v1::Clock& clock : rule.clocks()) {
    if (clock.starts_at() == starts_at) return &clock;
  }
  return nullptr;
}

}  // namespace samverkan::rules
