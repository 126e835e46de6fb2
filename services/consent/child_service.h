#ifndef SAMVERKAN_SERVICES_CONSENT_CHILD_SERVICE_H_
#define SAMVERKAN_SERVICES_CONSENT_CHILD_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/consent/v1/child.pb.h"
#include "services/consent/child_store.h"
#include "services/consent/service_parts.h"

namespace samverkan::consent {

// samverkan.consent.v1.ChildService.
class ChildService {
 public:
  // `store` must outlive the service.
  ChildService(ChildStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::Child> RegisterChild(const rpc::CallContext& call, const v1::RegisterChildRequest& request) const;
  absl::StatusOr<v1::Child> GetChild(const rpc::CallContext& call, const v1::GetChildRequest& request) const;
  absl::StatusOr<v1::Child> FindChild(const rpc::CallContext& call, const v1::FindChildRequest& request) const;
  absl::StatusOr<v1::Child> AssignChild(const rpc::CallContext& call, const v1::AssignChildRequest& request) const;
  absl::StatusOr<v1::Child> RecordGuardian(const rpc::CallContext& call,
                                           const v1::RecordGuardianRequest& request) const;
  absl::StatusOr<v1::Child> EndCustody(const rpc::CallContext& call, const v1::EndCustodyRequest& request) const;
  absl::StatusOr<v1::Child> RecordProtection(const rpc::CallContext& call,
                                             const v1::RecordProtectionRequest& request) const;
  absl::StatusOr<v1::Child> RecordSpecialRepresentative(const rpc::CallContext& call,
                                                        const v1::RecordSpecialRepresentativeRequest& request) const;
  absl::StatusOr<v1::Child> ChangeIdentityNumber(const rpc::CallContext& call,
                                                 const v1::ChangeIdentityNumberRequest& request) const;
  absl::StatusOr<v1::SetHoldResponse> SetHold(const rpc::CallContext& call, const v1::SetHoldRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // What the changes of a child have in common: `check` adds what is wrong with the request
  // besides, and `change` is done to a child that the caller may see and has read last. `part` as in
  // ChildStore::Change.
  template <typename Request, typename Check, typename Change>
  absl::StatusOr<v1::Child> ChangeChild(const rpc::CallContext& call, const Request& request, const Check& check,
                                        const Change& change, const std::string& part = "") const;
  absl::StatusOr<v1::Child> Shown(const rpc::CallContext& call, const ChildRecord& record,
                                  const std::string& part = "") const;
  absl::StatusOr<v1::Child> Shown(const rpc::CallContext& call, const ChildStore::Changed& changed,
                                  const std::string& part = "") const;

  ChildStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_CHILD_SERVICE_H_
