#include <gmock/gmock.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "libs/status/status.h"
#include "libs/testing/proto_matchers.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::testing {
namespace {

using ::testing::Not;

TEST(StatusMatchersTest, LooksAtCodeAndReason) {
  const absl::Status status = status::Aborted({"ETAG_MISMATCH", "the report was changed by somebody else"});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_THAT(status, Not(StatusIs(absl::StatusCode::kAborted, "OTHER")));
  EXPECT_THAT(status, Not(StatusIs(absl::StatusCode::kNotFound, "ETAG_MISMATCH")));
  EXPECT_THAT(status, Not(IsOk()));
}

TEST(StatusMatchersTest, TakesStatusOr) {
  EXPECT_THAT(absl::StatusOr<int>(1), IsOk());
  EXPECT_THAT(absl::StatusOr<int>(absl::NotFoundError("")), StatusIs(absl::StatusCode::kNotFound));
}

TEST(StatusMatchersTest, AReasonOfAnotherDomainIsNone) {
  google::rpc::ErrorInfo info;
  info.set_reason("ETAG_MISMATCH");
  info.set_domain("elsewhere");
  absl::Status status = absl::AbortedError("");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord(info.SerializeAsString()));
  EXPECT_THAT(status, Not(StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH")));
}

TEST(ProtoMatchersTest, ComparesFieldByField) {
  google::rpc::ErrorInfo info;
  info.set_reason("A");
  google::rpc::ErrorInfo other = info;
  EXPECT_THAT(info, EqualsProto(other));
  EXPECT_THAT(info, EqualsProto("reason: 'A'"));
  other.set_domain("samverkan");
  EXPECT_THAT(info, Not(EqualsProto(other)));
  EXPECT_THAT(info, Not(EqualsProto("reason: 'B'")));
  EXPECT_THAT(info, Not(EqualsProto("no such field")));
  EXPECT_THAT(info, Not(EqualsProto(google::rpc::BadRequest())));
}

}  // namespace
}  // namespace samverkan::testing
