#ifndef SAMVERKAN_SERVICES_INTAKE_EXTRACT_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_EXTRACT_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "services/intake/extract.h"
#include "services/intake/investigation_part_store.h"
#include "services/intake/investigation_step_store.h"
#include "services/intake/investigation_store.h"
#include "services/intake/report_store.h"
#include "services/intake/store_parts.h"

namespace samverkan::intake {

// A child's file for an extract, read by the stores of its nouns, and the audit entries of
// showing it. May be used by any number of threads. Errors as in libs/pg and libs/sealing.
class ExtractStore {
 public:
  // The stores of what hangs on reports and investigations.
  struct PartStores {
    InvestigationStepStore& steps;
    PlacementStore& placements;
    TransferStore& transfers;
    FollowUpStore& follow_ups;
  };
  // All must outlive the store.
  ExtractStore(const StoreParts& parts, ReportStore& reports, InvestigationStore& investigations,
               const PartStores& part_stores)
      : parts_(parts), reports_(reports), investigations_(investigations), part_stores_(part_stores) {}

  // All that the caller's board keeps about the child. NOT_FOUND, reason CHILD_NOT_FOUND.
  absl::StatusOr<ChildRecords> Find(const rpc::CallContext& call, const pg::Uuid& child);

  // What a call shows of a child's file.
  struct Shown {
    std::string child = {};
    // Reports and investigations, and what hangs on them, by name.
    std::vector<std::string> resources = {};
    std::string legal_basis = {};
    // In codes, without personal data.
    std::string detail = {};
  };
  // Appends the audit entry of the call, with the risk signs of reading the file; returns when it
  // is durable.
  absl::Status RecordRead(const rpc::CallContext& call, const ChildRecords& records, const Shown& shown);

 private:
  const StoreParts parts_;
  ReportStore& reports_;
  InvestigationStore& investigations_;
  const PartStores part_stores_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_EXTRACT_STORE_H_
