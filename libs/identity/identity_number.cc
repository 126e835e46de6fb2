#include "libs/identity/identity_number.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "libs/identity/number_check.h"
#include "libs/status/status.h"

namespace samverkan::identity {
namespace {

struct Explanation {
  Fault fault;
  const char* reason;
  const char* english;
  const char* swedish;
};

constexpr Explanation kExplanations[] = {
    {Fault::kForm, "IDENTITY_NUMBER_FORM",
     "Expected a personal identity number or coordination number of 10 or 12 digits: YYYYMMDD-NNNN, YYYYMMDDNNNN, "
     "YYMMDD-NNNN or YYMMDDNNNN, with '+' in place of '-' from the year in which the person turns 100.",
     "Ange ett personnummer eller samordningsnummer med 10 eller 12 siffror: ÅÅÅÅMMDD-NNNN, ÅÅÅÅMMDDNNNN, ÅÅMMDD-NNNN "
     "eller ÅÅMMDDNNNN, med ”+” i stället för ”-” från det år personen fyller 100."},
    {Fault::kSeparator, "IDENTITY_NUMBER_SEPARATOR",
     "The '+' says that the person turns 100 this year or is older, the year of birth says otherwise: correct the one "
     "that is wrong.",
     "Tecknet ”+” säger att personen fyller 100 i år eller är äldre, men födelseåret säger något annat: rätta det som "
     "är fel."},
    {Fault::kDate, "IDENTITY_NUMBER_DATE",
     "The date of birth in the identity number does not exist: expected year, month and day, for a coordination "
     "number with 60 added to the day.",
     "Födelsedatumet i numret finns inte: ange år, månad och dag, för samordningsnummer med 60 lagt till dagen."},
    {Fault::kFuture, "IDENTITY_NUMBER_FUTURE",
     "The date of birth in the identity number lies in the future: expected today or earlier. For a person who turns "
     "100 this year or is older write 12 digits, or '+' before the last four.",
     "Födelsedatumet i numret ligger i framtiden: ange dagens datum eller ett tidigare. För den som fyller 100 i år "
     "eller är äldre, skriv 12 siffror eller ”+” före de fyra sista."},
    {Fault::kBirthNumber, "IDENTITY_NUMBER_BIRTH_NUMBER",
     "The birth number, the three digits before the last, must be 001 to 999.",
     "Födelsenumret, de tre siffrorna före den sista, ska vara 001 till 999."},
    {Fault::kCheckDigit, "IDENTITY_NUMBER_CHECK_DIGIT",
     "The check digit of the identity number does not match: at least one digit is mistyped.",
     "Kontrollsiffran i numret stämmer inte: minst en siffra är felskriven."},
};

absl::Status Refusal(Fault fault) {
  const auto* const explanation = std::find_if(std::begin(kExplanations), std::end(kExplanations),
                                               [fault](const Explanation& each) { return each.fault == fault; });
  return status::InvalidArgument(
      status::Error{.reason = explanation->reason, .message = explanation->english, .swedish = explanation->swedish});
}

struct Written {
  std::string digits;
  // '-', '+', or 0 for none.
  char separator = 0;
};

// Takes `text` apart; none where it has another form than digits, with a separator
// before the last four at most.
std::optional<Written> Read(std::string_view text) {
  constexpr size_t kAfterSeparator = 4;
  Written written;
  for (size_t i = 0; i < text.size(); ++i) {
    const char character = text[i];
    if (absl::ascii_isdigit(static_cast<unsigned char>(character))) {
      written.digits += character;
    } else if ((character == '-' || character == '+') && text.size() - i == kAfterSeparator + 1) {
      written.separator = character;
    } else {
      return std::nullopt;
    }
  }
  if (written.digits.size() != kShortForm && written.digits.size() != kLongForm) return std::nullopt;
  return written;
}

}  // namespace

IdentityNumber::IdentityNumber(std::string digits) : digits_(std::move(digits)) {}

absl::StatusOr<IdentityNumber> IdentityNumber::Parse(std::string_view text, absl::CivilDay today) {
  const std::optional<Written> written = Read(text);
  if (!written.has_value()) return Refusal(Fault::kForm);
  const bool plus = written->separator == '+';
  const std::string with_century =
      WithCentury(written->digits.substr(written->digits.size() - kShortForm), plus, today);
  const std::string& digits = written->digits.size() == kShortForm ? with_century : written->digits;
  const Fault fault = Check(digits, today);
  if (fault != Fault::kNone) return Refusal(fault);
  if (plus && digits != with_century) return Refusal(Fault::kSeparator);
  return IdentityNumber(digits);
}

bool IdentityNumber::is_coordination_number() const { return HasCoordinationDay(digits_); }

std::optional<absl::CivilDay> IdentityNumber::birth_day() const { return BirthDay(digits_); }

std::string_view SwedishText(const absl::Status& refusal) {
  const std::string reason = status::Reason(refusal);
  const auto* const explanation = std::find_if(std::begin(kExplanations), std::end(kExplanations),
                                               [&reason](const Explanation& each) { return reason == each.reason; });
  return explanation == std::end(kExplanations) ? std::string_view() : explanation->swedish;
}

}  // namespace samverkan::identity
