#ifndef SAMVERKAN_TOOLS_PROCESSING_RECORD_RECORD_H_
#define SAMVERKAN_TOOLS_PROCESSING_RECORD_RECORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "libs/rules/rule_set.h"
#include "samverkan/processing/v1/processing.pb.h"
#include "tools/processing_record/contract.h"

namespace samverkan::processing_record {

// The record of processing activities (registerförteckning) that GDPR article 30 wants of
// each controller, as Markdown. The same sources give the same bytes.
//
// FAILED_PRECONDITION, one line a fault, where the sources do not agree: a category of
// personal data that no purpose needs, or that a purpose needs and nothing holds; a
// category or a role that is shown personal data without words for it; a rule that the
// rule set lacks; a controller or purpose that lacks what the article wants.
absl::StatusOr<std::string> MakeRecord(const Contract& contract, const rules::RuleSet& rules,
                                       const processing::v1::Processing& processing);

}  // namespace samverkan::processing_record

#endif  // SAMVERKAN_TOOLS_PROCESSING_RECORD_RECORD_H_
