#ifndef SAMVERKAN_SERVICES_INTAKE_FEEDBACK_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_FEEDBACK_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/feedback.pb.h"
#include "services/intake/disclosures.h"
#include "services/intake/report_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.FeedbackService. Feedback is stored with its report.
class FeedbackService {
 public:
  // What is handed in must outlive the service.
  FeedbackService(ReportStore& store, const Disclosures& disclosures, const Parts& parts)
      : store_(store), disclosures_(disclosures), parts_(parts) {}

  absl::StatusOr<v1::Feedback> RequestFeedback(const rpc::CallContext& call,
                                               const v1::RequestFeedbackRequest& request) const;
  absl::StatusOr<v1::Feedback> GiveFeedback(const rpc::CallContext& call, const v1::GiveFeedbackRequest& request) const;
  absl::StatusOr<v1::Feedback> TellFamilyAnswer(const rpc::CallContext& call,
                                                const v1::TellFamilyAnswerRequest& request) const;
  absl::StatusOr<v1::Feedback> GiveExtendedFeedback(const rpc::CallContext& call,
                                                    const v1::GiveExtendedFeedbackRequest& request) const;
  absl::StatusOr<v1::Feedback> RefuseFeedback(const rpc::CallContext& call,
                                              const v1::RefuseFeedbackRequest& request) const;
  absl::StatusOr<v1::ListFeedbackResponse> ListFeedback(const rpc::CallContext& call,
                                                        const v1::ListFeedbackRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // Has the consent service let out what is to be told.
  absl::StatusOr<v1::ExtendedFeedback> LetOut(const rpc::CallContext& call, const ReportRecord& report,
                                              const v1::GiveExtendedFeedbackRequest& request) const;
  absl::StatusOr<v1::Feedback> Change(const rpc::CallContext& call, const ResourceKey& key,
                                      const idempotency::Request& request,
                                      const ReportStore::Transition& transition) const;
  absl::StatusOr<v1::ListFeedbackResponse> ListOfReport(const rpc::CallContext& call, const ResourceKey& key,
                                                        v1::Feedback::State state) const;

  ReportStore& store_;
  const Disclosures& disclosures_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_FEEDBACK_SERVICE_H_
