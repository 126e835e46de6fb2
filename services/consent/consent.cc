#include "services/consent/consent.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "libs/calendar/calendar.h"
#include "libs/disclosure/disclosure.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "services/consent/request_fields.h"
#include "services/consent/telling_check.h"

namespace samverkan::consent {
namespace {

using google::protobuf::util::MessageDifferencer;

absl::Status Misfit(const std::string& field, const std::string& expected, const std::string& swedish) {
  return status::InvalidArgument(std::vector<status::FieldViolation>{{field, expected, swedish}});
}

// ---- requests ----

void RequireGuardian(const std::string& guardian, const std::string& field, status::Violations& violations) {
  if (resource_name::IsUuid(guardian)) return;
  violations.Add(field, "expected the reference of a guardian, from `Child.guardians`",
                 "Ange vårdnadshavarens referens.");
}

void CheckGiver(const v1::Giver& giver, status::Violations& violations) {
  switch (giver.who_case()) {
    case v1::Giver::kGuardian:
      RequireGuardian(giver.guardian(), "giver.guardian", violations);
      return;
    case v1::Giver::kChild:
      if (!giver.child()) violations.Add("giver.child", "expected true, or another giver", "Ange vem som tillfrågas.");
      return;
    case v1::Giver::kThirdPerson:
      CheckThirdPerson(giver.third_person(), "giver.third_person", violations);
      return;
    case v1::Giver::WHO_NOT_SET:
      violations.Add("giver", "expected one of `guardian`, `child`, `third_person`", "Ange vem som tillfrågas.");
      return;
  }
}

void CheckPeriod(const v1::ConsentScope& scope, status::Violations& violations) {
  const size_t before = violations.violations().size();
  const absl::CivilDay from = RequireDay(scope.from_date(), "scope.from_date", violations);
  const absl::CivilDay to = RequireDay(scope.to_date(), "scope.to_date", violations);
  if (violations.violations().size() > before || to >= from) return;
  violations.Add("scope.to_date", "expected a day that is no earlier than `from_date`",
                 "Sista dagen är före den första.");
}

void CheckScope(const auth::Caller& caller, const v1::ConsentScope& scope, status::Violations& violations) {
  CheckDiscloser(caller, scope.discloser(), "scope.discloser", violations);
  CheckRecipient(scope.recipient(), "scope.recipient", violations);
  CheckCategories(scope.categories(), "scope.categories", violations);
  RequireChoice(scope.purpose(), "scope.purpose",
                "CONCERN_REPORT, CHILD_INVESTIGATION, FEEDBACK, COOPERATION, CARE_AND_SUPPORT, CRIME_PREVENTION, "
                "CRIME_INVESTIGATION, INSIGHT, OWN_WORK, CONTROL",
                violations);
  CheckPeriod(scope, violations);
  CheckThirdPersons(scope.third_persons(), "scope.third_persons", violations);
}

void CheckChildVoice(const v1::ChildVoice& voice, status::Violations& violations) {
  RequireChoice(voice.opinion(), "answer.child_voice.opinion", "AGREES, OBJECTS, NO_OPINION, NOT_ASKED", violations);
  LimitText(voice.words(), "answer.child_voice.words", violations);
  RequireChoice(voice.maturity(), "answer.child_voice.maturity", "GUARDIANS_DECIDE, TOGETHER, CHILD_DECIDES",
                violations);
  RequireText(voice.reasons(), "answer.child_voice.reasons", violations);
  RequireEmpty(voice.assessor().empty(), "answer.child_voice.assessor", violations);
}

void CheckAbsentGuardian(const v1::AbsentGuardian& absent, status::Violations& violations) {
  RequireGuardian(absent.guardian(), "answer.absent_guardian.guardian", violations);
  RequireText(absent.reasons(), "answer.absent_guardian.reasons", violations);
  RequireEmpty(absent.assessor().empty(), "answer.absent_guardian.assessor", violations);
}

void CheckAnswerTime(const v1::ConsentAnswer& answer, absl::Time now, status::Violations& violations) {
  if (!answer.has_answer_time()) return;
  const auto time = proto_time::FromProto(answer.answer_time());
  if (time.has_value() && *time <= now) return;
  violations.Add("answer.answer_time", "expected an instant that is not after the call",
                 "Tidpunkten får inte vara i framtiden.");
}

void CheckAnswer(const v1::ConsentAnswer& answer, absl::Time now, status::Violations& violations) {
  RequireChoice(answer.verdict(), "answer.verdict", "YES, NO", violations);
  RequireChoice(answer.form(), "answer.form", "ORAL, WRITTEN, SIGNED", violations);
  RequireText(answer.documentation(), "answer.documentation", violations);
  LimitText(answer.reservation(), "answer.reservation", violations);
  if (answer.has_child_voice()) CheckChildVoice(answer.child_voice(), violations);
  if (answer.has_absent_guardian()) CheckAbsentGuardian(answer.absent_guardian(), violations);
  CheckAnswerTime(answer, now, violations);
  RequireEmpty(answer.recorder().empty(), "answer.recorder", violations);
}

// ---- who may be asked, and answer ----

bool IsGuardianOn(const v1::Child& child, const std::string& guardian, absl::CivilDay day) {
  const std::vector<const v1::Guardian*> guardians = GuardiansOn(child, day);
  return std::any_of(guardians.begin(), guardians.end(),
                     [&](const v1::Guardian* each) { return each->guardian() == guardian; });
}

absl::Status NotAGuardian() {
  return status::FailedPrecondition(
      {.reason = "NOT_A_GUARDIAN",
       .message = "this person has no custody of the child on the day; read the child and check its guardians",
       .swedish = "Personen är inte vårdnadshavare för barnet den dagen."});
}

absl::Status OnHold() {
  return status::FailedPrecondition(
      {.reason = "CHILD_ON_HOLD",
       .message = "a report about the child is on hold; guardians are asked when it is released",
       .swedish = "En anmälan om barnet är spärrad. Vårdnadshavarna tillfrågas först när spärren är hävd."});
}

// OK for anybody but a guardian who may not be asked on `day`.
absl::Status CheckMayAsk(const ChildRecord& child, const v1::Giver& giver, absl::CivilDay day) {
  if (!giver.has_guardian()) return absl::OkStatus();
  if (!IsGuardianOn(child.child, giver.guardian(), day)) return NotAGuardian();
  return child.child.on_hold() ? OnHold() : absl::OkStatus();
}

absl::Status CheckRecipientOf(const v1::Child& child, const v1::Recipient& recipient) {
  const auto& guardians = child.guardians();
  const bool known = recipient.guardian().empty() ||
                     std::any_of(guardians.begin(), guardians.end(), [&](const v1::Guardian& guardian) {
                       return guardian.guardian() == recipient.guardian();
                     });
  if (known) return absl::OkStatus();
  return Misfit("scope.recipient.guardian", "expected the reference of a guardian of the child, from `Child.guardians`",
                "Barnet har ingen sådan vårdnadshavare.");
}

// The order in which categories and persons were named says nothing.
bool AreSame(v1::ConsentScope one, v1::ConsentScope other) {
  for (v1::ConsentScope* const scope : {&one, &other}) {
    std::sort(scope->mutable_categories()->begin(), scope->mutable_categories()->end());
    std::sort(scope->mutable_third_persons()->begin(), scope->mutable_third_persons()->end());
  }
  return MessageDifferencer::Equals(one, other);
}

absl::Status CheckNotAsked(const std::vector<v1::Consent>& others, const v1::AskConsentRequest& request) {
  for (const v1::Consent& other : others) {
    if (other.state() != v1::Consent::ASKED || !MessageDifferencer::Equals(other.giver(), request.giver()) ||
        !AreSame(other.scope(), request.scope())) {
      continue;
    }
    return status::AlreadyExists({.reason = "CONSENT_ASKED",
                                  .message = "the same was asked before and is not answered yet; record its answer",
                                  .swedish = "Samma fråga är redan ställd och obesvarad. Registrera svaret på den.",
                                  .metadata = {{"consent", other.name()}}});
  }
  return absl::OkStatus();
}

// ---- answers ----

absl::Status CheckCompetent(const v1::ConsentAnswer& answer, const ConsentAct& act) {
  if (act.qualified || (!answer.has_child_voice() && !answer.has_absent_guardian())) return absl::OkStatus();
  return status::FailedPrecondition(
      {.reason = "TEST_NOT_COMPETENT",
       .message = "a child's maturity and a guardian's absence are assessed by qualified staff; ask one to record it",
       .swedish = "Barnets mognad och en vårdnadshavares frånvaro bedöms av behörig personal."});
}

absl::Status MaturityNotAssessed() {
  return status::FailedPrecondition(
      {.reason = "MATURITY_NOT_ASSESSED",
       .message =
           "no assessment of the child's maturity lets this count; record what the child says and what it weighs",
       .swedish = "Barnets mognad är inte bedömd så att svaret kan gälla."});
}

bool HasDecidingAge(const v1::Child& child, int deciding_age, absl::CivilDay day) {
  return AgeOn(child, day).value_or(0) >= deciding_age;
}

absl::Status CheckVoiceOfGiver(const v1::ChildVoice& voice) {
  if (voice.maturity() != v1::ChildVoice::TOGETHER && voice.maturity() != v1::ChildVoice::CHILD_DECIDES) {
    return MaturityNotAssessed();
  }
  if (voice.opinion() == v1::ChildVoice::AGREES) return absl::OkStatus();
  return Misfit("answer.child_voice.opinion", "expected AGREES, where the child gives the consent",
                "Barnet samtycker och måste då vara för.");
}

// Whether a yes has of the child what it needs. A no needs nothing: it tells nobody anything.
absl::Status CheckVoice(const v1::Child& child, const v1::Giver& giver, const v1::ConsentAnswer& answer,
                        int deciding_age, absl::CivilDay day) {
  if (answer.verdict() != v1::ConsentAnswer::YES) return absl::OkStatus();
  if (giver.has_child()) return CheckVoiceOfGiver(answer.child_voice());
  if (!giver.has_guardian() || answer.has_child_voice() || !HasDecidingAge(child, deciding_age, day)) {
    return absl::OkStatus();
  }
  return Misfit("answer.child_voice", absl::StrCat("expected what the child says: it is ", deciding_age, " or older"),
                absl::StrCat("Ange vad barnet säger: det har fyllt ", deciding_age, " år."));
}

absl::Status CheckAbsence(const v1::Child& child, const v1::Giver& giver, const v1::ConsentAnswer& answer,
                          absl::CivilDay day) {
  if (!answer.has_absent_guardian()) return absl::OkStatus();
  const std::string& absent = answer.absent_guardian().guardian();
  if (giver.has_guardian() && absent != giver.guardian() && IsGuardianOn(child, absent, day)) return absl::OkStatus();
  return Misfit("answer.absent_guardian.guardian",
                "expected the other guardian, who has custody on the day, where a guardian gives the consent",
                "Ange den andra vårdnadshavaren.");
}

// The answer as it is kept.
v1::ConsentAnswer Signed(v1::ConsentAnswer answer, absl::Time answered, const ConsentAct& act) {
  *answer.mutable_answer_time() = proto_time::ToProto(answered);
  answer.set_recorder(act.subject);
  if (answer.has_child_voice()) answer.mutable_child_voice()->set_assessor(act.subject);
  if (answer.has_absent_guardian()) answer.mutable_absent_guardian()->set_assessor(act.subject);
  return answer;
}

absl::Status NotGiven() {
  return status::FailedPrecondition({.reason = "CONSENT_NOT_GIVEN",
                                     .message = "the consent is not given; ask for one, or record the answer",
                                     .swedish = "Samtycket är inte lämnat."});
}

absl::Status CheckMayRenew(const v1::Consent& consent, const v1::RenewConsentRequest& request, absl::CivilDay today) {
  const v1::Consent::State state = StateOn(consent, today);
  if (state == v1::Consent::EXPIRED) {
    return status::FailedPrecondition({.reason = "CONSENT_ENDED",
                                       .message = "the consent has ended; ask anew",
                                       .swedish = "Samtycket har upphört. Fråga på nytt."});
  }
  if (state != v1::Consent::GIVEN) return NotGiven();
  if (request.to_date() > consent.scope().to_date()) return absl::OkStatus();
  return Misfit("to_date", "expected a day after the present last one", "Ange en dag efter den nuvarande sista dagen.");
}

void Add(v1::ConsentAnswer& answer, const std::string& documentation, absl::CivilDay day) {
  answer.set_documentation(
      absl::StrCat(answer.documentation(), "\n\n", proto_time::FormatDay(day), ": ", documentation));
}

}  // namespace

void CheckAsking(const auth::Caller& caller, const v1::AskConsentRequest& request, absl::Time now,
                 status::Violations& violations) {
  CheckGiver(request.giver(), violations);
  CheckScope(caller, request.scope(), violations);
  if (request.has_answer()) CheckAnswer(request.answer(), now, violations);
}

void CheckRecording(const v1::RecordConsentRequest& request, absl::Time now, status::Violations& violations) {
  RequireEtag(request.etag(), violations);
  CheckAnswer(request.answer(), now, violations);
}

void CheckRenewal(const v1::RenewConsentRequest& request, status::Violations& violations) {
  RequireEtag(request.etag(), violations);
  RequireDay(request.to_date(), "to_date", violations);
  RequireText(request.documentation(), "documentation", violations);
}

void CheckWithdrawal(const v1::WithdrawConsentRequest& request, status::Violations& violations) {
  LimitText(request.withdrawal(), "withdrawal", violations);
}

absl::StatusOr<ConsentChange> Ask(const ChildRecord& child, const std::vector<v1::Consent>& others,
                                  const v1::AskConsentRequest& request, const std::string& name, int deciding_age,
                                  const ConsentAct& act) {
  RETURN_IF_ERROR(CheckRecipientOf(child.child, request.scope().recipient()));
  RETURN_IF_ERROR(CheckMayAsk(child, request.giver(), calendar::LegalDay(act.time)));
  RETURN_IF_ERROR(CheckNotAsked(others, request));
  ConsentRecord record;
  v1::Consent& consent = record.consent;
  consent.set_name(name);
  consent.set_authority(child.child.authority());
  consent.set_child(ReferenceOf(child.child));
  *consent.mutable_giver() = request.giver();
  *consent.mutable_scope() = request.scope();
  consent.set_state(v1::Consent::ASKED);
  *consent.mutable_ask_time() = proto_time::ToProto(act.time);
  consent.set_asker(act.subject);
  ConsentChange change{.after = std::move(record)};
  if (request.has_answer()) {
    ASSIGN_OR_RETURN(change, Answer(child, std::move(change.after), request.answer(), deciding_age, act));
  }
  change.happenings.insert(change.happenings.begin(), {"consent.asked"});
  return change;
}

absl::StatusOr<ConsentChange> Answer(const ChildRecord& child, ConsentRecord record, const v1::ConsentAnswer& answer,
                                     int deciding_age, const ConsentAct& act) {
  v1::Consent& consent = record.consent;
  if (consent.state() != v1::Consent::ASKED) {
    return status::FailedPrecondition({.reason = "CONSENT_ANSWERED",
                                       .message = "the consent is answered already; withdraw it, or ask anew",
                                       .swedish = "Frågan är redan besvarad."});
  }
  const absl::Time answered =
      answer.has_answer_time() ? proto_time::FromProto(answer.answer_time()).value_or(act.time) : act.time;
  const absl::CivilDay day = calendar::LegalDay(answered);
  for (const absl::CivilDay each : {calendar::LegalDay(act.time), day}) {
    RETURN_IF_ERROR(CheckMayAsk(child, consent.giver(), each));
  }
  RETURN_IF_ERROR(CheckCompetent(answer, act));
  RETURN_IF_ERROR(CheckVoice(child.child, consent.giver(), answer, deciding_age, day));
  RETURN_IF_ERROR(CheckAbsence(child.child, consent.giver(), answer, day));
  *consent.mutable_answer() = Signed(answer, answered, act);
  consent.set_state(answer.verdict() == v1::ConsentAnswer::YES ? v1::Consent::GIVEN : v1::Consent::REFUSED);
  ConsentChange change{.after = std::move(record)};
  change.happenings.push_back({"consent.answered", {{"verdict", v1::ConsentAnswer::Verdict_Name(answer.verdict())}}});
  return change;
}

absl::StatusOr<ConsentChange> Renew(const ChildRecord& child, ConsentRecord record,
                                    const v1::RenewConsentRequest& request, int deciding_age, const ConsentAct& act) {
  const absl::CivilDay today = calendar::LegalDay(act.time);
  v1::Consent& consent = record.consent;
  RETURN_IF_ERROR(CheckMayRenew(consent, request, today));
  RETURN_IF_ERROR(CheckMayAsk(child, consent.giver(), today));
  v1::ConsentAnswer& answer = *consent.mutable_answer();
  if (!CheckVoice(child.child, consent.giver(), answer, deciding_age, today).ok()) return MaturityNotAssessed();
  consent.mutable_scope()->set_to_date(request.to_date());
  Add(answer, request.documentation(), today);
  *answer.mutable_answer_time() = proto_time::ToProto(act.time);
  answer.set_recorder(act.subject);
  ConsentChange change{.after = std::move(record)};
  change.happenings.push_back({"consent.renewed"});
  return change;
}

absl::StatusOr<ConsentChange> Withdraw(ConsentRecord record, const v1::WithdrawConsentRequest& request,
                                       const ConsentAct& act) {
  v1::Consent& consent = record.consent;
  if (consent.state() == v1::Consent::WITHDRAWN) return ConsentChange{.after = std::move(record)};
  if (consent.state() != v1::Consent::GIVEN) return NotGiven();
  consent.set_state(v1::Consent::WITHDRAWN);
  *consent.mutable_withdraw_time() = proto_time::ToProto(act.time);
  consent.set_withdrawal(request.withdrawal());
  ConsentChange change{.after = std::move(record)};
  change.happenings.push_back({"consent.withdrawn"});
  return change;
}

v1::Consent::State StateOn(const v1::Consent& consent, absl::CivilDay day) {
  const bool ended = consent.scope().to_date() < proto_time::FormatDay(day);
  return consent.state() == v1::Consent::GIVEN && ended ? v1::Consent::EXPIRED : consent.state();
}

absl::Status CheckMaySeeConsents(const auth::Caller& caller, const ChildRecord& child) {
  if (MaySee(caller, PlacementOf(child.child))) return absl::OkStatus();
  return NotFound("consent", AuthorityOf(child.child));
}

bool MaySeeUnits(const auth::Caller& caller, const ChildRecord& child, absl::CivilDay day) {
  return !IsProtectedOn(child.child, day) || MaySeeWhereabouts(caller, PlacementOf(child.child));
}

v1::Consent ViewFor(const auth::Caller& caller, const ChildRecord& child, const ConsentRecord& record,
                    absl::CivilDay day) {
  v1::Consent shown = record.consent;
  shown.set_state(StateOn(shown, day));
  shown.set_etag(Etag(record.version));
  if (!MaySeeUnits(caller, child, day)) {
    disclosure::KeepOnly(disclosure::AllBut({data::v1::WHEREABOUTS, data::v1::CONTACT}), shown);
  }
  return shown;
}

v1::Consent WithoutWords(v1::Consent consent) {
  consent.clear_withdrawal();
  if (!consent.has_answer()) return consent;
  v1::ConsentAnswer& answer = *consent.mutable_answer();
  answer.clear_documentation();
  if (answer.has_child_voice()) {
    answer.mutable_child_voice()->clear_words();
    answer.mutable_child_voice()->clear_reasons();
  }
  if (answer.has_absent_guardian()) answer.mutable_absent_guardian()->clear_reasons();
  return consent;
}

}  // namespace samverkan::consent
