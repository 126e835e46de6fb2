#include "libs/pg/pipeline.h"

#include <utility>

#include "libs/pg/sqlstate.h"

namespace samverkan::pg {

Pipeline::Pipeline(Connection& connection, absl::Time patience_ends)
    : connection_(connection), patience_ends_(patience_ends), warnings_before_(connection.warnings()) {}

void Pipeline::Add(const char* name, const Params& params) {
  names_.push_back(name);
  if (!connection_.broken() && !connection_.SendExecution(name, params)) connection_.Break();
}

void Pipeline::Sync() {
  segments_.push_back(std::move(names_));
  names_.clear();
  if (!connection_.broken() && PQpipelineSync(connection_.handle()) != 1) connection_.Break();
}

Pipeline::Outcome Pipeline::Finish(std::vector<Result>& results) {
  results.clear();
  Outcome outcome = connection_.broken() ? Outcome{Ended::kUnknown, {}} : Read(results);
  segments_.pop_front();
  // Only what was promised counts as committed.
  if (connection_.broken()) outcome.ended = Ended::kUnknown;
  return outcome;
}

// Each execution gives one result and an end (nullptr); then comes the sync. An error
// of a deferred constraint comes, with an end of its own, just before the sync.
Pipeline::Outcome Pipeline::Read(std::vector<Result>& results) {
  const std::vector<std::string_view>& names = segments_.front();
  absl::Status error;
  size_t ends = 0;
  bool at_end = true;
  while (connection_.Await(patience_ends_)) {
    Result result(PQgetResult(connection_.handle()));
    const ExecStatusType state = PQresultStatus(result.get());
    if (result == nullptr) {
      if (std::exchange(at_end, true)) break;
      ++ends;
      continue;
    }
    at_end = false;
    if (state == PGRES_PIPELINE_SYNC) {
      if (!error.ok()) return {Ended::kRolledBack, error};
      if (results.size() != names.size()) break;
      return {connection_.warnings() == warnings_before_ ? Ended::kCommitted : Ended::kUnknown, {}};
    }
    if (state == PGRES_TUPLES_OK || state == PGRES_COMMAND_OK) {
      results.push_back(std::move(result));
    } else if (state == PGRES_FATAL_ERROR) {
      const absl::Status failed = connection_.Failed(result.get(), ends < names.size() ? names[ends] : "commit");
      if (connection_.broken()) break;
      if (error.ok()) error = failed;
    } else if (state != PGRES_PIPELINE_ABORTED) {
      break;
    }
  }
  connection_.Break();
  return {Ended::kUnknown, {}};
}

}  // namespace samverkan::pg
