#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/idempotency/request_log.h"
#include "libs/pg/transaction.h"
#include "libs/rpc/call_context.h"
#include "services/intake/investigation.h"
#include "services/intake/names.h"
#include "services/intake/store_parts.h"

namespace samverkan::intake {

// Stores a new investigation with its clock and its reports, and ends a follow-up of the child, in
// the caller's transaction.
// FAILED_PRECONDITION, reason INVESTIGATION_RUNNING, where one of the child runs already.
absl::Status InsertInvestigation(pg::Transaction& transaction, const StoreParts& parts, absl::Time deadline,
                                 const v1::Investigation& investigation);

// The column `content`, opened: an investigation without what other columns and tables hold.
// DATA_LOSS where it is not what was stored there.
absl::StatusOr<v1::Investigation> OpenInvestigation(const sealing::DataKey& key, const ResourceKey& id,
                                                    const pg::Bytes& sealed);

// Adds a report to a running investigation, in the caller's transaction; both by resource
// name. FAILED_PRECONDITION, reason NO_RUNNING_INVESTIGATION, where it runs no more.
absl::Status AddReportToInvestigation(pg::Transaction& transaction, const std::string& investigation,
                                      const std::string& report);

// An investigation, and the key that it and what hangs on it are sealed with.
struct FoundInvestigation {
  InvestigationRecord record;
  sealing::DataKeyPtr key;
};

// As InvestigationStore::Find, in the caller's transaction and its scope.
absl::StatusOr<FoundInvestigation> FindInvestigation(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                     const rpc::CallContext& call, const ResourceKey& id);

// Waits for whoever opens an investigation of the child or begins a follow-up: of the two, one
// comes first.
absl::Status LockInvestigationsOfChild(pg::Transaction& transaction, const std::string& child);

// All SQL of investigations, as ReportStore of reports.
class InvestigationStore {
 public:
  // What a change does to an investigation; runs in the transaction, perhaps several times.
  using Transition = std::function<absl::StatusOr<InvestigationChange>(InvestigationRecord)>;

  explicit InvestigationStore(const StoreParts& parts) : parts_(parts) {}

  // An investigation with its clock and reports. NOT_FOUND, reason INVESTIGATION_NOT_FOUND.
  absl::StatusOr<InvestigationRecord> Find(const rpc::CallContext& call, const ResourceKey& id);

  // An investigation after a change.
  struct Changed {
    InvestigationRecord record;
    // Whether the request was a repeated one, which changed nothing and left no audit
    // entry: then whoever repeats it may see the investigation only if it still may.
    bool repeated = false;
  };
  // Changes the investigation `id` by `transition` and returns `result` as it then is:
  // `id` itself, or the investigation that the change opens.
  absl::StatusOr<Changed> Change(const rpc::CallContext& call, const ResourceKey& id, const ResourceKey& result,
                                 const idempotency::Request& request, const Transition& transition);

  // A page of investigations.
  struct Page {
    std::vector<InvestigationRecord> investigations;
    // Where the next page goes on; empty on the last.
    std::string next_cursor;
  };
  // Those that the caller handles, latest opened first, after `cursor`.
  absl::StatusOr<Page> List(const rpc::CallContext& call, const std::string& municipality, int32_t page_size,
                            const std::string& cursor);

  // All investigations of the caller's board of a child, oldest opened first, whoever handles
  // them.
  absl::StatusOr<std::vector<InvestigationRecord>> ListOfChild(const rpc::CallContext& call, const pg::Uuid& child);

  // Appends the audit entry of a read that shows these, and of them what `resources` name;
  // returns when it is durable.
  absl::Status RecordRead(const rpc::CallContext& call, const std::vector<const InvestigationRecord*>& shown,
                          const std::vector<std::string>& resources = {});

 private:
  const StoreParts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STORE_H_
