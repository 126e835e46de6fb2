#ifndef SAMVERKAN_SERVICES_INTAKE_CONSULTATION_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_CONSULTATION_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/idempotency/request_log.h"
#include "libs/rpc/call_context.h"
#include "services/intake/consultation.h"
#include "services/intake/names.h"
#include "services/intake/store_parts.h"

namespace samverkan::intake {

// All SQL of consultations. Every change writes its event, its audit entry and its request
// id in its own transaction. May be used by any number of threads. Errors beside those
// named: as in libs/pg.
class ConsultationStore {
 public:
  // What a change does to a consultation; runs in the transaction, perhaps several times.
  using Transition = std::function<absl::StatusOr<ConsultationChange>(ConsultationRecord)>;

  explicit ConsultationStore(const StoreParts& parts) : parts_(parts) {}

  // A consultation after a change.
  struct Changed {
    ConsultationRecord record;
    // Whether the request was a repeated one, which changed nothing and left no audit
    // entry: then whoever repeats it may see the consultation only if it still may.
    bool repeated = false;
  };
  // Stores a new consultation, and returns it; that of the first time where the request is
  // repeated. ALREADY_EXISTS, reason REQUEST_ID_REUSED.
  absl::StatusOr<Changed> Create(const rpc::CallContext& call, const idempotency::Request& request,
                                 const ConsultationRecord& record);

  // A consultation. NOT_FOUND, reason CONSULTATION_NOT_FOUND.
  absl::StatusOr<ConsultationRecord> Find(const rpc::CallContext& call, const ResourceKey& id);

  // Changes a consultation by `transition` and returns it as it then is.
  absl::StatusOr<Changed> Change(const rpc::CallContext& call, const ResourceKey& id,
                                 const idempotency::Request& request, const Transition& transition);

  // A page of consultations.
  struct Page {
    std::vector<ConsultationRecord> consultations;
    // Where the next page goes on; empty on the last.
    std::string next_cursor;
  };
  // Those that the caller's authority was asked, where it is staff there, and those that
  // its units asked, newest first, after `cursor`.
  absl::StatusOr<Page> List(const rpc::CallContext& call, const std::string& municipality, int32_t page_size,
                            const std::string& cursor);

  // Appends the audit entry of a read that shows these; returns when it is durable.
  absl::Status RecordRead(const rpc::CallContext& call, const std::vector<const ConsultationRecord*>& shown);

 private:
  const StoreParts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_CONSULTATION_STORE_H_
