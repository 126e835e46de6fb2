#ifndef SAMVERKAN_LIBS_CALENDAR_CALENDAR_H_
#define SAMVERKAN_LIBS_CALENDAR_CALENDAR_H_

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

// Legal time and the counting of time limits (rule P-110).
//
// Legal time is the civil time of Europe/Stockholm; a legal day is a civil day there.
// Everything here is a pure function and may be called from any thread.
namespace samverkan::calendar {

// Europe/Stockholm. The process ends with a message where the machine has no time zone
// data (package tzdata), because every legal day would be wrong without it.
absl::TimeZone Stockholm();

// The legal day in which `instant` falls.
absl::CivilDay LegalDay(absl::Time instant);

// The first instant of `day`. A day has ended at StartOf(day + 1), 23 to 25 hours later.
absl::Time StartOf(absl::CivilDay day);

// Whether `day` is a public holiday (lag 1989:253 om allmänna helgdagar). Every Sunday is
// one. National Day counts from 2005, Whit Monday to 2004; years before 1990, when the
// law came into force, are answered as if it had held.
bool IsPublicHoliday(absl::CivilDay day);

// Whether a time limit may end on `day` (lag 1930:173 2 §): not a Saturday, public holiday,
// Midsummer Eve, Christmas Eve or New Year's Eve.
bool IsOrdinaryWeekday(absl::CivilDay day);

// The first ordinary weekday that is not before `day`: `day` itself if it is one.
absl::CivilDay NextOrdinaryWeekday(absl::CivilDay day);

// A length of time as a law says it.
struct Span {
  enum class Unit { kDays, kWeeks, kMonths, kYears };

  int amount = 0;
  Unit unit = Unit::kDays;

  bool operator==(const Span&) const = default;
};

// The day on which a limit of `span` from `start` ends (lag 1930:173 1 §): weeks end on the
// weekday of `start`, months and years on its day of the month, or on the month's last
// day where that month has no such day. A negative amount counts backwards.
absl::CivilDay CountFrom(absl::CivilDay start, Span span);

// The last day of a time limit, twice: `due` as counted, by which to act and of which to
// warn, and `latest`, after which the limit is breached. Never due > latest.
struct Limit {
  absl::CivilDay due;
  absl::CivilDay latest;

  bool operator==(const Limit&) const = default;
};

// The limit of `span` from `start`. Where `moves_off_holidays`, `latest` is the first
// ordinary weekday from `due` on; whether a limit moves is for the rule set to say.
Limit LimitFrom(absl::CivilDay start, Span span, bool moves_off_holidays);

// The limit of what must be done at once: the legal day of `received`, or the day after
// where `received` is at or after `late_hour` (0-24; 24: never late) o'clock in legal time.
// It moves off no holiday.
Limit AtOnce(absl::Time received, int late_hour = 16);

}  // namespace samverkan::calendar

#endif  // SAMVERKAN_LIBS_CALENDAR_CALENDAR_H_
