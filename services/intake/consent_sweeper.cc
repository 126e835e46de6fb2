#include "services/intake/consent_sweeper.h"

#include <algorithm>
#include <string>
#include <utility>

#include "grpcpp/client_context.h"
#include "libs/rpc/client.h"
#include "libs/status/grpc.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "prometheus/family.h"
#include "samverkan/consent/v1/child.grpc.pb.h"
#include "services/intake/names.h"

namespace samverkan::intake {
namespace {

constexpr int64_t kBatch = 200;
constexpr absl::Duration kLongestSweep = absl::Seconds(20);
// Leaves time to delete what was told.
constexpr absl::Duration kLongestTelling = absl::Seconds(10);
constexpr absl::Duration kLongestCall = absl::Seconds(5);
// Until it is told, a guardian may be asked about what is on hold.
constexpr absl::Duration kPause = absl::Milliseconds(200);
constexpr absl::Duration kPauseAfterFailure = absl::Seconds(1);
constexpr absl::Duration kPauseAfterRefusal = absl::Minutes(1);

// Whether the answer is about the notice, and not about how the consent service fares or whom it lets in.
bool IsRefusal(const absl::Status& answered) {
  switch (answered.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return false;
    default:
      return !answered.ok();
  }
}

}  // namespace

ConsentSweeper::ConsentSweeper(pg::Pool& pool, Tell tell, prometheus::Registry& registry, log::Logger logger)
    : pool_(pool),
      tell_(std::move(tell)),
      logger_(std::move(logger)),
      backlog_seconds_(prometheus::BuildGauge()
                           .Name("samverkan_intake_consent_backlog_seconds")
                           .Help("How long the oldest hold or release has waited for the consent service")
                           .Register(registry)
                           .Add({})) {}

ConsentSweeper::~ConsentSweeper() { Stop(); }

void ConsentSweeper::Start() {
  thread_ = std::thread([this] { Work(); });
}

void ConsentSweeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<int64_t> ConsentSweeper::Sweep() {
  const absl::Time start = system_clock_.Now();
  if (start >= next_try_) {
    passed_over_.clear();
    next_try_ = absl::InfiniteFuture();
  }
  absl::Status trouble;
  const auto sweep = [&](pg::Transaction& transaction) -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(const bool leads, LeadConsentNotices(transaction));
    if (!leads) return 0;
    ASSIGN_OR_RETURN(const std::vector<ConsentNotice> notices, FindConsentNotices(transaction, passed_over_, kBatch));
    if (notices.empty()) return 0;
    const std::vector<int64_t> told = TellAll(notices, start + kLongestTelling, trouble);
    RETURN_IF_ERROR(DeleteConsentNotices(transaction, told));
    return static_cast<int64_t>(told.size());
  };
  const auto told = pool_.Write({}, start + kLongestSweep, "sweep_consent_notices", sweep);
  RETURN_IF_ERROR(told.status());
  RETURN_IF_ERROR(MeasureBacklog());
  if (!trouble.ok()) return trouble;
  return told;
}

std::vector<int64_t> ConsentSweeper::TellAll(const std::vector<ConsentNotice>& notices, absl::Time until,
                                             absl::Status& trouble) {
  std::vector<int64_t> told;
  for (const ConsentNotice& notice : notices) {
    if (system_clock_.Now() > until) break;
    if (IsPassedOver(notice)) continue;
    const absl::Status answered = tell_(notice);
    if (answered.ok()) {
      told.push_back(notice.sequence);
    } else if (IsRefusal(answered)) {
      PassOver(notice, answered);
    } else {
      trouble = answered;
      break;
    }
  }
  return told;
}

bool ConsentSweeper::IsPassedOver(const ConsentNotice& notice) const {
  return std::find(passed_over_.begin(), passed_over_.end(), notice.child) != passed_over_.end();
}

void ConsentSweeper::PassOver(const ConsentNotice& notice, const absl::Status& refused) {
  logger_.Log(log::Severity::kError, "the consent service refuses to be told of a hold: it waits",
              {{"notice", notice.sequence},
               {"code", absl::StatusCodeToString(refused.code())},
               {"reason", status::Reason(refused)}});
  passed_over_.push_back(notice.child);
  next_try_ = std::min(next_try_, system_clock_.Now() + kPauseAfterRefusal);
}

absl::Status ConsentSweeper::MeasureBacklog() {
  return pool_.Read({}, system_clock_.Now() + kLongestSweep, "measure_consent_backlog",
                    [this](pg::ReadTransaction& transaction) -> absl::Status {
                      ASSIGN_OR_RETURN(const absl::Duration oldest, OldestConsentNotice(transaction));
                      backlog_seconds_.Set(absl::ToDoubleSeconds(oldest));
                      return absl::OkStatus();
                    });
}

void ConsentSweeper::Work() {
  absl::Duration pause = absl::ZeroDuration();
  while (Pause(pause)) {
    const auto told = Sweep();
    if (!told.ok()) {
      logger_.Log(
          log::Severity::kWarning, "holds wait: the consent service was not told of them",
          {{"code", absl::StatusCodeToString(told.status().code())}, {"reason", status::Reason(told.status())}});
    }
    pause = !told.ok() ? kPauseAfterFailure : *told == kBatch ? absl::ZeroDuration() : kPause;
  }
}

bool ConsentSweeper::Pause(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, absl::ToChronoMicroseconds(duration), [this] { return stopping_; });
}

ConsentSweeper::Tell TellConsent(const std::shared_ptr<grpc::Channel>& consent) {
  const std::shared_ptr<consent::v1::ChildService::Stub> children = consent::v1::ChildService::NewStub(consent);
  return [children](const ConsentNotice& notice) {
    grpc::ClientContext context;
    rpc::Prepare(clock::SystemClock().Now() + kLongestCall, rpc::NewTrace(), context);
    context.set_wait_for_ready(false);
    consent::v1::SetHoldRequest request;
    request.set_name(MakeName(notice.municipality, "children", notice.child));
    request.set_authority(MakeName(notice.municipality, "authorities", notice.authority));
    request.set_report(MakeName(notice.municipality, "reports", notice.report));
    request.set_on_hold(notice.on_hold);
    consent::v1::SetHoldResponse response;
    return status::FromGrpc(children->SetHold(&context, request, &response));
  };
}

}  // namespace samverkan::intake
