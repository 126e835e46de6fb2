// One connection to PostgreSQL.
#ifndef SAMVERKAN_LIBS_PG_CONNECTION_H_
#define SAMVERKAN_LIBS_PG_CONNECTION_H_

#include <postgresql/libpq-fe.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/rows.h"
#include "libs/pg/scope.h"
#include "libs/pg/sqlstate.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"

namespace samverkan::pg {

// A libpq connection in non-blocking pipeline mode, closed with the object. Used by one
// thread at a time. Services use a Pool or a CombiningWriter and never this.
//
// Deadlines are instants of the machine's clock. No call waits longer than its
// deadline and a quarter of a second; after a wait that was given up, the connection
// is broken and good for nothing.
class Connection {
 public:
  // Connects, waiting until `deadline` at most. `conninfo` as libpq takes it, a list of
  // words or a URI; `settings` are added to its "options": "-c lock_timeout=1000".
  // UNAVAILABLE when there is no connection, for whatever cause (libpq does not tell
  // an SQLSTATE here); `log` gets the cause.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& conninfo, absl::Time deadline,
                                                          ErrorLog log = {}, const std::string& settings = "");

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Executes one prepared statement, preparing it first where this connection has not
  // seen it. Errors as in sqlstate.h; when the deadline passes while the server still
  // works, the statement is cancelled and the connection is broken.
  absl::StatusOr<Rows> Execute(const Statement& statement, const Params& params, absl::Time deadline);

  // Begins a transaction, READ COMMITTED, within `scope`. What is left until `deadline` is
  // its statement_timeout. Is sent with the next statement, and costs no wait of its own.
  absl::Status Begin(bool read_only, const Scope& scope, absl::Time deadline);

  // Ends a transaction without its changes.
  absl::Status Rollback(absl::Time deadline);

  // What became of a COMMIT.
  enum class Committed { kYes, kNo, kUnknown };
  struct CommitOutcome {
    Committed committed;
    absl::Status status;  // OK only when committed
  };
  // Commits. Never cancelled: a COMMIT cancelled while it waits for a standby reports
  // success and can still be lost. Waits somewhat beyond `deadline` and then breaks
  // the connection, the outcome unknown.
  CommitOutcome Commit(absl::Time deadline);

  // Makes sure that `statement` is prepared and gives its name as libpq wants it.
  // INTERNAL when the name stands for another text or other types.
  absl::StatusOr<const char*> Prepare(const Statement& statement, const Params& params, absl::Time deadline);

  // Lost, or given up on. Replace it.
  bool broken() const { return broken_ || PQstatus(handle_) == CONNECTION_BAD; }
  void Break() { broken_ = true; }

  // Sends one execution without waiting; `name` is what Prepare gave. False when libpq
  // does not take it.
  bool SendExecution(const char* name, const Params& params);

  // Whether an idle connection still stands; one system call, no round trip.
  bool StandsWhenIdle();

  // Number of warnings that the server has sent.
  int warnings() const { return warnings_; }

  // Sends what is buffered and waits until the next result can be had without
  // blocking. False, and broken, when the connection is lost or `deadline` passes.
  bool Await(absl::Time deadline);

  // The status for a failed result; breaks the connection when it is one that does.
  absl::Status Failed(const PGresult* result, std::string_view statement);

  PGconn* handle() { return handle_; }

 private:
  struct Prepared {
    std::string_view sql;
    absl::InlinedVector<TypeId, 16> types;
  };

  Connection(PGconn* handle, ErrorLog log);

  absl::Status FinishConnecting(absl::Time deadline);
  // Waits for the answers to all that was sent; the last one, or the first error as a
  // status.
  absl::StatusOr<Result> Finish(std::string_view name, absl::Time deadline);
  absl::Status SendPrepare(const Statement& statement, const Params& params);
  // Prepares the library's own statements.
  absl::Status PrepareOwn(absl::Time deadline);
  // Sends one of them.
  absl::Status SendOwn(const Statement& statement, const Params& params);
  absl::Status GiveUp(absl::Time deadline);
  static void CountWarning(void* self, const PGresult* notice);

  PGconn* const handle_;
  const ErrorLog log_;
  std::map<std::string, Prepared, std::less<>> prepared_;
  int warnings_ = 0;
  bool broken_ = false;
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_CONNECTION_H_
