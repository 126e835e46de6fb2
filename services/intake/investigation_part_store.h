#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_STORE_H_

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
#include "samverkan/intake/v1/follow_up.pb.h"
#include "samverkan/intake/v1/placement.pb.h"
#include "samverkan/intake/v1/transfer.pb.h"
#include "services/intake/investigation_part.h"
#include "services/intake/names.h"
#include "services/intake/store_parts.h"

namespace samverkan::intake {

// All SQL of placements, transfers and follow-ups, as ReportStore of reports: they differ in
// what is sealed only. Each is sealed with the key of its investigation, and gone with it; a
// change of one is a note in the investigation.
//
// A transfer is found by the board that is asked too, and read and changed within the board
// that asks: who of the receiver may do what is for `Transition` and the reader to check.
//
// For v1::Placement, v1::Transfer and v1::FollowUp.
template <typename Resource>
class InvestigationPartStore {
 public:
  explicit InvestigationPartStore(const StoreParts& parts) : parts_(parts) {}

  // What a new one is; runs in the transaction, perhaps several times.
  using Creation = std::function<absl::StatusOr<PartChange<Resource>>(const PartParent&)>;
  // What a change does to one; as Creation.
  using Transition = std::function<absl::StatusOr<PartChange<Resource>>(PartRecord<Resource>)>;
  // One after a change.
  struct Changed {
    PartRecord<Resource> record;
    // Whether the request was a repeated one, which changed nothing and left no audit entry:
    // then whoever repeats it may see it only if it still may.
    bool repeated = false;
  };
  // Stores a new one called `id` of the investigation; returns that of the first time where the
  // request is repeated. NOT_FOUND, reason INVESTIGATION_NOT_FOUND; FAILED_PRECONDITION, reason
  // PLACEMENT_RUNNING and the like, where another goes on.
  absl::StatusOr<Changed> Add(const rpc::CallContext& call, const ResourceKey& investigation, const ResourceKey& id,
                              const idempotency::Request& request, const Creation& creation);

  // Changes one. NOT_FOUND, reason PLACEMENT_NOT_FOUND and the like; FAILED_PRECONDITION as Add.
  absl::StatusOr<Changed> Change(const rpc::CallContext& call, const ResourceKey& id,
                                 const idempotency::Request& request, const Transition& transition);

  // NOT_FOUND as Change.
  absl::StatusOr<PartRecord<Resource>> Find(const rpc::CallContext& call, const ResourceKey& id);

  struct Page {
    std::vector<PartRecord<Resource>> records = {};
    // Where the next page goes on; empty on the last.
    std::string next_cursor = {};
    // Whose they are; empty of ListReceived.
    PartParent parent = {};
  };
  // Those of an investigation of the caller's board, latest recorded first, after `cursor`.
  // NOT_FOUND, reason INVESTIGATION_NOT_FOUND.
  absl::StatusOr<Page> List(const rpc::CallContext& call, const ResourceKey& investigation, int32_t page_size,
                            const std::string& cursor);
  // Transfers that the caller's board is asked, as List.
  absl::StatusOr<Page> ListReceived(const rpc::CallContext& call, int32_t page_size, const std::string& cursor);

  // All of a child at the caller's board, oldest first.
  absl::StatusOr<std::vector<Resource>> ListOfChild(const rpc::CallContext& call, const pg::Uuid& child);

  // Appends the audit entries of a read that shows these, of `parent` where they are listed of
  // it; returns when they are durable.
  absl::Status RecordRead(const rpc::CallContext& call, const std::vector<const PartRecord<Resource>*>& shown,
                          const PartParent* parent = nullptr);

 private:
  const StoreParts parts_;
};

using PlacementStore = InvestigationPartStore<v1::Placement>;
using TransferStore = InvestigationPartStore<v1::Transfer>;
using FollowUpStore = InvestigationPartStore<v1::FollowUp>;

// Ends the running follow-up of the child whose investigation was opened, in the transaction
// that opens it, with its event.
absl::Status EndFollowUps(pg::Transaction& transaction, const StoreParts& parts, absl::Time deadline,
                          const v1::Investigation& opened);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_STORE_H_
