#include "libs/idempotency/request_log.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/clock/clock.h"
#include "libs/pg/pool.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"
#include "samverkan/audit/v1/audit.pb.h"

namespace samverkan::idempotency {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Optional;
using Resources = std::vector<std::string>;

constexpr char kId[] = "018f3a1e-7b3c-4c1d-9a2b-1c2d3e4f5a6b";
const absl::Time kNow = absl::FromUnixSeconds(1768212000);

absl::Time Deadline() { return clock::SystemClock().Now() + absl::Seconds(20); }

rpc::CallContext Call(const std::string& subject = "karin.lind", const std::string& method = "s/M") {
  rpc::CallContext call;
  call.caller.subject = subject;
  call.caller.system = "skolportalen";
  call.caller.municipality = "0180";
  call.method = method;
  call.now = kNow;
  return call;
}

audit::v1::GetEntryRequest Content(const std::string& text) {
  audit::v1::GetEntryRequest content;
  content.set_name(text);
  return content;
}

class RequestLogTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::optional<Resources>> ClaimOf(const rpc::CallContext& call, const std::string& text,
                                                   const std::string& resource) {
    const auto request = keys_.Of(call, kId, Content(text));
    if (!request.ok()) return request.status();
    return pool_->Write(scope_, Deadline(), "claim",
                        [&](pg::Transaction& transaction) { return Claim(transaction, *request, {resource}, kNow); });
  }

  // Whose data the requests are about.
  pg::Scope scope_ = {"0180", "skarholmen"};

  testing::TestDatabase database_{"services/intake/schema"};
  std::unique_ptr<pg::Pool> pool_ = *pg::Pool::Open(database_.ConninfoFor("intake"), 4);
  const RequestKeys keys_{std::string(32, 'k')};
};

TEST_F(RequestLogTest, RepeatedRequestFindsWhatTheFirstMade) {
  EXPECT_EQ(*ClaimOf(Call(), "content", "first"), std::nullopt);
  EXPECT_THAT(*ClaimOf(Call(), "content", "second"), Optional(ElementsAre("first")));
}

TEST_F(RequestLogTest, OtherContentIsRefused) {
  EXPECT_EQ(*ClaimOf(Call(), "content", "first"), std::nullopt);
  EXPECT_THAT(ClaimOf(Call(), "other", "second"), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
}

TEST_F(RequestLogTest, AnIdIsScopedToCallerAndMethod) {
  EXPECT_EQ(*ClaimOf(Call(), "content", "first"), std::nullopt);
  EXPECT_EQ(*ClaimOf(Call("annika.holm"), "other", "second"), std::nullopt);
  EXPECT_EQ(*ClaimOf(Call("karin.lind", "s/Other"), "other", "third"), std::nullopt);
}

TEST_F(RequestLogTest, AnIdUsedForAnotherBoardsDataIsTaken) {
  EXPECT_EQ(*ClaimOf(Call(), "content", "first"), std::nullopt);
  scope_ = {"0180", "rinkeby"};
  EXPECT_THAT(ClaimOf(Call(), "content", "second"), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
}

TEST_F(RequestLogTest, WhoCalledIsNotStored) {
  EXPECT_EQ(*ClaimOf(Call(), "content", "first"), std::nullopt);
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM intake.request WHERE position('karin'::bytea IN caller) > 0"), "0");
}

TEST_F(RequestLogTest, ARolledBackRequestWasNeverMade) {
  const auto request = *keys_.Of(Call(), kId, Content("content"));
  const absl::Status rolled_back =
      pool_->Write(scope_, Deadline(), "claim", [&](pg::Transaction& transaction) -> absl::Status {
        EXPECT_OK(Claim(transaction, request, {"first"}, kNow));
        return absl::FailedPreconditionError("the change is refused");
      });
  EXPECT_FALSE(rolled_back.ok());
  EXPECT_EQ(*ClaimOf(Call(), "content", "second"), std::nullopt);
}

TEST_F(RequestLogTest, WhatIsNoUuidIsRefused) {
  for (const char* const id :
       {"", "1", "018f3a1e-7b3c-4c1d-9a2b-1c2d3e4f5a6", "not-a-uuid-at-all-not-a-uuid-at-all--"}) {
    EXPECT_THAT(keys_.Of(Call(), id, Content("content")), StatusIs(absl::StatusCode::kInvalidArgument)) << id;
  }
}

}  // namespace
}  // namespace samverkan::idempotency
