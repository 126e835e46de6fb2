#ifndef SAMVERKAN_SERVICES_INTAKE_DECISION_H_
#define SAMVERKAN_SERVICES_INTAKE_DECISION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "samverkan/intake/v1/decision.pb.h"
#include "samverkan/intake/v1/investigation.pb.h"
#include "samverkan/intake/v1/report.pb.h"

// Decisions as documents for others. Pure functions.
namespace samverkan::intake {

// The header `typ` of a signed decision.
inline constexpr char kDecisionType[] = "decision+jwt";

// The decisions on a report or investigation, oldest first. `shown` is what the caller may see
// of it: nothing else is told.
std::vector<v1::DecisionStatement> DecisionsOf(const v1::Report& shown);
std::vector<v1::DecisionStatement> DecisionsOf(const v1::Investigation& shown);

// What is signed of a decision: JSON with the claims that v1::SignedDecision names. `id` is
// the document's own. INTERNAL where the statement cannot be written as JSON.
absl::StatusOr<std::string> PayloadOf(const v1::DecisionStatement& statement, absl::Time exported,
                                      const std::string& id);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_DECISION_H_
