#include "libs/pg/combining_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/pg/connection.h"
#include "libs/pg/pipeline.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::pg {
namespace {

constexpr absl::Duration kConnectPatience = absl::Seconds(10);
constexpr absl::Duration kReconnectPatience = absl::Seconds(1);
constexpr absl::Duration kReconnectPause = absl::Milliseconds(100);
// How often an execution alone is tried while it deadlocks with other transactions.
constexpr int kAttemptsAlone = 3;

absl::Time Now() { return clock::SystemClock().Now(); }

absl::Status ShuttingDown() {
  return status::Unavailable({.reason = "SHUTTING_DOWN",
                              .message = "the service is stopping; repeat the request with the same request_id",
                              .swedish = "Tjänsten stoppas. Upprepa anropet med samma request_id."});
}

// Timeouts that every transaction of a connection has from its start.
std::string Timeouts(const CombiningWriter::Options& options) {
  return absl::StrCat("-c statement_timeout=", absl::ToInt64Milliseconds(options.statement_timeout),
                      " -c lock_timeout=", absl::ToInt64Milliseconds(options.lock_timeout));
}

}  // namespace

// Shared by the caller, which may leave at its deadline, and the lane that executes.
struct CombiningWriter::Execution {
  Execution(const Statement& statement, std::optional<size_t> shared, Params params, std::string lock_key,
            absl::Time deadline)
      : statement(statement),
        shared(shared),
        params(std::move(params)),
        lock_key(std::move(lock_key)),
        deadline(deadline) {}

  // Whether one statement can do both.
  bool Joins(const Execution& other) const {
    return shared.has_value() && other.shared.has_value() && statement.name == other.statement.name &&
           params.CompareFirst(other.params, *shared) == 0;
  }

  void Answer(absl::StatusOr<Rows> rows) {
    {
      const std::lock_guard lock(mutex);
      answer = std::move(rows);
    }
    // Unlocked, so that the caller does not wake only to wait for the lock.
    answered.notify_one();
  }

  const Statement statement;
  // How many parameters it must share with those that it is joined with; none for a
  // statement of its own.
  const std::optional<size_t> shared;
  const Params params;
  const std::string lock_key;
  const absl::Time deadline;

  // What the lane's connection calls the statement.
  const char* prepared_name = nullptr;

  std::mutex mutex;
  std::condition_variable answered;
  std::optional<absl::StatusOr<Rows>> answer;
};

// Executions that are one statement.
struct CombiningWriter::Group {
  std::vector<ExecutionPtr> members;
  // Where there are several.
  pg::Params joined = {};

  const pg::Params& params() const { return members.size() == 1 ? members.front()->params : joined; }

  void Join() {
    if (members.size() == 1) return;
    std::vector<const pg::Params*> parts;
    for (const ExecutionPtr& member : members) parts.push_back(&member->params);
    joined = pg::Params::Join(parts, *members.front()->shared);
  }

  void AnswerAll(const absl::Status& status) const {
    for (const ExecutionPtr& member : members) member->Answer(status);
  }

  // `rows` are committed.
  void AnswerAll(Rows rows) const {
    if (members.size() == 1) {
      members.front()->Answer(std::move(rows));
    } else if (rows.empty()) {
      for (const ExecutionPtr& member : members) member->Answer(Rows());
    } else if (static_cast<size_t>(rows.size()) != members.size()) {
      AnswerAll(status::Internal("a joined statement did not return a row for each execution"));
    } else {
      for (size_t i = 0; i < members.size(); ++i) members[i]->Answer(rows.Only(static_cast<int>(i)));
    }
  }
};

// One connection and what its thread does with a batch.
class CombiningWriter::Lane {
 public:
  Lane(const std::string& conninfo, const Options& options) : conninfo_(conninfo), options_(options) {}

  bool connected() const { return connection_ != nullptr; }

  // Whether the connection stands; drops it where not.
  bool Check() {
    if (connection_ != nullptr && !connection_->StandsWhenIdle()) connection_.reset();
    return connected();
  }

  absl::Status Connect(absl::Duration patience) {
    absl::StatusOr<std::unique_ptr<Connection>> connection =
        Connection::Open(conninfo_, Now() + patience, options_.log, Timeouts(options_));
    RETURN_IF_ERROR(connection.status());
    connection_ = *std::move(connection);
    return absl::OkStatus();
  }

  void Disconnect() { connection_.reset(); }

  // Executes a batch and answers every one of it.
  void Process(std::vector<ExecutionPtr> batch) {
    std::stable_sort(batch.begin(), batch.end(), &GoesBefore);
    std::vector<ExecutionPtr> prepared = Prepare(std::move(batch));
    if (prepared.empty()) return;
    if (prepared.size() > 1 && ExecuteTogether(prepared)) return;
    ExecuteAlone(std::move(prepared));
  }

