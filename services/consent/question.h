#ifndef SAMVERKAN_SERVICES_CONSENT_QUESTION_H_
#define SAMVERKAN_SERVICES_CONSENT_QUESTION_H_

#include <string>

#include "absl/status/status.h"
#include "libs/auth/caller.h"
#include "libs/rpc/call_context.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "services/consent/disclosure_rules.h"

// What a question must be like before it is decided. Pure functions.
namespace samverkan::consent {

// Adds everything that is wrong with a question about a child, each field as "question.…": who tells
// (the caller's own authority) and who is told, categories, purpose, tests and facts that no rule asks
// for, reasons that are missing.
void CheckQuestion(const DisclosureRules& rules, const auth::Caller& caller, const v1::Question& question,
                   status::Violations& violations);

// The same of a question about nobody, which names neither child nor reasons and whose discloser may be
// any authority of `municipality` ("0180").
void CheckSimulation(const DisclosureRules& rules, const std::string& municipality, const v1::Question& question,
                     status::Violations& violations);

// OK where the caller may record the question's tests and facts: a person, who at the social services
// is qualified (rule P-017). FAILED_PRECONDITION, reason TEST_NOT_COMPETENT, otherwise.
absl::Status CheckCompetence(const auth::Caller& caller, const v1::Question& question);

// The question with who recorded its tests and facts, and when.
v1::Question Signed(const rpc::CallContext& call, v1::Question question);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_QUESTION_H_
