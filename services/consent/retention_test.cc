#include "services/consent/retention.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/calendar/calendar.h"
#include "libs/rules/rule_set.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::consent {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr absl::CivilDay kBirth(2012, 2, 26);
constexpr absl::CivilDay kThirty(2042, 2, 26);
constexpr absl::CivilDay kFar(2090, 1, 1);

const rules::RuleSet& ShippedRules() {
  static const rules::RuleSet* const rules = new rules::RuleSet(*rules::RuleSet::Load("deploy/rules"));
  return *rules;
}

ChildFile FileOf(absl::CivilDay last_note, std::optional<absl::CivilDay> birth_day = kBirth,
                 const std::string& municipality = "0180") {
  return {.authority = {municipality, "skarholmen"}, .child = "c", .birth_day = birth_day, .last_note = last_note};
}

// The rules by which the child may go, with the first day of each.
std::vector<std::string> Erasable(const ChildFile& file, absl::CivilDay today) {
  const auto grounds = ErasableOn(ShippedRules(), file, today);
  EXPECT_OK(grounds);
  std::vector<std::string> said;
  if (!grounds.ok()) return said;
  for (const v1::ErasureGround& ground : *grounds) said.push_back(ground.rule() + " " + ground.earliest_date());
  return said;
}

TEST(ErasableTest, AChildGoesAtThirtyWhereNothingWasNotedForFiveYears) {
  const ChildFile file = FileOf(absl::CivilDay(2026, 6, 10));
  EXPECT_THAT(Erasable(file, absl::CivilDay(2031, 6, 10)), IsEmpty());
  EXPECT_THAT(Erasable(file, kThirty - 1), IsEmpty());
  EXPECT_THAT(Erasable(file, kThirty), ElementsAre("P-080 2031-06-10", "P-081 2042-02-26"));
}

TEST(ErasableTest, AfterThirtyFiveYearsMustHavePassedSinceTheLastNote) {
  const ChildFile file = FileOf(absl::CivilDay(2040, 1, 1));
  EXPECT_THAT(Erasable(file, kThirty), IsEmpty());
  EXPECT_THAT(Erasable(file, absl::CivilDay(2044, 12, 31)), IsEmpty());
  EXPECT_THAT(Erasable(file, absl::CivilDay(2045, 1, 1)), ElementsAre("P-080 2045-01-01", "P-081 2042-02-26"));
}

TEST(ErasableTest, OneBornOnALeapDayIsThirtyOnTheLastOfFebruary) {
  const ChildFile file = FileOf(absl::CivilDay(2026, 6, 10), absl::CivilDay(2012, 2, 29));
  EXPECT_THAT(Erasable(file, absl::CivilDay(2042, 2, 27)), IsEmpty());
  EXPECT_THAT(Erasable(file, absl::CivilDay(2042, 2, 28)), Not(IsEmpty()));
}

TEST(ErasableTest, WithoutADayOfBirthTheChildIsKept) {
  EXPECT_THAT(Erasable(FileOf(absl::CivilDay(2026, 6, 10), std::nullopt), kFar), IsEmpty());
}

TEST(ErasableTest, WhileAReportIsOnHoldTheChildIsKept) {
  ChildFile file = FileOf(absl::CivilDay(2026, 6, 10));
  file.on_hold = true;
  EXPECT_THAT(Erasable(file, kFar), IsEmpty());
}

TEST(ErasableTest, AChildThatIsNotThereIsNotErased) {
  const auto grounds = ErasableOn(ShippedRules(), std::nullopt, kFar);
  ASSERT_OK(grounds);
  EXPECT_THAT(*grounds, IsEmpty());
}

TEST(ErasableTest, TheResearchSampleIsKeptForEver) {
  const absl::CivilDay noted(2026, 3, 10);
  for (const int day : {5, 15, 25}) {
    EXPECT_THAT(Erasable(FileOf(noted, absl::CivilDay(2012, 2, day)), kFar), IsEmpty()) << day;
  }
  EXPECT_THAT(Erasable(FileOf(noted, absl::CivilDay(2012, 2, 6)), kFar), Not(IsEmpty()));
  // Östergötland, Gotland, Västernorrland, Göteborg.
  for (const char* const municipality : {"0580", "0980", "2281", "1480"}) {
    EXPECT_THAT(Erasable(FileOf(noted, kBirth, municipality), kFar), IsEmpty()) << municipality;
  }
  for (const char* const municipality : {"0680", "1481", "2180", "0127"}) {
    EXPECT_THAT(Erasable(FileOf(noted, kBirth, municipality), kFar), Not(IsEmpty())) << municipality;
  }
}

TEST(ErasableTest, AGroundSaysItsBasisAndWhetherItIsVerified) {
  const auto grounds = ErasableOn(ShippedRules(), FileOf(absl::CivilDay(2026, 3, 10)), kFar);
  ASSERT_OK(grounds);
  ASSERT_EQ(grounds->size(), 2u);
  EXPECT_EQ((*grounds)[0].legal_basis(), "SoL 2025:400 16:1");
  EXPECT_FALSE((*grounds)[0].unverified());
  EXPECT_EQ((*grounds)[1].legal_basis(), "SoL 2025:400 16:2 a 1 st (Lag 2025:1501)");
  EXPECT_TRUE((*grounds)[1].unverified()) << "its date is inferred";
}

