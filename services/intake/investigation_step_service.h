#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/investigation_step.pb.h"
#include "services/intake/investigation_step_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.InvestigationStepService.
class InvestigationStepService {
 public:
  // `store` must outlive the service.
  InvestigationStepService(InvestigationStepStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::InvestigationStep> RequestInformation(const rpc::CallContext& call,
                                                           const v1::RequestInformationRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> HandOverInformation(const rpc::CallContext& call,
                                                            const v1::HandOverInformationRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> RemindOfInformation(const rpc::CallContext& call,
                                                            const v1::RemindOfInformationRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> WithdrawQuestions(const rpc::CallContext& call,
                                                          const v1::WithdrawQuestionsRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> RecordReferenceTalk(const rpc::CallContext& call,
                                                            const v1::RecordReferenceTalkRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> RecordAccompaniment(const rpc::CallContext& call,
                                                            const v1::RecordAccompanimentRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> RecordSpecialRepresentative(
      const rpc::CallContext& call, const v1::RecordSpecialRepresentativeRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> ReportToPolice(const rpc::CallContext& call,
                                                       const v1::ReportToPoliceRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> InformConcerned(const rpc::CallContext& call,
                                                        const v1::InformConcernedRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> RecordContact(const rpc::CallContext& call,
                                                      const v1::RecordContactRequest& request) const;
  absl::StatusOr<v1::InvestigationStep> GetInvestigationStep(const rpc::CallContext& call,
                                                             const v1::GetInvestigationStepRequest& request) const;
  absl::StatusOr<v1::ListInvestigationStepsResponse> ListInvestigationSteps(
      const rpc::CallContext& call, const v1::ListInvestigationStepsRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // Records a new step of a report or investigation that the caller handles.
  template <typename Request>
  absl::StatusOr<v1::InvestigationStep> Add(const rpc::CallContext& call,
                                            const InvestigationStepStore::ParentKey& parent, const Request& request,
                                            const InvestigationStepStore::Transition& transition) const;
  // Whether the caller may change a step.
  using Permission = absl::Status (*)(const auth::Caller& caller, const InvestigationStepRecord& record);
  // Changes a step of `kind`, the number of its field in InvestigationStep.
  template <typename Request>
  absl::StatusOr<v1::InvestigationStep> Change(const rpc::CallContext& call, const ResourceKey& key, int kind,
                                               const Request& request, Permission permission,
                                               const InvestigationStepStore::Transition& transition) const;
  // Records a new step, or goes on with the one that the request names.
  template <typename Request>
  absl::StatusOr<v1::InvestigationStep> Record(const rpc::CallContext& call, int kind, const Request& request,
                                               status::Violations& violations,
                                               const InvestigationStepStore::Transition& transition) const;
  // The answer to a change.
  absl::StatusOr<v1::InvestigationStep> Shown(const rpc::CallContext& call,
                                              const InvestigationStepStore::Changed& changed) const;
  // The answer of a list.
  absl::StatusOr<v1::ListInvestigationStepsResponse> ShowPage(const rpc::CallContext& call,
                                                              const InvestigationStepStore::Page& page) const;

  InvestigationStepStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_SERVICE_H_
