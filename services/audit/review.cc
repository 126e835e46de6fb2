#include "services/audit/review.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/audit/reasons.h"

namespace samverkan::audit {
namespace {

constexpr std::string_view kSamplePattern = "municipalities/{municipality}/reviewSamples/{uuid}";
constexpr std::string_view kItemPattern = "municipalities/{municipality}/reviewSamples/{uuid}/items/{number}";
constexpr std::string_view kDrawPrefix = "audit/review-draw/v1";

// Whether somebody with this role works in the day. What happens at night is the duty
// unit's work.
bool KeepsOfficeHours(access::v1::Role role) { return role != access::v1::DUTY; }

bool IsOutOfHours(absl::Time time, const v1::ReviewThresholds& thresholds) {
  const absl::CivilHour hour = absl::ToCivilHour(time, calendar::Stockholm());
  return hour.hour() < thresholds.work_start_hour() || hour.hour() >= thresholds.work_end_hour() ||
         !calendar::IsOrdinaryWeekday(absl::CivilDay(hour));
}

// Who touched many children among these acts of one day.
std::set<std::string> ActorsOfManyFiles(const std::vector<Act>& acts, const v1::ReviewThresholds& thresholds) {
  std::map<std::string, std::set<std::string>> children;
  for (const Act& act : acts) {
    if (act.outcome == v1::GRANTED) children[act.actor].insert(act.children.begin(), act.children.end());
  }
  std::set<std::string> actors;
  for (const auto& [actor, touched] : children) {
    if (touched.size() >= static_cast<size_t>(thresholds.many_files())) actors.insert(actor);
  }
  return actors;
}

void AppendNumber(std::string& bytes, uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
}

// The two numbers that an index gets in a draw.
struct Lot {
  uint64_t random = 0;
  uint64_t risk = 0;
};

Lot LotOf(const std::string& seed, int64_t index) {
  std::string bytes(kDrawPrefix);
  bytes.append(seed);
  AppendNumber(bytes, static_cast<uint64_t>(index));
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  Lot lot;
  for (size_t i = 0; i < 8; ++i) {
    lot.random = lot.random << 8 | digest[i];
    lot.risk = lot.risk << 8 | digest[8 + i];
  }
  return lot;
}

double RiskKey(uint64_t lot, int weight) {
  const double u = std::ldexp(static_cast<double>(lot) + 1, -64);
  return -std::log(u) / weight;
}

void Count(const ReviewCount& counted, v1::ReviewCounts& counts) {
  counts.set_drawn(counts.drawn() + counted.count);
  if (counted.verdict == v1::ReviewOutcome::VERDICT_UNSPECIFIED) return;
  counts.set_reviewed(counts.reviewed() + counted.count);
  if (counted.verdict == v1::ReviewOutcome::LEGITIMATE) counts.set_legitimate(counts.legitimate() + counted.count);
  if (counted.verdict == v1::ReviewOutcome::UNCLEAR) counts.set_unclear(counts.unclear() + counted.count);
  if (counted.verdict == v1::ReviewOutcome::UNAUTHORISED) {
    counts.set_unauthorised(counts.unauthorised() + counted.count);
  }
}

// Changes with every outcome, for outcomes are only added.
std::string EtagOf(const ReviewItemRecord& record) { return absl::StrCat(record.outcomes.size()); }

}  // namespace

// ---- names ----

std::string SampleName(const SampleKey& key) {
  return absl::StrCat("municipalities/", key.municipality, "/reviewSamples/", key.id.ToString());
}

std::string ItemName(const ItemKey& key) { return absl::StrCat(SampleName(key.sample), "/items/", key.position); }

std::optional<SampleKey> ParseSampleName(const std::string& name) {
  const auto values = resource_name::Match(kSamplePattern, name);
  if (!values.has_value()) return std::nullopt;
  return SampleKey{(*values)[0], *pg::Uuid::Parse((*values)[1])};
}

std::optional<ItemKey> ParseItemName(const std::string& name) {
  const auto values = resource_name::Match(kItemPattern, name);
  ItemKey key;
  if (!values.has_value() || !absl::SimpleAtoi((*values)[2], &key.position)) return std::nullopt;
  key.sample = {(*values)[0], *pg::Uuid::Parse((*values)[1])};
  return key;
}

// ---- drawing ----

absl::StatusOr<v1::ReviewThresholds> ThresholdsOf(const rules::Answer& answer) {
  v1::ReviewThresholds thresholds;
  ASSIGN_OR_RETURN(const int64_t start, answer.Parameter("work_start_hour"));
  ASSIGN_OR_RETURN(const int64_t end, answer.Parameter("work_end_hour"));
  ASSIGN_OR_RETURN(const int64_t many_files, answer.Parameter("many_files"));
  thresholds.set_work_start_hour(static_cast<int32_t>(start));
  thresholds.set_work_end_hour(static_cast<int32_t>(end));
  thresholds.set_many_files(static_cast<int32_t>(many_files));
  return thresholds;
}

bool IsDrawable(const Act& act) {
  const bool shows =
      act.action == access::v1::READ || act.action == access::v1::SEARCH || act.action == access::v1::DISCLOSE;
  const bool by_person = act.role != access::v1::SYSTEM && act.role != access::v1::ROLE_UNSPECIFIED;
  return shows && by_person && act.outcome == v1::GRANTED;
}

int WeightOf(RiskSigns signs) {
  static constexpr std::pair<v1::RiskSign, int> kWeights[] = {
      {v1::SAME_NAME, 4},        {v1::NO_ASSIGNMENT, 4}, {v1::COLLEAGUE, 3},
      {v1::EMERGENCY_ACCESS, 3}, {v1::MANY_FILES, 2},    {v1::OUT_OF_HOURS, 1},
  };
  int sum = 0;
  for (const auto& [sign, weight] : kWeights) {
    if (signs.Has(sign)) sum += weight;
  }
  return sum;
}

void Draw::Keep(Ticket ticket, size_t most, std::vector<Ticket>& kept) {
  if (kept.size() == most && (most == 0 || !(ticket < kept.front()))) return;
  if (kept.size() == most) {
    std::pop_heap(kept.begin(), kept.end());
    kept.pop_back();
  }
  kept.push_back(std::move(ticket));
  std::push_heap(kept.begin(), kept.end());
}

void Draw::AddDay(const std::vector<Act>& acts) {
  const std::set<std::string> busy = ActorsOfManyFiles(acts, order_.thresholds);
  for (const Act& act : acts) {
    if (!IsDrawable(act)) continue;
    DrawnAct drawn = {.index = act.index, .drawing = v1::ReviewItem::RANDOM, .signs = act.signs, .actor = act.actor};
    if (KeepsOfficeHours(act.role) && IsOutOfHours(act.time, order_.thresholds)) drawn.signs.Add(v1::OUT_OF_HOURS);
    if (busy.contains(act.actor)) drawn.signs.Add(v1::MANY_FILES);
    const Lot lot = LotOf(order_.seed, act.index);
    ++drawable_;
    Keep({static_cast<double>(lot.random), drawn}, static_cast<size_t>(order_.random_size), random_);
    if (drawn.signs.empty()) continue;
    ++risky_;
    drawn.drawing = v1::ReviewItem::RISK;
    const double key = RiskKey(lot.risk, WeightOf(drawn.signs));
    Keep({key, std::move(drawn)}, static_cast<size_t>(order_.risk_size + order_.random_size), risk_);
  }
}

std::vector<DrawnAct> Draw::Drawn() const {
  std::vector<DrawnAct> drawn;
  std::set<int64_t> taken;
  for (const Ticket& ticket : random_) {
    drawn.push_back(ticket.act);
    taken.insert(ticket.act.index);
  }
  std::vector<Ticket> by_risk = risk_;
  std::sort(by_risk.begin(), by_risk.end());
  const size_t end = drawn.size() + static_cast<size_t>(order_.risk_size);
  for (const Ticket& ticket : by_risk) {
    if (drawn.size() < end && !taken.contains(ticket.act.index)) drawn.push_back(ticket.act);
  }
  std::sort(drawn.begin(), drawn.end(), [](const DrawnAct& a, const DrawnAct& b) {
    return std::pair(a.drawing, a.index) < std::pair(b.drawing, b.index);
  });
  return drawn;
}

// ---- judging ----

absl::StatusOr<v1::ReviewItem> ToReviewItem(const ReviewItemRecord& record, const StoredEntry& entry) {
  v1::ReviewItem item;
  item.set_name(ItemName(record.key));
  ASSIGN_OR_RETURN(*item.mutable_entry(), ToLoggedEntry(entry));
  item.set_drawing(record.drawing);
  for (const v1::RiskSign sign : record.signs.List()) item.add_risk_signs(sign);
  for (const v1::ReviewOutcome& outcome : record.outcomes) *item.add_outcomes() = outcome;
  item.set_etag(EtagOf(record));
  return item;
}

absl::Status CheckMayRecord(const ReviewItemRecord& record, const std::string& etag, const std::string& reviewer) {
  if (record.actor == reviewer) {
    return status::PermissionDenied({.reason = kOwnAction,
                                     .message = "The act is your own. Somebody else has to review it.",
                                     .swedish = "Åtgärden är din egen. Någon annan måste granska den."});
  }
  if (etag != EtagOf(record)) {
    return status::Aborted({.reason = kEtagMismatch,
                            .message = "The item has changed since it was read. Read it again, look, and repeat.",
                            .swedish = "Granskningen har ändrats sedan den lästes. Läs om den och försök igen."});
  }
  if (record.outcomes.size() >= kMostOutcomes) {
    return status::FailedPrecondition({.reason = kTooManyOutcomes,
                                       .message = absl::StrCat("The item has ", kMostOutcomes, " outcomes already."),
                                       .swedish = absl::StrCat("Posten har redan ", kMostOutcomes, " utfall.")});
  }
  return absl::OkStatus();
}

// ---- counting ----

v1::ReviewStatistics StatisticsOf(int64_t sample_count, const std::vector<ReviewCount>& counts) {
  v1::ReviewStatistics statistics;
  statistics.set_sample_count(sample_count);
  statistics.mutable_total();
  statistics.mutable_random();
  statistics.mutable_risk();
  for (const v1::RiskSign sign : AllRiskSigns()) {
    v1::SignCounts& counted = *statistics.add_signs();
    counted.set_risk_sign(sign);
    counted.mutable_counts();
  }
  for (const ReviewCount& counted : counts) {
    Count(counted, *statistics.mutable_total());
    Count(counted,
          counted.drawing == v1::ReviewItem::RANDOM ? *statistics.mutable_random() : *statistics.mutable_risk());
    for (v1::SignCounts& sign : *statistics.mutable_signs()) {
      if (counted.signs.Has(sign.risk_sign())) Count(counted, *sign.mutable_counts());
    }
  }
  return statistics;
}

}  // namespace samverkan::audit
