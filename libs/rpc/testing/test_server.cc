#include "libs/rpc/testing/test_server.h"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "libs/auth/acting_caller.h"
#include "libs/auth/token_refusal.h"
#include "libs/status/status.h"
#include "prometheus/text_serializer.h"

namespace samverkan::rpc::testing {
namespace {

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "test server: " << status << std::endl;
  std::abort();
}

}  // namespace

TestServer::TestServer(ServerOptions options, const clock::Clock* clock) {
  // Its library takes two seconds to close a port.
  options.metrics_listen.clear();
  options.adapter.authenticate = [this](const auth::Credentials& credentials) { return Authenticate(credentials); };
  if (!options.adapter.record_refusal) {
    options.adapter.record_refusal = [this](const CallContext& call, const google::protobuf::Message* request,
                                            const absl::Status& status) { return Record(call, request, status); };
  }
  const clock::Clock& used = clock != nullptr ? *clock : system_clock_;
  auto server = Server::Create(std::move(options), used, log::Logger("test", used, log_));
  OrDie(server.status());
  server_ = *std::move(server);
}

void TestServer::Start(std::unique_ptr<Service> service) {
  server_->Add(std::move(service));
  Start();
}

void TestServer::Start() {
  OrDie(server_->Start());
  // Not the global subchannel pool: another server of the same test may have had
  // the port.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server_->port()),
                                       grpc::InsecureChannelCredentials(), arguments);
}

std::shared_ptr<grpc::Channel> TestServer::channel() { return channel_; }

void TestServer::Authorize(grpc::ClientContext& context, const auth::Caller& caller) {
  context.AddMetadata("authorization", "Bearer " + TokenFor(caller));
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
}

std::string TestServer::TokenFor(const auth::Caller& caller) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string token = "token-" + std::to_string(callers_.size());
  callers_[token] = caller;
  return token;
}

std::vector<RecordedRefusal> TestServer::refusals() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return refusals_;
}

std::string TestServer::Metrics() {
  return prometheus::TextSerializer().Serialize(server_->metrics().registry()->Collect());
}

absl::StatusOr<auth::Caller> TestServer::Authenticate(const auth::Credentials& credentials) const {
  if (!credentials.token.has_value()) {
    if (credentials.caller.has_value()) return auth::ReadCaller(*credentials.caller, "front");
    return auth::Refuse(auth::TokenFault::kMissing, "a token or a caller");
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = callers_.find(*credentials.token);
  if (found != callers_.end()) return found->second;
  return status::Unauthenticated({.reason = "TOKEN_INVALID", .message = "not a token of this test"});
}

absl::Status TestServer::Record(const CallContext& call, const google::protobuf::Message* request,
                                const absl::Status& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  refusals_.push_back({call.method, call.caller, status, request != nullptr});
  return absl::OkStatus();
}

auth::Caller CallerWithRole(access::v1::Role role, std::string subject) {
  auth::Caller caller;
  caller.subject = std::move(subject);
  caller.system = "lifecare";
  caller.municipality = "0180";
  caller.authority = "grundskolenamnden";
  caller.roles = {role};
  caller.expires = absl::InfiniteFuture();
  return caller;
}

}  // namespace samverkan::rpc::testing
