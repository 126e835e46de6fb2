#include "libs/identity/number_check.h"

#include <algorithm>

namespace samverkan::identity {
namespace {

constexpr int kCoordinationOffset = 60;
constexpr int kMostDays = 31;
constexpr int kMostMonths = 12;

// Numbers were first given in 1947, when nobody alive was born before 1840.
constexpr int kEarliestYear = 1840;

int Number(std::string_view digits, size_t begin, size_t count) {
  int number = 0;
  for (const char digit : digits.substr(begin, count)) number = number * 10 + (digit - '0');
  return number;
}

int Year(std::string_view digits) { return Number(digits, 0, 4); }
int Month(std::string_view digits) { return Number(digits, 4, 2); }
int Day(std::string_view digits) {
  return Number(digits, 6, 2) - (HasCoordinationDay(digits) ? kCoordinationOffset : 0);
}

// A coordination number may leave month and day open (00), and has been given days that
// its month lacks, when the numbers of the true day had run out.
bool HasPlausibleDate(std::string_view digits) {
  if (Year(digits) < kEarliestYear) return false;
  if (!HasCoordinationDay(digits)) return BirthDay(digits).has_value();
  return Month(digits) <= kMostMonths && Day(digits) <= kMostDays;
}

absl::CivilDay EarliestBirthDay(std::string_view digits) {
  return absl::CivilDay(Year(digits), std::max(Month(digits), 1), std::max(Day(digits), 1));
}

// The check digit of the ten digits without century, by the Luhn formula.
bool HasRightCheckDigit(std::string_view digits) {
  int sum = 0;
  for (size_t i = kLongForm - kShortForm; i < kLongForm; ++i) {
    const int product = (digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += product / 10 + product % 10;
  }
  return sum % 10 == 0;
}

}  // namespace

bool HasCoordinationDay(std::string_view digits) { return Number(digits, 6, 2) >= kCoordinationOffset; }

std::optional<absl::CivilDay> BirthDay(std::string_view digits) {
  const absl::CivilDay day(Year(digits), Month(digits), Day(digits));
  // CivilDay turns 30 February into 1 or 2 March.
  if (day.month() != Month(digits) || day.day() != Day(digits)) return std::nullopt;
  return day;
}

Fault Check(std::string_view digits, absl::CivilDay today) {
  if (!HasPlausibleDate(digits)) return Fault::kDate;
  if (EarliestBirthDay(digits) > today) return Fault::kFuture;
  if (Number(digits, 8, 3) == 0) return Fault::kBirthNumber;
  return HasRightCheckDigit(digits) ? Fault::kNone : Fault::kCheckDigit;
}

std::string WithCentury(std::string_view digits, bool plus, absl::CivilDay today) {
  const int latest_year = static_cast<int>(today.year()) - (plus ? 100 : 0);
  const int year = latest_year - (latest_year - Number(digits, 0, 2)) % 100;
  return std::to_string(year / 100) + std::string(digits);
}

}  // namespace samverkan::identity
