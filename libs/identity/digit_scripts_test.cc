#include "libs/identity/digit_scripts.h"

#include <string>

#include "gtest/gtest.h"

namespace samverkan::identity {
namespace {

// That ten characters from `zero` on are the digits 0 to 9.
void ExpectDigits(std::string_view zero) {
  for (int value = 0; value < 10; ++value) {
    std::string character(zero);
    character.back() = static_cast<char>(character.back() + value);
    const Character read = ReadCharacter(character);
    EXPECT_EQ(read.kind, CharacterKind::kDigit) << character;
    EXPECT_EQ(read.value, value) << character;
    EXPECT_EQ(read.size, character.size());
  }
}

TEST(DigitScriptsTest, ReadsDigitsOfManyScripts) {
  for (const char* const zero : {"0", "٠", "०", "০", "๐", "༠", "၀", "០", "᠐", "꘠", "０", "𝟎", "𝟢", "𞥐", "🯰"}) {
    ExpectDigits(zero);
  }
}

TEST(DigitScriptsTest, ReadsTheMathematicalDigitsInFiveStyles) {
  EXPECT_EQ(ReadCharacter("𝟏").value, 1);
  EXPECT_EQ(ReadCharacter("𝟙").value, 1);
  EXPECT_EQ(ReadCharacter("𝟣").value, 1);
  EXPECT_EQ(ReadCharacter("𝟭").value, 1);
  EXPECT_EQ(ReadCharacter("𝟿").value, 9);
}

TEST(DigitScriptsTest, ReadsRaisedLoweredCircledAndChineseDigits) {
  EXPECT_EQ(ReadCharacter("⁰").kind, CharacterKind::kDigit);
  EXPECT_EQ(ReadCharacter("²").value, 2);
  EXPECT_EQ(ReadCharacter("⁹").value, 9);
  EXPECT_EQ(ReadCharacter("₃").value, 3);
  EXPECT_EQ(ReadCharacter("①").value, 1);
  EXPECT_EQ(ReadCharacter("⓪").value, 0);
  EXPECT_EQ(ReadCharacter("❾").value, 9);
  EXPECT_EQ(ReadCharacter("八").value, 8);
  EXPECT_EQ(ReadCharacter("〇").value, 0);
}

TEST(DigitScriptsTest, TellsSpacesMarksAndInvisibleCharactersApart) {
  for (const char* const space : {" ", "\t", "\n", "\u00A0", "\u2009", "\u202F", "\u3000", "\u2028"}) {
    EXPECT_EQ(ReadCharacter(space).kind, CharacterKind::kSpace) << space;
  }
  for (const char* const mark : {"-", "+", ".", "/", "_", "–", "—", "‐", "‑", "−", "－", "＋", "⁻", "﹣", "➖"}) {
    EXPECT_EQ(ReadCharacter(mark).kind, CharacterKind::kMark) << mark;
  }
  for (const char* const invisible :
       {"\u200B", "\u200D", "\u2060", "\uFEFF", "\u00AD", "\u202E", "\uFE0F", "\u20E3", "\u0301", "\x01"}) {
    EXPECT_EQ(ReadCharacter(invisible).kind, CharacterKind::kInvisible) << invisible;
  }
  EXPECT_EQ(ReadCharacter(std::string_view("\0", 1)).kind, CharacterKind::kInvisible);
  for (const char* const other : {"a", ",", ":", "(", "½", "十", "å", "Ⅷ", "😀"}) {
    EXPECT_EQ(ReadCharacter(other).kind, CharacterKind::kOther) << other;
  }
}

TEST(DigitScriptsTest, TakesOneByteWhereUtf8IsBroken) {
  for (const char* const broken : {"\x80", "\xC0\xB0", "\xC1\xB1", "\xE0\x80\xB0", "\xED\xA0\x80", "\xF5\x80\x80\x80",
                                   "\xF4\x90\x80\x80", "\xD9", "\xEF\xBC", "\xF0\x9D\x9F", "\xFF",
                                   "\xD9"
                                   "1"}) {
    const Character read = ReadCharacter(broken);
    EXPECT_EQ(read.kind, CharacterKind::kOther);
    EXPECT_EQ(read.size, 1);
  }
}

}  // namespace
}  // namespace samverkan::identity
