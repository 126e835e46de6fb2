#include "libs/pg/pool.h"

#include <algorithm>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::pg {
namespace {

constexpr absl::Duration kOpenPatience = absl::Seconds(10);
constexpr int kAttempts = 8;
constexpr absl::Duration kFirstPause = absl::Milliseconds(5);
constexpr absl::Duration kLongestPause = absl::Milliseconds(400);

absl::Time Now() { return clock::SystemClock().Now(); }

absl::Status Exhausted() {
  return status::ResourceExhausted(
      {.reason = "POOL_EXHAUSTED",
       .message = "no connection to the database came free before the deadline; try again later",
       .swedish = "Ingen förbindelse med databasen blev ledig i tid. Försök igen senare."});
}

// Between half and the whole of a pause that doubles with every attempt: callers that
// failed together do not come back together.
absl::Duration PauseAfter(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const absl::Duration whole = std::min(kFirstPause * (int64_t{1} << std::min(attempt, 10)), kLongestPause);
  return whole * std::uniform_real_distribution<double>(0.5, 1.0)(random);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pool>> Pool::Open(std::string conninfo, int size, ErrorLog log) {
  std::unique_ptr<Pool> pool(new Pool(std::move(conninfo), size, std::move(log)));
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, pool->Acquire(Now() + kOpenPatience));
  pool->Release(std::move(connection));
  return pool;
}

absl::Status Pool::Repeat(const Run& run, const Closure& closure) {
  for (int attempt = 0;; ++attempt) {
    if (Now() >= run.deadline) return DeadlinePassed();
    Attempt result = RunOnce(run, closure);
    if (!result.repeat || attempt + 1 == kAttempts) return std::move(result.status);
    const absl::Duration pause = PauseAfter(attempt);
    if (Now() + pause >= run.deadline) return std::move(result.status);
    std::this_thread::sleep_for(absl::ToChronoMicroseconds(pause));
  }
}

Pool::Attempt Pool::RunOnce(const Run& run, const Closure& closure) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Acquire(run.deadline);
  if (!connection.ok()) return {connection.status(), EffectOf(connection.status()) != Effect::kFails};
  Attempt attempt = RunOn(**connection, run, closure);
  Release(*std::move(connection));
  if (attempt.repeat && log_) {
    log_({.sqlstate = "", .constraint = "", .statement = std::string(run.name)}, "the transaction is run again");
  }
  return attempt;
}

Pool::Attempt Pool::RunOn(Connection& connection, const Run& run, const Closure& closure) {
  if (absl::Status begun = connection.Begin(run.read_only, run.scope, run.deadline); !begun.ok()) {
    connection.Break();
    return {begun, EffectOf(begun) != Effect::kFails};
  }
  Transaction transaction(connection, run.deadline);
  absl::Status returned = closure(transaction);
  const absl::Status& failure = transaction.failure_;
  if (returned.ok() && failure.ok()) return Commit(connection, run);
  if (!connection.broken()) {
    // When even this fails the connection is broken, and the server rolls back itself.
    if (!connection.Rollback(Now() + absl::Seconds(1)).ok()) connection.Break();
  }
  // What the closure made of the error does not matter: the transaction's own counts.
  const bool repeat = !failure.ok() && EffectOf(failure) != Effect::kFails;
  return {returned.ok() ? failure : returned, repeat};
}

Pool::Attempt Pool::Commit(Connection& connection, const Run& run) {
  const Connection::CommitOutcome outcome = connection.Commit(run.deadline);
  // What was read stands, however the transaction ended.
  if (run.read_only || outcome.committed == Connection::Committed::kYes) return {absl::OkStatus()};
  if (outcome.committed == Connection::Committed::kUnknown) return {outcome.status};
  return {outcome.status, EffectOf(outcome.status) != Effect::kFails};
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::Acquire(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const auto available = [this] { return !idle_.empty() || open_ < size_; };
  while (!available()) {
    const absl::Duration left = std::min(deadline - Now(), absl::Minutes(1));
    if (left <= absl::ZeroDuration()) return Exhausted();
    freed_.wait_for(lock, absl::ToChronoMicroseconds(absl::Ceil(left, absl::Microseconds(1))), available);
  }
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->StandsWhenIdle()) return connection;
    --open_;
  }
  ++open_;
  lock.unlock();
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(conninfo_, deadline, log_);
  if (!connection.ok()) Release(nullptr);
  return connection;
}

void Pool::Release(std::unique_ptr<Connection> connection) {
  if (connection != nullptr && connection->broken()) connection.reset();
  {
    const std::lock_guard lock(mutex_);
    if (connection != nullptr) {
      idle_.push_back(std::move(connection));
    } else {
      --open_;
    }
  }
  freed_.notify_one();
}

}  // namespace samverkan::pg
