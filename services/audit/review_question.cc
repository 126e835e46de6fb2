#include "services/audit/review_question.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/idempotency/request_log.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "services/audit/entry.h"

namespace samverkan::audit {
namespace {

constexpr int kMostDays = 400;
constexpr int32_t kMostDrawn = 500;
constexpr int64_t kLongestNote = 2000;
constexpr size_t kLongestActor = 256;
// With the entry that exceeds it, an answer stays below the 4 MiB that clients accept
// unless told otherwise.
constexpr size_t kAnswerBytes = 1 << 21;

int64_t CodePoints(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::optional<absl::CivilDay> CheckDay(const std::string& field, const std::string& text,
                                       status::Violations& violations) {
  const std::optional<absl::CivilDay> day = proto_time::ParseDay(text);
  if (!day.has_value()) violations.Add(field, "expected a day, as 2026-01-23.", "Ange en dag, som 2026-01-23.");
  return day;
}

Period CheckPeriod(const std::string& first_text, const std::string& last_text, absl::CivilDay latest,
                   status::Violations& violations) {
  const auto first = CheckDay("first_day", first_text, violations);
  const auto last = CheckDay("last_day", last_text, violations);
  if (!first.has_value() || !last.has_value()) return {};
  if (*last < *first || *last - *first >= kMostDays) {
    violations.Add("last_day", absl::StrCat("expected a day from first_day on, at most ", kMostDays, " days in all."),
                   absl::StrCat("Ange en dag från och med first_day, högst ", kMostDays, " dagar sammanlagt."));
  } else if (*last > latest) {
    violations.Add("last_day", "expected a day that has come.", "Ange en dag som inte ligger framåt i tiden.");
  }
  return {*first, *last};
}

void CheckSize(const std::string& field, int32_t size, status::Violations& violations) {
  if (size >= 0 && size <= kMostDrawn) return;
  violations.Add(field, absl::StrCat("expected 0 to ", kMostDrawn, "."), absl::StrCat("Ange 0 till ", kMostDrawn, "."));
}

void CheckLength(const std::string& field, const std::string& text, status::Violations& violations) {
  if (text.size() <= kLongestActor) return;
  violations.Add(field, absl::StrCat("expected at most ", kLongestActor, " bytes."),
                 absl::StrCat("Ange högst ", kLongestActor, " byte."));
}

// The instant given, or `absent`; a violation where it is none.
absl::Time CheckTime(const std::string& field, bool given, const google::protobuf::Timestamp& timestamp,
                     absl::Time absent, status::Violations& violations) {
  if (!given) return absent;
  const std::optional<absl::Time> time = proto_time::FromProto(timestamp);
  if (!time.has_value()) {
    violations.Add(field, "expected an instant of the years 1 to 9999.", "Ange en tidpunkt under åren 1 till 9999.");
  }
  return time.value_or(absent);
}

}  // namespace

absl::StatusOr<Period> CheckDraw(const v1::DrawReviewSampleRequest& request, absl::CivilDay today) {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const Period period = CheckPeriod(request.first_day(), request.last_day(), today, violations);
  CheckSize("random_size", request.random_size(), violations);
  CheckSize("risk_size", request.risk_size(), violations);
  if (request.random_size() == 0 && request.risk_size() == 0) {
    violations.Add("random_size", "expected at least one of random_size and risk_size above 0.",
                   "Ange minst ett av random_size och risk_size större än 0.");
  }
  if (!violations.empty()) return violations.ToStatus();
  return period;
}

absl::StatusOr<Period> CheckStatistics(const v1::GetReviewStatisticsRequest& request) {
  status::Violations violations;
  const Period period = CheckPeriod(request.first_day(), request.last_day(), absl::CivilDay::max(), violations);
  CheckLength("unit", request.unit(), violations);
  if (!violations.empty()) return violations.ToStatus();
  return period;
}

absl::StatusOr<ItemKey> CheckOutcome(const v1::RecordReviewOutcomeRequest& request) {
  status::Violations violations;
  const std::optional<ItemKey> key = ParseItemName(request.name());
  if (!key.has_value()) {
    violations.Add("name", "expected an item's name, municipalities/{code}/reviewSamples/{uuid}/items/{number}.",
                   "Ange namnet på en post i ett stickprov.");
  }
  idempotency::CheckRequestId(request.request_id(), violations);
  if (request.etag().empty()) violations.Add("etag", "expected the item's etag.", "Ange postens etag.");
  if (request.verdict() == v1::ReviewOutcome::VERDICT_UNSPECIFIED) {
    violations.Add("verdict", "expected LEGITIMATE, UNCLEAR, UNAUTHORISED.", "Ange LEGITIMATE, UNCLEAR, UNAUTHORISED.");
  }
  if (absl::StripAsciiWhitespace(request.note()).empty() || CodePoints(request.note()) > kLongestNote) {
    violations.Add("note", absl::StrCat("expected what the finding rests on, at most ", kLongestNote, " characters."),
                   absl::StrCat("Ange vad bedömningen bygger på, högst ", kLongestNote, " tecken."));
  }
  if (!violations.empty()) return violations.ToStatus();
  return *key;
}

absl::StatusOr<TimeSpan> CheckTouched(const v1::ListTouchedChildrenRequest& request, absl::Time now) {
  status::Violations violations;
  CheckLength("actor", request.actor(), violations);
  CheckLength("system", request.system(), violations);
  if (request.actor().empty() && request.system().empty()) {
    violations.Add("actor", "expected at least one of actor and system.", "Ange minst ett av actor och system.");
  }
  if (!request.has_start_time()) {
    violations.Add("start_time", "expected since when.", "Ange från och med när.");
  }
  const absl::Time end = CheckTime("end_time", request.has_end_time(), request.end_time(), now, violations);
  const absl::Time start = CheckTime("start_time", request.has_start_time(), request.start_time(), end, violations);
  if (violations.empty() && (start >= end || end - start > kMostDays * absl::Hours(24))) {
    violations.Add(request.has_end_time() ? "end_time" : "start_time",
                   absl::StrCat("expected an end after the start, at most ", kMostDays, " days after."),
                   absl::StrCat("Ange ett slut efter början, högst ", kMostDays, " dagar efter."));
  }
  if (!violations.empty()) return violations.ToStatus();
  return TimeSpan{start, end};
}

bool CutToOneAnswer(std::vector<v1::ReviewItem>& shown) {
  std::set<std::string> children;
  size_t bytes = 0;
  for (size_t i = 0; i < shown.size(); ++i) {
    const auto& named = shown[i].entry().entry().private_part().children();
    children.insert(named.begin(), named.end());
    bytes += shown[i].ByteSizeLong();
    if (i == 0 || (children.size() <= static_cast<size_t>(kMostChildren) && bytes <= kAnswerBytes)) continue;
    shown.resize(i);
    return true;
  }
  return false;
}

outbox::Touched TouchedBy(const v1::ReviewSample& sample, const std::vector<v1::ReviewItem>& shown) {
  outbox::Touched touched;
  touched.resources = {sample.name()};
  std::set<std::string> children;
  for (const v1::ReviewItem& item : shown) {
    touched.resources.push_back(item.entry().name());
    const auto& named = item.entry().entry().private_part().children();
    children.insert(named.begin(), named.end());
  }
  touched.children.assign(children.begin(), children.end());
  return touched;
}

outbox::Touched TouchedBy(const v1::ListTouchedChildrenRequest& request, const TimeSpan& span,
                          const std::vector<v1::TouchedChild>& shown) {
  outbox::Touched touched;
  for (const v1::TouchedChild& child : shown) touched.children.push_back(child.child());
  const auto text = [](absl::Time time) { return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()); };
  touched.detail = absl::StrCat("asked for the children touched by: actor \"", request.actor(), "\", system \"",
                                request.system(), "\", from ", text(span.start), ", before ", text(span.end),
                                request.page_token().empty() ? "" : ", a further page");
  return touched;
}

}  // namespace samverkan::audit
