#ifndef SAMVERKAN_SERVICES_INTAKE_REPORT_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_REPORT_SERVICE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/report.pb.h"
#include "services/intake/consultation_store.h"
#include "services/intake/report_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.ReportService.
class ReportService {
 public:
  // `store` and `consultations` must outlive the service.
  ReportService(ReportStore& store, ConsultationStore& consultations, const Parts& parts)
      : store_(store), consultations_(consultations), parts_(parts) {}

  absl::StatusOr<v1::SubmitReportResponse> SubmitReport(const rpc::CallContext& call,
                                                        const v1::SubmitReportRequest& request) const;
  absl::StatusOr<v1::ReceiveReportResponse> ReceiveReport(const rpc::CallContext& call,
                                                          const v1::ReceiveReportRequest& request) const;
  absl::StatusOr<v1::Report> GetReport(const rpc::CallContext& call, const v1::GetReportRequest& request) const;
  absl::StatusOr<v1::ListReportsResponse> ListReports(const rpc::CallContext& call,
                                                      const v1::ListReportsRequest& request) const;
  absl::StatusOr<v1::ListWorkItemsResponse> ListWorkItems(const rpc::CallContext& call,
                                                          const v1::ListWorkItemsRequest& request) const;
  absl::StatusOr<v1::Report> SupplementReport(const rpc::CallContext& call,
                                              const v1::SupplementReportRequest& request) const;
  absl::StatusOr<v1::Report> ConfirmReceipt(const rpc::CallContext& call,
                                            const v1::ConfirmReceiptRequest& request) const;
  absl::StatusOr<v1::ForwardReportResponse> ForwardReport(const rpc::CallContext& call,
                                                          const v1::ForwardReportRequest& request) const;
  absl::StatusOr<v1::Report> HoldReport(const rpc::CallContext& call, const v1::HoldReportRequest& request) const;
  absl::StatusOr<v1::Report> ReviewHold(const rpc::CallContext& call, const v1::ReviewHoldRequest& request) const;
  absl::StatusOr<v1::Report> ReleaseReport(const rpc::CallContext& call, const v1::ReleaseReportRequest& request) const;
  absl::StatusOr<v1::Report> AssignReport(const rpc::CallContext& call, const v1::AssignReportRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // A submission that was checked and is ready to be stored.
  struct Checked;

  absl::StatusOr<ReceivedReports> NewReports(Checked checked, const Sender& sender, absl::Time now) const;
  // Stores new reports and shows them to the caller.
  absl::StatusOr<std::vector<v1::Report>> Store(const rpc::CallContext& call, const std::string& request_id,
                                                const google::protobuf::Message& request,
                                                ReceivedReports received) const;
  absl::StatusOr<ReportChange> ForwardTo(ReportRecord record, const v1::ForwardReportRequest& request,
                                         const rpc::CallContext& call) const;

  // A change that needs a fresh etag and a reason.
  template <typename Request, typename Transition>
  absl::StatusOr<v1::Report> ChangedWithReason(const rpc::CallContext& call, const Request& request,
                                               const Transition& transition) const;

  // Adds a violation where the consultation that a submission names is not there, or the
  // caller may not know of it.
  absl::Status CheckConsultation(const rpc::CallContext& call, const v1::Submission& submission,
                                 status::Violations& violations) const;

  ReportStore& store_;
  ConsultationStore& consultations_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_REPORT_SERVICE_H_
