#include "tools/processing_record/contract.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace samverkan::processing_record {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kSuite[] = "samverkan.";

bool IsPersonal(data::v1::Category category) {
  return category != data::v1::CATEGORY_UNSPECIFIED && category != data::v1::NOT_PERSONAL;
}

// Adds what a message of this type can hold. `seen` keeps a type that holds itself from
// being walked for ever.
void AddCategories(const Descriptor& message, std::set<const Descriptor*>& seen, Categories& categories) {
  if (!seen.insert(&message).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const data::v1::Category category = field.options().GetExtension(data::v1::category);
    if (IsPersonal(category)) categories.insert(category);
    if (field.message_type() != nullptr) AddCategories(*field.message_type(), seen, categories);
  }
}

Categories CategoriesOf(const Descriptor& message) {
  std::set<const Descriptor*> seen;
  Categories categories;
  AddCategories(message, seen, categories);
  return categories;
}

void AddMethods(const ServiceDescriptor& service, std::vector<Method>& methods) {
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& method = *service.method(i);
    Categories shown = CategoriesOf(*method.output_type());
    if (shown.empty()) continue;
    Method& added = methods.emplace_back();
    added.package = service.file()->package();
    added.name = absl::StrCat(service.name(), "/", method.name());
    for (const int role : method.options().GetExtension(access::v1::rule).roles()) {
      added.roles.push_back(static_cast<access::v1::Role>(role));
    }
    added.shown = std::move(shown);
  }
}

void AddFile(const FileDescriptor& file, Contract& contract) {
  Categories& held = contract.held[file.package()];
  for (int i = 0; i < file.message_type_count(); ++i) held.merge(CategoriesOf(*file.message_type(i)));
  for (int i = 0; i < file.service_count(); ++i) AddMethods(*file.service(i), contract.methods);
}

}  // namespace

absl::StatusOr<Contract> ReadContract(const std::string& descriptors) {
  google::protobuf::FileDescriptorSet files;
  if (!files.ParseFromString(descriptors)) return absl::InvalidArgumentError("the contract is no FileDescriptorSet");
  google::protobuf::DescriptorPool pool;
  Contract contract;
  for (const google::protobuf::FileDescriptorProto& file : files.file()) {
    const FileDescriptor* const built = pool.BuildFile(file);
    if (built == nullptr) return absl::InvalidArgumentError(absl::StrCat(file.name(), " lacks an import"));
    if (absl::StartsWith(built->package(), kSuite)) AddFile(*built, contract);
  }
  return contract;
}

}  // namespace samverkan::processing_record
