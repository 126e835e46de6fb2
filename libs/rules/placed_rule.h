#ifndef SAMVERKAN_LIBS_RULES_PLACED_RULE_H_
#define SAMVERKAN_LIBS_RULES_PLACED_RULE_H_

#include <string>
#include <vector>

#include "libs/rules/fault.h"
#include "samverkan/rules/v1/rule_set.pb.h"

// Checks of rules against each other.
namespace samverkan::rules {

// A rule and the file it stands in, which both outlive this.
struct PlacedRule {
  const v1::Rule* rule;
  const std::string* path;
};

// For one question and one place, one version and no more is in force on each day from the first
// version's to the last's: code that asks gets one answer.
void CheckSuccession(const std::vector<PlacedRule>& rules, std::vector<Fault>& faults);

// Every rule that another replaces is known, and none replaces itself, not by way of others either.
void CheckReplaced(const std::vector<PlacedRule>& rules, std::vector<Fault>& faults);

// A rule of a municipality, or of an authority in it, is no looser than those of the same question
// that hold beyond it.
void CheckLocal(const std::vector<PlacedRule>& rules, std::vector<Fault>& faults);

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_PLACED_RULE_H_
