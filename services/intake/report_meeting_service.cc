#include "services/intake/report_meeting_service.h"

#include <string_view>
#include <utility>

#include "libs/rpc/service.h"
#include "libs/status/macros.h"
#include "samverkan/intake/v1/report_meeting.grpc.pb.h"
#include "services/intake/report_meeting.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

constexpr std::string_view kEnd = "/meeting";

// The report of the meeting `municipalities/{code}/reports/{uuid}/meeting`.
ResourceKey RequireReport(const std::string& name, status::Violations& violations) {
  if (name.size() > kEnd.size() && name.substr(name.size() - kEnd.size()) == kEnd) {
    const auto key = ParseName(name.substr(0, name.size() - kEnd.size()), "reports");
    if (key.has_value()) return *key;
  }
  violations.Add("name", "expected a resource name, `municipalities/{code}/reports/{uuid}/meeting`",
                 "Ange mötets namn.");
  return {};
}

}  // namespace

template <typename Request, typename Transition>
absl::StatusOr<v1::ReportMeeting> ReportMeetingService::Change(const rpc::CallContext& call, const ResourceKey& report,
                                                               const Request& request,
                                                               const Transition& transition) const {
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(const ReportStore::Changed changed,
                   store_.Change(call, report, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
                     RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
                     return transition(parts_.rules, std::move(record), request, ActOf(call));
                   }));
  ASSIGN_OR_RETURN(v1::ReportMeeting view, MeetingViewFor(call.caller, changed.record));
  if (changed.repeated) RETURN_IF_ERROR(store_.RecordRead(call, {&changed.record}, {}));
  return view;
}

absl::StatusOr<v1::ReportMeeting> ReportMeetingService::GetReportMeeting(
    const rpc::CallContext& call, const v1::GetReportMeetingRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireReport(request.name(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ReportRecord record, store_.Find(call, key));
  ASSIGN_OR_RETURN(v1::ReportMeeting view, MeetingViewFor(call.caller, record));
  RETURN_IF_ERROR(store_.RecordRead(call, {&record}, {request.name()}));
  return view;
}

absl::StatusOr<v1::ReportMeeting> ReportMeetingService::OfferReportMeeting(
    const rpc::CallContext& call, const v1::OfferReportMeetingRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireReport(request.name(), violations);
  RequireEtag(request.etag(), violations);
  RequireTime(request.has_meet_time(), request.meet_time(), "meet_time", call.now, call.now + absl::Hours(24 * 366),
              violations);
  RequireText(request.place(), "place", violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, request, intake::OfferReportMeeting);
}

absl::StatusOr<v1::ReportMeeting> ReportMeetingService::DeclineReportMeeting(
    const rpc::CallContext& call, const v1::DeclineReportMeetingRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireReport(request.name(), violations);
  RequireEtag(request.etag(), violations);
  RequireChoice(request.decline_reason(), "decline_reason", "UNSUITABLE, IMPOSSIBLE, FAMILY_DECLINED", violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, request, intake::DeclineReportMeeting);
}

absl::StatusOr<v1::ReportMeeting> ReportMeetingService::RecordReportMeeting(
    const rpc::CallContext& call, const v1::RecordReportMeetingRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireReport(request.name(), violations);
  RequireEtag(request.etag(), violations);
  RequireTime(request.has_meet_time(), request.meet_time(), "meet_time", call.now - absl::Hours(24 * 366), call.now,
              violations);
  if (request.participants().empty()) violations.Add("participants", "expected at least one", "Ange vilka som deltog.");
  for (int i = 0; i < request.participants_size(); ++i) {
    RequireText(request.participants(i), "participants[" + std::to_string(i) + "]", violations);
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, request, intake::RecordReportMeeting);
}

std::unique_ptr<rpc::Service> ReportMeetingService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::ReportMeetingService>(), adapter);
  service->Add("GetReportMeeting", this, &ReportMeetingService::GetReportMeeting);
  service->Add("OfferReportMeeting", this, &ReportMeetingService::OfferReportMeeting);
  service->Add("DeclineReportMeeting", this, &ReportMeetingService::DeclineReportMeeting);
  service->Add("RecordReportMeeting", this, &ReportMeetingService::RecordReportMeeting);
  return service;
}

}  // namespace samverkan::intake
