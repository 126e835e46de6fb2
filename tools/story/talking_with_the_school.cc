#include "libs/proto_time/proto_time.h"
#include "tools/story/chapters.h"
#include "tools/story/consenting.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;
using consent::v1::CategoryDecision;
using rules::v1::Disclosure;

v1::InvestigationStep AskTheSchool(World& world) {
  v1::RequestInformationRequest request;
  request.set_parent(world.investigation.name());
  request.set_request_id(NewRequestId());
  request.set_unit(UnitName(world.cast.principal));
  request.set_concerning("Elsa Granlund, årskurs 7");
  request.add_questions("Hur har närvaron varit under läsåret?");
  request.add_questions("Hur fungerar kontakten med hemmet?");
  request.set_contact_function("Ungdomsenheten, handläggaren");
  const auto answer = world.stage.As(world.cast.caseworker, &InvestigationSteps::RequestInformation, request);
  world.teller.Tell(Step(answer, "the caseworker asks the school (konsultationsdokument): it must hand over")
                        .Ok()
                        .Is("the legal basis", answer.response.legal_basis(), "P-023, SoL 2025:400 20:6")
                        .Show("rule " + answer.response.legal_basis()));
  return answer.response;
}

v1::InvestigationStep ReadAsTheSchool(World& world, const v1::InvestigationStep& asked) {
  v1::ListInvestigationStepsRequest request;
  request.set_parent(kMunicipality);
  const auto answer = world.stage.As(world.cast.principal, &InvestigationSteps::ListInvestigationSteps, request);
  v1::InvestigationStep seen;
  for (const v1::InvestigationStep& step : answer.response.investigation_steps()) {
    if (step.name() == asked.name()) seen = step;
  }
  world.teller.Tell(Step(answer, "the school sees what it is asked, and nothing of the case")
                        .Ok()
                        .Holds("the questions are shown", seen.information_request().questions_size() == 2)
                        .Holds("the case is not", seen.parent().empty() && seen.child().empty()));
  return seen;
}

consent::v1::Child RegisterAtTheSchool(World& world) {
  const auto answer = world.stage.As(world.cast.principal, &Children::RegisterChild,
                                     RegistrationOf(SchoolReport().child(), "2012-05-03", "", world.cast.principal));
  world.teller.Tell(Step(answer, "the school keeps the child by a reference of its own board")
                        .Ok()
                        .Holds("it is another child than that of social services",
                               !answer.response.name().empty() && answer.response.name() != world.child.name()));
  return answer.response;
}

consent::v1::Question MaySchoolTell(const std::string& child) {
  consent::v1::Question question;
  question.set_child(child.substr(child.rfind('/') + 1));
  question.mutable_discloser()->set_party(Disclosure::SCHOOL);
  question.mutable_discloser()->set_authority(kEducationBoard);
  question.mutable_recipient()->set_party(Disclosure::SOCIAL_SERVICES);
  question.mutable_recipient()->set_authority(kBoard);
  question.add_categories(data::v1::FAMILY);
  question.add_categories(data::v1::CONCERN);
  question.set_purpose(Disclosure::CHILD_INVESTIGATION);
  consent::v1::RecordedFact& opened = *question.add_facts();
  opened.set_fact("investigation_opened");
  opened.set_source("Begäran från Ungdomsenheten.");
  return question;
}

void CheckAsTheSchool(World& world, const consent::v1::Child& child) {
  const auto answer =
      world.stage.As(world.cast.principal, &Disclosures::CheckDisclosure, CheckOf(MaySchoolTell(child.name())));
  Step step(answer, "may it tell? Yes, by a duty; nobody's consent is needed");
  step.Ok();
  for (const CategoryDecision& category : answer.response.categories()) {
    ExpectAnswer(category, CategoryDecision::PERMIT, "P-023", step);
    step.Holds("it rests on no consent", category.consents().empty());
  }
  Show(answer.response, step);
  world.teller.Tell(step);
}

void HandOver(World& world, const v1::InvestigationStep& asked) {
  auto request = ChangeOf<v1::HandOverInformationRequest>(asked);
  request.set_answer("Elsa var närvarande 40 procent av höstterminen. Mamma svarar alltid; pappa har vi inte nått.");
  request.set_answerer_function("rektor");
  const auto answer = world.stage.As(world.cast.principal, &InvestigationSteps::HandOverInformation, request);
  world.teller.Tell(Step(answer, "the school hands it over")
                        .Ok()
                        .Is("the state", v1::InvestigationStep::State_Name(answer.response.state()), "DONE"));
}

void Hear(World& world, const v1::InvestigationStep& asked) {
  v1::GetInvestigationStepRequest request;
  request.set_name(asked.name());
  const auto answer = world.stage.As(world.cast.caseworker, &InvestigationSteps::GetInvestigationStep, request);
  world.teller.Tell(
      Step(answer, "and the caseworker reads it")
          .Ok()
          .Is("who answered", answer.response.information_request().answerer(), world.cast.principal.subject));
}

v1::RecordReferenceTalkRequest Talk(const World& world) {
  v1::RecordReferenceTalkRequest request;
  request.set_parent(world.investigation.name());
  request.set_request_id(NewRequestId());
  request.set_state(v1::InvestigationStep::DONE);
  v1::ReferenceTalk& talk = *request.mutable_reference_talk();
  talk.set_unit(UnitName(world.cast.principal));
  talk.set_counterpart_function("mentor");
  *talk.mutable_talk_time() = proto_time::ToProto(world.stage.Now() - absl::Hours(1));
  talk.set_notes("Mentorn ser Elsa trött och ensam. Skolan fortsätter med frukost och anpassad studiegång.");
  return request;
}

void TalkOnce(World& world) {
  const auto held = world.stage.As(world.cast.caseworker, &InvestigationSteps::RecordReferenceTalk, Talk(world));
  world.teller.Tell(Step(held, "the reference talk (referenssamtal) with the school was held")
                        .Ok()
                        .Is("the legal basis", held.response.legal_basis(), "L-006, seed 001 Bilaga 3 p. 12")
                        .Show("rule " + held.response.legal_basis()));
  const auto again = world.stage.As(world.cast.caseworker, &InvestigationSteps::RecordReferenceTalk, Talk(world));
  world.teller.Tell(Step(again, "a second one: the routine has one for each investigation")
                        .Refused(absl::StatusCode::kFailedPrecondition, "REFERENCE_TALK_LIMIT"));
}

}  // namespace

void TalkWithTheSchool(World& world) {
  world.teller.Chapter(
      "Points 11 and 12. The school goes on with the child and its family; social services ask it once.");
  world.stage.GoToMorning(1);
  const v1::InvestigationStep asked = AskTheSchool(world);
  const v1::InvestigationStep seen = ReadAsTheSchool(world, asked);
  CheckAsTheSchool(world, RegisterAtTheSchool(world));
  HandOver(world, seen);
  Hear(world, asked);
  world.stage.GoTo(15, 0);
  TalkOnce(world);
}

}  // namespace samverkan::story
