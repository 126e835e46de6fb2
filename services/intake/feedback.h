#ifndef SAMVERKAN_SERVICES_INTAKE_FEEDBACK_H_
#define SAMVERKAN_SERVICES_INTAKE_FEEDBACK_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/rules/rule_set.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "samverkan/intake/v1/feedback.pb.h"
#include "services/intake/report.h"

// Feedback (återkoppling) to the one who reported. Pure functions; errors are
// FAILED_PRECONDITION with the reasons that samverkan.intake.v1.FeedbackService names.
namespace samverkan::intake {

// Whether the reporter of `report` had a duty to report on the day of receipt.
absl::StatusOr<Mandate> MandateOf(const rules::RuleSet& rules, const v1::Submission& submission, absl::Time received);

// Makes feedback that was asked for owed now that the report is decided, and starts its
// clock.
absl::Status OweAfterDecision(const rules::RuleSet& rules, ReportRecord& record, absl::Time time);

// Notes that the reporter asks for feedback. Asking again changes nothing.
absl::StatusOr<ReportChange> RequestFeedback(const rules::RuleSet& rules, ReportRecord record, const Act& act);

// Gives the statutory fact that holds, on the recorded suitability test.
absl::StatusOr<ReportChange> GiveFeedback(const rules::RuleSet& rules, ReportRecord record,
                                          const v1::GiveFeedbackRequest& request, const Act& act);

// Notes what the reporter was told of the family's answer.
absl::StatusOr<ReportChange> TellFamilyAnswer(ReportRecord record, v1::FamilyAnswer::Answer answer, const Act& act);

// OK where a decision of the consent service lets the report's reporter be told, is made for feedback,
// and permits some of what is to be told. Which child it is about that service sees to.
absl::Status CheckDecisionFits(const consent::v1::Decision& decision, const ReportRecord& record,
                               const v1::GiveExtendedFeedbackRequest& request);

// Notes what was told beyond the three facts: `told` is what the consent service let out.
ReportChange GiveExtendedFeedback(ReportRecord record, v1::ExtendedFeedback told, const Act& act);

// Refuses the feedback as unsuitable, on the recorded test.
absl::StatusOr<ReportChange> RefuseFeedback(const rules::RuleSet& rules, ReportRecord record,
                                            const v1::RefuseFeedbackRequest& request, const Act& act);

// The feedback of a report as those who handle it see it, with its name, clock and etag;
// nothing where none was asked for or given.
std::optional<v1::Feedback> HandlerView(const ReportRecord& record);

// The same as the reporter sees it: whether it is given, and what was told, without what that
// rests on. That feedback is owed would tell that the report is decided, so it shows as asked for.
v1::Feedback SenderView(v1::Feedback feedback);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_FEEDBACK_H_
