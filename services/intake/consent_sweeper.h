#ifndef SAMVERKAN_SERVICES_INTAKE_CONSENT_SWEEPER_H_
#define SAMVERKAN_SERVICES_INTAKE_CONSENT_SWEEPER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/pg/pool.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"
#include "services/intake/consent_notice_store.h"

namespace samverkan::intake {

// Tells the consent service which reports are on hold, in the order in which they came on hold and
// were released, so that nothing there is asked of a guardian. Each notice is told at least once: it
// is deleted after the consent service has answered, which knows a hold by its report.
//
// While the consent service is down all of it waits. A notice that it refuses is kept, with an error
// in the log, and so is what comes after it about the same child; other children's go on, and what was
// refused is tried again every minute. The metric samverkan_intake_consent_backlog_seconds says how
// long the oldest has waited. Several processes may sweep: one at a time works.
class ConsentSweeper {
 public:
  // Tells one notice; OK means that it is durable there.
  using Tell = std::function<absl::Status(const ConsentNotice&)>;

  // `pool` reaches the schema as the role of the jobs; it and `registry` must outlive the sweeper.
  // Works from Start on.
  ConsentSweeper(pg::Pool& pool, Tell tell, prometheus::Registry& registry, log::Logger logger);
  ~ConsentSweeper();
  ConsentSweeper(const ConsentSweeper&) = delete;
  ConsentSweeper& operator=(const ConsentSweeper&) = delete;

  void Start();
  // Ends the thread after the notice under way. May be called twice.
  void Stop();

  // One sweep, for Start's thread and for tests. Returns how many it told; an error where the
  // consent service could not be reached, when what was told before is deleted all the same.
  absl::StatusOr<int64_t> Sweep();

 private:
  void Work();
  bool Pause(absl::Duration duration);
  bool IsPassedOver(const ConsentNotice& notice) const;
  void PassOver(const ConsentNotice& notice, const absl::Status& refused);
  // Tells what it can; returns the places of what was told, and in `trouble` why it ended early.
  std::vector<int64_t> TellAll(const std::vector<ConsentNotice>& notices, absl::Time until, absl::Status& trouble);
  absl::Status MeasureBacklog();

  pg::Pool& pool_;
  const Tell tell_;
  const log::Logger logger_;
  const clock::SystemClock system_clock_;
  prometheus::Gauge& backlog_seconds_;
  // Children of whom something was refused, until they are tried again.
  std::vector<pg::Uuid> passed_over_;
  absl::Time next_try_ = absl::InfiniteFuture();

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

// Tells over the channel to the consent service, as intake itself.
ConsentSweeper::Tell TellConsent(const std::shared_ptr<grpc::Channel>& consent);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_CONSENT_SWEEPER_H_
