#include "services/intake/investigation_part.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/status.h"

namespace samverkan::intake {

absl::Status CheckMayHandlePart(const auth::Caller& caller, const PartParent& parent, const std::string& what) {
  absl::Status handled = CheckMayHandle(caller, parent.investigation);
  // What hangs on it is asked for, not the investigation.
  return absl::IsNotFound(handled) ? NotFound(what, PlacementOf(parent.investigation.investigation)) : handled;
}

absl::Status CheckMayReadPart(const auth::Caller& caller, const PartParent& parent, const std::string& what) {
  if (parent.investigation.emergency_access) return absl::OkStatus();
  return CheckMayHandlePart(caller, parent, what);
}

Jurisdiction JurisdictionOf(const PartParent& parent) {
  Placement placement = PlacementOf(parent.investigation.investigation);
  return {std::move(placement.municipality), std::move(placement.authority)};
}

std::string BasisOf(const v1::Deadline* deadline) {
  return deadline == nullptr ? std::string() : absl::StrCat(deadline->rule(), ", ", deadline->legal_basis());
}

}  // namespace samverkan::intake
