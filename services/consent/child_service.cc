#include "services/consent/child_service.h"

#include <utility>

#include "libs/calendar/calendar.h"
#include "libs/pg/uuid.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/child.grpc.pb.h"
#include "services/consent/request_fields.h"

namespace samverkan::consent {
namespace {

constexpr char kCollection[] = "children";

absl::CivilDay TodayOf(const rpc::CallContext& call) { return calendar::LegalDay(call.now); }

ChildStore::Hold RequireHold(const v1::SetHoldRequest& request, status::Violations& violations) {
  const ResourceKey child = RequireName(request.name(), kCollection, "name", violations);
  const ResourceKey report = RequireName(request.report(), "reports", "report", violations);
  const auto authority = resource_name::Match("municipalities/{municipality}/authorities/{id}", request.authority());
  const auto is_there = [&](const ResourceKey& key) {
    return key.municipality.empty() || key.municipality == authority->front();
  };
  if (!authority.has_value() || !is_there(child) || !is_there(report)) {
    violations.Add("authority",
                   "expected the authority that keeps the report, `municipalities/{code}/authorities/{authority}`, in "
                   "the municipality of the child and the report",
                   "Ange nämnden som har anmälan, i barnets och anmälans kommun.");
    return {};
  }
  return {{.municipality = authority->front(), .authority = authority->back()}, child.id, report.id};
}

// The suite's own services keep reports of all authorities.
absl::Status CheckMaySetHold(const auth::Caller& caller, const pg::Scope& authority) {
  if (caller.IsService()) return absl::OkStatus();
  if (caller.municipality == authority.municipality && caller.authority == authority.authority) return absl::OkStatus();
  return status::PermissionDenied({.reason = "NOT_YOUR_AUTHORITY",
                                   .message = "a hold is set and released at one's own authority",
                                   .swedish = "Spärr gäller bara den egna nämnden."});
}

}  // namespace

absl::StatusOr<v1::Child> ChildService::Shown(const rpc::CallContext& call, const ChildRecord& record,
                                              const std::string& part) const {
  ASSIGN_OR_RETURN(v1::Child view, ViewFor(call.caller, record, TodayOf(call)));
  RETURN_IF_ERROR(store_.RecordRead(call, record, part));
  return view;
}

absl::StatusOr<v1::Child> ChildService::Shown(const rpc::CallContext& call, const ChildStore::Changed& changed,
                                              const std::string& part) const {
  if (changed.repeated) return Shown(call, changed.record, part);
  return ViewAfterChange(call.caller, changed.record, TodayOf(call));
}

template <typename Request, typename Check, typename Change>
absl::StatusOr<v1::Child> ChildService::ChangeChild(const rpc::CallContext& call, const Request& request,
                                                    const Check& check, const Change& change,
                                                    const std::string& part) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  idempotency::CheckRequestId(request.request_id(), violations);
  RequireEtag(request.etag(), violations);
  check(violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  const auto transition = [&](ChildRecord record) -> absl::StatusOr<ChildRecord> {
    RETURN_IF_ERROR(CheckMaySee(call.caller, record));
    RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
    return change(std::move(record));
  };
  ASSIGN_OR_RETURN(const ChildStore::Changed changed, store_.Change(call, key, id, transition, part));
  return Shown(call, changed, part);
}

absl::StatusOr<v1::Child> ChildService::RegisterChild(const rpc::CallContext& call,
                                                      const v1::RegisterChildRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  CheckRegistration(call.caller, request, TodayOf(call), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  status::Violations none;
  ChildStore::Registration registration;
  registration.identity_digits =
      RequireIdentityNumber(request.identity_number(), "identity_number", TodayOf(call), none);
  if (!request.reference().empty()) {
    ASSIGN_OR_RETURN(registration.reference, pg::Uuid::Parse(request.reference()));
  }
  registration.create = [&](const pg::Uuid& reference) { return Register(call.caller, request, reference, call.now); };
  registration.join = [&](ChildRecord record) -> absl::StatusOr<ChildRecord> {
    RETURN_IF_ERROR(CheckMaySee(call.caller, record));
    return Join(std::move(record), request);
  };
  registration.merge = [&](ChildRecord into, const ChildRecord& from) {
    return Merge(std::move(into), from, TodayOf(call));
  };
  ASSIGN_OR_RETURN(const ChildStore::Changed changed, store_.Register(call, id, registration));
  return Shown(call, changed);
}

absl::StatusOr<v1::Child> ChildService::GetChild(const rpc::CallContext& call,
                                                 const v1::GetChildRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ChildRecord record, store_.Find(call, key));
  return Shown(call, record);
}

absl::StatusOr<v1::Child> ChildService::FindChild(const rpc::CallContext& call,
                                                  const v1::FindChildRequest& request) const {
  status::Violations violations;
  RequireOwnAuthority(call.caller, request.parent(), violations);
  const std::string digits =
      RequireIdentityNumber(request.identity_number(), "identity_number", TodayOf(call), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ChildRecord record, store_.FindByNumber(call, digits));
  return Shown(call, record);
}

absl::StatusOr<v1::Child> ChildService::AssignChild(const rpc::CallContext& call,
                                                    const v1::AssignChildRequest& request) const {
  return ChangeChild(
      call, request, [&](status::Violations& violations) { CheckAssignment(call.caller, request, violations); },
      [&](ChildRecord record) { return Assign(std::move(record), request); });
}

absl::StatusOr<v1::Child> ChildService::RecordGuardian(const rpc::CallContext& call,
                                                       const v1::RecordGuardianRequest& request) const {
  return ChangeChild(
      call, request,
      [&](status::Violations& violations) { CheckGuardian(request.guardian(), "guardian", TodayOf(call), violations); },
      [&](ChildRecord record) { return AddGuardian(std::move(record), request.guardian(), TodayOf(call)); });
}

absl::StatusOr<v1::Child> ChildService::EndCustody(const rpc::CallContext& call,
                                                   const v1::EndCustodyRequest& request) const {
  return ChangeChild(
      call, request, [&](status::Violations& violations) { CheckEndOfCustody(request, violations); },
      [&](ChildRecord record) { return consent::EndCustody(std::move(record), request); });
}

absl::StatusOr<v1::Child> ChildService::RecordProtection(const rpc::CallContext& call,
                                                         const v1::RecordProtectionRequest& request) const {
  return ChangeChild(
      call, request, [&](status::Violations& violations) { CheckProtection(request.protection(), violations); },
      [&](ChildRecord record) { return AddProtection(std::move(record), request.protection()); });
}

absl::StatusOr<v1::Child> ChildService::RecordSpecialRepresentative(
    const rpc::CallContext& call, const v1::RecordSpecialRepresentativeRequest& request) const {
  return ChangeChild(
      call, request,
      [&](status::Violations& violations) { CheckSpecialRepresentative(request.special_representative(), violations); },
      [&](ChildRecord record) { return SetSpecialRepresentative(std::move(record), request.special_representative()); },
      kSpecialRepresentatives);
}

absl::StatusOr<v1::Child> ChildService::ChangeIdentityNumber(const rpc::CallContext& call,
                                                             const v1::ChangeIdentityNumberRequest& request) const {
  return ChangeChild(
      call, request,
      [&](status::Violations& violations) {
        CheckNewIdentityNumber(request.identity_number(), TodayOf(call), violations);
      },
      [&](ChildRecord record) {
        return consent::ChangeIdentityNumber(std::move(record), request.identity_number(), TodayOf(call));
      });
}

absl::StatusOr<v1::SetHoldResponse> ChildService::SetHold(const rpc::CallContext& call,
                                                          const v1::SetHoldRequest& request) const {
  status::Violations violations;
  const ChildStore::Hold hold = RequireHold(request, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  RETURN_IF_ERROR(CheckMaySetHold(call.caller, hold.authority));
  RETURN_IF_ERROR(store_.SetHold(call, hold, request.on_hold()));
  return v1::SetHoldResponse();
}

std::unique_ptr<rpc::Service> ChildService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::ChildService>(), adapter);
  service->Add("RegisterChild", this, &ChildService::RegisterChild);
  service->Add("GetChild", this, &ChildService::GetChild);
  service->Add("FindChild", this, &ChildService::FindChild);
  service->Add("AssignChild", this, &ChildService::AssignChild);
  service->Add("RecordGuardian", this, &ChildService::RecordGuardian);
  service->Add("EndCustody", this, &ChildService::EndCustody);
  service->Add("RecordProtection", this, &ChildService::RecordProtection);
  service->Add("RecordSpecialRepresentative", this, &ChildService::RecordSpecialRepresentative);
  service->Add("ChangeIdentityNumber", this, &ChildService::ChangeIdentityNumber);
  service->Add("SetHold", this, &ChildService::SetHold);
  return service;
}

}  // namespace samverkan::consent
