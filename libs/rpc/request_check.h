// What holds for every request of every method, whatever it is about.
#ifndef SAMVERKAN_LIBS_RPC_REQUEST_CHECK_H_
#define SAMVERKAN_LIBS_RPC_REQUEST_CHECK_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "libs/status/field_path.h"
#include "libs/status/status.h"

namespace samverkan::rpc {

// Finds, anywhere in a request, enum values that this version does not know and
// text with a NUL character (which PostgreSQL cannot store). Which fields can hold
// either is worked out once; a check costs what the request holds of them. May be
// used by several threads at once.
class RequestCheck {
 public:
  explicit RequestCheck(const google::protobuf::Descriptor& request);

  // OK, or INVALID_ARGUMENT that names the path of every such field, at most 16.
  // `request` must be of the type given above.
  absl::Status Check(const google::protobuf::Message& request) const;

  // The same for text that is not UTF-8, which is why bytes do not parse as a request.
  // OK where they do not for another reason, that no field can be named for.
  absl::Status CheckUtf8(const std::string& bytes) const;

 private:
  using Fields = std::vector<const google::protobuf::FieldDescriptor*>;

  void Plan(const google::protobuf::Descriptor& message);
  // `path` is that of the message; null for the request itself.
  void CheckMessage(const google::protobuf::Message& message, const status::FieldPath* path,
                    status::Violations& violations) const;
  void CheckField(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                  const status::FieldPath& path, status::Violations& violations) const;

  const google::protobuf::Descriptor* request_;
  // The fields to look at, by message.
  std::unordered_map<const google::protobuf::Descriptor*, Fields> plans_;
};

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_REQUEST_CHECK_H_
