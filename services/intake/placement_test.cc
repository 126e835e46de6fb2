#include "services/intake/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kName[] = "municipalities/0180/placements/01968f00-0000-7000-8000-000000000005";
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

PlacementRecord PlacedOn(absl::CivilDay day, const PartParent& parent = OpenedParent()) {
  v1::RecordPlacementRequest request;
  request.set_home(v1::Placement::FAMILY_HOME);
  request.set_ground(v1::Placement::SOCIAL_SERVICES_ACT);
  request.set_place("Familjen Ek, Ekvägen 1");
  *request.mutable_start_time() = proto_time::ToProto(At(day));
  const auto change = RecordPlacement(ShippedRules(), parent, request, kName, ActAt(At(day)));
  EXPECT_OK(change);
  return change->after;
}

v1::ReviewPlacementRequest GoesOn() {
  v1::ReviewPlacementRequest request;
  request.set_verdict(v1::PlacementReview::GOES_ON);
  request.set_reasons("Vården behövs.");
  return request;
}

v1::EndPlacementRequest EndAs(v1::PlacementEnd::Outcome outcome) {
  v1::EndPlacementRequest request;
  request.set_outcome(outcome);
  request.set_reasons("Hemmet är tryggt.");
  return request;
}

TEST(PlacementTest, IsReviewedWithinSixMonthsOfThePlacement) {
  const v1::Placement placement = PlacedOn(absl::CivilDay(2026, 1, 31)).resource;
  EXPECT_EQ(placement.name(), kName);
  EXPECT_EQ(placement.investigation(), kOpened);
  EXPECT_EQ(placement.state(), v1::Placement::RUNNING);
  ASSERT_THAT(placement.deadlines(), SizeIs(1));
  EXPECT_EQ(placement.deadlines(0).clock(), "placement_review");
  EXPECT_EQ(placement.deadlines(0).rule(), "P-043");
  EXPECT_EQ(placement.deadlines(0).legal_basis(), "SoL 2025:400 22:13");
  EXPECT_EQ(placement.deadlines(0).due_date(), "2026-07-31");
}

