#include "libs/identity/identity_number.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/identity/official_numbers.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::identity {
namespace {

using ::absl::CivilDay;
using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
const CivilDay kToday(2025, 6, 20);

std::string Digits(const std::string& text, CivilDay today = kToday) {
  const absl::StatusOr<IdentityNumber> number = IdentityNumber::Parse(text, today);
  return number.ok() ? number->digits() : number.status().ToString();
}

absl::Status Refusal(const std::string& text, CivilDay today = kToday) {
  return IdentityNumber::Parse(text, today).status();
}

TEST(IdentityNumberTest, TakesEveryOfficialTestNumberInEveryForm) {
  ASSERT_THAT(OfficialNumbers(), SizeIs(430));
  for (const std::string& number : OfficialNumbers()) {
    const bool hundred = std::stoi(number.substr(0, 4)) <= 1925;
    const std::string separator = hundred ? "+" : "-";
    EXPECT_EQ(Digits(number), number);
    EXPECT_EQ(Digits(number.substr(0, 8) + "-" + number.substr(8)), number);
    EXPECT_EQ(Digits(number.substr(2, 6) + separator + number.substr(8)), number);
    if (!hundred) {
      EXPECT_EQ(Digits(number.substr(2)), number);
    }
  }
}

TEST(IdentityNumberTest, RefusesEveryOfficialTestNumberWithOneDigitChanged) {
  for (const std::string& number : OfficialNumbers()) {
    for (size_t i = 2; i < number.size(); ++i) {
      for (char digit = '0'; digit <= '9'; ++digit) {
        std::string changed = number;
        changed[i] = digit;
        if (changed == number) continue;
        EXPECT_THAT(Refusal(changed), StatusIs(kInvalid)) << number << " with digit " << i << " changed to " << digit;
      }
    }
  }
}

TEST(IdentityNumberTest, TellsCoordinationNumbersFromPersonalOnes) {
  for (const std::string& number : OfficialNumbers("coordination")) {
    EXPECT_TRUE(IdentityNumber::Parse(number, kToday)->is_coordination_number()) << number;
  }
  for (const std::string& number : OfficialNumbers("children")) {
    EXPECT_FALSE(IdentityNumber::Parse(number, kToday)->is_coordination_number()) << number;
  }
}

TEST(IdentityNumberTest, KnowsTheDayOfBirthWhereThereIsOne) {
  EXPECT_EQ(IdentityNumber::Parse("200801212390", kToday)->birth_day(), CivilDay(2008, 1, 21));
  EXPECT_EQ(IdentityNumber::Parse("191504652387", kToday)->birth_day(), CivilDay(1915, 4, 5));
  EXPECT_EQ(IdentityNumber::Parse("200000672386", kToday)->birth_day(), std::nullopt) << "month 00";
  EXPECT_EQ(IdentityNumber::Parse("196009602399", kToday)->birth_day(), std::nullopt) << "day 00";
  EXPECT_EQ(IdentityNumber::Parse("195109912385", kToday)->birth_day(), std::nullopt) << "31 September";
}

TEST(IdentityNumberTest, GivesTenDigitsTheCenturyOfTheirSeparatorAndToday) {
  EXPECT_EQ(Digits("080121-2390"), "200801212390");
  EXPECT_EQ(Digits("0801212390"), "200801212390");
  EXPECT_EQ(Digits("080121+2390"), "190801212390");
  EXPECT_EQ(Digits("080121-2390", CivilDay(2107, 12, 31)), "200801212390") << "99 years old";
  EXPECT_EQ(Digits("080121+2390", CivilDay(2108, 1, 1)), "200801212390") << "turns 100 this year";
  EXPECT_EQ(Digits("911211+9814"), "189112119814");
  EXPECT_EQ(Digits("911211-9814"), "199112119814");
}

TEST(IdentityNumberTest, TakesAPlusBesideTwelveDigitsOnlyForTheOld) {
  EXPECT_EQ(Digits("18911211+9814"), "189112119814");
  EXPECT_THAT(Refusal("20080121+2390"), StatusIs(kInvalid, "IDENTITY_NUMBER_SEPARATOR"));
}

TEST(IdentityNumberTest, RefusesOtherForms) {
  for (const char* const text :
       {"", "-", "200801212", "08012123901", "2008012123901", "2008-01-21-2390", "080121 2390", "080121--2390",
        "-0801212390", "0801212-390", "08012123-90", " 0801212390", "0801212390\n", "080121-239O", "o801212390",
        "080121\xE2\x80\x93"
        "2390",
        "\xD9\xA0"
        "801212390"}) {
    EXPECT_THAT(Refusal(text), StatusIs(kInvalid, "IDENTITY_NUMBER_FORM")) << text;
  }
  EXPECT_THAT(Refusal(std::string("0801212390\0", 11)), StatusIs(kInvalid, "IDENTITY_NUMBER_FORM"));
}

TEST(IdentityNumberTest, RefusesDatesThatDoNotExist) {
  for (const char* const text : {"200813212390", "200800212390", "200801002390", "200801322390", "200801592390",
                                 "200802302390", "200702292390", "200801922390", "200813612390", "180001212390"}) {
    EXPECT_THAT(Refusal(text), StatusIs(kInvalid, "IDENTITY_NUMBER_DATE")) << text;
  }
}

TEST(IdentityNumberTest, RefusesDatesOfBirthAfterToday) {
  EXPECT_THAT(Refusal("200801212390", CivilDay(2008, 1, 20)), StatusIs(kInvalid, "IDENTITY_NUMBER_FUTURE"));
  EXPECT_THAT(Refusal("200801212390", CivilDay(2008, 1, 21)), IsOk());
  EXPECT_THAT(Refusal("080121-2390", CivilDay(2008, 1, 20)), StatusIs(kInvalid, "IDENTITY_NUMBER_FUTURE"));
  EXPECT_THAT(Refusal("202312752393", CivilDay(2023, 12, 14)), StatusIs(kInvalid, "IDENTITY_NUMBER_FUTURE"));
  EXPECT_THAT(Refusal("202312752393", CivilDay(2023, 12, 15)), IsOk()) << "a coordination number of 15 December";
  EXPECT_THAT(Refusal("200000672386", CivilDay(1999, 12, 31)), StatusIs(kInvalid, "IDENTITY_NUMBER_FUTURE"));
}

TEST(IdentityNumberTest, RefusesTheBirthNumberThatIsNeverGiven) {
  EXPECT_THAT(Refusal("200801210006"), StatusIs(kInvalid, "IDENTITY_NUMBER_BIRTH_NUMBER"));
}

TEST(IdentityNumberTest, RefusesAWrongCheckDigit) {
  EXPECT_THAT(Refusal("080121-2391"), StatusIs(kInvalid, "IDENTITY_NUMBER_CHECK_DIGIT"));
}

TEST(IdentityNumberTest, ErrorsRepeatNothingOfTheNumberAndSpeakSwedish) {
  for (const char* const text : {"080121-2391", "20081321-2390", "20990121-2390", "x80121-2390", "20080121+2390"}) {
    const absl::Status refusal = Refusal(text);
    ASSERT_THAT(refusal, StatusIs(kInvalid)) << text;
    for (const char* const part : {"0801", "0121", "1321", "2390", "2391", "2099"}) {
      EXPECT_THAT(refusal.ToString(absl::StatusToStringMode::kWithEverything), Not(HasSubstr(part)));
    }
    EXPECT_THAT(SwedishText(refusal), Not(IsEmpty()));
  }
  EXPECT_THAT(SwedishText(absl::OkStatus()), IsEmpty());
  EXPECT_THAT(SwedishText(absl::InvalidArgumentError("something else")), IsEmpty());
}

}  // namespace
}  // namespace samverkan::identity
