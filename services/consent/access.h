#ifndef SAMVERKAN_SERVICES_CONSENT_ACCESS_H_
#define SAMVERKAN_SERVICES_CONSENT_ACCESS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/auth/caller.h"
#include "libs/pg/scope.h"

// Which children a caller may see. A role grants methods (the access rule of the method); a child,
// and what was asked, decided and told about it, is seen by belonging: authority, unit, assignment.
// Pure functions.
namespace samverkan::consent {

// Where a child is known, who works with it and who is assigned to it.
struct Placement {
  std::string municipality = {};
  std::string authority = {};
  // Last parts of the units' names.
  std::vector<std::string> units = {};
  // Subject of a person's token; empty where it is assigned to nobody.
  std::string assignee = {};
};

// Whether the caller sees a child placed so: it works in one of the units, is assigned to the
// child, or is on duty at the authority. Reporters (school, preschool, health care) as those of the
// social services, each at its own authority.
bool MaySee(const auth::Caller& caller, const Placement& placement);

// Whether the caller, who may see a child placed so, may also see where it is though its identity
// is protected: the one assigned to it, and whoever is on duty at the authority.
bool MaySeeWhereabouts(const auth::Caller& caller, const Placement& placement);

// NOT_FOUND, marked as hiding a refusal: whether the resource is not there or may not be known of
// is not told. `what` is the resource's kind, "child"; the reason is made of it,
// "CHILD_NOT_FOUND". `owner` is the authority that has it, where it is there: the refusal is
// recorded for whoever answers for its data.
absl::Status NotFound(const std::string& what, const pg::Scope& owner = {});

// ABORTED, reason CHILD_CHANGING: a child changes faster than it can be worked with.
absl::Status ChildChanging();

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_ACCESS_H_
