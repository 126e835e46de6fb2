#ifndef SAMVERKAN_SERVICES_CONSENT_RULE_SET_H_
#define SAMVERKAN_SERVICES_CONSENT_RULE_SET_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/rules/fault.h"
#include "libs/rules/rule_set.h"
#include "samverkan/consent/v1/rule.pb.h"
#include "samverkan/rules/v1/rule_set.pb.h"

// Rule sets as a municipality keeps them: proposed by one person, activated by another. Pure
// functions.
namespace samverkan::consent {

// A rule set of a municipality: what its primary key is made of.
struct RuleSetKey {
  // Official code, "0180".
  std::string municipality;
  // "2026.4-3f9ac1d2e0b4".
  std::string version;
};

// The key in `name`, which must be `municipalities/{municipality}/ruleSets/{version}`; nothing
// where it is not.
std::optional<RuleSetKey> ParseRuleSetName(std::string_view name);

// The name of a rule set.
std::string RuleSetName(const RuleSetKey& key);

// The rule set that ships, as a municipality has it that has loaded none: active, by nobody.
v1::RuleSetRecord Shipped(const rules::RuleSet& rules, const std::string& municipality, absl::Time now);

// A rule set that `proposer`, the subject of a person's token, proposes.
v1::RuleSetRecord Propose(const rules::RuleSet& rules, const std::string& municipality, const std::string& proposer,
                          absl::Time now);

// The rule set activated by `approver`, for the first time or again. PERMISSION_DENIED, reason
// OWN_ACTION, for its proposer; FAILED_PRECONDITION, reason RULE_SET_ACTIVE, where it is active.
absl::StatusOr<v1::RuleSetRecord> Activate(v1::RuleSetRecord record, const std::string& approver, absl::Time now);

// What a rule set becomes in whose place another is activated.
v1::RuleSetRecord Supersede(v1::RuleSetRecord record);

// What differs between the rules of two rule sets, by id of the rule.
std::vector<v1::RuleDifference> DifferencesBetween(const rules::v1::RuleSet& first, const rules::v1::RuleSet& second);

// A fault as callers see it.
v1::RuleSetFault ViewOf(const rules::Fault& fault);

// The refusal of `content`, which has these faults: FAILED_PRECONDITION, reason RULE_SET_INVALID,
// with a violation for each fault, or for as many of the first as clients can receive. OK where
// there are none.
absl::Status Refusal(const rules::v1::RuleSet& content, const std::vector<rules::Fault>& faults);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_RULE_SET_H_
