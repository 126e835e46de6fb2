#include "tools/story/chapters.h"
#include "tools/story/consenting.h"
#include "tools/story/reading.h"

namespace samverkan::story {
namespace {

namespace v1 = consent::v1;

v1::Decision Check(World& world, v1::CategoryDecision::Answer expected, const std::string& meaning) {
  const auto answer = world.stage.As(world.cast.caseworker, &Disclosures::CheckDisclosure,
                                     CheckOf(MoreFeedbackAfterTheAnswer(world.report.child())));
  Step step(answer, meaning);
  step.Ok();
  for (const v1::CategoryDecision& category : answer.response.categories()) {
    ExpectAnswer(category, expected, "P-056", step);
  }
  Show(answer.response, step);
  world.teller.Tell(step);
  return answer.response;
}

void SayNoMore(World& world) {
  v1::WithdrawConsentRequest request;
  request.set_name(world.fathers_consent.name());
  request.set_request_id(NewRequestId());
  request.set_withdrawal("Pappa ringde och tog tillbaka sitt samtycke.");
  const auto answer = world.stage.As(world.cast.caseworker, &Consents::WithdrawConsent, request);
  world.teller.Tell(Step(answer, "and then the father calls: he withdraws")
                        .Ok()
                        .Is("the state", v1::Consent::State_Name(answer.response.state()), "WITHDRAWN"));
}

void TellThroughTheEarlier(World& world, const v1::Decision& decision) {
  world.report = Read(world.stage, world.cast.caseworker, world.report.name()).response;
  const auto answer =
      world.stage.As(world.cast.caseworker, &FeedbackCalls::GiveExtendedFeedback, TellMore(world.report, decision));
  world.teller.Tell(Step(answer, "the decision of a minute ago lets nothing out any more")
                        .Refused(absl::StatusCode::kFailedPrecondition, "DECISION_OUTDATED"));
}

}  // namespace

void Withdraw(World& world) {
  world.teller.Chapter("The caseworker is about to tell the school more when a guardian withdraws.");
  world.stage.GoToMorning(1);
  const v1::Decision decision = Check(world, v1::CategoryDecision::PERMIT, "may the school be told more? Yes");
  world.stage.Pass(absl::Minutes(1));
  SayNoMore(world);
  TellThroughTheEarlier(world, decision);
  Check(world, v1::CategoryDecision::DENY, "and asked anew the answer is no");
}

}  // namespace samverkan::story
