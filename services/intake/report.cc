#include "services/intake/report.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/protected_identity.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

// More than anybody reads; beyond it the report could not be shown in one answer.
constexpr int kMostSupplements = 50;

absl::Status CheckForwardable(const v1::Report& report) {
  RETURN_IF_ERROR(CheckNotForwarded(report));
  if (report.state() != v1::Report::DECIDED) return absl::OkStatus();
  return status::FailedPrecondition({"REPORT_DECIDED",
                                     "a decided report is not forwarded; make a report of your own instead",
                                     "Anmälan är redan beslutad och kan inte vidarebefordras."});
}

void NoteForwarding(v1::Report& report, const std::string& destination, const std::string& reason, const Act& act) {
  v1::Forwarding& forwarding = *report.mutable_forwarding();
  *forwarding.mutable_forward_time() = ToProto(act.time);
  forwarding.set_reason(reason);
  forwarding.set_report(destination);
  forwarding.set_forwarder(act.subject);
}

absl::Time FirstReceived(const v1::Report& report) {
  return proto_time::FromProto(report.first_receive_time()).value_or(absl::UnixEpoch());
}

absl::Status StartHold(const rules::RuleSet& rules, const std::string& reason, absl::Time time, v1::Report& report) {
  v1::Hold& hold = *report.mutable_hold();
  hold.Clear();
  hold.set_reason(reason);
  *hold.mutable_hold_time() = ToProto(time);
  return AddClock(rules, kHoldReview, "held", time, JurisdictionOf(report), *report.mutable_deadlines());
}

absl::Status StartReportClocks(const rules::RuleSet& rules, v1::Report& report) {
  if (!IsConcernReport(report)) return absl::OkStatus();
  const absl::Time received = FirstReceived(report);
  const Jurisdiction jurisdiction = JurisdictionOf(report);
  Deadlines& deadlines = *report.mutable_deadlines();
  RETURN_IF_ERROR(AddClock(rules, kProtectionAssessment, "report_received", received, jurisdiction, deadlines));
  return AddClock(rules, kDecisionToOpen, "report_received", received, jurisdiction, deadlines);
}

v1::Report HandlerView(const ReportRecord& record) {
  v1::Report view = record.report;
  view.set_etag(Etag(record.version));
  view.set_identity_protected(record.identity_protected);
  return view;
}

// The view, without the whereabouts where the child's identity is protected, save for one who
// `may_see_whereabouts`.
absl::StatusOr<v1::Report> Shown(const rules::RuleSet& rules, const ReportRecord& record, absl::Time time,
                                 bool may_see_whereabouts, v1::Report view) {
  if (record.identity_protected && !may_see_whereabouts) {
    RETURN_IF_ERROR(WithholdWhereabouts(rules, JurisdictionOf(record.report), time, view));
  }
  return view;
}

v1::Report SenderView(const v1::Report& report) {
  v1::Report view;
  view.set_name(report.name());
  view.set_authority(report.authority());
  *view.mutable_submission() = report.submission();
  for (const v1::Supplement& supplement : report.supplements()) {
    if (supplement.from_sender()) *view.add_supplements() = supplement;
  }
  *view.mutable_receive_time() = report.receive_time();
  *view.mutable_first_receive_time() = report.first_receive_time();
  if (report.has_confirm_time()) *view.mutable_confirm_time() = report.confirm_time();
  // Where to go on; why is the authorities' own.
  if (report.has_forwarding()) {
    view.mutable_forwarding()->set_report(report.forwarding().report());
    *view.mutable_forwarding()->mutable_forward_time() = report.forwarding().forward_time();
  }
  return view;
}

ReportChange Changed(ReportRecord after, Happening happening) {
  ReportChange change;
  change.after = std::move(after);
  change.happenings.push_back(std::move(happening));
  return change;
}

}  // namespace

absl::Status CheckNotForwarded(const v1::Report& report) {
  if (report.state() != v1::Report::FORWARDED) return absl::OkStatus();
  return status::FailedPrecondition({"REPORT_FORWARDED", "the report was forwarded; go on with `forwarding.report`",
                                     "Anmälan är vidarebefordrad. Fortsätt hos mottagaren."});
}

