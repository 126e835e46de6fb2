#include "libs/identity/find_identity_numbers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "libs/identity/digit_scripts.h"
#include "libs/identity/number_check.h"

namespace samverkan::identity {
namespace {

constexpr int kWidestGap = 8;
constexpr size_t kLongDate = 8;
constexpr size_t kShortDate = 6;

// What stands between a digit and the one before it; each kind includes those above it.
enum class Gap { kNone, kSpace, kMark, kBroken };

struct Digit {
  char ascii = '0';
  Gap before = Gap::kBroken;
  // How many visible characters the gap has.
  int width = 0;
  size_t begin = 0;
  size_t end = 0;
  size_t character = 0;
};

// The digits of a text and what parts them.
std::vector<Digit> ReadDigits(std::string_view text) {
  std::vector<Digit> digits;
  Gap gap = Gap::kBroken;
  int width = 0;
  size_t character = 0;
  for (size_t at = 0; at < text.size(); ++character) {
    const Character next = ReadCharacter(text.substr(at));
    if (next.kind == CharacterKind::kDigit) {
      digits.push_back({.ascii = static_cast<char>('0' + next.value),
                        .before = width > kWidestGap ? Gap::kBroken : gap,
                        .width = width,
                        .begin = at,
                        .end = at + next.size,
                        .character = character});
      gap = Gap::kNone;
      width = 0;
    } else if (next.kind != CharacterKind::kInvisible) {
      gap = std::max(gap, next.kind == CharacterKind::kSpace  ? Gap::kSpace
                          : next.kind == CharacterKind::kMark ? Gap::kMark
                                                              : Gap::kBroken);
      ++width;
    }
    at += next.size;
  }
  return digits;
}

// Looks for numbers among the digits of one text. A window is `count` digits from `at` on.
class Finder {
 public:
  Finder(std::vector<Digit> digits, absl::CivilDay today) : digits_(std::move(digits)), today_(today) {
    for (const Digit& digit : digits_) ascii_ += digit.ascii;
    PartDates();
  }

  std::vector<Found> FindAll() const {
    std::vector<Found> found;
    for (size_t at = 0; at < digits_.size();) {
      const size_t count = CountAt(at);
      if (count > 0) {
        found.push_back({digits_[at].begin, digits_[at + count - 1].end, digits_[at].character});
      }
      at += std::max(count, size_t{1});
    }
    return found;
  }

 private:
  // How many digits the number has that begins at `at`; 0 where none does.
  size_t CountAt(size_t at) const {
    if (IsLongNumber(at)) return kLongForm;
    if (IsShortNumber(at)) return kShortForm;
    return 0;
  }

  bool IsLongNumber(size_t at) const { return IsLinked(at, kLongForm) && CheckLong(at) == Fault::kNone; }

  bool IsShortNumber(size_t at) const {
    if (!IsLinked(at, kShortForm) || !CheckShort(at)) return false;
    const bool in_groups = StartsGroup(at) && EndsGroup(at + kShortForm - 1);
    return (in_groups || WidestGap(at, kShortForm) == Gap::kNone) && !IsInMistypedNumber(at);
  }

  Fault CheckLong(size_t at) const { return Check(std::string_view(ascii_).substr(at, kLongForm), today_); }

  // Whether the date is possible in one of the centuries that ten digits can mean.
  bool CheckShort(size_t at) const {
    const std::string_view digits = std::string_view(ascii_).substr(at, kShortForm);
    return Check(WithCentury(digits, false, today_), today_) == Fault::kNone ||
           Check(WithCentury(digits, true, today_), today_) == Fault::kNone;
  }

  // Whether ten digits at `at` lie in twelve that stand alone and are a number but for
  // their check digit: ten of them would match by chance only.
  bool IsInMistypedNumber(size_t at) const {
    for (size_t start = at - std::min(at, kLongForm - kShortForm); start <= at; ++start) {
      if (IsLinked(start, kLongForm) && StandsAlone(start) && CheckLong(start) == Fault::kCheckDigit) return true;
    }
    return false;
  }

