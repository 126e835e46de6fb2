#include "services/consent/retention_sweeper.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "libs/calendar/calendar.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "prometheus/family.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/consent/names.h"

namespace samverkan::consent {
namespace {

constexpr int64_t kBatch = 200;
constexpr absl::Duration kLongestStep = absl::Seconds(20);
// Erasing is a matter of days; this is for people who watch.
constexpr absl::Duration kPause = absl::Seconds(2);

// Most that the log takes in one call.
constexpr size_t kMostResources = 2000;

// Whether the child of the erasure is not known again: whoever shares its reference, intake, may
// have had it registered anew.
bool IsForgotten(const v1::Erasure& erasure, const RetentionJobStore::Forgotten& forgotten) {
  return std::find(forgotten.children.begin(), forgotten.children.end(), erasure.child()) != forgotten.children.end();
}

}  // namespace

RetentionSweeper::RetentionSweeper(RetentionJobStore store, const rules::RuleSet& rules, const clock::Clock& clock,
                                   outbox::EraseEntries erase_entries, prometheus::Registry& registry,
                                   log::Logger logger)
    : store_(store),
      rules_(rules),
      clock_(clock),
      erase_entries_(std::move(erase_entries)),
      logger_(std::move(logger)),
      erasures_(prometheus::BuildCounter()
                    .Name("samverkan_consent_erasures_total")
                    .Help("Approved erasures that were carried out")
                    .Register(registry)
                    .Add({})) {}

RetentionSweeper::~RetentionSweeper() { Stop(); }

void RetentionSweeper::Start() {
  thread_ = std::thread([this] { Work(); });
}

void RetentionSweeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status RetentionSweeper::Sweep() {
  const absl::CivilDay today = calendar::LegalDay(clock_.Now());
  ASSIGN_OR_RETURN(const std::vector<pg::Scope> boards, store_.Boards(system_clock_.Now() + kLongestStep));
  // One file that cannot be read keeps no other from its erasure.
  absl::Status swept;
  for (const pg::Scope& board : boards) {
    swept.Update(Follow(board, today));
    swept.Update(FollowRestores(board));
    if (proposed_ != today) swept.Update(Propose(board, today));
  }
  if (swept.ok()) proposed_ = today;
  return swept;
}

absl::Status RetentionSweeper::Propose(const pg::Scope& board, absl::CivilDay today) {
  RetentionJobStore::Candidacy candidacy{.today = today, .before = {}, .after = {}, .most = kBatch};
  ASSIGN_OR_RETURN(candidacy.before, NotedBefore(rules_, board, today));
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<ChildFile> files,
                     store_.Candidates(board, candidacy, system_clock_.Now() + kLongestStep));
    for (const ChildFile& file : files) RETURN_IF_ERROR(ProposeFor(board, file, today));
    if (files.size() < kBatch) return absl::OkStatus();
    ASSIGN_OR_RETURN(candidacy.after, pg::Uuid::Parse(files.back().child));
  }
}

absl::Status RetentionSweeper::ProposeFor(const pg::Scope& board, const ChildFile& file, absl::CivilDay today) {
  ASSIGN_OR_RETURN(const std::vector<v1::ErasureGround> grounds, ErasableOn(rules_, file, today));
  if (grounds.empty()) return absl::OkStatus();
  const absl::Time now = clock_.Now();
  const std::string name = MakeName(board.municipality, "erasures", pg::Uuid::FromTime(now));
  return store_.Propose(board, ProposeErasure(file, grounds, name, now), now, system_clock_.Now() + kLongestStep);
}

absl::Status RetentionSweeper::Follow(const pg::Scope& board, absl::CivilDay today) {
  ASSIGN_OR_RETURN(const std::vector<RetentionJobStore::OpenErasure> erasures,
                   store_.OpenErasures(board, today, system_clock_.Now() + kLongestStep));
  absl::Status followed;
  for (const RetentionJobStore::OpenErasure& erasure : erasures) followed.Update(FollowOne(board, erasure, today));
  return followed;
}

absl::Status RetentionSweeper::EraseEntries(const pg::Scope& board, const std::string& erasure,
                                            const std::string& legal_basis,
                                            const RetentionJobStore::Forgotten& forgotten) {
  audit::v1::EraseEntriesRequest request;
  request.set_erasure(erasure);
  request.set_municipality(board.municipality);
  request.set_authority(board.authority);
  request.set_legal_basis(legal_basis);
  request.mutable_children()->Assign(forgotten.children.begin(), forgotten.children.end());
  auto next = forgotten.resources.begin();
  while (next != forgotten.resources.end()) {
    const auto end = next + std::min<ptrdiff_t>(kMostResources, forgotten.resources.end() - next);
    request.mutable_resources()->Assign(next, end);
    RETURN_IF_ERROR(erase_entries_(request));
    next = end;
  }
  return absl::OkStatus();
}

absl::Status RetentionSweeper::FollowRestores(const pg::Scope& board) {
  const absl::Time deadline = system_clock_.Now() + kLongestStep;
  ASSIGN_OR_RETURN(const std::vector<RetentionJobStore::ErasedAgain> again, store_.ErasedAgainOf(board, deadline));
  for (const RetentionJobStore::ErasedAgain& erased : again) {
    RETURN_IF_ERROR(EraseEntries(board, erased.erasure, erased.legal_basis, erased.forgotten));
    RETURN_IF_ERROR(store_.Forget(board, erased, deadline));
  }
  return absl::OkStatus();
}

absl::Status RetentionSweeper::FollowOne(const pg::Scope& board, const RetentionJobStore::OpenErasure& erasure,
                                         absl::CivilDay today) {
  if (erasure.record.erasure.state() == v1::Erasure::APPROVED) return CarryOut(board, erasure);
  ASSIGN_OR_RETURN(const std::vector<v1::ErasureGround> grounds, ErasableOn(rules_, erasure.file, today));
  if (!erasure.held && RestsOn(erasure.record.erasure, grounds)) return absl::OkStatus();
  return store_.Lapse(board, LapseErasure(erasure.record), clock_.Now(), system_clock_.Now() + kLongestStep);
}

absl::Status RetentionSweeper::CarryOut(const pg::Scope& board, const RetentionJobStore::OpenErasure& erasure) {
  const absl::Time deadline = system_clock_.Now() + kLongestStep;
  if (!erasure.deleted) return store_.Delete(board, erasure, deadline);
  ASSIGN_OR_RETURN(const auto forgotten, store_.Settled(board, erasure, deadline));
  if (!forgotten.has_value()) return absl::OkStatus();
  const v1::Erasure& approved = erasure.record.erasure;
  RETURN_IF_ERROR(EraseEntries(board, approved.name(), BasisOf(approved), *forgotten));
  RETURN_IF_ERROR(store_.Complete(
      board, CompleteErasure(erasure.record, IsForgotten(approved, *forgotten), clock_.Now()), clock_.Now(), deadline));
  erasures_.Increment();
  return absl::OkStatus();
}

void RetentionSweeper::Work() {
  absl::Duration pause = absl::ZeroDuration();
  while (Pause(pause)) {
    const absl::Status swept = Sweep();
    if (!swept.ok()) {
      logger_.Log(log::Severity::kWarning, "files were not swept", {{"reason", status::Reason(swept)}});
    }
    pause = kPause;
  }
}

bool RetentionSweeper::Pause(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, absl::ToChronoMicroseconds(duration), [this] { return stopping_; });
}

}  // namespace samverkan::consent
