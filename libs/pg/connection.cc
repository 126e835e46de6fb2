#include "libs/pg/connection.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::pg {
namespace {

// How long after a deadline the server's own statement_timeout is given to answer,
// before the statement is cancelled from here and the connection thrown away.
constexpr absl::Duration kGrace = absl::Milliseconds(250);
// How long after a deadline a COMMIT is waited for.
constexpr absl::Duration kCommitGrace = absl::Seconds(2);
constexpr int kBinary = 1;

constexpr Statement kBeginRead = {"begin_read", "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"};
constexpr Statement kBeginWrite = {"begin_write", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
// For the transaction only.
constexpr Statement kSetUp = {"set_up",
                              "SELECT set_config('statement_timeout', $1, true),"
                              "       set_config('samverkan.municipality', $2, true),"
                              "       set_config('samverkan.authority', $3, true)"};
constexpr Statement kWithoutTimeout = {"without_timeout", "SET LOCAL statement_timeout = 0"};
constexpr Statement kCommit = {"commit", "COMMIT"};
constexpr Statement kRollback = {"rollback", "ROLLBACK"};

// Waits until `socket` can be read, or written where `writing`. False when `deadline`
// passes first.
bool Poll(int socket, bool reading, bool writing, absl::Time deadline) {
  pollfd entry = {socket, static_cast<short>((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)), 0};
  while (true) {
    // One minute at most a time, so that an infinite deadline fits poll's int.
    const absl::Duration left = std::min(deadline - clock::SystemClock().Now(), absl::Minutes(1));
    if (left <= absl::ZeroDuration()) return false;
    const int ready =
        poll(&entry, 1, static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// What is left until `deadline`, in milliseconds as statement_timeout wants it: 0 is for
// ever. Beyond a day nobody minds the difference.
std::string TimeoutUntil(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return "0";
  const absl::Duration left = deadline - clock::SystemClock().Now();
  return absl::StrCat(
      std::clamp<int64_t>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))), 1, 86'400'000));
}

// nullptr when `conninfo` cannot be read.
PGconn* StartConnecting(const std::string& conninfo, const std::string& settings) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(conninfo.c_str(), nullptr),
                                                                            &PQconninfoFree);
  if (parsed == nullptr) return nullptr;
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  std::string options = settings;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (std::string_view(option->keyword) == "options") {
      options = absl::StrCat(option->val, " ", settings);
      continue;
    }
    keywords.push_back(option->keyword);
    values.push_back(option->val);
  }
  keywords.insert(keywords.end(), {"options", nullptr});
  values.insert(values.end(), {options.c_str(), nullptr});
  return PQconnectStartParams(keywords.data(), values.data(), 0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& conninfo, absl::Time deadline,
                                                             ErrorLog log, const std::string& settings) {
  PGconn* const handle = StartConnecting(conninfo, settings);
  if (handle == nullptr) return status::Internal("the connection string of the database is malformed");
  std::unique_ptr<Connection> connection(new Connection(handle, std::move(log)));
  RETURN_IF_ERROR(connection->FinishConnecting(deadline));
  return connection;
}

Connection::Connection(PGconn* handle, ErrorLog log) : handle_(handle), log_(std::move(log)) {
  PQsetNoticeReceiver(handle_, &Connection::CountWarning, this);
}

Connection::~Connection() { PQfinish(handle_); }

absl::Status Connection::FinishConnecting(absl::Time deadline) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (PQstatus(handle_) != CONNECTION_BAD && state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    const bool writing = state == PGRES_POLLING_WRITING;
    if (!Poll(PQsocket(handle_), !writing, writing, deadline)) break;
    state = PQconnectPoll(handle_);
  }
  if (state == PGRES_POLLING_OK && PQsetnonblocking(handle_, 1) == 0 && PQenterPipelineMode(handle_) == 1) {
    return PrepareOwn(deadline);
  }
  if (log_) log_({.sqlstate = "", .constraint = "", .statement = "connect"}, PQerrorMessage(handle_));
  Break();
  return DatabaseUnavailable();
}

