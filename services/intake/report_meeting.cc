#include "services/intake/report_meeting.h"

#include <string>
#include <utility>

#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

absl::Status CheckOpen(const ReportRecord& record) {
  if (!record.meeting.has_value()) return absl::OkStatus();
  const v1::ReportMeeting::State state = record.meeting->state();
  if (state != v1::ReportMeeting::HELD && state != v1::ReportMeeting::DECLINED) return absl::OkStatus();
  return status::FailedPrecondition({"REPORT_MEETING_ENDED", "the meeting was held or declined already",
                                     "Anmälningsmötet är redan hållet eller avböjt."});
}

absl::Status CheckNotOnHold(const ReportRecord& record) {
  if (!IsOnHold(record.report)) return absl::OkStatus();
  return status::FailedPrecondition(
      {"REPORT_ON_HOLD", "nothing may reveal the report to the guardians while it is on hold; release it first",
       "Anmälan är spärrad. Inget möte får erbjudas förrän spärren är hävd."});
}

ReportChange Changed(ReportRecord record, std::string type) {
  ReportChange change;
  change.legal_basis = record.meeting->legal_basis();
  change.after = std::move(record);
  change.happenings.push_back({std::move(type), {}});
  return change;
}

v1::ReportMeeting& MeetingOf(ReportRecord& record) {
  if (!record.meeting.has_value()) record.meeting.emplace();
  return *record.meeting;
}

v1::ReportMeeting SenderView(v1::ReportMeeting meeting) {
  meeting.clear_reasons();
  meeting.clear_participants();
  meeting.clear_etag();
  return meeting;
}

}  // namespace

absl::StatusOr<ReportChange> OfferReportMeeting(ReportRecord record, const v1::OfferReportMeetingRequest& request,
                                                const Act& act) {
  RETURN_IF_ERROR(CheckNotOnHold(record));
  RETURN_IF_ERROR(CheckOpen(record));
  v1::ReportMeeting& meeting = MeetingOf(record);
  meeting.set_state(v1::ReportMeeting::OFFERED);
  *meeting.mutable_offer_time() = ToProto(act.time);
  *meeting.mutable_meet_time() = request.meet_time();
  meeting.set_place(request.place());
  meeting.set_reasons(request.reasons());
  return Changed(std::move(record), "report_meeting.offered");
}

absl::StatusOr<ReportChange> DeclineReportMeeting(ReportRecord record, const v1::DeclineReportMeetingRequest& request,
                                                  const Act& act) {
  RETURN_IF_ERROR(CheckOpen(record));
  v1::ReportMeeting& meeting = MeetingOf(record);
  // The hold goes before the must: while it is in force the meeting is impossible.
  if (meeting.mandatory() && request.decline_reason() == v1::ReportMeeting::UNSUITABLE) {
    return status::FailedPrecondition({"REPORT_MEETING_MANDATORY",
                                       "here a meeting that was asked for must be offered (" + meeting.legal_basis() +
                                           "); only IMPOSSIBLE and FAMILY_DECLINED are taken",
                                       "Här ska ett önskat anmälningsmöte alltid erbjudas."});
  }
  meeting.set_state(v1::ReportMeeting::DECLINED);
  meeting.set_decline_reason(request.decline_reason());
  meeting.set_reasons(request.reasons());
  *meeting.mutable_end_time() = ToProto(act.time);
  return Changed(std::move(record), "report_meeting.declined");
}

absl::StatusOr<ReportChange> RecordReportMeeting(ReportRecord record, const v1::RecordReportMeetingRequest& request,
                                                 const Act& act) {
  RETURN_IF_ERROR(CheckNotOnHold(record));
  RETURN_IF_ERROR(CheckOpen(record));
  v1::ReportMeeting& meeting = MeetingOf(record);
  meeting.set_state(v1::ReportMeeting::HELD);
  *meeting.mutable_meet_time() = request.meet_time();
  *meeting.mutable_participants() = request.participants();
  *meeting.mutable_end_time() = ToProto(act.time);
  return Changed(std::move(record), "report_meeting.held");
}

absl::StatusOr<v1::ReportMeeting> MeetingViewFor(const auth::Caller& caller, const ReportRecord& record) {
  const bool handles = MayHandle(caller, PlacementOf(record.report));
  if (!handles && !MaySeeAsSender(caller, record.sender)) return NotFound("report", PlacementOf(record.report));
  if (!record.meeting.has_value()) {
    return status::NotFound({.reason = "REPORT_MEETING_NOT_FOUND",
                             .message = "no report meeting was asked for or offered",
                             .swedish = "Inget anmälningsmöte är begärt eller erbjudet."});
  }
  v1::ReportMeeting view = *record.meeting;
  view.set_name(record.report.name() + "/meeting");
  view.set_etag(Etag(record.version));
  return handles ? view : SenderView(std::move(view));
}

}  // namespace samverkan::intake
