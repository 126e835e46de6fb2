#ifndef SAMVERKAN_LIBS_RULES_CHECK_H_
#define SAMVERKAN_LIBS_RULES_CHECK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "libs/rules/files.h"
#include "samverkan/rules/v1/rule_set.pb.h"

namespace samverkan::rules {

// The days on which a version is in force, both included.
struct Period {
  absl::CivilDay first = absl::CivilDay::min();
  absl::CivilDay last = absl::CivilDay::max();
};

// The period of `version`; nothing where a day is not written as "2025-07-01".
std::optional<Period> PeriodOf(const v1::Version& version);

// Everything that makes `folder` unusable, each fault as "file: rule: what was expected".
// Empty where it can be used.
std::vector<std::string> Faults(const RuleFolder& folder);

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_CHECK_H_
