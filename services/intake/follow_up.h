#ifndef SAMVERKAN_SERVICES_INTAKE_FOLLOW_UP_H_
#define SAMVERKAN_SERVICES_INTAKE_FOLLOW_UP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/follow_up.pb.h"
#include "samverkan/intake/v1/placement.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/investigation_part.h"

// Follow-ups (uppföljningar) after an investigation or after care. Pure functions; errors with
// the reasons that samverkan.intake.v1.FollowUpService names.
namespace samverkan::intake {

// The rule set's questions about follow-ups (P-040, P-041 and P-042).
inline constexpr char kFollowUpAfterClosing[] = "follow_up_after_closing";
inline constexpr char kFollowUpAfterLvu[] = "follow_up_after_lvu";

using FollowUpRecord = PartRecord<v1::FollowUp>;
using FollowUpChange = PartChange<v1::FollowUp>;

// The follow-up as the caller may see it; NOT_FOUND, reason FOLLOW_UP_NOT_FOUND, where it may
// not.
absl::StatusOr<v1::FollowUp> ViewFor(const auth::Caller& caller, const FollowUpRecord& record);

// A new follow-up called `name`. `placement` is what `request.placement` names, null where that
// is empty. Time and law are those of the closing, or after LVU of the act.
absl::StatusOr<FollowUpChange> BeginFollowUp(const rules::RuleSet& rules, const PartParent& parent,
                                             const v1::BeginFollowUpRequest& request, const v1::Placement* placement,
                                             const std::string& name, const Act& act);

// The changes.
absl::StatusOr<FollowUpChange> RecordFollowUpNotice(FollowUpRecord record,
                                                    const v1::RecordFollowUpNoticeRequest& request, const Act& act);
absl::StatusOr<FollowUpChange> EndFollowUp(const rules::RuleSet& rules, FollowUpRecord record,
                                           const v1::EndFollowUpRequest& request, const Act& act);

// A running follow-up ended by the opening of `investigation`, by resource name, at `time`.
FollowUpChange EndByInvestigation(FollowUpRecord record, const std::string& investigation, absl::Time time);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_FOLLOW_UP_H_
