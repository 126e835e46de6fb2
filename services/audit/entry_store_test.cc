#include "services/audit/entry_store.h"

#include <gtest/gtest.h>
#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/testing/command.h"
#include "libs/testing/postgres.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"
#include "services/audit/entry_fixture.h"

namespace samverkan::audit {
namespace {

using ::samverkan::testing::Postgres;
using ::samverkan::testing::StatusIs;
using ::samverkan::testing::TestDatabase;
using Outcome = Placement::Outcome;

absl::Time Deadline() { return clock::SystemClock().Now() + absl::Seconds(20); }

class EntryStoreTest : public ::testing::Test {
 protected:
  static constexpr char kSchema[] = "services/audit/schema";

  std::unique_ptr<EntryStore> OpenStore() {
    absl::StatusOr<std::unique_ptr<EntryStore>> store =
        EntryStore::Open(database_.ConninfoFor("audit"), 4, keys_.ring());
    EXPECT_OK(store);
    return store.ok() ? *std::move(store) : nullptr;
  }

  std::vector<Placement> Append(const std::vector<NewEntry>& entries, absl::Time now = TestNow()) {
    absl::StatusOr<std::vector<Placement>> placements = store_->Append(entries, now, Deadline());
    EXPECT_OK(placements);
    return placements.ok() ? *std::move(placements) : std::vector<Placement>(entries.size());
  }

  std::string Value(const std::string& sql) { return *database_.Value(sql); }

  // Every index from 0 to the size taken once, every entry with its key and private
  // part, nothing more.
  void ExpectDense(int64_t size) {
    const std::string expected = absl::StrCat(size);
    EXPECT_EQ(Value("SELECT size FROM audit.log_state"), expected);
    EXPECT_EQ(Value("SELECT count(*) FROM audit.entry"), expected);
    EXPECT_EQ(Value("SELECT coalesce(max(index) + 1, 0) FROM audit.entry"), expected);
    EXPECT_EQ(Value("SELECT count(DISTINCT index) FROM audit.entry_key"), expected);
    EXPECT_EQ(Value("SELECT count(*) FROM audit.entry_key"), expected);
    EXPECT_EQ(Value("SELECT count(*) FROM audit.entry JOIN audit.private_part USING (index) "
                    "JOIN audit.entry_key USING (index)"),
              expected);
  }

