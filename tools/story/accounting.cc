#include "absl/strings/str_cat.h"
#include "tools/story/chapters.h"
#include "tools/story/consenting.h"

namespace samverkan::story {
namespace {

namespace v1 = consent::v1;
using rules::v1::Disclosure;

void ShowTheDisclosures(World& world) {
  v1::ListDisclosuresRequest request;
  request.set_parent(world.child.name());
  const auto answer = world.stage.As(world.cast.caseworker, &Disclosures::ListDisclosures, request);
  Step step(answer, "everything that was told about the child through a decision, and its ground:");
  step.Ok().Is("how many", absl::StrCat(answer.response.disclosures_size()), "1");
  for (const v1::DisclosureRecord& disclosure : answer.response.disclosures()) {
    step.Is("who was told", disclosure.recipient().unit(), UnitName(world.cast.principal));
    step.Is("who told", disclosure.discloser(), world.cast.caseworker.subject);
    for (const v1::CategoryDecision& category : disclosure.categories()) step.Show(Describe(category));
  }
  world.teller.Tell(step);
}

// May social services tell the police, to prevent a crime by a child of thirteen?
v1::SimulateDisclosureRequest ToPreventACrime() {
  v1::SimulateDisclosureRequest request;
  request.set_parent(kMunicipality);
  v1::Question& question = *request.mutable_question();
  question.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
  question.mutable_discloser()->set_authority(kBoard);
  question.mutable_recipient()->set_party(Disclosure::POLICE);
  question.mutable_recipient()->set_authority("municipalities/0180/authorities/soderorts-polismastardistrikt");
  question.add_categories(data::v1::CONCERN);
  question.set_purpose(Disclosure::CRIME_PREVENTION);
  v1::RecordedTest& test = *question.add_tests();
  test.set_test("concrete circumstances and suitability");
  test.set_verdict(v1::RecordedTest::FOR_TELLING);
  request.mutable_circumstances()->set_age(13);
  for (const char* const guardian : {"g1", "g2"}) request.mutable_circumstances()->add_guardians(guardian);
  return request;
}

void Simulate(World& world, const std::string& day, v1::CategoryDecision::Answer expected, const std::string& rule,
              const std::string& meaning) {
  v1::SimulateDisclosureRequest request = ToPreventACrime();
  request.set_day(day);
  const auto answer = world.stage.As(world.cast.caseworker, &Disclosures::SimulateDisclosure, request);
  Step step(answer, meaning);
  step.Ok();
  for (const v1::CategoryExplanation& category : answer.response.categories()) {
    ExpectAnswer(category.decision(), expected, rule, step);
    step.Show(Describe(category.decision()));
  }
  world.teller.Tell(step);
}

}  // namespace

void AccountForDisclosures(World& world) {
  world.teller.Chapter("What was told about the child and on which ground; and a question about nobody, on two days.");
  ShowTheDisclosures(world);
  Simulate(world, "", v1::CategoryDecision::PERMIT_WITH_CONDITIONS, "P-066",
           "may the police be told, to prevent a crime? Today a test of the circumstances is enough");
  Simulate(world, "2025-03-31", v1::CategoryDecision::NEEDS_CONSENT, "P-056",
           "the same question on the last day of the law before: that test permitted nothing");
}

}  // namespace samverkan::story
