#include "services/intake/placement_service.h"

#include <utility>

#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/placement.grpc.pb.h"
#include "services/intake/placement.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

// A child is placed no longer than it is one, and a little more.
constexpr absl::Duration kLongestPlacement = absl::Hours(24 * 366 * 21);

}  // namespace

absl::StatusOr<v1::Placement> PlacementService::RecordPlacement(const rpc::CallContext& call,
                                                                const v1::RecordPlacementRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey investigation = RequireName(request.parent(), "investigations", "parent", violations);
  RequireChoice(request.home(), "home",
                "FAMILY_HOME, EMERGENCY_HOME, RESIDENTIAL_HOME, SUPPORTED_HOUSING, SECURE_HOME, OTHER_HOME",
                violations);
  RequireChoice(request.ground(), "ground", "SOCIAL_SERVICES_ACT, CARE_OF_YOUNG_PERSONS_ACT", violations);
  RequireText(request.place(), "place", violations);
  RequireTime(request.has_start_time(), request.start_time(), "start_time", call.now - kLongestPlacement, call.now,
              violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return calls_.Add(call, investigation, request, [&](const PartParent& parent, const std::string& name) {
    return intake::RecordPlacement(parts_.rules, parent, request, name, ActOf(call));
  });
}

absl::StatusOr<v1::Placement> PlacementService::GetPlacement(const rpc::CallContext& call,
                                                             const v1::GetPlacementRequest& request) const {
  return calls_.Get(call, request.name());
}

absl::StatusOr<v1::ListPlacementsResponse> PlacementService::ListPlacements(
    const rpc::CallContext& call, const v1::ListPlacementsRequest& request) const {
  v1::ListPlacementsResponse response;
  RETURN_IF_ERROR(calls_.List(call, request, response, *response.mutable_placements()));
  return response;
}

absl::StatusOr<v1::Placement> PlacementService::ReviewPlacement(const rpc::CallContext& call,
                                                                const v1::ReviewPlacementRequest& request) const {
  status::Violations violations;
  const ResourceKey key = calls_.RequireChange(request, violations);
  RequireChoice(request.verdict(), "verdict", "GOES_ON, TO_END", violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return calls_.Change(call, key, request, [&](PlacementRecord record) {
    return intake::ReviewPlacement(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Placement> PlacementService::RecordReturnHomeDialogue(
    const rpc::CallContext& call, const v1::RecordReturnHomeDialogueRequest& request) const {
  status::Violations violations;
  const ResourceKey key = calls_.RequireChange(request, violations);
  RequireText(request.content(), "content", violations);
  RequireTime(request.has_hold_time(), request.hold_time(), "hold_time", call.now - kLongestPlacement, call.now,
              violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return calls_.Change(call, key, request, [&](PlacementRecord record) {
    return intake::RecordReturnHomeDialogue(std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Placement> PlacementService::EndPlacement(const rpc::CallContext& call,
                                                             const v1::EndPlacementRequest& request) const {
  status::Violations violations;
  const ResourceKey key = calls_.RequireChange(request, violations);
  RequireChoice(request.outcome(), "outcome", "RETURNED_HOME, MOVED, CUSTODY_TRANSFERRED, INDEPENDENT, OTHER",
                violations);
  RequireText(request.reasons(), "reasons", violations);
  LimitText(request.no_dialogue_reasons(), "no_dialogue_reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return calls_.Change(call, key, request, [&](PlacementRecord record) {
    return intake::EndPlacement(std::move(record), request, ActOf(call));
  });
}

std::unique_ptr<rpc::Service> PlacementService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::PlacementService>(), adapter);
  service->Add("RecordPlacement", this, &PlacementService::RecordPlacement);
  service->Add("GetPlacement", this, &PlacementService::GetPlacement);
  service->Add("ListPlacements", this, &PlacementService::ListPlacements);
  service->Add("ReviewPlacement", this, &PlacementService::ReviewPlacement);
  service->Add("RecordReturnHomeDialogue", this, &PlacementService::RecordReturnHomeDialogue);
  service->Add("EndPlacement", this, &PlacementService::EndPlacement);
  return service;
}

}  // namespace samverkan::intake
