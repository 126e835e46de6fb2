#include "services/intake/deadline_sweeper.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/calendar/calendar.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "prometheus/family.h"
#include "services/intake/deadline_store.h"

namespace samverkan::intake {
namespace {

constexpr int64_t kBatch = 200;
constexpr absl::Duration kLongestSweep = absl::Seconds(20);
// A breach is a matter of days; a second is for people who watch.
constexpr absl::Duration kPause = absl::Seconds(1);

}  // namespace

DeadlineSweeper::DeadlineSweeper(pg::Pool& pool, const clock::Clock& clock, prometheus::Registry& registry,
                                 log::Logger logger)
    : pool_(pool),
      clock_(clock),
      logger_(std::move(logger)),
      breached_(prometheus::BuildCounter()
                    .Name("samverkan_intake_deadlines_breached_total")
                    .Help("Legal clocks whose latest day ended before what they ask for was done")
                    .Register(registry)
                    .Add({})) {}

DeadlineSweeper::~DeadlineSweeper() { Stop(); }

void DeadlineSweeper::Start() {
  thread_ = std::thread([this] { Work(); });
}

void DeadlineSweeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<int64_t> DeadlineSweeper::Sweep() {
  const absl::Time now = clock_.Now();
  const auto found = pool_.Write({}, system_clock_.Now() + kLongestSweep, "sweep_deadlines",
                                 [&](pg::Transaction& transaction) -> absl::StatusOr<int64_t> {
                                   ASSIGN_OR_RETURN(const std::vector<Breach> breaches,
                                                    MarkBreaches(transaction, calendar::LegalDay(now), now, kBatch));
                                   for (const Breach& breach : breaches)
                                     RETURN_IF_ERROR(TellOfBreach(transaction, breach));
                                   return static_cast<int64_t>(breaches.size());
                                 });
  if (found.ok()) breached_.Increment(static_cast<double>(*found));
  return found;
}

void DeadlineSweeper::Work() {
  absl::Duration pause = absl::ZeroDuration();
  while (Pause(pause)) {
    const auto found = Sweep();
    if (!found.ok()) {
      logger_.Log(log::Severity::kWarning, "deadlines were not swept", {{"reason", status::Reason(found.status())}});
    }
    pause = found.ok() && *found == kBatch ? absl::ZeroDuration() : kPause;
  }
}

bool DeadlineSweeper::Pause(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, absl::ToChronoMicroseconds(duration), [this] { return stopping_; });
}

}  // namespace samverkan::intake
