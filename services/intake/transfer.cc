#include "services/intake/transfer.h"

#include <utility>

#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/access.h"
#include "services/intake/protected_identity.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

constexpr char kAnswer[] = "transfer_answer";
constexpr char kInspectorate[] = "ivo_decision";

absl::Status NotOpen(const std::string& message, const std::string& swedish) {
  return status::FailedPrecondition({.reason = "TRANSFER_NOT_OPEN", .message = message, .swedish = swedish});
}

// Whether the day has ended by which the receiver had to answer.
bool AnswerIsLate(const v1::Transfer& transfer, absl::Time time) {
  const v1::Deadline* const deadline = FindPending(transfer.deadlines(), kAnswer);
  if (deadline == nullptr) return false;
  const auto latest = proto_time::ParseDay(deadline->latest_date());
  return latest.has_value() && *latest < calendar::LegalDay(time);
}

absl::Status CheckMayApply(const v1::Transfer& transfer, absl::Time time) {
  if (transfer.state() == v1::Transfer::REFUSED || AnswerIsLate(transfer, time)) return absl::OkStatus();
  if (transfer.state() == v1::Transfer::REQUESTED) {
    return status::FailedPrecondition(
        {"ANSWER_AWAITED", "the receiver has still time to answer; apply after a refusal or when the time has ended",
         "Den andra nämnden har fortfarande tid att svara."});
  }
  return NotOpen("the request was accepted, or the inspectorate was asked already",
                 "Begäran har bifallits, eller så har ansökan redan gjorts.");
}

bool IsTakenOver(const v1::Transfer& transfer) {
  return transfer.state() == v1::Transfer::ACCEPTED ||
         (transfer.state() == v1::Transfer::DECIDED &&
          transfer.decision().outcome() == v1::InspectorateDecision::TRANSFERRED);
}

v1::Transfer ReceiverView(const TransferRecord& record) {
  v1::Transfer view = record.resource;
  view.set_etag(Etag(record.version));
  view.clear_investigation();
  view.clear_child();
  view.clear_requester();
  view.clear_application();
  if (!IsTakenOver(view)) view.clear_handover();
  if (view.has_decision()) {
    view.mutable_decision()->clear_reasons();
    view.mutable_decision()->clear_recorder();
  }
  return view;
}

TransferChange Changed(TransferRecord record, Happening happening) {
  TransferChange change;
  change.after = std::move(record);
  change.happening = std::move(happening);
  return change;
}

}  // namespace

Jurisdiction ReceiverOf(const v1::Transfer& transfer) {
  const auto receiver = resource_name::Match("municipalities/{municipality}/authorities/{id}", transfer.receiver());
  if (!receiver.has_value()) return {};
  return {receiver->front(), receiver->back()};
}

bool IsReceiver(const auth::Caller& caller, const v1::Transfer& transfer) {
  const Jurisdiction receiver = ReceiverOf(transfer);
  return !receiver.authority.empty() && caller.municipality == receiver.municipality &&
         caller.authority == receiver.authority && WorksAtSocialServices(caller);
}

absl::Status CheckMayAnswer(const auth::Caller& caller, const TransferRecord& record) {
  if (IsReceiver(caller, record.resource)) return absl::OkStatus();
  return NotFound("transfer", PlacementOf(record.parent.investigation.investigation));
}

absl::StatusOr<v1::Transfer> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                     const TransferRecord& record, absl::Time time) {
  if (IsReceiver(caller, record.resource)) return ReceiverView(record);
  RETURN_IF_ERROR(CheckMayReadPart(caller, record.parent, "transfer"));
  v1::Transfer view = record.resource;
  view.set_etag(Etag(record.version));
  const InvestigationRecord& of = record.parent.investigation;
  if (of.identity_protected && !MaySeeWhereabouts(caller, PlacementOf(of.investigation))) {
    RETURN_IF_ERROR(WithholdWhereabouts(rules, JurisdictionOf(record.parent), time, view));
  }
  return view;
}

