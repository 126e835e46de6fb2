#include "services/intake/report_service.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/report.grpc.pb.h"
#include "services/intake/feedback.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

constexpr int kMostSiblings = 20;
constexpr absl::Duration kOldestReceipt = absl::Hours(24 * 3653);

// The authority that a submission names, and the unit that receives for it.
struct Receiver {
  std::string authority;
  const directory::v1::Unit* reception = nullptr;
};

Receiver RequireReceiver(const UnitDirectory& units, const std::string& parent, status::Violations& violations) {
  const directory::v1::Unit* const reception = units.ReceptionOf(parent);
  if (reception == nullptr) {
    violations.Add("parent",
                   "expected an authority that receives reports, `municipalities/{code}/authorities/{authority}`",
                   "Ange en nämnd som tar emot anmälningar.");
  }
  return {parent, reception};
}

void CheckSiblings(const v1::Submission& submission, const std::vector<v1::Child>& siblings, absl::CivilDay today,
                   status::Violations& violations) {
  if (siblings.size() > kMostSiblings) {
    violations.Add("siblings", absl::StrCat("expected at most ", kMostSiblings), "För många syskon i en anmälan.");
  }
  std::set<std::string> known = {IdentityDigits(submission.child(), today)};
  for (size_t i = 0; i < siblings.size(); ++i) {
    const std::string digits = IdentityDigits(siblings[i], today);
    if (digits.empty() || known.insert(digits).second) continue;
    violations.Add(absl::StrCat("siblings[", i, "].identity_number"), "expected each child once",
                   "Samma barn är angivet flera gånger.");
  }
}

// Says where to call instead: a report must not be lost to a form.
absl::Status WithWhereToCall(absl::Status refused, const directory::v1::Unit* reception) {
  if (reception == nullptr || reception->telephone().empty()) return refused;
  return status::WithHelp(std::move(refused),
                          absl::StrCat("Ring i stället: ", reception->display_name(), ", ",
                                       reception->telephone_hours(), " (or report by telephone)"),
                          "tel:" + reception->telephone());
}

v1::Submission WithNormalisedChild(v1::Submission submission, absl::CivilDay today) {
  *submission.mutable_child() = Normalised(submission.child(), today);
  return submission;
}

}  // namespace

struct ReportService::Checked {
  Receiver receiver = {};
  v1::Submission submission = {};
  std::vector<v1::Child> siblings = {};
  Mandate mandate = Mandate::kNone;
  std::vector<std::string> formal_faults = {};
  absl::Time receive_time = {};
};

absl::Status ReportService::CheckConsultation(const rpc::CallContext& call, const v1::Submission& submission,
                                              status::Violations& violations) const {
  if (submission.consultation().empty()) return absl::OkStatus();
  if (const auto key = ParseName(submission.consultation(), "consultations"); key.has_value()) {
    const auto found = consultations_.Find(call, *key);
    if (found.ok() && ViewFor(call.caller, *found).ok()) return absl::OkStatus();
    if (!found.ok() && !absl::IsNotFound(found.status())) return found.status();
  }
  violations.Add("submission.consultation", "expected a consultation that you may see, or nothing",
                 "Ange en konsultation som du har tillgång till, eller lämna tomt.");
  return absl::OkStatus();
}

absl::StatusOr<ReceivedReports> ReportService::NewReports(Checked checked, const Sender& sender, absl::Time now) const {
  std::vector<v1::Child> children = {checked.submission.child()};
  children.insert(children.end(), checked.siblings.begin(), checked.siblings.end());
  const std::string municipality =
      resource_name::Match("municipalities/{municipality}/authorities/{id}", checked.receiver.authority)->front();
  ReceivedReports received;
  for (size_t i = 0; i < children.size(); ++i) {
    const bool is_last = i + 1 == children.size();
    NewReport report{.name = MakeName(municipality, "reports", pg::Uuid::FromTime(now)),
                     .authority = checked.receiver.authority,
                     .unit = checked.receiver.reception->name(),
                     .submission = is_last ? std::move(checked.submission) : checked.submission,
                     .mandate = checked.mandate,
                     .formal_faults = checked.formal_faults,
                     .receive_time = checked.receive_time,
                     .first_receive_time = checked.receive_time};
    *report.submission.mutable_child() = Normalised(children[i], calendar::LegalDay(now));
    ASSIGN_OR_RETURN(ReportRecord record, Receive(parts_.rules, std::move(report), sender));
    received.reports.push_back(std::move(record));
  }
  ASSIGN_OR_RETURN(received.feedback_clock_if_running, FeedbackClockIfRunning(parts_.rules, received.reports.front()));
  return received;
}

