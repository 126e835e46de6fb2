#include "libs/testing/postgres.h"

#include <postgresql/libpq-fe.h>
#include <sys/stat.h>

#include <string>

#include "absl/strings/str_split.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"

namespace samverkan::testing {
namespace {

constexpr char kSchema[] = "libs/testing/test_schema";

bool CanRun(const std::string& conninfo, const std::string& sql) {
  PGconn* const session = PQconnectdb(conninfo.c_str());
  PGresult* const result = PQexec(session, sql.c_str());
  const ExecStatusType state = PQresultStatus(result);
  PQclear(result);
  PQfinish(session);
  return state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK;
}

TEST(TestDatabaseTest, EveryTestHasTheSchemaAndNobodyElsesRows) {
  const TestDatabase first(kSchema);
  ASSERT_OK(first.Execute("INSERT INTO notes VALUES ('mine')"));
  const TestDatabase second(kSchema);
  ASSERT_OK_AND_ASSIGN(const std::string in_first, first.Value("SELECT count(*) FROM notes"));
  ASSERT_OK_AND_ASSIGN(const std::string in_second, second.Value("SELECT count(*) FROM notes"));
  EXPECT_EQ(in_first, "1");
  EXPECT_EQ(in_second, "0");
}

TEST(TestDatabaseTest, TheRuntimeRoleMayDoWhatTheSchemaGrantsAndNoMore) {
  const TestDatabase database(kSchema);
  EXPECT_TRUE(CanRun(database.ConninfoFor("testing"), "SELECT note FROM notes"));
  EXPECT_FALSE(CanRun(database.ConninfoFor("testing"), "DELETE FROM notes"));
  EXPECT_FALSE(CanRun(database.ConninfoFor("testing"), "CREATE TABLE public.own (a int)"));
}

TEST(TestDatabaseTest, AnEmptyDatabaseHasNoTables) {
  const TestDatabase database;
  EXPECT_THAT(database.Value("SELECT note FROM notes"), StatusIs(absl::StatusCode::kInternal));
}

TEST(TestDatabaseTest, ADroppedDatabaseIsGoneThoughSomebodyIsConnected) {
  std::string conninfo;
  PGconn* session = nullptr;
  {
    const TestDatabase database;
    conninfo = database.Conninfo();
    session = PQconnectdb(conninfo.c_str());
    ASSERT_EQ(PQstatus(session), CONNECTION_OK);
  }
  PQfinish(session);
  EXPECT_FALSE(CanRun(conninfo, "SELECT 1"));
}

TEST(PostgresTest, CommittedRowsSurviveAnImmediateRestart) {
  ASSERT_OK_AND_ASSIGN(const auto postgres, Postgres::Start());
  const std::string conninfo = postgres->Conninfo("postgres");
  ASSERT_TRUE(CanRun(conninfo, "CREATE TABLE kept (a int)"));
  ASSERT_OK(postgres->Stop());
  EXPECT_FALSE(CanRun(conninfo, "SELECT * FROM kept"));
  ASSERT_OK(postgres->StartAgain());
  EXPECT_TRUE(CanRun(conninfo, "SELECT * FROM kept"));
}

TEST(PostgresTest, NothingIsLeftBehind) {
  std::string folder;
  {
    ASSERT_OK_AND_ASSIGN(const auto postgres, Postgres::Start());
    const std::vector<std::string> words = absl::StrSplit(postgres->Conninfo("postgres"), absl::ByAnyChar("= "));
    folder = words[1];
    struct stat folder_state;
    ASSERT_EQ(stat(folder.c_str(), &folder_state), 0) << folder;
  }
  struct stat folder_state;
  EXPECT_NE(stat(folder.c_str(), &folder_state), 0) << folder;
}

}  // namespace
}  // namespace samverkan::testing