  // Whether the twelve digits at `at` are one group, or are parted from all others.
  bool StandsAlone(size_t at) const {
    const bool one_group = WidestGap(at, kLongForm) == Gap::kNone;
    return one_group ? StartsGroup(at) && EndsGroup(at + kLongForm - 1)
                     : GapBefore(at) == Gap::kBroken && GapBefore(at + kLongForm) == Gap::kBroken;
  }

  // Parts dates that begin no number from the digits beside them, and any date from a time
  // of day or a further date behind it.
  void PartDates() {
    for (size_t at = 0; at < digits_.size(); ++at) {
      const size_t length = DateLength(at);
      if (length == 0) continue;
      const size_t next = at + length;
      const bool goes_on = !IsTimeOfDay(next) && !IsSecondDate(next, length);
      if (goes_on && (length == kShortDate || IsLongNumber(at))) continue;
      if (length == kLongDate) digits_[at].before = Gap::kBroken;
      if (next < digits_.size()) digits_[next].before = Gap::kBroken;
    }
  }

  // "14.30" or "14-16", a space before it.
  bool IsTimeOfDay(size_t at) const {
    const bool in_pairs = GapBefore(at) == Gap::kSpace && GapBefore(at + 1) == Gap::kNone &&
                          GapBefore(at + 2) == Gap::kMark && GapBefore(at + 3) == Gap::kNone && EndsGroup(at + 3);
    return in_pairs && Number(at, 2) <= 24 && Number(at + 2, 2) < 60;
  }

  // Whether a span of dates of `length` digits goes on with a date at `at`. Six pairs with
  // one sign between each are no span but may be a number.
  bool IsSecondDate(size_t at, size_t length) const {
    return DateLength(at) == length && (length == kLongDate || digits_[at].width > 1);
  }

  // How many digits the date of our times has that stands at `at` by itself, "2024-04-01",
  // "20240401", "24-04-01" or "240401"; 0 where none does.
  size_t DateLength(size_t at) const {
    for (const size_t length : {kLongDate, kShortDate}) {
      if (IsWrittenAsDate(at, length)) {
        const std::string digits = (length == kShortDate ? "20" : "") + ascii_.substr(at, length);
        const bool ours = digits.starts_with("19") || digits.starts_with("20");
        if (ours && !HasCoordinationDay(digits) && BirthDay(digits).has_value()) return length;
      }
    }
    return 0;
  }

  // Whether `length` digits are one group, or year, month and day with a mark between each.
  bool IsWrittenAsDate(size_t at, size_t length) const {
    if (!IsLinked(at, length) || !StartsGroup(at) || !EndsGroup(at + length - 1)) return false;
    const Gap between = GapBefore(at + length - 2);
    if (between != Gap::kNone && between != Gap::kMark) return false;
    for (size_t i = 1; i < length; ++i) {
      const bool begins_part = i == length - 4 || i == length - 2;
      if (GapBefore(at + i) != (begins_part ? between : Gap::kNone)) return false;
    }
    return true;
  }

  int Number(size_t at, size_t count) const {
    int number = 0;
    for (size_t i = at; i < at + count; ++i) number = number * 10 + (ascii_[i] - '0');
    return number;
  }

  // Whether the window lies in the text and nothing in it parts two numbers.
  bool IsLinked(size_t at, size_t count) const {
    return at + count <= digits_.size() && WidestGap(at, count) != Gap::kBroken;
  }

  Gap WidestGap(size_t at, size_t count) const {
    Gap widest = Gap::kNone;
    for (size_t i = at + 1; i < at + count; ++i) widest = std::max(widest, digits_[i].before);
    return widest;
  }

  // What stands before the digit at `at`; behind the last one nothing goes on.
  Gap GapBefore(size_t at) const { return at < digits_.size() ? digits_[at].before : Gap::kBroken; }

  bool StartsGroup(size_t at) const { return GapBefore(at) != Gap::kNone; }
  bool EndsGroup(size_t at) const { return GapBefore(at + 1) != Gap::kNone; }

  std::vector<Digit> digits_;
  const absl::CivilDay today_;
  std::string ascii_;
};

}  // namespace

std::vector<Found> FindIdentityNumbers(std::string_view utf8_text, absl::CivilDay today) {
  return Finder(ReadDigits(utf8_text), today).FindAll();
}

}  // namespace samverkan::identity
