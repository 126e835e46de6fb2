#ifndef SAMVERKAN_LIBS_CATEGORY_CATEGORY_H_
#define SAMVERKAN_LIBS_CATEGORY_CATEGORY_H_

#include "google/protobuf/descriptor.h"
#include "samverkan/data/v1/data.pb.h"

// Which category of data a field of the contract holds (samverkan.data.v1.category). Pure
// functions over descriptors.
namespace samverkan::category {

// The category of `field` where the message around it has the category `around`: its own, else
// NOT_PERSONAL for the fields that the contract declares free of personal data (`name`,
// `etag` …), else that of what is around it. CATEGORY_UNSPECIFIED where nobody said any.
data::v1::Category CategoryOf(const google::protobuf::FieldDescriptor& field, data::v1::Category around);

// Whether a field of the category says something about a person.
bool IsPersonal(data::v1::Category category);

// Whether the field holds text or octets, as a map with its keys too: what nobody gave a
// category must then be taken for personal.
bool HoldsText(const google::protobuf::FieldDescriptor& field);

}  // namespace samverkan::category

#endif  // SAMVERKAN_LIBS_CATEGORY_CATEGORY_H_
