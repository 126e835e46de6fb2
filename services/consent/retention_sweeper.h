#ifndef SAMVERKAN_SERVICES_CONSENT_RETENTION_SWEEPER_H_
#define SAMVERKAN_SERVICES_CONSENT_RETENTION_SWEEPER_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/outbox/audit_erasure.h"
#include "libs/rules/rule_set.h"
#include "prometheus/counter.h"
#include "prometheus/registry.h"
#include "services/consent/retention_store.h"

namespace samverkan::consent {

// Proposes once a day, and when it starts, which children may be erased; lets proposals lapse
// that rest on nothing any more; and carries out what was approved: first the keys, then the
// rows, then what the audit log tells about them. A metric counts what was carried out
// (samverkan_consent_erasures_total). Several processes may sweep at once.
class RetentionSweeper {
 public:
  // All that is handed in by reference must outlive the sweeper. Works from Start on.
  RetentionSweeper(RetentionJobStore store, const rules::RuleSet& rules, const clock::Clock& clock,
                   outbox::EraseEntries erase_entries, prometheus::Registry& registry, log::Logger logger);
  ~RetentionSweeper();
  RetentionSweeper(const RetentionSweeper&) = delete;
  RetentionSweeper& operator=(const RetentionSweeper&) = delete;

  void Start();
  // Ends the thread. May be called twice.
  void Stop();

  // One sweep, for Start's thread and for tests.
  absl::Status Sweep();

 private:
  absl::Status Propose(const pg::Scope& board, absl::CivilDay today);
  absl::Status ProposeFor(const pg::Scope& board, const ChildFile& file, absl::CivilDay today);
  absl::Status Follow(const pg::Scope& board, absl::CivilDay today);
  // Has the log forget, as told by the erasure of that name.
  absl::Status EraseEntries(const pg::Scope& board, const std::string& erasure, const std::string& legal_basis,
                            const RetentionJobStore::Forgotten& forgotten);
  // Has the log forget again what it is told once more after a restore.
  absl::Status FollowRestores(const pg::Scope& board);
  absl::Status FollowOne(const pg::Scope& board, const RetentionJobStore::OpenErasure& erasure, absl::CivilDay today);
  absl::Status CarryOut(const pg::Scope& board, const RetentionJobStore::OpenErasure& erasure);
  void Work();
  bool Pause(absl::Duration duration);

  RetentionJobStore store_;
  const rules::RuleSet& rules_;
  const clock::Clock& clock_;
  const outbox::EraseEntries erase_entries_;
  const log::Logger logger_;
  const clock::SystemClock system_clock_;
  prometheus::Counter& erasures_;
  // The legal day on which all boards were last looked through.
  std::optional<absl::CivilDay> proposed_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_RETENTION_SWEEPER_H_
