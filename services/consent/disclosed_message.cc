#include "services/consent/disclosed_message.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "libs/disclosure/disclosure.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "samverkan/intake/v1/emergency_access.pb.h"
#include "samverkan/intake/v1/feedback.pb.h"
#include "samverkan/intake/v1/investigation.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "services/consent/child.h"

namespace samverkan::consent {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kTypePrefix[] = "type.googleapis.com/";

// The kinds that can be disclosed: each says in a field `child` whom it is about.
std::array<const Message*, 5> Disclosable() {
  return {&intake::v1::Report::default_instance(), &intake::v1::Investigation::default_instance(),
          &intake::v1::EmergencyAccess::default_instance(), &intake::v1::ExtendedFeedback::default_instance(),
          &v1::Consent::default_instance()};
}

// Where people write what they want.
constexpr std::array<data::v1::Category, 5> kWrittenFreely = {data::v1::CONCERN, data::v1::FAMILY, data::v1::ASSESSMENT,
                                                              data::v1::INVESTIGATION, data::v1::REPORTER_IDENTITY};

absl::Status NotDisclosable() {
  std::vector<std::string> kinds;
  for (const Message* const kind : Disclosable()) kinds.push_back(kind->GetDescriptor()->full_name());
  return status::InvalidArgument(std::vector<status::FieldViolation>{
      {"message", absl::StrCat("expected one of ", absl::StrJoin(kinds, ", "), ", packed as google.protobuf.Any"),
       "Ange ett meddelande av ett slag som kan lämnas ut."}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> UnpackDisclosable(const Any& any) {
  for (const Message* const kind : Disclosable()) {
    if (any.type_url() != kTypePrefix + kind->GetDescriptor()->full_name()) continue;
    std::unique_ptr<Message> message(kind->New());
    if (!message->ParseFromString(any.value())) return NotDisclosable();
    return message;
  }
  return NotDisclosable();
}

absl::Status CheckAbout(const Message& message, const v1::Child& child) {
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName("child");
  const std::string reference = message.GetReflection()->GetString(message, field);
  if (reference == ReferenceOf(child) ||
      std::find(child.aliases().begin(), child.aliases().end(), reference) != child.aliases().end()) {
    return absl::OkStatus();
  }
  return status::FailedPrecondition({.reason = "OTHER_CHILD",
                                     .message = "the message is not about the child that the decision is about; "
                                                "check disclosure for the child that it is about",
                                     .swedish = "Meddelandet gäller ett annat barn än beslutet."});
}

bool IsPermitted(const v1::CategoryDecision& decision) {
  return decision.answer() == v1::CategoryDecision::PERMIT ||
         decision.answer() == v1::CategoryDecision::PERMIT_WITH_CONDITIONS;
}

absl::StatusOr<Filtered> KeepPermitted(const v1::Decision& decision, Message& message) {
  disclosure::Categories permitted;
  for (const v1::CategoryDecision& category : decision.categories()) {
    if (IsPermitted(category)) permitted.insert(category.category());
  }
  if (permitted.empty()) {
    return status::FailedPrecondition({.reason = "NOTHING_PERMITTED",
                                       .message = "the decision permits no category; see `ExplainDecision`",
                                       .swedish = "Beslutet tillåter inte att något lämnas ut."});
  }
  Filtered filtered;
  for (const data::v1::Category category : disclosure::KeepOnly(permitted, message)) {
    if (category != data::v1::CATEGORY_UNSPECIFIED) filtered.withheld.push_back(category);
  }
  const std::unique_ptr<Message> rest(message.New());
  rest->CopyFrom(message);
  const disclosure::Categories written(kWrittenFreely.begin(), kWrittenFreely.end());
  filtered.free_text = !disclosure::KeepOnly(disclosure::AllBut(written), *rest).empty();
  return filtered;
}

absl::Status CheckFreeText(const v1::Circumstances& circumstances, const Filtered& filtered,
                           const std::string& free_text_check) {
  using Protection = rules::v1::Disclosure;
  const bool is_protected = circumstances.protection() != Protection::UNPROTECTED &&
                            circumstances.protection() != Protection::PROTECTION_UNSPECIFIED;
  const bool checked = !absl::StripAsciiWhitespace(free_text_check).empty();
  if (!is_protected || !filtered.free_text || checked) return absl::OkStatus();
  return status::FailedPrecondition(
      {.reason = "FREE_TEXT_UNCHECKED",
       .message = "the child's identity is protected and free text is let out: have a person read it, and say in "
                  "`free_text_check` what was found",
       .swedish = "Barnet har skyddade personuppgifter. Läs fritexten och ange vad granskningen visade."});
}

}  // namespace samverkan::consent
