#include "services/intake/investigation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/protected_identity.h"
#include "services/intake/text.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

absl::Status CheckRunning(const v1::Investigation& investigation) {
  if (investigation.state() == v1::Investigation::RUNNING) return absl::OkStatus();
  return status::FailedPrecondition(
      {"INVESTIGATION_CLOSED", "the investigation is closed", "Utredningen är avslutad."});
}

Jurisdiction JurisdictionOf(const v1::Investigation& investigation) {
  Placement placement = PlacementOf(investigation);
  return {std::move(placement.municipality), std::move(placement.authority)};
}

absl::Status CheckFeedbackGiven(const InvestigationRecord& record, const v1::CloseInvestigationRequest& request,
                                bool manager) {
  if (record.feedback_owed.empty()) return absl::OkStatus();
  if (manager && !IsBlank(request.feedback_owed_reason())) return absl::OkStatus();
  return status::FailedPrecondition(
      {.reason = "FEEDBACK_OWED",
       .message = "feedback is owed on its reports; give or refuse it, or let a unit manager close with "
                  "`feedback_owed_reason`",
       .swedish = "Återkoppling saknas. Lämna eller neka den, eller låt enhetschefen avsluta med angivet skäl.",
       .metadata = {{"reports", absl::StrJoin(record.feedback_owed, ",")}}});
}

absl::StatusOr<v1::Investigation> Shown(const rules::RuleSet& rules, const auth::Caller& caller,
                                        const InvestigationRecord& record, absl::Time time) {
  v1::Investigation view = record.investigation;
  view.set_etag(Etag(record.version));
  view.set_identity_protected(record.identity_protected);
  if (record.identity_protected && !MaySeeWhereabouts(caller, PlacementOf(record.investigation))) {
    RETURN_IF_ERROR(WithholdWhereabouts(rules, JurisdictionOf(record.investigation), time, view));
  }
  return view;
}

InvestigationChange Changed(InvestigationRecord record, Happening happening) {
  InvestigationChange change;
  change.after = std::move(record);
  change.happenings.push_back(std::move(happening));
  return change;
}

}  // namespace

Placement PlacementOf(const v1::Investigation& investigation) {
  const auto authority =
      resource_name::Match("municipalities/{municipality}/authorities/{id}", investigation.authority());
  if (!authority.has_value()) return {};
  return {.municipality = authority->front(),
          .authority = authority->back(),
          .unit = LastPart(investigation.unit()),
          .assignee = investigation.assignee()};
}

absl::Status CheckMayHandle(const auth::Caller& caller, const InvestigationRecord& record) {
  const Placement placement = PlacementOf(record.investigation);
  const bool investigates = caller.Has(access::v1::CASEWORKER) || caller.Has(access::v1::UNIT_MANAGER);
  if (investigates && MayHandle(caller, placement)) return absl::OkStatus();
  return record.emergency_access ? EmergencyAccessReadsOnly() : NotFound("investigation", placement);
}

bool ReadsInEmergency(const auth::Caller& caller, const InvestigationRecord& record) {
  return record.emergency_access && !CheckMayHandle(caller, record).ok();
}

absl::StatusOr<v1::Investigation> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                          const InvestigationRecord& record, absl::Time time) {
  if (!record.emergency_access) RETURN_IF_ERROR(CheckMayHandle(caller, record));
  return Shown(rules, caller, record, time);
}

absl::StatusOr<v1::Investigation> ViewAfterChange(const rules::RuleSet& rules, const auth::Caller& caller,
                                                  const InvestigationRecord& record, absl::Time time) {
  return Shown(rules, caller, record, time);
}

