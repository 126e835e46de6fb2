#ifndef SAMVERKAN_LIBS_RULES_CHECK_H_
#define SAMVERKAN_LIBS_RULES_CHECK_H_

#include <vector>

#include "absl/status/status.h"
#include "libs/rules/fault.h"
#include "libs/rules/files.h"

namespace samverkan::rules {

// What makes `folder` unusable: the first thousand faults. Empty where it can be used.
std::vector<Fault> Faults(const RuleFolder& folder);

// Those of them that are fields which this version of the service does not know.
std::vector<Fault> UnknownFields(const RuleFolder& folder);

// The error of a rule set that has these faults: FAILED_PRECONDITION, reason RULE_SET_INVALID.
absl::Status InvalidRuleSet(const std::vector<Fault>& faults);

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_CHECK_H_
