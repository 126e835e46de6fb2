#include "services/audit/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::audit {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::CivilDay kMonday(2026, 3, 2);

absl::Time At(absl::CivilDay day, int hour, int minute = 0) {
  return absl::FromCivil(absl::CivilMinute(absl::CivilHour(day) + hour) + minute, calendar::Stockholm());
}

Act Read(int64_t index, absl::Time time = At(kMonday, 10)) {
  Act act;
  act.index = index;
  act.time = time;
  act.action = access::v1::READ;
  act.outcome = v1::GRANTED;
  act.role = access::v1::CASEWORKER;
  act.actor = "anna";
  act.children = {"child"};
  return act;
}

std::string Seed(int number) {
  std::string seed = absl::StrCat(number);
  seed.resize(32, '.');
  return seed;
}

DrawOrder Order(int32_t random_size, int32_t risk_size, std::string seed = Seed(1)) {
  DrawOrder order = {.first_day = kMonday,
                     .last_day = kMonday,
                     .random_size = random_size,
                     .risk_size = risk_size,
                     .thresholds = {},
                     .seed = std::move(seed)};
  order.thresholds.set_work_start_hour(6);
  order.thresholds.set_work_end_hour(19);
  order.thresholds.set_many_files(3);
  return order;
}

std::vector<DrawnAct> DrawFrom(const std::vector<Act>& acts, DrawOrder order) {
  Draw draw(std::move(order));
  draw.AddDay(acts);
  return draw.Drawn();
}

std::vector<int64_t> Indexes(const std::vector<DrawnAct>& drawn, v1::ReviewItem::Drawing drawing) {
  std::vector<int64_t> indexes;
  for (const DrawnAct& act : drawn) {
    if (act.drawing == drawing) indexes.push_back(act.index);
  }
  return indexes;
}

// The signs that an act has when it and `others` are a day's acts.
std::vector<v1::RiskSign> SignsOf(const Act& act, std::vector<Act> others = {}) {
  others.push_back(act);
  for (const DrawnAct& drawn : DrawFrom(others, Order(static_cast<int32_t>(others.size()), 0))) {
    if (drawn.index == act.index) return drawn.signs.List();
  }
  ADD_FAILURE() << "not drawn";
  return {};
}

TEST(ReviewNames, HaveOneSpelling) {
  const std::string sample = "municipalities/0180/reviewSamples/019eb058-74ce-74a6-8d3a-7160edd74b1a";
  ASSERT_TRUE(ParseSampleName(sample).has_value());
  EXPECT_EQ(SampleName(*ParseSampleName(sample)), sample);
  ASSERT_TRUE(ParseItemName(sample + "/items/17").has_value());
  EXPECT_EQ(ItemName(*ParseItemName(sample + "/items/17")), sample + "/items/17");
  for (const std::string& bad : {sample + "/", sample + "/items", "x" + sample, std::string("reviewSamples/1")}) {
    EXPECT_FALSE(ParseSampleName(bad).has_value()) << bad;
  }
  for (const std::string& bad : {sample, sample + "/items/", sample + "/items/01", sample + "/items/-1"}) {
    EXPECT_FALSE(ParseItemName(bad).has_value()) << bad;
  }
}

TEST(Act, IsDrawableWhereAPersonWasShownSomething) {
  EXPECT_TRUE(IsDrawable(Read(1)));
  for (const access::v1::Action action : {access::v1::SEARCH, access::v1::DISCLOSE}) {
    Act act = Read(1);
    act.action = action;
    EXPECT_TRUE(IsDrawable(act)) << action;
  }
  for (const access::v1::Action action :
       {access::v1::CREATE, access::v1::UPDATE, access::v1::ERASE, access::v1::OPERATE}) {
    Act act = Read(1);
    act.action = action;
    EXPECT_FALSE(IsDrawable(act)) << action;
  }
  for (const access::v1::Role role : {access::v1::SYSTEM, access::v1::ROLE_UNSPECIFIED}) {
    Act act = Read(1);
    act.role = role;
    EXPECT_FALSE(IsDrawable(act)) << role;
  }
  Act denied = Read(1);
  denied.outcome = v1::DENIED;
  EXPECT_FALSE(IsDrawable(denied));
}

