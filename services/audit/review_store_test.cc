#include "services/audit/review_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"
#include "services/audit/entry_fixture.h"
#include "services/audit/entry_store.h"

namespace samverkan::audit {
namespace {

using ::samverkan::testing::StatusIs;
using ::samverkan::testing::TestDatabase;

constexpr absl::CivilDay kToday(2026, 3, 2);

absl::Time Deadline() { return clock::SystemClock().Now() + absl::Seconds(60); }

class ReviewStoreTest : public ::testing::Test {
 protected:
  rpc::CallContext Call() {
    rpc::CallContext call;
    call.caller.subject = "olle";
    call.caller.system = "loggkoll";
    call.caller.municipality = "0180";
    call.caller.authority = "socialnamnden";
    call.role = access::v1::AUDITOR;
    call.action = access::v1::UPDATE;
    call.method = "samverkan.audit.v1.ReviewService/RecordReviewOutcome";
    call.now = TestNow();
    call.deadline = Deadline();
    return call;
  }

  idempotency::Request FreshRequest() {
    return {.municipality = "0180",
            .caller = std::string(32, 'c'),
            .method = "m",
            .id = pg::Uuid::Random(),
            .fingerprint = std::string(32, 'f')};
  }

  absl::StatusOr<v1::ReviewSample> Draw(absl::CivilDay first_day, int32_t random_size, int32_t risk_size) {
    DrawOrder order = {.first_day = first_day,
                       .last_day = kToday,
                       .random_size = random_size,
                       .risk_size = risk_size,
                       .thresholds = {},
                       .seed = std::string(32, 's')};
    order.thresholds.set_work_start_hour(6);
    order.thresholds.set_work_end_hour(19);
    order.thresholds.set_many_files(30);
    return reviews_->Draw(Call(), FreshRequest(), order, {});
  }

  // Rows of a table that all sessions that have ended have read, in whatever way; what an
  // index alone answers reads none.
  int64_t RowsRead(const std::string& table) {
    return std::stoll(
        Value(absl::StrCat("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables"
                           "  WHERE relid = 'audit.",
                           table, "'::regclass")));
  }

  std::string Value(const std::string& sql) { return *database_.Value(sql); }

  TestDatabase database_{"services/audit/schema"};
  sealing::testing::TestKeyRing keys_{"audit"};
  std::unique_ptr<EntryStore> store_ = EntryStore::Open(database_.ConninfoFor("audit"), 2, keys_.ring()).value();
  const OwnEntries own_entries_{*store_, TestTags()};
  std::unique_ptr<ReviewStore> reviews_ =
      ReviewStore::Open(database_.ConninfoFor("audit"), 8, keys_.ring(), own_entries_).value();
  const Scope scope_ = {.municipality = "0180", .authority = "socialnamnden"};
};

TEST_F(ReviewStoreTest, NeverDrawsWhatIsErased) {
  std::vector<v1::Entry> entries;
  for (uint64_t i = 0; i < 6; ++i) entries.push_back(TestEntry(i));
  ASSERT_OK(store_->Append(Prepared(entries), TestNow(), Deadline()));
  ASSERT_OK(
      database_.Execute("DELETE FROM audit.private_part WHERE index IN (1, 3); "
                        "DELETE FROM audit.search_tag WHERE index IN (1, 3)"));
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(kToday, 500, 500));
  EXPECT_EQ(sample.drawable_count(), 4);
  EXPECT_EQ(sample.item_count(), 4);
  EXPECT_EQ(Value("SELECT string_agg(index::text, ' ' ORDER BY item) FROM audit.review_item"), "0 2 4 5");
}

// Two auditors decide on the same state at the same moment: one is told to look again.
TEST_F(ReviewStoreTest, RecordsOneOfTwoOutcomesDecidedOnTheSameState) {
  constexpr int kThreads = 8;
  ASSERT_OK(store_->Append(Prepared({TestEntry(1)}), TestNow(), Deadline()));
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(kToday, 1, 0));
  const ItemKey key = {ParseSampleName(sample.name()).value(), 1};
  std::atomic<int> recorded = 0, stale = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      v1::ReviewOutcome outcome;
      outcome.set_verdict(v1::ReviewOutcome::LEGITIMATE);
      const auto item =
          reviews_->Record(Call(), FreshRequest(), key, outcome, "P-087",
                           [](const ReviewItemRecord& record) { return CheckMayRecord(record, "0", "tag of olle"); });
      recorded += item.ok() ? 1 : 0;
      stale += absl::IsAborted(item.status()) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorded, 1);
  EXPECT_EQ(stale, kThreads - 1);
  EXPECT_EQ(Value("SELECT count(*) FROM audit.review_outcome"), "1");
  // The sample's and the one outcome's: what was refused left none here.
  EXPECT_EQ(Value("SELECT size FROM audit.log_state"), "3");
}

