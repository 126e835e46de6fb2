// Messages of the contract as they may stand in a log.
#ifndef SAMVERKAN_LIBS_LOG_REDACT_H_
#define SAMVERKAN_LIBS_LOG_REDACT_H_

#include <string>

#include "google/protobuf/message.h"

namespace samverkan::log {

// `message` as JSON, proto field names as keys, fields that are not set left out.
//
// A field of a personal category (samverkan.data.v1.category other than
// NOT_PERSONAL) stands as "<CATEGORY>", whatever its type and however much it
// holds; on a message field the category covers all within. Text without any
// category stands as "<UNCATEGORISED>", save the fields that the contract declares
// free of personal data (`name`, `etag` …): what nobody declared is not shown.
// Unknown fields are dropped.
std::string Redacted(const google::protobuf::Message& message);

}  // namespace samverkan::log

#endif  // SAMVERKAN_LIBS_LOG_REDACT_H_
