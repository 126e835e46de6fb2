#include "services/intake/assessment_service.h"

#include <utility>

#include "libs/pg/uuid.h"
#include "libs/rpc/service.h"
#include "libs/status/macros.h"
#include "samverkan/intake/v1/assessment.grpc.pb.h"
#include "services/intake/assessment.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {

absl::StatusOr<v1::Report> AssessmentService::RecordProtectionAssessment(
    const rpc::CallContext& call, const v1::RecordProtectionAssessmentRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RequireEtag(request.etag(), violations);
  RequireChoice(request.need(), "need", "NO_IMMEDIATE_PROTECTION, IMMEDIATE_PROTECTION", violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return ChangeReport(parts_, store_, call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return intake::RecordProtectionAssessment(std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Report> AssessmentService::ExtendPreliminaryAssessment(
    const rpc::CallContext& call, const v1::ExtendPreliminaryAssessmentRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.ground(), "ground", violations);
  RequireText(request.reasons(), "reasons", violations);
  RequireDay(request.latest_date(), "latest_date", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return ChangeReport(parts_, store_, call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return intake::ExtendPreliminaryAssessment(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Report> AssessmentService::DecideReport(const rpc::CallContext& call,
                                                           const v1::DecideReportRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RequireEtag(request.etag(), violations);
  RequireChoice(request.outcome(), "outcome", "OPENED, NOT_OPENED, ADDED_TO_RUNNING", violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  const std::string investigation = MakeName(key.municipality, "investigations", pg::Uuid::FromTime(call.now));
  return ChangeReport(parts_, store_, call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return Decide(parts_.rules, std::move(record), request, investigation, ActOf(call));
  });
}

std::unique_ptr<rpc::Service> AssessmentService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::AssessmentService>(), adapter);
  service->Add("RecordProtectionAssessment", this, &AssessmentService::RecordProtectionAssessment);
  service->Add("ExtendPreliminaryAssessment", this, &AssessmentService::ExtendPreliminaryAssessment);
  service->Add("DecideReport", this, &AssessmentService::DecideReport);
  return service;
}

}  // namespace samverkan::intake
