// The one place where an absl::Status becomes what a client sees.
#ifndef SAMVERKAN_LIBS_STATUS_GRPC_H_
#define SAMVERKAN_LIBS_STATUS_GRPC_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace samverkan::status {

// The status as it leaves the process: code, message, and a google.rpc.Status with
// the payloads in `grpc-status-details-bin`.
//
// Only what the builders of status.h made leaves word by word. INTERNAL, UNKNOWN
// and DATA_LOSS leave as INTERNAL with a fixed text. A status without ErrorInfo
// keeps its code, with the code's name as reason and a fixed text. Marks
// (`Hidden`) are stripped.
grpc::Status ToGrpc(const absl::Status& status);

// The inverse, for callers of other services: the payloads come back, so that
// `Reason` and the like work on it.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace samverkan::status

#endif  // SAMVERKAN_LIBS_STATUS_GRPC_H_
