#include "services/audit/erasure_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
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

using ::samverkan::testing::TestDatabase;

absl::Time Deadline() { return clock::SystemClock().Now() + absl::Seconds(20); }

// A copy of some tables, as a backup holds them.
class Backup {
 public:
  Backup(const TestDatabase& database, std::vector<std::string> tables)
      : database_(database), tables_(std::move(tables)) {
    EXPECT_OK(database_.Execute("CREATE SCHEMA backup"));
    for (const std::string& table : tables_) {
      EXPECT_OK(database_.Execute(absl::StrCat("CREATE TABLE backup.", table, " AS TABLE audit.", table)));
    }
  }

  void Restore() const {
    std::string sql = "SET session_replication_role = replica;";
    for (const std::string& table : tables_) {
      absl::StrAppend(&sql, "DELETE FROM audit.", table, ";INSERT INTO audit.", table,
                      " OVERRIDING SYSTEM VALUE SELECT * FROM backup.", table, ";");
    }
    EXPECT_OK(database_.Execute(sql + "RESET session_replication_role"));
  }

 private:
  const TestDatabase& database_;
  const std::vector<std::string> tables_;
};

class ErasureStoreTest : public ::testing::Test {
 protected:
  ErasureStoreTest() {
    v1::Entry both = TestEntry(2);
    both.mutable_private_part()->add_children("child-2");
    v1::Entry other = TestEntry(3);
    other.mutable_private_part()->set_children(0, "child-2");
    EXPECT_OK(log_->Append(Prepared({TestEntry(1), both, other}), TestNow(), Deadline()));
  }

  // Erases child-1 from the log.
  absl::Status Erase() {
    const Erasure erasure = {
        .scope = scope_, .id = id_, .producer = "intake", .children = {"child-1"}, .resources = {}};
    v1::Entry entry = TestEntry(100);
    entry.mutable_private_part()->clear_children();
    return store_->Erase(erasure, Prepared({entry})[0], TestNow(), Deadline()).status();
  }

  std::vector<std::string> DataKeys() {
    std::vector<std::string> keys;
    for (int index = 0; index < 3; ++index) {
      keys.push_back(Value(absl::StrCat("SELECT data_key FROM audit.private_part WHERE index = ", index)));
    }
    return keys;
  }

  std::string Value(const std::string& sql) { return *database_.Value(sql); }

  bool IsThere(const std::string& key) {
    return *keys_.database().Value("SELECT count(*) FROM audit.data_key WHERE id = '" + key + "'") == "1";
  }

  std::vector<std::string> Children(int64_t index) {
    const auto found = log_->Get(scope_, index, Deadline());
    EXPECT_OK(found);
    if (!found.ok()) return {"?"};
    const auto logged = ToLoggedEntry(*found->entry);
    EXPECT_OK(logged);
    const auto& children = logged->entry().private_part().children();
    return {children.begin(), children.end()};
  }

  const Scope scope_ = {.municipality = "0180", .authority = "socialnamnden"};
  const pg::Uuid id_ = pg::Uuid::Random();
  TestDatabase database_{"services/audit/schema"};
  sealing::testing::TestKeyRing keys_{"audit"};
  std::unique_ptr<EntryStore> log_ = EntryStore::Open(database_.ConninfoFor("audit"), 2, keys_.ring()).value();
  std::unique_ptr<ErasureStore> store_ =
      ErasureStore::Open(database_.ConninfoFor("audit"), 2, keys_.ring(), TestTags()).value();
};

TEST_F(ErasureStoreTest, DestroysTheKeysOfWhatItErases) {
  const std::vector<std::string> before = DataKeys();
  ASSERT_OK(Erase());
  EXPECT_FALSE(IsThere(before[0]));
  EXPECT_FALSE(IsThere(before[1])) << "what the entry said of the other child is sealed with another key now";
  EXPECT_TRUE(IsThere(before[2]));
  EXPECT_EQ(Children(1), std::vector<std::string>{"child-2"});
  EXPECT_EQ(Children(2), std::vector<std::string>{"child-2"});
  EXPECT_EQ(Value("SELECT count(*) FROM audit.key_destruction WHERE sequence IS NULL"), "0");
}

TEST_F(ErasureStoreTest, DestroysLaterWhatItCouldNotDestroyAtOnce) {
  const std::vector<std::string> before = DataKeys();
  // The database of keys takes no destruction any more.
  ASSERT_OK(keys_.database().Execute("ALTER TABLE audit.destruction RENAME TO away"));
  EXPECT_FALSE(Erase().ok());
  ASSERT_OK(keys_.database().Execute("ALTER TABLE audit.away RENAME TO destruction"));
  EXPECT_TRUE(IsThere(before[0]));
  EXPECT_EQ(Children(0), std::vector<std::string>());

  ASSERT_OK_AND_ASSIGN(const int64_t undone, store_->Replay(Deadline()));
  EXPECT_EQ(undone, 0) << "no backup came back";
  EXPECT_FALSE(IsThere(before[0]));
  EXPECT_FALSE(IsThere(before[1]));
  EXPECT_OK(Erase());
}

TEST_F(ErasureStoreTest, ErasesAgainWhatAnOlderBackupOfTheLogBringsBack) {
  const Backup backup(database_, {"private_part", "search_tag", "erasure", "key_destruction"});
  ASSERT_OK(Erase());
  backup.Restore();
  EXPECT_EQ(Value("SELECT count(*) FROM audit.private_part"), "3");
  EXPECT_EQ(Children(0), std::vector<std::string>()) << "without its key nothing opens it";
  EXPECT_EQ(Children(1), std::vector<std::string>());

  ASSERT_OK_AND_ASSIGN(const int64_t undone, store_->Replay(Deadline()));
  EXPECT_EQ(undone, 1);
  EXPECT_EQ(Value("SELECT string_agg(index::text, ',') FROM audit.private_part"), "2");
  EXPECT_EQ(Value("SELECT count(*) FROM audit.search_tag WHERE index < 2"), "0");
  EXPECT_EQ(Children(2), std::vector<std::string>{"child-2"});
  ASSERT_OK_AND_ASSIGN(const int64_t again, store_->Replay(Deadline()));
  EXPECT_EQ(again, 0);
}

TEST_F(ErasureStoreTest, DestroysAgainWhatAnOlderBackupOfTheKeysBringsBack) {
  const std::vector<std::string> before = DataKeys();
  const Backup backup(keys_.database(), {"data_key", "destruction"});
  ASSERT_OK(Erase());
  backup.Restore();
  EXPECT_TRUE(IsThere(before[0]));

  ASSERT_OK_AND_ASSIGN(const int64_t undone, store_->Replay(Deadline()));
  EXPECT_EQ(undone, 1);
  EXPECT_FALSE(IsThere(before[0]));
  EXPECT_FALSE(IsThere(before[1]));
  EXPECT_TRUE(IsThere(before[2]));
  ASSERT_OK_AND_ASSIGN(const int64_t again, store_->Replay(Deadline()));
  EXPECT_EQ(again, 0);
}

}  // namespace
}  // namespace samverkan::audit