TEST(RiskSigns, WeighAsTheContractSays) {
  std::map<v1::RiskSign, int> weights;
  RiskSigns all;
  for (const v1::RiskSign sign : AllRiskSigns()) {
    RiskSigns one;
    one.Add(sign);
    weights[sign] = WeightOf(one);
    all.Add(sign);
  }
  const std::map<v1::RiskSign, int> expected = {{v1::SAME_NAME, 4},  {v1::NO_ASSIGNMENT, 4},
                                                {v1::COLLEAGUE, 3},  {v1::EMERGENCY_ACCESS, 3},
                                                {v1::MANY_FILES, 2}, {v1::OUT_OF_HOURS, 1}};
  EXPECT_EQ(weights, expected);
  EXPECT_EQ(WeightOf(all), 17);
  EXPECT_EQ(WeightOf(RiskSigns()), 0);
}

TEST(OutOfHours, IsOutsideWorkingHoursOrDays) {
  EXPECT_THAT(SignsOf(Read(1, At(kMonday, 6))), IsEmpty());
  EXPECT_THAT(SignsOf(Read(1, At(kMonday, 18, 59))), IsEmpty());
  EXPECT_THAT(SignsOf(Read(1, At(kMonday, 5, 59))), ElementsAre(v1::OUT_OF_HOURS));
  EXPECT_THAT(SignsOf(Read(1, At(kMonday, 19))), ElementsAre(v1::OUT_OF_HOURS));
  const absl::CivilDay saturday(2026, 3, 7), good_friday(2026, 4, 3), christmas_eve(2026, 12, 24);
  for (const absl::CivilDay day : {saturday, good_friday, christmas_eve}) {
    EXPECT_THAT(SignsOf(Read(1, At(day, 10))), ElementsAre(v1::OUT_OF_HOURS)) << day;
  }
}

TEST(OutOfHours, FollowsTheClockOfStockholmAndNotUtc) {
  // 17:30 UTC is 18:30 in winter and 19:30 in summer.
  const auto utc = [](absl::CivilDay day) {
    return absl::FromCivil(absl::CivilMinute(absl::CivilHour(day) + 17) + 30, absl::UTCTimeZone());
  };
  EXPECT_THAT(SignsOf(Read(1, utc(absl::CivilDay(2026, 3, 2)))), IsEmpty());
  EXPECT_THAT(SignsOf(Read(1, utc(absl::CivilDay(2026, 6, 1)))), ElementsAre(v1::OUT_OF_HOURS));
}

TEST(OutOfHours, IsNoSignOfTheDutyUnit) {
  Act act = Read(1, At(kMonday, 3));
  act.role = access::v1::DUTY;
  EXPECT_THAT(SignsOf(act), IsEmpty());
}

TEST(ManyFiles, CountsDifferentChildrenOfOneActor) {
  const auto touching = [](int64_t index, std::vector<std::string> children) {
    Act act = Read(index);
    act.children = std::move(children);
    return act;
  };
  EXPECT_THAT(SignsOf(touching(1, {"a"}), {touching(2, {"b"}), touching(3, {"a", "b"})}), IsEmpty());
  EXPECT_THAT(SignsOf(touching(1, {"a"}), {touching(2, {"b"}), touching(3, {"c"})}), ElementsAre(v1::MANY_FILES));
  EXPECT_THAT(SignsOf(touching(1, {"a", "b", "c"})), ElementsAre(v1::MANY_FILES));

  // Changes count as well as reads, what was refused does not.
  Act update = touching(3, {"c"});
  update.action = access::v1::UPDATE;
  EXPECT_THAT(SignsOf(touching(1, {"a"}), {touching(2, {"b"}), update}), ElementsAre(v1::MANY_FILES));
  Act denied = touching(3, {"c"});
  denied.outcome = v1::DENIED;
  EXPECT_THAT(SignsOf(touching(1, {"a"}), {touching(2, {"b"}), denied}), IsEmpty());

  Act other = touching(3, {"c"});
  other.actor = "bo";
  EXPECT_THAT(SignsOf(touching(1, {"a"}), {touching(2, {"b"}), other}), IsEmpty());
}

TEST(ManyFiles, CountsEachDayByItself) {
  Draw draw(Order(10, 0));
  for (int day = 0; day < 3; ++day) {
    Act act = Read(day, At(kMonday + day, 10));
    act.children = {absl::StrCat("child-", day)};
    draw.AddDay({act});
  }
  for (const DrawnAct& drawn : draw.Drawn()) EXPECT_TRUE(drawn.signs.empty()) << drawn.index;
}

