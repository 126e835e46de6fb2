#include "tests/e2e/personal_texts.h"

#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/category/category.h"
#include "samverkan/audit/v1/audit.pb.h"

namespace samverkan::tests {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kUuid = 36;
constexpr std::string_view kEntries = "entries/";

bool IsUuid(std::string_view text) {
  if (text.size() != kUuid) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

// "municipalities/0180/reports/{uuid}", "…/feedback", or the bare UUID; "entries/10".
bool IsReference(std::string_view text) {
  if (text.substr(0, kEntries.size()) == kEntries) return true;
  for (size_t i = 0; i + kUuid <= text.size(); ++i) {
    if (IsUuid(text.substr(i, kUuid))) return text.find(' ') == std::string_view::npos;
  }
  return false;
}

// "report.decided", by the contract (PrivatePart.detail).
bool IsCode(const FieldDescriptor& field) {
  return field.containing_type() == audit::v1::PrivatePart::descriptor() && field.name() == "detail";
}

// Twelve digits, where it is an identity number of this century.
std::string DigitsOf(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits += c;
  }
  return digits.size() == 10 ? absl::StrCat("20", digits) : digits;
}

}  // namespace

std::vector<std::string> AllowedTexts() {
  return {"skolsystemet",       "arendesystemet",     "uppfoljningen", "skarholmen",
          "utbildningsnamnden", "hasselby-vallingby", "socialnamnden", "mottagningsenheten",
          "ungdomsenheten",     "barnenheten",        "intake"};
}

void PersonalTexts::See(const Message& message) { SeeFields(message, data::v1::CATEGORY_UNSPECIFIED); }

void PersonalTexts::SeeFields(const Message& message, data::v1::Category around) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    const data::v1::Category category = category::CategoryOf(*field, around);
    const int size = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        SeeFields(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                       : reflection.GetMessage(message, field),
                  category);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && category::IsPersonal(category)) {
        SeeText(*field, field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                             : reflection.GetString(message, field));
      }
    }
  }
}

void PersonalTexts::SeeText(const FieldDescriptor& field, const std::string& text) {
  if (IsReference(text) || IsCode(field)) return;
  if (field.name() == "identity_number" && DigitsOf(text).size() == 12) planted_.AddIdentityNumber(DigitsOf(text));
  // The unit alone: what stands before it is in every name.
  const size_t slash = absl::StartsWith(text, "municipalities/") ? text.rfind('/') + 1 : 0;
  planted_.AddWithParts(std::string_view(text).substr(slash));
}

}  // namespace samverkan::tests
