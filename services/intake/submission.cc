#include "services/intake/submission.h"

#include <google/protobuf/descriptor.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "libs/identity/identity_number.h"
#include "libs/status/field_path.h"
#include "samverkan/data/v1/data.pb.h"
#include "services/intake/text.h"

namespace samverkan::intake {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// In code points. A concern of more is not read by anybody; attachments come another way.
constexpr int kLongestConcern = 20'000;
constexpr int kLongestOther = 1'000;
constexpr int kMostGuardians = 10;

int LongestOf(const FieldDescriptor& field) {
  const auto category = field.options().GetExtension(data::v1::category);
  return category == data::v1::CONCERN || category == data::v1::FAMILY ? kLongestConcern : kLongestOther;
}

void CheckLength(const std::string& text, const FieldDescriptor& field, const status::FieldPath& path,
                 std::vector<status::FieldViolation>& violations) {
  const int longest = LongestOf(field);
  // Most texts are short even in octets.
  if (text.size() <= static_cast<size_t>(longest) || CodePoints(text) <= longest) return;
  violations.push_back({path.ToString(), absl::StrCat("expected at most ", longest, " characters; shorten the text"),
                        absl::StrCat("Högst ", longest, " tecken. Korta texten.")});
}

void CheckLengths(const Message& message, const status::FieldPath& path,
                  std::vector<status::FieldViolation>& violations) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  std::string scratch;
  for (const FieldDescriptor* const field : fields) {
    if (field->is_repeated()) {
      for (int i = 0; field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && i < reflection.FieldSize(message, field);
           ++i) {
        CheckLengths(reflection.GetRepeatedMessage(message, field, i), {&path, field->name(), i}, violations);
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      CheckLengths(reflection.GetMessage(message, field), {&path, field->name()}, violations);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      CheckLength(reflection.GetStringReference(message, field, &scratch), *field, {&path, field->name()}, violations);
    }
  }
}

// Collects the faults of one submission.
class Check {
 public:
  Check(const v1::Submission& submission, Mandate mandate, absl::CivilDay today)
      : submission_(submission), mandate_(mandate), today_(today) {}

  void Kind() {
    if (submission_.kind() == v1::ENTRY_KIND_UNSPECIFIED) {
      Add("KIND_MISSING", "submission.kind", "expected CONCERN_REPORT, APPLICATION or REFERRAL",
          "Ange om det är en orosanmälan, ansökan eller hänvisning.");
    }
    if (submission_.form() == v1::FORM_UNSPECIFIED) {
      Add("FORM_MISSING", "submission.form", "expected WRITTEN or ORAL", "Ange om anmälan är skriftlig eller muntlig.");
    }
  }

  void Reporter() {
    const v1::Reporter& reporter = submission_.reporter();
    if (mandate_ == Mandate::kUnknownCategory) {
      Add("REPORTER_CATEGORY_UNKNOWN", "submission.reporter.category",
          "expected a category code of the rule set in force, such as \"school\", \"police\" or \"public\"",
          "Ange anmälarens kategori med en kod ur regelverket.");
    }
    if (!HasDuty()) return;
    if (reporter.anonymous() || IsBlank(reporter.person_name())) {
      Add("MANDATED_REPORTER_ANONYMOUS", "submission.reporter.person_name",
          "expected the reporter's name: one who has the duty to report cannot be anonymous (P-007)",
          "Ange anmälarens namn. Den som är skyldig att anmäla kan inte vara anonym.");
    }
    Contact();
  }

  void Contact() {
    const v1::ContactPerson& contact = submission_.contact_person();
    if (IsBlank(contact.function())) {
      Add("CONTACT_PERSON_MISSING", "submission.contact_person.function",
          "expected the function that takes receipt and feedback", "Ange vilken funktion som tar emot återkoppling.");
    }
    if (IsBlank(contact.email()) && IsBlank(contact.telephone())) {
      Add("CONTACT_ADDRESS_MISSING", "submission.contact_person.email",
          "expected an email address or a telephone number of the function",
          "Ange e-post eller telefon till funktionen.");
    }
  }

  void Child(const v1::Child& child, const std::string& path) {
    IdentityNumber(child.identity_number(), path, "leave it out and describe the child where it is not known",
                   "beskriv barnet om numret inte är känt");
    if (child.identity_number().empty() && IsBlank(child.description())) {
      Add("CHILD_UNKNOWN", path + ".identity_number",
          "expected the child's identity number, or a description of the child in `description`",
          "Ange barnets personnummer, eller beskriv barnet.");
    }
  }

  void Guardians() {
    for (int i = 0; i < submission_.guardians_size(); ++i) {
      IdentityNumber(submission_.guardians(i).identity_number(), absl::StrCat("submission.guardians[", i, "]"),
                     "leave it out where it is not known", "lämna fältet tomt om numret inte är känt");
    }
  }

