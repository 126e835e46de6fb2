#include "services/intake/emergency_access_service.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/calendar/calendar.h"
#include "libs/pg/uuid.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/emergency_access.grpc.pb.h"
#include "services/intake/emergency_access.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

constexpr char kCollection[] = "emergencyAccesses";

void RequireAuthority(const std::string& parent, status::Violations& violations) {
  if (resource_name::Match("municipalities/{municipality}/authorities/{id}", parent).has_value()) return;
  violations.Add("parent", "expected your authority, `municipalities/{code}/authorities/{authority}`",
                 "Ange din nämnd.");
}

absl::Status CheckOwnAuthority(const auth::Caller& caller, const std::string& authority) {
  if (authority == MakeName(caller.municipality, "authorities", caller.authority)) return absl::OkStatus();
  return status::PermissionDenied({.reason = "NOT_YOUR_AUTHORITY",
                                   .message = "an emergency access is declared and reviewed at one's own authority",
                                   .swedish = "Nödåtkomst gäller bara den egna nämnden."});
}

EmergencyAccessStore::ChildQuestion RequireChild(const rpc::CallContext& call,
                                                 const v1::DeclareEmergencyAccessRequest& request,
                                                 status::Violations& violations) {
  EmergencyAccessStore::ChildQuestion question;
  question.identity_digits = RequireIdentityDigits(request, calendar::LegalDay(call.now), violations);
  if (request.has_report()) question.report = RequireName(request.report(), "reports", "report", violations);
  if (request.has_investigation()) {
    question.investigation = RequireName(request.investigation(), "investigations", "investigation", violations);
  }
  return question;
}

}  // namespace

absl::StatusOr<v1::EmergencyAccess> EmergencyAccessService::DeclareEmergencyAccess(
    const rpc::CallContext& call, const v1::DeclareEmergencyAccessRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  RequireAuthority(request.parent(), violations);
  const EmergencyAccessStore::ChildQuestion question = RequireChild(call, request, violations);
  RequireText(request.reason(), "reason", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  RETURN_IF_ERROR(CheckOwnAuthority(call.caller, request.parent()));
  ASSIGN_OR_RETURN(const auto request_key, parts_.request_keys.Of(call, request.request_id(), request));
  const ResourceKey id{call.caller.municipality, pg::Uuid::FromTime(call.now)};
  const Declaration declaration{MakeName(id.municipality, kCollection, id.id), call.caller, call.role, call.now};
  ASSIGN_OR_RETURN(const EmergencyAccessStore::Declared declared,
                   store_.Declare(call, id, request_key, question, [&](const KnownChild& child) {
                     return Declare(parts_.rules, request, child, declaration);
                   }));
  if (declared.repeated) RETURN_IF_ERROR(store_.RecordRead(call, {&declared.record}));
  return DeclaredView(declared.record, declared.child, call.now);
}

absl::StatusOr<v1::ListEmergencyAccessesResponse> EmergencyAccessService::ListEmergencyAccesses(
    const rpc::CallContext& call, const v1::ListEmergencyAccessesRequest& request) const {
  status::Violations violations;
  RequireAuthority(request.parent(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  RETURN_IF_ERROR(CheckOwnAuthority(call.caller, request.parent()));
  EmergencyAccessStore::Filter filter{.state = request.state()};
  ASSIGN_OR_RETURN(filter.page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(filter.cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const EmergencyAccessStore::Page page, store_.List(call, filter));
  v1::ListEmergencyAccessesResponse response;
  std::vector<const EmergencyAccessRecord*> shown;
  for (const EmergencyAccessRecord& record : page.accesses) {
    RETURN_IF_ERROR(CheckMaySee(call.caller, record));
    *response.add_emergency_accesses() = View(record);
    shown.push_back(&record);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, shown));
  return response;
}

absl::StatusOr<v1::EmergencyAccess> EmergencyAccessService::ReviewEmergencyAccess(
    const rpc::CallContext& call, const v1::ReviewEmergencyAccessRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireChoice(request.verdict(), "verdict", "JUSTIFIED, NOT_JUSTIFIED", violations);
  RequireText(request.note(), "note", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(
      const EmergencyAccessStore::Changed changed,
      store_.Change(call, key, id, [&](EmergencyAccessRecord record) -> absl::StatusOr<EmergencyAccessChange> {
        RETURN_IF_ERROR(CheckMayReview(call.caller, record));
        RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
        return Review(std::move(record), request, ActOf(call));
      }));
  if (changed.repeated) {
    RETURN_IF_ERROR(CheckMaySee(call.caller, changed.record));
    RETURN_IF_ERROR(store_.RecordRead(call, {&changed.record}));
  }
  return View(changed.record);
}

std::unique_ptr<rpc::Service> EmergencyAccessService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::EmergencyAccessService>(), adapter);
  service->Add("DeclareEmergencyAccess", this, &EmergencyAccessService::DeclareEmergencyAccess);
  service->Add("ListEmergencyAccesses", this, &EmergencyAccessService::ListEmergencyAccesses);
  service->Add("ReviewEmergencyAccess", this, &EmergencyAccessService::ReviewEmergencyAccess);
  return service;
}

}  // namespace samverkan::intake
