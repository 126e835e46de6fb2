#ifndef SAMVERKAN_LIBS_AUTH_CALLER_H_
#define SAMVERKAN_LIBS_AUTH_CALLER_H_

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "samverkan/access/v1/access.pb.h"

namespace samverkan::auth {

// Who is calling, as a verified access token says it, or a service that acts for the bearer of
// one, or the certificate of a service that calls for itself. A plain value.
//
// A role grants methods, never rows: which rows the caller sees follows from
// municipality, authority, units and assignment, and is decided by the service.
struct Caller {
  // The person, or the service account, within `system` (claim `sub`). A service's own name.
  std::string subject;
  // The system that the person uses (claim `azp`), which the certificate names. A service's
  // own name.
  std::string system;
  // Official municipality code, four digits. Empty for a service, and for nobody else.
  std::string municipality;
  // The board (nämnd) within the municipality; empty where the caller belongs to none.
  std::string authority;
  // The units that the caller works in; may be empty.
  std::vector<std::string> units;
  // At least one; never ROLE_UNSPECIFIED; no role twice.
  std::vector<access::v1::Role> roles;
  // Whether the caller may take the decisions that rule P-017 keeps for qualified staff.
  bool qualified = false;
  // When the token ceases to hold (claim `exp`, without the allowance for skewed clocks).
  absl::Time expires;
  // The caller's name, where the token tells it (claims `given_name`, `family_name`). Personal:
  // for the audit log alone.
  std::string given_name = {};
  std::string family_name = {};
  // The service of the suite that calls on the caller's behalf; empty where the caller's own
  // system calls.
  std::string acting_service = {};

  // Whether one of the suite's services calls for itself. By its certificate only: no token
  // makes a service.
  bool IsService() const { return municipality.empty(); }

  // Whether the caller holds `role`.
  bool Has(access::v1::Role role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_CALLER_H_