  TestDatabase database_{kSchema};
  sealing::testing::TestKeyRing keys_{"audit"};
  std::unique_ptr<EntryStore> store_ = OpenStore();
  const Scope scope_ = {.municipality = "0180", .authority = "socialnamnden"};
};

TEST_F(EntryStoreTest, GivesDenseIndexesInTheOrderGiven) {
  const std::vector<Placement> first = Append(Prepared({TestEntry(9), TestEntry(3), TestEntry(7)}));
  const std::vector<Placement> second = Append(Prepared({TestEntry(1)}));
  EXPECT_EQ(first[0].index, 0);
  EXPECT_EQ(first[1].index, 1);
  EXPECT_EQ(first[2].index, 2);
  EXPECT_EQ(second[0].index, 3);
  EXPECT_EQ(second[0].outcome, Outcome::kAppended);
  ExpectDense(4);
}

TEST_F(EntryStoreTest, AnswersARepetitionWithTheIndexItHas) {
  Append(Prepared({TestEntry(1), TestEntry(2)}));
  const std::vector<Placement> again = Append(Prepared({TestEntry(3), TestEntry(2), TestEntry(4)}));
  EXPECT_EQ(again[0].index, 2);
  EXPECT_EQ(again[1].index, 1);
  EXPECT_EQ(again[1].outcome, Outcome::kRepeated);
  EXPECT_EQ(again[2].index, 3);
  ExpectDense(4);
}

TEST_F(EntryStoreTest, StoresNothingWhenAnIdIsReused) {
  Append(Prepared({TestEntry(1)}));
  v1::Entry other = TestEntry(1);
  other.mutable_private_part()->set_detail("other");
  const std::vector<Placement> refused = Append(Prepared({TestEntry(2), other}));
  EXPECT_EQ(refused[0].outcome, Outcome::kRefused);
  EXPECT_EQ(refused[1].outcome, Outcome::kReused);
  ExpectDense(1);
}

TEST_F(EntryStoreTest, KeepsIdsOfProducersApart) {
  v1::Entry other = TestEntry(1);
  other.set_producer("consent");
  Append(Prepared({TestEntry(1)}));
  EXPECT_EQ(Append(Prepared({other}))[0].index, 1);
  ExpectDense(2);
}

TEST_F(EntryStoreTest, NeverRecordsBeforeAnEarlierIndex) {
  Append(Prepared({TestEntry(1)}), TestNow());
  Append(Prepared({TestEntry(2)}), TestNow() - absl::Hours(5));
  ASSERT_OK_AND_ASSIGN(const FoundEntry found, store_->Get(scope_, 1, Deadline()));
  ASSERT_TRUE(found.entry.has_value());
  EXPECT_EQ(found.entry->record_time, TestNow());
}

TEST_F(EntryStoreTest, RefusesALeafThatIsNotWhatWasHashed) {
  std::vector<NewEntry> entries = Prepared({TestEntry(1)});
  entries[0].leaf[20] ^= 1;
  EXPECT_FALSE(store_->Append(entries, TestNow(), Deadline()).ok());
  ExpectDense(0);
  EXPECT_EQ(Append(Prepared({TestEntry(1)}))[0].index, 0);
}

TEST_F(EntryStoreTest, ShowsAnEntryToItsOwnScopeOnly) {
  const std::vector<NewEntry> entries = Prepared({TestEntry(1)});
  Append(entries);
  ASSERT_OK_AND_ASSIGN(const FoundEntry found, store_->Get(scope_, 0, Deadline()));
  ASSERT_TRUE(found.entry.has_value());
  EXPECT_EQ(found.entry->leaf, entries[0].leaf);
  EXPECT_EQ(found.entry->leaf_hash, std::string(entries[0].leaf_hash.begin(), entries[0].leaf_hash.end()));
  EXPECT_EQ(found.entry->body, entries[0].body);

  for (const Scope& foreign :
       {Scope{"0180", "utbildningsnamnden"}, Scope{"0180", ""}, Scope{"0181", "socialnamnden"}}) {
    ASSERT_OK_AND_ASSIGN(const FoundEntry hidden, store_->Get(foreign, 0, Deadline()));
    EXPECT_FALSE(hidden.entry.has_value());
    EXPECT_TRUE(hidden.index_is_taken);
  }
  ASSERT_OK_AND_ASSIGN(const FoundEntry none, store_->Get(scope_, 1, Deadline()));
  EXPECT_FALSE(none.index_is_taken);
}

TEST_F(EntryStoreTest, ShowsTheLeafOfAnErasedEntry) {
  Append(Prepared({TestEntry(1)}));
  ASSERT_OK(database_.Execute("DELETE FROM audit.private_part; DELETE FROM audit.search_tag"));
  ASSERT_OK_AND_ASSIGN(const FoundEntry found, store_->Get(scope_, 0, Deadline()));
  ASSERT_TRUE(found.entry.has_value());
  EXPECT_FALSE(found.entry->body.has_value());
}

// ---- what is sealed ----

TEST_F(EntryStoreTest, SealsThePrivatePartWithAKeyOfItsOwn) {
  const std::vector<NewEntry> entries = Prepared({TestEntry(1), TestEntry(2)});
  ASSERT_TRUE(absl::StrContains(entries[0].body, "anna"));
  Append(entries);
  EXPECT_EQ(Value("SELECT count(DISTINCT data_key) FROM audit.private_part"), "2");
  EXPECT_EQ(Value("SELECT count(*) FROM audit.private_part WHERE position('anna'::bytea IN body) > 0"), "0");
}

TEST_F(EntryStoreTest, FindsAPrivatePartThatWasTamperedWith) {
  Append(Prepared({TestEntry(1), TestEntry(2)}));
  const std::string keep = "CREATE TABLE kept AS SELECT * FROM audit.private_part";
  ASSERT_OK(database_.Execute(keep));
  for (const char* const tamper :
       {"UPDATE audit.private_part p SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE index = 0",
        "UPDATE audit.private_part p SET body = substr(body, 1, octet_length(body) - 1) WHERE index = 0",
        "UPDATE audit.private_part p SET body = '' WHERE index = 0",
        "UPDATE audit.private_part p SET body = k.body FROM kept k WHERE p.index = 0 AND k.index = 1",
        "UPDATE audit.private_part p SET body = k.body, data_key = k.data_key FROM kept k"
        " WHERE p.index = 0 AND k.index = 1"}) {
    ASSERT_OK(database_.Execute(tamper));
    EXPECT_THAT(store_->Get(scope_, 0, Deadline()), StatusIs(absl::StatusCode::kDataLoss, "SEALED_CELL_DAMAGED"))
        << tamper;
    ASSERT_OK(
        database_.Execute("UPDATE audit.private_part p SET body = k.body, data_key = k.data_key FROM kept k"
                          " WHERE p.index = k.index"));
    EXPECT_OK(store_->Get(scope_, 0, Deadline()));
  }
}

TEST_F(EntryStoreTest, ShowsAnEntryWhoseKeyIsDestroyedAsErased) {
  Append(Prepared({TestEntry(1), TestEntry(2)}));
  ASSERT_OK_AND_ASSIGN(const pg::Uuid key,
                       pg::Uuid::Parse(Value("SELECT data_key FROM audit.private_part WHERE index = 0")));
  ASSERT_OK(keys_.ring().Destroy(pg::Uuid::Random(), "", {key}, Deadline()));
  ASSERT_OK_AND_ASSIGN(const FoundEntry found, store_->Get(scope_, 0, Deadline()));
  ASSERT_TRUE(found.entry.has_value());
  EXPECT_FALSE(found.entry->body.has_value());
  EntryQuery query;
  query.scope = scope_;
  query.limit = 10;
  query.body_bytes = 1 << 20;
  ASSERT_OK_AND_ASSIGN(const EntryPage page, store_->Search(query, Deadline()));
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_TRUE(page.entries[0].body.has_value());
  EXPECT_FALSE(page.entries[1].body.has_value());
}

// ---- what the role may do ----

// One SQL command as the runtime role; its SQLSTATE.
std::string SqlStateAsRole(const TestDatabase& database, const std::string& sql) {
  PGconn* const session = PQconnectdb(database.ConninfoFor("audit").c_str());
  PGresult* const result = PQexec(session, sql.c_str());
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string answer = state == nullptr ? "" : state;
  PQclear(result);
  PQfinish(session);
  return answer;
}

TEST_F(EntryStoreTest, LeavesTheRuntimeRoleNoWayToChangeOrReadTheTables) {
  Append(Prepared({TestEntry(1)}));
  constexpr char kInsufficientPrivilege[] = "42501";
  const std::map<std::string, std::string> columns = {
      {"log_state", "size"},        {"entry", "index"},    {"entry_key", "index"},         {"private_part", "index"},
      {"search_tag", "index"},      {"request", "method"}, {"review_sample", "body"},      {"review_item", "index"},
      {"review_outcome", "number"}, {"erasure", "index"},  {"key_destruction", "sequence"}};
  for (const auto& [table, column] : columns) {
    const std::string name = "audit." + table;
    for (const std::string& sql :
         {"UPDATE " + name + " SET " + column + " = NULL", "DELETE FROM " + name, "TRUNCATE " + name,
          "INSERT INTO " + name + " (" + column + ") VALUES (NULL)", "SELECT " + column + " FROM " + name,
          "ALTER TABLE " + name + " DISABLE TRIGGER ALL", "DROP TABLE " + name}) {
      EXPECT_EQ(SqlStateAsRole(database_, sql), kInsufficientPrivilege) << sql;
    }
  }
  EXPECT_EQ(SqlStateAsRole(database_, "SET ROLE samverkan_audit_owner"), kInsufficientPrivilege);
  EXPECT_EQ(SqlStateAsRole(database_, "CREATE TABLE audit.x (y int)"), kInsufficientPrivilege);
  EXPECT_EQ(SqlStateAsRole(database_, "SELECT version FROM audit.schema_version"), "");
  ExpectDense(1);
}

// Whoever runs SQL as the service can lose nothing without an entry that tells of it.
TEST_F(EntryStoreTest, LetsTheRuntimeRoleEraseOnlyByAnErasureThatTheLogTellsOf) {
  Append(Prepared({TestEntry(1)}));
  const std::string erasure = "'0180', 'socialnamnden', '019eb058-74ce-74a6-8d3a-7160edd74b1a'";
  const std::string erase =
      "SELECT audit.erase_entries(" + erasure +
      ", '019eb058-74ce-74a6-8d3a-7160edd74b1b', '{0}', '{NULL}', '{NULL}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')";
  const std::string claim = "SELECT audit.claim_erasure(" + erasure + ")";
  const auto keep = [&](const std::string& index) {
    return "SELECT audit.keep_erasure(" + erasure + ", " + index + ")";
  };
  constexpr char kRaised[] = "P0001";
  EXPECT_EQ(SqlStateAsRole(database_, erase), kRaised) << "nothing claimed";
  EXPECT_EQ(SqlStateAsRole(database_, claim + ";" + erase), kRaised) << "no entry when the transaction ends";
  EXPECT_EQ(SqlStateAsRole(database_, claim + ";" + erase + ";" + keep("7")), kRaised) << "an entry that is not there";
  EXPECT_EQ(Value("SELECT count(*) FROM audit.private_part"), "1");
  EXPECT_EQ(SqlStateAsRole(database_, claim + ";" + erase + ";" + keep("0")), "");
  EXPECT_EQ(Value("SELECT count(*) FROM audit.private_part"), "0");
  EXPECT_EQ(Value("SELECT count(*) FROM audit.entry"), "1");
}

// What writers of a hammer were told.
struct Acknowledged {
  std::mutex mutex;
  std::map<std::string, int64_t> index_of_leaf;