// One person's repeated request at the same moment.
TEST_F(ReviewStoreTest, DrawsOnceForOneRequestInSeveralThreads) {
  constexpr int kThreads = 6;
  ASSERT_OK(store_->Append(Prepared({TestEntry(1), TestEntry(2)}), TestNow(), Deadline()));
  const idempotency::Request request = FreshRequest();
  std::vector<std::string> names(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      DrawOrder order;
      order.first_day = order.last_day = kToday;
      order.random_size = 1;
      order.seed = std::string(32, 's');
      const auto sample = reviews_->Draw(Call(), request, order, {});
      EXPECT_OK(sample);
      if (sample.ok()) names[i] = sample->name();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& name : names) EXPECT_EQ(name, names[0]);
  EXPECT_EQ(Value("SELECT count(*) FROM audit.review_sample"), "1");
}

TEST_F(ReviewStoreTest, ForgetsRequestsOfMoreThanThirtyDaysAgo) {
  ASSERT_OK(Draw(kToday, 1, 0));
  ASSERT_OK(database_.Execute("UPDATE audit.request SET create_time = create_time - interval '31 days'"));
  ASSERT_OK(Draw(kToday, 1, 0));
  EXPECT_EQ(Value("SELECT count(*) FROM audit.request"), "1");
}

// A year's log, of entries as append_entries stores them, but made in the database.
constexpr char kFillYear[] =
    "INSERT INTO audit.entry (index, municipality, authority, leaf, leaf_hash, record_time)"
    "  SELECT g, '0180', CASE g % 10 WHEN 9 THEN 'utbildningsnamnden' ELSE 'socialnamnden' END, e.leaf, e.leaf_hash,"
    "         e.record_time"
    "    FROM generate_series(1, %d) AS g, audit.entry e WHERE e.index = 0;"
    "INSERT INTO audit.private_part"
    "  SELECT g, '0180', CASE g % 10 WHEN 9 THEN 'utbildningsnamnden' ELSE 'socialnamnden' END,"
    "         p.time - (g % 360) * interval '1 day', p.data_key, p.body, p.method, p.action, p.outcome, p.role, "
    "p.signs,"
    "         substr(sha256(int8send(-1 - g % 50)), 1, 16), p.system"
    "    FROM generate_series(1, %d) AS g, audit.private_part p WHERE p.index = 0;"
    "INSERT INTO audit.search_tag"
    "  SELECT substr(sha256(int8send(g % 2000)), 1, 16), g, 1 FROM generate_series(1, %d) AS g;"
    "INSERT INTO audit.search_tag"
    "  SELECT substr(sha256(int8send(-1 - g % 50)), 1, 16), g, 2 FROM generate_series(1, %d) AS g;"
    "UPDATE audit.log_state SET size = %d + 1";

// Private parts are read for what was drawn alone, and the tables not walked through.
TEST_F(ReviewStoreTest, DrawsAYearWithoutReadingIt) {
  constexpr int kEntries = 20'000;
  constexpr int kDrawn = 100;
  ASSERT_OK(store_->Append(Prepared({TestEntry(0)}), TestNow(), Deadline()));
  std::string fill = kFillYear;
  for (size_t at = fill.find("%d"); at != std::string::npos; at = fill.find("%d")) {
    fill.replace(at, 2, absl::StrCat(kEntries));
  }
  ASSERT_OK(database_.Execute(fill));
  ASSERT_OK(database_.Execute("VACUUM ANALYZE audit.private_part"));
  ASSERT_OK(database_.Execute("VACUUM ANALYZE audit.search_tag"));
  const int64_t parts_before = RowsRead("private_part"), tags_before = RowsRead("search_tag");
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(kToday - 370, kDrawn, 0));
  EXPECT_EQ(sample.drawable_count(), kEntries * 9 / 10 + 1);
  EXPECT_EQ(sample.item_count(), kDrawn);
  // PostgreSQL tells what a session has read some time after it has ended.
  reviews_.reset();
  while (RowsRead("private_part") - parts_before < kDrawn) {
  }
  EXPECT_LE(RowsRead("private_part") - parts_before, 2 * kDrawn);
  EXPECT_LE(RowsRead("search_tag") - tags_before, 2 * kDrawn);
}

}  // namespace
}  // namespace samverkan::audit
