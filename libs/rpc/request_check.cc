#include "libs/rpc/request_check.h"

#include <map>

#include "google/protobuf/stubs/common.h"
#include "google/protobuf/unknown_field_set.h"

namespace samverkan::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// An answer must fit into the client's limit for metadata (8 KiB).
constexpr size_t kMostViolations = 16;
constexpr int kSingle = status::FieldPath::kSingle;

bool HasNul(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  const std::string& text = index == kSingle ? reflection.GetStringReference(message, &field, &scratch)
                                             : reflection.GetRepeatedStringReference(message, &field, index, &scratch);
  return text.find('\0') != std::string::npos;
}

bool IsUnknown(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const int number = index == kSingle ? reflection.GetEnumValue(message, &field)
                                      : reflection.GetRepeatedEnumValue(message, &field, index);
  return field.enum_type()->FindValueByNumber(number) == nullptr;
}

// As deep as protobuf itself reads.
constexpr int kDeepest = 100;

// Reads the wire format without its types, for protobuf stops at the first bad text.
void CheckUtf8In(const std::string& bytes, const Descriptor& message, const status::FieldPath* path, int depth,
                 status::Violations& violations) {
  google::protobuf::UnknownFieldSet fields;
  if (depth > kDeepest || !fields.ParseFromString(bytes)) return;
  std::map<int, int> seen;
  for (int i = 0; i < fields.field_count() && violations.violations().size() < kMostViolations; ++i) {
    const google::protobuf::UnknownField& read = fields.field(i);
    const FieldDescriptor* const field = message.FindFieldByNumber(read.number());
    if (field == nullptr || read.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) continue;
    const status::FieldPath here{path, field->name(), field->is_repeated() ? seen[read.number()]++ : kSingle};
    if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      CheckUtf8In(read.length_delimited(), *field->message_type(), &here, depth + 1, violations);
    } else if (field->type() == FieldDescriptor::TYPE_STRING &&
               !google::protobuf::internal::IsStructurallyValidUTF8(read.length_delimited())) {
      violations.Add(here.ToString(), "expected text in UTF-8", "texten måste vara kodad i UTF-8");
    }
  }
}

}  // namespace

RequestCheck::RequestCheck(const Descriptor& request) : request_(&request) { Plan(request); }

void RequestCheck::Plan(const Descriptor& message) {
  if (!plans_.try_emplace(&message).second) return;
  Fields fields;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.type() == FieldDescriptor::TYPE_STRING || field.type() == FieldDescriptor::TYPE_ENUM) {
      fields.push_back(&field);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Plan(*field.message_type());
      fields.push_back(&field);
    }
  }
  plans_[&message] = std::move(fields);
}

absl::Status RequestCheck::Check(const Message& request) const {
  status::Violations violations;
  CheckMessage(request, nullptr, violations);
  return violations.ToStatus();
}

absl::Status RequestCheck::CheckUtf8(const std::string& bytes) const {
  status::Violations violations;
  CheckUtf8In(bytes, *request_, nullptr, 0, violations);
  return violations.ToStatus();
}

void RequestCheck::CheckMessage(const Message& message, const status::FieldPath* path,
                                status::Violations& violations) const {
  const Reflection& reflection = *message.GetReflection();
  for (const FieldDescriptor* const field : plans_.at(message.GetDescriptor())) {
    if (!field->is_repeated()) {
      const bool is_set = !field->has_presence() || reflection.HasField(message, field);
      if (is_set) CheckField(message, *field, {path, field->name()}, violations);
      continue;
    }
    const int size = reflection.FieldSize(message, field);
    for (int i = 0; i < size; ++i) CheckField(message, *field, {path, field->name(), i}, violations);
  }
}

void RequestCheck::CheckField(const Message& message, const FieldDescriptor& field, const status::FieldPath& path,
                              status::Violations& violations) const {
  if (violations.violations().size() >= kMostViolations) return;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const Reflection& reflection = *message.GetReflection();
    const Message& inner = path.index == kSingle ? reflection.GetMessage(message, &field)
                                                 : reflection.GetRepeatedMessage(message, &field, path.index);
    if (!plans_.at(field.message_type()).empty()) CheckMessage(inner, &path, violations);
  } else if (field.type() == FieldDescriptor::TYPE_ENUM) {
    if (!IsUnknown(message, field, path.index)) return;
    violations.Add(path.ToString(),
                   "expected a value of " + field.enum_type()->full_name() + " that this version knows",
                   "okänt värde i en uppräkning");
  } else if (HasNul(message, field, path.index)) {
    violations.Add(path.ToString(), "expected text without NUL characters", "texten får inte innehålla NUL-tecken");
  }
}

}  // namespace samverkan::rpc
