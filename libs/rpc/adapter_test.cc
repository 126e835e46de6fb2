#include "libs/rpc/adapter.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "libs/auth/acting_caller.h"
#include "libs/rpc/client.h"
#include "libs/rpc/testing/calls.h"
#include "libs/rpc/testing/echo.grpc.pb.h"
#include "libs/rpc/testing/gate.h"
#include "libs/rpc/testing/test_server.h"
#include "libs/status/grpc.h"
#include "libs/status/status.h"

namespace samverkan::rpc {
namespace {

using testing::CallerWithRole;
using ::testing::ElementsAre;
using testing::Gate;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::TestServer;
using ::testing::UnorderedElementsAre;
using testing::v1::EchoRequest;
using testing::v1::EchoResponse;
using testing::v1::EchoService;

using Handler = std::function<absl::StatusOr<EchoResponse>(const CallContext&, const EchoRequest&)>;

constexpr char kEchoPath[] = "/samverkan.rpc.testing.v1.EchoService/Echo";
constexpr char kTraceParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

absl::StatusOr<EchoResponse> Repeat(const CallContext&, const EchoRequest& request) {
  EchoResponse response;
  response.set_text(request.text());
  return response;
}

// A server whose three methods have the one handler.
class Fixture {
 public:
  explicit Fixture(const Handler& handler = Repeat, ServerOptions options = {}, const clock::Clock* clock = nullptr)
      : server_(std::move(options), clock) {
    auto service = std::make_unique<Service>(DescriptorOf<EchoService>(), server_.adapter());
    for (const char* const method : {"Echo", "Show", "Decide"}) service->Add(method, handler);
    server_.Start(std::move(service));
    stub_ = EchoService::NewStub(server_.channel());
  }

  using Rpc = grpc::Status (EchoService::Stub::*)(grpc::ClientContext*, const EchoRequest&, EchoResponse*);

  absl::Status Call(const auth::Caller& caller, const EchoRequest& request = {}, Rpc rpc = &EchoService::Stub::Echo) {
    grpc::ClientContext context;
    server_.Authorize(context, caller);
    return status::FromGrpc((*stub_.*rpc)(&context, request, &response_));
  }

  // As Call, with a context that the test has prepared.
  absl::Status CallIn(grpc::ClientContext& context, const EchoRequest& request = {}) {
    return status::FromGrpc(stub_->Echo(&context, request, &response_));
  }

  TestServer& server() { return server_; }
  const EchoResponse& response() const { return response_; }

 private:
  TestServer server_;
  std::unique_ptr<EchoService::Stub> stub_;
  EchoResponse response_;
};

auth::Caller Reporter(std::string subject = "anna") { return CallerWithRole(access::v1::REPORTER, std::move(subject)); }

void ExpectError(const absl::Status& status, absl::StatusCode code, const std::string& reason) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_EQ(status::Reason(status), reason) << status;
}

// Many calls at a time, each in a thread of its own.
class Callers {
 public:
  explicit Callers(Fixture& fixture) : fixture_(fixture) {}
  void Start(const auth::Caller& caller) {
    answers_.push_back(std::async(std::launch::async, [this, caller] {
      grpc::ClientContext context;
      fixture_.server().Authorize(context, caller);
      EchoResponse response;
      const auto stub = EchoService::NewStub(fixture_.server().channel());
      return status::FromGrpc(stub->Echo(&context, EchoRequest(), &response));
    }));
  }
  std::vector<absl::Status> Answers() {
    std::vector<absl::Status> all;
    for (auto& answer : answers_) all.push_back(answer.get());
    return all;
  }