 private:
  // Those that are joined last, next to each other.
  static bool GoesBefore(const ExecutionPtr& left, const ExecutionPtr& right) {
    const auto place = [](const Execution& execution) {
      return execution.shared.has_value() ? execution.statement.name : std::string_view();
    };
    const std::string_view left_place = place(*left);
    const std::string_view right_place = place(*right);
    if (left_place != right_place) return left_place < right_place;
    if (!left_place.empty()) {
      const int order = left->params.CompareFirst(right->params, *left->shared);
      if (order != 0) return order < 0;
    }
    return left->lock_key < right->lock_key;
  }

  static std::vector<Group> GroupsOf(const std::vector<ExecutionPtr>& batch) {
    std::vector<Group> groups;
    for (const ExecutionPtr& execution : batch) {
      if (groups.empty() || !groups.back().members.front()->Joins(*execution)) groups.emplace_back();
      groups.back().members.push_back(execution);
    }
    for (Group& group : groups) group.Join();
    return groups;
  }

  // Answers those whose statement cannot be prepared and returns the others.
  std::vector<ExecutionPtr> Prepare(std::vector<ExecutionPtr> batch) {
    std::vector<ExecutionPtr> prepared;
    for (ExecutionPtr& execution : batch) {
      absl::StatusOr<const char*> name =
          connection_->broken()
              ? DatabaseUnavailable()
              : connection_->Prepare(execution->statement, execution->params, Now() + options_.statement_timeout);
      if (name.ok()) {
        execution->prepared_name = *name;
        prepared.push_back(std::move(execution));
      } else {
        execution->Answer(std::move(name).status());
      }
    }
    if (!connection_->broken()) return prepared;
    for (const ExecutionPtr& execution : prepared) execution->Answer(DatabaseUnavailable());
    return {};
  }

  // True when all are answered: committed together, or the connection is lost. False
  // when the transaction was rolled back.
  bool ExecuteTogether(const std::vector<ExecutionPtr>& batch) {
    const std::vector<Group> groups = GroupsOf(batch);
    Pipeline pipeline(*connection_, Now() + options_.answer_timeout);
    for (const Group& group : groups) pipeline.Add(group.members.front()->prepared_name, group.params());
    pipeline.Sync();
    std::vector<Result> results;
    const Pipeline::Outcome outcome = pipeline.Finish(results);
    if (outcome.ended == Pipeline::Ended::kRolledBack) return false;
    for (size_t i = 0; i < groups.size(); ++i) {
      if (outcome.ended == Pipeline::Ended::kCommitted) {
        groups[i].AnswerAll(Rows(std::move(results[i])));
      } else {
        groups[i].AnswerAll(OutcomeUnknown());
      }
    }
    return true;
  }

  // Each in a transaction of its own, all of them on their way at once.
  void ExecuteAlone(std::vector<ExecutionPtr> batch) {
    for (int attempt = 1; !batch.empty(); ++attempt) {
      batch = ExecuteEach(WithoutLate(std::move(batch)), /*last=*/attempt == kAttemptsAlone);
    }
  }

  // Returns those that deserve another attempt; the others are answered.
  std::vector<ExecutionPtr> ExecuteEach(std::vector<ExecutionPtr> batch, bool last) {
    std::vector<ExecutionPtr> again;
    Pipeline pipeline(*connection_, Now() + options_.answer_timeout);
    for (const ExecutionPtr& execution : batch) {
      pipeline.Add(execution->prepared_name, execution->params);
      pipeline.Sync();
    }
    for (ExecutionPtr& execution : batch) {
      std::vector<Result> results;
      Pipeline::Outcome outcome = pipeline.Finish(results);
      if (outcome.ended == Pipeline::Ended::kCommitted) {
        execution->Answer(Rows(std::move(results[0])));
      } else if (outcome.ended == Pipeline::Ended::kUnknown) {
        execution->Answer(OutcomeUnknown());
      } else if (EffectOf(outcome.error) == Effect::kRepeats && !last) {
        again.push_back(std::move(execution));
      } else {
        execution->Answer(std::move(outcome.error));
      }
    }
    return again;
  }

  static std::vector<ExecutionPtr> WithoutLate(std::vector<ExecutionPtr> batch) {
    const absl::Time now = Now();
    std::vector<ExecutionPtr> timely;
    for (ExecutionPtr& execution : batch) {
      if (execution->deadline > now) {
        timely.push_back(std::move(execution));
      } else {
        execution->Answer(DeadlinePassed());
      }
    }
    return timely;
  }

  const std::string conninfo_;
  const Options& options_;
  std::unique_ptr<Connection> connection_;
};

