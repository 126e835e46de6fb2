#include "services/intake/report_meeting.h"

#include <string>
#include <utility>

#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/protected_identity.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

absl::Status CheckOpen(const ReportRecord& record) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
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

absl::Status EnsureMeeting(const rules::RuleSet& rules, ReportRecord& record) {
  if (record.meeting.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(record.meeting, MeetingUnder(rules, record.report));
  return absl::OkStatus();
}

absl::Status CheckMayDecline(const ReportRecord& record, v1::ReportMeeting::DeclineReason reason) {
  const v1::ReportMeeting& meeting = *record.meeting;
  // The hold goes before the must: while it is in force the meeting is impossible.
  if (meeting.mandatory() && reason == v1::ReportMeeting::UNSUITABLE) {
    return status::FailedPrecondition({"REPORT_MEETING_MANDATORY",
                                       "here a meeting that was asked for must be offered (" + meeting.legal_basis() +
                                           "); only IMPOSSIBLE and FAMILY_DECLINED are taken",
                                       "Här ska ett önskat anmälningsmöte alltid erbjudas."});
  }
  if (reason == v1::ReportMeeting::FAMILY_DECLINED && meeting.state() != v1::ReportMeeting::OFFERED) {
    return status::FailedPrecondition({"REPORT_MEETING_NOT_OFFERED",
                                       "the family can decline only a meeting that was offered; offer it first",
                                       "Familjen kan bara avböja ett möte som har erbjudits."});
  }
  return absl::OkStatus();
}

// That it will not be held is told; why is the family's and the assessment's.
v1::ReportMeeting SenderView(v1::ReportMeeting meeting) {
  meeting.clear_reasons();
  meeting.clear_decline_reason();
  meeting.clear_participants();
  meeting.clear_etag();
  return meeting;
}

}  // namespace

absl::StatusOr<ReportChange> OfferReportMeeting(const rules::RuleSet& rules, ReportRecord record,
                                                const v1::OfferReportMeetingRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckNotOnHold(record));
  RETURN_IF_ERROR(CheckOpen(record));
  RETURN_IF_ERROR(EnsureMeeting(rules, record));
  v1::ReportMeeting& meeting = *record.meeting;
  meeting.set_state(v1::ReportMeeting::OFFERED);
  *meeting.mutable_offer_time() = ToProto(act.time);
  *meeting.mutable_meet_time() = request.meet_time();
  meeting.set_place(request.place());
  meeting.set_reasons(request.reasons());
  return Changed(std::move(record), "report_meeting.offered");
}

absl::StatusOr<ReportChange> DeclineReportMeeting(const rules::RuleSet& rules, ReportRecord record,
                                                  const v1::DeclineReportMeetingRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckOpen(record));
  RETURN_IF_ERROR(EnsureMeeting(rules, record));
  RETURN_IF_ERROR(CheckMayDecline(record, request.decline_reason()));
  v1::ReportMeeting& meeting = *record.meeting;
  meeting.set_state(v1::ReportMeeting::DECLINED);
  meeting.set_decline_reason(request.decline_reason());
  meeting.set_reasons(request.reasons());
  *meeting.mutable_end_time() = ToProto(act.time);
  return Changed(std::move(record), "report_meeting.declined");
}

absl::StatusOr<ReportChange> RecordReportMeeting(const rules::RuleSet& rules, ReportRecord record,
                                                 const v1::RecordReportMeetingRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckNotOnHold(record));
  RETURN_IF_ERROR(CheckOpen(record));
  RETURN_IF_ERROR(EnsureMeeting(rules, record));
  v1::ReportMeeting& meeting = *record.meeting;
  meeting.set_state(v1::ReportMeeting::HELD);
  *meeting.mutable_meet_time() = request.meet_time();
  *meeting.mutable_participants() = request.participants();
  *meeting.mutable_end_time() = ToProto(act.time);
  return Changed(std::move(record), "report_meeting.held");
}

absl::StatusOr<v1::ReportMeeting> MeetingViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                                 const ReportRecord& record, absl::Time time) {
  const Placement placement = PlacementOf(record.report);
  const bool handles = MayReadAsHandler(caller, record);
  if (!handles && !MaySeeAsSender(caller, record.sender)) return NotFound("report", placement);
  if (!record.meeting.has_value()) {
    return status::NotFound({.reason = "REPORT_MEETING_NOT_FOUND",
                             .message = "no report meeting was asked for or offered",
                             .swedish = "Inget anmälningsmöte är begärt eller erbjudet."});
  }
  v1::ReportMeeting view = *record.meeting;
  view.set_name(record.report.name() + "/meeting");
  view.set_etag(Etag(record.version));
  if (!handles) view = SenderView(std::move(view));
  const bool may_see_whereabouts = MaySeeWhereabouts(caller, placement) || IsSender(caller, record.sender);
  if (record.identity_protected && !may_see_whereabouts) {
    RETURN_IF_ERROR(WithholdWhereabouts(rules, JurisdictionOf(record.report), time, view));
  }
  return view;
}

}  // namespace samverkan::intake
