// A protoc plugin that generates nothing and fails the build where the contract
// leaves a method without an access rule or a text field without a category.

#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/compiler/plugin.h>
#include <google/protobuf/descriptor.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "samverkan/access/v1/access.pb.h"
#include "samverkan/data/v1/data.pb.h"

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

// Fields that hold no personal data wherever they stand (AIP-122, 154, 155, 158).
constexpr std::array<std::string_view, 6> kFreeOfPersonalData = {"name",       "parent",     "etag",
                                                                 "request_id", "page_token", "next_page_token"};

void CheckMethod(const MethodDescriptor& method, std::vector<std::string>& faults) {
  const auto& rule = method.options().GetExtension(samverkan::access::v1::rule);
  if (rule.roles().empty()) {
    faults.push_back(method.full_name() + ": no role in (samverkan.access.v1.rule)");
  }
  if (rule.action() == samverkan::access::v1::ACTION_UNSPECIFIED) {
    faults.push_back(method.full_name() + ": no action in (samverkan.access.v1.rule)");
  }
}

bool HoldsText(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_STRING || field.type() == FieldDescriptor::TYPE_BYTES;
}

bool IsFreeOfPersonalData(const FieldDescriptor& field) {
  for (const std::string_view name : kFreeOfPersonalData) {
    if (field.name() == name) return true;
  }
  return field.containing_type()->options().map_entry();
}

void CheckMessage(const Descriptor& message, std::vector<std::string>& faults) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const bool categorised =
        field.options().GetExtension(samverkan::data::v1::category) != samverkan::data::v1::CATEGORY_UNSPECIFIED;
    if (!categorised && HoldsText(field) && !IsFreeOfPersonalData(field)) {
      faults.push_back(field.full_name() + ": no (samverkan.data.v1.category)");
    }
  }
  for (int i = 0; i < message.nested_type_count(); ++i) CheckMessage(*message.nested_type(i), faults);
}

class AnnotationsCheck : public google::protobuf::compiler::CodeGenerator {
 public:
  bool Generate(const FileDescriptor* file, const std::string&, google::protobuf::compiler::GeneratorContext*,
                std::string* error) const override {
    std::vector<std::string> faults;
    for (int i = 0; i < file->message_type_count(); ++i) CheckMessage(*file->message_type(i), faults);
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        CheckMethod(*file->service(i)->method(j), faults);
      }
    }
    for (const std::string& fault : faults) *error += "\n  " + fault;
    return faults.empty();
  }

  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace

int main(int argc, char** argv) {
  AnnotationsCheck check;
  return google::protobuf::compiler::PluginMain(argc, argv, &check);
}