absl::StatusOr<Rows> Connection::Execute(const Statement& statement, const Params& params, absl::Time deadline) {
  RETURN_IF_ERROR(params.status());
  if (clock::SystemClock().Now() >= deadline) return DeadlinePassed();
  ASSIGN_OR_RETURN(const char* const name, Prepare(statement, params, deadline));
  if (!SendExecution(name, params)) return Failed(nullptr, statement.name);
  ASSIGN_OR_RETURN(Result result, Finish(statement.name, deadline));
  return Rows(std::move(result));
}

bool Connection::SendExecution(const char* name, const Params& params) {
  const size_t count = params.size();
  absl::InlinedVector<const char*, 16> values(count);
  absl::InlinedVector<int, 16> lengths(count);
  const absl::InlinedVector<int, 16> formats(count, kBinary);
  for (size_t i = 0; i < count; ++i) {
    values[i] = params.value(i);
    lengths[i] = std::max(params.length(i), 0);
  }
  return PQsendQueryPrepared(handle_, name, static_cast<int>(count), values.data(), lengths.data(), formats.data(),
                             kBinary) == 1;
}

// At once, so that no transaction waits for it, a COMMIT least of all.
absl::Status Connection::PrepareOwn(absl::Time deadline) {
  for (const Statement& statement : {kBeginRead, kBeginWrite, kWithoutTimeout, kCommit, kRollback}) {
    RETURN_IF_ERROR(SendPrepare(statement, Params()));
  }
  RETURN_IF_ERROR(SendPrepare(kSetUp, Params("", "", "")));
  return Finish("prepare", deadline).status();
}

absl::Status Connection::SendOwn(const Statement& statement, const Params& params) {
  const auto found = prepared_.find(statement.name);
  if (found == prepared_.end()) return status::Internal("a statement of the library is not prepared");
  return SendExecution(found->first.c_str(), params) ? absl::OkStatus() : Failed(nullptr, statement.name);
}

absl::Status Connection::Begin(bool read_only, const Scope& scope, absl::Time deadline) {
  const Params set_up(TimeoutUntil(deadline), scope.municipality, scope.authority);
  RETURN_IF_ERROR(set_up.status());
  RETURN_IF_ERROR(SendOwn(read_only ? kBeginRead : kBeginWrite, Params()));
  return SendOwn(kSetUp, set_up);
}

absl::Status Connection::Rollback(absl::Time deadline) {
  RETURN_IF_ERROR(SendOwn(kRollback, Params()));
  return Finish(kRollback.name, deadline).status();
}

Connection::CommitOutcome Connection::Commit(absl::Time deadline) {
  const absl::Time patience = std::max(deadline, clock::SystemClock().Now()) + kCommitGrace;
  const int warnings_before = warnings_;
  if (!SendOwn(kWithoutTimeout, Params()).ok() || !SendOwn(kCommit, Params()).ok()) {
    Break();
    return {Committed::kUnknown, OutcomeUnknown()};
  }
  const absl::StatusOr<Result> last = Finish(kCommit.name, patience);
  if (broken()) return {Committed::kUnknown, OutcomeUnknown()};
  if (!last.ok()) return {Committed::kNo, last.status()};
  // The server answers a COMMIT of a failed transaction with ROLLBACK, and no error.
  if (std::string_view(PQcmdStatus(last->get())) != "COMMIT") {
    return {Committed::kNo, status::Internal("a failed transaction was committed")};
  }
  // A warning during COMMIT says that the wait for the standby was cut short.
  if (warnings_ != warnings_before) return {Committed::kUnknown, OutcomeUnknown()};
  return {Committed::kYes, absl::OkStatus()};
}

absl::StatusOr<const char*> Connection::Prepare(const Statement& statement, const Params& params, absl::Time deadline) {
  const auto found = prepared_.find(statement.name);
  if (found != prepared_.end()) {
    if (found->second.sql == statement.sql && found->second.types == params.types()) return found->first.c_str();
    return status::Internal(absl::StrCat("the statement name ", std::string(statement.name),
                                         " stands for two texts or is executed with two lists of types"));
  }
  RETURN_IF_ERROR(SendPrepare(statement, params));
  if (const absl::Status prepared = Finish(statement.name, deadline).status(); !prepared.ok()) {
    prepared_.erase(std::string(statement.name));
    return prepared;
  }
  return prepared_.find(statement.name)->first.c_str();
}

