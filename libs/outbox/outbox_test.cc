#include "libs/outbox/outbox.h"

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/clock/clock.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/event_service.h"
#include "libs/outbox/refusal.h"
#include "libs/outbox/relay.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"

namespace samverkan::outbox {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1768212000);  // 2026-01-12 10:00 UTC

absl::Time Deadline() { return clock::SystemClock().Now() + absl::Seconds(20); }

rpc::CallContext CallOf(const std::string& municipality, const std::string& authority) {
  rpc::CallContext call;
  call.caller.subject = "karin.lind";
  call.caller.system = "skolportalen";
  call.caller.municipality = municipality;
  call.caller.authority = authority;
  call.caller.roles = {access::v1::SYSTEM};
  call.role = access::v1::SYSTEM;
  call.action = access::v1::READ;
  call.deadline = Deadline();
  call.now = kNow;
  call.method = "samverkan.events.v1.EventService/ListEvents";
  return call;
}

// The outbox of intake's schema, which is the same in every service.
class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest()
      : pool_(*pg::Pool::Open(database_.ConninfoFor("intake"), 6)),
        job_pool_(*pg::Pool::Open(database_.ConninfoFor("intake_jobs"), 6)),
        outbox_("intake", *Keys().Fresh(Deadline())),
        writer_(*pg::CombiningWriter::Open(database_.ConninfoFor("intake"), {})) {}

  std::unique_ptr<Relay> RelayTo(Relay::Deliver deliver, Relay::Options options = {}) {
    // Each relay has a registry of its own: a family is registered once.
    registries_.push_back(std::make_shared<prometheus::Registry>());
    return std::make_unique<Relay>("intake", *job_pool_, Keys(), clock_, std::move(deliver), std::move(options),
                                   *registries_.back(), logger_);
  }

  static sealing::KeyRing& Keys() {
    static sealing::testing::TestKeyRing keys("intake");
    return keys.ring();
  }

  Relay::Deliver TakeAll() {
    return [this](const std::vector<audit::v1::Entry>& entries) {
      delivered_.insert(delivered_.end(), entries.begin(), entries.end());
      return absl::OkStatus();
    };
  }

  void AppendEvent(const std::string& type, const std::string& municipality = "0180",
                   const std::string& authority = "skarholmen", absl::Time time = kNow) {
    ASSERT_OK(pool_->Write({municipality, authority}, Deadline(), "test", [&](pg::Transaction& transaction) {
      return Append(transaction, MakeEvent(type, "municipalities/0180/reports/x", municipality, authority, time, {}));
    }));
  }

  audit::v1::Entry AppendEntry(const std::string& resource) {
    audit::v1::Entry entry =
        MakeAuditEntry(CallOf("0180", "skarholmen"), "intake", audit::v1::GRANTED,
                       {.municipality = "0180", .authority = "skarholmen", .resources = {resource}});
    EXPECT_OK(outbox_.Append(*writer_, entry, Deadline()));
    return entry;
  }

  std::vector<std::string> Types(const events::v1::ListEventsResponse& response) {
    std::vector<std::string> types;
    for (const auto& event : response.events()) types.push_back(event.type());
    return types;
  }

  testing::TestDatabase database_{"services/intake/schema"};
  clock::FakeClock clock_{kNow};
  std::ostringstream log_;
  log::Logger logger_{"test", clock_, log_};
  std::unique_ptr<pg::Pool> pool_;
  std::unique_ptr<pg::Pool> job_pool_;
  const Outbox outbox_;
  std::unique_ptr<pg::CombiningWriter> writer_;
  std::vector<std::shared_ptr<prometheus::Registry>> registries_;
  std::vector<audit::v1::Entry> delivered_;
};

TEST_F(OutboxTest, GivesDensePositionsInOrderOfWriting) {
  const auto relay = RelayTo(TakeAll());
  for (const char* const type : {"a", "b", "c"}) AppendEvent(type);
  EXPECT_EQ(*relay->GivePositions(), 3);
  AppendEvent("d");
  EXPECT_EQ(*relay->GivePositions(), 1);
  EXPECT_EQ(*relay->GivePositions(), 0);
  EXPECT_EQ(*database_.Value("SELECT string_agg(position::text, ',' ORDER BY sequence) FROM intake.event"), "1,2,3,4");
}

