#ifndef SAMVERKAN_SERVICES_CONSENT_RETENTION_SERVICE_H_
#define SAMVERKAN_SERVICES_CONSENT_RETENTION_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/consent/v1/retention.pb.h"
#include "services/consent/retention_store.h"
#include "services/consent/service_parts.h"

namespace samverkan::consent {

// samverkan.consent.v1.RetentionService.
class RetentionService {
 public:
  // `store` must outlive the service.
  RetentionService(RetentionStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::ListErasuresResponse> ListErasures(const rpc::CallContext& call,
                                                        const v1::ListErasuresRequest& request) const;
  absl::StatusOr<v1::Erasure> GetErasure(const rpc::CallContext& call, const v1::GetErasureRequest& request) const;
  absl::StatusOr<v1::Erasure> ApproveErasure(const rpc::CallContext& call,
                                             const v1::ApproveErasureRequest& request) const;
  absl::StatusOr<v1::LegalHold> PlaceLegalHold(const rpc::CallContext& call,
                                               const v1::PlaceLegalHoldRequest& request) const;
  absl::StatusOr<v1::LegalHold> ReleaseLegalHold(const rpc::CallContext& call,
                                                 const v1::ReleaseLegalHoldRequest& request) const;
  absl::StatusOr<v1::ListLegalHoldsResponse> ListLegalHolds(const rpc::CallContext& call,
                                                            const v1::ListLegalHoldsRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  RetentionStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_RETENTION_SERVICE_H_
