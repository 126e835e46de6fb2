#ifndef SAMVERKAN_SERVICES_INTAKE_PLACEMENT_H_
#define SAMVERKAN_SERVICES_INTAKE_PLACEMENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/placement.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/investigation_part.h"

// Placements (placeringar) of children outside their home: not `Placement` of access.h, which
// says where a case is handled. Pure functions; errors with the reasons that
// samverkan.intake.v1.PlacementService names.
namespace samverkan::intake {

// The rule set's question about the review of placements (P-043).
inline constexpr char kPlacementReview[] = "placement_review";

using PlacementRecord = PartRecord<v1::Placement>;
using PlacementChange = PartChange<v1::Placement>;

// The placement as the caller may see it at `time`; NOT_FOUND, reason PLACEMENT_NOT_FOUND, where
// it may not. Where the child's identity is protected the whereabouts are withheld, save from
// those of MaySeeWhereabouts. Other errors: as WithholdWhereabouts.
absl::StatusOr<v1::Placement> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                      const PlacementRecord& record, absl::Time time);

// A new placement called `name`; its clock takes the law of the day that the child was placed.
absl::StatusOr<PlacementChange> RecordPlacement(const rules::RuleSet& rules, const PartParent& parent,
                                                const v1::RecordPlacementRequest& request, const std::string& name,
                                                const Act& act);

// The changes, of a placement that goes on.
absl::StatusOr<PlacementChange> ReviewPlacement(const rules::RuleSet& rules, PlacementRecord record,
                                                const v1::ReviewPlacementRequest& request, const Act& act);
absl::StatusOr<PlacementChange> RecordReturnHomeDialogue(PlacementRecord record,
                                                         const v1::RecordReturnHomeDialogueRequest& request,
                                                         const Act& act);
absl::StatusOr<PlacementChange> EndPlacement(PlacementRecord record, const v1::EndPlacementRequest& request,
                                             const Act& act);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_PLACEMENT_H_
