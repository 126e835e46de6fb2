#include "services/intake/consultation_service.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/calendar/calendar.h"
#include "libs/pg/uuid.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/consultation.grpc.pb.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

constexpr char kCollection[] = "consultations";

void RequireAuthority(const UnitDirectory& units, const std::string& parent, status::Violations& violations) {
  if (units.ReceptionOf(parent) != nullptr) return;
  violations.Add("parent",
                 "expected an authority that receives reports, `municipalities/{code}/authorities/{authority}`",
                 "Ange en nämnd som tar emot anmälningar.");
}

void RequireAnonymousText(const std::string& text, const std::string& field, const rpc::CallContext& call,
                          status::Violations& violations) {
  RequireText(text, field, violations);
  CheckNoIdentityNumber(text, field, calendar::LegalDay(call.now), violations);
}

}  // namespace

absl::StatusOr<v1::Consultation> ConsultationService::Shown(const rpc::CallContext& call,
                                                            const ConsultationStore::Changed& changed) const {
  ASSIGN_OR_RETURN(v1::Consultation view, ViewFor(call.caller, changed.record));
  if (changed.repeated) RETURN_IF_ERROR(store_.RecordRead(call, {&changed.record}));
  return view;
}

absl::StatusOr<v1::Consultation> ConsultationService::CreateConsultation(
    const rpc::CallContext& call, const v1::CreateConsultationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  RequireAuthority(parts_.units, request.parent(), violations);
  RequireAnonymousText(request.question(), "question", call, violations);
  CheckAge(request, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  const ConsultationRecord asked = Ask(request, pg::Uuid::FromTime(call.now), SenderOf(call.caller), ActOf(call));
  ASSIGN_OR_RETURN(const ConsultationStore::Changed changed, store_.Create(call, id, asked));
  return Shown(call, changed);
}

absl::StatusOr<v1::Consultation> ConsultationService::GetConsultation(const rpc::CallContext& call,
                                                                      const v1::GetConsultationRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ConsultationRecord record, store_.Find(call, key));
  ASSIGN_OR_RETURN(v1::Consultation view, ViewFor(call.caller, record));
  RETURN_IF_ERROR(store_.RecordRead(call, {&record}));
  return view;
}

absl::StatusOr<v1::ListConsultationsResponse> ConsultationService::ListConsultations(
    const rpc::CallContext& call, const v1::ListConsultationsRequest& request) const {
  status::Violations violations;
  const std::string municipality = RequireMunicipality(request.parent(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const ConsultationStore::Page page, store_.List(call, municipality, page_size, cursor));
  v1::ListConsultationsResponse response;
  std::vector<const ConsultationRecord*> shown;
  for (const ConsultationRecord& record : page.consultations) {
    ASSIGN_OR_RETURN(*response.add_consultations(), ViewFor(call.caller, record));
    shown.push_back(&record);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, shown));
  return response;
}

absl::StatusOr<v1::Consultation> ConsultationService::AdviseConsultation(
    const rpc::CallContext& call, const v1::AdviseConsultationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireAnonymousText(request.advice(), "advice", call, violations);
  RequireChoice(request.conclusion(), "conclusion", "REPORT_ADVISED, APPLICATION_ADVISED, NO_REPORT_ADVISED",
                violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(const ConsultationStore::Changed changed,
                   store_.Change(call, key, id, [&](ConsultationRecord record) -> absl::StatusOr<ConsultationChange> {
                     RETURN_IF_ERROR(CheckMayAdvise(call.caller, record));
                     RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
                     return Advise(std::move(record), request, ActOf(call));
                   }));
  return Shown(call, changed);
}

std::unique_ptr<rpc::Service> ConsultationService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::ConsultationService>(), adapter);
  service->Add("CreateConsultation", this, &ConsultationService::CreateConsultation);
  service->Add("GetConsultation", this, &ConsultationService::GetConsultation);
  service->Add("ListConsultations", this, &ConsultationService::ListConsultations);
  service->Add("AdviseConsultation", this, &ConsultationService::AdviseConsultation);
  return service;
}

}  // namespace samverkan::intake
