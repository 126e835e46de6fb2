#include "absl/strings/str_cat.h"
#include "tools/story/chapters.h"
#include "tools/story/consenting.h"
#include "tools/story/reading.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = consent::v1;
using Checked = v1::CategoryDecision;

v1::Child Register(World& world, const Person& caller, const intake::v1::Child& child, const std::string& birth,
                   const std::string& reference, const std::string& meaning) {
  const auto answer = world.stage.As(caller, &Children::RegisterChild, RegistrationOf(child, birth, reference, caller));
  world.teller.Tell(Step(answer, meaning)
                        .Ok()
                        .Is("its name", answer.response.name(), absl::StrCat(kMunicipality, "/children/", reference))
                        .Is("its guardians", absl::StrCat(answer.response.guardians_size()), "2"));
  return answer.response;
}

v1::Consent Ask(World& world, const Person& asker, const v1::AskConsentRequest& request, v1::Consent::State state,
                const std::string& meaning) {
  const auto answer = world.stage.As(asker, &Consents::AskConsent, request);
  world.teller.Tell(
      Step(answer, meaning)
          .Ok()
          .Is("the state", v1::Consent::State_Name(answer.response.state()), v1::Consent::State_Name(state)));
  return answer.response;
}

// ---- the child's family ----

void AskBoth(World& world) {
  const v1::Question question = MoreFeedback(world.report.child());
  auto mother = AskFor(question, world.child.name(), GuardianOf(world.child, kMother), world.stage.Now());
  *mother.mutable_answer() = Said(v1::ConsentAnswer::YES);
  world.mothers_consent = Ask(world, world.cast.caseworker, mother, v1::Consent::GIVEN,
                              "the mother is asked: may the school be told more, and who the caseworker is? Yes");
  world.fathers_consent =
      Ask(world, world.cast.caseworker,
          AskFor(question, world.child.name(), GuardianOf(world.child, kFather), world.stage.Now()), v1::Consent::ASKED,
          "the father is asked by a letter; no answer yet, and no answer is no consent");
}

void CheckTooEarly(World& world) {
  const auto answer =
      world.stage.As(world.cast.caseworker, &Disclosures::CheckDisclosure, CheckOf(MoreFeedback(world.report.child())));
  const Checked checked = DecisionOn(answer.response, data::v1::INVESTIGATION);
  Step step(answer, "may the school be told? Not before the other guardian has consented as well");
  step.Ok();
  ExpectAnswer(checked, Checked::NEEDS_CONSENT, "P-056", step);
  step.Is("how many are missing", absl::StrCat(checked.missing_consents_size()), "1");
  if (checked.missing_consents_size() == 1) {
    step.Is("who is missing", checked.missing_consents(0).guardian(), GuardianOf(world.child, kFather));
  }
  Show(answer.response, step);
  world.teller.Tell(step);
}

void RecordTheFathersYes(World& world) {
  auto request = ChangeOf<v1::RecordConsentRequest>(world.fathers_consent);
  *request.mutable_answer() = Said(v1::ConsentAnswer::YES);
  const auto answer = world.stage.As(world.cast.caseworker, &Consents::RecordConsent, request);
  if (answer.status.ok()) world.fathers_consent = answer.response;
  world.teller.Tell(Step(answer, "the next day the father says yes")
                        .Ok()
                        .Is("the state", v1::Consent::State_Name(answer.response.state()), "GIVEN"));
}

void CheckBeforeTelling(World& world) {
  const auto answer =
      world.stage.As(world.cast.caseworker, &Disclosures::CheckDisclosure, CheckOf(MoreFeedback(world.report.child())));
  const Checked name = DecisionOn(answer.response, data::v1::CASEWORKER_IDENTITY);
  Step step(answer, "both consent: more may be told; the caseworker's name waits until the school has the answer");
  step.Ok();
  ExpectAnswer(DecisionOn(answer.response, data::v1::INVESTIGATION), Checked::PERMIT, "P-056", step);
  ExpectAnswer(name, Checked::DENY, "L-005", step);
  step.Holds("it says which fact is missing", Holds(name.missing_facts(), "answer_told"));
  Show(answer.response, step);
  world.teller.Tell(step);
}

