#include "services/intake/follow_up_service.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/follow_up.grpc.pb.h"
#include "services/intake/follow_up.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

void RequireNotice(const v1::FollowUpNotice& notice, const std::string& field, status::Violations& violations) {
  RequireChoice(notice.concerned(), field + ".concerned", "CHILD, GUARDIANS", violations);
  LimitText(notice.not_told_reasons(), field + ".not_told_reasons", violations);
}

// One each of those concerned, at most.
void RequireNotices(const google::protobuf::RepeatedPtrField<v1::FollowUpNotice>& notices,
                    status::Violations& violations) {
  if (notices.size() > 2) {
    violations.Add("notices", "expected one of the child and one of the guardians, at most",
                   "Ange högst en underrättelse för barnet och en för vårdnadshavarna.");
    return;
  }
  for (int i = 0; i < notices.size(); ++i) RequireNotice(notices[i], absl::StrCat("notices[", i, "]"), violations);
}

}  // namespace

absl::StatusOr<v1::FollowUp> FollowUpService::BeginFollowUp(const rpc::CallContext& call,
                                                            const v1::BeginFollowUpRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey investigation = RequireName(request.parent(), "investigations", "parent", violations);
  RequireChoice(request.ground(), "ground", "PARTICULAR_NEED, AFTER_COMPULSORY_CARE", violations);
  if (request.ground() == v1::FollowUp::PARTICULAR_NEED) {
    RequireText(request.need(), "need", violations);
  } else {
    LimitText(request.need(), "need", violations);
  }
  ResourceKey placement_key;
  if (!request.placement().empty()) {
    placement_key = RequireName(request.placement(), "placements", "placement", violations);
  }
  RequireNotices(request.notices(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  // One that has ended stays so.
  std::optional<PlacementRecord> placement;
  if (!request.placement().empty()) {
    ASSIGN_OR_RETURN(placement, placements_.Find(call, placement_key));
    RETURN_IF_ERROR(CheckMayHandlePart(call.caller, placement->parent, "placement"));
  }
  const v1::Placement* const followed = placement.has_value() ? &placement->resource : nullptr;
  return calls_.Add(call, investigation, request, [&](const PartParent& parent, const std::string& name) {
    return intake::BeginFollowUp(parts_.rules, parent, request, followed, name, ActOf(call));
  });
}

absl::StatusOr<v1::FollowUp> FollowUpService::RecordFollowUpNotice(
    const rpc::CallContext& call, const v1::RecordFollowUpNoticeRequest& request) const {
  status::Violations violations;
  const ResourceKey key = calls_.RequireChange(request, violations);
  RequireNotice(request.notice(), "notice", violations);
  RequireChoice(request.notice().occasion(), "notice.occasion", "START, END", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return calls_.Change(call, key, request, [&](FollowUpRecord record) {
    return intake::RecordFollowUpNotice(std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::FollowUp> FollowUpService::EndFollowUp(const rpc::CallContext& call,
                                                          const v1::EndFollowUpRequest& request) const {
  status::Violations violations;
  const ResourceKey key = calls_.RequireChange(request, violations);
  RequireText(request.reasons(), "reasons", violations);
  RequireNotices(request.notices(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return calls_.Change(call, key, request, [&](FollowUpRecord record) {
    return intake::EndFollowUp(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::FollowUp> FollowUpService::GetFollowUp(const rpc::CallContext& call,
                                                          const v1::GetFollowUpRequest& request) const {
  return calls_.Get(call, request.name());
}

absl::StatusOr<v1::ListFollowUpsResponse> FollowUpService::ListFollowUps(
    const rpc::CallContext& call, const v1::ListFollowUpsRequest& request) const {
  v1::ListFollowUpsResponse response;
  RETURN_IF_ERROR(calls_.List(call, request, response, *response.mutable_follow_ups()));
  return response;
}

std::unique_ptr<rpc::Service> FollowUpService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::FollowUpService>(), adapter);
  service->Add("BeginFollowUp", this, &FollowUpService::BeginFollowUp);
  service->Add("RecordFollowUpNotice", this, &FollowUpService::RecordFollowUpNotice);
  service->Add("EndFollowUp", this, &FollowUpService::EndFollowUp);
  service->Add("GetFollowUp", this, &FollowUpService::GetFollowUp);
  service->Add("ListFollowUps", this, &FollowUpService::ListFollowUps);
  return service;
}

}  // namespace samverkan::intake
