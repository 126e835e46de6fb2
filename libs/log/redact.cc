#include "libs/log/redact.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "libs/category/category.h"
#include "samverkan/data/v1/data.pb.h"

namespace samverkan::log {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;
using data::v1::Category;

Json MessageJson(const Message& message, Category inherited);

// Without an index for a single field, with one for an element of a repeated field.
struct Value {
  const Message& message;
  const FieldDescriptor& field;
  int index = -1;

  template <typename Single, typename Element>
  auto Get(Single single, Element element) const {
    const Reflection& reflection = *message.GetReflection();
    return index < 0 ? (reflection.*single)(message, &field) : (reflection.*element)(message, &field, index);
  }
};

Json EnumJson(const Value& value) {
  const int number = value.Get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
  const EnumValueDescriptor* const named = value.field.enum_type()->FindValueByNumber(number);
  return named != nullptr ? Json(named->name()) : Json(number);
}

Json SubmessageJson(const Value& value, Category inherited) {
  const Reflection& reflection = *value.message.GetReflection();
  return MessageJson(value.index < 0 ? reflection.GetMessage(value.message, &value.field)
                                     : reflection.GetRepeatedMessage(value.message, &value.field, value.index),
                     inherited);
}

Json ValueJson(const Value& value, Category inherited) {
  switch (value.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return value.Get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return value.Get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return value.Get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return value.Get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return value.Get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return value.Get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat);
    case FieldDescriptor::CPPTYPE_BOOL:
      return value.Get(&Reflection::GetBool, &Reflection::GetRepeatedBool);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumJson(value);
    case FieldDescriptor::CPPTYPE_STRING: {
      // Bytes that say nothing about a person are of no use in a log.
      if (value.field.type() == FieldDescriptor::TYPE_BYTES) return "<BYTES>";
      return value.Get(&Reflection::GetString, &Reflection::GetRepeatedString);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SubmessageJson(value, inherited);
  }
  return nullptr;
}

Json FieldJson(const Message& message, const FieldDescriptor& field, Category inherited) {
  const Category category = category::CategoryOf(field, inherited);
  if (category::IsPersonal(category)) return "<" + data::v1::Category_Name(category) + ">";
  if (category == data::v1::CATEGORY_UNSPECIFIED && category::HoldsText(field)) return "<UNCATEGORISED>";
  if (!field.is_repeated()) return ValueJson({message, field}, category);
  Json elements = Json::array();
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) elements.push_back(ValueJson({message, field, i}, category));
  return elements;
}

Json MessageJson(const Message& message, Category inherited) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  Json json = Json::object();
  for (const FieldDescriptor* const field : fields) {
    if (!field->is_extension()) json[field->name()] = FieldJson(message, *field, inherited);
  }
  return json;
}

}  // namespace

std::string Redacted(const Message& message) {
  return MessageJson(message, data::v1::CATEGORY_UNSPECIFIED).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace samverkan::log
