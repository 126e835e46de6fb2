#include "libs/rpc/client.h"

#include "grpcpp/create_channel.h"
#include "libs/auth/acting_caller.h"
#include "libs/rpc/connection.h"

namespace samverkan::rpc {
namespace {

constexpr char kServiceConfig[] =
#include "libs/rpc/service_config.inc"
    ;

}  // namespace

std::string_view ServiceConfig() { return kServiceConfig; }

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& target,
                                           const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                                           grpc::ChannelArguments arguments) {
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(absl::ToInt64Milliseconds(kKeepaliveTime)));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(absl::ToInt64Milliseconds(kKeepaliveTimeout)));
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

void Prepare(const CallContext& call, grpc::ClientContext& context) {
  Prepare(call.deadline, call.trace, context);
  // A service that calls for itself is known by that of its own certificate.
  if (call.caller.IsService()) return;
  context.AddMetadata(std::string(auth::kCallerMetadata), auth::WriteCaller(call.caller));
}

void Prepare(absl::Time deadline, const TraceContext& trace, grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(deadline));
  context.AddMetadata(std::string(kTraceHeader), FormatTraceParent(trace));
}

void Prepare(std::string_view token, absl::Time deadline, const TraceContext& trace, grpc::ClientContext& context) {
  Prepare(deadline, trace, context);
  context.AddMetadata("authorization", "Bearer " + std::string(token));
}

}  // namespace samverkan::rpc