absl::StatusOr<InvestigationChange> ExtendInvestigation(const rules::RuleSet& rules, InvestigationRecord record,
                                                        const v1::ExtendInvestigationRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.investigation));
  v1::Deadline& deadline = *record.investigation.mutable_deadline();
  ASSIGN_OR_RETURN(const std::string ground,
                   LegalGround(rules, "investigation_length", deadline, JurisdictionOf(record.investigation)));
  RETURN_IF_ERROR(Extend(deadline, {request.ground(), request.reasons(), request.latest_date()}, ground, act));
  const std::string legal_basis = absl::StrCat(deadline.rule(), ", ", deadline.legal_basis());
  InvestigationChange change =
      Changed(std::move(record), {"investigation.extended", {{"latest_date", request.latest_date()}}});
  change.legal_basis = legal_basis;
  return change;
}

absl::StatusOr<InvestigationChange> CloseInvestigation(InvestigationRecord record,
                                                       const v1::CloseInvestigationRequest& request, bool manager,
                                                       const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.investigation));
  RETURN_IF_ERROR(CheckFeedbackGiven(record, request, manager));
  v1::Closing& closing = *record.investigation.mutable_closing();
  closing.set_result(request.result());
  closing.set_reasons(request.reasons());
  *closing.mutable_close_time() = ToProto(act.time);
  closing.set_closer(act.subject);
  if (!record.feedback_owed.empty()) closing.set_feedback_owed_reason(request.feedback_owed_reason());
  record.investigation.set_state(v1::Investigation::CLOSED);
  Meet(*record.investigation.mutable_deadline(), act.time);
  Happening happening{"investigation.closed",
                      {{"result", v1::Closing::Result_Name(request.result())},
                       {"feedback_owed", record.feedback_owed.empty() ? "false" : "true"}}};
  return Changed(std::move(record), std::move(happening));
}

absl::StatusOr<InvestigationChange> ReopenInvestigation(const rules::RuleSet& rules, InvestigationRecord record,
                                                        const v1::ReopenInvestigationRequest& request,
                                                        const std::string& name, const Act& act) {
  if (record.investigation.state() != v1::Investigation::CLOSED) {
    return status::FailedPrecondition({"INVESTIGATION_RUNNING", "the investigation is running", "Utredningen pågår."});
  }
  if (!record.running_investigation.empty()) {
    return status::FailedPrecondition({"INVESTIGATION_RUNNING", "another investigation of the child is running",
                                       "En annan utredning om barnet pågår redan."});
  }
  if (IsBlank(request.new_facts())) {
    return status::FailedPrecondition(
        {"NEW_FACTS_MISSING",
         "closing and reopening on no new facts would reset the clock (JO 2565-2016); say in `new_facts` what "
         "was not known at the closing",
         "En avslutad utredning får inte inledas på nytt utan nya uppgifter. Ange vad som är nytt."});
  }
  v1::Investigation opened;
  opened.set_name(name);
  opened.set_authority(record.investigation.authority());
  opened.set_unit(record.investigation.unit());
  opened.set_child(record.investigation.child());
  opened.set_state(v1::Investigation::RUNNING);
  *opened.mutable_open_time() = ToProto(act.time);
  *opened.mutable_reports() = record.investigation.reports();
  opened.set_assignee(record.investigation.assignee());
  opened.set_previous_investigation(record.investigation.name());
  opened.set_new_facts(request.new_facts());
  ASSIGN_OR_RETURN(*opened.mutable_deadline(), StartClock(rules, "investigation_length", "investigation_opened",
                                                          act.time, JurisdictionOf(record.investigation)));
  InvestigationChange change = Changed(std::move(record), {"investigation.reopened", {{"investigation", name}}});
  change.opened = std::move(opened);
  return change;
}

absl::StatusOr<InvestigationChange> AssignInvestigation(InvestigationRecord record, const std::string& assignee,
                                                        const std::string& unit) {
  RETURN_IF_ERROR(CheckRunning(record.investigation));
  record.investigation.set_assignee(assignee);
  record.investigation.set_unit(unit);
  Happening happening{"investigation.assigned", {}};
  // For a child with protected identity the unit gives the whereabouts away.
  if (!record.identity_protected) happening.attributes["unit"] = unit;
  return Changed(std::move(record), std::move(happening));
}

}  // namespace samverkan::intake
