#ifndef SAMVERKAN_SERVICES_INTAKE_CONSULTATION_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_CONSULTATION_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/consultation.pb.h"
#include "services/intake/consultation_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.ConsultationService.
class ConsultationService {
 public:
  // `store` must outlive the service.
  ConsultationService(ConsultationStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::Consultation> CreateConsultation(const rpc::CallContext& call,
                                                      const v1::CreateConsultationRequest& request) const;
  absl::StatusOr<v1::Consultation> GetConsultation(const rpc::CallContext& call,
                                                   const v1::GetConsultationRequest& request) const;
  absl::StatusOr<v1::ListConsultationsResponse> ListConsultations(const rpc::CallContext& call,
                                                                  const v1::ListConsultationsRequest& request) const;
  absl::StatusOr<v1::Consultation> AdviseConsultation(const rpc::CallContext& call,
                                                      const v1::AdviseConsultationRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // What a change leaves to show. A repeated request has changed nothing: it is a read.
  absl::StatusOr<v1::Consultation> Shown(const rpc::CallContext& call, const ConsultationStore::Changed& changed) const;

  ConsultationStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_CONSULTATION_SERVICE_H_
