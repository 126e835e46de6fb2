// A real PostgreSQL server of the test process's own.
#ifndef SAMVERKAN_LIBS_TESTING_POSTGRES_H_
#define SAMVERKAN_LIBS_TESTING_POSTGRES_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace samverkan::testing {

// One PostgreSQL 15 server with its data folder under /tmp, reached by a Unix
// socket in that folder only. Takes about a second to start. Where the process runs
// as root, the server runs as the user postgres.
//
// Server and folder are gone when the object is, and also when the process ends in
// any other way (a failed assertion, a kill -9): a keeper process waits for that.
// Most tests want a TestDatabase (test_database.h) and not this.
class Postgres {
 public:
  enum class Durability {
    kFast,     // fsync off: survives the server's death, not the machine's
    kDurable,  // fsync on, for measuring
  };

  // Makes and starts a server.
  static absl::StatusOr<std::unique_ptr<Postgres>> Start(Durability durability = Durability::kFast);

  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  // For fault tests. Stop is immediate, as a crash is: nothing is written out and
  // every connection is cut. StartAgain recovers and returns when connections are
  // accepted.
  absl::Status Stop();
  absl::Status StartAgain();
  absl::Status Restart();

  // Connection string of libpq.
  std::string Conninfo(std::string_view database, std::string_view user = "postgres") const;

  // The same as a sqitch target.
  std::string SqitchTarget(std::string_view database) const;

  // What the server has written to its log; for explaining a failed test.
  std::string Log() const;

 private:
  explicit Postgres(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Initialize(Durability durability);
  absl::Status StartKeeper();

  const std::string folder_;
  int keeper_pid_ = -1;
  int keeper_pipe_ = -1;
};

}  // namespace samverkan::testing

#endif  // SAMVERKAN_LIBS_TESTING_POSTGRES_H_
