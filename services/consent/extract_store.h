#ifndef SAMVERKAN_SERVICES_CONSENT_EXTRACT_STORE_H_
#define SAMVERKAN_SERVICES_CONSENT_EXTRACT_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "services/consent/extract.h"
#include "services/consent/store_parts.h"

namespace samverkan::consent {

// What is kept about a child for an extract, read by the stores of its nouns, and the audit entries
// of showing it. May be used by any number of threads. Errors as in libs/pg and libs/sealing.
class ExtractStore {
 public:
  explicit ExtractStore(const StoreParts& parts) : parts_(parts) {}

  // All that the caller's authority keeps about the child, by its reference or an alias. NOT_FOUND,
  // reason CHILD_NOT_FOUND.
  absl::StatusOr<ChildRecords> Find(const rpc::CallContext& call, const pg::Uuid& child);

  // What a call shows of it.
  struct Shown {
    // By name.
    std::vector<std::string> resources = {};
    std::string legal_basis = {};
    // In codes, without personal data.
    std::string detail = {};
  };
  // Appends the audit entry of the call; returns when it is durable.
  absl::Status RecordRead(const rpc::CallContext& call, const ChildRecords& records, const Shown& shown);

 private:
  const StoreParts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_EXTRACT_STORE_H_