  void Add(const std::vector<NewEntry>& entries, const std::vector<Placement>& placements) {
    const std::lock_guard lock(mutex);
    for (size_t i = 0; i < entries.size(); ++i) {
      const auto [known, is_new] = index_of_leaf.emplace(entries[i].leaf, placements[i].index);
      EXPECT_EQ(known->second, placements[i].index) << "a repetition got another index";
    }
  }
};

TEST_F(EntryStoreTest, StaysDenseUnderTwoInstancesOfManyThreads) {
  constexpr int kThreads = 8;
  constexpr uint64_t kRounds = 30;
  const std::unique_ptr<EntryStore> second = OpenStore();
  Acknowledged acknowledged;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      EntryStore& store = t % 2 == 0 ? *store_ : *second;
      for (uint64_t round = 0; round < kRounds; ++round) {
        // Neighbouring threads send the same entries: one appends, the other repeats.
        std::vector<v1::Entry> entries;
        for (uint64_t i = 0; i <= round % 4; ++i) entries.push_back(TestEntry((t / 2) * 1000 + round * 4 + i));
        const std::vector<NewEntry> prepared = Prepared(entries);
        const auto placements = store.Append(prepared, TestNow(), Deadline());
        ASSERT_OK(placements);
        acknowledged.Add(prepared, *placements);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectDense(static_cast<int64_t>(acknowledged.index_of_leaf.size()));
  std::set<int64_t> indexes;
  for (const auto& [leaf, index] : acknowledged.index_of_leaf) {
    indexes.insert(index);
    ASSERT_OK_AND_ASSIGN(const FoundEntry found, store_->Get(scope_, index, Deadline()));
    EXPECT_EQ(found.entry->leaf, leaf);
  }
  EXPECT_EQ(indexes.size(), acknowledged.index_of_leaf.size());
}

// Server processes are killed while entries are appended; the writers do what a relay
// does: send the same again until it is answered.
TEST_F(EntryStoreTest, LeavesNoHoleWhenItsConnectionsAreCut) {
  constexpr int kThreads = 4;
  constexpr uint64_t kRounds = 60;
  Acknowledged acknowledged;
  std::atomic<int> running = kThreads;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t round = 0; round < kRounds; ++round) {
        const std::vector<NewEntry> prepared =
            Prepared({TestEntry(t * 1000 + 2 * round), TestEntry(t * 1000 + 2 * round + 1)});
        auto placements = store_->Append(prepared, TestNow(), Deadline());
        while (absl::IsUnavailable(placements.status())) placements = store_->Append(prepared, TestNow(), Deadline());
        EXPECT_OK(placements);
        if (placements.ok()) acknowledged.Add(prepared, *placements);
      }
      --running;
    });
  }
  int cut = 0;
  while (running > 0) {
    cut +=
        std::stoi(Value("SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE usename = 'samverkan_audit' AND state <> 'idle') AS t"));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(cut, 0) << "nothing was cut";
  EXPECT_EQ(acknowledged.index_of_leaf.size(), kThreads * kRounds * 2);
  ExpectDense(static_cast<int64_t>(kThreads * kRounds * 2));
}

