#include "libs/pg/combining_writer.h"

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"

namespace samverkan::pg {
namespace {

using ::samverkan::testing::StatusIs;

// Each says in which transaction it wrote, so that a test can see what was combined.
constexpr Statement kInsert = {
    "insert", "INSERT INTO notes (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id, pg_current_xact_id()::text"};
constexpr Statement kInsertOrFail = {"insert_or_fail", "INSERT INTO notes (id) VALUES ($1)"};
constexpr Statement kInsertLate = {"insert_late", "INSERT INTO late (id) VALUES ($1)"};
constexpr Statement kInsertSlowly = {"insert_slowly",
                                     "WITH slept AS MATERIALIZED (SELECT pg_sleep($2::float8 / 1000)) "
                                     "INSERT INTO notes (id) SELECT $1 FROM slept"};
constexpr Statement kAdd = {"add", "UPDATE counters SET value = value + 1 WHERE key = $1 OR key = $2"};
constexpr Statement kArrive = {"arrive", "INSERT INTO arrivals (key, caller) VALUES ($1, $2)"};
constexpr Statement kBroken = {"broken", "SELECT nothing FROM nowhere"};
constexpr Statement kEndItself = {"end_itself", "SELECT pg_terminate_backend(pg_backend_pid()) WHERE $1 > 0"};
constexpr Statement kWarn = {"warn", "INSERT INTO warned (id) VALUES ($1)"};

constexpr char kSchema[] = R"(
  CREATE TABLE notes (id bigint CONSTRAINT notes_id PRIMARY KEY);
  CREATE TABLE late (id bigint CONSTRAINT late_id UNIQUE DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE counters (key text PRIMARY KEY, value bigint NOT NULL);
  CREATE TABLE arrivals (place bigint GENERATED ALWAYS AS IDENTITY, key text, caller bigint);
  CREATE TABLE warned (id bigint);
  CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE WARNING 'while committing'; RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER warned_at_commit AFTER INSERT ON warned
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn();)";

absl::Time In(absl::Duration duration) { return clock::SystemClock().Now() + duration; }
absl::Time Soon() { return In(absl::Seconds(20)); }

class CombiningWriterTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(database_.Execute(kSchema)); }

  std::unique_ptr<CombiningWriter> Open(CombiningWriter::Options options = {}) {
    absl::StatusOr<std::unique_ptr<CombiningWriter>> writer =
        CombiningWriter::Open(database_.Conninfo(), std::move(options));
    EXPECT_THAT(writer, testing::IsOk());
    return *std::move(writer);
  }

  // A writer whose only connection is busy: what is executed meanwhile waits, and is
  // combined when `release` is called.
  class Gate {
   public:
    explicit Gate(const testing::TestDatabase& database, CombiningWriter& writer) : database_(database) {
      EXPECT_OK(database.Execute("INSERT INTO counters VALUES ('gate', 0)"));
      blocker_ = PQconnectdb(database.Conninfo().c_str());
      PQclear(PQexec(blocker_, "BEGIN; UPDATE counters SET value = 1 WHERE key = 'gate'"));
      held_ = std::thread([&writer] { EXPECT_OK(writer.Execute(kAdd, Params("gate", "gate"), "", Soon())); });
      AwaitLocked(1);
    }
    ~Gate() { Open(); }

    void AwaitLocked(int count) const {
      const std::string waiting =
          "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
          "wait_event_type = 'Lock'";
      while (*database_.Value(waiting) != std::to_string(count)) std::this_thread::yield();
    }

    void Open() {
      if (blocker_ == nullptr) return;
      PQclear(PQexec(blocker_, "COMMIT"));
      PQfinish(blocker_);
      blocker_ = nullptr;
      held_.join();
    }

   private:
    const testing::TestDatabase& database_;
    PGconn* blocker_;
    std::thread held_;
  };