absl::StatusOr<std::unique_ptr<CombiningWriter>> CombiningWriter::Open(const std::string& conninfo, Options options) {
  std::unique_ptr<CombiningWriter> writer(new CombiningWriter(conninfo, std::move(options)));
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < writer->options_.connections; ++i) {
    lanes.push_back(std::make_unique<Lane>(writer->conninfo_, writer->options_));
    RETURN_IF_ERROR(lanes.back()->Connect(kConnectPatience));
  }
  writer->connected_ = writer->options_.connections;
  for (std::unique_ptr<Lane>& lane : lanes) {
    writer->threads_.emplace_back([self = writer.get(), own = std::move(lane)] { self->Work(*own); });
  }
  return writer;
}

CombiningWriter::CombiningWriter(std::string conninfo, Options options)
    : conninfo_(std::move(conninfo)), options_(std::move(options)) {}

CombiningWriter::~CombiningWriter() { Stop(); }

absl::StatusOr<Rows> CombiningWriter::Execute(const Statement& statement, Params params, std::string lock_key,
                                              absl::Time deadline) {
  return Await(std::make_shared<Execution>(statement, std::nullopt, std::move(params), std::move(lock_key), deadline));
}

absl::StatusOr<Rows> CombiningWriter::Execute(const JoinedStatement& statement, Params params, std::string lock_key,
                                              absl::Time deadline) {
  RETURN_IF_ERROR(params.CheckJoinable(statement.shared));
  return Await(std::make_shared<Execution>(statement.statement, statement.shared, std::move(params),
                                           std::move(lock_key), deadline));
}

absl::StatusOr<Rows> CombiningWriter::Await(const ExecutionPtr& execution) {
  RETURN_IF_ERROR(execution->params.status());
  const absl::Time deadline = execution->deadline;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return ShuttingDown();
    waiting_.push_back(execution);
  }
  work_.notify_one();
  std::unique_lock lock(execution->mutex);
  const auto answered = [&execution] { return execution->answer.has_value(); };
  while (!answered()) {
    const absl::Duration left = std::min(deadline - Now(), absl::Minutes(1));
    if (left <= absl::ZeroDuration()) {
      lock.unlock();
      if (Forget(execution)) return DeadlinePassed();
      lock.lock();
      return answered() ? *std::move(execution->answer) : OutcomeUnknown();
    }
    execution->answered.wait_for(lock, absl::ToChronoMicroseconds(absl::Ceil(left, absl::Microseconds(1))), answered);
  }
  return *std::move(execution->answer);
}

bool CombiningWriter::Forget(const ExecutionPtr& execution) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find(waiting_.begin(), waiting_.end(), execution);
  if (found == waiting_.end()) return false;
  waiting_.erase(found);
  return true;
}

size_t CombiningWriter::Waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void CombiningWriter::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void CombiningWriter::Work(Lane& lane) {
  while (AwaitWork()) {
    const bool was_connected = lane.connected();
    const bool stands = lane.Check() || lane.Connect(kReconnectPatience).ok();
    if (stands != was_connected) {
      const std::lock_guard lock(mutex_);
      connected_ += stands ? 1 : -1;
    }
    if (!stands) {
      RefuseWhileDisconnected();
      continue;
    }
    if (std::vector<ExecutionPtr> batch = TakeBatch(); !batch.empty()) lane.Process(std::move(batch));
  }
  lane.Disconnect();
}

bool CombiningWriter::AwaitWork() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  return !waiting_.empty();
}

std::vector<CombiningWriter::ExecutionPtr> CombiningWriter::TakeBatch() {
  std::vector<ExecutionPtr> batch;
  std::vector<ExecutionPtr> late;
  {
    const std::lock_guard lock(mutex_);
    const absl::Time now = Now();
    size_t bytes = 0;
    while (!waiting_.empty() && batch.size() < options_.batch_executions) {
      ExecutionPtr& next = waiting_.front();
      bytes += next->params.bytes();
      if (!batch.empty() && bytes > options_.batch_bytes) break;
      (next->deadline > now ? batch : late).push_back(std::move(next));
      waiting_.pop_front();
    }
  }
  for (const ExecutionPtr& execution : late) execution->Answer(DeadlinePassed());
  return batch;
}

void CombiningWriter::RefuseWhileDisconnected() {
  std::deque<ExecutionPtr> refused;
  {
    std::unique_lock lock(mutex_);
    if (connected_ == 0) refused.swap(waiting_);
  }
  for (const ExecutionPtr& execution : refused) execution->Answer(DatabaseUnavailable());
  // A lane that is thought to be connected finds out when it wakes.
  if (refused.empty()) work_.notify_one();
  std::unique_lock lock(mutex_);
  work_.wait_for(lock, absl::ToChronoMilliseconds(kReconnectPause), [this] { return stopping_; });
}

}  // namespace samverkan::pg