std::map<std::string, std::string> UnitAttribute(const ReportRecord& record) {
  // For a child with protected identity the unit gives the whereabouts away.
  if (record.identity_protected) return {};
  return {{"unit", record.report.unit()}};
}

bool IsConcernReport(const v1::Report& report) {
  return report.submission().kind() != v1::APPLICATION && report.submission().kind() != v1::REFERRAL;
}

std::string LastPart(const std::string& name) { return name.substr(name.rfind('/') + 1); }

Placement PlacementOf(const v1::Report& report) {
  const auto authority = resource_name::Match("municipalities/{municipality}/authorities/{id}", report.authority());
  if (!authority.has_value()) return {};
  return {.municipality = authority->front(),
          .authority = authority->back(),
          .unit = LastPart(report.unit()),
          .assignee = report.assignee()};
}

Jurisdiction JurisdictionOf(const v1::Report& report) {
  Placement placement = PlacementOf(report);
  return {std::move(placement.municipality), std::move(placement.authority)};
}

std::string Etag(int64_t version) { return absl::StrCat(version); }

absl::Status CheckEtag(const std::string& etag, int64_t version) {
  if (etag.empty() || etag == Etag(version)) return absl::OkStatus();
  return status::Aborted({.reason = "ETAG_MISMATCH",
                          .message = "the resource has changed since it was read; read it again and repeat",
                          .swedish = "Ärendet har ändrats sedan det lästes. Läs om det och försök igen."});
}

absl::Status CheckMayHandle(const auth::Caller& caller, const ReportRecord& record) {
  const Placement placement = PlacementOf(record.report);
  if (MayHandle(caller, placement)) return absl::OkStatus();
  return record.emergency_access ? EmergencyAccessReadsOnly() : NotFound("report", placement);
}

absl::Status CheckMaySupplement(const auth::Caller& caller, const ReportRecord& record) {
  return MaySeeAsSender(caller, record.sender) ? absl::OkStatus() : CheckMayHandle(caller, record);
}

bool MayReadAsHandler(const auth::Caller& caller, const ReportRecord& record) {
  return record.emergency_access || MayHandle(caller, PlacementOf(record.report));
}

bool ReadsInEmergency(const auth::Caller& caller, const ReportRecord& record) {
  return record.emergency_access && !MayHandle(caller, PlacementOf(record.report));
}

absl::StatusOr<v1::Report> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller, const ReportRecord& record,
                                   absl::Time time) {
  const Placement placement = PlacementOf(record.report);
  if (MayReadAsHandler(caller, record)) {
    return Shown(rules, record, time, MaySeeWhereabouts(caller, placement), HandlerView(record));
  }
  if (MaySeeAsSender(caller, record.sender)) {
    return Shown(rules, record, time, IsSender(caller, record.sender), SenderView(record.report));
  }
  return NotFound("report", placement);
}

absl::StatusOr<v1::Report> ViewAfterChange(const rules::RuleSet& rules, const auth::Caller& caller,
                                           const ReportRecord& record, absl::Time time) {
  absl::StatusOr<v1::Report> view = ViewFor(rules, caller, record, time);
  if (!status::IsHidden(view.status())) return view;
  return Shown(rules, record, time, MaySeeWhereabouts(caller, PlacementOf(record.report)), HandlerView(record));
}

bool IsOnHold(const v1::Report& report) { return report.has_hold() && !report.hold().has_release_time(); }

absl::StatusOr<v1::ReportMeeting> MeetingUnder(const rules::RuleSet& rules, const v1::Report& report) {
  v1::ReportMeeting meeting;
  const Jurisdiction jurisdiction = JurisdictionOf(report);
  const auto answer = rules.Ask("report_meeting", calendar::LegalDay(FirstReceived(report)), jurisdiction.municipality,
                                jurisdiction.authority);
  if (absl::IsNotFound(answer.status())) return meeting;
  RETURN_IF_ERROR(answer.status());
  meeting.set_mandatory(report.submission().report_meeting_wanted() &&
                        answer->rule->obligation() == rules::v1::Rule::MUST);
  meeting.set_legal_basis(absl::StrCat(answer->rule->id(), ", ", answer->version->legal_basis()));
  return meeting;
}

