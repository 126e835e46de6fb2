#ifndef SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_H_
#define SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_H_

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "samverkan/data/v1/data.pb.h"
#include "samverkan/rules/v1/rule_set.pb.h"
#include "services/consent/disclosure_rules.h"

// May this be told? The order of the test as data says it (rules with a `disclosure` part). Pure
// functions: no clock, no I/O; the same question, circumstances, rules and day always give the same
// answer, in whatever order tests, facts, consents, guardians and rules stand.
namespace samverkan::consent {

// What one category of data was answered, and why. Pointers hold as long as the DisclosureRules that
// were asked.
struct CategoryEvaluation {
  // A rule that was looked at, and what came of it; `wording` is null where none is in force.
  struct LookedAt {
    const DisclosureRule* rule = nullptr;
    const DisclosureRule::Wording* wording = nullptr;
    v1::RuleLookedAt::Outcome outcome = v1::RuleLookedAt::OUTCOME_UNSPECIFIED;
  };

  data::v1::Category category = data::v1::CATEGORY_UNSPECIFIED;
  v1::CategoryDecision::Answer answer = v1::CategoryDecision::DENY;
  // What the answer rests on: the rule that permits, withholds, asks for consent or leads to legal
  // review; else the secrecy. Null where it is not known which secrecy holds.
  const DisclosureRule* rule = nullptr;
  const DisclosureRule::Wording* wording = nullptr;
  // Of a permit: the tests and the consents (by resource name) that it rests on.
  std::vector<std::string> tests;
  std::vector<std::string> consents;
  // Of a permit, and of an answer that asks for consent: what whoever tells must do besides.
  EnumSet duties = 0;
  // Of no permit: what is not recorded and would let a rule permit, sorted.
  std::vector<std::string> missing_tests;
  std::vector<std::string> missing_facts;
  // Where consent is asked for: whose.
  std::vector<v1::Giver> missing_consents;
  // Every rule about this discloser and this recipient, in the order of the test.
  std::vector<LookedAt> looked_at;
};

struct Evaluation {
  // One for each category, in the question's order.
  std::vector<CategoryEvaluation> categories;
};

// Decides `question`, which CheckQuestion (question.h) has nothing against, by the law of `day`. For each category:
//
//  1. WITHHOLD rules deny. A recipient that one spares is told by a duty or special rule that
//     applies, with conditions, and by nothing else. A WITHHOLD with a test is lifted by the test.
//  2. SECRET rules say which secrecy holds. Where each has its harm test FOR_TELLING the data may be
//     told, with RECORD_HARM_TEST. Where no such rule is about the discloser nobody here knows which
//     secrecy holds: what nothing permits then goes to legal review, and so does what a rule would
//     permit that never breaks some secrecy.
//  3. PERMIT rules, by step. One that applies decides, where its test is FOR_TELLING and, at the step
//     of consent, the consents are complete (FindConsents). One whose text was not read, or that says
//     so, never permits: it leads to legal review.
//  4. What RESTRICT rules that apply ask for is needed by every permit of 2 and 3.
//  5. Else: legal review where a rule leads to it; DENY where consent was refused; NEEDS_CONSENT where
//     consent would permit, or DENY by the rule of the hold where a guardian had to be asked while a
//     report is on hold; DENY.
//
// An age that is not known never lets a rule permit, and always lets one restrict. A protection that
// is unspecified is none. On hold no duty asks or informs guardians.
Evaluation Evaluate(const DisclosureRules& rules, const v1::Question& question, const v1::Circumstances& circumstances,
                    absl::CivilDay day);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_H_
