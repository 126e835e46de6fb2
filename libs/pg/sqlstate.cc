#include "libs/pg/sqlstate.h"

#include <array>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/status/status.h"

namespace samverkan::pg {
namespace {

using absl::StatusCode;

constexpr char kPayload[] = "samverkan.internal/pg.DatabaseError";

constexpr std::string_view kTryAgain = "the database cannot answer now; repeat the request with the same request_id";
constexpr std::string_view kTryAgainSwedish = "Databasen kan inte svara nu. Upprepa anropet med samma request_id.";
constexpr std::string_view kConflict =
    "another change was made at the same time; repeat the request with the same request_id";
constexpr std::string_view kConflictSwedish =
    "En annan ändring gjordes samtidigt. Upprepa anropet med samma request_id.";
constexpr std::string_view kFull = "the database has no room for more now; try again later";
constexpr std::string_view kFullSwedish = "Databasen har inte plats för mer just nu. Försök igen senare.";
constexpr std::string_view kValue = "a value is longer or larger than what can be stored";
constexpr std::string_view kValueSwedish = "Ett värde är längre eller större än vad som kan lagras.";
constexpr std::string_view kExists = "the resource exists already";
constexpr std::string_view kExistsSwedish = "Resursen finns redan.";
constexpr std::string_view kRelated = "another resource, on which this one depends, is missing or stands in the way";
constexpr std::string_view kRelatedSwedish = "En annan resurs som denna beror av saknas eller står i vägen.";
constexpr std::string_view kLate = "the call took longer than its deadline";
constexpr std::string_view kLateSwedish = "Anropet tog för lång tid.";

// Shorter rows stand for all that begin so and come after the longer ones. What is not
// here is a fault of ours: bad SQL, a missing right, a value that should have been
// checked before.
constexpr std::array kTable = {
    SqlState{"", StatusCode::kUnavailable, Effect::kDisconnects, "DATABASE_UNAVAILABLE", kTryAgain, kTryAgainSwedish},
    // connection exceptions
    SqlState{"08", StatusCode::kUnavailable, Effect::kDisconnects, "DATABASE_UNAVAILABLE", kTryAgain, kTryAgainSwedish},
    // string_data_right_truncation, numeric_value_out_of_range, datetime_field_overflow
    SqlState{"22001", StatusCode::kInvalidArgument, Effect::kFails, "VALUE_TOO_LARGE", kValue, kValueSwedish},
    SqlState{"22003", StatusCode::kInvalidArgument, Effect::kFails, "VALUE_TOO_LARGE", kValue, kValueSwedish},
    SqlState{"22008", StatusCode::kInvalidArgument, Effect::kFails, "VALUE_TOO_LARGE", kValue, kValueSwedish},
    // character_not_in_repertoire
    SqlState{"22021", StatusCode::kInvalidArgument, Effect::kFails, "TEXT_NOT_UTF8", "a text is not valid UTF-8",
             "En text är inte giltig UTF-8."},
    // foreign_key_violation, restrict_violation
    SqlState{"23503", StatusCode::kFailedPrecondition, Effect::kFails, "RELATED_RESOURCE", kRelated, kRelatedSwedish},
    SqlState{"23001", StatusCode::kFailedPrecondition, Effect::kFails, "RELATED_RESOURCE", kRelated, kRelatedSwedish},
    // unique_violation, exclusion_violation
    SqlState{"23505", StatusCode::kAlreadyExists, Effect::kFails, "ALREADY_EXISTS", kExists, kExistsSwedish},
    SqlState{"23P01", StatusCode::kAlreadyExists, Effect::kFails, "ALREADY_EXISTS", kExists, kExistsSwedish},
    // serialization_failure, deadlock_detected
    SqlState{"40001", StatusCode::kAborted, Effect::kRepeats, "CONCURRENT_CHANGE", kConflict, kConflictSwedish},
    SqlState{"40P01", StatusCode::kAborted, Effect::kRepeats, "CONCURRENT_CHANGE", kConflict, kConflictSwedish},
    // insufficient resources: full disk, out of memory, too many connections
    SqlState{"53300", StatusCode::kUnavailable, Effect::kDisconnects, "DATABASE_UNAVAILABLE", kTryAgain,
             kTryAgainSwedish},
    SqlState{"53", StatusCode::kResourceExhausted, Effect::kFails, "DATABASE_FULL", kFull, kFullSwedish},
    // lock_not_available: lock_timeout passed
    SqlState{"55P03", StatusCode::kUnavailable, Effect::kFails, "CONCURRENT_CHANGE", kConflict, kConflictSwedish},
    // query_canceled: statement_timeout passed
    SqlState{"57014", StatusCode::kDeadlineExceeded, Effect::kFails, "DEADLINE_EXCEEDED", kLate, kLateSwedish},
    // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, idle_session_timeout
    SqlState{"57P", StatusCode::kUnavailable, Effect::kDisconnects, "DATABASE_UNAVAILABLE", kTryAgain,
             kTryAgainSwedish},
};

constexpr SqlState kFaultOfOurs = {"", StatusCode::kInternal, Effect::kFails, "INTERNAL", "", ""};

absl::Status MakeStatus(const SqlState& row, const DatabaseError& error) {
  if (row.code == StatusCode::kInternal) {
    return status::Internal(absl::StrCat("SQLSTATE ", error.sqlstate, " in ", error.statement));
  }
  return status::Make(
      row.code,
      {.reason = std::string(row.reason), .message = std::string(row.message), .swedish = std::string(row.swedish)});
}

absl::Status WithPayload(absl::Status status, const DatabaseError& error) {
  status.SetPayload(kPayload, absl::Cord(absl::StrJoin({error.sqlstate, error.constraint, error.statement}, "\n")));
  return status;
}

std::string FieldOf(const PGresult* result, int field) {
  const char* const text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

}  // namespace

const SqlState& FindSqlState(std::string_view sqlstate) {
  if (sqlstate.empty()) return kTable.front();
  for (const SqlState& row : kTable) {
    if (!row.sqlstate.empty() && sqlstate.substr(0, row.sqlstate.size()) == row.sqlstate) return row;
  }
  return kFaultOfOurs;
}

std::optional<DatabaseError> DatabaseErrorOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload.has_value()) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(std::string(*payload), '\n');
  if (parts.size() != 3) return std::nullopt;
  return DatabaseError{.sqlstate = parts[0], .constraint = parts[1], .statement = parts[2]};
}

