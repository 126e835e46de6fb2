#ifndef SAMVERKAN_SERVICES_CONSENT_EXTRACT_SERVICE_H_
#define SAMVERKAN_SERVICES_CONSENT_EXTRACT_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/consent/v1/extract.pb.h"
#include "services/consent/extract_store.h"
#include "services/consent/service_parts.h"

namespace samverkan::consent {

// samverkan.consent.v1.ExtractService.
class ExtractService {
 public:
  // `store` must outlive the service.
  ExtractService(ExtractStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::ExtractChildResponse> ExtractChild(const rpc::CallContext& call,
                                                        const v1::ExtractChildRequest& request) const;
  absl::StatusOr<v1::ListHiddenResourcesResponse> ListHiddenResources(
      const rpc::CallContext& call, const v1::ListHiddenResourcesRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  ExtractStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_EXTRACT_SERVICE_H_
