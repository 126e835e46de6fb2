#ifndef SAMVERKAN_SERVICES_CONSENT_CONSENT_SERVICE_H_
#define SAMVERKAN_SERVICES_CONSENT_CONSENT_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "services/consent/consent_store.h"
#include "services/consent/service_parts.h"

namespace samverkan::consent {

// samverkan.consent.v1.ConsentService.
class ConsentService {
 public:
  // `store` must outlive the service.
  ConsentService(ConsentStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::Consent> AskConsent(const rpc::CallContext& call, const v1::AskConsentRequest& request) const;
  absl::StatusOr<v1::Consent> RecordConsent(const rpc::CallContext& call,
                                            const v1::RecordConsentRequest& request) const;
  absl::StatusOr<v1::Consent> RenewConsent(const rpc::CallContext& call, const v1::RenewConsentRequest& request) const;
  absl::StatusOr<v1::Consent> WithdrawConsent(const rpc::CallContext& call,
                                              const v1::WithdrawConsentRequest& request) const;
  absl::StatusOr<v1::Consent> GetConsent(const rpc::CallContext& call, const v1::GetConsentRequest& request) const;
  absl::StatusOr<v1::ListConsentsResponse> ListConsents(const rpc::CallContext& call,
                                                        const v1::ListConsentsRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // What the changes of a consent have in common: `check` adds what is wrong with the request
  // besides, and `change` is done to a consent that the caller may see.
  template <typename Request, typename Check, typename Change>
  absl::StatusOr<v1::Consent> ChangeConsent(const rpc::CallContext& call, const Request& request, const Check& check,
                                            const Change& change) const;
  absl::StatusOr<v1::Consent> Shown(const rpc::CallContext& call, const ConsentStore::Stored& stored) const;
  absl::StatusOr<v1::Consent> Shown(const rpc::CallContext& call, const ConsentStore::Changed& changed) const;

  ConsentStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_CONSENT_SERVICE_H_
