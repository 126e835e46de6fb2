// Serves an empty method, for tools/bench rpc_empty.
//
//   rpc_empty_server adapter <port file>    through libs/rpc, as a service does
//   rpc_empty_server callback <port file>   bare: gRPC's callback API, answered at
//                                           once on its own thread
//
// Runs until SIGTERM.

#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <unordered_map>

#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "libs/rpc/server.h"
#include "libs/rpc/service.h"
#include "libs/status/status.h"
#include "tools/bench.d/rpc_empty.grpc.pb.h"

namespace samverkan::bench {
namespace {

using v1::EmptyRequest;
using v1::EmptyResponse;
using v1::EmptyService;

class BareService final : public EmptyService::CallbackService {
  grpc::ServerUnaryReactor* Empty(grpc::CallbackServerContext* context, const EmptyRequest*, EmptyResponse*) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

int ServeBare(const std::string& port_file) {
  BareService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::ofstream(port_file) << port << "\n";
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown();
  return 0;
}

// Finds the caller as for a token that was verified before.
rpc::Authenticator RememberedTokens() {
  auth::Caller caller;
  caller.subject = "anna";
  caller.system = "lifecare";
  caller.municipality = "0180";
  caller.authority = "grundskolenamnden";
  caller.roles = {access::v1::REPORTER};
  std::unordered_map<std::string, auth::Caller> remembered{{"bench", caller}};
  return [remembered = std::move(remembered)](const auth::Credentials& credentials) -> absl::StatusOr<auth::Caller> {
    const auto found = remembered.find(std::string(credentials.token.value_or("")));
    if (found != remembered.end()) return found->second;
    return status::Unauthenticated({.reason = "TOKEN_INVALID", .message = "unknown token"});
  };
}

int ServeAdapter(const std::string& port_file) {
  const clock::SystemClock clock;
  rpc::ServerOptions options;
  options.port_file = port_file;
  // All load comes from one caller, 256 calls at a time.
  options.workers = {.workers = 8, .queue_limit = 1024, .caller_share = 1024};
  options.adapter.authenticate = RememberedTokens();
  auto server = rpc::Server::Create(std::move(options), clock, log::Logger("bench", clock));
  if (!server.ok()) {
    std::cerr << server.status() << "\n";
    return 1;
  }
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<EmptyService>(), (*server)->adapter());
  service->Add("Empty", [](const rpc::CallContext&, const EmptyRequest&) -> absl::StatusOr<EmptyResponse> {
    return EmptyResponse();
  });
  (*server)->Add(std::move(service));
  if (const absl::Status status = (*server)->Start(); !status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
  (*server)->RunUntilStopSignal();
  return 0;
}

}  // namespace
}  // namespace samverkan::bench

int main(int argc, char** argv) {
  samverkan::rpc::BlockStopSignals();
  const std::string kind = argc == 3 ? argv[1] : "";
  if (kind == "adapter") return samverkan::bench::ServeAdapter(argv[2]);
  if (kind == "callback") return samverkan::bench::ServeBare(argv[2]);
  std::cerr << "usage: rpc_empty_server adapter|callback <port file>\n";
  return 2;
}