absl::StatusOr<std::vector<v1::Report>> ReportService::Store(const rpc::CallContext& call,
                                                             const std::string& request_id,
                                                             const google::protobuf::Message& request,
                                                             ReceivedReports received) const {
  ASSIGN_OR_RETURN(const auto key, parts_.request_keys.Of(call, request_id, request));
  const v1::Report& first = received.reports.front().report;
  const std::string first_name = first.name();
  // What a sender sees of its report does not depend on what is there already.
  std::vector<v1::Report> shown;
  if (!MayHandle(call.caller, PlacementOf(first))) {
    for (const ReportRecord& record : received.reports) shown.push_back(ViewAfterChange(call.caller, record));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, store_.Submit(call, key, std::move(received)));
  const bool repeated = names.front() != first_name;
  if (!repeated && !shown.empty()) return shown;
  shown.clear();
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const ReportRecord record, store_.Find(call, *ParseName(name, "reports")));
    if (!repeated) {
      shown.push_back(ViewAfterChange(call.caller, record));
      continue;
    }
    ASSIGN_OR_RETURN(v1::Report report, ViewFor(call.caller, record));
    RETURN_IF_ERROR(store_.RecordRead(call, {&record}, {}));
    shown.push_back(std::move(report));
  }
  return shown;
}

absl::StatusOr<v1::SubmitReportResponse> ReportService::SubmitReport(const rpc::CallContext& call,
                                                                     const v1::SubmitReportRequest& request) const {
  const absl::CivilDay today = calendar::LegalDay(call.now);
  Checked checked{.submission = WithNormalisedChild(request.submission(), today),
                  .siblings = {request.siblings().begin(), request.siblings().end()},
                  .receive_time = call.now};
  ASSIGN_OR_RETURN(checked.mandate, MandateOf(parts_.rules, request.submission(), call.now));
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  checked.receiver = RequireReceiver(parts_.units, request.parent(), violations);
  for (const FormalFault& fault : FormalFaults(request.submission(), checked.siblings, checked.mandate, today)) {
    violations.Add(fault.violation.field, fault.violation.description, fault.violation.swedish);
  }
  for (const auto& fault : TechnicalFaults(request.submission(), checked.siblings)) {
    violations.Add(fault.field, fault.description, fault.swedish);
  }
  CheckSiblings(request.submission(), checked.siblings, today, violations);
  RETURN_IF_ERROR(CheckConsultation(call, request.submission(), violations));
  if (!violations.empty()) return WithWhereToCall(violations.ToStatus(), checked.receiver.reception);
  ASSIGN_OR_RETURN(ReceivedReports received, NewReports(std::move(checked), SenderOf(call.caller), call.now));
  ASSIGN_OR_RETURN(std::vector<v1::Report> shown, Store(call, request.request_id(), request, std::move(received)));
  v1::SubmitReportResponse response;
  for (v1::Report& report : shown) *response.add_reports() = std::move(report);
  return response;
}

absl::StatusOr<v1::ReceiveReportResponse> ReportService::ReceiveReport(const rpc::CallContext& call,
                                                                       const v1::ReceiveReportRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  Checked checked{.submission = request.submission(),
                  .siblings = {request.siblings().begin(), request.siblings().end()},
                  .receive_time = call.now};
  if (request.has_receive_time()) {
    checked.receive_time =
        RequireTime(true, request.receive_time(), "receive_time", call.now - kOldestReceipt, call.now, violations);
  }
  const absl::CivilDay today = calendar::LegalDay(checked.receive_time);
  checked.submission = WithNormalisedChild(request.submission(), today);
  checked.receiver = RequireReceiver(parts_.units, request.parent(), violations);
  for (const auto& fault : TechnicalFaults(request.submission(), checked.siblings)) {
    violations.Add(fault.field, fault.description, fault.swedish);
  }
  if (request.siblings_size() > kMostSiblings) CheckSiblings(request.submission(), checked.siblings, today, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  if (request.parent() != MakeName(call.caller.municipality, "authorities", call.caller.authority)) {
    return status::PermissionDenied({.reason = "NOT_YOUR_AUTHORITY",
                                     .message = "a reception records reports for its own authority only",
                                     .swedish = "Mottagningen registrerar bara anmälningar till den egna nämnden."});
  }
  ASSIGN_OR_RETURN(checked.mandate, MandateOf(parts_.rules, request.submission(), checked.receive_time));
  for (const FormalFault& fault : FormalFaults(request.submission(), checked.siblings, checked.mandate, today)) {
    checked.formal_faults.push_back(fault.code);
  }
  ASSIGN_OR_RETURN(ReceivedReports received, NewReports(std::move(checked), SenderOf(call.caller), call.now));
  ASSIGN_OR_RETURN(std::vector<v1::Report> shown, Store(call, request.request_id(), request, std::move(received)));
  v1::ReceiveReportResponse response;
  for (v1::Report& report : shown) *response.add_reports() = std::move(report);
  return response;
}

absl::StatusOr<v1::Report> ReportService::GetReport(const rpc::CallContext& call,
                                                    const v1::GetReportRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ReportRecord record, store_.Find(call, key));
  ASSIGN_OR_RETURN(v1::Report view, ViewFor(call.caller, record));
  RETURN_IF_ERROR(store_.RecordRead(call, {&record}, {}));
  return view;
}

