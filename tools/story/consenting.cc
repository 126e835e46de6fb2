#include "tools/story/consenting.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"

namespace samverkan::story {
namespace {

namespace v1 = consent::v1;
using rules::v1::Disclosure;

constexpr calendar::Span kHalfAYear{6, calendar::Span::Unit::kMonths};

void AddParent(const std::string& person_name, const std::string& from, v1::RegisterChildRequest& request) {
  v1::Guardian& guardian = *request.add_guardians();
  guardian.set_person_name(person_name);
  guardian.set_kind(v1::Guardian::PARENT);
  guardian.set_from_date(from);
}

}  // namespace

v1::RegisterChildRequest RegistrationOf(const intake::v1::Child& child, const std::string& birth,
                                        const std::string& reference, const Person& caller) {
  v1::RegisterChildRequest request;
  request.set_parent(absl::StrCat(kMunicipality, "/authorities/", caller.authority));
  request.set_request_id(NewRequestId());
  request.set_reference(reference);
  request.set_identity_number(child.identity_number());
  request.set_given_name(child.given_name());
  request.set_family_name(child.family_name());
  request.set_assignee(caller.subject);
  AddParent(kMother, birth, request);
  AddParent(kFather, birth, request);
  return request;
}

std::string GuardianOf(const v1::Child& child, const std::string& person_name) {
  for (const v1::Guardian& guardian : child.guardians()) {
    if (guardian.person_name() == person_name) return guardian.guardian();
  }
  return {};
}

v1::Question MoreFeedback(const std::string& child) {
  v1::Question question;
  question.set_child(child);
  question.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
  question.mutable_discloser()->set_authority(kBoard);
  question.mutable_recipient()->set_party(Disclosure::SCHOOL);
  question.mutable_recipient()->set_authority(kEducationBoard);
  question.mutable_recipient()->set_unit(UnitName(MakeCast().principal));
  question.add_categories(data::v1::INVESTIGATION);
  question.add_categories(data::v1::CASEWORKER_IDENTITY);
  question.set_purpose(Disclosure::FEEDBACK);
  return question;
}

v1::Question MoreFeedbackAfterTheAnswer(const std::string& child) {
  v1::Question question = MoreFeedback(child);
  v1::RecordedFact& told = *question.add_facts();
  told.set_fact("answer_told");
  told.set_source("Handläggaren har lämnat familjens svar till rektor.");
  return question;
}

v1::CheckDisclosureRequest CheckOf(const v1::Question& question) {
  v1::CheckDisclosureRequest request;
  request.set_parent(kMunicipality);
  request.set_request_id(NewRequestId());
  *request.mutable_question() = question;
  return request;
}

v1::AskConsentRequest AskFor(const v1::Question& question, const std::string& child, const std::string& guardian,
                             absl::Time now) {
  const absl::CivilDay today = calendar::LegalDay(now);
  v1::AskConsentRequest request;
  request.set_parent(child);
  request.set_request_id(NewRequestId());
  request.mutable_giver()->set_guardian(guardian);
  v1::ConsentScope& scope = *request.mutable_scope();
  *scope.mutable_discloser() = question.discloser();
  *scope.mutable_recipient() = question.recipient();
  *scope.mutable_categories() = question.categories();
  scope.set_purpose(question.purpose());
  scope.set_from_date(proto_time::FormatDay(today));
  scope.set_to_date(proto_time::FormatDay(calendar::CountFrom(today, kHalfAYear)));
  return request;
}

v1::ConsentAnswer Said(v1::ConsentAnswer::Verdict verdict) {
  v1::ConsentAnswer answer;
  answer.set_verdict(verdict);
  answer.set_form(v1::ConsentAnswer::ORAL);
  answer.set_documentation("Anteckning i akten efter samtal med vårdnadshavaren.");
  return answer;
}

intake::v1::GiveExtendedFeedbackRequest TellMore(const intake::v1::Report& report, const v1::Decision& decision) {
  intake::v1::GiveExtendedFeedbackRequest request;
  request.set_parent(report.name());
  request.set_request_id(NewRequestId());
  request.set_etag(report.etag());
  request.set_decision(decision.name());
  request.set_text(kMeasures);
  request.set_caseworker(kHandler);
  return request;
}

v1::CategoryDecision DecisionOn(const v1::Decision& decision, data::v1::Category category) {
  for (const v1::CategoryDecision& each : decision.categories()) {
    if (each.category() == category) return each;
  }
  return {};
}

void ExpectAnswer(const v1::CategoryDecision& came, v1::CategoryDecision::Answer answer, const std::string& rule,
                  Step& step) {
  const std::string category = data::v1::Category_Name(came.category());
  step.Is("the answer on " + category, v1::CategoryDecision::Answer_Name(came.answer()),
          v1::CategoryDecision::Answer_Name(answer));
  step.Is("the rule on " + category, came.rule(), rule);
}

std::string Describe(const v1::CategoryDecision& decision) {
  std::string text =
      absl::StrFormat("%-20s %-22s %s, %s", data::v1::Category_Name(decision.category()),
                      v1::CategoryDecision::Answer_Name(decision.answer()), decision.rule(), decision.legal_basis());
  if (!decision.missing_consents().empty()) {
    absl::StrAppend(&text, "; consents missing: ", decision.missing_consents_size());
  }
  if (!decision.consents().empty()) absl::StrAppend(&text, "; consents: ", decision.consents_size());
  if (!decision.tests().empty()) absl::StrAppend(&text, "; tests: ", absl::StrJoin(decision.tests(), ", "));
  return text;
}

void Show(const v1::Decision& decision, Step& step) {
  for (const v1::CategoryDecision& category : decision.categories()) step.Show(Describe(category));
}

}  // namespace samverkan::story
