// A real server of the suite inside a test: port 0, its log in memory, tokens that
// the test makes up.
#ifndef SAMVERKAN_LIBS_RPC_TESTING_TEST_SERVER_H_
#define SAMVERKAN_LIBS_RPC_TESTING_TEST_SERVER_H_

#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "libs/auth/authenticator.h"
#include "libs/auth/caller.h"
#include "libs/clock/clock.h"
#include "libs/rpc/server.h"
#include "libs/rpc/service.h"

namespace samverkan::rpc::testing {

// A refusal that was handed to the recorder.
struct RecordedRefusal {
  std::string method;
  auth::Caller caller;
  absl::Status status;
  bool had_request = false;
};

// Use:
//   TestServer server;
//   auto service = std::make_unique<Service>(DescriptorOf<EchoService>(), server.adapter());
//   service->Add("Echo", …);
//   server.Start(std::move(service));
//   auto stub = EchoService::NewStub(server.channel());
//   grpc::ClientContext context;
//   server.Authorize(context, caller);
// Fails the test (and aborts) where the server cannot be made.
class TestServer {
 public:
  // The options' authenticator, and the recorder where there is none, are replaced by the
  // test's, for which whoever brings no token is the service "front" and may act for others.
  // Metrics are not served (see Metrics). `clock` must outlive the server; none means the system's.
  explicit TestServer(ServerOptions options = {}, const clock::Clock* clock = nullptr);

  Server& server() { return *server_; }
  Adapter& adapter() { return server_->adapter(); }

  // Adds the service and starts.
  void Start(std::unique_ptr<Service> service);
  // Starts with the services that were added to server().
  void Start();

  // A channel without the service config: a test sees each error at once. One
  // connection, shared.
  std::shared_ptr<grpc::Channel> channel();

  // Gives `context` the caller's token and a deadline of 20 seconds.
  void Authorize(grpc::ClientContext& context, const auth::Caller& caller);
  // A token that the server takes for `caller`.
  std::string TokenFor(const auth::Caller& caller);

  // What was recorded so far (while the test's own recorder is in use).
  std::vector<RecordedRefusal> refusals() const;

  // The lines that the server has logged. Call when it is quiet.
  std::string log() const { return log_.str(); }

  // The metrics page, as Prometheus would read it.
  std::string Metrics();

 private:
  absl::StatusOr<auth::Caller> Authenticate(const auth::Credentials& credentials) const;
  absl::Status Record(const CallContext& call, const google::protobuf::Message* request, const absl::Status& status);

  mutable std::mutex mutex_;
  std::map<std::string, auth::Caller, std::less<>> callers_;
  std::vector<RecordedRefusal> refusals_;
  std::ostringstream log_;
  const clock::SystemClock system_clock_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// A caller of a school in municipality 0180 with the one role.
auth::Caller CallerWithRole(access::v1::Role role, std::string subject = "anna");

}  // namespace samverkan::rpc::testing

#endif  // SAMVERKAN_LIBS_RPC_TESTING_TEST_SERVER_H_