TEST_F(EntryStoreTest, KeepsWhatItAcknowledgedWhenPostgresDies) {
  Append(Prepared({TestEntry(1), TestEntry(2)}));
  ASSERT_OK(TestDatabase::Server().Stop());
  EXPECT_FALSE(store_->Append(Prepared({TestEntry(3)}), TestNow(), Deadline()).ok());
  ASSERT_OK(TestDatabase::Server().StartAgain());
  auto placements = store_->Append(Prepared({TestEntry(3)}), TestNow(), Deadline());
  while (absl::IsUnavailable(placements.status())) {
    placements = store_->Append(Prepared({TestEntry(3)}), TestNow(), Deadline());
  }
  ASSERT_OK(placements);
  EXPECT_EQ((*placements)[0].index, 2);
  ExpectDense(3);
}

// A search as the store should answer it, over everything appended so far.
class Model {
 public:
  void Add(int64_t index, const v1::Entry& entry) { entries_[index] = entry; }

  std::vector<int64_t> Search(const EntryQuery& query, const std::string& child, const std::string& actor,
                              const std::string& resource) const {
    std::vector<int64_t> found;
    for (const auto& [index, entry] : entries_) {
      const v1::PrivatePart& part = entry.private_part();
      const absl::Time time = absl::FromUnixSeconds(part.time().seconds());
      const bool matches = entry.municipality() == query.scope.municipality &&
                           entry.authority() == query.scope.authority && time >= query.start && time < query.end &&
                           (child.empty() || Holds(part.children(), child)) &&
                           (actor.empty() || part.actor().subject() == actor) &&
                           (resource.empty() || Holds(part.resources(), resource)) &&
                           (RiskSigns(part.risk_signs()).bits() & query.signs.bits()) == query.signs.bits();
      if (matches) found.insert(found.begin(), index);
    }
    return found;
  }