TEST(Draw, KeepsTheSignsThatTheProducerTold) {
  Act act = Read(1, At(kMonday, 20));
  act.signs.Add(v1::SAME_NAME);
  EXPECT_THAT(SignsOf(act), ElementsAre(v1::SAME_NAME, v1::OUT_OF_HOURS));
}

std::vector<Act> TwentyActs() {
  std::vector<Act> acts;
  for (int64_t index = 100; index < 120; ++index) {
    Act act = Read(index, At(kMonday, index % 2 == 0 ? 20 : 10));
    if (index % 3 == 0) act.signs.Add(v1::SAME_NAME);
    acts.push_back(act);
  }
  return acts;
}

// Computed with another program from what review.h says: a sample that was drawn can be
// explained for as long as it is kept. When this fails the code is wrong.
TEST(Draw, FollowsFromItsSeedAsItAlwaysDid) {
  std::string seed;
  for (int i = 0; i < 32; ++i) seed.push_back(static_cast<char>(i));
  const std::vector<DrawnAct> drawn = DrawFrom(TwentyActs(), Order(5, 5, seed));
  EXPECT_THAT(Indexes(drawn, v1::ReviewItem::RANDOM), ElementsAre(101, 102, 104, 113, 114));
  EXPECT_THAT(Indexes(drawn, v1::ReviewItem::RISK), ElementsAre(105, 108, 110, 111, 117));
}

TEST(Draw, IsTheSameWhateverTheOrderOfTheActs) {
  std::vector<Act> acts = TwentyActs();
  const std::vector<DrawnAct> first = DrawFrom(acts, Order(5, 5));
  std::mt19937 random(7);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(acts.begin(), acts.end(), random);
    const std::vector<DrawnAct> again = DrawFrom(acts, Order(5, 5));
    for (const auto drawing : {v1::ReviewItem::RANDOM, v1::ReviewItem::RISK}) {
      EXPECT_EQ(Indexes(again, drawing), Indexes(first, drawing));
    }
  }
}

TEST(Draw, TakesNoActTwiceAndFillsBothParts) {
  for (int seed = 0; seed < 200; ++seed) {
    const std::vector<DrawnAct> drawn = DrawFrom(TwentyActs(), Order(7, 4, Seed(seed)));
    std::set<int64_t> indexes;
    for (const DrawnAct& act : drawn) indexes.insert(act.index);
    EXPECT_EQ(indexes.size(), 11u) << seed;
    EXPECT_EQ(Indexes(drawn, v1::ReviewItem::RANDOM).size(), 7u) << seed;
    for (const DrawnAct& act : drawn) {
      EXPECT_TRUE(act.drawing == v1::ReviewItem::RANDOM || !act.signs.empty()) << seed;
    }
  }
}

TEST(Draw, TakesAllWhereThereAreFewer) {
  Draw draw(Order(500, 500));
  draw.AddDay(TwentyActs());
  Act denied = Read(7);
  denied.outcome = v1::DENIED;
  draw.AddDay({denied});
  EXPECT_EQ(draw.Drawn().size(), 20u);
  EXPECT_EQ(draw.drawable(), 20);
  EXPECT_EQ(draw.risky(), 13);
  EXPECT_THAT(DrawFrom({}, Order(5, 5)), IsEmpty());
  // None at random, then every risky one by risk.
  EXPECT_EQ(DrawFrom(TwentyActs(), Order(0, 500)).size(), 13u);
  EXPECT_EQ(DrawFrom(TwentyActs(), Order(3, 0)).size(), 3u);
}

TEST(Draw, GivesEveryActTheSameChanceAtRandom) {
  constexpr int kSeeds = 4000;
  std::map<int64_t, int> times;
  for (int seed = 0; seed < kSeeds; ++seed) {
    for (const DrawnAct& act : DrawFrom(TwentyActs(), Order(5, 0, Seed(seed)))) ++times[act.index];
  }
  // A quarter of the seeds each, give or take five standard deviations.
  for (const auto& [index, count] : times) EXPECT_NEAR(count, kSeeds * 0.25, 137) << index;
  EXPECT_EQ(times.size(), 20u);
}

