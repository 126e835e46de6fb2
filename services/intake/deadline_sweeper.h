#ifndef SAMVERKAN_SERVICES_INTAKE_DEADLINE_SWEEPER_H_
#define SAMVERKAN_SERVICES_INTAKE_DEADLINE_SWEEPER_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/pg/pool.h"
#include "prometheus/counter.h"
#include "prometheus/registry.h"

namespace samverkan::intake {

// Finds the legal clocks whose latest day has ended, and says so: the clock is marked as
// breached, once, and an event `deadline.breached` tells it; a metric counts it
// (samverkan_intake_deadlines_breached_total). Several processes may sweep at once.
class DeadlineSweeper {
 public:
  // `pool` and `clock` must outlive the sweeper. Works from Start on.
  DeadlineSweeper(pg::Pool& pool, const clock::Clock& clock, prometheus::Registry& registry, log::Logger logger);
  ~DeadlineSweeper();
  DeadlineSweeper(const DeadlineSweeper&) = delete;
  DeadlineSweeper& operator=(const DeadlineSweeper&) = delete;

  void Start();
  // Ends the thread. May be called twice.
  void Stop();

  // One sweep, for Start's thread and for tests. Returns how many breaches it found.
  absl::StatusOr<int64_t> Sweep();

 private:
  void Work();
  bool Pause(absl::Duration duration);

  pg::Pool& pool_;
  const clock::Clock& clock_;
  const log::Logger logger_;
  const clock::SystemClock system_clock_;
  prometheus::Counter& breached_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_DEADLINE_SWEEPER_H_
