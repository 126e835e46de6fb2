#ifndef SAMVERKAN_SERVICES_INTAKE_ASSESSMENT_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_ASSESSMENT_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/assessment.pb.h"
#include "services/intake/report_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.AssessmentService. Assessments and decisions are stored with
// their report.
class AssessmentService {
 public:
  // `store` must outlive the service.
  AssessmentService(ReportStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::Report> RecordProtectionAssessment(const rpc::CallContext& call,
                                                        const v1::RecordProtectionAssessmentRequest& request) const;
  absl::StatusOr<v1::Report> ExtendPreliminaryAssessment(const rpc::CallContext& call,
                                                         const v1::ExtendPreliminaryAssessmentRequest& request) const;
  absl::StatusOr<v1::Report> DecideReport(const rpc::CallContext& call, const v1::DecideReportRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  ReportStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_ASSESSMENT_SERVICE_H_
