// Transactions on a bounded number of connections.
#ifndef SAMVERKAN_LIBS_PG_POOL_H_
#define SAMVERKAN_LIBS_PG_POOL_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/connection.h"
#include "libs/pg/scope.h"
#include "libs/pg/sqlstate.h"
#include "libs/pg/transaction.h"

namespace samverkan::pg {

// Runs closures in transactions, on at most `size` connections, which are made when
// they are needed and replaced when they break. May be used by any number of threads.
//
//   absl::StatusOr<Report> report = pool.Write(scope, deadline, "assess_report",
//       [&](pg::Transaction& transaction) -> absl::StatusOr<Report> { … });
//
// A closure may run several times: on a serialization failure or a deadlock, and when
// the connection is lost before COMMIT is sent, the whole of it is run again, a bounded
// number of times with growing, jittered pauses, and never past the deadline. So it
// must change nothing outside the transaction and keep nothing from an earlier run.
// A closure that returns an error is rolled back, and its error returned as it is.
//
// Deadlines are instants of the machine's clock. What is left until the deadline
// bounds the wait for a connection and is the transaction's statement_timeout; it
// never cuts a COMMIT short.
//
// Errors of its own: RESOURCE_EXHAUSTED, reason POOL_EXHAUSTED, when no connection came
// free before the deadline; UNAVAILABLE, reason DATABASE_UNAVAILABLE, when the server
// cannot be reached; UNAVAILABLE, reason OUTCOME_UNKNOWN, when the connection was lost
// during COMMIT: repeating the same request_id settles it, and this class does not.
class Pool {
 public:
  // Connects once, so that a wrong `conninfo` shows at once; waits ten seconds at most.
  // `log` gets the server's texts and must be callable from any thread.
  static absl::StatusOr<std::unique_ptr<Pool>> Open(std::string conninfo, int size, ErrorLog log = {});

  // All closures must have returned.
  ~Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Runs `closure`, a callable that takes a ReadTransaction& and returns a StatusOr<T>
  // or a Status, and returns what it returned. Row-level security lets it see what is in
  // `scope`. `name` stands for the transaction in the error log.
  template <typename F>
  auto Read(const Scope& scope, absl::Time deadline, std::string_view name, F&& closure) {
    return RunAs<ReadTransaction>({true, scope, deadline, name}, std::forward<F>(closure));
  }

  // The same with a Transaction&; commits when `closure` returned OK.
  template <typename F>
  auto Write(const Scope& scope, absl::Time deadline, std::string_view name, F&& closure) {
    return RunAs<Transaction>({false, scope, deadline, name}, std::forward<F>(closure));
  }

 private:
  struct Run {
    bool read_only;
    const Scope& scope;
    absl::Time deadline;
    std::string_view name;
  };
  // How one run of a closure ended, and whether another may follow.
  struct Attempt {
    absl::Status status;
    bool repeat = false;
  };
  using Closure = std::function<absl::Status(Transaction&)>;

  Pool(std::string conninfo, int size, ErrorLog log)
      : conninfo_(std::move(conninfo)), size_(size), log_(std::move(log)) {}

  template <typename TransactionType, typename F>
  auto RunAs(const Run& run, F&& closure) {
    using Returned = std::invoke_result_t<F&, TransactionType&>;
    std::optional<Returned> returned;
    const absl::Status status = Repeat(run, [&](Transaction& transaction) {
      returned.emplace(closure(static_cast<TransactionType&>(transaction)));
      if constexpr (std::is_same_v<Returned, absl::Status>) {
        return *returned;
      } else {
        return returned->status();
      }
    });
    return status.ok() ? *std::move(returned) : Returned(status);
  }

  absl::Status Repeat(const Run& run, const Closure& closure);
  Attempt RunOnce(const Run& run, const Closure& closure);
  Attempt RunOn(Connection& connection, const Run& run, const Closure& closure);
  Attempt Commit(Connection& connection, const Run& run);

  absl::StatusOr<std::unique_ptr<Connection>> Acquire(absl::Time deadline);
  void Release(std::unique_ptr<Connection> connection);

  const std::string conninfo_;
  const int size_;
  const ErrorLog log_;

  std::mutex mutex_;
  std::condition_variable freed_;
  // The last one used is the next one used: its caches are warm.
  std::vector<std::unique_ptr<Connection>> idle_;
  int open_ = 0;  // idle and lent
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_POOL_H_
