#include "libs/outbox/audit_erasure.h"

#include "libs/clock/clock.h"
#include "libs/rpc/client.h"
#include "libs/rpc/trace_context.h"
#include "libs/status/grpc.h"
#include "samverkan/audit/v1/audit.grpc.pb.h"

namespace samverkan::outbox {
namespace {

constexpr absl::Duration kLongestErasure = absl::Seconds(10);

}  // namespace

EraseEntries EraseEntriesOver(const std::shared_ptr<grpc::Channel>& channel) {
  const std::shared_ptr<audit::v1::AuditService::Stub> stub = audit::v1::AuditService::NewStub(channel);
  return [stub](const audit::v1::EraseEntriesRequest& request) -> absl::Status {
    grpc::ClientContext context;
    rpc::Prepare(clock::SystemClock().Now() + kLongestErasure, rpc::NewTrace(), context);
    audit::v1::EraseEntriesResponse response;
    return status::FromGrpc(stub->EraseEntries(&context, request, &response));
  };
}

}  // namespace samverkan::outbox