TEST(NotedBeforeTest, IsTheEndOfTheLastDayFromWhichFiveYearsHavePassed) {
  const absl::CivilDay noted(2026, 3, 10);
  const auto before = NotedBefore(ShippedRules(), {"0180", "skarholmen"}, absl::CivilDay(2031, 3, 10));
  ASSERT_OK(before);
  EXPECT_EQ(*before, calendar::StartOf(noted + 1));
}

class ApprovalTest : public ::testing::Test {
 protected:
  const ChildFile file_ = FileOf(absl::CivilDay(2026, 3, 10));
  const std::vector<v1::ErasureGround> grounds_ = *ErasableOn(ShippedRules(), file_, kThirty);
  const Act act_ = {"u-maria", calendar::StartOf(kThirty + 2)};
  const ErasureRecord proposed_ =
      ProposeErasure(file_, grounds_, "municipalities/0180/erasures/1", calendar::StartOf(kThirty));
};

TEST_F(ApprovalTest, ApprovesWhatMayStillGo) {
  EXPECT_EQ(proposed_.erasure.authority(), "municipalities/0180/authorities/skarholmen");
  EXPECT_EQ(BasisOf(proposed_.erasure), "P-080, SoL 2025:400 16:1; P-081, SoL 2025:400 16:2 a 1 st (Lag 2025:1501)");
  const auto approved = ApproveErasure(proposed_, grounds_, false, "Genomgången.", act_);
  ASSERT_OK(approved);
  EXPECT_EQ(approved->erasure.state(), v1::Erasure::APPROVED);
  EXPECT_EQ(approved->erasure.approver(), act_.subject);
  EXPECT_EQ(approved->erasure.reasons(), "Genomgången.");
  const ErasureRecord erased = CompleteErasure(*approved, /*forgotten=*/true, act_.time);
  EXPECT_EQ(erased.erasure.state(), v1::Erasure::ERASED);
  EXPECT_EQ(erased.erasure.child(), "");
  EXPECT_EQ(CompleteErasure(*approved, /*forgotten=*/false, act_.time).erasure.child(), approved->erasure.child());
}

TEST_F(ApprovalTest, RefusesWhatIsHeldChangedOrDecided) {
  EXPECT_THAT(ApproveErasure(proposed_, grounds_, true, "x", act_), StatusIs(kFailedPrecondition, "LEGAL_HOLD"));
  EXPECT_THAT(ApproveErasure(proposed_, {}, false, "x", act_), StatusIs(kFailedPrecondition, "ERASURE_OUTDATED"));
  // Noted since, and five years have passed again.
  const auto later = ErasableOn(ShippedRules(), FileOf(absl::CivilDay(2043, 1, 1)), kFar);
  ASSERT_OK(later);
  EXPECT_THAT(ApproveErasure(proposed_, *later, false, "x", act_), StatusIs(kFailedPrecondition, "ERASURE_OUTDATED"));
  const ErasureRecord approved = *ApproveErasure(proposed_, grounds_, false, "x", act_);
  EXPECT_THAT(ApproveErasure(approved, grounds_, false, "x", act_), StatusIs(kFailedPrecondition, "ERASURE_DECIDED"));
  EXPECT_THAT(ApproveErasure(LapseErasure(proposed_), grounds_, false, "x", act_),
              StatusIs(kFailedPrecondition, "ERASURE_DECIDED"));
}

TEST_F(ApprovalTest, TheLogIsToldOfTheChildOnlyWhileNothingIsApproved) {
  EXPECT_THAT(ChildrenToldOf(proposed_.erasure), ElementsAre("c"));
  const ErasureRecord approved = *ApproveErasure(proposed_, grounds_, false, "x", act_);
  EXPECT_THAT(ChildrenToldOf(approved.erasure), IsEmpty());
  EXPECT_THAT(ChildrenToldOf(LapseErasure(proposed_).erasure), IsEmpty());
  EXPECT_THAT(ChildrenToldOf(CompleteErasure(approved, /*forgotten=*/true, act_.time).erasure), IsEmpty());
}

TEST(LegalHoldTest, EndsOnce) {
  v1::PlaceLegalHoldRequest request;
  request.set_reasons("Tillsyn pågår.");
  const Act act = {"u-maria", calendar::StartOf(absl::CivilDay(2031, 3, 12))};
  const LegalHoldRecord placed = PlaceLegalHold(request, "municipalities/0180/legalHolds/1", act);
  EXPECT_EQ(placed.hold.placed_by(), "u-maria");
  const auto released = ReleaseLegalHold(placed, "Tillsynen är avslutad.", act);
  ASSERT_OK(released);
  EXPECT_EQ(released->hold.release_reasons(), "Tillsynen är avslutad.");
  EXPECT_THAT(ReleaseLegalHold(*released, "x", act), StatusIs(kFailedPrecondition, "LEGAL_HOLD_RELEASED"));
}

}  // namespace
}  // namespace samverkan::consent
