#include "services/intake/retention.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake {
namespace {

using ::samverkan::testing::StatusIs;
using testing::ActAt;
using testing::At;
using ::testing::IsEmpty;
using testing::ShippedRules;
using ::testing::SizeIs;

constexpr char kReport[] = "municipalities/0180/reports/1";
constexpr char kInvestigation[] = "municipalities/0180/investigations/1";

FilePart NotOpened(absl::CivilDay last_note, const std::string& resource = kReport) {
  return {.resource = resource, .last_note = last_note, .ended = true};
}

// An investigation and the report that opened it.
std::vector<FilePart> Investigated(absl::CivilDay last_note) {
  return {{.resource = "municipalities/0180/reports/2",
           .last_note = last_note - 100,
           .ended = true,
           .investigation = kInvestigation},
          {.resource = kInvestigation, .last_note = last_note, .ended = true, .investigation = kInvestigation}};
}

ChildFile FileOf(std::vector<FilePart> parts, std::optional<absl::CivilDay> birth_day = absl::CivilDay(2012, 2, 26),
                 const std::string& municipality = "0180") {
  return {
      .jurisdiction = {municipality, "skarholmen"}, .child = "c", .birth_day = birth_day, .parts = std::move(parts)};
}

// Each erasable resource with its rule.
std::map<std::string, std::string> Erasable(const ChildFile& file, absl::CivilDay today) {
  const auto grounds = ErasableOn(ShippedRules(), file, today);
  EXPECT_OK(grounds);
  std::map<std::string, std::string> rules;
  for (const v1::ErasureGround& ground : *grounds) rules[ground.resource()] = ground.rule();
  return rules;
}

using Rules = std::map<std::string, std::string>;

TEST(ErasableTest, AReportThatLedToNothingGoesFiveYearsAfterItsLastNote) {
  const ChildFile file = FileOf({NotOpened(absl::CivilDay(2026, 3, 10))});
  EXPECT_THAT(Erasable(file, absl::CivilDay(2031, 3, 9)), IsEmpty());
  EXPECT_EQ(Erasable(file, absl::CivilDay(2031, 3, 10)), (Rules{{kReport, "P-082"}}));
}

TEST(ErasableTest, AnInvestigationGoesWithItsReportsNotBeforeTheChildIsThirty) {
  const ChildFile file = FileOf(Investigated(absl::CivilDay(2026, 6, 10)));
  EXPECT_THAT(Erasable(file, absl::CivilDay(2031, 6, 10)), IsEmpty());
  EXPECT_THAT(Erasable(file, absl::CivilDay(2042, 2, 25)), IsEmpty());
  EXPECT_EQ(Erasable(file, absl::CivilDay(2042, 2, 26)),
            (Rules{{kInvestigation, "P-081"}, {"municipalities/0180/reports/2", "P-081"}}));
}

TEST(ErasableTest, AtThirtyFiveYearsMustHavePassedSinceTheLastNoteInTheFile) {
  std::vector<FilePart> parts = Investigated(absl::CivilDay(2026, 6, 10));
  // A later note anywhere in the file counts.
  parts.push_back(NotOpened(absl::CivilDay(2040, 1, 1)));
  const ChildFile file = FileOf(parts);
  EXPECT_THAT(Erasable(file, absl::CivilDay(2042, 2, 26)), IsEmpty());
  const Rules rules = Erasable(file, absl::CivilDay(2045, 1, 1));
  EXPECT_EQ(rules.at(kInvestigation), "P-080");
  EXPECT_EQ(rules.at(kReport), "P-082");
}

TEST(ErasableTest, WhatIsNotEndedKeepsWhatBelongsToIt) {
  std::vector<FilePart> parts = Investigated(absl::CivilDay(2026, 6, 10));
  parts[1].ended = false;
  EXPECT_THAT(Erasable(FileOf(parts), absl::CivilDay(2060, 1, 1)), IsEmpty());
  FilePart undecided = NotOpened(absl::CivilDay(2026, 3, 10));
  undecided.ended = false;
  EXPECT_THAT(Erasable(FileOf({undecided}), absl::CivilDay(2060, 1, 1)), IsEmpty());
}

TEST(ErasableTest, TheResearchSampleIsKeptForEver) {
  const std::vector<FilePart> parts = {NotOpened(absl::CivilDay(2026, 3, 10))};
  const absl::CivilDay far(2090, 1, 1);
  for (const int day : {5, 15, 25}) {
    EXPECT_THAT(Erasable(FileOf(parts, absl::CivilDay(2012, 2, day)), far), IsEmpty()) << day;
  }
  EXPECT_FALSE(Erasable(FileOf(parts, absl::CivilDay(2012, 2, 6)), far).empty());
  // Östergötland, Gotland, Västernorrland, Göteborg.
  for (const char* const municipality : {"0580", "0980", "2281", "1480"}) {
    EXPECT_THAT(Erasable(FileOf(parts, absl::CivilDay(2012, 2, 6), municipality), far), IsEmpty()) << municipality;
  }
  for (const char* const municipality : {"0680", "1481", "2180", "0127"}) {
    EXPECT_FALSE(Erasable(FileOf(parts, absl::CivilDay(2012, 2, 6), municipality), far).empty()) << municipality;
  }
}

TEST(ErasableTest, TheInvestigationsOfAChildThatWasPlacedAreKeptForEver) {
  std::vector<FilePart> parts = Investigated(absl::CivilDay(2026, 6, 10));
  parts.push_back(NotOpened(absl::CivilDay(2026, 3, 10)));
  ChildFile file = FileOf(parts);
  EXPECT_THAT(Erasable(file, absl::CivilDay(2060, 1, 1)), SizeIs(3));
  file.placed = true;
  EXPECT_EQ(Erasable(file, absl::CivilDay(2060, 1, 1)), (Rules{{kReport, "P-082"}}));
}

TEST(ErasableTest, WithoutADayOfBirthAnInvestigationIsKeptAndAReportGoes) {
  std::vector<FilePart> parts = Investigated(absl::CivilDay(2026, 6, 10));
  parts.push_back(NotOpened(absl::CivilDay(2026, 3, 10)));
  EXPECT_EQ(Erasable(FileOf(parts, std::nullopt), absl::CivilDay(2090, 1, 1)), (Rules{{kReport, "P-082"}}));
}

TEST(ErasableTest, AGroundSaysItsBasisAndThatItsDateIsInferred) {
  const auto grounds =
      ErasableOn(ShippedRules(), FileOf({NotOpened(absl::CivilDay(2026, 3, 10))}), absl::CivilDay(2032, 1, 1));
  ASSERT_OK(grounds);
  ASSERT_EQ(grounds->size(), 1u);
  EXPECT_EQ((*grounds)[0].legal_basis(), "SoL 2025:400 16:2 a 2 st");
  EXPECT_EQ((*grounds)[0].earliest_date(), "2031-03-10");
  EXPECT_TRUE((*grounds)[0].unverified());
}

TEST(ErasableTest, BeforeTheRuleOfItsOwnSuchAReportFollowedTheFile) {
  EXPECT_EQ(Erasable(FileOf({NotOpened(absl::CivilDay(2020, 3, 10))}), absl::CivilDay(2025, 8, 1)),
            (Rules{{kReport, "P-080"}}));
}

class ApprovalTest : public ::testing::Test {
 protected:
  const ChildFile file_ = FileOf({NotOpened(absl::CivilDay(2026, 3, 10))});
  const std::vector<v1::ErasureGround> grounds_ = *ErasableOn(ShippedRules(), file_, absl::CivilDay(2031, 3, 10));
  const ErasureRecord proposed_ =
      ProposeErasure(file_, grounds_, "municipalities/0180/erasures/1", At(absl::CivilDay(2031, 3, 10)));
  const Act act_ = ActAt(At(absl::CivilDay(2031, 3, 12)));
};

TEST_F(ApprovalTest, ApprovesWhatMayStillGo) {
  const auto approved = ApproveErasure(proposed_, file_, grounds_, false, "Genomgången.", act_);
  ASSERT_OK(approved);
  EXPECT_EQ(approved->erasure.state(), v1::Erasure::APPROVED);
  EXPECT_EQ(approved->erasure.approver(), act_.subject);
  EXPECT_TRUE(approved->erasure.whole_child());
  const ErasureRecord erased = CompleteErasure(*approved, /*forgotten=*/true, act_.time);
  EXPECT_EQ(erased.erasure.state(), v1::Erasure::ERASED);
  EXPECT_EQ(erased.erasure.child(), "");
  EXPECT_EQ(CompleteErasure(*approved, /*forgotten=*/false, act_.time).erasure.child(), approved->erasure.child());
}

TEST_F(ApprovalTest, RefusesWhatIsHeldChangedOrDecided) {
  EXPECT_THAT(ApproveErasure(proposed_, file_, grounds_, true, "x", act_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "LEGAL_HOLD"));
  EXPECT_THAT(ApproveErasure(proposed_, file_, {}, false, "x", act_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "ERASURE_OUTDATED"));
  std::vector<v1::ErasureGround> more = grounds_;
  more.emplace_back().set_resource("municipalities/0180/reports/9");
  EXPECT_THAT(ApproveErasure(proposed_, file_, more, false, "x", act_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "ERASURE_OUTDATED"));
  const ErasureRecord approved = *ApproveErasure(proposed_, file_, grounds_, false, "x", act_);
  EXPECT_THAT(ApproveErasure(approved, file_, grounds_, false, "x", act_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "ERASURE_DECIDED"));
  EXPECT_THAT(ApproveErasure(LapseErasure(proposed_), file_, grounds_, false, "x", act_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "ERASURE_DECIDED"));
}

TEST(LegalHoldTest, EndsOnce) {
  v1::PlaceLegalHoldRequest request;
  request.set_reasons("Tillsyn pågår.");
  const Act act = ActAt(At(absl::CivilDay(2031, 3, 12)));
  const LegalHoldRecord placed = PlaceLegalHold(request, "municipalities/0180/legalHolds/1", act);
  const auto released = ReleaseLegalHold(placed, "Tillsynen är avslutad.", act);
  ASSERT_OK(released);
  EXPECT_EQ(released->hold.release_reasons(), "Tillsynen är avslutad.");
  EXPECT_THAT(ReleaseLegalHold(*released, "x", act),
              StatusIs(absl::StatusCode::kFailedPrecondition, "LEGAL_HOLD_RELEASED"));
}

}  // namespace
}  // namespace samverkan::intake
