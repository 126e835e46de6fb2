#include "services/consent/retention_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/calendar/calendar.h"
#include "libs/pg/uuid.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/retention.grpc.pb.h"
#include "services/consent/child.h"
#include "services/consent/request_fields.h"

namespace samverkan::consent {
namespace {

constexpr char kErasures[] = "erasures";
constexpr char kLegalHolds[] = "legalHolds";

Act ActOf(const rpc::CallContext& call) { return {call.caller.subject, call.now}; }

}  // namespace

absl::StatusOr<v1::ListErasuresResponse> RetentionService::ListErasures(const rpc::CallContext& call,
                                                                        const v1::ListErasuresRequest& request) const {
  status::Violations violations;
  RequireOwnAuthority(call.caller, request.parent(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const RetentionStore::ErasurePage page,
                   store_.ListErasures(call, request.state(), page_size, cursor));
  v1::ListErasuresResponse response;
  std::vector<std::string> children, resources;
  for (const ErasureRecord& record : page.erasures) {
    *response.add_erasures() = ViewOf(record);
    for (std::string& child : ChildrenToldOf(record.erasure)) children.push_back(std::move(child));
    resources.push_back(record.erasure.name());
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, children, resources));
  return response;
}

absl::StatusOr<v1::Erasure> RetentionService::GetErasure(const rpc::CallContext& call,
                                                         const v1::GetErasureRequest& request) const {
  status::Violations violations;
  const ResourceKey id = RequireName(request.name(), kErasures, "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ErasureRecord record, store_.FindErasure(call, id));
  RETURN_IF_ERROR(store_.RecordRead(call, ChildrenToldOf(record.erasure), {record.erasure.name()}));
  return ViewOf(record);
}

absl::StatusOr<v1::Erasure> RetentionService::ApproveErasure(const rpc::CallContext& call,
                                                             const v1::ApproveErasureRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey id = RequireName(request.name(), kErasures, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto key, parts_.request_keys.Of(call, request.request_id(), request));
  const auto approve = [&](ErasureRecord record, const std::optional<ChildFile>& file,
                           bool held) -> absl::StatusOr<ErasureRecord> {
    RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
    ASSIGN_OR_RETURN(const std::vector<v1::ErasureGround> grounds,
                     ErasableOn(parts_.rules, file, calendar::LegalDay(call.now)));
    return consent::ApproveErasure(std::move(record), grounds, held, request.reasons(), ActOf(call));
  };
  ASSIGN_OR_RETURN(const RetentionStore::ChangedErasure changed, store_.Approve(call, id, key, approve));
  if (changed.repeated) {
    RETURN_IF_ERROR(store_.RecordRead(call, ChildrenToldOf(changed.record.erasure), {changed.record.erasure.name()}));
  }
  return ViewOf(changed.record);
}

absl::StatusOr<v1::LegalHold> RetentionService::PlaceLegalHold(const rpc::CallContext& call,
                                                               const v1::PlaceLegalHoldRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  RequireOwnAuthority(call.caller, request.parent(), violations);
  RequireChild(request.child(), "child", violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto key, parts_.request_keys.Of(call, request.request_id(), request));
  const std::string name = MakeName(call.caller.municipality, kLegalHolds, pg::Uuid::FromTime(call.now));
  ASSIGN_OR_RETURN(const RetentionStore::ChangedHold changed,
                   store_.PlaceHold(call, key, consent::PlaceLegalHold(request, name, ActOf(call))));
  if (changed.repeated) {
    RETURN_IF_ERROR(store_.RecordRead(call, {changed.record.hold.child()}, {changed.record.hold.name()}));
  }
  return ViewOf(changed.record);
}

absl::StatusOr<v1::LegalHold> RetentionService::ReleaseLegalHold(const rpc::CallContext& call,
                                                                 const v1::ReleaseLegalHoldRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey id = RequireName(request.name(), kLegalHolds, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto key, parts_.request_keys.Of(call, request.request_id(), request));
  const auto release = [&](LegalHoldRecord record) -> absl::StatusOr<LegalHoldRecord> {
    RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
    return consent::ReleaseLegalHold(std::move(record), request.reasons(), ActOf(call));
  };
  ASSIGN_OR_RETURN(const RetentionStore::ChangedHold changed, store_.ChangeHold(call, id, key, release));
  if (changed.repeated) {
    RETURN_IF_ERROR(store_.RecordRead(call, {changed.record.hold.child()}, {changed.record.hold.name()}));
  }
  return ViewOf(changed.record);
}

absl::StatusOr<v1::ListLegalHoldsResponse> RetentionService::ListLegalHolds(
    const rpc::CallContext& call, const v1::ListLegalHoldsRequest& request) const {
  status::Violations violations;
  RequireOwnAuthority(call.caller, request.parent(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const RetentionStore::HoldPage page, store_.ListHolds(call, page_size, cursor));
  v1::ListLegalHoldsResponse response;
  std::vector<std::string> children, resources;
  for (const LegalHoldRecord& record : page.holds) {
    *response.add_legal_holds() = ViewOf(record);
    children.push_back(record.hold.child());
    resources.push_back(record.hold.name());
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, children, resources));
  return response;
}

std::unique_ptr<rpc::Service> RetentionService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::RetentionService>(), adapter);
  service->Add("ListErasures", this, &RetentionService::ListErasures);
  service->Add("GetErasure", this, &RetentionService::GetErasure);
  service->Add("ApproveErasure", this, &RetentionService::ApproveErasure);
  service->Add("PlaceLegalHold", this, &RetentionService::PlaceLegalHold);
  service->Add("ReleaseLegalHold", this, &RetentionService::ReleaseLegalHold);
  service->Add("ListLegalHolds", this, &RetentionService::ListLegalHolds);
  return service;
}

}  // namespace samverkan::consent