TEST_F(OutboxTest, SlowTransactionsEventIsNotSkipped) {
  const auto relay = RelayTo(TakeAll());
  const EventService service(*pool_, paging::PageTokens(std::string(32, 'k')));
  const rpc::CallContext call = CallOf("0180", "skarholmen");
  events::v1::ListEventsRequest request;
  ASSERT_OK(pool_->Write({"0180", "skarholmen"}, Deadline(), "slow", [&](pg::Transaction& slow) -> absl::Status {
    if (absl::Status appended = Append(slow, MakeEvent("slow", "r", "0180", "skarholmen", kNow, {})); !appended.ok()) {
      return appended;
    }
    // Written later, committed earlier, positioned and read while the slow one is open.
    AppendEvent("quick");
    EXPECT_OK(relay->GivePositions());
    const auto page = service.ListEvents(call, request);
    EXPECT_OK(page);
    EXPECT_THAT(Types(*page), ElementsAre("quick"));
    request.set_page_token(page->next_page_token());
    return absl::OkStatus();
  }));
  ASSERT_OK(relay->GivePositions());
  EXPECT_THAT(Types(*service.ListEvents(call, request)), ElementsAre("slow"));
}

TEST_F(OutboxTest, EventsAreShownToTheirOwnMunicipalityAndAuthority) {
  const auto relay = RelayTo(TakeAll());
  AppendEvent("ours");
  AppendEvent("other-authority", "0180", "hasselby-vallingby");
  AppendEvent("other-municipality", "0127", "skarholmen");
  ASSERT_OK(relay->GivePositions());
  const EventService service(*pool_, paging::PageTokens(std::string(32, 'k')));
  EXPECT_THAT(Types(*service.ListEvents(CallOf("0180", "skarholmen"), {})), ElementsAre("ours"));
  EXPECT_THAT(Types(*service.ListEvents(CallOf("0180", ""), {})), ElementsAre("ours", "other-authority"));
}

TEST_F(OutboxTest, TokenOlderThanTheHorizonIsRefused) {
  const auto relay = RelayTo(TakeAll());
  const EventService service(*pool_, paging::PageTokens(std::string(32, 'k')));
  const rpc::CallContext call = CallOf("0180", "skarholmen");
  events::v1::ListEventsRequest request;
  request.set_page_size(1);
  AppendEvent("first");
  AppendEvent("second");
  ASSERT_OK(relay->GivePositions());
  request.set_page_token(service.ListEvents(call, request)->next_page_token());
  clock_.Advance(absl::Hours(24 * 91));
  ASSERT_OK(relay->Forget());
  EXPECT_THAT(service.ListEvents(call, request), StatusIs(absl::StatusCode::kOutOfRange, "TOKEN_EXPIRED"));
  request.clear_page_token();
  EXPECT_OK(service.ListEvents(call, request));
}

TEST_F(OutboxTest, WhatOtherBoardsTellOrForgetDoesNotEndAToken) {
  const auto relay = RelayTo(TakeAll());
  const EventService service(*pool_, paging::PageTokens(std::string(32, 'k')));
  const rpc::CallContext call = CallOf("0180", "skarholmen");
  events::v1::ListEventsRequest request;
  ASSERT_OK_AND_ASSIGN(const auto nothing_yet, service.ListEvents(call, request));
  request.set_page_token(nothing_yet.next_page_token());
  for (int i = 0; i < 3; ++i) AppendEvent("theirs", "0180", "rinkeby");
  AppendEvent("mine");
  ASSERT_OK(relay->GivePositions());
  ASSERT_OK_AND_ASSIGN(const auto page, service.ListEvents(call, request));
  EXPECT_THAT(Types(page), ElementsAre("mine"));
}

