#ifndef SAMVERKAN_SERVICES_INTAKE_DECISION_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_DECISION_SERVICE_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/auth/signing_keys.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/decision.pb.h"
#include "services/intake/investigation_store.h"
#include "services/intake/report_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.DecisionService. Decisions are stored with what they are made on.
class DecisionService {
 public:
  // Stores and keys must outlive the service.
  DecisionService(ReportStore& reports, InvestigationStore& investigations, const auth::SigningKeys& keys,
                  const Parts& parts)
      : reports_(reports), investigations_(investigations), keys_(keys), parts_(parts) {}

  absl::StatusOr<v1::ExportDecisionsResponse> ExportDecisions(const rpc::CallContext& call,
                                                              const v1::ExportDecisionsRequest& request) const;
  absl::StatusOr<v1::SigningKeys> GetSigningKeys(const rpc::CallContext& call,
                                                 const v1::GetSigningKeysRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  absl::StatusOr<v1::ExportDecisionsResponse> ExportOfReport(const rpc::CallContext& call,
                                                             const ResourceKey& key) const;
  absl::StatusOr<v1::ExportDecisionsResponse> ExportOfInvestigation(const rpc::CallContext& call,
                                                                    const ResourceKey& key) const;
  // Each statement as a document of its own.
  absl::StatusOr<v1::ExportDecisionsResponse> Sign(std::vector<v1::DecisionStatement> statements,
                                                   absl::Time exported) const;

  ReportStore& reports_;
  InvestigationStore& investigations_;
  const auth::SigningKeys& keys_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_DECISION_SERVICE_H_
