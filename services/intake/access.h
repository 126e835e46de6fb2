#ifndef SAMVERKAN_SERVICES_INTAKE_ACCESS_H_
#define SAMVERKAN_SERVICES_INTAKE_ACCESS_H_

#include <string>

#include "absl/status/status.h"
#include "libs/auth/caller.h"

// Which rows a caller may see. A role grants methods (the access rule of the method);
// rows are granted by belonging: authority, unit, assignment, or having sent them.
// Pure functions.
namespace samverkan::intake {

// Where a case is handled, and by whom.
struct Placement {
  std::string municipality = {};
  std::string authority = {};
  std::string unit = {};
  // Subject of the caseworker's token; empty where it is assigned to nobody.
  std::string assignee = {};
};

// Who sent a report or asked for advice.
struct Sender {
  std::string municipality = {};
  std::string authority = {};
  // The first of the caller's units; empty where it has none.
  std::string unit = {};
  std::string subject = {};
  std::string system = {};
};

// The caller as a sender.
Sender SenderOf(const auth::Caller& caller);

// Whether the caller handles cases placed so: it works in the unit (reception,
// caseworker, manager), is assigned the case, or is on duty at the authority.
bool MayHandle(const auth::Caller& caller, const Placement& placement);

// Whether the caller works at the social services: receives, is on duty, handles cases or leads
// a unit.
bool WorksAtSocialServices(const auth::Caller& caller);

// Whether the caller, who may see a case placed so, may also see where the child is though its
// identity is protected: the caseworker it is assigned to, and whoever is on duty at the
// authority.
bool MaySeeWhereabouts(const auth::Caller& caller, const Placement& placement);

// Whether the caller works in the sender's unit, or is the sender where that has no unit.
bool BelongsToSender(const auth::Caller& caller, const Sender& sender);

// Whether the caller, as a reporter, belongs to the unit that sent it, or sent it.
bool MaySeeAsSender(const auth::Caller& caller, const Sender& sender);

// Whether the caller is the very person or account that sent it, as a reporter.
bool IsSender(const auth::Caller& caller, const Sender& sender);

// PERMISSION_DENIED, reason EMERGENCY_ACCESS_READS_ONLY: one who may read in an emergency
// changes nothing.
absl::Status EmergencyAccessReadsOnly();

// NOT_FOUND, marked as hiding a refusal: whether the resource is not there or may not
// be known of is not told. `what` is the resource's kind, "emergency access"; the reason is
// made of it, "EMERGENCY_ACCESS_NOT_FOUND". `owner` is where the resource is handled, where it is there: the
// refusal is recorded for whoever answers for its data.
absl::Status NotFound(const std::string& what, const Placement& owner = {});

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_ACCESS_H_