absl::StatusOr<TransferChange> RequestTransfer(const rules::RuleSet& rules, const PartParent& parent,
                                               const v1::RequestTransferRequest& request, const std::string& name,
                                               const Act& act) {
  if (parent.investigation.investigation.state() != v1::Investigation::RUNNING) {
    return status::FailedPrecondition({"INVESTIGATION_CLOSED",
                                       "only the case of a running investigation is transferred",
                                       "Utredningen är avslutad."});
  }
  TransferRecord record = NewPart<v1::Transfer>(parent, name, act);
  v1::Transfer& transfer = record.resource;
  transfer.set_state(v1::Transfer::REQUESTED);
  transfer.set_receiver(request.receiver());
  transfer.set_reasons(request.reasons());
  transfer.set_handover(request.handover());
  transfer.set_requester(act.subject);
  RETURN_IF_ERROR(AddClock(rules, kChildMoves, "transfer_requested", act.time, JurisdictionOf(parent),
                           *transfer.mutable_deadlines()));
  std::string basis = BasisOf(FindPending(transfer.deadlines(), kAnswer));
  TransferChange change = Changed(std::move(record), {"transfer.requested", {}});
  change.legal_basis = std::move(basis);
  return change;
}

absl::StatusOr<TransferChange> AnswerTransfer(TransferRecord record, const v1::AnswerTransferRequest& request,
                                              const Act& act) {
  v1::Transfer& transfer = record.resource;
  if (transfer.state() != v1::Transfer::REQUESTED) {
    return NotOpen("the request is answered, or the inspectorate decides it",
                   "Begäran är redan besvarad, eller prövas av IVO.");
  }
  v1::TransferAnswer& answer = *transfer.mutable_answer();
  answer.set_verdict(request.verdict());
  answer.set_reasons(request.reasons());
  *answer.mutable_answer_time() = ToProto(act.time);
  answer.set_answerer(act.subject);
  const bool accepted = request.verdict() == v1::TransferAnswer::ACCEPTED;
  transfer.set_state(accepted ? v1::Transfer::ACCEPTED : v1::Transfer::REFUSED);
  std::string basis = BasisOf(FindPending(transfer.deadlines(), kAnswer));
  Meet(*transfer.mutable_deadlines(), kAnswer, act.time);
  TransferChange change = Changed(
      std::move(record), {"transfer.answered", {{"verdict", v1::TransferAnswer::Verdict_Name(request.verdict())}}});
  change.legal_basis = std::move(basis);
  return change;
}

absl::StatusOr<TransferChange> ApplyToInspectorate(const rules::RuleSet& rules, TransferRecord record,
                                                   const v1::ApplyToInspectorateRequest& request, const Act& act) {
  v1::Transfer& transfer = record.resource;
  RETURN_IF_ERROR(CheckMayApply(transfer, act.time));
  v1::InspectorateApplication& application = *transfer.mutable_application();
  application.set_reasons(request.reasons());
  *application.mutable_apply_time() = ToProto(act.time);
  application.set_applicant(act.subject);
  transfer.set_state(v1::Transfer::APPLIED);
  Deadlines& deadlines = *transfer.mutable_deadlines();
  EndAll(deadlines, act.time);
  RETURN_IF_ERROR(AddClock(rules, kChildMoves, "applied_to_ivo", act.time, JurisdictionOf(record.parent), deadlines));
  std::string basis = BasisOf(FindPending(deadlines, kInspectorate));
  TransferChange change = Changed(std::move(record), {"transfer.applied_to_inspectorate", {}});
  change.legal_basis = std::move(basis);
  return change;
}

absl::StatusOr<TransferChange> RecordInspectorateDecision(TransferRecord record,
                                                          const v1::RecordInspectorateDecisionRequest& request,
                                                          const Act& act) {
  v1::Transfer& transfer = record.resource;
  if (transfer.state() != v1::Transfer::APPLIED) {
    return NotOpen("no application to the inspectorate is open", "Ingen ansökan till IVO väntar på beslut.");
  }
  v1::InspectorateDecision& decision = *transfer.mutable_decision();
  decision.set_outcome(request.outcome());
  decision.set_reasons(request.reasons());
  *decision.mutable_record_time() = ToProto(act.time);
  decision.set_recorder(act.subject);
  transfer.set_state(v1::Transfer::DECIDED);
  Meet(*transfer.mutable_deadlines(), kInspectorate, act.time);
  return Changed(std::move(record), {"transfer.inspectorate_decided",
                                     {{"outcome", v1::InspectorateDecision::Outcome_Name(request.outcome())}}});
}

}  // namespace samverkan::intake
