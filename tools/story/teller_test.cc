#include "tools/story/teller.h"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/status/status.h"
#include "tools/story/step.h"

namespace samverkan::story {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Call CallThatEnded(absl::Status status) {
  return {.caller = {.subject = "karin.lind", .role = access::v1::REPORTER, .place = "Bredängsskolan"},
          .method = "SubmitReport",
          .time = absl::FromUnixSeconds(1'768'204'800),  // 2026-01-12 09:00 in Stockholm
          .status = std::move(status)};
}

absl::Status Refusal() {
  return status::FailedPrecondition({.reason = "NOT_ASSESSED", .message = "assess first", .swedish = "Bedöm först."});
}

TEST(StepTest, HoldsWhereEverythingCameAsExpected) {
  Step step(CallThatEnded(absl::OkStatus()), "the report");
  step.Ok().Is("the state", "RECEIVED", "RECEIVED").Holds("it is linked", true);
  EXPECT_THAT(step.faults(), IsEmpty());
}

TEST(StepTest, SaysWhatWasExpectedAndWhatCame) {
  Step step(CallThatEnded(Refusal()), "the report");
  step.Is("the state", "RECEIVED", "ASSESSED").Refused(absl::StatusCode::kFailedPrecondition, "ALREADY_DECIDED");
  EXPECT_THAT(step.faults(), ElementsAre("the state: expected 'ASSESSED', came 'RECEIVED'",
                                         "the reason: expected 'ALREADY_DECIDED', came 'NOT_ASSESSED'"));
}

TEST(StepTest, ARefusalMustNameTheFieldsAndKeepTheSecret) {
  const status::FieldViolation violation{.field = "question", .description = "has 120503-2384"};
  Step step(CallThatEnded(status::InvalidArgument(std::vector{violation})), "a question");
  step.Refused(absl::StatusCode::kInvalidArgument, "FIELD_INVALID", {"question"});
  EXPECT_THAT(step.faults(), IsEmpty());
  step.Conceals("120503-2384");
  EXPECT_EQ(step.faults().size(), 1u);
}

TEST(StepTest, AClockMustHaveTheLawAndTheDaysOfItsStart) {
  intake::v1::Deadline came;
  came.set_clock("decision_to_open");
  came.set_rule("P-012");
  came.set_legal_basis("SoL 2001:453 11:1 a 2 st");
  came.set_due_date("2026-01-25");
  came.set_latest_date("2026-01-26");
  came.set_state(intake::v1::Deadline::PENDING);
  ClockIs expected{.clock = "decision_to_open",
                   .rule = "P-012",
                   .legal_basis = "SoL 2001:453 11:1 a 2 st",
                   .limit = calendar::Limit{absl::CivilDay(2026, 1, 25), absl::CivilDay(2026, 1, 26)}};
  Step step(CallThatEnded(absl::OkStatus()), "decided");
  EXPECT_THAT(step.Clock(came, expected).faults(), IsEmpty());
  EXPECT_THAT(step.lines(), ElementsAre("clock runs  decision_to_open      P-012, SoL 2001:453 11:1 a 2 st; "
                                        "due 2026-01-25, latest 2026-01-26"));
  expected.rule = "P-013";
  EXPECT_THAT(step.Clock(came, expected).faults(), ElementsAre("its rule: expected 'P-013', came 'P-012'"));
}

TEST(TellerTest, TellsAStepInALineAndCounts) {
  std::ostringstream out;
  Teller teller(out);
  teller.Tell(Step(CallThatEnded(absl::OkStatus()), "the report").Ok());
  EXPECT_EQ(out.str(),
            "  1 2026-01-12 09:00  REPORTER     Bredängsskolan     SubmitReport               OK                     "
            "the report\n");
  EXPECT_TRUE(teller.End());
  EXPECT_THAT(out.str(), HasSubstr("story: 1 steps held, 0 failed"));
}

TEST(TellerTest, AStepThatDoesNotHoldFailsTheStory) {
  std::ostringstream out;
  Teller teller(out);
  teller.Tell(Step(CallThatEnded(Refusal()), "the report").Ok());
  teller.Tell(
      Step(CallThatEnded(Refusal()), "too early").Refused(absl::StatusCode::kFailedPrecondition, "NOT_ASSESSED"));
  EXPECT_FALSE(teller.End());
  EXPECT_FALSE(teller.Silenced());
  EXPECT_THAT(out.str(), HasSubstr("FAILED: the call: expected 'OK', came 'FAILED_PRECONDITION: assess first"));
  EXPECT_THAT(out.str(), HasSubstr("story: 1 steps held, 1 failed"));
}

TEST(TellerTest, AServiceThatDoesNotAnswerEndsTheStory) {
  std::ostringstream out;
  Teller teller(out);
  teller.Tell(Step(CallThatEnded(absl::OkStatus()), "the report").Ok());
  EXPECT_FALSE(teller.Silenced());
  teller.Tell(Step(CallThatEnded(absl::DeadlineExceededError("")), "the report").Ok());
  EXPECT_TRUE(teller.Silenced());
  EXPECT_FALSE(teller.End());
  EXPECT_THAT(out.str(), Not(HasSubstr("0 failed")));
}

}  // namespace
}  // namespace samverkan::story