absl::StatusOr<v1::ListReportsResponse> ReportService::ListReports(const rpc::CallContext& call,
                                                                   const v1::ListReportsRequest& request) const {
  status::Violations violations;
  ReportStore::Filter filter{.municipality = RequireMunicipality(request.parent(), violations),
                             .child = request.child()};
  if (!request.child().empty() && call.role == access::v1::REPORTER) {
    violations.Add("child", "expected nothing: a reporter lists what its units sent", "Lämna tomt.");
  } else if (!request.child().empty() && !resource_name::IsUuid(request.child())) {
    violations.Add("child", "expected the reference of a child, a UUID", "Ange barnets referens.");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(filter.page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(filter.cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const ReportStore::Page page, store_.List(call, filter));
  v1::ListReportsResponse response;
  std::vector<const ReportRecord*> shown;
  for (const ReportRecord& record : page.reports) {
    ASSIGN_OR_RETURN(*response.add_reports(), ViewFor(call.caller, record));
    shown.push_back(&record);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, shown, {}));
  return response;
}

absl::StatusOr<v1::ListWorkItemsResponse> ReportService::ListWorkItems(const rpc::CallContext& call,
                                                                       const v1::ListWorkItemsRequest& request) const {
  const auto parent = resource_name::Match("municipalities/{municipality}/units/{id}", request.parent());
  if (!parent.has_value()) {
    return status::InvalidArgument(std::vector<status::FieldViolation>{
        {"parent", "expected `municipalities/{code}/units/{unit}`", "Ange enheten."}});
  }
  const Placement placement{parent->front(), call.caller.authority, parent->back(), ""};
  const directory::v1::Unit* const unit = parts_.units.FindUnit(request.parent());
  const std::string authority = MakeName(placement.municipality, "authorities", placement.authority);
  if (unit == nullptr || unit->authority() != authority || !MayHandle(call.caller, placement)) return NotFound("unit");
  ReportStore::WorkFilter filter{.municipality = placement.municipality,
                                 .authority = placement.authority,
                                 .unit = placement.unit,
                                 .to_do = request.to_do(),
                                 .today = calendar::LegalDay(call.now)};
  ASSIGN_OR_RETURN(filter.page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(filter.cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(ReportStore::WorkPage page, store_.ListWork(call, filter));
  v1::ListWorkItemsResponse response;
  std::vector<std::string> resources = {request.parent()};
  for (v1::WorkItem& item : page.items) {
    resources.push_back(item.resource());
    *response.add_items() = std::move(item);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordWork(call, page.children, resources));
  return response;
}

absl::StatusOr<v1::Report> ReportService::SupplementReport(const rpc::CallContext& call,
                                                           const v1::SupplementReportRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RequireText(request.text(), "text", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return ChangeReport(store_, call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(ViewFor(call.caller, record).status());
    const bool from_sender = !MayHandle(call.caller, PlacementOf(record.report));
    return Supplement(std::move(record), request.text(), from_sender, ActOf(call));
  });
}

absl::StatusOr<v1::Report> ReportService::ConfirmReceipt(const rpc::CallContext& call,
                                                         const v1::ConfirmReceiptRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return ChangeReport(store_, call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return intake::ConfirmReceipt(std::move(record), ActOf(call));
  });
}

template <typename Request, typename Transition>
absl::StatusOr<v1::Report> ReportService::ChangedWithReason(const rpc::CallContext& call, const Request& request,
                                                            const Transition& transition) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.reason(), "reason", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return ChangeReport(store_, call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return transition(std::move(record));
  });
}

absl::StatusOr<v1::Report> ReportService::HoldReport(const rpc::CallContext& call,
                                                     const v1::HoldReportRequest& request) const {
  return ChangedWithReason(call, request, [&](ReportRecord record) {
    return Hold(parts_.rules, std::move(record), request.reason(), ActOf(call));
  });
}

