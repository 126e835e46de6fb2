#include "services/intake/feedback.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/names.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

absl::Time FirstReceived(const v1::Report& report) {
  return proto_time::FromProto(report.first_receive_time()).value_or(absl::UnixEpoch());
}

absl::Status CheckRight(const rules::RuleSet& rules, const v1::Report& report) {
  RETURN_IF_ERROR(CheckNotForwarded(report));
  ASSIGN_OR_RETURN(const Mandate mandate, MandateOf(rules, report.submission(), FirstReceived(report)));
  const Mandate right = IsConcernReport(report) ? mandate : Mandate::kNone;
  switch (right) {
    case Mandate::kMandated:
      return absl::OkStatus();
    case Mandate::kLegalReview:
      return status::FailedPrecondition(
          {"NEEDS_LEGAL_REVIEW",
           "whether the reporter's category had a duty to report that day is not verified; let a lawyer "
           "decide",
           "Det är inte klarlagt om anmälaren var anmälningsskyldig den dagen. Låt en jurist avgöra."});
    default:
      return status::FailedPrecondition({"NO_RIGHT_TO_FEEDBACK", "only one who reported under a duty may be told",
                                         "Endast den som är anmälningsskyldig kan få återkoppling."});
  }
}

// What may be told now; UNSPECIFIED while nothing is decided and nothing runs.
v1::StatutoryOutcome OutcomeOf(const ReportRecord& record) {
  if (!record.report.has_decision()) {
    return record.running_investigation.empty() ? v1::STATUTORY_OUTCOME_UNSPECIFIED : v1::INVESTIGATION_ALREADY_RUNNING;
  }
  switch (record.report.decision().outcome()) {
    case v1::Decision::OPENED:
      return v1::INVESTIGATION_OPENED;
    case v1::Decision::NOT_OPENED:
      return v1::INVESTIGATION_NOT_OPENED;
    case v1::Decision::ADDED_TO_RUNNING:
      return v1::INVESTIGATION_ALREADY_RUNNING;
    default:
      return v1::STATUTORY_OUTCOME_UNSPECIFIED;
  }
}

absl::StatusOr<std::string> LegalBasis(const rules::RuleSet& rules, const v1::Report& report, absl::Time time) {
  const Jurisdiction jurisdiction = JurisdictionOf(report);
  ASSIGN_OR_RETURN(const rules::Answer answer, rules.Ask(kStatutoryFeedback, calendar::LegalDay(time),
                                                         jurisdiction.municipality, jurisdiction.authority));
  return absl::StrCat(answer.rule->id(), ", ", answer.version->legal_basis());
}

absl::StatusOr<ReportChange> EndFeedback(const rules::RuleSet& rules, ReportRecord record, v1::Feedback::State state,
                                         const v1::SuitabilityTest& test, const Act& act) {
  ReportChange change;
  ASSIGN_OR_RETURN(change.legal_basis, LegalBasis(rules, record.report, act.time));
  if (!record.feedback.has_value()) record.feedback.emplace();
  v1::Feedback& feedback = *record.feedback;
  feedback.set_state(state);
  if (state == v1::Feedback::GIVEN) feedback.set_outcome(OutcomeOf(record));
  *feedback.mutable_end_time() = ToProto(act.time);
  *feedback.mutable_suitability_test() = test;
  feedback.mutable_suitability_test()->set_tester(act.subject);
  *feedback.mutable_suitability_test()->mutable_test_time() = ToProto(act.time);
  feedback.set_legal_basis(change.legal_basis);
  Meet(*record.report.mutable_deadlines(), kStatutoryFeedback, act.time);
  change.happenings.push_back({state == v1::Feedback::GIVEN ? "feedback.given" : "feedback.refused", {}});
  change.after = std::move(record);
  return change;
}

// More than the three facts comes after them: a reporter who may not be told these is told nothing.
absl::Status CheckFeedbackGiven(const ReportRecord& record) {
  if (record.feedback.has_value() && record.feedback->state() == v1::Feedback::GIVEN) return absl::OkStatus();
  return status::FailedPrecondition({"FEEDBACK_NOT_GIVEN", "give the three statutory facts first (`GiveFeedback`)",
                                     "Lämna först de tre uppgifter som lagen medger."});
}