  // Executes all at once from a thread each, while the gate is closed; returns their
  // answers in the same order.
  std::vector<absl::StatusOr<Rows>> ExecuteCombined(CombiningWriter& writer,
                                                    const std::vector<std::pair<Statement, int64_t>>& executions) {
    std::vector<absl::StatusOr<Rows>> answers(executions.size());
    std::vector<std::thread> threads;
    {
      Gate gate(database_, writer);
      for (size_t i = 0; i < executions.size(); ++i) {
        threads.emplace_back([&, i] {
          answers[i] = writer.Execute(executions[i].first, Params(executions[i].second), std::to_string(i), Soon());
        });
      }
      while (writer.Waiting() < executions.size()) std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    return answers;
  }

  CombiningWriter::Options OneConnection() {
    CombiningWriter::Options options;
    options.connections = 1;
    options.lock_timeout = absl::Seconds(10);
    options.statement_timeout = absl::Seconds(10);
    return options;
  }

  testing::TestDatabase database_;
};

TEST_F(CombiningWriterTest, AnswersWithTheRowsOfTheStatement) {
  const auto writer = Open();
  ASSERT_OK_AND_ASSIGN(const Rows rows, writer->Execute(kInsert, Params(7), "7", Soon()));
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(*rows[0].Get<int64_t>(0), 7);
  ASSERT_OK_AND_ASSIGN(const Rows again, writer->Execute(kInsert, Params(7), "7", Soon()));
  EXPECT_TRUE(again.empty());
}

TEST_F(CombiningWriterTest, WhatWaitsSharesOneTransaction) {
  const auto writer = Open(OneConnection());
  std::vector<std::pair<Statement, int64_t>> executions;
  for (int64_t id = 0; id < 20; ++id) executions.emplace_back(kInsert, id);
  std::set<std::string> transactions;
  for (const absl::StatusOr<Rows>& rows : ExecuteCombined(*writer, executions)) {
    ASSERT_OK(rows);
    transactions.insert(*(*rows)[0].Get<std::string>(1));
  }
  EXPECT_EQ(transactions.size(), 1u);
}

TEST_F(CombiningWriterTest, ABatchIsBoundedByNumberAndByBytes) {
  CombiningWriter::Options options = OneConnection();
  options.batch_executions = 4;
  const auto by_number = Open(options);
  options.batch_executions = 64;
  options.batch_bytes = 3 * 8;
  const auto by_bytes = Open(options);
  for (CombiningWriter* const writer : {by_number.get(), by_bytes.get()}) {
    ASSERT_OK(database_.Execute("TRUNCATE notes, counters"));
    std::vector<std::pair<Statement, int64_t>> executions;
    for (int64_t id = 0; id < 12; ++id) executions.emplace_back(kInsert, id);
    std::map<std::string, int> sizes;
    for (const absl::StatusOr<Rows>& rows : ExecuteCombined(*writer, executions)) {
      ASSERT_OK(rows);
      ++sizes[*(*rows)[0].Get<std::string>(1)];
    }
    for (const auto& [transaction, size] : sizes) EXPECT_EQ(size, writer == by_number.get() ? 4 : 3);
  }
}

TEST_F(CombiningWriterTest, OneThatFailsDoesNotHarmItsCompanions) {
  ASSERT_OK(database_.Execute("INSERT INTO notes VALUES (2)"));
  const auto writer = Open(OneConnection());
  const auto answers = ExecuteCombined(
      *writer, {{kInsertOrFail, 1}, {kInsertOrFail, 2}, {kInsertOrFail, 3}, {kBroken, 0}, {kInsertOrFail, 4}});
  EXPECT_OK(answers[0]);
  EXPECT_THAT(answers[1], StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ConstraintOf(answers[1].status()), "notes_id");
  EXPECT_OK(answers[2]);
  EXPECT_THAT(answers[3], StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(answers[4]);
  EXPECT_EQ(*database_.Value("SELECT string_agg(id::text, ',' ORDER BY id) FROM notes"), "1,2,3,4");
}

TEST_F(CombiningWriterTest, AConstraintThatFailsOnlyAtTheSyncIsNotAcknowledged) {
  ASSERT_OK(database_.Execute("INSERT INTO late VALUES (2)"));
  const auto writer = Open(OneConnection());
  EXPECT_THAT(writer->Execute(kInsertLate, Params(2), "", Soon()), StatusIs(absl::StatusCode::kAlreadyExists));
  const auto answers = ExecuteCombined(*writer, {{kInsertLate, 1}, {kInsertLate, 2}, {kInsertLate, 3}});
  EXPECT_OK(answers[0]);
  EXPECT_THAT(answers[1], StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ConstraintOf(answers[1].status()), "late_id");
  EXPECT_OK(answers[2]);
  EXPECT_EQ(*database_.Value("SELECT string_agg(id::text, ',' ORDER BY id) FROM late"), "1,2,3");
}

TEST_F(CombiningWriterTest, AWarningWithTheCommitIsNoAcknowledgement) {
  const auto writer = Open(OneConnection());
  EXPECT_THAT(writer->Execute(kWarn, Params(1), "", Soon()),
              StatusIs(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN"));
  EXPECT_OK(writer->Execute(kInsert, Params(1), "", Soon()));
}

TEST_F(CombiningWriterTest, ABackendThatEndsInABatchLeavesItsCallersToRepeat) {
  const auto writer = Open(OneConnection());
  // Ordered by key: the second ends the connection that all three are on.
  const auto answers = ExecuteCombined(*writer, {{kInsert, 1}, {kEndItself, 1}, {kInsert, 3}});
  for (const absl::StatusOr<Rows>& answer : answers) {
    EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN"));
  }
  EXPECT_OK(writer->Execute(kInsert, Params(1), "", Soon()));
  EXPECT_OK(writer->Execute(kInsert, Params(3), "", Soon()));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM notes"), "2");
}

TEST_F(CombiningWriterTest, NulIsRefusedBeforeItReachesABatch) {
  const auto writer = Open();
  EXPECT_THAT(writer->Execute(kAdd, Params(std::string("\0", 1), "b"), "", Soon()),
              StatusIs(absl::StatusCode::kInvalidArgument, "TEXT_HOLDS_NUL"));
}

TEST_F(CombiningWriterTest, APassedDeadlineIsDroppedAndNothingIsWritten) {
  const auto writer = Open(OneConnection());
  EXPECT_THAT(writer->Execute(kInsert, Params(1), "", In(absl::Seconds(-1))),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  {
    Gate gate(database_, *writer);
    EXPECT_THAT(writer->Execute(kInsert, Params(2), "", In(absl::Milliseconds(50))),
                StatusIs(absl::StatusCode::kDeadlineExceeded));
  }
  writer->Stop();
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM notes"), "0");
}

TEST_F(CombiningWriterTest, ADeadlineThatPassesUnderWayLeavesTheOutcomeUnknown) {
  const auto writer = Open(OneConnection());
  EXPECT_THAT(writer->Execute(kInsertSlowly, Params(1, 500), "", In(absl::Milliseconds(100))),
              StatusIs(absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN"));
}

TEST_F(CombiningWriterTest, TheFixedTimeoutsEndWhatHangs) {
  CombiningWriter::Options options;
  options.statement_timeout = absl::Milliseconds(200);
  options.lock_timeout = absl::Milliseconds(50);
  const auto writer = Open(options);
  EXPECT_THAT(writer->Execute(kInsertSlowly, Params(1, 60'000), "", Soon()),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  ASSERT_OK(database_.Execute("INSERT INTO counters VALUES ('held', 0)"));
  PGconn* const blocker = PQconnectdb(database_.Conninfo().c_str());
  PQclear(PQexec(blocker, "BEGIN; UPDATE counters SET value = 1 WHERE key = 'held'"));
  EXPECT_THAT(writer->Execute(kAdd, Params("held", "held"), "", Soon()),
              StatusIs(absl::StatusCode::kUnavailable, "CONCURRENT_CHANGE"));
  PQfinish(blocker);
}

TEST_F(CombiningWriterTest, ABatchIsOrderedByKeyAndThenByArrival) {
  const auto writer = Open(OneConnection());
  const std::vector<std::string> keys = {"c", "a", "b", "a", "c", "b"};
  std::vector<std::thread> threads;
  {
    Gate gate(database_, *writer);
    for (size_t i = 0; i < keys.size(); ++i) {
      threads.emplace_back(
          [&, i] { EXPECT_OK(writer->Execute(kArrive, Params(keys[i], static_cast<int64_t>(i)), keys[i], Soon())); });
      while (writer->Waiting() < i + 1) std::this_thread::yield();
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*database_.Value("SELECT string_agg(key || caller, ' ' ORDER BY place) FROM arrivals"),
            "a1 a3 b2 b5 c0 c4");
}

TEST_F(CombiningWriterTest, KeysInOppositeOrderDoNotDeadlock) {
  ASSERT_OK(database_.Execute("INSERT INTO counters SELECT 'key' || n, 0 FROM generate_series(0, 9) AS n"));
  CombiningWriter::Options options;
  options.connections = 3;
  options.lock_timeout = absl::Seconds(10);
  options.statement_timeout = absl::Seconds(10);
  std::atomic<int> errors = 0;
  options.log = [&errors](const DatabaseError&, std::string_view) { ++errors; };
  ASSERT_OK_AND_ASSIGN(const auto writer,
                       CombiningWriter::Open(database_.Conninfo() + " options='-c deadlock_timeout=10ms'", options));
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 50; ++j) {
        const std::string key = "key" + std::to_string(i % 2 == 0 ? j % 10 : 9 - j % 10);
        EXPECT_OK(writer->Execute(kAdd, Params(key, key), key, Soon()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(errors, 0);
  EXPECT_EQ(*database_.Value("SELECT sum(value) FROM counters"), "1600");
}

// Joined where the first parameter is the same; each says with how many it came.
constexpr JoinedStatement kInsertJoined = {
    {"insert_joined",
     "WITH joined AS (INSERT INTO grouped (part, id, words)"
     "  SELECT $1, e.id, ARRAY(SELECT w.word FROM unnest($3::bigint[], $4::text[]) WITH ORDINALITY AS w (id, word, "
     "place)"
     "                          WHERE w.id = e.id ORDER BY w.place)"
     "    FROM unnest($2::bigint[]) AS e (id))"
     " SELECT e.id, cardinality($2::bigint[])::bigint FROM unnest($2::bigint[]) WITH ORDINALITY AS e (id, place)"
     "   ORDER BY e.place"},
    1};
constexpr JoinedStatement kForgetsARow = {{"forgets_a_row", "SELECT e FROM unnest($1::bigint[]) AS e OFFSET 1"}, 0};

class JoinedTest : public CombiningWriterTest {
 protected:
  void SetUp() override {
    CombiningWriterTest::SetUp();
    ASSERT_OK(database_.Execute(
        "CREATE TABLE grouped (part text, id bigint CONSTRAINT grouped_id PRIMARY KEY, words text[])"));
  }

  struct Row {
    std::string part;
    int64_t id;
    std::vector<std::string> words;
  };

  // Executes all at once, while the gate is closed.
  std::vector<absl::StatusOr<Rows>> ExecuteJoined(CombiningWriter& writer, const JoinedStatement& statement,
                                                  const std::vector<Row>& rows) {
    std::vector<absl::StatusOr<Rows>> answers(rows.size());
    std::vector<std::thread> threads;
    {
      Gate gate(database_, writer);
      for (size_t i = 0; i < rows.size(); ++i) {
        threads.emplace_back([&, i] {
          Params params;
          if (statement.shared == 1) params.Add(rows[i].part);
          params.Add(std::vector<int64_t>{rows[i].id});
          if (statement.shared == 1) {
            params.Add(std::vector<int64_t>(rows[i].words.size(), rows[i].id)).Add(rows[i].words);
          }
          answers[i] = writer.Execute(statement, std::move(params), "", Soon());
        });
        while (writer.Waiting() < i + 1) std::this_thread::yield();
      }
    }
    for (std::thread& thread : threads) thread.join();
    return answers;
  }
};

TEST_F(JoinedTest, OneStatementServesThoseThatShareTheirFirstParameters) {
  const auto writer = Open(OneConnection());
  const auto answers = ExecuteJoined(
      *writer, kInsertJoined, {{"a", 1, {"x", "y"}}, {"b", 2, {}}, {"a", 3, {}}, {"b", 4, {"z"}}, {"a", 5, {"å"}}});
  const std::vector<std::pair<int64_t, int64_t>> expected = {{1, 3}, {2, 2}, {3, 3}, {4, 2}, {5, 3}};
  for (size_t i = 0; i < answers.size(); ++i) {
    ASSERT_OK(answers[i]);
    ASSERT_EQ(answers[i]->size(), 1);
    EXPECT_EQ(*(*answers[i])[0].Get<int64_t>(0), expected[i].first);
    EXPECT_EQ(*(*answers[i])[0].Get<int64_t>(1), expected[i].second);
  }
  EXPECT_EQ(*database_.Value("SELECT string_agg(part || id || words::text, ' ' ORDER BY id) FROM grouped"),
            "a1{x,y} b2{} a3{} b4{z} a5{å}");
}

TEST_F(JoinedTest, OneThatFailsDoesNotHarmThoseItWasJoinedWith) {
  ASSERT_OK(database_.Execute("INSERT INTO grouped VALUES ('a', 2, '{}')"));
  const auto writer = Open(OneConnection());
  const auto answers = ExecuteJoined(*writer, kInsertJoined, {{"a", 1, {}}, {"a", 2, {}}, {"a", 3, {}}});
  EXPECT_OK(answers[0]);
  EXPECT_THAT(answers[1], StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ConstraintOf(answers[1].status()), "grouped_id");
  EXPECT_OK(answers[2]);
  EXPECT_EQ(*database_.Value("SELECT string_agg(id::text, ',' ORDER BY id) FROM grouped"), "1,2,3");
}

TEST_F(JoinedTest, NobodyGetsTheRowOfAnother) {
  const auto writer = Open(OneConnection());
  for (const auto& answer : ExecuteJoined(*writer, kForgetsARow, {{"", 1, {}}, {"", 2, {}}, {"", 3, {}}})) {
    EXPECT_THAT(answer, StatusIs(absl::StatusCode::kInternal));
  }
}

TEST_F(JoinedTest, WhatIsNoArrayIsRefusedBeforeItReachesABatch) {
  const auto writer = Open();
  EXPECT_THAT(writer->Execute(kInsertJoined, Params("a", 1, 1, "x"), "", Soon()),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(writer->Execute(kInsertJoined, Params("a"), "", Soon()), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(CombiningWriterTest, ManyThreadsLoseNothingAndDoubleNothing) {
  constexpr int kThreads = 64;
  constexpr int kEach = 100;
  const auto writer = Open();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kEach; ++j) {
        const int64_t id = i * kEach + j;
        const absl::StatusOr<Rows> rows = writer->Execute(kInsert, Params(id), std::to_string(id), Soon());
        ASSERT_OK(rows);
        // Everybody gets the answer to the own question.
        EXPECT_EQ(*(*rows)[0].Get<int64_t>(0), id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM notes"), std::to_string(kThreads * kEach));
}

TEST_F(CombiningWriterTest, NothingAcknowledgedIsLostWhenTheServerDiesUnderLoad) {
  const auto writer = Open();
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::vector<int64_t> ids;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      for (int64_t id = i; !stop; id += 16) {
        // Repeated until it is answered, as a client with a request_id would.
        absl::Status status = writer->Execute(kInsert, Params(id), std::to_string(id), Soon()).status();
        while (!status.ok() && !stop) {
          EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
          status = writer->Execute(kInsert, Params(id), std::to_string(id), Soon()).status();
        }
        if (!status.ok()) return;
        const std::lock_guard lock(mutex);
        ids.push_back(id);
        ++acknowledged;
      }
    });
  }
  for (int restart = 0; restart < 4; ++restart) {
    const int before = acknowledged;
    while (acknowledged < before + 500) std::this_thread::yield();
    if (restart < 3) {
      EXPECT_OK(testing::TestDatabase::Server().Restart());
    }
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  ASSERT_OK(database_.Execute("CREATE TABLE acknowledged (id bigint)"));
  std::string values;
  for (const int64_t id : ids) values += (values.empty() ? "(" : ",(") + std::to_string(id) + ")";
  ASSERT_OK(database_.Execute("INSERT INTO acknowledged VALUES " + values));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM acknowledged WHERE id NOT IN (SELECT id FROM notes)"), "0");
}

TEST_F(CombiningWriterTest, AnUnreachableServerIsUnavailableUntilItIsBack) {
  const auto writer = Open();
  ASSERT_OK(testing::TestDatabase::Server().Stop());
  EXPECT_THAT(writer->Execute(kInsert, Params(1), "", Soon()),
              StatusIs(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"));
  ASSERT_OK(testing::TestDatabase::Server().StartAgain());
  absl::Status status;
  do {
    status = writer->Execute(kInsert, Params(1), "", Soon()).status();
  } while (absl::IsUnavailable(status));
  EXPECT_OK(status);
}

TEST_F(CombiningWriterTest, StopLetsWhatWaitsBeExecutedAndTakesNoMore) {
  const auto writer = Open(OneConnection());
  std::vector<std::thread> threads;
  std::thread stopper;
  {
    Gate gate(database_, *writer);
    for (int64_t id = 0; id < 10; ++id) {
      threads.emplace_back([&, id] { EXPECT_OK(writer->Execute(kInsert, Params(id), "", Soon())); });
    }
    while (writer->Waiting() < 10) std::this_thread::yield();
    stopper = std::thread([&] { writer->Stop(); });
  }
  for (std::thread& thread : threads) thread.join();
  stopper.join();
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM notes"), "10");
  EXPECT_THAT(writer->Execute(kInsert, Params(99), "", Soon()),
              StatusIs(absl::StatusCode::kUnavailable, "SHUTTING_DOWN"));
}

}  // namespace
}  // namespace samverkan::pg
