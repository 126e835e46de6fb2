#include "libs/calendar/calendar.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace samverkan::calendar {
namespace {

constexpr int kFirstYearOfNationalDay = 2005;

absl::TimeZone LoadStockholm() {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone("Europe/Stockholm", &zone)) {
    std::fputs("Time zone Europe/Stockholm not found: install the package tzdata.\n", stderr);
    std::abort();
  }
  return zone;
}

// Easter Sunday of the Gregorian calendar by the method of Meeus, Jones and Butcher.
absl::CivilDay EasterSunday(absl::civil_year_t year) {
  const absl::civil_year_t a = year % 19;
  const absl::civil_year_t b = year / 100;
  const absl::civil_year_t c = year % 100;
  const absl::civil_year_t f = (b + 8) / 25;
  const absl::civil_year_t g = (b - f + 1) / 3;
  const absl::civil_year_t h = (19 * a + b - b / 4 - g + 15) % 30;
  const absl::civil_year_t l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
  const absl::civil_year_t m = (a + 11 * h + 22 * l) / 451;
  const absl::civil_year_t n = h + l - 7 * m + 114;
  return absl::CivilDay(year, n / 31, n % 31 + 1);
}

// The Saturday in the week that begins with `first`.
absl::CivilDay SaturdayFrom(absl::CivilDay first) { return absl::NextWeekday(first - 1, absl::Weekday::saturday); }

absl::CivilDay MidsummerDay(absl::civil_year_t year) { return SaturdayFrom(absl::CivilDay(year, 6, 20)); }

absl::CivilDay AllSaintsDay(absl::civil_year_t year) { return SaturdayFrom(absl::CivilDay(year, 10, 31)); }

bool IsDate(absl::CivilDay day, int month, int number) { return day.month() == month && day.day() == number; }

bool IsFixedHoliday(absl::CivilDay day) {
  return IsDate(day, 1, 1) || IsDate(day, 1, 6) || IsDate(day, 5, 1) || IsDate(day, 12, 25) || IsDate(day, 12, 26) ||
         (IsDate(day, 6, 6) && day.year() >= kFirstYearOfNationalDay);
}

// Good Friday, Easter Monday, Ascension Day and, until National Day took its place, Whit
// Monday. Easter Day and Whit Sunday are Sundays.
bool IsEasterHoliday(absl::CivilDay day) {
  const absl::civil_diff_t after_easter = day - EasterSunday(day.year());
  return after_easter == -2 || after_easter == 1 || after_easter == 39 ||
         (after_easter == 50 && day.year() < kFirstYearOfNationalDay);
}

bool IsHolidayEve(absl::CivilDay day) {
  return IsDate(day, 12, 24) || IsDate(day, 12, 31) || day + 1 == MidsummerDay(day.year());
}

// `number` of the month `month`, or the month's last day where it is shorter.
absl::CivilDay DayOfMonth(absl::CivilMonth month, int number) {
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month) + (number - 1), last);
}

}  // namespace

absl::TimeZone Stockholm() {
  static const absl::TimeZone zone = LoadStockholm();
  return zone;
}

absl::CivilDay LegalDay(absl::Time instant) { return absl::ToCivilDay(instant, Stockholm()); }

absl::Time StartOf(absl::CivilDay day) { return absl::FromCivil(day, Stockholm()); }

bool IsPublicHoliday(absl::CivilDay day) {
  return absl::GetWeekday(day) == absl::Weekday::sunday || IsFixedHoliday(day) || IsEasterHoliday(day) ||
         day == MidsummerDay(day.year()) || day == AllSaintsDay(day.year());
}

bool IsOrdinaryWeekday(absl::CivilDay day) {
  return absl::GetWeekday(day) != absl::Weekday::saturday && !IsPublicHoliday(day) && !IsHolidayEve(day);
}

absl::CivilDay NextOrdinaryWeekday(absl::CivilDay day) {
  while (!IsOrdinaryWeekday(day)) ++day;
  return day;
}

absl::CivilDay CountFrom(absl::CivilDay start, Span span) {
  switch (span.unit) {
    case Span::Unit::kDays:
      return start + span.amount;
    case Span::Unit::kWeeks:
      return start + absl::civil_diff_t{7} * span.amount;
    case Span::Unit::kMonths:
      return DayOfMonth(absl::CivilMonth(start) + span.amount, start.day());
    case Span::Unit::kYears:
      return DayOfMonth(absl::CivilMonth(start) + absl::civil_diff_t{12} * span.amount, start.day());
  }
  std::abort();
}

Limit LimitFrom(absl::CivilDay start, Span span, bool moves_off_holidays) {
  const absl::CivilDay due = CountFrom(start, span);
  return {.due = due, .latest = moves_off_holidays ? NextOrdinaryWeekday(due) : due};
}

Limit AtOnce(absl::Time received, int late_hour) {
  const absl::CivilHour hour = absl::ToCivilHour(received, Stockholm());
  const absl::CivilDay day = absl::CivilDay(hour) + (hour.hour() >= late_hour ? 1 : 0);
  return {.due = day, .latest = day};
}

}  // namespace samverkan::calendar
