#include "libs/outbox/relay.h"

#include <chrono>
#include <string>
#include <utility>

#include "libs/outbox/outbox.h"
#include "libs/pg/statement.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "prometheus/family.h"

namespace samverkan::outbox {
namespace {

constexpr int64_t kBatch = 256;
// Below the audit service's limit of a message; a single larger entry goes alone.
constexpr size_t kBatchBytes = 2 << 20;
constexpr absl::Duration kLongestRound = absl::Seconds(20);

// One relay a schema does each kind of work at a time; the lock ends with the
// transaction. Apart, so that a slow audit service holds up no positions.
//
// The tables grow from nothing to a backlog and back: a plan that was made for one size
// reads whole tables at another, so each batch gets a plan of its own.
constexpr pg::Statement kLead = {"relay_lead",
                                 "SELECT pg_try_advisory_xact_lock(hashtext($1), hashtext(current_schema())),"
                                 "       set_config('plan_cache_mode', 'force_custom_plan', true)"};

constexpr pg::Statement kGivePositions = {
    "relay_give_positions",
    "WITH next AS ("
    "  SELECT municipality, event, row_number() OVER (ORDER BY sequence) AS place"
    "    FROM event WHERE position IS NULL ORDER BY sequence LIMIT $1),"
    " head AS ("
    "  UPDATE relay SET last_position = last_position + (SELECT count(*) FROM next)"
    "    RETURNING last_position - (SELECT count(*) FROM next) AS base)"
    " UPDATE event SET position = head.base + next.place"
    "   FROM next, head WHERE event.municipality = next.municipality AND event.event = next.event"};

constexpr pg::Statement kWaitingEntries = {
    "relay_waiting_entries",
    "SELECT sequence, municipality, entry, children, data_key, content FROM audit_entry ORDER BY sequence LIMIT $1"};

constexpr pg::Statement kDeleteEntries = {"relay_delete_entries", "DELETE FROM audit_entry WHERE sequence = ANY($1)"};

constexpr pg::Statement kOldestEntry = {"relay_oldest_entry",
                                        "SELECT (extract(epoch FROM now() - create_time) * 1000000)::bigint"
                                        "  FROM audit_entry ORDER BY sequence LIMIT 1"};

constexpr pg::Statement kForgetEvents = {"relay_forget_events",
                                         "DELETE FROM event WHERE event_time < $1 AND position IS NOT NULL"};

constexpr pg::Statement kMoveFirstPosition = {
    "relay_move_first_position",
    "UPDATE relay SET first_position = coalesce((SELECT min(position) FROM event), last_position + 1)"};

constexpr pg::Statement kForgetRequests = {"relay_forget_requests", "DELETE FROM request WHERE create_time < $1"};

absl::StatusOr<bool> Leads(pg::Transaction& transaction, std::string_view work) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kLead, pg::Params(work)));
  return rows[0].Get<bool>(0);
}

// An entry that waits, as it stands in its row.
struct Waiting {
  int64_t sequence = 0;
  std::string municipality;
  pg::Uuid entry;
  std::vector<pg::Uuid> children;
  pg::Uuid data_key;
  pg::Bytes content;
};

absl::StatusOr<std::vector<Waiting>> ReadWaiting(const pg::Rows& rows) {
  std::vector<Waiting> all;
  size_t bytes = 0;
  for (const pg::Row row : rows) {
    Waiting waiting;
    RETURN_IF_ERROR(row.Into(waiting.sequence, waiting.municipality, waiting.entry, waiting.children, waiting.data_key,
                             waiting.content));
    bytes += waiting.content.data.size();
    if (bytes > kBatchBytes && !all.empty()) break;
    all.push_back(std::move(waiting));
  }
  return all;
}

}  // namespace

Relay::Relay(std::string_view service, pg::Pool& pool, sealing::KeyRing& keys, const clock::Clock& clock,
             Deliver deliver, Options options, prometheus::Registry& registry, log::Logger logger)
    : column_(ColumnOf(service)),
      pool_(pool),
      keys_(keys),
      clock_(clock),
      deliver_(std::move(deliver)),
      options_(std::move(options)),
      logger_(std::move(logger)),
      backlog_seconds_(prometheus::BuildGauge()
                           .Name("samverkan_audit_backlog_seconds")
                           .Help("How long the oldest audit entry has waited for the audit service")
                           .Register(registry)
                           .Add({})) {}

Relay::~Relay() { Stop(); }

void Relay::Start() {
  threads_.emplace_back([this] { Work(&Relay::PositionRound); });
  threads_.emplace_back([this] { Work(&Relay::DeliveryRound); });
}

void Relay::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

absl::StatusOr<int64_t> Relay::GivePositions() {
  return pool_.Write({}, system_clock_.Now() + kLongestRound, "relay_give_positions",
                     [](pg::Transaction& transaction) -> absl::StatusOr<int64_t> {
                       ASSIGN_OR_RETURN(const bool leads, Leads(transaction, "relay.positions"));
                       if (!leads) return 0;
                       ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kGivePositions, pg::Params(kBatch)));
                       return rows.affected();
                     });
}

