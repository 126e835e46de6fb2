#include "libs/identity/find_identity_numbers.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/identity/identity_number.h"
#include "libs/identity/official_numbers.h"

namespace samverkan::identity {
namespace {

using ::absl::CivilDay;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const CivilDay kToday(2025, 6, 20);

// What stands in `text` at the places that were found.
std::vector<std::string> FoundIn(std::string_view text) {
  std::vector<std::string> parts;
  for (const Found& found : FindIdentityNumbers(text, kToday)) {
    parts.emplace_back(text.substr(found.begin, found.end - found.begin));
  }
  return parts;
}

// `number` (twelve digits) as people write it.
std::vector<std::string> Spellings(const std::string& number) {
  const std::string year = number.substr(0, 4);
  const std::string short_year = number.substr(2, 2);
  const std::string month = number.substr(4, 2);
  const std::string day = number.substr(6, 2);
  const std::string last = number.substr(8);
  std::vector<std::string> spellings;
  for (const std::string& y : {year, short_year}) {
    spellings.insert(spellings.end(), {
                                          y + month + day + last,
                                          y + month + day + "-" + last,
                                          y + month + day + "+" + last,
                                          y + month + day + " " + last,
                                          y + month + day + " - " + last,
                                          y + " " + month + " " + day + " " + last,
                                          y + "-" + month + "-" + day + "-" + last,
                                          y + "-" + month + "-" + day + " " + last,
                                          y + "." + month + "." + day + "." + last,
                                          y + "/" + month + "/" + day + "-" + last,
                                          y + month + day + "\u00A0" + last,
                                          y + month + day + "–" + last,
                                          y + month + day + "−" + last,
                                          y + month + day + "\n" + last,
                                          y + "\u200B" + month + "\u2060" + day + "\u00AD" + last,
                                      });
  }
  return spellings;
}

std::string Spread(const std::string& digits, const std::string& between) {
  std::string spread;
  for (const char digit : digits) spread += (spread.empty() ? "" : between) + digit;
  return spread;
}

// `digits` in the script whose zero is `zero`.
std::string InScript(const std::string& digits, const std::string& zero) {
  std::string text;
  for (const char digit : digits) {
    text += zero;
    text.back() = static_cast<char>(text.back() + (digit - '0'));
  }
  return text;
}

TEST(FindIdentityNumbersTest, FindsEveryOfficialNumberInEverySpelling) {
  for (const std::string& number : OfficialNumbers()) {
    for (const std::string& spelling : Spellings(number)) {
      EXPECT_THAT(FoundIn("Eleven (" + spelling + ") mår dåligt."), ElementsAre(spelling));
    }
  }
}

TEST(FindIdentityNumbersTest, FindsDigitsThatStandOneByOne) {
  for (const std::string& number : OfficialNumbers("children")) {
    for (const char* const between : {" ", "-", "\u00A0", "\u200B", " - ", "\t", ".", "  "}) {
      const std::string spread = Spread(number, between);
      EXPECT_THAT(FoundIn("nummer: " + spread + "."), ElementsAre(spread));
      const std::string spread_short = Spread(number.substr(2), between);
      EXPECT_THAT(FoundIn("nummer: " + spread_short + "."), ElementsAre(spread_short));
    }
  }
}

TEST(FindIdentityNumbersTest, FindsDigitsOfOtherScripts) {
  for (const char* const zero : {"٠", "०", "０", "𝟎", "𝟢", "๐", "០", "𞥐"}) {
    const std::string whole = InScript("200801212390", zero);
    EXPECT_THAT(FoundIn("Barnet " + whole), ElementsAre(whole));
    const std::string parted = InScript("080121", zero) + "‑" + InScript("2390", zero);
    EXPECT_THAT(FoundIn("Barnet " + parted), ElementsAre(parted));
  }
  EXPECT_THAT(FoundIn("٢008०1２1-23𝟗0"), ElementsAre("٢008०1２1-23𝟗0")) << "mixed";
  EXPECT_THAT(FoundIn("⓪⑧⓪①②①②③⑨⓪"), ElementsAre("⓪⑧⓪①②①②③⑨⓪"));
  EXPECT_THAT(FoundIn("二〇〇八〇一二一二三九〇"), ElementsAre("二〇〇八〇一二一二三九〇"));
  EXPECT_THAT(FoundIn("0\uFE0F\u20E3"
                      "801212390"),
              ElementsAre("0\uFE0F\u20E3"
                          "801212390"))
      << "keycap";
}

TEST(FindIdentityNumbersTest, SaysWhereInBytesAndCharacters) {
  EXPECT_THAT(FindIdentityNumbers("Åsa, 080121-2390!", kToday), ElementsAre(Found{6, 17, 5}));
  EXPECT_THAT(FindIdentityNumbers("0801212390", kToday), ElementsAre(Found{0, 10, 0}));
  EXPECT_THAT(FindIdentityNumbers("😀 080121–2390", kToday), ElementsAre(Found{5, 18, 2}));
  EXPECT_THAT(FindIdentityNumbers("\xFF\xFE 0801212390", kToday), ElementsAre(Found{3, 13, 3})) << "broken UTF-8";
}

TEST(FindIdentityNumbersTest, FindsAllNumbersOfAText) {
  EXPECT_THAT(FoundIn("Syskonen 080121-2390 och 20080205-2381, mor 196110023055."),
              ElementsAre("080121-2390", "20080205-2381", "196110023055"));
  EXPECT_THAT(FoundIn("200801212390 200802052381\n080222-2380"),
              ElementsAre("200801212390", "200802052381", "080222-2380"));
}

TEST(FindIdentityNumbersTest, FindsBesideLettersAndSigns) {
  EXPECT_THAT(FoundIn("pnr0801212390och"), ElementsAre("0801212390"));
  EXPECT_THAT(FoundIn("(080121-2390)"), ElementsAre("080121-2390"));
  EXPECT_THAT(FoundIn("\"200801212390\""), ElementsAre("200801212390"));
  EXPECT_THAT(FoundIn("5. 20080121-2390"), ElementsAre("20080121-2390")) << "an item of a list";
  EXPECT_THAT(FoundIn("tel 070-174 06 05, 080121-2390"), ElementsAre("080121-2390"));
}

TEST(FindIdentityNumbersTest, FindsInsideLongerRunsOfDigits) {
  EXPECT_THAT(FoundIn("99992008012123909999"), ElementsAre("200801212390")) << "20 digits";
  EXPECT_THAT(FoundIn("200801212390200802052381"), ElementsAre("200801212390", "200802052381")) << "two, glued";
  EXPECT_THAT(FoundIn("08012123900802052381"), ElementsAre("0801212390", "0802052381")) << "two short ones, glued";
  EXPECT_THAT(FoundIn("90801212390"), ElementsAre("0801212390"));
  EXPECT_THAT(FoundIn("120080121-2390"), ElementsAre("20080121-2390"));
}

TEST(FindIdentityNumbersTest, FindsADateOfBirthOfBothCenturies) {
  EXPECT_THAT(FoundIn("911211+9814"), ElementsAre("911211+9814"));
  EXPECT_THAT(FoundIn("911211-9814"), ElementsAre("911211-9814"));
  EXPECT_THAT(FindIdentityNumbers("080121-2390", CivilDay(2008, 1, 20)), ElementsAre(Found{0, 11, 0}))
      << "born tomorrow, or a hundred years ago";
  EXPECT_THAT(FindIdentityNumbers("20080121-2390", CivilDay(2008, 1, 20)), IsEmpty());
}

TEST(FindIdentityNumbersTest, RaisesNoAlarmWhereOneDigitIsWrong) {
  for (const std::string& number : OfficialNumbers()) {
    for (const std::string& written : {number, number.substr(2), number.substr(0, 8) + "-" + number.substr(8),
                                       number.substr(2, 6) + "-" + number.substr(8), Spread(number, " ")}) {
      std::string wrong = written;
      wrong.back() = static_cast<char>('0' + (wrong.back() - '0' + 1) % 10);
      EXPECT_THAT(FoundIn("Eleven " + wrong + " mår dåligt."), IsEmpty()) << wrong;
    }
  }
}

TEST(FindIdentityNumbersTest, RaisesNoAlarmOnOrdinaryNumbers) {
  for (const char* const text : {
           "Ring 08-508 24 435 eller 070-174 06 05.",
           "Ring +46 70 174 06 05, 0046701740605 eller 112.",
           "Mötet är 2025-06-20 kl. 14.30-16.00 i rum 1204.",
           "Han fick 1 234 567,50 kr och 12.345.678.901 kr.",
           "Diarienummer SN 2024/1234-5, tidigare 2023/998.",
           "Bankgiro 5050-1055, plusgiro 12 34 56-7.",
           "Organisationsnummer 212000-0142 (Stockholms kommun).",
           "IBAN SE45 5000 0000 0583 9825 7466",
           "ISBN 978-91-47-12345-6",
           "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12",
           "000000000000 1111111111 9999999999",
           "",
           "ingen siffra alls",
       }) {
    EXPECT_THAT(FoundIn(text), IsEmpty()) << text;
  }
}

// Dates and times whose digits happen to have a right check digit.
TEST(FindIdentityNumbersTest, RaisesNoAlarmOnDatesWithTimesAndSpansOfDates) {
  int would_match = 0;
  for (CivilDay day(2024, 1, 1); day < CivilDay(2025, 1, 1); ++day) {
    const std::string date = absl::FormatCivilTime(day);
    for (const char* const more :
         {" 14.30", " 08.15", " 14-16", " 14.30-15.30", " - 2024-12-31", "--2025-01-01", "/2025-01-01"}) {
      EXPECT_THAT(FoundIn("Frånvarande " + date + more), IsEmpty()) << date << more;
      EXPECT_THAT(FoundIn("Frånvarande 08.10 " + date + more), IsEmpty()) << date << more;
    }
    std::string compact;
    for (const char character : date) compact += character == '-' ? "" : std::string(1, character);
    EXPECT_THAT(FoundIn(compact + "-20241231"), IsEmpty());
    EXPECT_THAT(FoundIn(compact.substr(2) + "-241231"), IsEmpty());
    EXPECT_THAT(FoundIn(compact.substr(2) + " 14.30"), IsEmpty());
    EXPECT_THAT(FoundIn(date.substr(2) + " - 24-12-31"), IsEmpty());
    would_match += IdentityNumber::Parse(compact + "1430", kToday).ok() ? 1 : 0;
  }
  EXPECT_GT(would_match, 20) << "the check digit alone would have stopped all of them";
}

TEST(FindIdentityNumbersTest, FindsANumberThatEndsInAYearOrATime) {
  EXPECT_THAT(FoundIn("20080121 23 90"), ElementsAre("20080121 23 90")) << "90 is no minute";
  EXPECT_THAT(FoundIn("20-08-01-21-23-90"), ElementsAre("20-08-01-21-23-90"));
  EXPECT_THAT(FoundIn("2024-03-15 080121-2390 2024-04-01"), ElementsAre("080121-2390")) << "between dates";
}

TEST(FindIdentityNumbersTest, ANumberEndsWhereTheGapIsTooWide) {
  EXPECT_THAT(FoundIn("080121        2390"), ElementsAre("080121        2390"));
  EXPECT_THAT(FoundIn("080121         2390"), IsEmpty());
  EXPECT_THAT(FoundIn("080121,2390"), IsEmpty());
  EXPECT_THAT(FoundIn("080121 nr 2390"), IsEmpty());
}

// Random but the same on every machine and in every run.
class Randomness {
 public:
  size_t Below(size_t bound) { return engine_() % bound; }
  const std::string& OneOf(const std::vector<std::string>& choices) { return choices[Below(choices.size())]; }