 private:
  Fixture& fixture_;
  std::vector<std::future<absl::Status>> answers_;
};

void WaitUntilWaiting(Fixture& fixture, const std::string& count) {
  while (fixture.server().Metrics().find("samverkan_rpc_waiting " + count + "\n") == std::string::npos) {
    std::this_thread::yield();
  }
}

TEST(AdapterTest, AnswersAndTellsTheHandlerWhoCalls) {
  CallContext seen;
  clock::FakeClock clock(absl::FromUnixSeconds(1'750'000'000));
  Fixture fixture(
      [&seen](const CallContext& call, const EchoRequest& request) {
        seen = call;
        return Repeat(call, request);
      },
      {}, &clock);
  EchoRequest request;
  request.set_text("hej");
  ASSERT_TRUE(fixture.Call(Reporter(), request).ok());
  EXPECT_EQ(fixture.response().text(), "hej");
  EXPECT_EQ(seen.caller.subject, "anna");
  EXPECT_EQ(seen.role, access::v1::REPORTER);
  EXPECT_EQ(seen.action, access::v1::READ);
  EXPECT_EQ(seen.method, "samverkan.rpc.testing.v1.EchoService/Echo");
  EXPECT_EQ(seen.now, absl::FromUnixSeconds(1'750'000'000));
}

TEST(AdapterTest, UnknownCallersGetNothingAndAreOnlyCounted) {
  Fixture fixture;
  {
    grpc::ClientContext context;
    ExpectError(fixture.CallIn(context), absl::StatusCode::kUnauthenticated, "TOKEN_MISSING");
  }
  for (const char* const value : {"Bearer unknown", "bearer unknown"}) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", value);
    ExpectError(fixture.CallIn(context), absl::StatusCode::kUnauthenticated, "TOKEN_INVALID");
  }
  for (const char* const value : {"Basic YQ==", "Bearer", ""}) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", value);
    ExpectError(fixture.CallIn(context), absl::StatusCode::kUnauthenticated, "TOKEN_MISSING");
  }
  {
    grpc::ClientContext context;
    fixture.server().Authorize(context, Reporter());
    fixture.server().Authorize(context, Reporter("bo"));
    ExpectError(fixture.CallIn(context), absl::StatusCode::kUnauthenticated, "TOKEN_MISSING");
  }
  EXPECT_THAT(fixture.server().refusals(), IsEmpty());
  EXPECT_THAT(fixture.server().Metrics(), HasSubstr("reason=\"TOKEN_INVALID\"} 2"));
  EXPECT_THAT(fixture.server().log(), Not(HasSubstr("\"call\"")));
}

// Whoever could name itself a unit manager would be one.
TEST(AdapterTest, NobodyGetsARoleByMetadata) {
  Fixture fixture;
  const std::string manager = auth::WriteCaller(CallerWithRole(access::v1::UNIT_MANAGER));
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"samverkan-caller-bin", manager}, {"samverkan-caller", "x"}, {"samverkan-role", "UNIT_MANAGER"}}) {
    grpc::ClientContext context;
    fixture.server().Authorize(context, Reporter());
    context.AddMetadata(key, value);
    ExpectError(fixture.CallIn(context), absl::StatusCode::kPermissionDenied, "METADATA_RESERVED");
    EXPECT_EQ(fixture.server().refusals().back().caller.subject, "anna") << key;
  }
  EXPECT_EQ(fixture.server().refusals().size(), 3u);
  auth::Caller seen;
  Fixture passing([&seen](const CallContext& call, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    seen = call.caller;
    return EchoResponse();
  });
  grpc::ClientContext context;
  passing.server().Authorize(context, Reporter());
  for (const char* const key : {"roles", "role", "x-roles", "x-samverkan-caller-bin", "azp"}) {
    context.AddMetadata(key, "UNIT_MANAGER");
  }
  ASSERT_TRUE(passing.CallIn(context).ok());
  EXPECT_THAT(seen.roles, ElementsAre(access::v1::REPORTER));
}

