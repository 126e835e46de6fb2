#ifndef SAMVERKAN_SERVICES_INTAKE_SUBMISSION_H_
#define SAMVERKAN_SERVICES_INTAKE_SUBMISSION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/report.pb.h"

// What a reporter says: its checks. Pure functions.
namespace samverkan::intake {

// Whether the law of the day lays a duty to report on the reporter's category.
enum class Mandate {
  // The category is not in the rule set.
  kUnknownCategory,
  // The public: wants to report, need not.
  kNone,
  // Has the duty, and with it the right to the three statutory facts.
  kMandated,
  // The day's list of categories was not read: a lawyer decides.
  kLegalReview,
};

// Something that the joint routine or the law asks of a submission, and that it lacks.
struct FormalFault {
  // Stable code, stored with a report that the reception received: "GUARDIANS_NOT_TOLD".
  std::string code;
  // What a self-service caller is told.
  status::FieldViolation violation;
};

// Everything that a formal check finds. Fields are named from `submission`, siblings from
// `siblings[0]`. `today` is the legal day of the receipt.
std::vector<FormalFault> FormalFaults(const v1::Submission& submission, const std::vector<v1::Child>& siblings,
                                      Mandate mandate, absl::CivilDay today);

// What even the reception's entry is refused for: texts that are too long, too many
// guardians.
std::vector<status::FieldViolation> TechnicalFaults(const v1::Submission& submission,
                                                    const std::vector<v1::Child>& siblings);

// Whether the report goes on hold at its receipt: suspected violence or sexual abuse,
// said as the concern or as the reason why the guardians were not told (source 001,
// annex 4).
bool StartsOnHold(const v1::Submission& submission);

// The child with its identity number in 12 digits. A number that is none stays as it is:
// the reception keeps what it was told.
v1::Child Normalised(v1::Child child, absl::CivilDay today);

// The 12 digits of the child's identity number; empty where it has no valid one.
std::string IdentityDigits(const v1::Child& child, absl::CivilDay today);

// The child's day of birth by its identity number; nothing where that is none or names no day.
std::optional<absl::CivilDay> BirthDayOf(const v1::Child& child);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_SUBMISSION_H_
