#include "services/intake/decision_service.h"

#include <string>
#include <utility>

#include "libs/pg/uuid.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/decision.grpc.pb.h"
#include "services/intake/decision.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {

absl::StatusOr<v1::ExportDecisionsResponse> DecisionService::Sign(std::vector<v1::DecisionStatement> statements,
                                                                  absl::Time exported) const {
  v1::ExportDecisionsResponse response;
  for (v1::DecisionStatement& statement : statements) {
    // Random, so that the id of a document says nothing of another one.
    ASSIGN_OR_RETURN(const std::string payload, PayloadOf(statement, exported, pg::Uuid::Random().ToString()));
    v1::SignedDecision& decision = *response.add_decisions();
    decision.set_jws(keys_.Sign(payload, kDecisionType));
    *decision.mutable_statement() = std::move(statement);
  }
  return response;
}

absl::StatusOr<v1::ExportDecisionsResponse> DecisionService::ExportOfReport(const rpc::CallContext& call,
                                                                            const ResourceKey& key) const {
  ASSIGN_OR_RETURN(const ReportRecord record, reports_.Find(call, key));
  RETURN_IF_ERROR(CheckMayHandle(call.caller, record));
  ASSIGN_OR_RETURN(const v1::Report shown, ViewFor(parts_.rules, call.caller, record, call.now));
  ASSIGN_OR_RETURN(v1::ExportDecisionsResponse response, Sign(DecisionsOf(shown), call.now));
  response.set_on_hold(IsOnHold(shown));
  response.set_identity_protected(record.identity_protected);
  RETURN_IF_ERROR(reports_.RecordRead(call, {&record}, {}));
  return response;
}

absl::StatusOr<v1::ExportDecisionsResponse> DecisionService::ExportOfInvestigation(const rpc::CallContext& call,
                                                                                   const ResourceKey& key) const {
  ASSIGN_OR_RETURN(const InvestigationRecord record, investigations_.Find(call, key));
  RETURN_IF_ERROR(CheckMayHandle(call.caller, record));
  ASSIGN_OR_RETURN(const v1::Investigation shown, ViewFor(parts_.rules, call.caller, record, call.now));
  ASSIGN_OR_RETURN(v1::ExportDecisionsResponse response, Sign(DecisionsOf(shown), call.now));
  response.set_identity_protected(record.identity_protected);
  RETURN_IF_ERROR(investigations_.RecordRead(call, {&record}));
  return response;
}

absl::StatusOr<v1::ExportDecisionsResponse> DecisionService::ExportDecisions(
    const rpc::CallContext& call, const v1::ExportDecisionsRequest& request) const {
  if (const auto report = ParseName(request.name(), "reports"); report.has_value()) {
    return ExportOfReport(call, *report);
  }
  if (const auto investigation = ParseName(request.name(), "investigations"); investigation.has_value()) {
    return ExportOfInvestigation(call, *investigation);
  }
  return status::InvalidArgument(std::vector<status::FieldViolation>{
      {"name",
       "expected a report or an investigation, `municipalities/{code}/reports/{uuid}` or "
       "`municipalities/{code}/investigations/{uuid}`",
       "Ange en anmälan eller en utredning."}});
}

absl::StatusOr<v1::SigningKeys> DecisionService::GetSigningKeys(const rpc::CallContext&,
                                                                const v1::GetSigningKeysRequest&) const {
  v1::SigningKeys keys;
  keys.set_jwks(keys_.PublicJwks());
  return keys;
}

std::unique_ptr<rpc::Service> DecisionService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::DecisionService>(), adapter);
  service->Add("ExportDecisions", this, &DecisionService::ExportDecisions);
  service->Add("GetSigningKeys", this, &DecisionService::GetSigningKeys);
  return service;
}

}  // namespace samverkan::intake