 private:
  static bool Holds(const google::protobuf::RepeatedPtrField<std::string>& texts, const std::string& text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
  }

  std::map<int64_t, v1::Entry> entries_;
};

// What a search asks for, in words.
struct Question {
  std::string child;
  std::string actor;
  std::string resource;
  EntryQuery query;
};

class SearchTest : public EntryStoreTest {
 protected:
  size_t Below(size_t bound) { return random_() % bound; }
  std::string Pick(const std::string& stem, size_t count) { return absl::StrCat(stem, Below(count)); }
  std::string PickOrNothing(const std::string& stem, size_t count) { return Below(2) == 0 ? "" : Pick(stem, count); }
  std::string PickAuthority() { return Below(3) == 0 ? "utbildningsnamnden" : "socialnamnden"; }

  void AppendRandom() {
    v1::Entry entry = TestEntry(++number_);
    entry.set_authority(PickAuthority());
    v1::PrivatePart& part = *entry.mutable_private_part();
    part.mutable_time()->set_seconds(absl::ToUnixSeconds(TestNow()) - static_cast<int64_t>(Below(100)));
    part.mutable_actor()->set_subject(Pick("actor-", 3));
    part.clear_children();
    part.clear_resources();
    for (size_t left = Below(4); left > 0; --left) part.add_children(Pick("child-", 4));
    for (size_t left = Below(3); left > 0; --left) part.add_resources(Pick("reports/", 4));
    if (Below(3) == 0) part.add_risk_signs(v1::SAME_NAME);
    if (Below(3) == 0) part.add_risk_signs(v1::NO_ASSIGNMENT);
    model_.Add(Append(Prepared({entry}))[0].index, entry);
  }

  Question RandomQuestion() {
    Question asked;
    asked.child = PickOrNothing("child-", 5);
    asked.actor = PickOrNothing("actor-", 4);
    asked.resource = PickOrNothing("reports/", 5);
    EntryQuery& query = asked.query;
    query.scope = {.municipality = "0180", .authority = PickAuthority()};
    const auto add = [&](SearchTags::Kind kind, const std::string& value) {
      if (!value.empty()) query.tags.push_back(TestTags().Of(kind, query.scope, value));
    };
    add(SearchTags::Kind::kChild, asked.child);
    add(SearchTags::Kind::kResource, asked.resource);
    add(SearchTags::Kind::kActor, asked.actor);
    if (Below(4) == 0) query.signs.Add(v1::SAME_NAME);
    if (Below(4) == 0) query.signs.Add(v1::NO_ASSIGNMENT);
    if (Below(2) == 0) query.start = TestNow() - absl::Seconds(Below(110));
    if (Below(2) == 0) query.end = TestNow() - absl::Seconds(Below(110));
    query.limit = static_cast<int64_t>(1 + Below(20));
    query.body_bytes = Below(2) == 0 ? 300 : 1 << 20;
    return asked;
  }

