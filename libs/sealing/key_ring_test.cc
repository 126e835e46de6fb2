#include "libs/sealing/key_ring.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/sealing/aead.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"

namespace samverkan::sealing {
namespace {

using ::samverkan::testing::StatusIs;

constexpr Cell kCell = {.column = "intake.report.submission", .municipality = "0180", .row = pg::Uuid()};

absl::Time Soon() { return clock::SystemClock().Now() + absl::Seconds(20); }

std::string Line(const std::string& id, char octet) {
  return id + " " + absl::Base64Escape(std::string(kKeySize, octet)) + "\n";
}

KeyEncryptionKeys Keys(const std::string& lines) {
  static int files = 0;
  const std::string path = absl::StrCat(std::getenv("TEST_TMPDIR"), "/keys-", ++files);
  std::ofstream(path) << lines;
  chmod(path.c_str(), 0600);
  return KeyEncryptionKeys(*keys::KeyList::Load(path));
}

// The key schema of intake, which is the same in every service.
class KeyRingTest : public ::testing::Test {
 protected:
  KeyRingTest() : pool_(*pg::Pool::Open(database_.ConninfoFor("intake"), 4)) {}

  absl::StatusOr<std::unique_ptr<KeyRing>> Open(const std::string& lines) {
    return KeyRing::Open(*pool_, Keys(lines), logger_);
  }

  int64_t Count(const std::string& condition) {
    return std::stoll(*database_.Value("SELECT count(*) FROM intake.data_key WHERE " + condition));
  }

  testing::TestDatabase database_{"services/intake/key_schema"};
  std::unique_ptr<pg::Pool> pool_;
  const clock::SystemClock clock_;
  std::ostringstream log_;
  log::Logger logger_{"test", clock_, log_};
};

TEST_F(KeyRingTest, AKeyIsStoredBeforeItIsGivenOutAndFoundByAnother) {
  const auto ring = *Open(Line("kek-1", 'a'));
  ASSERT_OK_AND_ASSIGN(const DataKeyPtr key, ring->Fresh(Soon()));
  EXPECT_EQ(Count(absl::StrCat("id = '", key->id().ToString(), "'")), 1);
  const pg::Bytes sealed = key->Seal(kCell, "Elsa");
  const auto other = *Open(Line("kek-1", 'a'));
  ASSERT_OK_AND_ASSIGN(const DataKeyPtr found, other->Find(key->id(), Soon()));
  ASSERT_OK_AND_ASSIGN(const std::string opened, found->Open(kCell, sealed));
  EXPECT_EQ(opened, "Elsa");
}

TEST_F(KeyRingTest, NoKeyIsGivenOutTwiceHoweverManyAskAtOnce) {
  const auto first = *Open(Line("kek-1", 'a'));
  const auto second = *Open(Line("kek-1", 'a'));
  constexpr int kThreads = 8;
  constexpr int kEach = 300;
  std::vector<std::vector<std::string>> given(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kEach; ++j) {
        const auto key = (i % 2 == 0 ? *first : *second).Fresh(Soon());
        ASSERT_OK(key);
        given[i].push_back((*key)->id().ToString());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& ids : given) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), static_cast<size_t>(kThreads * kEach));
}

TEST_F(KeyRingTest, ADestroyedKeyIsGoneHereAtOnce) {
  const auto ring = *Open(Line("kek-1", 'a'));
  ASSERT_OK_AND_ASSIGN(const DataKeyPtr kept, ring->Fresh(Soon()));
  ASSERT_OK_AND_ASSIGN(const DataKeyPtr destroyed, ring->Fresh(Soon()));
  const pg::Uuid id = destroyed->id();
  ASSERT_OK(ring->Destroy(pg::Uuid::Random(), "note", {id}, Soon()));
  EXPECT_THAT(ring->Find(id, Soon()), StatusIs(absl::StatusCode::kNotFound, "DATA_KEY_DESTROYED"));
  ASSERT_OK_AND_ASSIGN(const auto keys, ring->FindAll({kept->id(), id}, Soon()));
  EXPECT_EQ(keys[0]->id(), kept->id());
  EXPECT_EQ(keys[1], nullptr);
  EXPECT_EQ(Count(absl::StrCat("id = '", id.ToString(), "'")), 0);
}

