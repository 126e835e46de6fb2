// A fresh database for each test.
#ifndef SAMVERKAN_LIBS_TESTING_TEST_DATABASE_H_
#define SAMVERKAN_LIBS_TESTING_TEST_DATABASE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/testing/postgres.h"

namespace samverkan::testing {

// A database of its own on the one server of this test process, dropped with the
// object. The first one starts the server (one second); the first of a schema
// deploys it with sqitch into a template (half a second and more); every further
// one is a copy of that (a tenth of a second).
//
//   class ReportStoreTest : public ::testing::Test {
//    protected:
//     TestDatabase database_{"services/intake/schema"};
//   };
//
// The Bazel test lists the folder's files in `data` and has tags = ["local"].
//
// A schema's first change creates the service's runtime role where it is missing,
// for roles belong to the whole server and outlive a database:
//
//   DO $$ BEGIN
//     IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_intake') THEN
//       CREATE ROLE samverkan_intake LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
//     END IF;
//   END $$;
//
// A test that cannot get its database cannot say anything: the constructors end the
// process with the cause on standard error.
class TestDatabase {
 public:
  // An empty database.
  TestDatabase();

  // With the schema in `schema_folder` (sqitch.conf, sqitch.plan, deploy/), relative
  // to the root of the sources.
  explicit TestDatabase(std::string_view schema_folder);

  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  // Connection string of the superuser, for arranging and looking.
  std::string Conninfo() const;

  // Connection string of the runtime role `samverkan_<service>`, for what is tested.
  std::string ConninfoFor(std::string_view service) const;

  // Runs SQL as superuser; several statements are parted by semicolons.
  absl::Status Execute(const std::string& sql) const;

  // First column of the first row as text; empty for NULL. NOT_FOUND without a row.
  absl::StatusOr<std::string> Value(const std::string& sql) const;

  const std::string& name() const { return name_; }

  // The server of this process; starts it when it is not there yet.
  static Postgres& Server();

 private:
  std::string name_;
};

}  // namespace samverkan::testing

#endif  // SAMVERKAN_LIBS_TESTING_TEST_DATABASE_H_
