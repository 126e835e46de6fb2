#include "libs/category/category.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace samverkan::category {
namespace {

using data::v1::Category;
using google::protobuf::FieldDescriptor;

// As in tools/proto/annotations_check.cc (AIP-122, 154, 155, 158).
constexpr std::array<std::string_view, 6> kFreeOfPersonalData = {"name",       "parent",     "etag",
                                                                 "request_id", "page_token", "next_page_token"};

bool IsDeclaredFree(const FieldDescriptor& field) {
  // Only our own messages follow the convention that these names stand for.
  return field.file()->package().rfind("samverkan.", 0) == 0 &&
         std::find(kFreeOfPersonalData.begin(), kFreeOfPersonalData.end(), field.name()) != kFreeOfPersonalData.end();
}

}  // namespace

Category CategoryOf(const FieldDescriptor& field, Category around) {
  const Category own = field.options().GetExtension(data::v1::category);
  if (own != data::v1::CATEGORY_UNSPECIFIED) return own;
  return IsDeclaredFree(field) ? data::v1::NOT_PERSONAL : around;
}

bool IsPersonal(Category category) {
  return category != data::v1::NOT_PERSONAL && category != data::v1::CATEGORY_UNSPECIFIED;
}

bool HoldsText(const FieldDescriptor& field) {
  if (field.is_map()) {
    return HoldsText(*field.message_type()->map_key()) || HoldsText(*field.message_type()->map_value());
  }
  return field.type() == FieldDescriptor::TYPE_STRING || field.type() == FieldDescriptor::TYPE_BYTES;
}

}  // namespace samverkan::category