TEST_F(OutboxTest, TokenOfAnotherCallerIsRefused) {
  const EventService service(*pool_, paging::PageTokens(std::string(32, 'k')));
  events::v1::ListEventsRequest request;
  request.set_page_token(service.ListEvents(CallOf("0180", "skarholmen"), request)->next_page_token());
  EXPECT_THAT(service.ListEvents(CallOf("0127", "skarholmen"), request),
              StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
}

TEST_F(OutboxTest, DeliversInOrderAndForgetsOnlyWhatWasTaken) {
  bool audit_is_up = false;
  const auto relay = RelayTo([&](const std::vector<audit::v1::Entry>& entries) -> absl::Status {
    if (!audit_is_up) return status::Unavailable({.reason = "DOWN", .message = "down"});
    return TakeAll()(entries);
  });
  for (const char* const resource : {"a", "b", "c"}) AppendEntry(resource);
  EXPECT_THAT(relay->DeliverAuditEntries(), Not(IsOk()));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM intake.audit_entry"), "3");
  audit_is_up = true;
  EXPECT_EQ(*relay->DeliverAuditEntries(), 3);
  EXPECT_EQ(*relay->DeliverAuditEntries(), 0);
  std::vector<std::string> resources;
  for (const auto& entry : delivered_) resources.push_back(entry.private_part().resources(0));
  EXPECT_THAT(resources, ElementsAre("a", "b", "c"));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM intake.audit_entry"), "0");
}

TEST_F(OutboxTest, RetriedDeliveryIsTheSameToTheLastByte) {
  std::vector<std::string> attempts;
  const auto relay = RelayTo([&](const std::vector<audit::v1::Entry>& entries) -> absl::Status {
    attempts.push_back(entries.front().SerializeAsString());
    return attempts.size() == 1 ? status::Unavailable({.reason = "LOST", .message = "answer lost"}) : absl::OkStatus();
  });
  const audit::v1::Entry written = AppendEntry("a");
  EXPECT_THAT(relay->DeliverAuditEntries(), Not(IsOk()));
  EXPECT_OK(relay->DeliverAuditEntries());
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0], attempts[1]);
  EXPECT_EQ(attempts[0], written.SerializeAsString());
}

TEST_F(OutboxTest, ChildrenThatOnlyTheTransactionKnewJoinTheEntry) {
  const auto relay = RelayTo(TakeAll());
  AppendEntry("a");
  ASSERT_OK(database_.Execute("UPDATE intake.audit_entry SET children = '{01890a5d-ac96-774b-bcce-b302099a8057}'"));
  ASSERT_OK(relay->DeliverAuditEntries());
  ASSERT_EQ(delivered_.size(), 1u);
  EXPECT_THAT(delivered_[0].private_part().children(), ElementsAre("01890a5d-ac96-774b-bcce-b302099a8057"));
}

TEST_F(OutboxTest, WhatWaitsTellsNobodyWhoDidWhat) {
  AppendEntry("municipalities/0180/reports/x");
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM intake.audit_entry"
                             "  WHERE position('karin.lind'::bytea IN content) > 0"
                             "     OR position('reports'::bytea IN content) > 0"),
            "0");
}

TEST_F(OutboxTest, ADamagedOrExchangedEntryIsNotDeliveredForAnother) {
  const auto relay = RelayTo(TakeAll());
  AppendEntry("a");
  AppendEntry("b");
  ASSERT_OK(
      database_.Execute("UPDATE intake.audit_entry e SET content = (SELECT o.content FROM intake.audit_entry o WHERE "
                        "o.entry <> e.entry)"));
  EXPECT_THAT(relay->DeliverAuditEntries(), StatusIs(absl::StatusCode::kDataLoss, "SEALED_CELL_DAMAGED"));
  EXPECT_THAT(delivered_, IsEmpty());
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM intake.audit_entry"), "2");
}

TEST_F(OutboxTest, NoBoardTellsOfAnothersResources) {
  const absl::Status status =
      pool_->Write({"0180", "skarholmen"}, Deadline(), "test", [&](pg::Transaction& transaction) {
        return Append(transaction,
                      MakeEvent("report.received", "municipalities/0180/reports/x", "0180", "rinkeby", kNow, {}));
      });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM intake.event"), "0");
}

TEST_F(OutboxTest, OneRelayAtATimeDelivers) {
  const auto second = RelayTo(TakeAll());
  const auto first = RelayTo([&](const std::vector<audit::v1::Entry>&) {
    // While the first delivers, the second finds the lock taken and leaves the entries.
    EXPECT_EQ(*second->DeliverAuditEntries(), 0);
    return absl::OkStatus();
  });
  AppendEntry("a");
  EXPECT_EQ(*first->DeliverAuditEntries(), 1);
  EXPECT_THAT(delivered_, IsEmpty());
}

