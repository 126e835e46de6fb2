#include "libs/outbox/audit_delivery.h"

#include <utility>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/rpc/client.h"
#include "libs/rpc/trace_context.h"
#include "libs/status/grpc.h"
#include "samverkan/audit/v1/audit.grpc.pb.h"

namespace samverkan::outbox {
namespace {

constexpr absl::Duration kLongestDelivery = absl::Seconds(10);

}  // namespace

Relay::Deliver DeliverTo(const std::shared_ptr<grpc::Channel>& channel) {
  const std::shared_ptr<audit::v1::AuditService::Stub> stub = audit::v1::AuditService::NewStub(channel);
  return [stub](std::vector<audit::v1::Entry> entries) -> absl::Status {
    grpc::ClientContext context;
    rpc::Prepare(clock::SystemClock().Now() + kLongestDelivery, rpc::NewTrace(), context);
    audit::v1::AppendEntriesRequest request;
    for (audit::v1::Entry& entry : entries) *request.add_entries() = std::move(entry);
    audit::v1::AppendEntriesResponse response;
    return status::FromGrpc(stub->AppendEntries(&context, request, &response));
  };
}

}  // namespace samverkan::outbox
