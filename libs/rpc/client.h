// How services of the suite call each other, and how the project's own programs call them.
#ifndef SAMVERKAN_LIBS_RPC_CLIENT_H_
#define SAMVERKAN_LIBS_RPC_CLIENT_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/rpc/call_context.h"
#include "libs/rpc/trace_context.h"

namespace samverkan::rpc {

// The service config that every client of the suite should use, ours and others':
// libs/rpc/service_config.json, word by word. UNAVAILABLE is retried, at most five
// attempts, and so is CANCELLED, which is what gRPC itself answers a call that reaches a
// server in the moment in which it begins to stop; safe, because every changing request carries a request_id. It has no
// `timeout`: that fires early; deadlines are set per call.
std::string_view ServiceConfig();

// A channel to "host:port" with the service config and keepalive. `credentials` say whom it
// trusts and how it shows who calls (tls::ChannelCredentials). Connects when first used.
// Share one per target; channels are thread-safe. `arguments` come on top.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& target,
                                           const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                                           grpc::ChannelArguments arguments = {});

// Makes `context` a call on behalf of the one being served: the same deadline, trace and
// caller, for whom the service acts by its certificate.
void Prepare(const CallContext& call, grpc::ClientContext& context);

// Makes `context` a call of the service's own, which its certificate stands for. `deadline`
// is on the machine's clock and always finite: a call without one waits for ever.
void Prepare(absl::Time deadline, const TraceContext& trace, grpc::ClientContext& context);

// The same for the bearer of a token, as systems call.
void Prepare(std::string_view token, absl::Time deadline, const TraceContext& trace, grpc::ClientContext& context);

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_CLIENT_H_
