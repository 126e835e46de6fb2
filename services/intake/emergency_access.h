#ifndef SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_H_
#define SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/rules/rule_set.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/emergency_access.pb.h"
#include "services/intake/access.h"
#include "services/intake/deadline.h"
#include "services/intake/report.h"

// Emergency access (nödåtkomst): reading what one does not handle, by one's own declaration.
// Pure functions; errors with the reasons that samverkan.intake.v1.EmergencyAccessService
// names.
namespace samverkan::intake {

// An emergency access with what decides who sees it.
struct EmergencyAccessRecord {
  // All of it, save `etag`, `reports` and `investigations`, which are filled in when it is
  // shown.
  v1::EmergencyAccess access;
  int64_t version = 1;
  bool identity_protected = false;
  // Whether the child is handled by a unit of the caller for whom it was read.
  bool handled_by_caller = false;
};

// A child of a board, and what there is about it.
struct KnownChild {
  // Reference.
  std::string child = {};
  // Resource names, the latest first.
  std::vector<std::string> reports = {};
  std::vector<std::string> investigations = {};
  bool identity_protected = false;
};

// Who declares an emergency, and which resource it becomes.
struct Declaration {
  std::string name;
  auth::Caller caller;
  // The role that the call rests on.
  access::v1::Role role = access::v1::ROLE_UNSPECIFIED;
  absl::Time time;
};

// What a change made of an emergency access.
struct EmergencyAccessChange {
  EmergencyAccessRecord after;
  Happening happening;
  std::string legal_basis = {};
};

// The 12 digits of the child's identity number, where the request names the child by it. Adds
// a violation where that is none, or where no child is named at all.
std::string RequireIdentityDigits(const v1::DeclareEmergencyAccessRequest& request, absl::CivilDay today,
                                  status::Violations& violations);

// A new emergency access, that ends as the rule set of the day says.
absl::StatusOr<EmergencyAccessChange> Declare(const rules::RuleSet& rules,
                                              const v1::DeclareEmergencyAccessRequest& request, const KnownChild& child,
                                              const Declaration& declaration);

// Where it was declared; it belongs to no unit and is assigned to nobody.
Jurisdiction JurisdictionOf(const v1::EmergencyAccess& access);

// OK for a manager of a unit that handles the child, and for the authority's auditors; NOT_FOUND
// for everybody else.
absl::Status CheckMaySee(const auth::Caller& caller, const EmergencyAccessRecord& record);

// OK for a manager of a unit that handles the child. PERMISSION_DENIED, reason OWN_ACTION,
// where it declared the emergency itself; NOT_FOUND for everybody else.
absl::Status CheckMayReview(const auth::Caller& caller, const EmergencyAccessRecord& record);

// The emergency access as all see it who may.
v1::EmergencyAccess View(const EmergencyAccessRecord& record);

// As View, with what it opens to who declared it, while it does.
v1::EmergencyAccess DeclaredView(const EmergencyAccessRecord& record, const KnownChild& child, absl::Time time);

// Adds a review. FAILED_PRECONDITION, reason TOO_MANY_REVIEWS.
absl::StatusOr<EmergencyAccessChange> Review(EmergencyAccessRecord record,
                                             const v1::ReviewEmergencyAccessRequest& request, const Act& act);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_H_
