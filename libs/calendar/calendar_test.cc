#include "libs/calendar/calendar.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace samverkan::calendar {

// How a failed expectation shows a limit.
void PrintTo(const Limit& limit, std::ostream* out) { *out << "due " << limit.due << ", latest " << limit.latest; }

namespace {

using ::absl::CivilDay;
using ::absl::CivilSecond;
using ::testing::ElementsAreArray;
using Unit = ::samverkan::calendar::Span::Unit;

absl::Time Utc(const CivilSecond& second) { return absl::FromCivil(second, absl::UTCTimeZone()); }

absl::Time Local(const CivilSecond& second) { return absl::FromCivil(second, Stockholm()); }

// Every public holiday of `year` that is not a Sunday.
std::vector<CivilDay> WeekdayHolidays(int year) {
  std::vector<CivilDay> days;
  for (CivilDay day(year); day.year() == year; ++day) {
    if (IsPublicHoliday(day) && absl::GetWeekday(day) != absl::Weekday::sunday) days.push_back(day);
  }
  return days;
}

struct YearOfHolidays {
  int year;
  std::vector<CivilDay> holidays;
};

// From printed almanacs. 2003: last but one year of Whit Monday, 6 June an ordinary day;
// 2005: National Day for the first time; 2008: Ascension Day is the First of May.
std::vector<YearOfHolidays> Almanac() {
  return {
      {2003,
       {CivilDay(2003, 1, 1), CivilDay(2003, 1, 6), CivilDay(2003, 4, 18), CivilDay(2003, 4, 21), CivilDay(2003, 5, 1),
        CivilDay(2003, 5, 29), CivilDay(2003, 6, 9), CivilDay(2003, 6, 21), CivilDay(2003, 11, 1),
        CivilDay(2003, 12, 25), CivilDay(2003, 12, 26)}},
      {2005,
       {CivilDay(2005, 1, 1), CivilDay(2005, 1, 6), CivilDay(2005, 3, 25), CivilDay(2005, 3, 28), CivilDay(2005, 5, 5),
        CivilDay(2005, 6, 6), CivilDay(2005, 6, 25), CivilDay(2005, 11, 5), CivilDay(2005, 12, 26)}},
      {2008,
       {CivilDay(2008, 1, 1), CivilDay(2008, 3, 21), CivilDay(2008, 3, 24), CivilDay(2008, 5, 1), CivilDay(2008, 6, 6),
        CivilDay(2008, 6, 21), CivilDay(2008, 11, 1), CivilDay(2008, 12, 25), CivilDay(2008, 12, 26)}},
      {2024,
       {CivilDay(2024, 1, 1), CivilDay(2024, 1, 6), CivilDay(2024, 3, 29), CivilDay(2024, 4, 1), CivilDay(2024, 5, 1),
        CivilDay(2024, 5, 9), CivilDay(2024, 6, 6), CivilDay(2024, 6, 22), CivilDay(2024, 11, 2),
        CivilDay(2024, 12, 25), CivilDay(2024, 12, 26)}},
      {2025,
       {CivilDay(2025, 1, 1), CivilDay(2025, 1, 6), CivilDay(2025, 4, 18), CivilDay(2025, 4, 21), CivilDay(2025, 5, 1),
        CivilDay(2025, 5, 29), CivilDay(2025, 6, 6), CivilDay(2025, 6, 21), CivilDay(2025, 11, 1),
        CivilDay(2025, 12, 25), CivilDay(2025, 12, 26)}},
      {2026,
       {CivilDay(2026, 1, 1), CivilDay(2026, 1, 6), CivilDay(2026, 4, 3), CivilDay(2026, 4, 6), CivilDay(2026, 5, 1),
        CivilDay(2026, 5, 14), CivilDay(2026, 6, 6), CivilDay(2026, 6, 20), CivilDay(2026, 10, 31),
        CivilDay(2026, 12, 25), CivilDay(2026, 12, 26)}},
      {2027,
       {CivilDay(2027, 1, 1), CivilDay(2027, 1, 6), CivilDay(2027, 3, 26), CivilDay(2027, 3, 29), CivilDay(2027, 5, 1),
        CivilDay(2027, 5, 6), CivilDay(2027, 6, 26), CivilDay(2027, 11, 6), CivilDay(2027, 12, 25)}},
  };
}

TEST(PublicHolidayTest, AgreesWithTheAlmanacForWholeYears) {
  for (const auto& [year, holidays] : Almanac()) {
    EXPECT_THAT(WeekdayHolidays(year), ElementsAreArray(holidays)) << "in " << year;
  }
}

TEST(PublicHolidayTest, FollowsTheEarliestAndTheLatestEaster) {
  EXPECT_TRUE(IsPublicHoliday(CivilDay(2285, 3, 20))) << "Good Friday when Easter is 22 March";
  EXPECT_TRUE(IsPublicHoliday(CivilDay(2285, 3, 23)));
  EXPECT_TRUE(IsPublicHoliday(CivilDay(2038, 4, 23))) << "Good Friday when Easter is 25 April";
  EXPECT_TRUE(IsPublicHoliday(CivilDay(2038, 4, 26)));
  EXPECT_TRUE(IsPublicHoliday(CivilDay(2038, 6, 3))) << "Ascension Day";
}

TEST(PublicHolidayTest, EverySundayIsOne) {
  EXPECT_TRUE(IsPublicHoliday(CivilDay(2025, 3, 2)));
  EXPECT_FALSE(IsPublicHoliday(CivilDay(2025, 3, 1))) << "a Saturday is not";
}

TEST(OrdinaryWeekdayTest, EvesThatAreNoPublicHolidaysAreNotOrdinaryEither) {
  for (const CivilDay eve : {CivilDay(2025, 6, 20), CivilDay(2025, 12, 24), CivilDay(2025, 12, 31)}) {
    EXPECT_FALSE(IsPublicHoliday(eve)) << eve;
    EXPECT_FALSE(IsOrdinaryWeekday(eve)) << eve;
  }
}

TEST(OrdinaryWeekdayTest, DaysBesideHolidaysAreOrdinary) {
  for (const CivilDay day : {CivilDay(2025, 1, 2), CivilDay(2025, 4, 17), CivilDay(2025, 4, 30), CivilDay(2025, 5, 30),
                             CivilDay(2025, 6, 9), CivilDay(2025, 6, 19), CivilDay(2025, 10, 31)}) {
    EXPECT_TRUE(IsOrdinaryWeekday(day)) << day;
  }
}

TEST(OrdinaryWeekdayTest, NextIsTheSameDayOrTheFirstAfterTheHolidays) {
  EXPECT_EQ(NextOrdinaryWeekday(CivilDay(2025, 9, 3)), CivilDay(2025, 9, 3));
  EXPECT_EQ(NextOrdinaryWeekday(CivilDay(2025, 9, 6)), CivilDay(2025, 9, 8)) << "over a weekend";
  EXPECT_EQ(NextOrdinaryWeekday(CivilDay(2025, 4, 18)), CivilDay(2025, 4, 22)) << "over Easter";
  EXPECT_EQ(NextOrdinaryWeekday(CivilDay(2025, 6, 20)), CivilDay(2025, 6, 23)) << "over Midsummer";
  EXPECT_EQ(NextOrdinaryWeekday(CivilDay(2025, 12, 24)), CivilDay(2025, 12, 29)) << "over Christmas";
  EXPECT_EQ(NextOrdinaryWeekday(CivilDay(2025, 12, 31)), CivilDay(2026, 1, 2)) << "over the turn of the year";
  EXPECT_EQ(NextOrdinaryWeekday(CivilDay(2026, 12, 24)), CivilDay(2026, 12, 28));
}

TEST(LegalDayTest, IsTheDayInStockholmNotInUtc) {
  EXPECT_EQ(LegalDay(Utc(CivilSecond(2025, 1, 14, 22, 59, 59))), CivilDay(2025, 1, 14));
  EXPECT_EQ(LegalDay(Utc(CivilSecond(2025, 1, 14, 23, 0, 0))), CivilDay(2025, 1, 15)) << "winter: one hour ahead";
  EXPECT_EQ(LegalDay(Utc(CivilSecond(2025, 7, 14, 21, 59, 59))), CivilDay(2025, 7, 14));
  EXPECT_EQ(LegalDay(Utc(CivilSecond(2025, 7, 14, 22, 0, 0))), CivilDay(2025, 7, 15)) << "summer: two hours ahead";
}

TEST(LegalDayTest, TurnsTheYearAtMidnightInStockholm) {
  EXPECT_EQ(LegalDay(Utc(CivilSecond(2025, 12, 31, 22, 59, 59))), CivilDay(2025, 12, 31));
  EXPECT_EQ(LegalDay(Utc(CivilSecond(2025, 12, 31, 23, 0, 0))), CivilDay(2026, 1, 1));
}

TEST(StartOfTest, IsTheFirstInstantOfTheDay) {
  const absl::Time start = StartOf(CivilDay(2025, 10, 26));
  EXPECT_EQ(LegalDay(start), CivilDay(2025, 10, 26));
  EXPECT_EQ(LegalDay(start - absl::Nanoseconds(1)), CivilDay(2025, 10, 25));
}

TEST(StartOfTest, DaysThatChangeTheClockAreAnHourShorterOrLonger) {
  EXPECT_EQ(StartOf(CivilDay(2025, 3, 31)) - StartOf(CivilDay(2025, 3, 30)), absl::Hours(23));
  EXPECT_EQ(StartOf(CivilDay(2025, 10, 27)) - StartOf(CivilDay(2025, 10, 26)), absl::Hours(25));
  EXPECT_EQ(StartOf(CivilDay(2025, 10, 28)) - StartOf(CivilDay(2025, 10, 27)), absl::Hours(24));
}

TEST(CountFromTest, DaysAndWeeksAreCountedAfterTheStart) {
  EXPECT_EQ(CountFrom(CivilDay(2025, 9, 1), {14, Unit::kDays}), CivilDay(2025, 9, 15));
  EXPECT_EQ(CountFrom(CivilDay(2025, 9, 1), {0, Unit::kDays}), CivilDay(2025, 9, 1));
  EXPECT_EQ(CountFrom(CivilDay(2025, 12, 30), {1, Unit::kWeeks}), CivilDay(2026, 1, 6)) << "the same weekday";
  EXPECT_EQ(CountFrom(CivilDay(2024, 2, 28), {14, Unit::kDays}), CivilDay(2024, 3, 13)) << "over a leap day";
}

TEST(CountFromTest, MonthsEndOnTheSameNumber) {
  EXPECT_EQ(CountFrom(CivilDay(2025, 9, 15), {4, Unit::kMonths}), CivilDay(2026, 1, 15));
  EXPECT_EQ(CountFrom(CivilDay(2025, 2, 28), {4, Unit::kMonths}), CivilDay(2025, 6, 28)) << "not the last of June";
  EXPECT_EQ(CountFrom(CivilDay(2025, 12, 31), {1, Unit::kMonths}), CivilDay(2026, 1, 31));
}

TEST(CountFromTest, MonthsEndOnTheLastDayOfAShorterMonth) {
  EXPECT_EQ(CountFrom(CivilDay(2025, 8, 31), {6, Unit::kMonths}), CivilDay(2026, 2, 28));
  EXPECT_EQ(CountFrom(CivilDay(2023, 8, 31), {6, Unit::kMonths}), CivilDay(2024, 2, 29)) << "in a leap year";
  EXPECT_EQ(CountFrom(CivilDay(2025, 10, 31), {4, Unit::kMonths}), CivilDay(2026, 2, 28));
  EXPECT_EQ(CountFrom(CivilDay(2025, 5, 31), {1, Unit::kMonths}), CivilDay(2025, 6, 30));
}

TEST(CountFromTest, YearsFromALeapDayEndOnTheLastOfFebruary) {
  EXPECT_EQ(CountFrom(CivilDay(2024, 2, 29), {1, Unit::kYears}), CivilDay(2025, 2, 28));
  EXPECT_EQ(CountFrom(CivilDay(2024, 2, 29), {4, Unit::kYears}), CivilDay(2028, 2, 29));
  EXPECT_EQ(CountFrom(CivilDay(2025, 6, 20), {5, Unit::kYears}), CivilDay(2030, 6, 20));
}

TEST(CountFromTest, CountsBackwardsByTheSameRule) {
  EXPECT_EQ(CountFrom(CivilDay(2026, 3, 31), {-1, Unit::kMonths}), CivilDay(2026, 2, 28));
  EXPECT_EQ(CountFrom(CivilDay(2026, 1, 6), {-1, Unit::kWeeks}), CivilDay(2025, 12, 30));
}

TEST(LimitFromTest, KeepsTheCountedDayAndMovesTheLatest) {
  const Limit limit = LimitFrom(CivilDay(2025, 12, 10), {14, Unit::kDays}, true);
  EXPECT_EQ(limit, (Limit{CivilDay(2025, 12, 24), CivilDay(2025, 12, 29)}));
}

TEST(LimitFromTest, StaysWhereTheRuleSaysThatItDoesNotMove) {
  const Limit limit = LimitFrom(CivilDay(2025, 12, 10), {14, Unit::kDays}, false);
  EXPECT_EQ(limit, (Limit{CivilDay(2025, 12, 24), CivilDay(2025, 12, 24)}));
}

TEST(LimitFromTest, AnOrdinaryLastDayStays) {
  const Limit limit = LimitFrom(CivilDay(2025, 9, 1), {14, Unit::kDays}, true);
  EXPECT_EQ(limit, (Limit{CivilDay(2025, 9, 15), CivilDay(2025, 9, 15)}));
}

TEST(AtOnceTest, IsTheSameDayUntilFourAndTheNextFromThen) {
  const Limit same{CivilDay(2025, 9, 3), CivilDay(2025, 9, 3)};
  const Limit next{CivilDay(2025, 9, 4), CivilDay(2025, 9, 4)};
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 9, 3, 0, 0, 0))), same);
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 9, 3, 15, 59, 59))), same);
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 9, 3, 16, 0, 0))), next);
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 9, 3, 23, 59, 59))), next);
}

