#ifndef SAMVERKAN_SERVICES_INTAKE_PROTECTED_IDENTITY_H_
#define SAMVERKAN_SERVICES_INTAKE_PROTECTED_IDENTITY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/investigation.pb.h"
#include "samverkan/intake/v1/investigation_step.pb.h"
#include "samverkan/intake/v1/placement.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "samverkan/intake/v1/report_meeting.pb.h"
#include "samverkan/intake/v1/transfer.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/report.h"

// Protected identity (skyddade personuppgifter; rules P-074, P-075): what could tell where the
// child is, kept from those who have no need of it. Pure functions.
namespace samverkan::intake {

// Removes from what is shown all that could tell where the child is: the categories WHEREABOUTS
// and CONTACT, and the reporter's organisation. Names what was there in `withheld`, by the rule
// in force at `time` for `jurisdiction`. NOT_FOUND, reason NO_RULE_IN_FORCE, where none is:
// then nothing is to be shown.
absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::Report& shown);
absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::Investigation& shown);
absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::ReportMeeting& shown);
absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::InvestigationStep& shown);
absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::Placement& shown);
absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::Transfer& shown);

// Marks the child's identity as protected or as not protected: `after.identity_protected`, which
// is then to hold for all reports of the child. FAILED_PRECONDITION, reason ALREADY_PROTECTED or
// NOT_PROTECTED, where that is so.
absl::StatusOr<ReportChange> MarkProtectedIdentity(const rules::RuleSet& rules, ReportRecord record,
                                                   const v1::MarkProtectedIdentityRequest& request, const Act& act);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_PROTECTED_IDENTITY_H_
