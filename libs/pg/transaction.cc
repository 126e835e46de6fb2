#include "libs/pg/transaction.h"

namespace samverkan::pg {

namespace {

constexpr Statement kSetScope = {"set_scope",
                                 "SELECT set_config('samverkan.municipality', $1, true),"
                                 "       set_config('samverkan.authority', $2, true)"};

}  // namespace

absl::Status ReadTransaction::SetScope(const Scope& scope) {
  return Query(kSetScope, Params(scope.municipality, scope.authority)).status();
}

absl::StatusOr<Rows> ReadTransaction::Query(const Statement& statement, const Params& params) {
  if (!failure_.ok()) return failure_;
  absl::StatusOr<Rows> rows = connection_.Execute(statement, params, deadline_);
  if (!rows.ok()) failure_ = rows.status();
  return rows;
}

}  // namespace samverkan::pg
