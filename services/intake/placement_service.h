#ifndef SAMVERKAN_SERVICES_INTAKE_PLACEMENT_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_PLACEMENT_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/placement.pb.h"
#include "services/intake/investigation_part_calls.h"
#include "services/intake/investigation_part_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.PlacementService.
class PlacementService {
 public:
  // `store` must outlive the service.
  PlacementService(PlacementStore& store, const Parts& parts)
      : parts_(parts), calls_(store, parts, "placements", "placement") {}

  absl::StatusOr<v1::Placement> RecordPlacement(const rpc::CallContext& call,
                                                const v1::RecordPlacementRequest& request) const;
  absl::StatusOr<v1::Placement> GetPlacement(const rpc::CallContext& call,
                                             const v1::GetPlacementRequest& request) const;
  absl::StatusOr<v1::ListPlacementsResponse> ListPlacements(const rpc::CallContext& call,
                                                            const v1::ListPlacementsRequest& request) const;
  absl::StatusOr<v1::Placement> ReviewPlacement(const rpc::CallContext& call,
                                                const v1::ReviewPlacementRequest& request) const;
  absl::StatusOr<v1::Placement> RecordReturnHomeDialogue(const rpc::CallContext& call,
                                                         const v1::RecordReturnHomeDialogueRequest& request) const;
  absl::StatusOr<v1::Placement> EndPlacement(const rpc::CallContext& call,
                                             const v1::EndPlacementRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  const Parts parts_;
  const InvestigationPartCalls<v1::Placement> calls_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_PLACEMENT_SERVICE_H_
