#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/idempotency/request_log.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "services/intake/investigation_step.h"
#include "services/intake/names.h"
#include "services/intake/store_parts.h"

namespace samverkan::intake {

// All SQL of investigation steps, as ReportStore of reports. A step is sealed with the key of
// its report or investigation, and gone with it.
class InvestigationStepStore {
 public:
  explicit InvestigationStepStore(const StoreParts& parts) : parts_(parts) {}

  // The report or investigation that a step belongs to.
  struct ParentKey {
    bool is_report = false;
    ResourceKey key = {};
  };

  // What a change does to a step; runs in the transaction, perhaps several times.
  using Transition = std::function<absl::StatusOr<InvestigationStepChange>(InvestigationStepRecord)>;
  // A step after a change.
  struct Changed {
    InvestigationStepRecord record;
    // Whether the request was a repeated one, which changed nothing and left no audit entry:
    // then whoever repeats it may see the step only if it still may.
    bool repeated = false;
  };
  // Records a new step called `id`, which `transition` makes of NewStep; returns that of the
  // first time where the request is repeated. NOT_FOUND, reason REPORT_NOT_FOUND or
  // INVESTIGATION_NOT_FOUND. Nobody closes or decides the parent meanwhile.
  absl::StatusOr<Changed> Add(const rpc::CallContext& call, const ParentKey& parent, const ResourceKey& id,
                              const idempotency::Request& request, const Transition& transition);

  // Changes a step of the caller's board, or one that it was asked. NOT_FOUND, reason
  // INVESTIGATION_STEP_NOT_FOUND.
  absl::StatusOr<Changed> Change(const rpc::CallContext& call, const ResourceKey& id,
                                 const idempotency::Request& request, const Transition& transition);

  // A step. NOT_FOUND, reason INVESTIGATION_STEP_NOT_FOUND.
  absl::StatusOr<InvestigationStepRecord> Find(const rpc::CallContext& call, const ResourceKey& id);

  // A page of steps.
  struct Page {
    std::vector<InvestigationStepRecord> steps;
    // Where the next page goes on; empty on the last.
    std::string next_cursor;
    // Whose they are; empty of ListAsked.
    StepParent parent = {};
  };
  // Those of a report or investigation of the caller's board, latest recorded first, after
  // `cursor`. NOT_FOUND as in Add.
  absl::StatusOr<Page> List(const rpc::CallContext& call, const ParentKey& parent, int32_t page_size,
                            const std::string& cursor);
  // The requests for information of boards of a municipality to the caller's units.
  absl::StatusOr<Page> ListAsked(const rpc::CallContext& call, const std::string& municipality, int32_t page_size,
                                 const std::string& cursor);

  // All steps of a child at the caller's board, oldest first.
  absl::StatusOr<std::vector<InvestigationStepRecord>> ListOfChild(const rpc::CallContext& call, const pg::Uuid& child);

  // Appends the audit entries of a read that shows these, and of `parent` where it is named;
  // returns when they are durable.
  absl::Status RecordRead(const rpc::CallContext& call, const std::vector<const InvestigationStepRecord*>& shown,
                          const StepParent& parent);

 private:
  const StoreParts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_STORE_H_