TEST_F(OutboxTest, BacklogIsExceededByTheAgeOfTheOldestEntry) {
  const auto relay = RelayTo(TakeAll(), {.longest_backlog = absl::Hours(4)});
  AppendEntry("a");
  ASSERT_OK(relay->MeasureBacklog());
  EXPECT_FALSE(relay->BacklogExceeded());
  ASSERT_OK(database_.Execute("UPDATE intake.audit_entry SET create_time = now() - interval '4 hours 1 second'"));
  ASSERT_OK(relay->MeasureBacklog());
  EXPECT_TRUE(relay->BacklogExceeded());
  ASSERT_OK(relay->DeliverAuditEntries());
  ASSERT_OK(relay->MeasureBacklog());
  EXPECT_FALSE(relay->BacklogExceeded());
}

TEST_F(OutboxTest, DeliveryStepsBackWhileTheServiceIsBusy) {
  std::mutex mutex;
  std::condition_variable changed;
  bool busy = true;
  int asked = 0;
  const auto relay = RelayTo(
      [&](const std::vector<audit::v1::Entry>& entries) {
        const std::lock_guard lock(mutex);
        EXPECT_FALSE(busy);
        delivered_.insert(delivered_.end(), entries.begin(), entries.end());
        changed.notify_all();
        return absl::OkStatus();
      },
      {.busy =
           [&] {
             const std::lock_guard lock(mutex);
             ++asked;
             changed.notify_all();
             return busy;
           },
       .pause = absl::Milliseconds(1)});
  AppendEntry("a");
  relay->Start();
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return asked >= 5; }));
  EXPECT_THAT(delivered_, IsEmpty());
  busy = false;
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return delivered_.size() == 1; }));
  lock.unlock();
  relay->Stop();
}

TEST_F(OutboxTest, WhatHasWaitedLongIsDeliveredHoweverBusyTheServiceIs) {
  std::mutex mutex;
  std::condition_variable changed;
  const auto relay = RelayTo(
      [&](const std::vector<audit::v1::Entry>& entries) {
        const std::lock_guard lock(mutex);
        delivered_.insert(delivered_.end(), entries.begin(), entries.end());
        changed.notify_all();
        return absl::OkStatus();
      },
      {.busy = [] { return true; }, .pause = absl::Milliseconds(1)});
  AppendEntry("a");
  ASSERT_OK(database_.Execute("UPDATE intake.audit_entry SET create_time = now() - interval '31 seconds'"));
  ASSERT_OK(relay->MeasureBacklog());
  relay->Start();
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return delivered_.size() == 1; }));
  lock.unlock();
  relay->Stop();
}

TEST_F(OutboxTest, RelayThreadCarriesEverythingOn) {
  std::mutex mutex;
  std::condition_variable all;
  const auto relay = RelayTo([&](const std::vector<audit::v1::Entry>& entries) {
    const std::lock_guard lock(mutex);
    delivered_.insert(delivered_.end(), entries.begin(), entries.end());
    all.notify_all();
    return absl::OkStatus();
  });
  relay->Start();
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int j = 0; j < 25; ++j) AppendEntry(absl::StrCat(i, "-", j));
    });
  }
  for (auto& writer : writers) writer.join();
  std::unique_lock lock(mutex);
  EXPECT_TRUE(all.wait_for(lock, std::chrono::seconds(20), [&] { return delivered_.size() >= 100; }));
  lock.unlock();
  relay->Stop();
  std::map<std::string, int> times;
  for (const auto& entry : delivered_) ++times[entry.private_part().resources(0)];
  EXPECT_EQ(times.size(), 100u);
}

TEST_F(OutboxTest, RefusalIsRecordedWithReasonAndResource) {
  audit::v1::GetEntryRequest request;
  request.set_name("entries/7");
  const rpc::CallContext call = CallOf("0127", "socialnamnden");
  ASSERT_OK(RecordRefusals(*writer_, outbox_, "intake")(
      call, &request, status::PermissionDenied({.reason = "ROLE_MISSING", .message = "no"})));
  ASSERT_OK(RelayTo(TakeAll())->DeliverAuditEntries());
  ASSERT_EQ(delivered_.size(), 1u);
  EXPECT_EQ(delivered_[0].outcome(), audit::v1::DENIED);
  EXPECT_EQ(delivered_[0].municipality(), "0127");
  EXPECT_EQ(delivered_[0].private_part().detail(), "ROLE_MISSING");
  EXPECT_THAT(delivered_[0].private_part().resources(), ElementsAre("entries/7"));
}

}  // namespace
}  // namespace samverkan::outbox
