#ifndef SAMVERKAN_LIBS_OUTBOX_AUDIT_ERASURE_H_
#define SAMVERKAN_LIBS_OUTBOX_AUDIT_ERASURE_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "grpcpp/channel.h"
#include "samverkan/audit/v1/audit.pb.h"

namespace samverkan::outbox {

// Erases in the audit log what it tells about a child, idempotently; OK means that it is done for
// good. Thread-safe.
using EraseEntries = std::function<absl::Status(const audit::v1::EraseEntriesRequest&)>;

// Erases over `channel` to the audit service, which knows the service by its certificate. What is
// not answered within ten seconds has failed and may be repeated.
EraseEntries EraseEntriesOver(const std::shared_ptr<grpc::Channel>& channel);

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_AUDIT_ERASURE_H_
