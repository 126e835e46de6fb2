#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "libs/auth/caller.h"
#include "libs/proto_time/proto_time.h"
#include "samverkan/intake/v1/deadline.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/investigation.h"
#include "services/intake/report.h"

// What placements, transfers and follow-ups share: each hangs on an investigation, is handled
// by whoever handles that, and has clocks of its own. Pure functions over values.
namespace samverkan::intake {

// What a change must know of the child's reports at the authority.
struct ChildFacts {
  // Nothing where the child's number is not known or names no day.
  std::optional<absl::CivilDay> birth_day = {};
  // Whether one of them is on hold.
  bool on_hold = false;
};

// The investigation, and what is known of its child.
struct PartParent {
  InvestigationRecord investigation = {};
  // Filled in for changes only.
  ChildFacts child = {};
};

// A placement, a transfer or a follow-up with what decides who sees it.
template <typename Resource>
struct PartRecord {
  // All of it, save `etag` and what is withheld, which are filled in when it is shown.
  Resource resource = {};
  int64_t version = 1;
  PartParent parent = {};
};

// What a change made of one.
template <typename Resource>
struct PartChange {
  PartRecord<Resource> after = {};
  Happening happening = {};
  // What the change rests on, for the audit entry; empty where no law says it.
  std::string legal_basis = {};
};

// OK for who handles the investigation. PERMISSION_DENIED, reason EMERGENCY_ACCESS_READS_ONLY,
// where it may read in an emergency; NOT_FOUND for everybody else. `what` is the kind of the
// part, "placement".
absl::Status CheckMayHandlePart(const auth::Caller& caller, const PartParent& parent, const std::string& what);

// As CheckMayHandlePart, and OK for who may read in an emergency.
absl::Status CheckMayReadPart(const auth::Caller& caller, const PartParent& parent, const std::string& what);

// The board whose investigation it is.
Jurisdiction JurisdictionOf(const PartParent& parent);

// "P-043, SoL 2025:400 22:13" of a clock; empty of none.
std::string BasisOf(const v1::Deadline* deadline);

// A new part called `name` of the investigation, recorded by `act`.
template <typename Resource>
PartRecord<Resource> NewPart(const PartParent& parent, const std::string& name, const Act& act) {
  PartRecord<Resource> record;
  record.parent = parent;
  const v1::Investigation& investigation = parent.investigation.investigation;
  record.resource.set_name(name);
  record.resource.set_investigation(investigation.name());
  record.resource.set_authority(investigation.authority());
  record.resource.set_child(investigation.child());
  *record.resource.mutable_create_time() = proto_time::ToProto(act.time);
  return record;
}

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_H_