  // The indexes on all pages; something is appended after each.
  std::vector<int64_t> AllPages(EntryQuery query) {
    std::vector<int64_t> indexes;
    for (bool more = true; more;) {
      const absl::StatusOr<EntryPage> page = store_->Search(query, Deadline());
      EXPECT_OK(page);
      if (!page.ok()) break;
      EXPECT_LE(static_cast<int64_t>(page->entries.size()), query.limit);
      EXPECT_FALSE(page->more && page->entries.empty()) << "a page that leads nowhere";
      for (const StoredEntry& entry : page->entries) indexes.push_back(entry.index);
      more = page->more && !page->entries.empty();
      if (more) query.before = indexes.back();
      AppendRandom();
    }
    return indexes;
  }

  std::mt19937_64 random_{7};
  uint64_t number_ = 0;
  Model model_;
};

TEST_F(SearchTest, AnswersAsTheModelDoesWhileEntriesAreAppended) {
  for (int i = 0; i < 150; ++i) AppendRandom();
  size_t found = 0;
  for (int i = 0; i < 120; ++i) {
    const Question asked = RandomQuestion();
    const std::vector<int64_t> expected = model_.Search(asked.query, asked.child, asked.actor, asked.resource);
    ASSERT_EQ(AllPages(asked.query), expected) << asked.child << ' ' << asked.actor << ' ' << asked.resource;
    found += expected.size();
  }
  EXPECT_GT(found, 1000u) << "the questions hardly found anything";
}

TEST_F(EntryStoreTest, EndsAPageWhenThePrivatePartsGrowTooLarge) {
  std::vector<v1::Entry> entries;
  for (uint64_t i = 0; i < 10; ++i) entries.push_back(TestEntry(i));
  const std::vector<NewEntry> prepared = Prepared(entries);
  Append(prepared);
  EntryQuery query;
  query.scope = scope_;
  query.limit = 100;
  query.body_bytes = 2 * std::stoll(Value("SELECT max(octet_length(body)) FROM audit.private_part"));
  ASSERT_OK_AND_ASSIGN(const EntryPage page, store_->Search(query, Deadline()));
  EXPECT_EQ(page.entries.size(), 3u);
  EXPECT_TRUE(page.more);
}

TEST_F(EntryStoreTest, RefusesASchemaThatItDoesNotKnow) {
  ASSERT_OK(database_.Execute("UPDATE audit.schema_version SET version = 99"));
  EXPECT_THAT(store_->CheckReady(Deadline()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_VERSION_UNKNOWN"));
}

TEST_F(EntryStoreTest, RefusesAServerWithoutFsync) {
  const absl::Status lax = store_->CheckReady(Deadline());
  EXPECT_THAT(lax, StatusIs(absl::StatusCode::kFailedPrecondition, "DATABASE_NOT_DURABLE"));
  EXPECT_TRUE(absl::StrContains(lax.message(), "fsync")) << lax;
}

// sqitch on this service's schema.
absl::Status Sqitch(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"env",
                                      "SQITCH_FULLNAME=Test",
                                      "SQITCH_EMAIL=test@example.org",
                                      "sqitch",
                                      "--chdir",
                                      std::filesystem::canonical("services/audit/schema").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return samverkan::testing::RunCommand(command).status();
}

TEST(Durability, IsAskedForBeforeServing) {
  sealing::testing::TestKeyRing keys("audit");
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Postgres> server, Postgres::Start(Postgres::Durability::kDurable));
  ASSERT_OK(Sqitch({"deploy", "--verify", server->SqitchTarget("postgres")}));
  const auto check = [&](const std::string& more) -> absl::Status {
    absl::StatusOr<std::unique_ptr<EntryStore>> store =
        EntryStore::Open(server->Conninfo("postgres", "samverkan_audit") + more, 1, keys.ring());
    return store.ok() ? (*store)->CheckReady(Deadline()) : store.status();
  };
  EXPECT_OK(check(""));
  const absl::Status lax = check(" options='-c synchronous_commit=off'");
  EXPECT_THAT(lax, StatusIs(absl::StatusCode::kFailedPrecondition, "DATABASE_NOT_DURABLE"));
  EXPECT_TRUE(absl::StrContains(lax.message(), "synchronous_commit")) << lax;
}

// What was deployed can be taken back whole.
TEST(Schema, CanBeReverted) {
  const TestDatabase database("services/audit/schema");
  ASSERT_OK(Sqitch({"revert", "-y", TestDatabase::Server().SqitchTarget(database.name())}));
  EXPECT_EQ(*database.Value("SELECT count(*) FROM pg_namespace WHERE nspname = 'audit'"), "0");
}

}  // namespace
}  // namespace samverkan::audit
