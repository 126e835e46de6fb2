#include "services/intake/investigation_step.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/protected_identity.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;
using Step = v1::InvestigationStep;

// More than anybody heeds; beyond it the step says nothing new.
constexpr int kMostReminders = 20;

// ---- who may see ----

bool Handles(const auth::Caller& caller, const StepParent& parent) {
  const bool investigates = caller.Has(access::v1::CASEWORKER) || caller.Has(access::v1::UNIT_MANAGER);
  return (parent.is_report || investigates) && MayHandle(caller, parent.placement);
}

// A report or investigation that may not be known of.
absl::Status HiddenParent(const StepParent& parent) {
  return NotFound(parent.is_report ? "report" : "investigation", parent.placement);
}

absl::Status HiddenStep(const InvestigationStepRecord& record) {
  return NotFound("investigation step", record.parent.placement);
}

// What was asked and answered, without the case that it was asked in.
Step AskedView(const InvestigationStepRecord& record) {
  Step view = record.step;
  view.clear_parent();
  view.clear_child();
  view.clear_recorder();
  view.mutable_information_request()->clear_withdraw_reason();
  view.set_etag(Etag(record.version));
  return view;
}

// ---- rules ----

absl::StatusOr<rules::Answer> AskRule(const rules::RuleSet& rules, std::string_view question, const StepParent& parent,
                                      absl::Time time) {
  return rules.Ask(question, calendar::LegalDay(time), parent.placement.municipality, parent.placement.authority);
}

std::string BasisOf(const rules::Answer& answer) {
  return absl::StrCat(answer.rule->id(), ", ", answer.version->legal_basis());
}

// The rule of the place about reference talks; nothing where it has none.
absl::StatusOr<std::optional<rules::Answer>> ReferenceTalkRule(const rules::RuleSet& rules, const StepParent& parent,
                                                               absl::Time time) {
  absl::StatusOr<rules::Answer> answer = AskRule(rules, "reference_talk", parent, time);
  if (absl::IsNotFound(answer.status())) return std::optional<rules::Answer>();
  RETURN_IF_ERROR(answer.status());
  return std::optional<rules::Answer>(*std::move(answer));
}

// ---- what the case allows ----

absl::Status OnHold() {
  return status::FailedPrecondition(
      {"ON_HOLD", "nothing may reveal the report to the guardians while it is on hold; release it first",
       "Anmälan är spärrad. Vårdnadshavarna får inte få veta något förrän spärren är hävd."});
}

absl::Status StepEnded() {
  return status::FailedPrecondition({"STEP_ENDED", "the step is done, withdrawn or over; record a new one",
                                     "Åtgärden är redan avslutad. Registrera en ny."});
}

absl::Status CheckNotForwarded(const StepParent& parent) {
  if (!parent.is_report || parent.state != v1::Report::FORWARDED) return absl::OkStatus();
  return status::FailedPrecondition({"REPORT_FORWARDED", "the report was forwarded; go on with `forwarding.report`",
                                     "Anmälan är vidarebefordrad. Fortsätt hos mottagaren."});
}

absl::Status CheckRunning(const StepParent& parent) {
  if (!parent.is_report && parent.state == v1::Investigation::RUNNING) return absl::OkStatus();
  return status::FailedPrecondition(
      {"INVESTIGATION_CLOSED", "the investigation is closed", "Utredningen är avslutad."});
}

absl::Status CheckNotDecided(const StepParent& parent) {
  RETURN_IF_ERROR(CheckNotForwarded(parent));
  if (parent.state != v1::Report::DECIDED) return absl::OkStatus();
  return status::FailedPrecondition({"ALREADY_DECIDED", "the report is decided: its preliminary assessment is over",
                                     "Anmälan är redan beslutad. Förhandsbedömningen är avslutad."});
}

// A new step begins as it likes, an open one goes on, and only what was appointed ends later.
absl::Status CheckTransition(const Step& step, Step::State to) {
  if (step.state() == Step::STATE_UNSPECIFIED || step.state() == Step::OPEN) return absl::OkStatus();
  const bool ends = step.has_special_representative() && step.state() == Step::DONE && to == Step::ENDED;
  return ends ? absl::OkStatus() : StepEnded();
}

// ---- changes ----

