#include "libs/disclosure/disclosure.h"

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

class Filter {
 public:
  explicit Filter(const Categories& permitted) : permitted_(permitted) {}

  // Cleans `message`, which stands in a field of the category `around`.
  void Clean(Message& message, Category around) {
    const Reflection& reflection = *message.GetReflection();
    reflection.MutableUnknownFields(&message)->Clear();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* const field : fields) CleanField(message, *field, around);
  }

  Categories removed() && { return std::move(removed_); }

 private:
  void CleanField(Message& message, const FieldDescriptor& field, Category around) {
    const Reflection& reflection = *message.GetReflection();
    const Category category = category::CategoryOf(field, around);
    if (!MayStay(field, category)) {
      reflection.ClearField(&message, &field);
      removed_.insert(category);
      return;
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
    if (!field.is_repeated()) {
      Clean(*reflection.MutableMessage(&message, &field), category);
      return;
    }
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      Clean(*reflection.MutableRepeatedMessage(&message, &field, i), category);
    }
  }

  bool MayStay(const FieldDescriptor& field, Category category) const {
    if (field.is_extension() || IsAny(field)) return false;
    if (category::IsPersonal(category)) return permitted_.count(category) > 0;
    return category == data::v1::NOT_PERSONAL || !category::HoldsText(field);
  }

  const Categories& permitted_;
  Categories removed_;
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
  Filter filter(permitted);
  filter.Clean(message, data::v1::CATEGORY_UNSPECIFIED);
  return std::move(filter).removed();
}

}  // namespace samverkan::disclosure
