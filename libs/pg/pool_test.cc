#include "libs/pg/pool.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"

namespace samverkan::pg {
namespace {

using ::samverkan::testing::StatusIs;

constexpr Statement kInsert = {"insert", "INSERT INTO notes (id, text) VALUES ($1, $2)"};
constexpr Statement kCount = {"count", "SELECT count(*) FROM notes"};
constexpr Statement kSleep = {"sleep", "SELECT 1 FROM pg_sleep($1::bigint)"};
constexpr Statement kBackend = {"backend", "SELECT pg_backend_pid()"};
// Fails with the SQLSTATE $1 the first $2 times it is run, whatever is rolled back:
// sequences do not.
constexpr Statement kFailFirst = {"fail_first", "SELECT fail_first($1, $2)"};

constexpr char kSchema[] = R"(
  CREATE TABLE notes (id bigint CONSTRAINT notes_id PRIMARY KEY, text text NOT NULL);
  CREATE TABLE late (id bigint CONSTRAINT late_id UNIQUE DEFERRABLE INITIALLY DEFERRED);
  CREATE SEQUENCE runs;
  CREATE FUNCTION fail_first(code text, times bigint) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE run bigint := nextval('runs');
  BEGIN
    IF run <= times THEN RAISE EXCEPTION 'secret %', run USING ERRCODE = code; END IF;
    RETURN run;
  END $$;)";

absl::Time In(absl::Duration duration) { return clock::SystemClock().Now() + duration; }
absl::Time Soon() { return In(absl::Seconds(20)); }

class PoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(database_.Execute(kSchema));
    pool_ = OpenPool(4);
  }

  std::unique_ptr<Pool> OpenPool(int size) {
    absl::StatusOr<std::unique_ptr<Pool>> pool = Pool::Open(
        // A deadlock is found after 20 ms, not after a second.
        database_.Conninfo() + " options='-c deadlock_timeout=20ms'", size,
        [this](const DatabaseError& error, std::string_view text) {
          const std::lock_guard lock(mutex_);
          logged_ += error.sqlstate + " " + error.statement + ": " + std::string(text) + "\n";
        });
    EXPECT_THAT(pool, testing::IsOk());
    return *std::move(pool);
  }

  absl::Status Insert(int64_t id) {
    return pool_->Write({}, Soon(), "insert", [id](Transaction& transaction) {
      return transaction.Execute(kInsert, Params(id, "text")).status();
    });
  }

  absl::StatusOr<int64_t> Count() {
    return pool_->Read({}, Soon(), "count", [](ReadTransaction& transaction) -> absl::StatusOr<int64_t> {
      const absl::StatusOr<Rows> rows = transaction.Query(kCount);
      if (!rows.ok()) return rows.status();
      return (*rows)[0].Get<int64_t>(0);
    });
  }

  // Ends the server process behind a transaction, and returns when it has ended.
  absl::Status EndBackendOf(ReadTransaction& transaction) {
    const absl::StatusOr<Rows> rows = transaction.Query(kBackend);
    if (!rows.ok()) return rows.status();
    const absl::StatusOr<int64_t> backend = (*rows)[0].Get<int64_t>(0);
    if (!backend.ok()) return backend.status();
    return database_.Execute("SELECT pg_terminate_backend(" + std::to_string(*backend) + ", 5000)");
  }

  testing::TestDatabase database_;
  std::unique_ptr<Pool> pool_;
  std::mutex mutex_;
  std::string logged_;
};

TEST_F(PoolTest, AWriteThatReturnsOkStands) {
  ASSERT_OK(Insert(1));
  EXPECT_EQ(*Count(), 1);
}

