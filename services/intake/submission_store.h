#ifndef SAMVERKAN_SERVICES_INTAKE_SUBMISSION_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_SUBMISSION_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/idempotency/request_log.h"
#include "libs/pg/transaction.h"
#include "libs/rpc/call_context.h"
#include "libs/sealing/data_key.h"
#include "services/intake/report.h"
#include "services/intake/store_parts.h"

// The SQL of submissions: new reports with their clocks, feedback, meeting, events, audit
// entry and request id, all or none.
namespace samverkan::intake {

// Stores new reports on the hot path and returns their names when they are durable; those
// of the first time where the request is repeated. ALREADY_EXISTS, reason
// REQUEST_ID_REUSED. Other errors as CombiningWriter and KeyRing::Fresh.
absl::StatusOr<std::vector<std::string>> StoreSubmission(const StoreParts& parts, const rpc::CallContext& call,
                                                         const idempotency::Request& request, ReceivedReports received);

// Stores new reports in the caller's transaction, and returns the key of each.
absl::StatusOr<std::vector<sealing::DataKeyPtr>> StoreSubmissionIn(pg::Transaction& transaction,
                                                                   const StoreParts& parts,
                                                                   const rpc::CallContext& call,
                                                                   const idempotency::Request& request,
                                                                   ReceivedReports received);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_SUBMISSION_STORE_H_
