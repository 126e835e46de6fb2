#ifndef SAMVERKAN_SERVICES_CONSENT_RULE_SERVICE_H_
#define SAMVERKAN_SERVICES_CONSENT_RULE_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/consent/v1/rule.pb.h"
#include "services/consent/rule_set_store.h"
#include "services/consent/service_parts.h"

namespace samverkan::consent {

// samverkan.consent.v1.RuleService.
class RuleService {
 public:
  // `store` must outlive the service.
  RuleService(RuleSetStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::ListRuleSetsResponse> ListRuleSets(const rpc::CallContext& call,
                                                        const v1::ListRuleSetsRequest& request) const;
  absl::StatusOr<v1::RuleSetRecord> GetRuleSet(const rpc::CallContext& call,
                                               const v1::GetRuleSetRequest& request) const;
  absl::StatusOr<v1::ValidateRuleSetResponse> ValidateRuleSet(const rpc::CallContext& call,
                                                              const v1::ValidateRuleSetRequest& request) const;
  absl::StatusOr<v1::RuleSetRecord> LoadRuleSet(const rpc::CallContext& call,
                                                const v1::LoadRuleSetRequest& request) const;
  absl::StatusOr<v1::RuleSetRecord> ActivateRuleSet(const rpc::CallContext& call,
                                                    const v1::ActivateRuleSetRequest& request) const;
  absl::StatusOr<v1::CompareRuleSetsResponse> CompareRuleSets(const rpc::CallContext& call,
                                                              const v1::CompareRuleSetsRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // What a change leaves to show. A repeated request has changed nothing: it is a read.
  absl::StatusOr<v1::RuleSetRecord> Shown(const rpc::CallContext& call, RuleSetStore::Changed changed) const;

  RuleSetStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_RULE_SERVICE_H_