absl::StatusOr<ReportRecord> Receive(const rules::RuleSet& rules, NewReport received, const Sender& sender) {
  ReportRecord record;
  record.sender = sender;
  record.identity_protected = received.submission.child().protected_identity();
  v1::Report& report = record.report;
  report.set_name(received.name);
  report.set_authority(received.authority);
  report.set_unit(received.unit);
  *report.mutable_submission() = std::move(received.submission);
  const v1::Submission& submission = report.submission();
  *report.mutable_receive_time() = ToProto(received.receive_time);
  *report.mutable_first_receive_time() = ToProto(received.first_receive_time);
  report.set_state(v1::Report::RECEIVED);
  for (const std::string& fault : received.formal_faults) report.add_formal_faults(fault);
  RETURN_IF_ERROR(StartReportClocks(rules, report));
  if (StartsOnHold(submission)) {
    RETURN_IF_ERROR(StartHold(rules, "suspected violence or sexual abuse", received.receive_time, report));
  }
  const bool may_ask = received.mandate == Mandate::kMandated || received.mandate == Mandate::kLegalReview;
  if (submission.feedback_wanted() && may_ask && IsConcernReport(report)) {
    record.feedback.emplace().set_state(v1::Feedback::ASKED);
    *record.feedback->mutable_ask_time() = report.receive_time();
  }
  if (submission.report_meeting_wanted()) {
    ASSIGN_OR_RETURN(record.meeting, MeetingUnder(rules, report));
    record.meeting->set_state(v1::ReportMeeting::ASKED);
    *record.meeting->mutable_ask_time() = report.receive_time();
  }
  return record;
}

absl::StatusOr<ReportRecord> ReceiveForwarded(const rules::RuleSet& rules, NewReport received,
                                              const ReportRecord& from) {
  const absl::Time receive_time = received.receive_time;
  ASSIGN_OR_RETURN(ReportRecord record, Receive(rules, std::move(received), from.sender));
  v1::Report& report = record.report;
  report.clear_deadlines();
  for (const v1::Deadline& deadline : from.report.deadlines()) {
    if (deadline.clock() == kProtectionAssessment || deadline.clock() == kDecisionToOpen) {
      *report.add_deadlines() = deadline;
    }
  }
  report.clear_hold();
  if (IsOnHold(from.report) || StartsOnHold(report.submission())) {
    RETURN_IF_ERROR(StartHold(rules, "on hold where it was received first", receive_time, report));
  }
  record.identity_protected = record.identity_protected || from.identity_protected;
  for (const v1::Supplement& supplement : from.report.supplements()) {
    if (supplement.from_sender()) *report.add_supplements() = supplement;
  }
  const bool asked = from.feedback.has_value() &&
                     (from.feedback->state() == v1::Feedback::ASKED || from.feedback->state() == v1::Feedback::OWED);
  if (asked && !record.feedback.has_value()) {
    record.feedback.emplace().set_state(v1::Feedback::ASKED);
    *record.feedback->mutable_ask_time() = from.feedback->ask_time();
  }
  if (from.meeting.has_value() && from.meeting->state() != v1::ReportMeeting::ASKED) record.meeting = from.meeting;
  return record;
}

absl::StatusOr<std::optional<v1::Deadline>> FeedbackClockIfRunning(const rules::RuleSet& rules,
                                                                   const ReportRecord& record) {
  if (!record.feedback.has_value()) return std::nullopt;
  const absl::Time received = proto_time::FromProto(record.report.receive_time()).value_or(absl::UnixEpoch());
  auto clock = StartClock(rules, kStatutoryFeedback, "asked_for", received, JurisdictionOf(record.report));
  if (absl::IsNotFound(clock.status())) return std::nullopt;
  RETURN_IF_ERROR(clock.status());
  return *std::move(clock);
}

