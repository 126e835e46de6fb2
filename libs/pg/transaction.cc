#include "libs/pg/transaction.h"

namespace samverkan::pg {

absl::StatusOr<Rows> ReadTransaction::Query(const Statement& statement, const Params& params) {
  if (!failure_.ok()) return failure_;
  absl::StatusOr<Rows> rows = connection_.Execute(statement, params, deadline_);
  if (!rows.ok()) failure_ = rows.status();
  return rows;
}

}  // namespace samverkan::pg
