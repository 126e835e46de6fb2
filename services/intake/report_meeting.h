#ifndef SAMVERKAN_SERVICES_INTAKE_REPORT_MEETING_H_
#define SAMVERKAN_SERVICES_INTAKE_REPORT_MEETING_H_

#include "absl/status/statusor.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/report_meeting.pb.h"
#include "services/intake/report.h"

// Report meetings (anmälningsmöten). Pure functions; errors are FAILED_PRECONDITION with
// the reasons that samverkan.intake.v1.ReportMeetingService names.
namespace samverkan::intake {

// Offers the meeting; not while the report is on hold.
absl::StatusOr<ReportChange> OfferReportMeeting(const rules::RuleSet& rules, ReportRecord record,
                                                const v1::OfferReportMeetingRequest& request, const Act& act);

// Records that it will not be held.
absl::StatusOr<ReportChange> DeclineReportMeeting(const rules::RuleSet& rules, ReportRecord record,
                                                  const v1::DeclineReportMeetingRequest& request, const Act& act);

// Records that it was held.
absl::StatusOr<ReportChange> RecordReportMeeting(const rules::RuleSet& rules, ReportRecord record,
                                                 const v1::RecordReportMeetingRequest& request, const Act& act);

// The meeting of a report as the caller may see it at `time`; NOT_FOUND where there is none or
// the caller may not know of the report. Its place is withheld as ViewFor withholds whereabouts.
absl::StatusOr<v1::ReportMeeting> MeetingViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                                 const ReportRecord& record, absl::Time time);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_REPORT_MEETING_H_
