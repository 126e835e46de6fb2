#ifndef SAMVERKAN_LIBS_IDENTITY_IDENTITY_NUMBER_H_
#define SAMVERKAN_LIBS_IDENTITY_IDENTITY_NUMBER_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace samverkan::identity {

// A Swedish personal identity number (personnummer) or coordination number
// (samordningsnummer) whose form, date and check digit are right; that somebody bears it
// is not said (folkbokföringslagen 1991:481 18 §, lag 2022:1697). A value.
//
// It identifies a person: it never goes into a resource name, log line, event or error,
// and has no way of printing itself.
class IdentityNumber {
 public:
  // Takes YYMMDDNNNN, YYMMDD-NNNN, YYMMDD+NNNN, YYYYMMDDNNNN, YYYYMMDD-NNNN and
  // YYYYMMDD+NNNN in ASCII, with nothing before or after. `today` is the legal day: it
  // gives ten digits their century and tells which dates lie in the future.
  //
  // A coordination number has 60 added to its day; its month and day may be 00 (unknown).
  // Otherwise INVALID_ARGUMENT; the text says what is wrong and what was expected, without
  // the number or any part of it. Reasons: IDENTITY_NUMBER_FORM,
  // IDENTITY_NUMBER_SEPARATOR, IDENTITY_NUMBER_DATE, IDENTITY_NUMBER_FUTURE,
  // IDENTITY_NUMBER_BIRTH_NUMBER, IDENTITY_NUMBER_CHECK_DIGIT.
  static absl::StatusOr<IdentityNumber> Parse(std::string_view text, absl::CivilDay today);

  // The canonical form: twelve digits, of a coordination number with its 60.
  const std::string& digits() const { return digits_; }

  bool is_coordination_number() const;

  // The day of birth; none where a coordination number names no real date.
  std::optional<absl::CivilDay> birth_day() const;

  bool operator==(const IdentityNumber&) const = default;

 private:
  explicit IdentityNumber(std::string digits);

  std::string digits_;
};

// The Swedish text of an error of IdentityNumber::Parse, for a field violation; empty for
// any other status.
std::string_view SwedishText(const absl::Status& refusal);

}  // namespace samverkan::identity

#endif  // SAMVERKAN_LIBS_IDENTITY_IDENTITY_NUMBER_H_
