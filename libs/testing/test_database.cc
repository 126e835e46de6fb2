#include "libs/testing/test_database.h"

#include <postgresql/libpq-fe.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "libs/testing/command.h"

namespace samverkan::testing {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
using Session = std::unique_ptr<PGconn, decltype(&PQfinish)>;

absl::StatusOr<Result> RunSql(const std::string& conninfo, const std::string& sql) {
  const Session session(PQconnectdb(conninfo.c_str()), &PQfinish);
  PQsetNoticeProcessor(
      session.get(), [](void*, const char*) {}, nullptr);
  Result result(PQexec(session.get(), sql.c_str()), &PQclear);
  const ExecStatusType state = PQresultStatus(result.get());
  if (state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK) return result;
  return absl::InternalError(absl::StrCat(PQerrorMessage(session.get()), " in: ", sql));
}

// What all databases of the process share. It has to outlive every test and end
// with the process, which is what a function's static does.
class Environment {
 public:
  static Environment& Instance() {
    static Environment environment;
    return environment;
  }

  Postgres& server() { return *server_; }

  absl::StatusOr<std::string> CreateDatabase(std::string_view schema_folder) {
    const std::lock_guard lock(mutex_);
    std::string source = "template0";
    if (!schema_folder.empty()) {
      ASSIGN_OR_RETURN(source, Template(std::string(schema_folder)));
    }
    return CreateFrom(source);
  }

  absl::Status Drop(const std::string& database) {
    return RunSql(server_->Conninfo("postgres"), absl::StrCat("DROP DATABASE ", database, " WITH (FORCE)")).status();
  }

 private:
  Environment() {
    absl::StatusOr<std::unique_ptr<Postgres>> server = Postgres::Start();
    if (!server.ok()) {
      std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
      std::exit(EXIT_FAILURE);
    }
    server_ = *std::move(server);
  }

  absl::StatusOr<std::string> CreateFrom(const std::string& source) {
    std::string name = absl::StrCat("test_", ++created_);
    RETURN_IF_ERROR(
        RunSql(server_->Conninfo("postgres"), absl::StrCat("CREATE DATABASE ", name, " TEMPLATE ", source)).status());
    return name;
  }

  absl::StatusOr<std::string> Template(const std::string& schema_folder) {
    const auto found = templates_.find(schema_folder);
    if (found != templates_.end()) return found->second;
    char* const absolute = realpath(schema_folder.c_str(), nullptr);
    if (absolute == nullptr) return absl::NotFoundError("no folder " + schema_folder + "; is it in the test's data?");
    const std::string folder = absolute;
    std::free(absolute);
    ASSIGN_OR_RETURN(const std::string name, CreateFrom("template0"));
    RETURN_IF_ERROR(RunCommand({"env", "SQITCH_FULLNAME=Test", "SQITCH_EMAIL=test@example.org", "sqitch", "--chdir",
                                folder, "deploy", server_->SqitchTarget(name)})
                        .status());
    templates_.emplace(schema_folder, name);
    return name;
  }

  std::mutex mutex_;
  std::unique_ptr<Postgres> server_;
  std::map<std::string, std::string> templates_;
  int created_ = 0;
};

std::string CreateOrExit(std::string_view schema_folder) {
  absl::StatusOr<std::string> name = Environment::Instance().CreateDatabase(schema_folder);
  if (!name.ok()) {
    std::fprintf(stderr, "%s\n", name.status().ToString().c_str());
    std::exit(EXIT_FAILURE);
  }
  return *std::move(name);
}

}  // namespace

TestDatabase::TestDatabase() : name_(CreateOrExit("")) {}

TestDatabase::TestDatabase(std::string_view schema_folder) : name_(CreateOrExit(schema_folder)) {}

TestDatabase::~TestDatabase() {
  const absl::Status dropped = Environment::Instance().Drop(name_);
  if (!dropped.ok()) std::fprintf(stderr, "%s\n", dropped.ToString().c_str());
}

std::string TestDatabase::Conninfo() const { return Server().Conninfo(name_); }

std::string TestDatabase::ConninfoFor(std::string_view service) const {
  return Server().Conninfo(name_, absl::StrCat("samverkan_", std::string(service)));
}

absl::Status TestDatabase::Execute(const std::string& sql) const { return RunSql(Conninfo(), sql).status(); }

absl::StatusOr<std::string> TestDatabase::Value(const std::string& sql) const {
  ASSIGN_OR_RETURN(const Result result, RunSql(Conninfo(), sql));
  if (PQntuples(result.get()) == 0 || PQnfields(result.get()) == 0) return absl::NotFoundError("no row from: " + sql);
  return std::string(PQgetvalue(result.get(), 0, 0));
}

Postgres& TestDatabase::Server() { return Environment::Instance().server(); }

}  // namespace samverkan::testing
