#ifndef SAMVERKAN_LIBS_RULES_DISCLOSURE_CHECK_H_
#define SAMVERKAN_LIBS_RULES_DISCLOSURE_CHECK_H_

#include <functional>
#include <set>
#include <string>

#include "libs/rules/fault.h"
#include "samverkan/rules/v1/rule_set.pb.h"

namespace samverkan::rules {

// The keys of a rule set's questions.
using Questions = std::set<std::string, std::less<>>;

// Whether `text` is made of lower-case letters, digits and "_".
bool IsLowerSnake(const std::string& text);

// Reports what is wrong with what `rule` says about telling, looked at alone.
void CheckDisclosure(const v1::Rule& rule, const Questions& questions, FaultReport& report);

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_DISCLOSURE_CHECK_H_
