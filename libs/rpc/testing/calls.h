// Calls that the generated stubs cannot make.
#ifndef SAMVERKAN_LIBS_RPC_TESTING_CALLS_H_
#define SAMVERKAN_LIBS_RPC_TESTING_CALLS_H_

#include <memory>
#include <string>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"

namespace samverkan::rpc::testing {

// What grpc.health.v1 can say.
enum class Health { kUnknown = 0, kServing = 1, kNotServing = 2, kNoSuchService = 3, kUnreachable = 4 };

// Asks the server's health service, over the wire. `service` is a full name, or ""
// for the whole server.
Health CheckHealth(const std::shared_ptr<grpc::Channel>& channel, const std::string& service);

// Sends `bytes` as the request of the method, "/package.Service/Method".
grpc::Status CallWithBytes(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                           const std::string& bytes, grpc::ClientContext& context);

}  // namespace samverkan::rpc::testing

#endif  // SAMVERKAN_LIBS_RPC_TESTING_CALLS_H_