TEST(Draw, GivesAChanceByRiskInProportionToTheWeight) {
  constexpr int kSeeds = 4000;
  Act four = Read(1), three = Read(2), one = Read(3, At(kMonday, 20));
  four.signs.Add(v1::SAME_NAME);
  three.signs.Add(v1::COLLEAGUE);
  std::map<int64_t, int> first, left_out;
  for (int seed = 0; seed < kSeeds; ++seed) {
    ++first[DrawFrom({four, three, one, Read(4)}, Order(0, 1, Seed(seed))).front().index];
    std::set<int64_t> both;
    for (const DrawnAct& act : DrawFrom({four, three, one, Read(4)}, Order(0, 2, Seed(seed)))) both.insert(act.index);
    for (const int64_t index : {1, 2, 3}) left_out[index] += both.contains(index) ? 0 : 1;
  }
  EXPECT_NEAR(first[1], kSeeds * 0.5, 160);
  EXPECT_NEAR(first[2], kSeeds * 0.375, 160);
  EXPECT_NEAR(first[3], kSeeds * 0.125, 105);
  // The second draw is by weight among those left: 4/8·3/4 + 3/8·4/5 leave out the last.
  EXPECT_NEAR(left_out[3], kSeeds * (0.375 + 0.3), 150);
}

ReviewItemRecord Item(size_t outcomes) {
  ReviewItemRecord record;
  record.actor = "tag of anna";
  record.outcomes.resize(outcomes);
  return record;
}

TEST(Outcome, IsRecordedByWhoHasSeenTheLastOneAndDidNotAct) {
  EXPECT_OK(CheckMayRecord(Item(0), "0", "tag of olle"));
  EXPECT_OK(CheckMayRecord(Item(3), "3", "tag of olle"));
  EXPECT_THAT(CheckMayRecord(Item(3), "2", "tag of olle"), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_THAT(CheckMayRecord(Item(0), "0", "tag of anna"), StatusIs(absl::StatusCode::kPermissionDenied, "OWN_ACTION"));
  EXPECT_OK(CheckMayRecord(Item(19), "19", "tag of olle"));
  EXPECT_THAT(CheckMayRecord(Item(20), "20", "tag of olle"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TOO_MANY_OUTCOMES"));
}

TEST(Statistics, CountByDrawingVerdictAndSign) {
  RiskSigns both;
  both.Add(v1::SAME_NAME);
  both.Add(v1::MANY_FILES);
  RiskSigns name;
  name.Add(v1::SAME_NAME);
  const v1::ReviewStatistics statistics =
      StatisticsOf(2, {{v1::ReviewItem::RANDOM, RiskSigns(), v1::ReviewOutcome::LEGITIMATE, 5},
                       {v1::ReviewItem::RANDOM, name, v1::ReviewOutcome::UNCLEAR, 2},
                       {v1::ReviewItem::RISK, both, v1::ReviewOutcome::UNAUTHORISED, 1},
                       {v1::ReviewItem::RISK, both, v1::ReviewOutcome::VERDICT_UNSPECIFIED, 4}});
  EXPECT_EQ(statistics.sample_count(), 2);
  EXPECT_EQ(statistics.total().drawn(), 12);
  EXPECT_EQ(statistics.total().reviewed(), 8);
  EXPECT_EQ(statistics.total().legitimate(), 5);
  EXPECT_EQ(statistics.total().unclear(), 2);
  EXPECT_EQ(statistics.total().unauthorised(), 1);
  EXPECT_EQ(statistics.random().drawn(), 7);
  EXPECT_EQ(statistics.risk().drawn(), 5);
  ASSERT_EQ(statistics.signs_size(), 6);
  EXPECT_EQ(statistics.signs(0).risk_sign(), v1::SAME_NAME);
  EXPECT_EQ(statistics.signs(0).counts().drawn(), 7);
  EXPECT_EQ(statistics.signs(0).counts().reviewed(), 3);
  EXPECT_EQ(statistics.signs(5).counts().drawn(), 5);
  EXPECT_EQ(statistics.signs(5).counts().unauthorised(), 1);
  EXPECT_EQ(statistics.signs(1).counts().drawn(), 0);
}

}  // namespace
}  // namespace samverkan::audit
