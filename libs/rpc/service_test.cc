#include "libs/rpc/service.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/rpc/testing/bare.grpc.pb.h"
#include "libs/rpc/testing/echo.grpc.pb.h"
#include "libs/rpc/testing/test_server.h"

namespace samverkan::rpc {
namespace {

using ::testing::HasSubstr;
using testing::TestServer;
using testing::v1::EchoRequest;
using testing::v1::EchoResponse;
using testing::v1::EchoService;

absl::StatusOr<EchoResponse> Nothing(const CallContext&, const EchoRequest&) { return EchoResponse(); }

const auto kHandler = [](const CallContext& call, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
  return Nothing(call, request);
};

std::string FaultOf(const Service& service) { return std::string(service.Check().message()); }

class ServiceTest : public ::testing::Test {
 protected:
  TestServer server_;
  Service service_{DescriptorOf<EchoService>(), server_.adapter()};
};

TEST_F(ServiceTest, IsCompleteWhenEveryMethodHasAHandler) {
  for (const char* const method : {"Echo", "Show", "Decide"}) service_.Add(method, kHandler);
  EXPECT_TRUE(service_.Check().ok()) << service_.Check();
}

TEST_F(ServiceTest, NamesTheMethodsWithoutHandler) {
  service_.Add("Echo", kHandler);
  EXPECT_EQ(FaultOf(service_),
            "samverkan.rpc.testing.v1.EchoService/Show has no handler; "
            "samverkan.rpc.testing.v1.EchoService/Decide has no handler; ");
}

TEST_F(ServiceTest, RefusesAMethodThatTheContractLacks) {
  service_.Add("Delete", kHandler);
  EXPECT_THAT(FaultOf(service_), HasSubstr("has no method Delete"));
}

TEST_F(ServiceTest, RefusesASecondHandler) {
  service_.Add("Echo", kHandler);
  service_.Add("Echo", kHandler);
  EXPECT_THAT(FaultOf(service_), HasSubstr("EchoService/Echo has two handlers"));
}

TEST_F(ServiceTest, RefusesAHandlerOfOtherMessages) {
  service_.Add("Echo",
               [](const CallContext&, const EchoResponse&) -> absl::StatusOr<EchoResponse> { return EchoResponse(); });
  service_.Add("Show",
               [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoRequest> { return EchoRequest(); });
  EXPECT_THAT(FaultOf(service_), HasSubstr("EchoService/Echo has a handler for another request"));
  EXPECT_THAT(FaultOf(service_), HasSubstr("EchoService/Show has a handler with another response"));
}

TEST_F(ServiceTest, RefusesAMethodWithoutAccessRule) {
  using testing::v1::BareMessage;
  auto service = std::make_unique<Service>(DescriptorOf<testing::v1::BareService>(), server_.adapter());
  service->Add("Bare",
               [](const CallContext&, const BareMessage& request) -> absl::StatusOr<BareMessage> { return request; });
  EXPECT_THAT(FaultOf(*service), HasSubstr("BareService.Bare has no complete (samverkan.access.v1.rule)"));
  server_.server().Add(std::move(service));
  EXPECT_EQ(server_.server().Start().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace samverkan::rpc