// Whether the one who is told is the sender's unit, or its whole authority.
bool IsTheSender(const consent::v1::Recipient& recipient, const Sender& sender) {
  const bool unit = !sender.unit.empty() && recipient.unit() == MakeName(sender.municipality, "units", sender.unit);
  const bool authority = recipient.authority() == MakeName(sender.municipality, "authorities", sender.authority);
  return unit || (recipient.unit().empty() && authority && !sender.authority.empty());
}

bool Permits(const consent::v1::Decision& decision, data::v1::Category category) {
  using Decided = consent::v1::CategoryDecision;
  return std::any_of(decision.categories().begin(), decision.categories().end(), [&](const Decided& decided) {
    return decided.category() == category &&
           (decided.answer() == Decided::PERMIT || decided.answer() == Decided::PERMIT_WITH_CONDITIONS);
  });
}

}  // namespace

absl::StatusOr<Mandate> MandateOf(const rules::RuleSet& rules, const v1::Submission& submission, absl::Time received) {
  const auto answer = rules.IsMandatedReporter(submission.reporter().category(), calendar::LegalDay(received));
  if (absl::IsInvalidArgument(answer.status())) return Mandate::kUnknownCategory;
  if (absl::IsNotFound(answer.status())) return Mandate::kLegalReview;
  RETURN_IF_ERROR(answer.status());
  switch (answer->verdict) {
    case rules::MandatedReporter::Verdict::kYes:
      return Mandate::kMandated;
    case rules::MandatedReporter::Verdict::kNo:
      return Mandate::kNone;
    default:
      return Mandate::kLegalReview;
  }
}

absl::Status OweAfterDecision(const rules::RuleSet& rules, ReportRecord& record, absl::Time time) {
  if (!record.feedback.has_value() || record.feedback->state() != v1::Feedback::ASKED) return absl::OkStatus();
  record.feedback->set_state(v1::Feedback::OWED);
  return AddClock(rules, kStatutoryFeedback, "decision", time, JurisdictionOf(record.report),
                  *record.report.mutable_deadlines());
}

absl::StatusOr<ReportChange> RequestFeedback(const rules::RuleSet& rules, ReportRecord record, const Act& act) {
  RETURN_IF_ERROR(CheckRight(rules, record.report));
  if (record.feedback.has_value()) return ReportChange{.after = std::move(record)};
  v1::Feedback& feedback = record.feedback.emplace();
  *feedback.mutable_ask_time() = ToProto(act.time);
  feedback.set_state(v1::Feedback::ASKED);
  if (OutcomeOf(record) != v1::STATUTORY_OUTCOME_UNSPECIFIED) {
    feedback.set_state(v1::Feedback::OWED);
    RETURN_IF_ERROR(AddClock(rules, kStatutoryFeedback, "asked_for", act.time, JurisdictionOf(record.report),
                             *record.report.mutable_deadlines()));
  }
  ReportChange change;
  change.after = std::move(record);
  change.happenings.push_back({"feedback.requested", {}});
  return change;
}

absl::StatusOr<ReportChange> GiveFeedback(const rules::RuleSet& rules, ReportRecord record,
                                          const v1::GiveFeedbackRequest& request, const Act& act) {
  if (!request.extended_text().empty()) {
    return status::FailedPrecondition(
        {"NEEDS_CONSENT_DECISION",
         "more than the three statutory facts is told by `GiveExtendedFeedback`, through a decision of the consent "
         "service; leave `extended_text` empty to give the facts",
         "Mer än de tre uppgifterna kräver samtycke. Lämna fältet tomt för att ge dem."});
  }
  RETURN_IF_ERROR(CheckRight(rules, record.report));
  if (OutcomeOf(record) == v1::STATUTORY_OUTCOME_UNSPECIFIED) {
    return status::FailedPrecondition({"NOT_DECIDED", "there is nothing to tell before the report is decided",
                                       "Det finns inget att återkoppla innan beslut är fattat."});
  }
  if (record.feedback.has_value() && record.feedback->state() == v1::Feedback::GIVEN) {
    return status::FailedPrecondition(
        {"FEEDBACK_GIVEN", "the feedback was given already", "Återkopplingen är redan lämnad."});
  }
  return EndFeedback(rules, std::move(record), v1::Feedback::GIVEN, request.suitability_test(), act);
}