InvestigationStepChange Changed(InvestigationStepRecord record, std::string type) {
  const google::protobuf::FieldDescriptor* const kind = Step::descriptor()->FindFieldByNumber(record.step.kind_case());
  InvestigationStepChange change;
  change.happening.type = std::move(type);
  change.happening.attributes = {{"kind", std::string(kind->name())}, {"state", Step::State_Name(record.step.state())}};
  change.after = std::move(record);
  return change;
}

InvestigationStepChange Recorded(InvestigationStepRecord record, Step::State state, const Act& act) {
  Step& step = record.step;
  if (!step.has_create_time()) *step.mutable_create_time() = ToProto(act.time);
  step.set_state(state);
  step.set_recorder(act.subject);
  return Changed(std::move(record), "investigation_step.recorded");
}

absl::Status CheckRepresentative(const StepParent& parent, const std::string& representative) {
  if (representative.empty()) return absl::OkStatus();
  const std::vector<std::string>& appointed = parent.appointed_representatives;
  if (std::find(appointed.begin(), appointed.end(), representative) != appointed.end()) return absl::OkStatus();
  return status::FailedPrecondition(
      {"REPRESENTATIVE_NOT_APPOINTED",
       "the special representative is not one of this investigation that is appointed; record the appointment first, "
       "or leave `accompaniment.special_representative` empty",
       "Den särskilda företrädaren är inte förordnad i den här utredningen."});
}

absl::Status CheckContact(const rules::Answer& answer, const StepParent& parent, v1::Contact::Counterpart counterpart) {
  if (counterpart == v1::Contact::OTHER_CONTACTED) {
    return status::FailedPrecondition(
        {.reason = "CONTACT_NOT_ALLOWED_BEFORE_OPENING",
         .message = "before an investigation is opened only the child, its guardians and the reporter are contacted (" +
                    BasisOf(answer) + ")",
         .swedish = "Under förhandsbedömningen får bara barnet, vårdnadshavarna och anmälaren kontaktas.",
         .metadata = {{"rule", answer.rule->id()}, {"legal_basis", answer.version->legal_basis()}}});
  }
  return counterpart == v1::Contact::GUARDIAN_CONTACTED && parent.on_hold ? OnHold() : absl::OkStatus();
}

absl::Status NeedsLegalReview(const rules::Answer& answer) {
  return status::FailedPrecondition({.reason = "NEEDS_LEGAL_REVIEW",
                                     .message = "the rule of that day is not verified: let a lawyer decide",
                                     .swedish = "Rättsläget är inte säkert. Låt en jurist avgöra.",
                                     .metadata = {{"rule", answer.rule->id()}}});
}

}  // namespace

Jurisdiction JurisdictionOf(const StepParent& parent) {
  return {parent.placement.municipality, parent.placement.authority};
}

InvestigationStepRecord NewStep(const std::string& name, const StepParent& parent) {
  InvestigationStepRecord record;
  record.parent = parent;
  record.step.set_name(name);
  record.step.set_parent(parent.name);
  record.step.set_authority(
      absl::StrCat("municipalities/", parent.placement.municipality, "/authorities/", parent.placement.authority));
  record.step.set_child(parent.child);
  return record;
}

absl::Status CheckMayHandle(const auth::Caller& caller, const InvestigationStepRecord& record) {
  if (Handles(caller, record.parent)) return absl::OkStatus();
  if (record.parent.emergency_access) return EmergencyAccessReadsOnly();
  return record.step.state() == Step::STATE_UNSPECIFIED ? HiddenParent(record.parent) : HiddenStep(record);
}

absl::Status CheckMayRead(const auth::Caller& caller, const StepParent& parent) {
  return Handles(caller, parent) || parent.emergency_access ? absl::OkStatus() : HiddenParent(parent);
}

bool ReadsInEmergency(const auth::Caller& caller, const StepParent& parent) {
  return parent.emergency_access && !Handles(caller, parent);
}

absl::Status CheckMayAnswer(const auth::Caller& caller, const InvestigationStepRecord& record) {
  return MaySeeAsSender(caller, record.asked) ? absl::OkStatus() : HiddenStep(record);
}

