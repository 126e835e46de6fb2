#include "libs/rpc/server.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "libs/rpc/testing/calls.h"
#include "libs/rpc/testing/echo.grpc.pb.h"
#include "libs/rpc/testing/gate.h"
#include "libs/rpc/testing/test_server.h"
#include "libs/status/grpc.h"
#include "libs/status/status.h"
#include "reflection.grpc.pb.h"

namespace samverkan::rpc {
namespace {

using testing::CallerWithRole;
using testing::CheckHealth;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Gate;
using ::testing::HasSubstr;
using testing::Health;
using testing::TestServer;
using testing::v1::EchoRequest;
using testing::v1::EchoResponse;
using testing::v1::EchoService;

constexpr char kEchoService[] = "samverkan.rpc.testing.v1.EchoService";

// Echo waits at the gate.
std::unique_ptr<Service> GatedService(TestServer& server, Gate& gate) {
  auto service = std::make_unique<Service>(DescriptorOf<EchoService>(), server.adapter());
  for (const char* const method : {"Echo", "Show", "Decide"}) {
    service->Add(method, [&gate](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
      gate.Pass();
      return EchoResponse();
    });
  }
  return service;
}

absl::Status Echo(TestServer& server) {
  grpc::ClientContext context;
  server.Authorize(context, CallerWithRole(access::v1::REPORTER));
  EchoResponse response;
  return status::FromGrpc(EchoService::NewStub(server.channel())->Echo(&context, EchoRequest(), &response));
}

std::future<absl::Status> EchoLater(TestServer& server) {
  return std::async(std::launch::async, [&server] { return Echo(server); });
}

void WaitUntilWaiting(TestServer& server, const std::string& count) {
  while (server.Metrics().find("samverkan_rpc_waiting " + count + "\n") == std::string::npos) {
    std::this_thread::yield();
  }
}

ServerOptions OneWorker() {
  ServerOptions options;
  options.workers = {.workers = 1, .queue_limit = 10, .caller_share = 10};
  return options;
}

TEST(ServerTest, HealthKnowsEveryServiceAndTheWhole) {
  Gate gate;
  TestServer server;
  server.Start(GatedService(server, gate));
  EXPECT_EQ(CheckHealth(server.channel(), kEchoService), Health::kServing);
  EXPECT_EQ(CheckHealth(server.channel(), ""), Health::kServing);
  EXPECT_EQ(CheckHealth(server.channel(), "nobody"), Health::kNoSuchService);
}

TEST(ServerTest, HealthAnswersWhileAllWorkersAreBlocked) {
  Gate gate;
  TestServer server(OneWorker());
  server.Start(GatedService(server, gate));
  auto running = EchoLater(server);
  auto waiting = EchoLater(server);
  gate.WaitForArrivals(1);
  WaitUntilWaiting(server, "1");
  EXPECT_EQ(CheckHealth(server.channel(), kEchoService), Health::kServing);
  gate.Open();
  EXPECT_TRUE(running.get().ok());
  EXPECT_TRUE(waiting.get().ok());
}

TEST(ServerTest, ReflectionListsAndDescribesTheServices) {
  Gate gate;
  TestServer server;
  server.Start(GatedService(server, gate));
  namespace reflection = grpc::reflection::v1alpha;
  const auto stub = reflection::ServerReflection::NewStub(server.channel());
  grpc::ClientContext context;
  const auto stream = stub->ServerReflectionInfo(&context);
  reflection::ServerReflectionRequest request;
  reflection::ServerReflectionResponse response;
  request.set_list_services("");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) names.push_back(service.name());
  EXPECT_THAT(names, Contains(kEchoService));
  request.set_file_containing_symbol(kEchoService);
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_GE(response.file_descriptor_response().file_descriptor_proto_size(), 1);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(ServerTest, DrainAnswersWhatWasAccepted) {
  Gate gate;
  TestServer server(OneWorker());
  server.Start(GatedService(server, gate));
  auto running = EchoLater(server);
  gate.WaitForArrivals(1);
  auto waiting = EchoLater(server);
  WaitUntilWaiting(server, "1");
  auto stopped = std::async(std::launch::async, [&server] { server.server().Stop(); });
  // The listener is closed when the drain has begun.
  while (true) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server.server().port()),
                                                   grpc::InsecureChannelCredentials(), arguments);
    if (CheckHealth(channel, "") != Health::kServing) break;
  }
  gate.Open();
  EXPECT_TRUE(running.get().ok());
  EXPECT_TRUE(waiting.get().ok());
  stopped.wait();
}