absl::StatusOr<ReportChange> Supplement(ReportRecord record, const std::string& text, bool from_sender,
                                        const Act& act) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
  if (record.report.supplements_size() >= kMostSupplements) {
    return status::FailedPrecondition({"TOO_MANY_SUPPLEMENTS",
                                       "the report has all the supplements that it can hold; make a new report",
                                       "Anmälan kan inte kompletteras mer. Gör en ny anmälan."});
  }
  v1::Supplement& supplement = *record.report.add_supplements();
  supplement.set_text(text);
  *supplement.mutable_receive_time() = ToProto(act.time);
  supplement.set_author(act.subject);
  supplement.set_from_sender(from_sender);
  return Changed(std::move(record), {"report.supplemented", {}});
}

absl::StatusOr<ReportChange> ConfirmReceipt(ReportRecord record, const Act& act) {
  if (record.report.has_confirm_time()) return ReportChange{.after = std::move(record)};
  *record.report.mutable_confirm_time() = ToProto(act.time);
  return Changed(std::move(record), {"report.receipt_confirmed", {}});
}

absl::StatusOr<ReportChange> Hold(const rules::RuleSet& rules, ReportRecord record, const std::string& reason,
                                  const Act& act) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
  if (IsOnHold(record.report)) {
    return status::FailedPrecondition(
        {"ALREADY_ON_HOLD", "the report is on hold already", "Anmälan är redan spärrad."});
  }
  RETURN_IF_ERROR(StartHold(rules, reason, act.time, record.report));
  return Changed(std::move(record), {"report.held", {}});
}

absl::StatusOr<ReportChange> ReviewHold(const rules::RuleSet& rules, ReportRecord record, const std::string& reason,
                                        const Act& act) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
  if (!IsOnHold(record.report)) {
    return status::FailedPrecondition({"NOT_ON_HOLD", "the report is not on hold", "Anmälan är inte spärrad."});
  }
  v1::HoldReview& review = *record.report.mutable_hold()->add_reviews();
  *review.mutable_review_time() = ToProto(act.time);
  review.set_reviewer(act.subject);
  review.set_reason(reason);
  Deadlines& deadlines = *record.report.mutable_deadlines();
  Meet(deadlines, kHoldReview, act.time);
  RETURN_IF_ERROR(AddClock(rules, kHoldReview, "held", act.time, JurisdictionOf(record.report), deadlines));
  return Changed(std::move(record), {"report.hold_reviewed", {}});
}

absl::StatusOr<ReportChange> Release(ReportRecord record, const std::string& reason, const Act& act) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
  if (!IsOnHold(record.report)) {
    return status::FailedPrecondition({"NOT_ON_HOLD", "the report is not on hold", "Anmälan är inte spärrad."});
  }
  v1::Hold& hold = *record.report.mutable_hold();
  *hold.mutable_release_time() = ToProto(act.time);
  hold.set_released_by(act.subject);
  hold.set_release_reason(reason);
  Meet(*record.report.mutable_deadlines(), kHoldReview, act.time);
  return Changed(std::move(record), {"report.released", {}});
}

absl::StatusOr<ReportChange> Assign(ReportRecord record, const std::string& assignee, const std::string& unit,
                                    const Act&) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
  record.report.set_assignee(assignee);
  record.report.set_unit(unit);
  Happening happening{"report.assigned", UnitAttribute(record)};
  return Changed(std::move(record), std::move(happening));
}

absl::StatusOr<ReportChange> MoveToUnit(ReportRecord record, const std::string& unit, const std::string& reason,
                                        const Act& act) {
  RETURN_IF_ERROR(CheckForwardable(record.report));
  NoteForwarding(record.report, record.report.name(), reason, act);
  record.report.set_unit(unit);
  record.report.clear_assignee();
  Happening happening{"report.forwarded", UnitAttribute(record)};
  return Changed(std::move(record), std::move(happening));
}

absl::StatusOr<ReportChange> Forward(ReportRecord record, const std::string& forwarded_report,
                                     const std::string& reason, const Act& act) {
  RETURN_IF_ERROR(CheckForwardable(record.report));
  NoteForwarding(record.report, forwarded_report, reason, act);
  record.report.set_state(v1::Report::FORWARDED);
  EndAll(*record.report.mutable_deadlines(), act.time);
  return Changed(std::move(record), {"report.forwarded", {}});
}

}  // namespace samverkan::intake