TEST_F(PoolTest, AWriteThatReturnsAnErrorLeavesNothing) {
  const absl::Status status = pool_->Write({}, Soon(), "refuse", [](Transaction& transaction) -> absl::Status {
    const absl::StatusOr<Rows> inserted = transaction.Execute(kInsert, Params(1, "text"));
    return inserted.ok() ? absl::NotFoundError("refused") : inserted.status();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(*Count(), 0);
}

TEST_F(PoolTest, AFailedStatementIsNeverCommittedThoughTheClosureSaysOk) {
  ASSERT_OK(Insert(1));
  const absl::Status status = pool_->Write({}, Soon(), "careless", [](Transaction& transaction) {
    transaction.Execute(kInsert, Params(2, "text")).IgnoreError();
    transaction.Execute(kInsert, Params(1, "text")).IgnoreError();
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(*Count(), 1);
}

TEST_F(PoolTest, AReadCannotChange) {
  const absl::Status status = pool_->Read({}, Soon(), "sneak", [](ReadTransaction& transaction) {
    return transaction.Query(kInsert, Params(1, "text")).status();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(DatabaseErrorOf(status)->sqlstate, "25006");
}

TEST_F(PoolTest, AViolatedConstraintIsToldByNameAndNoTextOfTheServerGetsOut) {
  ASSERT_OK(Insert(7));
  const absl::Status status = Insert(7);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS"));
  EXPECT_EQ(ConstraintOf(status), "notes_id");
  EXPECT_EQ(status.message().find("notes"), std::string::npos) << status;
  const absl::Status failed = pool_->Write({}, Soon(), "fail", [](Transaction& transaction) {
    return transaction.Execute(kFailFirst, Params("XX000", 1)).status();
  });
  EXPECT_THAT(failed, StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(failed.ToString().find("secret"), std::string::npos) << failed;
  EXPECT_NE(logged_.find("XX000 fail_first: secret 1"), std::string::npos) << logged_;
}

TEST_F(PoolTest, ADeferredConstraintFailsAtCommitAndIsToldByName) {
  ASSERT_OK(database_.Execute("INSERT INTO late VALUES (1)"));
  constexpr Statement kLate = {"late", "INSERT INTO late VALUES ($1)"};
  const absl::Status status = pool_->Write(
      {}, Soon(), "late", [&](Transaction& transaction) { return transaction.Execute(kLate, Params(1)).status(); });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ConstraintOf(status), "late_id");
}

TEST_F(PoolTest, TheWholeClosureIsRunAgainOnASerializationFailure) {
  int runs = 0;
  const absl::Status status = pool_->Write({}, Soon(), "again", [&runs](Transaction& transaction) -> absl::Status {
    ++runs;
    const absl::StatusOr<Rows> inserted = transaction.Execute(kInsert, Params(1, "text"));
    if (!inserted.ok()) return inserted.status();
    const absl::StatusOr<Rows> rows = transaction.Query(kFailFirst, Params("40001", 2));
    // A store may make another error of it; the transaction knows better.
    return rows.ok() ? absl::OkStatus() : absl::NotFoundError("made of it");
  });
  EXPECT_OK(status);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(*Count(), 1);
}

TEST_F(PoolTest, RunningAgainIsBounded) {
  int runs = 0;
  const auto fail = [&runs](Transaction& transaction) {
    ++runs;
    return transaction.Query(kFailFirst, Params("40001", 1'000'000)).status();
  };
  EXPECT_THAT(pool_->Write({}, Soon(), "bounded", fail), StatusIs(absl::StatusCode::kAborted, "CONCURRENT_CHANGE"));
  EXPECT_GT(runs, 3);
  EXPECT_LT(runs, 20);
}

TEST_F(PoolTest, OtherErrorsAreNotRunAgain) {
  int runs = 0;
  const auto fail = [&runs](Transaction& transaction) {
    ++runs;
    return transaction.Query(kFailFirst, Params("P0001", 1'000'000)).status();
  };
  EXPECT_THAT(pool_->Write({}, Soon(), "once", fail), StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(runs, 1);
}

TEST_F(PoolTest, BothOfTwoThatDeadlockEndWell) {
  ASSERT_OK(Insert(1));
  ASSERT_OK(Insert(2));
  constexpr Statement kTouch = {"touch", "UPDATE notes SET text = text || 'x' WHERE id = $1"};
  std::atomic<int> arrived = 0;
  std::atomic<int> runs = 0;
  const auto touch = [&](int64_t first, int64_t second) {
    return pool_->Write({}, Soon(), "touch", [&, first, second](Transaction& transaction) -> absl::Status {
      ++runs;
      const absl::Status one = transaction.Execute(kTouch, Params(first)).status();
      if (!one.ok()) return one;
      ++arrived;
      while (arrived < 2) std::this_thread::yield();  // both hold their first row
      return transaction.Execute(kTouch, Params(second)).status();
    });
  };
  std::thread other([&] { EXPECT_OK(touch(2, 1)); });
  EXPECT_OK(touch(1, 2));
  other.join();
  EXPECT_GT(runs, 2);
  EXPECT_EQ(*database_.Value("SELECT string_agg(text, ',') FROM notes"), "textxx,textxx");
}

TEST_F(PoolTest, TheDeadlineEndsAStatementAndThePoolGoesOn) {
  const absl::Time start = clock::SystemClock().Now();
  const absl::Status status = pool_->Read({}, In(absl::Milliseconds(200)), "sleep", [](ReadTransaction& transaction) {
    return transaction.Query(kSleep, Params(60)).status();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED"));
  EXPECT_LT(clock::SystemClock().Now() - start, absl::Seconds(10));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep($1%' AND "
                             "state = 'active' AND pid <> pg_backend_pid()"),
            "0");
  EXPECT_OK(Insert(1));
}

TEST_F(PoolTest, TheDeadlineHoldsForAllStatementsTogether) {
  // The second one would have a statement_timeout of its own that ends too late: it is
  // cancelled from here, and its connection is not used again.
  constexpr Statement kSleepMilliseconds = {"sleep_ms", "SELECT 1 FROM pg_sleep($1::bigint / 1000.0)"};
  const std::unique_ptr<Pool> pool = OpenPool(1);
  const absl::Status status = pool->Read({}, In(absl::Milliseconds(400)), "sleep", [&](ReadTransaction& transaction) {
    const absl::Status first = transaction.Query(kSleepMilliseconds, Params(350)).status();
    return first.ok() ? transaction.Query(kSleepMilliseconds, Params(60'000)).status() : first;
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded));
  while (*database_.Value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND "
                          "state = 'active' AND pid <> pg_backend_pid()") != "0") {
  }
  EXPECT_OK(
      pool->Read({}, Soon(), "after", [](ReadTransaction& transaction) { return transaction.Query(kCount).status(); }));
}

TEST_F(PoolTest, APassedDeadlineRunsNothing) {
  int runs = 0;
  const absl::Status status = pool_->Write({}, In(absl::Seconds(-1)), "late", [&runs](Transaction&) {
    ++runs;
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(runs, 0);
}

TEST_F(PoolTest, WaitingForAConnectionEndsAtTheDeadline) {
  const std::unique_ptr<Pool> pool = OpenPool(1);
  const absl::Status outer = pool->Write({}, Soon(), "outer", [&pool](Transaction&) {
    return pool->Write({}, In(absl::Milliseconds(50)), "inner", [](Transaction&) { return absl::OkStatus(); });
  });
  EXPECT_THAT(outer, StatusIs(absl::StatusCode::kResourceExhausted, "POOL_EXHAUSTED"));
  EXPECT_OK(pool->Write({}, Soon(), "after", [](Transaction&) { return absl::OkStatus(); }));
}

TEST_F(PoolTest, NeverMoreConnectionsThanItsSize) {
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 25; ++j) failed += Insert(i * 100 + j).ok() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(*Count(), 400);
  ASSERT_OK_AND_ASSIGN(const std::string connections,
                       database_.Value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                                       "AND pid <> pg_backend_pid()"));
  EXPECT_LE(std::stoi(connections), 4);
}

TEST_F(PoolTest, AConnectionLostBeforeCommitIsReplacedAndTheClosureRunAgain) {
  int runs = 0;
  EXPECT_OK(pool_->Write({}, Soon(), "lose", [&](Transaction& transaction) -> absl::Status {
    if (++runs == 1) {
      EXPECT_OK(EndBackendOf(transaction));
    }
    return transaction.Execute(kInsert, Params(1, "text")).status();
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(*Count(), 1);
}

TEST_F(PoolTest, AConnectionLostDuringCommitIsUnknownAndNeverRunAgain) {
  int runs = 0;
  const absl::Status status = pool_->Write({}, Soon(), "lose", [&](Transaction& transaction) -> absl::Status {
    ++runs;
    const absl::Status inserted = transaction.Execute(kInsert, Params(1, "text")).status();
    return inserted.ok() ? EndBackendOf(transaction) : inserted;
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN"));
  EXPECT_EQ(runs, 1);
  EXPECT_OK(Insert(2));
}

TEST_F(PoolTest, IdleConnectionsThatDiedAreReplacedUnnoticed) {
  // More than a closure is run again, so that looking first is what helps.
  constexpr int kConnections = 16;
  pool_ = OpenPool(kConnections);
  std::atomic<int> arrived = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kConnections; ++i) {
    threads.emplace_back([&] {
      EXPECT_OK(pool_->Read({}, Soon(), "hold", [&](ReadTransaction&) {
        ++arrived;
        while (arrived < kConnections) std::this_thread::yield();
        return absl::OkStatus();
      }));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_OK(testing::TestDatabase::Server().Restart());
  int runs = 0;
  EXPECT_OK(pool_->Write({}, Soon(), "insert", [&runs](Transaction& transaction) {
    ++runs;
    return transaction.Execute(kInsert, Params(1, "text")).status();
  }));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(*Count(), 1);
}

TEST_F(PoolTest, AnUnreachableServerIsUnavailableUntilItIsBack) {
  ASSERT_OK(testing::TestDatabase::Server().Stop());
  EXPECT_THAT(Insert(1), StatusIs(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
  ASSERT_OK(testing::TestDatabase::Server().StartAgain());
  EXPECT_OK(Insert(1));
}

TEST_F(PoolTest, NothingAcknowledgedIsLostWhenTheServerDiesUnderLoad) {
  std::atomic<int> acknowledged = 0;
  std::atomic<int> refused = 0;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::vector<int64_t> ids;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int64_t id = i; !stop; id += 8) {
        const absl::Status status = Insert(id);
        if (status.ok()) {
          const std::lock_guard lock(mutex);
          ids.push_back(id);
          ++acknowledged;
        } else {
          EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
          ++refused;
        }
      }
    });
  }
  for (int restart = 0; restart < 3; ++restart) {
    const int before = acknowledged;
    while (acknowledged < before + 50) std::this_thread::yield();
    EXPECT_OK(testing::TestDatabase::Server().Restart());
  }
  const int before = acknowledged;
  while (acknowledged < before + 50) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  ASSERT_OK(database_.Execute("CREATE TABLE acknowledged (id bigint)"));
  std::string values;
  for (const int64_t id : ids) values += (values.empty() ? "(" : ",(") + std::to_string(id) + ")";
  ASSERT_OK(database_.Execute("INSERT INTO acknowledged VALUES " + values));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM acknowledged WHERE id NOT IN (SELECT id FROM notes)"), "0");
}

constexpr Statement kWhatIsSeen = {"what_is_seen", "SELECT coalesce(string_agg(who, ',' ORDER BY who), '') FROM mine"};
constexpr Statement kInsertMine = {"insert_mine", "INSERT INTO mine VALUES ($1, $2, $3)"};

// A table under row-level security as those of the services are, reached as a role that
// owns nothing.
class ScopeTest : public PoolTest {
 protected:
  void SetUp() override {
    PoolTest::SetUp();
    ASSERT_OK(database_.Execute(R"(
      DO $$ BEGIN
        CREATE ROLE samverkan_scoped LOGIN NOSUPERUSER NOBYPASSRLS;
      EXCEPTION WHEN duplicate_object THEN NULL;
      END $$;
      CREATE TABLE mine (municipality text, authority text, who text);
      ALTER TABLE mine ENABLE ROW LEVEL SECURITY;
      ALTER TABLE mine FORCE ROW LEVEL SECURITY;
      CREATE POLICY own ON mine
        USING (municipality = NULLIF(current_setting('samverkan.municipality', true), '')
          AND authority = NULLIF(current_setting('samverkan.authority', true), ''));
      GRANT SELECT, INSERT ON mine TO samverkan_scoped;
      INSERT INTO mine VALUES ('0180', 'skarholmen', 'a'), ('0180', 'rinkeby', 'b'), ('0127', 'skarholmen', 'c'),
        ('', '', 'nobody'))"));
    scoped_ = *Pool::Open(database_.ConninfoFor("scoped"), 1);
  }

  absl::StatusOr<std::string> Seen(const Scope& scope) {
    return scoped_->Read(scope, Soon(), "seen", &ScopeTest::SeenIn);
  }

  static absl::StatusOr<std::string> SeenIn(ReadTransaction& transaction) {
    const absl::StatusOr<Rows> rows = transaction.Query(kWhatIsSeen);
    if (!rows.ok()) return rows.status();
    return (*rows)[0].Get<std::string>(0);
  }

  std::unique_ptr<Pool> scoped_;
};

TEST_F(ScopeTest, ATransactionSeesItsOwnBoardsRowsOnly) {
  EXPECT_EQ(*Seen({"0180", "skarholmen"}), "a");
  EXPECT_EQ(*Seen({"0180", "rinkeby"}), "b");
  EXPECT_EQ(*Seen({"0127", "skarholmen"}), "c");
  EXPECT_EQ(*Seen({"0127", "rinkeby"}), "");
  EXPECT_EQ(*Seen({"0180", "' OR true --"}), "");
}

// The pool has one connection: all of these share it.
TEST_F(ScopeTest, NoScopeOutlivesItsTransaction) {
  EXPECT_EQ(*Seen({"0180", "skarholmen"}), "a");
  EXPECT_EQ(*Seen({}), "");
  const absl::Status failed =
      scoped_->Write({"0180", "skarholmen"}, Soon(), "fails", [](Transaction&) { return absl::CancelledError(""); });
  EXPECT_THAT(failed, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(*Seen({}), "");
}

TEST_F(ScopeTest, WithoutAScopeNothingIsSeenNotEvenWhatBelongsToNobody) { EXPECT_EQ(*Seen({}), ""); }

TEST_F(ScopeTest, ATransactionGoesOnInAnotherScope) {
  const auto seen = scoped_->Read({"0180", "skarholmen"}, Soon(), "two",
                                  [](ReadTransaction& transaction) -> absl::StatusOr<std::string> {
                                    const absl::StatusOr<std::string> first = SeenIn(transaction);
                                    if (!first.ok()) return first;
                                    const absl::Status moved = transaction.SetScope({"0127", "skarholmen"});
                                    if (!moved.ok()) return moved;
                                    const absl::StatusOr<std::string> second = SeenIn(transaction);
                                    if (!second.ok()) return second;
                                    return *first + *second;
                                  });
  ASSERT_OK(seen);
  EXPECT_EQ(*seen, "ac");
  EXPECT_EQ(*Seen({}), "");
}

TEST_F(ScopeTest, ARowOfAnotherBoardIsNotWritten) {
  const absl::Status status = scoped_->Write({"0180", "skarholmen"}, Soon(), "foreign", [](Transaction& transaction) {
    return transaction.Execute(kInsertMine, Params("0127", "skarholmen", "x")).status();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM mine WHERE who = 'x'"), "0");
}

}  // namespace
}  // namespace samverkan::pg
