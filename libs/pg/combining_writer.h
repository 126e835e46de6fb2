// Many callers' single statements in shared transactions: the hot paths.
#ifndef SAMVERKAN_LIBS_PG_COMBINING_WRITER_H_
#define SAMVERKAN_LIBS_PG_COMBINING_WRITER_H_

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/rows.h"
#include "libs/pg/sqlstate.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"

namespace samverkan::pg {

// Executes statements that are a whole change each. What waits while the connections
// are busy is sent as one pipelined transaction with one sync, so that many callers
// share one commit; what comes to an idle connection is sent at once. May be used by
// any number of threads.
//
// What a caller may rely on:
// - An OK was committed: it is given only after the pipeline's sync came back without
//   an error, which is also where a deferred constraint would have failed.
// - An error of one statement does not harm its companions: the whole batch, rolled
//   back, is executed again one by one, each in a transaction of its own.
// - Executions of a batch are ordered by `lock_key`, those of equal key by arrival; two
//   batches whose statements lock by that key do not deadlock. After them come the joined
//   ones, by statement and shared parameters; each must itself lock in one order.
// - Joined executions are one statement where they share their first parameters.
// - UNAVAILABLE, reason OUTCOME_UNKNOWN: the connection was lost, or the deadline
//   passed, before the answer came. Executing the same request_id again settles it.
// - UNAVAILABLE, reason DATABASE_UNAVAILABLE, or DEADLINE_EXCEEDED: nothing was changed.
//
// What a statement must keep to, since it shares its transaction: expected refusals
// (duplicate, stale, not found) come back as rows and not as errors; it leaves no
// session state but set_config(…, true) that it sets itself; it raises no warnings.
class CombiningWriter {
 public:
  struct Options {
    int connections = 2;
    // Bounds of one batch; a single execution beyond the bytes goes alone.
    size_t batch_executions = 128;
    size_t batch_bytes = 1 << 20;
    // Fixed for all: a timeout set for one caller would bind its companions.
    absl::Duration statement_timeout = absl::Seconds(5);
    // Longer than PostgreSQL's deadlock_timeout: a deadlock is told as one, and repeated.
    absl::Duration lock_timeout = absl::Seconds(3);
    // How long a batch's answer is waited for before its connection is given up. The
    // server may then still commit.
    absl::Duration answer_timeout = absl::Seconds(30);
    // Gets the server's texts; called from the writer's threads.
    ErrorLog log = {};
  };

  // Connects all connections; waits ten seconds at most.
  static absl::StatusOr<std::unique_ptr<CombiningWriter>> Open(const std::string& conninfo, Options options);

  // Stops.
  ~CombiningWriter();
  CombiningWriter(const CombiningWriter&) = delete;
  CombiningWriter& operator=(const CombiningWriter&) = delete;

  // Executes `statement` and returns its rows when they are durable. Blocks the
  // calling thread until then, or until `deadline`, an instant of the machine's clock.
  // An execution whose deadline has passed when its turn comes is dropped
  // (DEADLINE_EXCEEDED); one that is under way then ends OUTCOME_UNKNOWN.
  absl::StatusOr<Rows> Execute(const Statement& statement, Params params, std::string lock_key, absl::Time deadline);

  // The same, in one statement with others that wait; gives the row of the own element.
  absl::StatusOr<Rows> Execute(const JoinedStatement& statement, Params params, std::string lock_key,
                               absl::Time deadline);

  // Number of executions that no connection has taken yet; for a metric.
  size_t Waiting() const;

  // Takes no more, lets what waits be executed, and closes the connections. Later
  // executions get UNAVAILABLE, reason SHUTTING_DOWN. May be called twice.
  void Stop();

 private:
  class Lane;
  struct Execution;
  struct Group;
  using ExecutionPtr = std::shared_ptr<Execution>;

  CombiningWriter(std::string conninfo, Options options);

  absl::StatusOr<Rows> Await(const ExecutionPtr& execution);
  void Work(Lane& lane);
  // Waits until something waits; false when stopping and nothing does.
  bool AwaitWork();
  // Takes the next batch; may be empty.
  std::vector<ExecutionPtr> TakeBatch();
  // Without a connection on any lane, answers what waits; then pauses.
  void RefuseWhileDisconnected();
  bool Forget(const ExecutionPtr& execution);

  const std::string conninfo_;
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<ExecutionPtr> waiting_;
  int connected_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_COMBINING_WRITER_H_
