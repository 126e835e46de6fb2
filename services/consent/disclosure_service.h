#ifndef SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_SERVICE_H_
#define SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "services/consent/disclosure_store.h"
#include "services/consent/ready_rules.h"
#include "services/consent/service_parts.h"

namespace samverkan::consent {

// samverkan.consent.v1.DisclosureService.
class DisclosureService {
 public:
  // What is handed in must outlive the service.
  DisclosureService(DisclosureStore& store, ReadyRuleSets& rules, const Parts& parts)
      : store_(store), rules_(rules), parts_(parts) {}

  absl::StatusOr<v1::Decision> CheckDisclosure(const rpc::CallContext& call,
                                               const v1::CheckDisclosureRequest& request) const;
  absl::StatusOr<v1::BatchCheckDisclosureResponse> BatchCheckDisclosure(
      const rpc::CallContext& call, const v1::BatchCheckDisclosureRequest& request) const;
  absl::StatusOr<v1::Decision> GetDecision(const rpc::CallContext& call, const v1::GetDecisionRequest& request) const;
  absl::StatusOr<v1::Explanation> ExplainDecision(const rpc::CallContext& call,
                                                  const v1::ExplainDecisionRequest& request) const;
  absl::StatusOr<v1::DiscloseResponse> Disclose(const rpc::CallContext& call, const v1::DiscloseRequest& request) const;
  absl::StatusOr<v1::ListDisclosuresResponse> ListDisclosures(const rpc::CallContext& call,
                                                              const v1::ListDisclosuresRequest& request) const;
  absl::StatusOr<v1::Explanation> SimulateDisclosure(const rpc::CallContext& call,
                                                     const v1::SimulateDisclosureRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // INVALID_ARGUMENT with every fault of `request`, by the rules in force.
  template <typename Request>
  absl::Status CheckFaults(const rpc::CallContext& call, const Request& request) const;
  // A check without faults.
  absl::StatusOr<v1::Decision> DecideAndStore(const rpc::CallContext& call,
                                              const v1::CheckDisclosureRequest& request) const;

  DisclosureStore& store_;
  ReadyRuleSets& rules_;
  const Parts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_SERVICE_H_