TEST(ServerTest, WhatIsLeftAtTheDrainBoundEndsUnavailable) {
  Gate gate;
  ServerOptions options = OneWorker();
  options.drain_bound = absl::Milliseconds(200);
  TestServer server(options);
  server.Start(GatedService(server, gate));
  auto running = EchoLater(server);
  gate.WaitForArrivals(1);
  auto waiting = EchoLater(server);
  WaitUntilWaiting(server, "1");
  auto stopped = std::async(std::launch::async, [&server] { server.server().Stop(); });
  const absl::Status dropped = waiting.get();
  EXPECT_EQ(dropped.code(), absl::StatusCode::kUnavailable) << dropped;
  EXPECT_EQ(status::Reason(dropped), "SERVER_STOPPING");
  const absl::Status cut = running.get();
  EXPECT_EQ(cut.code(), absl::StatusCode::kUnavailable) << cut;
  gate.Open();
  stopped.wait();
  EXPECT_EQ(gate.arrived(), 1);
}

TEST(ServerTest, PartsAreClosedInReverseOrderAfterTheLastCall) {
  Gate gate;
  gate.Open();
  std::vector<std::string> closed;
  TestServer server;
  server.server().OnStop([&] { closed.push_back("pool"); });
  server.server().OnStop([&] { closed.push_back("relay"); });
  server.Start(GatedService(server, gate));
  ASSERT_TRUE(Echo(server).ok());
  server.server().Stop();
  server.server().Stop();
  EXPECT_THAT(closed, ElementsAre("relay", "pool"));
}

TEST(ServerTest, PlaintextIsServedOnLoopbackOnly) {
  const clock::SystemClock clock;
  for (const char* const address : {"0.0.0.0:0", "[::]:0", "10.0.0.1:0", "example.org:0", "127.0.0.1"}) {
    ServerOptions options;
    options.listen = address;
    const auto server = Server::Create(options, clock, log::Logger("test", clock));
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << address;
    ServerOptions metrics;
    metrics.metrics_listen = address;
    EXPECT_EQ(Server::Create(metrics, clock, log::Logger("test", clock)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
}

TEST(ServerTest, ATakenPortIsAnError) {
  Gate gate;
  TestServer first;
  first.Start(GatedService(first, gate));
  ServerOptions options;
  options.listen = "127.0.0.1:" + std::to_string(first.server().port());
  TestServer second(options);
  EXPECT_EQ(second.server().Start().code(), absl::StatusCode::kUnavailable);
}

TEST(ServerTest, WritesTheBoundPortToAFile) {
  Gate gate;
  ServerOptions options;
  options.port_file = ::testing::TempDir() + "/port";
  TestServer server(options);
  server.Start(GatedService(server, gate));
  int port = 0;
  std::ifstream(options.port_file) >> port;
  EXPECT_GT(port, 0);
  EXPECT_EQ(port, server.server().port());
  EXPECT_THAT(server.log(), HasSubstr("\"message\":\"serving\",\"port\":" + std::to_string(port)));
}

TEST(ServerTest, CountsCallsByMethodAndCode) {
  Gate gate;
  gate.Open();
  TestServer server;
  server.Start(GatedService(server, gate));
  ASSERT_TRUE(Echo(server).ok());
  ASSERT_TRUE(Echo(server).ok());
  EXPECT_THAT(server.Metrics(), HasSubstr("samverkan_rpc_calls_total{code=\"OK\",method="
                                          "\"samverkan.rpc.testing.v1.EchoService/Echo\"} 2"));
  EXPECT_THAT(server.Metrics(), HasSubstr("samverkan_rpc_seconds_count{method="
                                          "\"samverkan.rpc.testing.v1.EchoService/Echo\"} 2"));
}

TEST(ServerTest, ServesMetricsOnAPortOfTheirOwn) {
  const clock::SystemClock clock;
  const auto server = Server::Create({}, clock, log::Logger("test", clock));
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_GT((*server)->metrics_port(), 0);
  ServerOptions taken;
  taken.metrics_listen = "127.0.0.1:" + std::to_string((*server)->metrics_port());
  EXPECT_EQ(Server::Create(taken, clock, log::Logger("test", clock)).status().code(), absl::StatusCode::kUnavailable);
}

// Death tests run the statement in a process of its own.
class ServerDeathTest : public ::testing::Test {
 protected:
  ServerDeathTest() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

void StopOnSignal() {
  BlockStopSignals();
  TestServer server;
  Gate gate;
  server.Start(GatedService(server, gate));
  kill(getpid(), SIGTERM);
  server.server().RunUntilStopSignal();
  std::_Exit(CheckHealth(server.channel(), "") == Health::kServing ? 1 : 0);
}

TEST_F(ServerDeathTest, StopsOnSigterm) { EXPECT_EXIT(StopOnSignal(), ::testing::ExitedWithCode(0), ""); }

void StopWithAStuckHandler() {
  Gate gate;
  ServerOptions options = OneWorker();
  options.drain_bound = absl::Milliseconds(10);
  TestServer server(options);
  server.Start(GatedService(server, gate));
  auto answer = EchoLater(server);
  gate.WaitForArrivals(1);
  server.server().Stop();
  std::_Exit(1);
}

TEST_F(ServerDeathTest, AStuckHandlerDoesNotKeepTheProcess) {
  EXPECT_EXIT(StopWithAStuckHandler(), ::testing::ExitedWithCode(kStuckExitStatus), "");
}

}  // namespace
}  // namespace samverkan::rpc