std::string ConstraintOf(const absl::Status& status) {
  const std::optional<DatabaseError> error = DatabaseErrorOf(status);
  return error.has_value() ? error->constraint : "";
}

absl::Status StatusOfResult(const PGresult* result, std::string_view statement, const ErrorLog& log) {
  const DatabaseError error = {.sqlstate = FieldOf(result, PG_DIAG_SQLSTATE),
                               .constraint = FieldOf(result, PG_DIAG_CONSTRAINT_NAME),
                               .statement = std::string(statement)};
  if (log) log(error, FieldOf(result, PG_DIAG_MESSAGE_PRIMARY));
  return WithPayload(MakeStatus(FindSqlState(error.sqlstate), error), error);
}

absl::Status DatabaseUnavailable() { return WithPayload(MakeStatus(FindSqlState(""), {}), {}); }

Effect EffectOf(const absl::Status& status) {
  const std::optional<DatabaseError> error = DatabaseErrorOf(status);
  return error.has_value() ? FindSqlState(error->sqlstate).effect : Effect::kFails;
}

absl::Status OutcomeUnknown() {
  return status::Unavailable(
      {.reason = "OUTCOME_UNKNOWN",
       .message = "the connection to the database was lost before it confirmed the change, which may stand or not; "
                  "repeat the request with the same request_id",
       .swedish = "Förbindelsen med databasen bröts innan ändringen bekräftades. Den kan vara gjord eller inte. "
                  "Upprepa anropet med samma request_id."});
}

absl::Status DeadlinePassed() { return MakeStatus(FindSqlState("57014"), {}); }

}  // namespace samverkan::pg