TEST(AtOnceTest, NeverMovesOffAHoliday) {
  const Limit saturday{CivilDay(2025, 9, 6), CivilDay(2025, 9, 6)};
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 9, 5, 17, 0, 0))), saturday);
  const Limit christmas{CivilDay(2025, 12, 25), CivilDay(2025, 12, 25)};
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 12, 25, 8, 0, 0))), christmas);
}

TEST(AtOnceTest, ReadsTheClockOfStockholmOnBothSidesOfAChange) {
  const Limit before{CivilDay(2025, 3, 30), CivilDay(2025, 3, 30)};
  const Limit after{CivilDay(2025, 3, 31), CivilDay(2025, 3, 31)};
  EXPECT_EQ(AtOnce(Utc(CivilSecond(2025, 3, 29, 14, 59, 59))).due, CivilDay(2025, 3, 29));
  EXPECT_EQ(AtOnce(Utc(CivilSecond(2025, 3, 29, 15, 0, 0))), before) << "16:00 in winter time";
  EXPECT_EQ(AtOnce(Utc(CivilSecond(2025, 3, 30, 13, 59, 59))), before);
  EXPECT_EQ(AtOnce(Utc(CivilSecond(2025, 3, 30, 14, 0, 0))), after) << "16:00 in summer time";
}

TEST(AtOnceTest, TheHourCanBeSet) {
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 9, 3, 12, 0, 0)), 12).due, CivilDay(2025, 9, 4));
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 9, 3, 23, 59, 59)), 24).due, CivilDay(2025, 9, 3));
  EXPECT_EQ(AtOnce(Local(CivilSecond(2025, 12, 31, 16, 0, 0))).due, CivilDay(2026, 1, 1)) << "over the year's end";
}

}  // namespace
}  // namespace samverkan::calendar
