#include "libs/disclosure/disclosure.h"

#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "libs/category/category.h"

namespace samverkan::disclosure {
namespace {

using data::v1::Category;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsAny(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->well_known_type() == google::protobuf::Descriptor::WELLKNOWNTYPE_ANY;
}

// Where a field of the message at `path` stands.
std::string PathOf(const std::string& path, const FieldDescriptor& field) {
  return path.empty() ? field.name() : path + "." + field.name();
}

class Filter {
 public:
  explicit Filter(const MayStay& may_stay) : may_stay_(may_stay) {}

  // Cleans `message`, which stands at `path`, in a field of the category `around`.
  void Clean(Message& message, const std::string& path, Category around) {
    const Reflection& reflection = *message.GetReflection();
    reflection.MutableUnknownFields(&message)->Clear();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* const field : fields) CleanField(message, *field, PathOf(path, *field), around);
  }

  std::map<std::string, Category> removed() && { return std::move(removed_); }

 private:
  void CleanField(Message& message, const FieldDescriptor& field, const std::string& path, Category around) {
    const Reflection& reflection = *message.GetReflection();
    const Category category = category::CategoryOf(field, around);
    if (!IsKnown(field, category) || !may_stay_(path, category)) {
      reflection.ClearField(&message, &field);
      removed_.emplace(path, category);
      return;
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
    if (!field.is_repeated()) {
      Clean(*reflection.MutableMessage(&message, &field), path, category);
      return;
    }
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      Clean(*reflection.MutableRepeatedMessage(&message, &field, i), path, category);
    }
  }

  // Whether anybody can say what the field holds.
  static bool IsKnown(const FieldDescriptor& field, Category category) {
    if (field.is_extension() || IsAny(field)) return false;
    return category != data::v1::CATEGORY_UNSPECIFIED || !category::HoldsText(field);
  }

  const MayStay& may_stay_;
  std::map<std::string, Category> removed_;
};

}  // namespace

Categories AllBut(const Categories& withheld) {
  Categories permitted;
  const auto* const descriptor = data::v1::Category_descriptor();
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const auto category = static_cast<Category>(descriptor->value(i)->number());
    if (category::IsPersonal(category) && withheld.count(category) == 0) permitted.insert(category);
  }
  return permitted;
}

Categories KeepOnly(const Categories& permitted, Message& message) {
  const MayStay may_stay = [&](const std::string&, Category category) {
    return !category::IsPersonal(category) || permitted.count(category) > 0;
  };
  Categories removed;
  for (const auto& [path, category] : KeepFields(may_stay, message)) removed.insert(category);
  return removed;
}

std::map<std::string, Category> KeepFields(const MayStay& may_stay, Message& message) {
  Filter filter(may_stay);
  filter.Clean(message, "", data::v1::CATEGORY_UNSPECIFIED);
  return std::move(filter).removed();
}

}  // namespace samverkan::disclosure
