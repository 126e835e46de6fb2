#ifndef SAMVERKAN_SERVICES_INTAKE_REPORT_MEETING_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_REPORT_MEETING_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/report_meeting.pb.h"
#include "services/intake/report_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.ReportMeetingService. A report meeting is stored with its report.
class ReportMeetingService {
 public:
  // `store` must outlive the service.
  ReportMeetingService(ReportStore& store, const Parts& parts) : store_(store), parts_(parts) {}

  absl::StatusOr<v1::ReportMeeting> GetReportMeeting(const rpc::CallContext& call,
                                                     const v1::GetReportMeetingRequest& request) const;
  absl::StatusOr<v1::ReportMeeting> OfferReportMeeting(const rpc::CallContext& call,
                                                       const v1::OfferReportMeetingRequest& request) const;
  absl::StatusOr<v1::ReportMeeting> DeclineReportMeeting(const rpc::CallContext& call,
                                                         const v1::DeclineReportMeetingRequest& request) const;
  absl::StatusOr<v1::ReportMeeting> RecordReportMeeting(const rpc::CallContext& call,
                                                        const v1::RecordReportMeetingRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  // Changes the report that the meeting is of, where the caller handles it.
  template <typename Request, typename Transition>
  absl::StatusOr<v1::ReportMeeting> Change(const rpc::CallContext& call, const ResourceKey& report,
                                           const Request& request, const Transition& transition) const;

  ReportStore& store_;
  const Parts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_REPORT_MEETING_SERVICE_H_
