#include "libs/rules/period.h"

#include <algorithm>
#include <string>

#include "libs/proto_time/proto_time.h"

namespace samverkan::rules {
namespace {

bool ParseDay(const std::string& text, absl::CivilDay& day) {
  const std::optional<absl::CivilDay> parsed = proto_time::ParseDay(text);
  if (parsed.has_value()) day = *parsed;
  return parsed.has_value();
}

}  // namespace

std::optional<Period> PeriodOf(const v1::Version& version) {
  Period period;
  if (!version.valid_from().empty() && !ParseDay(version.valid_from(), period.first)) return std::nullopt;
  if (!version.valid_to().empty() && !ParseDay(version.valid_to(), period.last)) return std::nullopt;
  return period;
}

std::vector<Period> CommonPeriods(const v1::Rule& one, const v1::Rule& other) {
  std::vector<Period> common;
  for (const v1::Version& version : one.versions()) {
    for (const v1::Version& other_version : other.versions()) {
      const std::optional<Period> a = PeriodOf(version);
      const std::optional<Period> b = PeriodOf(other_version);
      if (!a || !b) continue;
      const Period both{.first = std::max(a->first, b->first), .last = std::min(a->last, b->last)};
      if (both.first <= both.last) common.push_back(both);
    }
  }
  return common;
}

}  // namespace samverkan::rules