 private:
  std::mt19937 engine_{20250620};
};

TEST(FindIdentityNumbersTest, FindsWhateverMixtureOfSpellingsInWhateverText) {
  const std::vector<std::string> numbers = OfficialNumbers();
  const std::vector<std::string> zeros = {"0", "٠", "०", "０", "𝟎"};
  const std::vector<std::string> gaps = {"", "", " ", "-", "\u00A0", "\u200B", "–", "\n", " - ", "+", "\u202F\u2060"};
  const std::vector<std::string> words = {"elev", "Åsa ", ", ", "(", "\n\n", "😀", "år: ", "\xC3", "x", "\""};
  Randomness random;
  for (int round = 0; round < 20000; ++round) {
    const std::string number = random.OneOf(numbers);
    const std::string digits = random.Below(2) == 0 ? number : number.substr(2);
    std::string written;
    for (size_t i = 0; i < digits.size(); ++i) {
      // Pairs parted by a mark after a space are a time of day: keep the last four together.
      if (i > 0) written += i > digits.size() - 4 ? "" : random.OneOf(gaps);
      written += InScript(digits.substr(i, 1), random.OneOf(zeros));
    }
    const std::string text = "a" + random.OneOf(words) + "z" + written + "z" + random.OneOf(words) + "a";
    EXPECT_THAT(FoundIn(text), ElementsAre(written)) << text;
  }
}

// Bytes without sense: nothing may crash, and what is found must lie in the text, in
// order, and be a number.
TEST(FindIdentityNumbersTest, EveryFindingInNoiseIsANumber) {
  Randomness random;
  size_t findings = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const size_t length = random.Below(80);
    for (size_t i = 0; i < length; ++i) {
      text += random.Below(8) == 0 ? static_cast<char>(random.Below(256)) : static_cast<char>('0' + random.Below(10));
    }
    size_t end = 0;
    for (const Found& found : FindIdentityNumbers(text, kToday)) {
      ASSERT_LE(end, found.begin);
      ASSERT_LT(found.begin, found.end);
      ASSERT_LE(found.end, text.size());
      end = found.end;
      std::string digits;
      for (const char character : text.substr(found.begin, found.end - found.begin)) {
        if (character >= '0' && character <= '9') digits += character;
      }
      const bool young = IdentityNumber::Parse(digits, kToday).ok();
      const bool old = digits.size() == 10 && IdentityNumber::Parse(digits.insert(6, "+"), kToday).ok();
      EXPECT_TRUE(young || old) << digits;
      ++findings;
    }
  }
  EXPECT_GT(findings, 100u);
}

}  // namespace
}  // namespace samverkan::identity
