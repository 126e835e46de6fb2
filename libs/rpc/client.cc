#include "libs/rpc/client.h"

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/rpc/connection.h"

namespace samverkan::rpc {
namespace {

constexpr char kServiceConfig[] =
#include "libs/rpc/service_config.inc"
    ;

}  // namespace

std::string_view ServiceConfig() { return kServiceConfig; }

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(absl::ToInt64Milliseconds(kKeepaliveTime)));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(absl::ToInt64Milliseconds(kKeepaliveTimeout)));
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

void Prepare(const CallContext& call, grpc::ClientContext& context) {
  Prepare(call.token, call.deadline, call.trace, context);
}

void Prepare(std::string_view token, absl::Time deadline, const TraceContext& trace, grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(deadline));
  context.AddMetadata(std::string(kTraceHeader), FormatTraceParent(trace));
  context.AddMetadata("authorization", "Bearer " + std::string(token));
}

}  // namespace samverkan::rpc