TEST(AdapterTest, AServiceThatActsNamesItsCallerOnce) {
  auth::Caller seen;
  Fixture fixture([&seen](const CallContext& call, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    seen = call.caller;
    return EchoResponse();
  });
  grpc::ClientContext once;
  once.AddMetadata("samverkan-caller-bin", auth::WriteCaller(Reporter()));
  ASSERT_TRUE(fixture.CallIn(once).ok());
  EXPECT_EQ(seen.acting_service, "front");
  EXPECT_EQ(seen.subject, "anna");
  grpc::ClientContext with_more;
  with_more.AddMetadata("samverkan-caller-bin", auth::WriteCaller(Reporter()));
  with_more.AddMetadata("samverkan-role", "UNIT_MANAGER");
  ExpectError(fixture.CallIn(with_more), absl::StatusCode::kPermissionDenied, "METADATA_RESERVED");
  grpc::ClientContext twice;
  twice.AddMetadata("samverkan-caller-bin", auth::WriteCaller(Reporter()));
  twice.AddMetadata("samverkan-caller-bin", auth::WriteCaller(Reporter("bo")));
  ExpectError(fixture.CallIn(twice), absl::StatusCode::kUnauthenticated, "TOKEN_MISSING");
  fixture.server().server().Stop();
  EXPECT_THAT(fixture.server().log(), HasSubstr("\"acting_service\":\"front\",\"system\":\"lifecare\""));
}

TEST(AdapterTest, RoleMissingIsRecordedBeforeTheAnswer) {
  Fixture fixture;
  const absl::Status status = fixture.Call(CallerWithRole(access::v1::ANALYST));
  ExpectError(status, absl::StatusCode::kPermissionDenied, "ROLE_MISSING");
  EXPECT_EQ(status::Metadata(status)["roles"], "CASEWORKER, REPORTER");
  const auto refusals = fixture.server().refusals();
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].method, "samverkan.rpc.testing.v1.EchoService/Echo");
  EXPECT_EQ(refusals[0].caller.subject, "anna");
  EXPECT_TRUE(refusals[0].had_request);
  EXPECT_THAT(fixture.server().Metrics(), HasSubstr("reason=\"ROLE_MISSING\"} 1"));
}

TEST(AdapterTest, QualifiedIsAClaimOfItsOwn) {
  Fixture fixture;
  auth::Caller caller = CallerWithRole(access::v1::CASEWORKER);
  ExpectError(fixture.Call(caller, {}, &EchoService::Stub::Decide), absl::StatusCode::kPermissionDenied,
              "NOT_QUALIFIED");
  EXPECT_EQ(fixture.server().refusals().size(), 1u);
  caller.qualified = true;
  EXPECT_TRUE(fixture.Call(caller, {}, &EchoService::Stub::Decide).ok());
}

TEST(AdapterTest, TheRefusalOfAHandlerIsRecordedToo) {
  Fixture fixture([](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    return status::PermissionDenied({.reason = "NOT_ASSIGNED", .message = "another's case"});
  });
  ExpectError(fixture.Call(Reporter()), absl::StatusCode::kPermissionDenied, "NOT_ASSIGNED");
  EXPECT_EQ(fixture.server().refusals().size(), 1u);
}

TEST(AdapterTest, AHiddenRefusalIsRecordedAndLooksLikeNotFound) {
  const status::Error error{.reason = "REPORT_NOT_FOUND", .message = "no such report"};
  Fixture fixture([&error](const CallContext&, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
    return request.text() == "hidden" ? status::Hidden(status::NotFound(error)) : status::NotFound(error);
  });
  EchoRequest request;
  const absl::Status absent = fixture.Call(Reporter(), request);
  EXPECT_THAT(fixture.server().refusals(), IsEmpty());
  request.set_text("hidden");
  const absl::Status hidden = fixture.Call(Reporter(), request);
  EXPECT_EQ(hidden, absent);
  ASSERT_EQ(fixture.server().refusals().size(), 1u);
  EXPECT_TRUE(status::IsHidden(fixture.server().refusals()[0].status));
}

