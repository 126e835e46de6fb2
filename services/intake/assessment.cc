#include "services/intake/assessment.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/feedback.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

absl::Status CheckUndecided(const v1::Report& report) {
  RETURN_IF_ERROR(CheckNotForwarded(report));
  if (report.state() == v1::Report::DECIDED) {
    return status::FailedPrecondition({"ALREADY_DECIDED",
                                       "the report is decided; a new report may open a new investigation",
                                       "Anmälan är redan beslutad. En ny anmälan kan leda till en ny utredning."});
  }
  return absl::OkStatus();
}

absl::Status CheckDecidable(const ReportRecord& record, v1::Decision::Outcome outcome) {
  RETURN_IF_ERROR(CheckUndecided(record.report));
  if (record.report.state() == v1::Report::RECEIVED && IsConcernReport(record.report)) {
    return status::FailedPrecondition(
        {"NOT_ASSESSED", "record the protection assessment first", "Gör skyddsbedömningen först."});
  }
  if (outcome == v1::Decision::ADDED_TO_RUNNING && record.running_investigation.empty()) {
    return status::FailedPrecondition({"NO_RUNNING_INVESTIGATION",
                                       "no investigation of the child is running; open one or do not",
                                       "Ingen utredning pågår. Besluta att inleda eller inte inleda."});
  }
  if (outcome == v1::Decision::OPENED && !record.running_investigation.empty()) {
    return status::FailedPrecondition({"INVESTIGATION_RUNNING",
                                       "an investigation of the child is running; add the report to it",
                                       "En utredning pågår redan. Tillför anmälan till den."});
  }
  return absl::OkStatus();
}

// The rule and the law of the report's clock of that name; empty where it has none.
std::string BasisOfClock(const v1::Report& report, std::string_view clock) {
  for (const v1::Deadline& deadline : report.deadlines()) {
    if (deadline.clock() == clock) return absl::StrCat(deadline.rule(), ", ", deadline.legal_basis());
  }
  return {};
}

// The law of the clock where there is one, else of the day that the report came. None for
// an application or referral: the law of these clocks is for reports alone.
absl::StatusOr<std::string> LegalBasisOf(const rules::RuleSet& rules, const v1::Report& report,
                                         std::string_view clock) {
  if (!IsConcernReport(report)) return std::string();
  if (std::string basis = BasisOfClock(report, clock); !basis.empty()) return basis;
  const auto received = proto_time::FromProto(report.first_receive_time()).value_or(absl::UnixEpoch());
  const auto answer = rules.Ask(clock, calendar::LegalDay(received));
  if (absl::IsNotFound(answer.status())) return std::string();
  RETURN_IF_ERROR(answer.status());
  return absl::StrCat(answer->rule->id(), ", ", answer->version->legal_basis());
}

absl::StatusOr<v1::Investigation> Open(const rules::RuleSet& rules, const v1::Report& report, const std::string& name,
                                       absl::Time time) {
  v1::Investigation investigation;
  investigation.set_name(name);
  investigation.set_authority(report.authority());
  investigation.set_unit(report.unit());
  investigation.set_child(report.child());
  investigation.set_state(v1::Investigation::RUNNING);
  *investigation.mutable_open_time() = ToProto(time);
  investigation.add_reports(report.name());
  investigation.set_assignee(report.assignee());
  ASSIGN_OR_RETURN(*investigation.mutable_deadline(),
                   StartClock(rules, "investigation_length", "investigation_opened", time, JurisdictionOf(report)));
  return investigation;
}

}  // namespace

absl::StatusOr<ReportChange> RecordProtectionAssessment(ReportRecord record,
                                                        const v1::RecordProtectionAssessmentRequest& request,
                                                        const Act& act) {
  RETURN_IF_ERROR(CheckUndecided(record.report));
  const std::string legal_basis = BasisOfClock(record.report, kProtectionAssessment);
  v1::ProtectionAssessment& assessment = *record.report.add_assessments();
  assessment.set_need(request.need());
  assessment.set_reasons(request.reasons());
  *assessment.mutable_assess_time() = ToProto(act.time);
  assessment.set_assessor(act.subject);
  assessment.set_legal_basis(legal_basis);
  record.report.set_state(v1::Report::ASSESSED);
  Meet(*record.report.mutable_deadlines(), kProtectionAssessment, act.time);
  ReportChange change;
  change.after = std::move(record);
  change.happenings.push_back({"report.assessed", {}});
  change.legal_basis = legal_basis;
  return change;
}

absl::StatusOr<ReportChange> ExtendPreliminaryAssessment(const rules::RuleSet& rules, ReportRecord record,
                                                         const v1::ExtendPreliminaryAssessmentRequest& request,
                                                         const Act& act) {
  RETURN_IF_ERROR(CheckUndecided(record.report));
  const Jurisdiction jurisdiction = JurisdictionOf(record.report);
  v1::Deadline* const deadline = FindPending(*record.report.mutable_deadlines(), kDecisionToOpen);
  if (deadline == nullptr) {
    return status::FailedPrecondition(
        {"NO_LEGAL_GROUND", "no time of the preliminary assessment is running", "Ingen tidsfrist löper."});
  }
  ASSIGN_OR_RETURN(const std::string ground, LegalGround(rules, kDecisionToOpen, *deadline, jurisdiction));
  RETURN_IF_ERROR(Extend(*deadline, {request.ground(), request.reasons(), request.latest_date()}, ground, act));
  ReportChange change;
  change.legal_basis = absl::StrCat(deadline->rule(), ", ", deadline->legal_basis());
  change.after = std::move(record);
  change.happenings.push_back({"report.assessment_extended", {{"latest_date", request.latest_date()}}});
  return change;
}

absl::StatusOr<ReportChange> Decide(const rules::RuleSet& rules, ReportRecord record,
                                    const v1::DecideReportRequest& request, const std::string& investigation,
                                    const Act& act) {
  RETURN_IF_ERROR(CheckDecidable(record, request.outcome()));
  ReportChange change;
  ASSIGN_OR_RETURN(change.legal_basis, LegalBasisOf(rules, record.report, kDecisionToOpen));
  v1::Decision& decision = *record.report.mutable_decision();
  decision.set_outcome(request.outcome());
  decision.set_reasons(request.reasons());
  *decision.mutable_decide_time() = ToProto(act.time);
  decision.set_decider(act.subject);
  decision.set_legal_basis(change.legal_basis);
  record.report.set_state(v1::Report::DECIDED);
  Meet(*record.report.mutable_deadlines(), kDecisionToOpen, act.time);
  if (request.outcome() == v1::Decision::OPENED) {
    decision.set_investigation(investigation);
    ASSIGN_OR_RETURN(change.opened, Open(rules, record.report, investigation, act.time));
    change.happenings.push_back({"investigation.opened", {{"investigation", investigation}}});
  } else if (request.outcome() == v1::Decision::ADDED_TO_RUNNING) {
    decision.set_investigation(record.running_investigation);
  }
  RETURN_IF_ERROR(OweAfterDecision(rules, record, act.time));
  change.happenings.push_back({"report.decided", {{"outcome", v1::Decision::Outcome_Name(request.outcome())}}});
  change.after = std::move(record);
  return change;
}

}  // namespace samverkan::intake
