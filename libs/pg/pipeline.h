// libpq's pipeline mode: several executions on their way at once.
#ifndef SAMVERKAN_LIBS_PG_PIPELINE_H_
#define SAMVERKAN_LIBS_PG_PIPELINE_H_

#include <deque>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/pg/connection.h"
#include "libs/pg/rows.h"
#include "libs/pg/values.h"

namespace samverkan::pg {

// Used by CombiningWriter only. The executions between two syncs are one transaction,
// which the server commits when it meets the sync. Everything is added first; then
// Finish is called once a sync, in their order. The parameters must live until then.
class Pipeline {
 public:
  // `connection` is idle. Answers are waited for until `patience_ends`.
  Pipeline(Connection& connection, absl::Time patience_ends);
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Adds an execution of what the connection has prepared under `name`.
  void Add(const char* name, const Params& params);
  void Sync();

  enum class Ended {
    kCommitted,
    kRolledBack,
    kUnknown,  // the connection was lost, or the server sent a warning
  };
  struct Outcome {
    Ended ended;
    absl::Status error;  // the first one of a transaction rolled back
  };

  // Waits for the next transaction's end. When committed, `results` has one for every
  // execution.
  Outcome Finish(std::vector<Result>& results);

 private:
  Outcome Read(std::vector<Result>& results);

  Connection& connection_;
  const absl::Time patience_ends_;
  // A warning with a commit says that its wait for the standby was cut short. libpq
  // reads ahead, so one cannot be told from a warning of a statement, or of another
  // transaction of the pipeline: any puts all that are still open in doubt.
  const int warnings_before_;
  std::vector<std::string_view> names_;  // of the executions since the last sync
  std::deque<std::vector<std::string_view>> segments_;
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_PIPELINE_H_
