#include "libs/status/grpc.h"

#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "libs/status/status.h"

namespace samverkan::status {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

TEST(ToGrpcTest, OkIsOk) { EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok()); }

TEST(ToGrpcTest, SendsErrorInfoRetryInfoAndSwedish) {
  const grpc::Status sent = ToGrpc(ResourceExhausted({.reason = "QUEUE_FULL",
                                                      .message = "too busy",
                                                      .swedish = "För många anrop.",
                                                      .metadata = {{"limit", "8"}},
                                                      .retry_after = absl::Milliseconds(1500)}));
  EXPECT_EQ(sent.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(sent.error_message(), "too busy");
  const google::rpc::Status details = Details(sent);
  ASSERT_EQ(details.details_size(), 3);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "QUEUE_FULL");
  EXPECT_EQ(info.domain(), "samverkan");
  EXPECT_EQ(info.metadata().at("limit"), "8");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(details.details(1).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
  google::rpc::LocalizedMessage localized;
  ASSERT_TRUE(details.details(2).UnpackTo(&localized));
  EXPECT_EQ(localized.locale(), "sv-SE");
  EXPECT_EQ(localized.message(), "För många anrop.");
}

TEST(ToGrpcTest, SendsWhereToTurnInstead) {
  const absl::Status refused = InvalidArgument(Error{.reason = "FIELD_INVALID", .message = "expected a text"});
  const google::rpc::Status details = Details(ToGrpc(WithHelp(refused, "Ring mottagningen", "tel:+46850824435")));
  google::rpc::Help help;
  ASSERT_TRUE(details.details(details.details_size() - 1).UnpackTo(&help));
  ASSERT_EQ(help.links_size(), 1);
  EXPECT_EQ(help.links(0).url(), "tel:+46850824435");
  EXPECT_TRUE(WithHelp(absl::OkStatus(), "x", "y").ok());
}

TEST(ToGrpcTest, InnerTextOfInternalErrorsStays) {
  for (const absl::Status& status :
       {Internal("relation report does not exist"), absl::UnknownError("relation report does not exist"),
        absl::DataLossError("relation report does not exist")}) {
    const grpc::Status sent = ToGrpc(status);
    EXPECT_EQ(sent.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_THAT(sent.error_message() + sent.error_details(), Not(HasSubstr("relation")));
    EXPECT_EQ(Reason(FromGrpc(sent)), "INTERNAL");
  }
}

TEST(ToGrpcTest, StatusWithoutReasonKeepsOnlyItsCode) {
  const grpc::Status sent = ToGrpc(absl::DeadlineExceededError("SELECT secret"));
  EXPECT_EQ(sent.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(sent.error_message() + sent.error_details(), Not(HasSubstr("secret")));
  EXPECT_EQ(Reason(FromGrpc(sent)), "DEADLINE_EXCEEDED");
}

TEST(ToGrpcTest, MarkNeverLeaves) {
  const grpc::Status plain = ToGrpc(NotFound({"REPORT_NOT_FOUND", "no such report"}));
  const grpc::Status hidden = ToGrpc(Hidden(NotFound({"REPORT_NOT_FOUND", "no such report"})));
  EXPECT_EQ(hidden.error_code(), plain.error_code());
  EXPECT_EQ(hidden.error_message(), plain.error_message());
  EXPECT_EQ(hidden.error_details(), plain.error_details());
}

TEST(FromGrpcTest, BringsPayloadsBack) {
  const absl::Status status = FromGrpc(ToGrpc(InvalidArgument(std::vector<FieldViolation>{{"a", "b", "c"}})));
  EXPECT_EQ(Reason(status), "FIELD_INVALID");
  EXPECT_THAT(InvalidFields(status), ElementsAre("a"));
}

TEST(FromGrpcTest, SurvivesDetailsThatAreNone) {
  const absl::Status status = FromGrpc(grpc::Status(grpc::StatusCode::NOT_FOUND, "gone", "\xff\xff"));
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(Reason(status), "");
}

}  // namespace
}  // namespace samverkan::status