intake::v1::TellFamilyAnswerRequest Telling(const intake::v1::Report& report, intake::v1::FamilyAnswer::Answer told) {
  intake::v1::TellFamilyAnswerRequest request;
  request.set_parent(report.name());
  request.set_request_id(NewRequestId());
  request.set_etag(report.etag());
  request.set_answer(told);
  return request;
}

void TellTheAnswer(World& world, const Person& teller, intake::v1::Report& report,
                   intake::v1::FamilyAnswer::Answer told, const std::string& meaning) {
  report = Read(world.stage, teller, report.name()).response;
  const auto answer = world.stage.As(teller, &FeedbackCalls::TellFamilyAnswer, Telling(report, told));
  world.teller.Tell(Step(answer, meaning)
                        .Ok()
                        .Is("what was told",
                            intake::v1::FamilyAnswer::Answer_Name(answer.response.family_answer().answer()),
                            intake::v1::FamilyAnswer::Answer_Name(told)));
  report = Read(world.stage, teller, report.name()).response;
}

v1::Decision CheckAfterTelling(World& world) {
  const auto answer = world.stage.As(world.cast.caseworker, &Disclosures::CheckDisclosure,
                                     CheckOf(MoreFeedbackAfterTheAnswer(world.report.child())));
  Step step(answer, "with that fact on record both are permitted");
  step.Ok();
  ExpectAnswer(DecisionOn(answer.response, data::v1::INVESTIGATION), Checked::PERMIT, "P-056", step);
  ExpectAnswer(DecisionOn(answer.response, data::v1::CASEWORKER_IDENTITY), Checked::PERMIT, "P-056", step);
  Show(answer.response, step);
  world.teller.Tell(step);
  return answer.response;
}

void Explain(World& world, const v1::Decision& decision) {
  v1::ExplainDecisionRequest request;
  request.set_name(decision.name());
  const auto answer = world.stage.As(world.cast.caseworker, &Disclosures::ExplainDecision, request);
  Step step(answer, "why: every rule that was looked at, in order; those that said something of the name:");
  step.Ok().Is("how many categories", absl::StrCat(answer.response.categories_size()), "2");
  for (const v1::CategoryExplanation& category : answer.response.categories()) {
    if (category.decision().category() != data::v1::CASEWORKER_IDENTITY) continue;
    for (const v1::RuleLookedAt& rule : category.rules()) {
      if (rule.outcome() != v1::RuleLookedAt::APPLIED && rule.outcome() != v1::RuleLookedAt::DECIDED) continue;
      step.Show(absl::StrCat(rule.rule(), " ", v1::RuleLookedAt::Outcome_Name(rule.outcome()), ": ", rule.why()));
    }
    step.Show(category.swedish());
  }
  world.teller.Tell(step.Says("L-005").Says("P-056"));
}

void NameTheCaseworker(World& world, const v1::Decision& decision) {
  const auto answer =
      world.stage.As(world.cast.caseworker, &FeedbackCalls::GiveExtendedFeedback, TellMore(world.report, decision));
  const auto& extended = answer.response.extended();
  Step step(answer, "through the decision the school is told who the caseworker is (point 10)");
  step.Ok().Is("how often", absl::StrCat(extended.size()), "1");
  if (extended.size() == 1) {
    step.Is("the caseworker", extended[0].caseworker(), kHandler)
        .Holds("the disclosure is on record", !extended[0].disclosure().empty())
        .Show(absl::StrCat("rests on ", extended[0].legal_basis()));
  }
  world.teller.Tell(step);
}

Answer<intake::v1::ListFeedbackResponse> SeeAsTheSchool(World& world, const intake::v1::Report& report) {
  intake::v1::ListFeedbackRequest request;
  request.set_parent(report.name());
  return world.stage.As(world.cast.principal, &FeedbackCalls::ListFeedback, request);
}

intake::v1::Feedback FirstOf(const intake::v1::ListFeedbackResponse& response) {
  return response.feedback().empty() ? intake::v1::Feedback() : response.feedback(0);
}

void ReadTheName(World& world) {
  const auto answer = SeeAsTheSchool(world, world.report);
  const intake::v1::Feedback told = FirstOf(answer.response);
  const intake::v1::ExtendedFeedback more = told.extended().empty() ? intake::v1::ExtendedFeedback() : told.extended(0);
  world.teller.Tell(Step(answer, "the school reads it; not who consented, and not what the decision rests on")
                        .Ok()
                        .Is("the caseworker", more.caseworker(), kHandler)
                        .Is("what is told", more.text(), kMeasures)
                        .Holds("nothing else is shown",
                               more.child().empty() && more.disclosure().empty() && more.legal_basis().empty()));
}

