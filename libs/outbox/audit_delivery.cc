#include "libs/outbox/audit_delivery.h"

#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/rpc/client.h"
#include "libs/rpc/trace_context.h"
#include "libs/status/grpc.h"
#include "libs/status/status.h"
#include "samverkan/audit/v1/audit.grpc.pb.h"

namespace samverkan::outbox {
namespace {

constexpr absl::Duration kLongestDelivery = absl::Seconds(10);

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  if (file >> token) return token;
  return status::Unavailable({.reason = "SERVICE_TOKEN_MISSING", .message = "the service's own token cannot be read"});
}

}  // namespace

Relay::Deliver DeliverTo(const std::string& target, const std::string& token_file) {
  const std::shared_ptr<audit::v1::AuditService::Stub> stub =
      audit::v1::AuditService::NewStub(rpc::OpenChannel(target));
  return [stub, token_file](std::vector<audit::v1::Entry> entries) -> absl::Status {
    const auto token = ReadToken(token_file);
    if (!token.ok()) return token.status();
    grpc::ClientContext context;
    rpc::Prepare(*token, clock::SystemClock().Now() + kLongestDelivery, rpc::NewTrace(), context);
    audit::v1::AppendEntriesRequest request;
    for (audit::v1::Entry& entry : entries) *request.add_entries() = std::move(entry);
    audit::v1::AppendEntriesResponse response;
    return status::FromGrpc(stub->AppendEntries(&context, request, &response));
  };
}

}  // namespace samverkan::outbox
