#ifndef SAMVERKAN_SERVICES_CONSENT_DECISION_CASES_H_
#define SAMVERKAN_SERVICES_CONSENT_DECISION_CASES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "samverkan/rules/v1/rule_set.pb.h"
#include "services/consent/disclosure.h"

// The table of decisions that tests hold the evaluator to: testdata/decisions/*.txt, whose README says
// how they are read. For tests only.
namespace samverkan::consent {

// One case: a question, what is known of the child, and what the law answers.
struct DecisionCase {
  // "reports.txt:12: A school reports a concern".
  std::string title;
  v1::Question question;
  v1::Circumstances circumstances;
  absl::CivilDay day;
  // The lines `answer`, `rests`, `duties` and `missing` as they stand in the file; each category of
  // the question is answered so.
  std::vector<std::string> expected;
};

// All cases, in the order of files and lines. INVALID_ARGUMENT with file and line for what cannot be
// read.
absl::StatusOr<std::vector<DecisionCase>> ReadDecisionCases();

// What was answered, in the words of the files.
std::vector<std::string> AnswerLines(const CategoryEvaluation& evaluation);

// The rule set that ships, read from deploy/rules.
absl::StatusOr<rules::v1::RuleSet> ShippedRuleSet();

// Whether the answer lets the data be told.
bool IsPermit(v1::CategoryDecision::Answer answer);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_DECISION_CASES_H_
