#ifndef SAMVERKAN_LIBS_IDENTITY_NUMBER_CHECK_H_
#define SAMVERKAN_LIBS_IDENTITY_NUMBER_CHECK_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"

// What makes twelve digits an identity number; shared by the parser and the finder.
namespace samverkan::identity {

// How many digits the canonical form has, and the form without a century.
inline constexpr size_t kLongForm = 12;
inline constexpr size_t kShortForm = 10;

enum class Fault {
  kNone,
  // Not ten or twelve digits with at most one separator.
  kForm,
  // The separator '+' beside a year of birth less than a hundred years ago.
  kSeparator,
  // No such date of birth, or one before anybody who was ever given a number was born.
  kDate,
  // The date of birth is after today.
  kFuture,
  // The birth number 000, which is never given.
  kBirthNumber,
  // The check digit, so some digit, is wrong.
  kCheckDigit,
};

// The first fault of `digits`, twelve ASCII digits YYYYMMDDNNNC, in the order above.
Fault Check(std::string_view digits, absl::CivilDay today);

// Whether the day of `digits`, which begin with YYYYMMDD, carries the 60 of a coordination number.
bool HasCoordinationDay(std::string_view digits);

// The day of birth that `digits`, which begin with YYYYMMDD, name, the 60 taken off; none where there is no such date.
std::optional<absl::CivilDay> BirthDay(std::string_view digits);

// The twelve digits of the ten `digits`. Until the year in which a person turns a hundred
// the separator is '-' or none; from then on it is '+' (folkbokföringslagen 1991:481 18 §).
std::string WithCentury(std::string_view digits, bool plus, absl::CivilDay today);

}  // namespace samverkan::identity

#endif  // SAMVERKAN_LIBS_IDENTITY_NUMBER_CHECK_H_
