#include "libs/rpc/client.h"

#include <atomic>
#include <memory>
#include <string>

#include "grpcpp/support/validate_service_config.h"
#include "gtest/gtest.h"
#include "libs/rpc/testing/echo.grpc.pb.h"
#include "libs/rpc/testing/test_server.h"
#include "libs/status/status.h"

namespace samverkan::rpc {
namespace {

using testing::CallerWithRole;
using testing::TestServer;
using testing::v1::EchoRequest;
using testing::v1::EchoResponse;
using testing::v1::EchoService;

// A server that answers with the handler to every method.
template <typename Handler>
void Serve(TestServer& server, Handler handler) {
  auto service = std::make_unique<Service>(DescriptorOf<EchoService>(), server.adapter());
  for (const char* const method : {"Echo", "Show", "Decide"}) service->Add(method, handler);
  server.Start(std::move(service));
}

std::shared_ptr<grpc::Channel> Open(TestServer& server) {
  return OpenChannel("127.0.0.1:" + std::to_string(server.server().port()), grpc::InsecureChannelCredentials());
}

TEST(ServiceConfigTest, IsValid) {
  EXPECT_EQ(grpc::experimental::ValidateServiceConfigJSON(std::string(ServiceConfig())), "");
}

TEST(OpenChannelTest, RetriesWhatIsUnavailable) {
  std::atomic<int> attempts = 0;
  TestServer server;
  Serve(server, [&attempts](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    if (++attempts < 3) return status::Unavailable({.reason = "TEST", .message = "not yet"});
    return EchoResponse();
  });
  grpc::ClientContext context;
  server.Authorize(context, CallerWithRole(access::v1::REPORTER));
  EchoResponse response;
  EXPECT_TRUE(EchoService::NewStub(Open(server))->Echo(&context, EchoRequest(), &response).ok());
  EXPECT_EQ(attempts.load(), 3);
}

TEST(OpenChannelTest, RetriesNothingElse) {
  std::atomic<int> attempts = 0;
  TestServer server;
  Serve(server, [&attempts](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    ++attempts;
    return status::Aborted({.reason = "ETAG_MISMATCH", .message = "read again"});
  });
  grpc::ClientContext context;
  server.Authorize(context, CallerWithRole(access::v1::REPORTER));
  EchoResponse response;
  EXPECT_EQ(EchoService::NewStub(Open(server))->Echo(&context, EchoRequest(), &response).error_code(),
            grpc::StatusCode::ABORTED);
  EXPECT_EQ(attempts.load(), 1);
}

TEST(PrepareTest, PassesDeadlineTraceAndIdentityOn) {
  CallContext inner;
  TestServer second;
  Serve(second, [&inner](const CallContext& call, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    inner = call;
    return EchoResponse();
  });
  const auto channel = Open(second);
  CallContext outer;
  const clock::SystemClock clock;
  outer.deadline = clock.Now() + absl::Seconds(9);
  outer.trace = NewTrace();
  outer.caller = CallerWithRole(access::v1::REPORTER, "bo");
  grpc::ClientContext context;
  Prepare(outer, context);
  EchoResponse response;
  ASSERT_TRUE(EchoService::NewStub(channel)->Echo(&context, EchoRequest(), &response).ok());
  EXPECT_EQ(inner.trace.trace_id, outer.trace.trace_id);
  EXPECT_EQ(inner.caller.subject, "bo");
  EXPECT_EQ(inner.caller.acting_service, "front");
  // The deadline travels as a remaining time, rounded up by gRPC.
  EXPECT_LT(absl::AbsDuration(inner.deadline - outer.deadline), absl::Seconds(1));
}

}  // namespace
}  // namespace samverkan::rpc
