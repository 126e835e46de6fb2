#include "libs/outbox/refusal.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "libs/outbox/audit_entry.h"
#include "libs/status/status.h"

namespace samverkan::outbox {
namespace {

constexpr size_t kLongestName = 256;

// Resource names are printable ASCII. Anything else is bad input that the audit service
// would refuse, and all entries behind it would wait.
bool IsPlausibleName(const std::string& name) {
  return name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// The resource that a request names by AIP-131 to 135; empty where it names none.
std::string ResourceOf(const google::protobuf::Message* request) {
  if (request == nullptr) return {};
  for (const char* const field_name : {"name", "parent"}) {
    const auto* const field = request->GetDescriptor()->FindFieldByName(field_name);
    if (field == nullptr || field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) continue;
    std::string name = request->GetReflection()->GetString(*request, field);
    if (IsPlausibleName(name)) return name;
  }
  return {};
}

// Who answers for the data that was asked for; the caller's own where that is not known.
Touched OwnerOf(const rpc::CallContext& call, const absl::Status& refusal) {
  const std::string owner = status::HiddenOwner(refusal);
  const size_t slash = owner.find('/');
  if (slash == std::string::npos) {
    return {.municipality = call.caller.municipality, .authority = call.caller.authority};
  }
  return {.municipality = owner.substr(0, slash), .authority = owner.substr(slash + 1)};
}

}  // namespace

rpc::RefusalRecorder RecordRefusals(pg::CombiningWriter& writer, const Outbox& outbox, const std::string& producer) {
  return [&writer, &outbox, producer](const rpc::CallContext& call, const google::protobuf::Message* request,
                                      const absl::Status& refusal) {
    Touched touched = OwnerOf(call, refusal);
    if (std::string resource = ResourceOf(request); !resource.empty()) touched.resources.push_back(std::move(resource));
    touched.detail = status::Reason(refusal);
    touched.retention = audit::v1::OPERATION;
    return outbox.Append(writer, MakeAuditEntry(call, producer, audit::v1::DENIED, touched), call.deadline);
  };
}

}  // namespace samverkan::outbox