  void GuardiansTold() {
    const v1::GuardiansTold& told = submission_.guardians_told();
    if (submission_.kind() == v1::APPLICATION) return;
    switch (told.answer_case()) {
      case v1::GuardiansTold::kTold:
        return;
      case v1::GuardiansTold::kNotTold:
        NotTold(told.not_told());
        return;
      case v1::GuardiansTold::ANSWER_NOT_SET:
        Add("GUARDIANS_NOT_TOLD", "submission.guardians_told",
            "expected `told`, or `not_told` with the reason why the guardians were not told",
            "Ange att vårdnadshavarna är underrättade, eller varför de inte är det.");
    }
  }

  void Concern() {
    if (IsBlank(submission_.concern().what())) {
      Add("CONCERN_MISSING", "submission.concern.what", "expected what the concern is", "Beskriv vad oron består av.");
    }
  }

  void Signature() {
    if (HasDuty() && submission_.form() == v1::WRITTEN && IsBlank(submission_.signature().person_name())) {
      Add("NOT_SIGNED", "submission.signature.person_name",
          "expected who signed the written report: a manager, head teacher or pupil health",
          "Ange vem som har undertecknat: chef, rektor eller elevhälsa.");
    }
  }

  std::vector<FormalFault> faults() && { return std::move(faults_); }

 private:
  void IdentityNumber(const std::string& text, const std::string& path, const char* instead,
                      const char* instead_in_swedish) {
    if (text.empty() || identity::IdentityNumber::Parse(text, today_).ok()) return;
    Add("IDENTITY_NUMBER_INVALID", path + ".identity_number",
        absl::StrCat("expected a personnummer or samordningsnummer with 10 or 12 digits, a possible date and the right "
                     "check digit; ",
                     instead),
        absl::StrCat("Ange ett giltigt personnummer eller samordningsnummer, eller ", instead_in_swedish, "."));
  }

  bool HasDuty() const { return mandate_ == Mandate::kMandated || mandate_ == Mandate::kLegalReview; }

  void NotTold(const v1::NotTold& not_told) {
    if (not_told.reason() == v1::NotTold::REASON_UNSPECIFIED) {
      Add("NOT_TOLD_REASON_MISSING", "submission.guardians_told.not_told.reason",
          "expected the reason why the guardians were not told", "Ange varför vårdnadshavarna inte är underrättade.");
    }
    if (not_told.reason() == v1::NotTold::OTHER && IsBlank(not_told.explanation())) {
      Add("NOT_TOLD_REASON_MISSING", "submission.guardians_told.not_told.explanation",
          "expected an explanation, for the reason is OTHER", "Förklara skälet.");
    }
  }

  void Add(std::string code, std::string field, std::string description, std::string swedish) {
    faults_.push_back({std::move(code), {std::move(field), std::move(description), std::move(swedish)}});
  }

  const v1::Submission& submission_;
  const Mandate mandate_;
  const absl::CivilDay today_;
  std::vector<FormalFault> faults_;
};

}  // namespace

std::vector<FormalFault> FormalFaults(const v1::Submission& submission, const std::vector<v1::Child>& siblings,
                                      Mandate mandate, absl::CivilDay today) {
  Check check(submission, mandate, today);
  check.Kind();
  check.Reporter();
  check.Child(submission.child(), "submission.child");
  for (size_t i = 0; i < siblings.size(); ++i) check.Child(siblings[i], absl::StrCat("siblings[", i, "]"));
  check.Guardians();
  check.GuardiansTold();
  check.Concern();
  check.Signature();
  return std::move(check).faults();
}

std::vector<status::FieldViolation> TechnicalFaults(const v1::Submission& submission,
                                                    const std::vector<v1::Child>& siblings) {
  std::vector<status::FieldViolation> violations;
  CheckLengths(submission, {nullptr, "submission"}, violations);
  if (submission.guardians_size() > kMostGuardians) {
    violations.push_back({"submission.guardians", absl::StrCat("expected at most ", kMostGuardians),
                          absl::StrCat("Högst ", kMostGuardians, " vårdnadshavare.")});
  }
  for (size_t i = 0; i < siblings.size(); ++i) {
    CheckLengths(siblings[i], {nullptr, "siblings", static_cast<int>(i)}, violations);
  }
  return violations;
}

bool StartsOnHold(const v1::Submission& submission) {
  const v1::NotTold::Reason reason = submission.guardians_told().not_told().reason();
  return submission.concern().suspected_violence() || submission.concern().suspected_sexual_abuse() ||
         reason == v1::NotTold::SUSPECTED_VIOLENCE || reason == v1::NotTold::SUSPECTED_SEXUAL_ABUSE;
}

std::string IdentityDigits(const v1::Child& child, absl::CivilDay today) {
  if (child.identity_number().empty()) return {};
  const auto number = identity::IdentityNumber::Parse(child.identity_number(), today);
  return number.ok() ? number->digits() : std::string();
}

v1::Child Normalised(v1::Child child, absl::CivilDay today) {
  if (std::string digits = IdentityDigits(child, today); !digits.empty()) child.set_identity_number(std::move(digits));
  return child;
}

std::optional<absl::CivilDay> BirthDayOf(const v1::Child& child) {
  const auto number = identity::IdentityNumber::Parse(child.identity_number(), absl::CivilDay(9999, 1, 1));
  return number.ok() ? number->birth_day() : std::optional<absl::CivilDay>();
}

}  // namespace samverkan::intake