absl::StatusOr<ReportChange> TellFamilyAnswer(ReportRecord record, v1::FamilyAnswer::Answer answer, const Act& act) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
  RETURN_IF_ERROR(CheckFeedbackGiven(record));
  record.feedback->mutable_family_answer()->set_answer(answer);
  *record.feedback->mutable_family_answer()->mutable_tell_time() = ToProto(act.time);
  ReportChange change;
  change.happenings.push_back({"feedback.family_answer_told", {{"answer", v1::FamilyAnswer::Answer_Name(answer)}}});
  change.after = std::move(record);
  return change;
}

absl::Status CheckDecisionFits(const consent::v1::Decision& decision, const ReportRecord& record,
                               const v1::GiveExtendedFeedbackRequest& request) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
  RETURN_IF_ERROR(CheckFeedbackGiven(record));
  const consent::v1::Question& question = decision.question();
  if (question.purpose() != rules::v1::Disclosure::FEEDBACK || !IsTheSender(question.recipient(), record.sender)) {
    return status::FailedPrecondition(
        {"NEEDS_CONSENT_DECISION",
         "expected a decision with the purpose FEEDBACK whose recipient is the authority or the unit that sent the "
         "report; ask the consent service with these",
         "Beslutet ska gälla återkoppling till den som gjorde anmälan. Gör en prövning som gäller det."});
  }
  const bool text = !request.text().empty() && Permits(decision, data::v1::INVESTIGATION);
  const bool caseworker = !request.caseworker().empty() && Permits(decision, data::v1::CASEWORKER_IDENTITY);
  if (text || caseworker) return absl::OkStatus();
  return status::FailedPrecondition(
      {"NOTHING_PERMITTED",
       "the decision permits nothing of this: `text` needs INVESTIGATION, `caseworker` needs CASEWORKER_IDENTITY",
       "Beslutet tillåter inget av det som ska lämnas."});
}

ReportChange GiveExtendedFeedback(ReportRecord record, v1::ExtendedFeedback told, const Act& act) {
  ReportChange change;
  change.legal_basis = told.legal_basis();
  told.set_child(record.report.child());
  *told.mutable_tell_time() = ToProto(act.time);
  *record.feedback->add_extended() = std::move(told);
  change.happenings.push_back({"feedback.extended", {}});
  change.after = std::move(record);
  return change;
}

absl::StatusOr<ReportChange> RefuseFeedback(const rules::RuleSet& rules, ReportRecord record,
                                            const v1::RefuseFeedbackRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckNotForwarded(record.report));
  if (!record.feedback.has_value() || record.feedback->state() == v1::Feedback::GIVEN ||
      record.feedback->state() == v1::Feedback::REFUSED) {
    return status::FailedPrecondition({"NO_FEEDBACK_OWED", "no feedback is asked for that could be refused",
                                       "Det finns ingen begärd återkoppling att neka."});
  }
  return EndFeedback(rules, std::move(record), v1::Feedback::REFUSED, request.suitability_test(), act);
}

std::optional<v1::Feedback> HandlerView(const ReportRecord& record) {
  if (!record.feedback.has_value()) return std::nullopt;
  v1::Feedback view = *record.feedback;
  view.set_name(record.report.name() + "/feedback");
  for (const v1::Deadline& deadline : record.report.deadlines()) {
    if (deadline.clock() == kStatutoryFeedback) *view.mutable_deadline() = deadline;
  }
  view.set_etag(Etag(record.version));
  return view;
}

v1::Feedback SenderView(v1::Feedback feedback) {
  if (feedback.state() == v1::Feedback::OWED) feedback.set_state(v1::Feedback::ASKED);
  feedback.clear_suitability_test();
  feedback.clear_deadline();
  feedback.clear_etag();
  for (v1::ExtendedFeedback& extended : *feedback.mutable_extended()) {
    extended.clear_child();
    extended.clear_disclosure();
    extended.clear_legal_basis();
  }
  return feedback;
}

}  // namespace samverkan::intake
