#ifndef SAMVERKAN_SERVICES_AUDIT_REVIEW_H_
#define SAMVERKAN_SERVICES_AUDIT_REVIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/pg/uuid.h"
#include "libs/rules/rule_set.h"
#include "samverkan/audit/v1/review.pb.h"
#include "services/audit/entry.h"
#include "services/audit/risk_sign.h"

// Log review (loggkontroll, rule P-087) as values: which acts can be drawn, which risk
// signs they have, how a sample follows from its seed, and who may judge it. No I/O.
namespace samverkan::audit {

// The question of the rule set that sets the thresholds.
inline constexpr char kLogReviewQuestion[] = "log_review";
// The one that demands the review.
inline constexpr char kLogControlQuestion[] = "access_and_log_control";
// The one that demands the notification of a breach.
inline constexpr char kBreachQuestion[] = "data_subject_rights";
// Most outcomes of one item.
inline constexpr size_t kMostOutcomes = 20;

// ---- names ----

// A sample within its municipality.
struct SampleKey {
  std::string municipality;
  pg::Uuid id;
};

// An item of a sample, by its position from 1.
struct ItemKey {
  SampleKey sample;
  int64_t position = 0;
};

// "municipalities/0180/reviewSamples/{uuid}", with "/items/{number}" behind it, and back;
// nothing where `name` is not such a name.
std::string SampleName(const SampleKey& key);
std::string ItemName(const ItemKey& key);
std::optional<SampleKey> ParseSampleName(const std::string& name);
std::optional<ItemKey> ParseItemName(const std::string& name);

// ---- drawing ----

// What is known of an entry without its private part.
struct Act {
  int64_t index = 0;
  absl::Time time;
  access::v1::Action action = access::v1::ACTION_UNSPECIFIED;
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  access::v1::Role role = access::v1::ROLE_UNSPECIFIED;
  // As the producer told.
  RiskSigns signs;
  // Tags of the actor and of each child that was touched.
  std::string actor;
  std::vector<std::string> children;
};

// The thresholds in an answer to kLogReviewQuestion. INTERNAL where the rule lacks one.
absl::StatusOr<v1::ReviewThresholds> ThresholdsOf(const rules::Answer& answer);

// Whether the act may be drawn: something was shown or told to a person who was granted it.
bool IsDrawable(const Act& act);

// The sum of the weights of the signs, as samverkan.audit.v1.ReviewService has them.
int WeightOf(RiskSigns signs);

// What is to be drawn. `seed` is 32 random bytes.
struct DrawOrder {
  absl::CivilDay first_day;
  absl::CivilDay last_day;
  int32_t random_size = 0;
  int32_t risk_size = 0;
  v1::ReviewThresholds thresholds;
  std::string seed;
};

// An act that was drawn.
struct DrawnAct {
  int64_t index = 0;
  v1::ReviewItem::Drawing drawing = v1::ReviewItem::DRAWING_UNSPECIFIED;
  RiskSigns signs;
  std::string actor;
};

// Draws a sample from the acts of a period, which it is shown a legal day at a time and
// does not keep: its memory is that of the sample.
//
// The draw is a function of the seed and the acts, whatever their order. Each index gets
// SHA-256("audit/review-draw/v1" ‖ seed ‖ index in 8 bytes); numbers have the most
// significant byte first, and are taken in double precision. At random: those with the
// smallest first 8 bytes. By risk: those with the smallest -ln(u) / weight, where u is (the
// next 8 bytes + 1) / 2^64; that is drawing one after the other by weight (Efraimidis and
// Spirakis, 2006). Ties go to the smaller index.
class Draw {
 public:
  explicit Draw(DrawOrder order) : order_(std::move(order)) {}

  // All acts of one legal day; every day once.
  void AddDay(const std::vector<Act>& acts);

  // What was drawn: at random, then by risk, each by index.
  std::vector<DrawnAct> Drawn() const;

  // How many acts could be drawn, and how many of these have a risk sign.
  int64_t drawable() const { return drawable_; }
  int64_t risky() const { return risky_; }

 private:
  // Smallest first in the draw, by (key, index).
  struct Ticket {
    double key = 0;
    DrawnAct act;
    bool operator<(const Ticket& other) const {
      return std::pair(key, act.index) < std::pair(other.key, other.act.index);
    }
  };

  // Puts the ticket among the `most` smallest.
  static void Keep(Ticket ticket, size_t most, std::vector<Ticket>& kept);

  const DrawOrder order_;
  // Heaps with the largest in front. By risk are kept as many more as may turn out to be
  // drawn at random.
  std::vector<Ticket> random_;
  std::vector<Ticket> risk_;
  int64_t drawable_ = 0;
  int64_t risky_ = 0;
};

// ---- judging ----

// An item as it is stored.
struct ReviewItemRecord {
  ItemKey key;
  int64_t index = 0;
  v1::ReviewItem::Drawing drawing = v1::ReviewItem::DRAWING_UNSPECIFIED;
  RiskSigns signs;
  // Tag of who acted.
  std::string actor;
  // Oldest first.
  std::vector<v1::ReviewOutcome> outcomes;
};

// The item as it is shown, with its entry.
absl::StatusOr<v1::ReviewItem> ToReviewItem(const ReviewItemRecord& record, const StoredEntry& entry);

// OK where somebody with the actor tag `reviewer` may record a further outcome, decided
// on at `etag`. PERMISSION_DENIED, reason `OWN_ACTION`; ABORTED, reason `ETAG_MISMATCH`;
// FAILED_PRECONDITION, reason `TOO_MANY_OUTCOMES`.
absl::Status CheckMayRecord(const ReviewItemRecord& record, const std::string& etag, const std::string& reviewer);

// ---- counting ----

// So many items were drawn so, with these signs, and have this last verdict (unspecified:
// not reviewed).
struct ReviewCount {
  v1::ReviewItem::Drawing drawing = v1::ReviewItem::DRAWING_UNSPECIFIED;
  RiskSigns signs;
  v1::ReviewOutcome::Verdict verdict = v1::ReviewOutcome::VERDICT_UNSPECIFIED;
  int64_t count = 0;
};

// The statistics of `sample_count` samples whose items these are.
v1::ReviewStatistics StatisticsOf(int64_t sample_count, const std::vector<ReviewCount>& counts);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_REVIEW_H_
