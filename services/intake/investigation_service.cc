#include "services/intake/investigation_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/investigation.grpc.pb.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

constexpr char kCollection[] = "investigations";

bool LeadsUnitOf(const auth::Caller& caller, const v1::Investigation& investigation) {
  const std::string unit = LastPart(investigation.unit());
  return caller.Has(access::v1::UNIT_MANAGER) &&
         std::find(caller.units.begin(), caller.units.end(), unit) != caller.units.end();
}

// Who made a change sees what came of it, also where it took the investigation out of
// its reach.
v1::Investigation WithEtag(const InvestigationRecord& record) {
  v1::Investigation view = record.investigation;
  view.set_etag(Etag(record.version));
  return view;
}

}  // namespace

template <typename Request>
absl::StatusOr<v1::Investigation> InvestigationService::Change(const rpc::CallContext& call, const ResourceKey& key,
                                                               const ResourceKey& result, const Request& request,
                                                               const InvestigationStore::Transition& transition) const {
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(
      const InvestigationStore::Changed changed,
      store_.Change(call, key, result, id, [&](InvestigationRecord record) -> absl::StatusOr<InvestigationChange> {
        RETURN_IF_ERROR(ViewFor(call.caller, record).status());
        RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
        return transition(std::move(record));
      }));
  if (!changed.repeated) return WithEtag(changed.record);
  ASSIGN_OR_RETURN(v1::Investigation view, ViewFor(call.caller, changed.record));
  RETURN_IF_ERROR(store_.RecordRead(call, {&changed.record}));
  return view;
}

absl::StatusOr<v1::Investigation> InvestigationService::GetInvestigation(
    const rpc::CallContext& call, const v1::GetInvestigationRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const InvestigationRecord record, store_.Find(call, key));
  ASSIGN_OR_RETURN(v1::Investigation view, ViewFor(call.caller, record));
  RETURN_IF_ERROR(store_.RecordRead(call, {&record}));
  return view;
}

absl::StatusOr<v1::ListInvestigationsResponse> InvestigationService::ListInvestigations(
    const rpc::CallContext& call, const v1::ListInvestigationsRequest& request) const {
  status::Violations violations;
  const std::string municipality = RequireMunicipality(request.parent(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const InvestigationStore::Page page, store_.List(call, municipality, page_size, cursor));
  v1::ListInvestigationsResponse response;
  std::vector<const InvestigationRecord*> shown;
  for (const InvestigationRecord& record : page.investigations) {
    ASSIGN_OR_RETURN(*response.add_investigations(), ViewFor(call.caller, record));
    shown.push_back(&record);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, shown));
  return response;
}

absl::StatusOr<v1::Investigation> InvestigationService::ExtendInvestigation(
    const rpc::CallContext& call, const v1::ExtendInvestigationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.ground(), "ground", violations);
  RequireText(request.reasons(), "reasons", violations);
  RequireDay(request.latest_date(), "latest_date", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, key, request, [&](InvestigationRecord record) {
    return intake::ExtendInvestigation(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Investigation> InvestigationService::CloseInvestigation(
    const rpc::CallContext& call, const v1::CloseInvestigationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireChoice(request.result(), "result", "WITH_MEASURE, WITHOUT_MEASURE", violations);
  RequireText(request.reasons(), "reasons", violations);
  LimitText(request.feedback_owed_reason(), "feedback_owed_reason", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, key, request, [&](InvestigationRecord record) {
    const bool manager = LeadsUnitOf(call.caller, record.investigation);
    return intake::CloseInvestigation(std::move(record), request, manager, ActOf(call));
  });
}

absl::StatusOr<v1::Investigation> InvestigationService::ReopenInvestigation(
    const rpc::CallContext& call, const v1::ReopenInvestigationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  // That new facts are given is the law's question, and answered as such.
  LimitText(request.new_facts(), "new_facts", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  const ResourceKey opened{key.municipality, pg::Uuid::FromTime(call.now)};
  return Change(call, key, opened, request, [&](InvestigationRecord record) {
    const std::string name = MakeName(opened.municipality, kCollection, opened.id);
    return intake::ReopenInvestigation(parts_.rules, std::move(record), request, name, ActOf(call));
  });
}

absl::StatusOr<v1::Investigation> InvestigationService::AssignInvestigation(
    const rpc::CallContext& call, const v1::AssignInvestigationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.assignee(), "assignee", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, key, request, [&](InvestigationRecord record) -> absl::StatusOr<InvestigationChange> {
    const std::string unit = request.unit().empty() ? record.investigation.unit() : request.unit();
    RETURN_IF_ERROR(CheckUnitOf(parts_.units, unit, record.investigation.authority(), "unit"));
    return intake::AssignInvestigation(std::move(record), request.assignee(), unit);
  });
}

std::unique_ptr<rpc::Service> InvestigationService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::InvestigationService>(), adapter);
  service->Add("GetInvestigation", this, &InvestigationService::GetInvestigation);
  service->Add("ListInvestigations", this, &InvestigationService::ListInvestigations);
  service->Add("ExtendInvestigation", this, &InvestigationService::ExtendInvestigation);
  service->Add("CloseInvestigation", this, &InvestigationService::CloseInvestigation);
  service->Add("ReopenInvestigation", this, &InvestigationService::ReopenInvestigation);
  service->Add("AssignInvestigation", this, &InvestigationService::AssignInvestigation);
  return service;
}

}  // namespace samverkan::intake