TEST_F(KeyRingTest, WhatWasDestroyedIsNotedInOrderAndOnce) {
  const auto ring = *Open(Line("kek-1", 'a'));
  EXPECT_EQ(*ring->LastDestruction(Soon()), 0);
  const pg::Uuid first = pg::Uuid::Random();
  const pg::Uuid second = pg::Uuid::Random();
  ASSERT_OK_AND_ASSIGN(const int64_t first_place, ring->Destroy(first, "one", {(*ring->Fresh(Soon()))->id()}, Soon()));
  ASSERT_OK_AND_ASSIGN(const int64_t second_place, ring->Destroy(second, "two", {}, Soon()));
  EXPECT_LT(first_place, second_place);
  EXPECT_EQ(*ring->Destroy(first, "one", {}, Soon()), first_place);
  EXPECT_EQ(*ring->LastDestruction(Soon()), second_place);
  ASSERT_OK_AND_ASSIGN(const auto all, ring->DestructionsAfter(0, Soon()));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].note, "one");
  EXPECT_EQ(all[1].id, second);
  EXPECT_EQ(ring->DestructionsAfter(first_place, Soon())->size(), 1u);
}

TEST_F(KeyRingTest, AMissingKeyEncryptionKeyIsNamedAndNothingIsServed) {
  ASSERT_OK(Open(Line("kek-1", 'a')));
  const auto missing = Open(Line("kek-2", 'b'));
  EXPECT_THAT(missing, StatusIs(absl::StatusCode::kFailedPrecondition, "KEY_ENCRYPTION_KEY_MISSING"));
  EXPECT_NE(missing.status().message().find("kek-1"), absl::string_view::npos);
}

TEST_F(KeyRingTest, AWrongKeyEncryptionKeyIsNamedAndNothingIsServed) {
  ASSERT_OK(Open(Line("kek-1", 'a')));
  const auto wrong = Open(Line("kek-1", 'b'));
  EXPECT_THAT(wrong, StatusIs(absl::StatusCode::kDataLoss, "DATA_KEY_UNREADABLE"));
  EXPECT_NE(wrong.status().message().find("kek-1"), absl::string_view::npos);
}

TEST_F(KeyRingTest, ANewKeyEncryptionKeyTakesOverAndTheOldOneCanGo) {
  DataKeyPtr key;
  {
    const auto ring = *Open(Line("kek-1", 'a'));
    key = *ring->Fresh(Soon());
  }
  {
    const auto ring = *Open(Line("kek-2", 'b') + Line("kek-1", 'a'));
    const auto left = [&] { return *database_.Value("SELECT count(*) FROM intake.key_encryption_key"); };
    while (left() != "1") std::this_thread::yield();
  }
  EXPECT_EQ(Count("wrapped_by <> 'kek-2'"), 0);
  EXPECT_NE(log_.str().find("kek-1"), std::string::npos);
  const auto ring = *Open(Line("kek-2", 'b'));
  ASSERT_OK_AND_ASSIGN(const DataKeyPtr found, ring->Find(key->id(), Soon()));
  EXPECT_OK(found->Open(kCell, key->Seal(kCell, "Elsa")));
}

TEST_F(KeyRingTest, AWrappedKeyThatWasChangedOrExchangedDoesNotOpen) {
  pg::Uuid first, second;
  {
    const auto ring = *Open(Line("kek-1", 'a'));
    first = (*ring->Fresh(Soon()))->id();
    second = (*ring->Fresh(Soon()))->id();
  }
  const auto set = [&](const pg::Uuid& id, const std::string& value) {
    ASSERT_OK(database_.Execute(
        absl::StrCat("UPDATE intake.data_key SET wrapped = ", value, " WHERE id = '", id.ToString(), "'")));
  };
  set(first, absl::StrCat("(SELECT wrapped FROM intake.data_key WHERE id = '", second.ToString(), "')"));
  set(second, "set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)");
  const auto ring = *Open(Line("kek-1", 'a'));
  EXPECT_THAT(ring->Find(first, Soon()), StatusIs(absl::StatusCode::kDataLoss, "DATA_KEY_UNREADABLE"));
  EXPECT_THAT(ring->Find(second, Soon()), StatusIs(absl::StatusCode::kDataLoss, "DATA_KEY_UNREADABLE"));
}

TEST_F(KeyRingTest, WithoutItsDatabaseItGivesWhatIsAtHandAndThenSaysSo) {
  const auto ring = *Open(Line("kek-1", 'a'));
  ASSERT_OK(testing::TestDatabase::Server().Stop());
  absl::Status status;
  int given = 0;
  while (status.ok()) {
    status = ring->Fresh(Soon()).status();
    given += status.ok() ? 1 : 0;
  }
  EXPECT_GE(given, 128);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "KEYS_UNAVAILABLE"));
  ASSERT_OK(testing::TestDatabase::Server().StartAgain());
  do {
    status = ring->Fresh(Soon()).status();
  } while (!status.ok());
  EXPECT_OK(status);
}

TEST_F(KeyRingTest, TheServicesRoleCanListNoKeys) {
  const auto ring = *Open(Line("kek-1", 'a'));
  const pg::Statement list = {"list", "SELECT id FROM intake.data_key"};
  EXPECT_THAT(pool_->Read({}, Soon(), "list",
                          [&](pg::ReadTransaction& transaction) { return transaction.Query(list).status(); }),
              StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace samverkan::sealing