absl::StatusOr<v1::Report> ReportService::ReviewHold(const rpc::CallContext& call,
                                                     const v1::ReviewHoldRequest& request) const {
  return ChangedWithReason(call, request, [&](ReportRecord record) {
    return intake::ReviewHold(parts_.rules, std::move(record), request.reason(), ActOf(call));
  });
}

absl::StatusOr<v1::Report> ReportService::ReleaseReport(const rpc::CallContext& call,
                                                        const v1::ReleaseReportRequest& request) const {
  return ChangedWithReason(
      call, request, [&](ReportRecord record) { return Release(std::move(record), request.reason(), ActOf(call)); });
}

absl::StatusOr<v1::Report> ReportService::AssignReport(const rpc::CallContext& call,
                                                       const v1::AssignReportRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.assignee(), "assignee", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return ChangeReport(store_, call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    const std::string unit = request.unit().empty() ? record.report.unit() : request.unit();
    RETURN_IF_ERROR(CheckUnitOf(parts_.units, unit, record.report.authority(), "unit"));
    return Assign(std::move(record), request.assignee(), unit, ActOf(call));
  });
}

absl::StatusOr<v1::ForwardReportResponse> ReportService::ForwardReport(const rpc::CallContext& call,
                                                                       const v1::ForwardReportRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), "reports", "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.reason(), "reason", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(v1::Report report,
                   ChangeReport(store_, call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
                     RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
                     return ForwardTo(std::move(record), request, call);
                   }));
  v1::ForwardReportResponse response;
  response.set_forwarded_report(report.has_forwarding() ? report.forwarding().report() : report.name());
  *response.mutable_report() = std::move(report);
  return response;
}

absl::StatusOr<ReportChange> ReportService::ForwardTo(ReportRecord record, const v1::ForwardReportRequest& request,
                                                      const rpc::CallContext& call) const {
  const directory::v1::Unit* unit = parts_.units.FindHandlingUnit(request.destination());
  if (unit == nullptr) unit = parts_.units.ReceptionOf(request.destination());
  if (unit == nullptr || unit->name() == record.report.unit()) {
    return status::InvalidArgument(std::vector<status::FieldViolation>{
        {"destination", "expected another authority that receives reports, or another unit that handles cases",
         "Ange en annan nämnd eller enhet."}});
  }
  if (unit->authority() == record.report.authority()) {
    return MoveToUnit(std::move(record), unit->name(), request.reason(), ActOf(call));
  }
  const absl::Time first_received =
      proto_time::FromProto(record.report.first_receive_time()).value_or(absl::UnixEpoch());
  const std::string municipality =
      resource_name::Match("municipalities/{municipality}/authorities/{id}", unit->authority())->front();
  NewReport moved{.name = MakeName(municipality, "reports", pg::Uuid::FromTime(call.now)),
                  .authority = unit->authority(),
                  .unit = unit->name(),
                  .submission = record.report.submission(),
                  .formal_faults = {record.report.formal_faults().begin(), record.report.formal_faults().end()},
                  .receive_time = call.now,
                  .first_receive_time = first_received};
  ASSIGN_OR_RETURN(moved.mandate, MandateOf(parts_.rules, moved.submission, first_received));
  ReceivedReports received;
  received.forwarded = true;
  ASSIGN_OR_RETURN(ReportRecord there, ReceiveForwarded(parts_.rules, moved, record));
  ASSIGN_OR_RETURN(received.feedback_clock_if_running, FeedbackClockIfRunning(parts_.rules, there));
  received.reports.push_back(std::move(there));
  ASSIGN_OR_RETURN(ReportChange change, Forward(std::move(record), moved.name, request.reason(), ActOf(call)));
  change.forwarded = std::move(received);
  return change;
}

std::unique_ptr<rpc::Service> ReportService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::ReportService>(), adapter);
  service->Add("SubmitReport", this, &ReportService::SubmitReport);
  service->Add("ReceiveReport", this, &ReportService::ReceiveReport);
  service->Add("GetReport", this, &ReportService::GetReport);
  service->Add("ListReports", this, &ReportService::ListReports);
  service->Add("ListWorkItems", this, &ReportService::ListWorkItems);
  service->Add("SupplementReport", this, &ReportService::SupplementReport);
  service->Add("ConfirmReceipt", this, &ReportService::ConfirmReceipt);
  service->Add("ForwardReport", this, &ReportService::ForwardReport);
  service->Add("HoldReport", this, &ReportService::HoldReport);
  service->Add("ReviewHold", this, &ReportService::ReviewHold);
  service->Add("ReleaseReport", this, &ReportService::ReleaseReport);
  service->Add("AssignReport", this, &ReportService::AssignReport);
  return service;
}

}  // namespace samverkan::intake