// The rule set's rule begins with the new law.
TEST(PlacementTest, TakesTheLawOfTheDayThatTheChildWasPlaced) {
  EXPECT_THAT(PlacedOn(absl::CivilDay(2025, 7, 1)).resource.deadlines(), SizeIs(1));
  PlacementRecord before = PlacedOn(absl::CivilDay(2025, 6, 30));
  EXPECT_THAT(before.resource.deadlines(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const PlacementChange reviewed,
                       ReviewPlacement(ShippedRules(), before, GoesOn(), ActAt(At(absl::CivilDay(2025, 9, 1)))));
  ASSERT_THAT(reviewed.after.resource.deadlines(), SizeIs(1));
  EXPECT_EQ(reviewed.after.resource.deadlines(0).due_date(), "2026-03-01");
}

TEST(PlacementTest, AReviewMeetsTheClockAndStartsTheNext) {
  ASSERT_OK_AND_ASSIGN(const PlacementChange change,
                       ReviewPlacement(ShippedRules(), PlacedOn(absl::CivilDay(2026, 1, 12)), GoesOn(),
                                       ActAt(At(absl::CivilDay(2026, 6, 15)))));
  const v1::Placement& placement = change.after.resource;
  ASSERT_THAT(placement.deadlines(), SizeIs(2));
  EXPECT_EQ(placement.deadlines(0).state(), v1::Deadline::MET);
  EXPECT_FALSE(placement.deadlines(0).has_breach_time());
  EXPECT_EQ(placement.deadlines(1).state(), v1::Deadline::PENDING);
  EXPECT_EQ(placement.deadlines(1).due_date(), "2026-12-15");
  EXPECT_EQ(placement.reviews(0).reviewer(), "u-eva");
  EXPECT_EQ(change.happening.type, "placement.reviewed");
  EXPECT_EQ(change.legal_basis, "P-043, SoL 2025:400 22:13");
}

TEST(PlacementTest, ALateReviewDoesNotUndoTheBreach) {
  ASSERT_OK_AND_ASSIGN(const PlacementChange change,
                       ReviewPlacement(ShippedRules(), PlacedOn(absl::CivilDay(2026, 1, 12)), GoesOn(),
                                       ActAt(At(absl::CivilDay(2026, 7, 13)))));
  EXPECT_EQ(change.after.resource.deadlines(0).state(), v1::Deadline::MET);
  EXPECT_TRUE(change.after.resource.deadlines(0).has_breach_time());
}

TEST(PlacementTest, AReturnHomeNeedsItsDialogueOrTheReasonsWhyThereWasNone) {
  const PlacementRecord placed = PlacedOn(absl::CivilDay(2026, 1, 12));
  const Act act = ActAt(At(absl::CivilDay(2026, 5, 4)));
  EXPECT_THAT(EndPlacement(placed, EndAs(v1::PlacementEnd::RETURNED_HOME), act),
              StatusIs(kFailedPrecondition, "DIALOGUE_MISSING"));
  EXPECT_OK(EndPlacement(placed, EndAs(v1::PlacementEnd::MOVED), act));

  v1::EndPlacementRequest explained = EndAs(v1::PlacementEnd::RETURNED_HOME);
  explained.set_no_dialogue_reasons("Barnet hämtades samma dag.");
  EXPECT_OK(EndPlacement(placed, explained, act));

  v1::RecordReturnHomeDialogueRequest dialogue;
  dialogue.set_content("Vi kom överens om helgerna.");
  dialogue.set_child_took_part(true);
  *dialogue.mutable_hold_time() = proto_time::ToProto(act.time);
  ASSERT_OK_AND_ASSIGN(const PlacementChange talked, RecordReturnHomeDialogue(placed, dialogue, act));
  ASSERT_OK_AND_ASSIGN(const PlacementChange ended,
                       EndPlacement(talked.after, EndAs(v1::PlacementEnd::RETURNED_HOME), act));
  EXPECT_EQ(ended.after.resource.state(), v1::Placement::ENDED);
  EXPECT_EQ(ended.after.resource.deadlines(0).state(), v1::Deadline::ENDED);
}

TEST(PlacementTest, NothingIsDoneInOneThatHasEnded) {
  const Act act = ActAt(At(absl::CivilDay(2026, 5, 4)));
  ASSERT_OK_AND_ASSIGN(const PlacementChange ended,
                       EndPlacement(PlacedOn(absl::CivilDay(2026, 1, 12)), EndAs(v1::PlacementEnd::MOVED), act));
  EXPECT_THAT(ReviewPlacement(ShippedRules(), ended.after, GoesOn(), act),
              StatusIs(kFailedPrecondition, "PLACEMENT_ENDED"));
  EXPECT_THAT(RecordReturnHomeDialogue(ended.after, {}, act), StatusIs(kFailedPrecondition, "PLACEMENT_ENDED"));
  EXPECT_THAT(EndPlacement(ended.after, EndAs(v1::PlacementEnd::MOVED), act),
              StatusIs(kFailedPrecondition, "PLACEMENT_ENDED"));
}

TEST(PlacementTest, TheWhereaboutsOfAProtectedChildReachWhoMustKnow) {
  PartParent parent = OpenedParent();
  parent.investigation.identity_protected = true;
  parent.investigation.investigation.set_assignee("u-eva");
  const absl::CivilDay day(2026, 1, 12);
  const PlacementRecord record = PlacedOn(day, parent);
  ASSERT_OK_AND_ASSIGN(const v1::Placement shown, ViewFor(ShippedRules(), Caseworker(), record, At(day)));
  EXPECT_EQ(shown.place(), "Familjen Ek, Ekvägen 1");
  ASSERT_OK_AND_ASSIGN(const v1::Placement withheld, ViewFor(ShippedRules(), UnitManager(), record, At(day)));
  EXPECT_EQ(withheld.place(), "");
  ASSERT_THAT(withheld.withheld(), SizeIs(1));
  EXPECT_EQ(withheld.withheld(0).category(), data::v1::WHEREABOUTS);
  EXPECT_THAT(ViewFor(ShippedRules(), CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}), record, At(day)),
              StatusIs(absl::StatusCode::kNotFound, "PLACEMENT_NOT_FOUND"));
}

}  // namespace
}  // namespace samverkan::intake::testing
