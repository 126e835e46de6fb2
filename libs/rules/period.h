#ifndef SAMVERKAN_LIBS_RULES_PERIOD_H_
#define SAMVERKAN_LIBS_RULES_PERIOD_H_

#include <optional>
#include <vector>

#include "absl/time/civil_time.h"
#include "samverkan/rules/v1/rule_set.pb.h"

namespace samverkan::rules {

// The days on which a version is in force, both included.
struct Period {
  absl::CivilDay first = absl::CivilDay::min();
  absl::CivilDay last = absl::CivilDay::max();
};

// The period of `version`; nothing where a day is not written as "2025-07-01".
std::optional<Period> PeriodOf(const v1::Version& version);

// The periods in which a version of each is in force.
std::vector<Period> CommonPeriods(const v1::Rule& one, const v1::Rule& other);

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_PERIOD_H_
