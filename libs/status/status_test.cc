#include "libs/status/status.h"

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "libs/status/macros.h"

namespace samverkan::status {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(StatusTest, CarriesReasonMessageAndMetadata) {
  const absl::Status status =
      Aborted({.reason = "ETAG_MISMATCH", .message = "read again", .swedish = "Läs om.", .metadata = {{"have", "3"}}});
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(), "read again");
  EXPECT_EQ(Reason(status), "ETAG_MISMATCH");
  EXPECT_THAT(Metadata(status), ElementsAre(Pair("have", "3")));
}

TEST(StatusTest, ForeignStatusHasNoReason) {
  EXPECT_EQ(Reason(absl::OkStatus()), "");
  EXPECT_EQ(Reason(absl::AbortedError("x")), "");
}

TEST(ViolationsTest, NoneIsOk) { EXPECT_TRUE(Violations().ToStatus().ok()); }

TEST(ViolationsTest, NamesEveryField) {
  Violations violations;
  violations.Add("child.identity_number", "must be 10 or 12 digits", "ska ha 10 eller 12 siffror");
  violations.Add("unit", "must not be empty");
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reason(status), "FIELD_INVALID");
  EXPECT_THAT(InvalidFields(status), ElementsAre("child.identity_number", "unit"));
  EXPECT_EQ(status.message(), "child.identity_number: must be 10 or 12 digits; unit: must not be empty");
}

// The answer travels in metadata, of which clients take 8 KiB.
TEST(ViolationsTest, NamesAsManyAsClientsCanReceive) {
  Violations violations;
  for (int i = 0; i < 500; ++i) {
    violations.Add("entries[" + std::to_string(i) + "].private_part.actor.municipality",
                   "expected the official code of a municipality, four digits",
                   "ska vara en officiell kommunkod med fyra siffror");
  }
  const absl::Status status = violations.ToStatus();
  EXPECT_GE(InvalidFields(status).size(), 15u);
  EXPECT_EQ(InvalidFields(status)[0], "entries[0].private_part.actor.municipality");
  size_t bytes = status.message().size();
  status.ForEachPayload([&bytes](absl::string_view, const absl::Cord& payload) { bytes += payload.size(); });
  EXPECT_LT(bytes, 5000u);
}

TEST(HiddenTest, MarksOnlyNotFound) {
  const Error error{.reason = "REPORT_NOT_FOUND", .message = "no such report"};
  EXPECT_TRUE(IsHidden(Hidden(NotFound(error))));
  EXPECT_FALSE(IsHidden(NotFound(error)));
  EXPECT_FALSE(IsHidden(Hidden(PermissionDenied(error))));
  EXPECT_TRUE(Hidden(absl::OkStatus()).ok());
}

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) return absl::InvalidArgumentError("odd");
  return number / 2;
}

absl::StatusOr<int> Quarter(int number) {
  ASSIGN_OR_RETURN(const int half, Half(number));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

absl::Status CheckQuarter(int number) {
  RETURN_IF_ERROR(Quarter(number).status());
  return absl::OkStatus();
}

TEST(MacrosTest, PassValuesAndErrorsOn) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).status().message(), "odd");
  EXPECT_TRUE(CheckQuarter(8).ok());
  EXPECT_FALSE(CheckQuarter(6).ok());
}

}  // namespace
}  // namespace samverkan::status