// ---- the sibling's ----

void AskAboutTheSibling(World& world, const std::string& guardian, v1::ConsentAnswer::Verdict verdict,
                        const std::string& meaning) {
  auto request = AskFor(MoreFeedback(world.sibling_report.child()), world.sibling.name(),
                        GuardianOf(world.sibling, guardian), world.stage.Now());
  *request.mutable_answer() = Said(verdict);
  Ask(world, world.cast.reception_manager, request,
      verdict == v1::ConsentAnswer::YES ? v1::Consent::GIVEN : v1::Consent::REFUSED, meaning);
}

v1::Decision CheckTheNo(World& world) {
  const auto answer = world.stage.As(world.cast.reception_manager, &Disclosures::CheckDisclosure,
                                     CheckOf(MoreFeedback(world.sibling_report.child())));
  Step step(answer, "one no is a no");
  step.Ok();
  ExpectAnswer(DecisionOn(answer.response, data::v1::INVESTIGATION), Checked::DENY, "P-056", step);
  ExpectAnswer(DecisionOn(answer.response, data::v1::CASEWORKER_IDENTITY), Checked::DENY, "P-056", step);
  Show(answer.response, step);
  world.teller.Tell(step);
  return answer.response;
}

void ExtendAgainstTheNo(World& world, const v1::Decision& decision) {
  const auto answer = world.stage.As(world.cast.reception_manager, &FeedbackCalls::GiveExtendedFeedback,
                                     TellMore(world.sibling_report, decision));
  world.teller.Tell(Step(answer, "nothing more can be told through that decision")
                        .Refused(absl::StatusCode::kFailedPrecondition, "NOTHING_PERMITTED"));
}

void ReadTheFactOnly(World& world) {
  const auto answer = SeeAsTheSchool(world, world.sibling_report);
  const intake::v1::Feedback told = FirstOf(answer.response);
  world.teller.Tell(
      Step(answer, "what the law names, the school was told all the same")
          .Ok()
          .Is("what is told", intake::v1::StatutoryOutcome_Name(told.outcome()), "INVESTIGATION_NOT_OPENED")
          .Is("the family's answer", intake::v1::FamilyAnswer::Answer_Name(told.family_answer().answer()), "NO_MORE")
          .Holds("nothing more is told", told.extended().empty()));
}

}  // namespace

void AskTheFamily(World& world) {
  world.teller.Chapter("Points 8 to 10. May the school be told more? The family is asked, each guardian by itself.");
  const intake::v1::Child child = SchoolReport().child();
  world.child = Register(world, world.cast.caseworker, child, "2012-05-03", world.report.child(),
                         "the child is registered at the consent service by the same reference, with both guardians");
  AskBoth(world);
  CheckTooEarly(world);
  world.stage.GoToMorning(1);
  RecordTheFathersYes(world);
  CheckBeforeTelling(world);
  TellTheAnswer(world, world.cast.caseworker, world.report, intake::v1::FamilyAnswer::MORE_CAN_BE_TOLD,
                "the school is told that more can be told (point 9)");
  const v1::Decision decision = CheckAfterTelling(world);
  Explain(world, decision);
  NameTheCaseworker(world, decision);
  ReadTheName(world);
}

void HearANo(World& world) {
  world.teller.Chapter("The sibling's family is asked as well, and one of them says no.");
  world.sibling = Register(world, world.cast.reception_manager, Sibling(), "2015-05-01", world.sibling_report.child(),
                           "the sibling is registered, with the same guardians");
  AskAboutTheSibling(world, kMother, v1::ConsentAnswer::YES, "the mother says yes");
  AskAboutTheSibling(world, kFather, v1::ConsentAnswer::NO, "and the father no");
  const v1::Decision decision = CheckTheNo(world);
  TellTheAnswer(world, world.cast.reception_manager, world.sibling_report, intake::v1::FamilyAnswer::NO_MORE,
                "the school is told that no more will be told; not who said so");
  ExtendAgainstTheNo(world, decision);
  ReadTheFactOnly(world);
}

}  // namespace samverkan::story
