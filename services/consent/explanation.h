#ifndef SAMVERKAN_SERVICES_CONSENT_EXPLANATION_H_
#define SAMVERKAN_SERVICES_CONSENT_EXPLANATION_H_

#include "absl/time/civil_time.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "services/consent/disclosure.h"
#include "services/consent/disclosure_rules.h"

// A decision in words, for whoever asked and for those whom it concerns. Pure functions.
namespace samverkan::consent {

// What was decided on a category, as decisions keep it.
v1::CategoryDecision DecisionOf(const CategoryEvaluation& evaluation);

// Why a question was answered as it was: of each category every rule that holds at the discloser's
// authority, in the order of the test, with what came of it in English and in Swedish, and the answer
// in Swedish. `evaluation` is what Evaluate answered to `question` by `rules` on `day`. Names no
// person. `decision` and `rule_set` are left for the caller, who knows their names.
v1::Explanation ExplanationOf(const DisclosureRules& rules, const v1::Question& question, absl::CivilDay day,
                              const Evaluation& evaluation);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_EXPLANATION_H_