absl::StatusOr<v1::InvestigationStep> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                              const InvestigationStepRecord& record, absl::Time time) {
  if (!CheckMayRead(caller, record.parent).ok()) {
    RETURN_IF_ERROR(CheckMayAnswer(caller, record));
    return AskedView(record);
  }
  Step view = record.step;
  view.set_etag(Etag(record.version));
  if (record.parent.identity_protected && !MaySeeWhereabouts(caller, record.parent.placement)) {
    RETURN_IF_ERROR(WithholdWhereabouts(rules, JurisdictionOf(record.parent), time, view));
  }
  return view;
}

std::vector<v1::NoticeToConcerned::Concerned> NoticesOwed(const StepParent& parent) {
  std::vector<v1::NoticeToConcerned::Concerned> owed;
  if (!CheckRunning(parent).ok()) return owed;
  if (!parent.child_noticed) owed.push_back(v1::NoticeToConcerned::CHILD_CONCERNED);
  if (!parent.guardians_noticed) owed.push_back(v1::NoticeToConcerned::GUARDIANS_CONCERNED);
  return owed;
}

absl::StatusOr<InvestigationStepChange> RequestInformation(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                           const v1::RequestInformationRequest& request,
                                                           const Sender& asked_unit, const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.parent));
  record.asked = asked_unit;
  ASSIGN_OR_RETURN(const rules::Answer answer,
                   AskRule(rules, "duty_to_hand_over_information", record.parent, act.time));
  record.step.set_legal_basis(BasisOf(answer));
  v1::InformationRequest& asked = *record.step.mutable_information_request();
  asked.set_unit(request.unit());
  asked.set_concerning(request.concerning());
  *asked.mutable_questions() = request.questions();
  asked.set_contact_function(request.contact_function());
  asked.set_due_date(request.due_date());
  return Recorded(std::move(record), Step::OPEN, act);
}

absl::StatusOr<InvestigationStepChange> HandOverInformation(InvestigationStepRecord record,
                                                            const v1::HandOverInformationRequest& request,
                                                            const Act& act) {
  // That the investigation is closed is not for the unit to learn.
  if (record.step.state() != Step::OPEN || !CheckRunning(record.parent).ok()) return StepEnded();
  v1::InformationRequest& asked = *record.step.mutable_information_request();
  asked.set_answer(request.answer());
  asked.set_answerer_function(request.answerer_function());
  asked.set_answerer(act.subject);
  *asked.mutable_answer_time() = ToProto(act.time);
  record.step.set_state(Step::DONE);
  return Changed(std::move(record), "investigation_step.information_handed_over");
}

absl::StatusOr<InvestigationStepChange> RemindOfInformation(InvestigationStepRecord record, const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.parent));
  if (record.step.state() != Step::OPEN) return StepEnded();
  v1::InformationRequest& asked = *record.step.mutable_information_request();
  if (asked.remind_times_size() >= kMostReminders) {
    return status::FailedPrecondition({"TOO_MANY_REMINDERS", "the unit was reminded all the times that it can be",
                                       "Enheten kan inte påminnas fler gånger."});
  }
  *asked.add_remind_times() = ToProto(act.time);
  record.step.set_recorder(act.subject);
  return Changed(std::move(record), "investigation_step.reminded");
}

absl::StatusOr<InvestigationStepChange> WithdrawQuestions(InvestigationStepRecord record,
                                                          const v1::WithdrawQuestionsRequest& request, const Act& act) {
  if (record.step.state() != Step::OPEN) return StepEnded();
  v1::InformationRequest& asked = *record.step.mutable_information_request();
  asked.set_withdraw_reason(request.reason());
  *asked.mutable_withdraw_time() = ToProto(act.time);
  return Recorded(std::move(record), Step::ENDED, act);
}

