#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/auth/caller.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/investigation.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/report.h"

// Investigations (utredningar). Pure functions; errors are FAILED_PRECONDITION with the
// reasons that samverkan.intake.v1.InvestigationService names.
namespace samverkan::intake {

// An investigation with what its changes must know.
struct InvestigationRecord {
  v1::Investigation investigation;
  int64_t version = 1;
  // Names of its reports on which feedback is owed.
  std::vector<std::string> feedback_owed;
  // Name of the investigation of the child that runs; empty where none does.
  std::string running_investigation;
  // Whether the child's identity is protected, by one of its reports at the authority.
  bool identity_protected = false;
  // Whether an emergency access of the caller opens it. Never of one in a list.
  bool emergency_access = false;
};

// What a change made of an investigation.
struct InvestigationChange {
  InvestigationRecord after;
  std::vector<Happening> happenings = {};
  std::string legal_basis = {};
  // The investigation that is opened beside.
  std::optional<v1::Investigation> opened = {};
};

Placement PlacementOf(const v1::Investigation& investigation);

// NOT_FOUND where the caller may not handle the investigation: only caseworkers and unit
// managers do. PERMISSION_DENIED, reason EMERGENCY_ACCESS_READS_ONLY, where it may read it in an
// emergency.
absl::Status CheckMayHandle(const auth::Caller& caller, const InvestigationRecord& record);

// Whether the caller may read the investigation by an emergency access alone.
bool ReadsInEmergency(const auth::Caller& caller, const InvestigationRecord& record);

// The investigation as the caller may see it at `time`: all for those who handle it or have
// declared an emergency access, NOT_FOUND for everybody else. Where the child's identity is
// protected the whereabouts are withheld, save from those of MaySeeWhereabouts. Other errors: as
// WithholdWhereabouts.
absl::StatusOr<v1::Investigation> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                          const InvestigationRecord& record, absl::Time time);

// The investigation as the caller sees it after a change that it was allowed to make, which may
// have taken it out of the caller's reach.
absl::StatusOr<v1::Investigation> ViewAfterChange(const rules::RuleSet& rules, const auth::Caller& caller,
                                                  const InvestigationRecord& record, absl::Time time);

// Extends it on the ground that the law names.
absl::StatusOr<InvestigationChange> ExtendInvestigation(const rules::RuleSet& rules, InvestigationRecord record,
                                                        const v1::ExtendInvestigationRequest& request, const Act& act);

// Closes it. `manager`: whether the caller leads the unit, and so may close although
// feedback is owed.
absl::StatusOr<InvestigationChange> CloseInvestigation(InvestigationRecord record,
                                                       const v1::CloseInvestigationRequest& request, bool manager,
                                                       const Act& act);

// Opens a new investigation called `name` after the closed one, on new facts.
absl::StatusOr<InvestigationChange> ReopenInvestigation(const rules::RuleSet& rules, InvestigationRecord record,
                                                        const v1::ReopenInvestigationRequest& request,
                                                        const std::string& name, const Act& act);

// Assigns it; `unit` is where it then is, by resource name.
absl::StatusOr<InvestigationChange> AssignInvestigation(InvestigationRecord record, const std::string& assignee,
                                                        const std::string& unit);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_H_