TEST(AdapterTest, ARefusalThatCannotBeRecordedEndsUnavailable) {
  ServerOptions options;
  options.adapter.record_refusal = [](const CallContext&, const google::protobuf::Message*, const absl::Status&) {
    return absl::UnavailableError("no database");
  };
  Fixture fixture(Repeat, options);
  ExpectError(fixture.Call(CallerWithRole(access::v1::ANALYST)), absl::StatusCode::kUnavailable,
              "REFUSAL_NOT_RECORDED");
}

TEST(AdapterTest, PersonalDataIsNotReadWhileTheAuditLogIsBehind) {
  std::atomic<bool> behind = true;
  ServerOptions options;
  options.adapter.audit_backlog_exceeded = [&behind] { return behind.load(); };
  Fixture fixture(Repeat, options);
  ExpectError(fixture.Call(Reporter(), {}, &EchoService::Stub::Show), absl::StatusCode::kUnavailable, "AUDIT_BACKLOG");
  // What reads none goes on.
  EXPECT_TRUE(fixture.Call(Reporter()).ok());
  behind = false;
  EXPECT_TRUE(fixture.Call(Reporter(), {}, &EchoService::Stub::Show).ok());
}

TEST(AdapterTest, BytesThatAreNoMessageAreSaidToBeMalformed) {
  Fixture fixture;
  const std::string cut_off = "\x0a\xff";
  // Deeper than protobuf follows.
  std::string nested;
  for (int i = 0; i < 200; ++i) {
    EchoRequest outer;
    outer.GetReflection()->MutableUnknownFields(&outer)->AddLengthDelimited(4, nested);
    nested = outer.SerializeAsString();
  }
  for (const std::string& bytes : {cut_off, nested}) {
    grpc::ClientContext context;
    fixture.server().Authorize(context, Reporter());
    ExpectError(status::FromGrpc(testing::CallWithBytes(fixture.server().channel(), kEchoPath, bytes, context)),
                absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE");
  }
  grpc::ClientContext context;
  fixture.server().Authorize(context, Reporter());
  EXPECT_TRUE(testing::CallWithBytes(fixture.server().channel(), kEchoPath, "", context).ok());
}

TEST(AdapterTest, AMalformedMessageSaysNothingToWhoMayNotCall) {
  Fixture fixture;
  grpc::ClientContext context;
  fixture.server().Authorize(context, CallerWithRole(access::v1::ANALYST));
  ExpectError(status::FromGrpc(testing::CallWithBytes(fixture.server().channel(), kEchoPath, "\xff", context)),
              absl::StatusCode::kPermissionDenied, "ROLE_MISSING");
  ASSERT_EQ(fixture.server().refusals().size(), 1u);
  EXPECT_FALSE(fixture.server().refusals()[0].had_request);
}

TEST(AdapterTest, NamesEveryUnknownEnumAndNul) {
  std::atomic<int> handled = 0;
  Fixture fixture([&handled](const CallContext& call, const EchoRequest& request) {
    ++handled;
    return Repeat(call, request);
  });
  EchoRequest request;
  request.set_role(static_cast<access::v1::Role>(77));
  request.add_roles(access::v1::REPORTER);
  request.add_roles(static_cast<access::v1::Role>(-1));
  request.add_inner();
  request.add_inner()->add_inner()->set_text(std::string("a\0b", 3));
  (*request.mutable_labels())["secret"] = std::string(1, '\0');
  request.set_bytes(std::string(1, '\0'));
  const absl::Status status = fixture.Call(Reporter(), request);
  ExpectError(status, absl::StatusCode::kInvalidArgument, "FIELD_INVALID");
  EXPECT_THAT(status::InvalidFields(status),
              ElementsAre("role", "roles[1]", "inner[1].inner[0].text", "labels[0].value"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  EXPECT_EQ(handled.load(), 0);
}

TEST(AdapterTest, NamesEveryTextThatIsNotUtf8) {
  Fixture fixture;
  EchoRequest request;
  request.set_text("@@@");
  request.add_inner();
  request.add_inner()->add_inner()->set_text("@@@");
  (*request.mutable_labels())["a"] = "@@@";
  request.set_bytes("\xFF");
  std::string bytes = request.SerializeAsString();
  for (size_t place = 0; (place = bytes.find("@@@", place)) != std::string::npos;) bytes.replace(place, 3, "o\xC3(");
  grpc::ClientContext context;
  fixture.server().Authorize(context, Reporter());
  const absl::Status status =
      status::FromGrpc(testing::CallWithBytes(fixture.server().channel(), kEchoPath, bytes, context));
  ExpectError(status, absl::StatusCode::kInvalidArgument, "FIELD_INVALID");
  EXPECT_THAT(status::InvalidFields(status), UnorderedElementsAre("text", "inner[1].inner[0].text", "labels[0].value"));
}

TEST(AdapterTest, AnswersThatNameManyFieldsStillArrive) {
  Fixture fixture([](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    status::Violations violations;
    for (int i = 0; i < 200; ++i) {
      violations.Add("entries[" + std::to_string(i) + "].private_part.actor.municipality",
                     "expected the official code of a municipality, four digits such as 0180",
                     "en officiell kommunkod med fyra siffror krävs");
    }
    return violations.ToStatus();
  });
  EchoRequest request;
  for (int i = 0; i < 1000; ++i) request.add_roles(static_cast<access::v1::Role>(77));
  const absl::Status by_check = fixture.Call(Reporter(), request);
  ExpectError(by_check, absl::StatusCode::kInvalidArgument, "FIELD_INVALID");
  EXPECT_GE(status::InvalidFields(by_check).size(), 10u);
  const absl::Status by_handler = fixture.Call(Reporter());
  ExpectError(by_handler, absl::StatusCode::kInvalidArgument, "FIELD_INVALID");
  EXPECT_GE(status::InvalidFields(by_handler).size(), 10u);
}

TEST(AdapterTest, FiveMegabytesEndInACleanCode) {
  Fixture fixture;
  EchoRequest request;
  request.set_text(std::string(5 << 20, 'a'));
  EXPECT_EQ(fixture.Call(Reporter(), request).code(), absl::StatusCode::kResourceExhausted);
  request.set_text(std::string(900 << 10, 'a'));
  EXPECT_TRUE(fixture.Call(Reporter(), request).ok());
}

TEST(AdapterTest, TooMuchMetadataEndsInACleanCode) {
  Fixture fixture;
  const auto stub = EchoService::NewStub(
      OpenChannel("127.0.0.1:" + std::to_string(fixture.server().server().port()), grpc::InsecureChannelCredentials()));
  EchoResponse response;
  grpc::ClientContext heavy;
  fixture.server().Authorize(heavy, Reporter());
  heavy.AddMetadata("padding", std::string(40 << 10, 'a'));
  EXPECT_EQ(stub->Echo(&heavy, EchoRequest(), &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // gRPC may close the connection too; a client with our service config does not
  // notice.
  grpc::ClientContext light;
  fixture.server().Authorize(light, Reporter());
  EXPECT_TRUE(stub->Echo(&light, EchoRequest(), &response).ok());
}

TEST(AdapterTest, AFaultOfOursLeavesAsAFixedText) {
  Fixture fixture([](const CallContext&, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
    if (request.text() == "throw") throw std::runtime_error("relation report");
    return status::Internal("relation report does not exist");
  });
  EchoRequest request;
  ExpectError(fixture.Call(Reporter(), request), absl::StatusCode::kInternal, "INTERNAL");
  request.set_text("throw");
  const absl::Status thrown = fixture.Call(Reporter(), request);
  ExpectError(thrown, absl::StatusCode::kInternal, "INTERNAL");
  EXPECT_THAT(std::string(thrown.message()), Not(HasSubstr("relation")));
  fixture.server().server().Stop();
  EXPECT_THAT(fixture.server().log(), HasSubstr("relation report does not exist"));
}

TEST(AdapterTest, AFullQueueRefusesAtOnceAndSaysWhenToRetry) {
  Gate gate;
  ServerOptions options;
  options.workers = {.workers = 1, .queue_limit = 2, .caller_share = 2};
  Fixture fixture(
      [&gate](const CallContext& call, const EchoRequest& request) {
        gate.Pass();
        return Repeat(call, request);
      },
      options);
  Callers callers(fixture);
  callers.Start(Reporter());
  gate.WaitForArrivals(1);
  callers.Start(Reporter("bo"));
  callers.Start(Reporter("cilla"));
  WaitUntilWaiting(fixture, "2");
  const absl::Status refused = fixture.Call(Reporter("david"));
  ExpectError(refused, absl::StatusCode::kResourceExhausted, "QUEUE_FULL");
  EXPECT_TRUE(refused.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  EXPECT_THAT(fixture.server().Metrics(), HasSubstr("reason=\"QUEUE_FULL\"} 1"));
  gate.Open();
  for (const absl::Status& answer : callers.Answers()) EXPECT_TRUE(answer.ok()) << answer;
}

TEST(AdapterTest, ACallerCannotTakeTheQueueFromOthers) {
  Gate gate;
  ServerOptions options;
  options.workers = {.workers = 1, .queue_limit = 10, .caller_share = 1};
  Fixture fixture(
      [&gate](const CallContext& call, const EchoRequest& request) {
        gate.Pass();
        return Repeat(call, request);
      },
      options);
  Callers callers(fixture);
  callers.Start(Reporter());
  gate.WaitForArrivals(1);
  callers.Start(Reporter());
  WaitUntilWaiting(fixture, "1");
  ExpectError(fixture.Call(Reporter()), absl::StatusCode::kResourceExhausted, "CALLER_SHARE_EXCEEDED");
  callers.Start(Reporter("bo"));
  WaitUntilWaiting(fixture, "2");
  gate.Open();
  for (const absl::Status& answer : callers.Answers()) EXPECT_TRUE(answer.ok()) << answer;
}

TEST(AdapterTest, CallsThatNobodyWaitsForAreNotHandled) {
  std::atomic<int> handled = 0;
  std::promise<void> started;
  ServerOptions options;
  options.workers = {.workers = 1, .queue_limit = 10, .caller_share = 10};
  Fixture fixture(
      [&](const CallContext& call, const EchoRequest& request) {
        if (++handled > 1) return Repeat(call, request);
        started.set_value();
        while (!call.Cancelled()) std::this_thread::yield();
        return Repeat(call, request);
      },
      options);
  grpc::ClientContext running;
  fixture.server().Authorize(running, Reporter());
  auto ran = std::async(std::launch::async, [&] { return fixture.CallIn(running); });
  started.get_future().wait();

  // One whose deadline passes in the queue, one that is cancelled in it.
  grpc::ClientContext late;
  fixture.server().Authorize(late, Reporter());
  late.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  EXPECT_EQ(fixture.CallIn(late).code(), absl::StatusCode::kDeadlineExceeded);
  grpc::ClientContext cancelled;
  fixture.server().Authorize(cancelled, Reporter());
  auto waited = std::async(std::launch::async, [&] { return fixture.CallIn(cancelled); });
  WaitUntilWaiting(fixture, "2");
  cancelled.TryCancel();
  EXPECT_EQ(waited.get().code(), absl::StatusCode::kCancelled);

  // Cancels travel in order on one connection: when the running call sees its own,
  // the waiting one's has arrived too.
  for (int i = 0; i < 10; ++i) testing::CheckHealth(fixture.server().channel(), "");
  running.TryCancel();
  ran.wait();
  // Behind them in the queue: when it is answered, they have been taken.
  EXPECT_TRUE(fixture.Call(Reporter()).ok());
  EXPECT_EQ(handled.load(), 2);
}

TEST(AdapterTest, AHandlerCanSeeThatNobodyWaits) {
  Gate started;
  started.Open();
  std::promise<void> seen;
  Fixture fixture([&](const CallContext& call, const EchoRequest& request) {
    started.Pass();
    while (!call.Cancelled()) std::this_thread::yield();
    seen.set_value();
    return Repeat(call, request);
  });
  grpc::ClientContext context;
  fixture.server().Authorize(context, Reporter());
  auto answer = std::async(std::launch::async, [&] { return fixture.CallIn(context); });
  started.WaitForArrivals(1);
  context.TryCancel();
  seen.get_future().wait();
  EXPECT_EQ(answer.get().code(), absl::StatusCode::kCancelled);
}

TEST(AdapterTest, NoCallIsWorkedOnLongerThanTheServersBound) {
  absl::Time deadline;
  ServerOptions options;
  options.adapter.longest_call = absl::Seconds(7);
  Fixture fixture(
      [&deadline](const CallContext& call, const EchoRequest& request) {
        deadline = call.deadline;
        return Repeat(call, request);
      },
      options);
  const clock::SystemClock clock;
  const absl::Time before = clock.Now();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + fixture.server().TokenFor(Reporter()));
  ASSERT_TRUE(fixture.CallIn(context).ok());
  EXPECT_GE(deadline, before + absl::Seconds(7));
  EXPECT_LE(deadline, clock.Now() + absl::Seconds(7));
}

TEST(AdapterTest, ContinuesTheCallersTraceOrStartsOne) {
  TraceContext seen;
  Fixture fixture([&seen](const CallContext& call, const EchoRequest& request) {
    seen = call.trace;
    return Repeat(call, request);
  });
  grpc::ClientContext traced;
  fixture.server().Authorize(traced, Reporter());
  traced.AddMetadata(std::string(kTraceHeader), kTraceParent);
  ASSERT_TRUE(fixture.CallIn(traced).ok());
  EXPECT_EQ(seen.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_NE(seen.span_id, "00f067aa0ba902b7");
  grpc::ClientContext malformed;
  fixture.server().Authorize(malformed, Reporter());
  malformed.AddMetadata(std::string(kTraceHeader), "00-nonsense");
  ASSERT_TRUE(fixture.CallIn(malformed).ok());
  EXPECT_TRUE(ParseTraceParent(FormatTraceParent(seen)).has_value());
  EXPECT_NE(seen.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(AdapterTest, LogsOneLineACallWithoutThePerson) {
  Fixture fixture;
  EchoRequest request;
  request.set_text("what-the-child-said");
  grpc::ClientContext context;
  fixture.server().Authorize(context, Reporter("anna.andersson"));
  context.AddMetadata(std::string(kTraceHeader), kTraceParent);
  ASSERT_TRUE(fixture.CallIn(context, request).ok());
  fixture.server().server().Stop();
  const std::string log = fixture.server().log();
  EXPECT_THAT(log, HasSubstr("\"message\":\"call\",\"method\":\"samverkan.rpc.testing.v1.EchoService/Echo\","
                             "\"code\":\"OK\",\"duration_ms\":"));
  EXPECT_THAT(log,
              HasSubstr("\"system\":\"lifecare\",\"municipality\":\"0180\",\"authority\":\"grundskolenamnden\","
                        "\"role\":\"REPORTER\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"peer\":\"ipv4:"));
  EXPECT_THAT(log, Not(HasSubstr("anna")));
  EXPECT_THAT(log, Not(HasSubstr("token-")));
  EXPECT_THAT(log, Not(HasSubstr("what-the-child-said")));
}

}  // namespace
}  // namespace samverkan::rpc
