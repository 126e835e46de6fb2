// What PostgreSQL's errors mean to a caller: the one table from SQLSTATE to status.
//
// No text of the server or the driver ever stands in a status: it can hold values
// of rows. It goes to an ErrorLog instead.
#ifndef SAMVERKAN_LIBS_PG_SQLSTATE_H_
#define SAMVERKAN_LIBS_PG_SQLSTATE_H_

#include <postgresql/libpq-fe.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace samverkan::pg {

// What is left of a transaction after an error.
enum class Effect {
  kFails,        // it is rolled back; the same again would fail the same way
  kRepeats,      // it is rolled back; the same again may succeed (40001, 40P01)
  kDisconnects,  // its connection is gone
};

// One row of the table.
struct SqlState {
  std::string_view sqlstate;  // five characters, or what several begin with
  absl::StatusCode code;
  Effect effect;
  std::string_view reason;
  std::string_view message;
  std::string_view swedish;
};

// The row for an SQLSTATE of five characters: its own, else its class's, else
// INTERNAL. An empty one, which is libpq's own error, is a lost connection.
const SqlState& FindSqlState(std::string_view sqlstate);

// What a store decides on, never on texts.
struct DatabaseError {
  std::string sqlstate;
  std::string constraint;  // empty when none was violated
  std::string statement;   // name of the Statement, or what else was being done
};

// The error behind a status that libs/pg returned; absent when there is none. It
// travels as a payload that never leaves the process.
std::optional<DatabaseError> DatabaseErrorOf(const absl::Status& status);

// Name of the violated constraint; empty when there is none.
std::string ConstraintOf(const absl::Status& status);

// The effect of the error behind a status; kFails when libs/pg did not make it.
Effect EffectOf(const absl::Status& status);

// Gets every error of the server with its primary message (never its detail, which
// quotes rows). The message can still hold a value: it belongs in a log that only
// operators read. Called from any thread; must not block.
using ErrorLog = std::function<void(const DatabaseError& error, std::string_view message)>;

// The status for a failed `result`, which is reported to `log` when there is one.
absl::Status StatusOfResult(const PGresult* result, std::string_view statement, const ErrorLog& log);

// The fixed errors of this library.

// UNAVAILABLE, reason DATABASE_UNAVAILABLE: nothing was changed.
absl::Status DatabaseUnavailable();
// UNAVAILABLE, reason OUTCOME_UNKNOWN: the change may stand or not; executing the
// same request_id again settles it.
absl::Status OutcomeUnknown();
// DEADLINE_EXCEEDED, reason DEADLINE_EXCEEDED: nothing was changed.
absl::Status DeadlinePassed();

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_SQLSTATE_H_
