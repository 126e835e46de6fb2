#ifndef SAMVERKAN_LIBS_IDENTITY_FIND_IDENTITY_NUMBERS_H_
#define SAMVERKAN_LIBS_IDENTITY_FIND_IDENTITY_NUMBERS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"

namespace samverkan::identity {

// Where an identity number stands in a text: from its first digit to after its last.
struct Found {
  // Bytes of the UTF-8 text: [begin, end).
  size_t begin = 0;
  size_t end = 0;
  // How many characters (Unicode code points) stand before it. A byte that is not
  // well-formed UTF-8 counts as one.
  size_t character = 0;

  bool operator==(const Found&) const = default;
};

// The personal identity and coordination numbers in a text that may hold none, in their
// order, without overlap. Where it can be doubted it finds: a false alarm costs a person
// a rewording, a missed number gives a child away.
//
// A number is 12 digits, or 10 without the century, whose check digit is right and whose
// date is a possible date of birth on the legal day `today`. Digits count in every script,
// raised, circled or Chinese too. Between two digits may stand up to eight spaces or line
// ends, dashes, hyphens, minus or plus signs, full stops, slashes or underscores, and any
// number of invisible characters. Anything else (a letter, comma, colon, bracket) parts
// two numbers.
//
// In longer runs of digits without a gap:
//   - 12 digits are found wherever they stand; 10 digits too, where no gap divides them;
//   - 10 digits with gaps count only where they begin and end with a group of digits;
//   - in 12 digits alone, which are a number but for the check digit, no 10 are looked for.
// Two things that look like numbers by chance are left alone: a date with a time of day
// ("2024-03-15 14.30") and a span of dates ("2024-03-15 - 2024-04-01", "20240315-20240401").
// A date of eight digits that begins no number is part of none.
//
// Not found: numbers in words, letters for digits ("O" for 0), digits in reverse order.
std::vector<Found> FindIdentityNumbers(std::string_view utf8_text, absl::CivilDay today);

}  // namespace samverkan::identity

#endif  // SAMVERKAN_LIBS_IDENTITY_FIND_IDENTITY_NUMBERS_H_
