#ifndef SAMVERKAN_LIBS_OUTBOX_RELAY_H_
#define SAMVERKAN_LIBS_OUTBOX_RELAY_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/pg/pool.h"
#include "libs/sealing/key_ring.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"
#include "samverkan/audit/v1/audit.pb.h"

namespace samverkan::outbox {

// Carries a service's outbox on: gives committed events their positions, delivers audit
// entries in order, and forgets what is older than it is kept. Each service runs one in
// every process; an advisory lock of the schema lets one at a time work.
//
// Delivery of audit entries is at least once: an entry is deleted here only after the
// audit service has it, and the audit service knows it by its id.
class Relay {
 public:
  // Delivers a batch, in its order; OK means that all of it is durable there.
  using Deliver = std::function<absl::Status(std::vector<audit::v1::Entry>)>;

  struct Options {
    // Reads of personal data are refused when the oldest waiting entry is older.
    absl::Duration longest_backlog = absl::Hours(4);
    // Whether the service has more to do than it can. None means never. Then delivery steps
    // back, for what is received comes first, unless the oldest entry has waited longer
    // than `longest_step_back`. Called from the relay's threads.
    std::function<bool()> busy = {};
    absl::Duration longest_step_back = absl::Seconds(30);
    // How long the relay rests when less than a batch waited, and after a failed delivery.
    absl::Duration pause = absl::Milliseconds(50);
    absl::Duration pause_after_failure = absl::Seconds(1);
    // How long events are kept (the published horizon), and request ids.
    absl::Duration event_horizon = absl::Hours(24 * 90);
    absl::Duration request_horizon = absl::Hours(24 * 30);
  };

  // The outbox of `service`. `pool` reaches the service's schema as the role of its jobs, and
  // `keys` open what waits; they, `clock` and `registry` must outlive the relay. Works from
  // Start on. Its metric samverkan_audit_backlog_seconds says how long the oldest entry has
  // waited.
  Relay(std::string_view service, pg::Pool& pool, sealing::KeyRing& keys, const clock::Clock& clock, Deliver deliver,
        Options options, prometheus::Registry& registry, log::Logger logger);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void Start();
  // Ends the threads after the batches under way. May be called twice.
  void Stop();

  // Whether the oldest waiting audit entry is older than the bound. Any thread.
  bool BacklogExceeded() const { return backlog_ > absl::ToDoubleSeconds(options_.longest_backlog); }

  // One round of each kind of work, for Start's threads and for tests. They return how
  // many rows they moved; 0 also where another relay holds the lock.
  absl::StatusOr<int64_t> GivePositions();
  absl::StatusOr<int64_t> DeliverAuditEntries();
  absl::Status MeasureBacklog();
  absl::Status Forget();

 private:
  // A round of each thread; true when something was moved, so that more may wait. Apart,
  // so that an audit service that hangs holds up no events.
  bool PositionRound();
  bool DeliveryRound();
  bool StepsBack() const;
  void Work(bool (Relay::*round)());
  // Waits; false when stopping.
  bool Pause(absl::Duration duration);

  // Entries that wait, opened.
  struct Batch {
    std::vector<int64_t> sequences;
    std::vector<audit::v1::Entry> entries;
  };
  absl::StatusOr<Batch> ReadBatch(const pg::Rows& rows);

  const std::string column_;
  pg::Pool& pool_;
  sealing::KeyRing& keys_;
  const clock::Clock& clock_;
  const Deliver deliver_;
  const Options options_;
  const log::Logger logger_;
  const clock::SystemClock system_clock_;
  prometheus::Gauge& backlog_seconds_;
  // How long the oldest entry had waited when it was last measured, in seconds.
  std::atomic<double> backlog_ = 0;
  absl::Time next_measure_ = absl::InfinitePast();
  absl::Time next_delivery_ = absl::InfinitePast();
  absl::Time next_forget_ = absl::InfinitePast();

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_RELAY_H_