// The entries as they were written, with the children that only their transactions knew.
absl::StatusOr<Relay::Batch> Relay::ReadBatch(const pg::Rows& rows) {
  ASSIGN_OR_RETURN(const std::vector<Waiting> all, ReadWaiting(rows));
  std::vector<pg::Uuid> ids;
  for (const Waiting& waiting : all) ids.push_back(waiting.data_key);
  ASSIGN_OR_RETURN(const std::vector<sealing::DataKeyPtr> keys,
                   keys_.FindAll(ids, system_clock_.Now() + kLongestRound));
  Batch batch;
  for (size_t i = 0; i < all.size(); ++i) {
    if (keys[i] == nullptr) return status::Internal("the key of an audit entry in the outbox is gone");
    ASSIGN_OR_RETURN(const std::string content,
                     keys[i]->Open(CellOf(column_, all[i].municipality, all[i].entry), all[i].content));
    audit::v1::Entry& entry = batch.entries.emplace_back();
    if (!entry.ParseFromString(content)) return status::Internal("an audit entry in the outbox does not parse");
    for (const pg::Uuid& child : all[i].children) entry.mutable_private_part()->add_children(child.ToString());
    batch.sequences.push_back(all[i].sequence);
  }
  return batch;
}

absl::StatusOr<int64_t> Relay::DeliverAuditEntries() {
  return pool_.Write({}, system_clock_.Now() + kLongestRound, "relay_deliver_audit_entries",
                     [this](pg::Transaction& transaction) -> absl::StatusOr<int64_t> {
                       ASSIGN_OR_RETURN(const bool leads, Leads(transaction, "relay.delivery"));
                       if (!leads) return 0;
                       ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kWaitingEntries, pg::Params(kBatch)));
                       if (rows.empty()) return 0;
                       ASSIGN_OR_RETURN(Batch batch, ReadBatch(rows));
                       RETURN_IF_ERROR(deliver_(std::move(batch.entries)));
                       RETURN_IF_ERROR(transaction.Execute(kDeleteEntries, pg::Params(batch.sequences)).status());
                       return static_cast<int64_t>(batch.sequences.size());
                     });
}

absl::Status Relay::MeasureBacklog() {
  return pool_.Read({}, system_clock_.Now() + kLongestRound, "relay_measure_backlog",
                    [this](pg::ReadTransaction& transaction) -> absl::Status {
                      ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kOldestEntry));
                      absl::Duration age;
                      if (!rows.empty()) {
                        ASSIGN_OR_RETURN(const int64_t microseconds, rows[0].Get<int64_t>(0));
                        age = absl::Microseconds(microseconds);
                      }
                      backlog_ = absl::ToDoubleSeconds(age);
                      backlog_seconds_.Set(backlog_);
                      return absl::OkStatus();
                    });
}

absl::Status Relay::Forget() {
  return pool_.Write(
      {}, system_clock_.Now() + kLongestRound, "relay_forget", [this](pg::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const bool leads, Leads(transaction, "relay.forgetting"));
        if (!leads) return absl::OkStatus();
        RETURN_IF_ERROR(transaction.Execute(kForgetEvents, pg::Params(clock_.Now() - options_.event_horizon)).status());
        RETURN_IF_ERROR(transaction.Execute(kMoveFirstPosition).status());
        return transaction.Execute(kForgetRequests, pg::Params(clock_.Now() - options_.request_horizon)).status();
      });
}

bool Relay::PositionRound() {
  const absl::Time now = system_clock_.Now();
  const auto positions = GivePositions();
  if (now >= next_measure_) {
    next_measure_ = now + absl::Seconds(1);
    // Without an answer from the database the last finding stands; reads fail anyhow.
    MeasureBacklog().IgnoreError();
  }
  if (now >= next_forget_) {
    next_forget_ = now + absl::Hours(1);
    if (const absl::Status forgotten = Forget(); !forgotten.ok()) {
      logger_.Log(log::Severity::kWarning, "old events and request ids were not deleted",
                  {{"reason", status::Reason(forgotten)}});
    }
  }
  // What is less than a batch was all there was: what comes next is waited for, so that
  // under load a round moves many and pays for few commits.
  return positions.ok() && *positions == kBatch;
}

bool Relay::DeliveryRound() {
  if (system_clock_.Now() < next_delivery_ || StepsBack()) return false;
  const auto delivered = DeliverAuditEntries();
  if (delivered.ok()) return *delivered == kBatch;
  // An entry that is refused and not just late blocks all behind it: somebody must look.
  const bool refused = absl::IsInvalidArgument(delivered.status()) || absl::IsAlreadyExists(delivered.status());
  logger_.Log(
      refused ? log::Severity::kError : log::Severity::kWarning,
      "audit entries wait: the audit service did not take them",
      {{"code", absl::StatusCodeToString(delivered.status().code())}, {"reason", status::Reason(delivered.status())}});
  next_delivery_ = system_clock_.Now() + options_.pause_after_failure;
  return false;
}

bool Relay::StepsBack() const {
  return options_.busy && backlog_ < absl::ToDoubleSeconds(options_.longest_step_back) && options_.busy();
}

void Relay::Work(bool (Relay::*round)()) {
  while (Pause((this->*round)() ? absl::ZeroDuration() : options_.pause)) {
  }
}

bool Relay::Pause(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, absl::ToChronoMicroseconds(duration), [this] { return stopping_; });
}

}  // namespace samverkan::outbox
