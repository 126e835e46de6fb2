#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/investigation.pb.h"
#include "services/intake/investigation_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.InvestigationService.
class InvestigationService {
 public:
  // `store` must outlive the service.
  InvestigationService(InvestigationStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::Investigation> GetInvestigation(const rpc::CallContext& call,
                                                     const v1::GetInvestigationRequest& request) const;
  absl::StatusOr<v1::ListInvestigationsResponse> ListInvestigations(const rpc::CallContext& call,
                                                                    const v1::ListInvestigationsRequest& request) const;
  absl::StatusOr<v1::Investigation> ExtendInvestigation(const rpc::CallContext& call,
                                                        const v1::ExtendInvestigationRequest& request) const;
  absl::StatusOr<v1::Investigation> CloseInvestigation(const rpc::CallContext& call,
                                                       const v1::CloseInvestigationRequest& request) const;
  absl::StatusOr<v1::Investigation> ReopenInvestigation(const rpc::CallContext& call,
                                                        const v1::ReopenInvestigationRequest& request) const;
  absl::StatusOr<v1::Investigation> AssignInvestigation(const rpc::CallContext& call,
                                                        const v1::AssignInvestigationRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // Changes an investigation that the caller handles, whose etag is fresh, and shows
  // `result` as it then is.
  template <typename Request>
  absl::StatusOr<v1::Investigation> Change(const rpc::CallContext& call, const ResourceKey& key,
                                           const ResourceKey& result, const Request& request,
                                           const InvestigationStore::Transition& transition) const;

  InvestigationStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_SERVICE_H_