absl::StatusOr<InvestigationStepChange> RecordReferenceTalk(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                            const v1::RecordReferenceTalkRequest& request,
                                                            const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.parent));
  RETURN_IF_ERROR(CheckTransition(record.step, request.state()));
  ASSIGN_OR_RETURN(const std::optional<rules::Answer> rule, ReferenceTalkRule(rules, record.parent, act.time));
  if (rule.has_value() && record.step.state() == Step::STATE_UNSPECIFIED) {
    ASSIGN_OR_RETURN(const int64_t most, rule->Parameter("talks"));
    if (record.parent.reference_talks >= most) {
      return status::FailedPrecondition(
          {.reason = "REFERENCE_TALK_LIMIT",
           .message = absl::StrCat("here an investigation has ", most, " reference talk(s) (", BasisOf(*rule),
                                   "); record the planned one, or call it off"),
           .swedish = "Utredningen har redan haft det referenssamtal som rutinen medger.",
           .metadata = {{"rule", rule->rule->id()}, {"legal_basis", rule->version->legal_basis()}}});
    }
  }
  record.step.set_legal_basis(rule.has_value() ? BasisOf(*rule) : "");
  *record.step.mutable_reference_talk() = request.reference_talk();
  return Recorded(std::move(record), request.state(), act);
}

absl::StatusOr<InvestigationStepChange> RecordAccompaniment(InvestigationStepRecord record,
                                                            const v1::RecordAccompanimentRequest& request,
                                                            const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.parent));
  RETURN_IF_ERROR(CheckTransition(record.step, request.state()));
  if (request.state() != Step::ENDED) {
    RETURN_IF_ERROR(CheckRepresentative(record.parent, request.accompaniment().special_representative()));
  }
  *record.step.mutable_accompaniment() = request.accompaniment();
  return Recorded(std::move(record), request.state(), act);
}

absl::StatusOr<InvestigationStepChange> RecordSpecialRepresentative(
    InvestigationStepRecord record, const v1::RecordSpecialRepresentativeRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.parent));
  RETURN_IF_ERROR(CheckTransition(record.step, request.state()));
  *record.step.mutable_special_representative() = request.special_representative();
  return Recorded(std::move(record), request.state(), act);
}

absl::StatusOr<InvestigationStepChange> ReportToPolice(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                       const v1::ReportToPoliceRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckNotForwarded(record.parent));
  if (!record.parent.is_report) RETURN_IF_ERROR(CheckRunning(record.parent));
  if (request.police_report().guardians_told() && record.parent.on_hold) return OnHold();
  const bool other_crime = request.police_report().suspicion() == v1::PoliceReport::OTHER_CRIME;
  ASSIGN_OR_RETURN(
      const rules::Answer answer,
      AskRule(rules, other_crime ? "police_other_crime" : "police_crime_against_child", record.parent, act.time));
  if (answer.needs_legal_review) return NeedsLegalReview(answer);
  record.step.set_legal_basis(BasisOf(answer));
  v1::PoliceReport& report = *record.step.mutable_police_report();
  report = request.police_report();
  report.mutable_test()->set_test(answer.rule->test_to_record());
  report.mutable_test()->set_tester(act.subject);
  return Recorded(std::move(record), Step::DONE, act);
}

absl::StatusOr<InvestigationStepChange> InformConcerned(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                        const v1::InformConcernedRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.parent));
  const v1::NoticeToConcerned& notice = request.notice_to_concerned();
  const bool told = notice.has_inform_time();
  if (told && notice.concerned() == v1::NoticeToConcerned::GUARDIANS_CONCERNED && record.parent.on_hold) {
    return OnHold();
  }
  ASSIGN_OR_RETURN(const rules::Answer answer, AskRule(rules, "inform_concerned", record.parent, act.time));
  record.step.set_legal_basis(BasisOf(answer));
  *record.step.mutable_notice_to_concerned() = notice;
  return Recorded(std::move(record), told ? Step::DONE : Step::ENDED, act);
}

absl::StatusOr<InvestigationStepChange> RecordContact(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                      const v1::RecordContactRequest& request, const Act& act) {
  const bool before_opening = record.parent.is_report;
  RETURN_IF_ERROR(before_opening ? CheckNotDecided(record.parent) : CheckRunning(record.parent));
  ASSIGN_OR_RETURN(
      const rules::Answer answer,
      AskRule(rules, before_opening ? "contacts_before_opening" : "talk_with_child", record.parent, act.time));
  if (before_opening) RETURN_IF_ERROR(CheckContact(answer, record.parent, request.contact().counterpart()));
  record.step.set_legal_basis(BasisOf(answer));
  *record.step.mutable_contact() = request.contact();
  return Recorded(std::move(record), Step::DONE, act);
}

}  // namespace samverkan::intake