absl::Status Connection::SendPrepare(const Statement& statement, const Params& params) {
  const auto added = prepared_.emplace(statement.name, Prepared{statement.sql, params.types()}).first;
  const std::string sql(statement.sql);
  const int sent =
      PQsendPrepare(handle_, added->first.c_str(), sql.c_str(), static_cast<int>(params.size()), params.types().data());
  return sent == 1 ? absl::OkStatus() : Failed(nullptr, statement.name);
}

// Each command gives its results and an end (nullptr); the sync comes last.
absl::StatusOr<Result> Connection::Finish(std::string_view name, absl::Time deadline) {
  if (PQpipelineSync(handle_) != 1) return Failed(nullptr, name);
  Result last;
  absl::Status failure;
  bool at_end = false;
  while (true) {
    if (!Await(deadline == absl::InfiniteFuture() ? deadline : deadline + kGrace)) {
      return failure.ok() ? GiveUp(deadline) : failure;
    }
    Result result(PQgetResult(handle_));
    if (result == nullptr && std::exchange(at_end, true)) Break();
    if (broken()) return failure.ok() ? DatabaseUnavailable() : failure;
    if (result == nullptr) continue;
    at_end = false;
    const ExecStatusType state = PQresultStatus(result.get());
    if (state == PGRES_PIPELINE_SYNC) break;
    if (state == PGRES_PIPELINE_ABORTED) continue;
    if (state != PGRES_COMMAND_OK && state != PGRES_TUPLES_OK && failure.ok()) failure = Failed(result.get(), name);
    // A COPY that somebody prepared by mistake would otherwise be waited for for ever.
    if (state == PGRES_COPY_IN || state == PGRES_COPY_OUT) Break();
    if (broken()) return failure.ok() ? DatabaseUnavailable() : failure;
    last = std::move(result);
  }
  if (!failure.ok()) return failure;
  return last;
}

absl::Status Connection::GiveUp(absl::Time deadline) {
  const bool late = clock::SystemClock().Now() >= deadline;
  if (late && PQstatus(handle_) == CONNECTION_OK) {
    PGcancel* const cancel = PQgetCancel(handle_);
    char ignored[256];
    if (cancel != nullptr) PQcancel(cancel, ignored, sizeof(ignored));
    PQfreeCancel(cancel);
  }
  Break();
  return late ? DeadlinePassed() : DatabaseUnavailable();
}

bool Connection::StandsWhenIdle() {
  // What comes unasked is a notice or a changed setting, and then the connection
  // stands; or the server's last words, and then the end follows.
  pollfd entry = {PQsocket(handle_), POLLIN, 0};
  while (!broken() && poll(&entry, 1, 0) != 0) {
    if (PQconsumeInput(handle_) != 1) Break();
    PQisBusy(handle_);
  }
  return !broken();
}

bool Connection::Await(absl::Time deadline) {
  while (true) {
    const int unsent = PQflush(handle_);
    if (unsent < 0) break;
    if (PQisBusy(handle_) == 0) return true;
    if (!Poll(PQsocket(handle_), true, unsent == 1, deadline)) break;
    if (PQconsumeInput(handle_) != 1) {
      // What the server said before it went is worth hearing.
      if (PQisBusy(handle_) == 0) return true;
      break;
    }
  }
  Break();
  return false;
}

absl::Status Connection::Failed(const PGresult* result, std::string_view statement) {
  absl::Status status = StatusOfResult(result, statement, log_);
  const char* const sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (FindSqlState(sqlstate == nullptr ? "" : sqlstate).effect == Effect::kDisconnects) Break();
  return status;
}

void Connection::CountWarning(void* self, const PGresult* notice) {
  const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::string_view(severity) == "WARNING") ++static_cast<Connection*>(self)->warnings_;
}

}  // namespace samverkan::pg
