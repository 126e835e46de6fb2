#ifndef SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/emergency_access.pb.h"
#include "services/intake/emergency_access_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.EmergencyAccessService.
class EmergencyAccessService {
 public:
  // `store` must outlive the service.
  EmergencyAccessService(EmergencyAccessStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::EmergencyAccess> DeclareEmergencyAccess(const rpc::CallContext& call,
                                                             const v1::DeclareEmergencyAccessRequest& request) const;
  absl::StatusOr<v1::ListEmergencyAccessesResponse> ListEmergencyAccesses(
      const rpc::CallContext& call, const v1::ListEmergencyAccessesRequest& request) const;
  absl::StatusOr<v1::EmergencyAccess> ReviewEmergencyAccess(const rpc::CallContext& call,
                                                            const v1::ReviewEmergencyAccessRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  EmergencyAccessStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_SERVICE_H_
