// Transactions, as the closures of a Pool see them.
#ifndef SAMVERKAN_LIBS_PG_TRANSACTION_H_
#define SAMVERKAN_LIBS_PG_TRANSACTION_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/connection.h"
#include "libs/pg/rows.h"
#include "libs/pg/scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"

namespace samverkan::pg {

// READ COMMITTED, READ ONLY: the server refuses any change. Lives as long as the
// closure that it was given to; used by one thread at a time.
//
// The first statement that fails ends the transaction: every later one returns the
// same error without being sent, and nothing is committed even if the closure says OK.
class ReadTransaction {
 public:
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

  // Executes a statement. Errors as in sqlstate.h; the constraint violated is told by
  // ConstraintOf(status).
  absl::StatusOr<Rows> Query(const Statement& statement, const Params& params = Params());

  // Goes on within another scope, when it has been found out whose rows are to be touched
  // and that they may be.
  absl::Status SetScope(const Scope& scope);

 protected:
  ReadTransaction(Connection& connection, absl::Time deadline) : connection_(connection), deadline_(deadline) {}

 private:
  friend class Pool;

  Connection& connection_;
  const absl::Time deadline_;
  absl::Status failure_;
};

// READ COMMITTED, may change. A function that only reads takes a ReadTransaction& and
// can be called with either.
class Transaction : public ReadTransaction {
 public:
  // Executes a statement that changes; Rows::affected() says how many rows.
  absl::StatusOr<Rows> Execute(const Statement& statement, const Params& params = Params()) {
    return Query(statement, params);
  }

 private:
  friend class Pool;
  using ReadTransaction::ReadTransaction;
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_TRANSACTION_H_
