#ifndef SAMVERKAN_SERVICES_INTAKE_ASSESSMENT_H_
#define SAMVERKAN_SERVICES_INTAKE_ASSESSMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/assessment.pb.h"
#include "services/intake/report.h"

// The preliminary assessment (förhandsbedömning) of a report and its decision. Pure
// functions; errors are FAILED_PRECONDITION with the reasons that
// samverkan.intake.v1.AssessmentService names.
namespace samverkan::intake {

// Records a protection assessment; the first one meets the report's clock.
absl::StatusOr<ReportChange> RecordProtectionAssessment(ReportRecord record,
                                                        const v1::RecordProtectionAssessmentRequest& request,
                                                        const Act& act);

// Extends the time of the preliminary assessment on the ground that the law names.
absl::StatusOr<ReportChange> ExtendPreliminaryAssessment(const rules::RuleSet& rules, ReportRecord record,
                                                         const v1::ExtendPreliminaryAssessmentRequest& request,
                                                         const Act& act);

// Decides a report. `investigation` is the name that an investigation gets if one is
// opened. Feedback that was asked for becomes owed.
absl::StatusOr<ReportChange> Decide(const rules::RuleSet& rules, ReportRecord record,
                                    const v1::DecideReportRequest& request, const std::string& investigation,
                                    const Act& act);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_ASSESSMENT_H_
