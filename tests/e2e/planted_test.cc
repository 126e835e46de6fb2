#include "tests/e2e/planted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace samverkan::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kText[] = "Åsa Öman";
constexpr char kLatin1[] = "\xC5sa \xD6man";

// How the text was found in the octets.
std::vector<std::string> EncodingsIn(std::string_view octets, std::string_view text = kText) {
  PlantedTexts planted;
  EXPECT_TRUE(planted.Add(text));
  std::vector<std::string> encodings;
  for (const PlantedTexts::Find& find : planted.FindIn(octets)) {
    EXPECT_EQ(find.text, text);
    encodings.push_back(find.encoding);
  }
  return encodings;
}

std::string Wide(std::string_view latin1, bool big_endian) {
  std::string wide;
  for (const char c : latin1) wide += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
  return wide;
}

TEST(PlantedTextsTest, FindsAsItIsWritten) {
  EXPECT_THAT(EncodingsIn("mamma Åsa Öman ringde"), ElementsAre("UTF-8"));
  EXPECT_THAT(EncodingsIn(absl::StrCat("mamma ", kLatin1, " ringde")), ElementsAre("Latin-1"));
  EXPECT_THAT(EncodingsIn("x" + Wide(kLatin1, false)), Contains("UTF-16LE"));
  EXPECT_THAT(EncodingsIn("x" + Wide(kLatin1, true)), Contains("UTF-16BE"));
}

TEST(PlantedTextsTest, FindsTheFormsThatNamesAreComparedIn) {
  EXPECT_THAT(EncodingsIn("mamma åsa öman"), ElementsAre("UTF-8 in lower case"));
  EXPECT_THAT(EncodingsIn("mamma asa oman"), ElementsAre("UTF-8 without marks"));
  EXPECT_THAT(EncodingsIn("mamma \xE5sa \xF6man"), ElementsAre("Latin-1 in lower case"));
}

TEST(PlantedTextsTest, FindsWhatIsEscaped) {
  EXPECT_THAT(EncodingsIn(R"("\u00c5sa \u00d6man")"), ElementsAre("JSON escapes"));
  EXPECT_THAT(EncodingsIn(R"("\u00C5sa \u00D6man")"), ElementsAre("JSON escapes"));
  EXPECT_THAT(EncodingsIn(R"(\xc3\x85sa \xc3\x96man)"), ElementsAre("C escapes"));
  EXPECT_THAT(EncodingsIn(R"(\303\205sa \303\226man)"), ElementsAre("octal escapes"));
  EXPECT_THAT(EncodingsIn(R"(\xc5sa \xd6man)"), ElementsAre("Latin-1 in C escapes"));
  EXPECT_THAT(EncodingsIn(R"(\305sa \326man)"), ElementsAre("Latin-1 in octal escapes"));
  EXPECT_THAT(EncodingsIn("%C3%85sa %C3%96man"), ElementsAre("percent escapes"));
}

TEST(PlantedTextsTest, FindsHexWhereverItBegins) {
  for (const std::string& text : {std::string(kText), std::string(kLatin1)}) {
    const std::string encoding = text == kText ? "hex of UTF-8" : "hex of Latin-1";
    const std::string hex = absl::BytesToHexString("\x0a" + text + "\x12");
    EXPECT_THAT(EncodingsIn("\\\\x" + hex), Contains(encoding));
    EXPECT_THAT(EncodingsIn("X'" + absl::AsciiStrToUpper(hex) + "'"), Contains(encoding));
    EXPECT_THAT(EncodingsIn("a" + hex + "f"), Contains(encoding)) << "after an odd digit";
  }
}

TEST(PlantedTextsTest, FindsBase64AtEachAlignment) {
  for (const std::string before : {"", "1", "12", "123", "\x0a\x0e\x12\x05\x01"}) {
    for (const std::string after : {"", "?", ">>"}) {
      const std::string octets = before + kText + after;
      EXPECT_THAT(EncodingsIn("key: " + absl::Base64Escape(octets)), Contains("base64 of UTF-8"));
      EXPECT_THAT(EncodingsIn("/" + absl::WebSafeBase64Escape(octets)), Contains("base64 of UTF-8"));
      EXPECT_THAT(EncodingsIn(absl::Base64Escape(before + kLatin1 + after)), Contains("base64 of Latin-1"));
    }
  }
  // Octets whose digits the two alphabets write differently.
  const std::string text = "\x3F\x3F\x3F>>>~~~";
  ASSERT_NE(absl::Base64Escape(text), absl::WebSafeBase64Escape(text + "  ").substr(0, 12));
  EXPECT_THAT(EncodingsIn(absl::Base64Escape(text), text), Contains("base64 of UTF-8"));
  EXPECT_THAT(EncodingsIn(absl::WebSafeBase64Escape(text), text), Contains("base64 of UTF-8"));
}

TEST(PlantedTextsTest, FindsOneEncodingInTheOther) {
  const std::string base64 = absl::Base64Escape(absl::StrCat("mamma ", kText));
  EXPECT_THAT(EncodingsIn("\\x" + absl::BytesToHexString(base64)), Contains("hex of base64 of UTF-8"));
  EXPECT_THAT(EncodingsIn(absl::Base64Escape(absl::BytesToHexString(kText))), Contains("base64 of hex of UTF-8"));
}

TEST(PlantedTextsTest, SaysWhereAndHowOften) {
  PlantedTexts planted;
  planted.Add(kText);
  const auto finds = planted.FindIn(absl::StrCat("0123", kText, "|", kText));
  ASSERT_EQ(finds.size(), 1u);
  EXPECT_EQ(finds[0].offset, 4u);
  EXPECT_EQ(finds[0].count, 2);
}

TEST(PlantedTextsTest, FindsAPartOfALongText) {
  const std::string text = "Elsa har varit borta från skolan och är ofta hungrig när hon kommer på morgonen.";
  PlantedTexts planted;
  planted.AddWithParts(text);
  for (size_t begin = 0; begin + 36 <= text.size(); ++begin) {
    EXPECT_THAT(planted.FindIn(text.substr(begin, 36)), Not(IsEmpty())) << begin;
  }
}

TEST(PlantedTextsTest, FindsAnIdentityNumberInEachForm) {
  PlantedTexts planted;
  planted.AddIdentityNumber("201205032392");
  for (const char* const form : {"201205032392", "20120503-2392", "1205032392", "120503-2392", "120503+2392"}) {
    EXPECT_THAT(planted.FindIn(absl::StrCat("barnet ", form, ".")), Not(IsEmpty())) << form;
    EXPECT_THAT(planted.FindIn(absl::BytesToHexString(form)), Not(IsEmpty())) << form;
  }
  EXPECT_THAT(planted.FindIn("20120503-2393 201205042392"), IsEmpty());
}

TEST(PlantedTextsTest, FindsNothingElse) {
  const std::string other = "Åsa Öberg, Öman Åsa, asa-oman";
  EXPECT_THAT(EncodingsIn(other), IsEmpty());
  EXPECT_THAT(EncodingsIn(absl::BytesToHexString(other)), IsEmpty());
  EXPECT_THAT(EncodingsIn(absl::Base64Escape(other)), IsEmpty());
  EXPECT_THAT(EncodingsIn(std::string_view(kText).substr(0, 8)), IsEmpty()) << "cut off at the end of what is searched";
  EXPECT_THAT(EncodingsIn(""), IsEmpty());
}

TEST(PlantedTextsTest, WhatIsAllowedIsNotSearchedFor) {
  PlantedTexts planted({"municipalities/0180/units/mottagningsenheten"});
  EXPECT_FALSE(planted.Add("Mottagningsenheten"));
  EXPECT_FALSE(planted.Add("agningsenhet"));
  EXPECT_TRUE(planted.Add("Mottagningsenheten i Bredäng"));
}

TEST(PlantedTextsTest, WhatIsTooShortIsNotSearchedFor) {
  PlantedTexts planted;
  EXPECT_FALSE(planted.Add("Alma"));
  EXPECT_EQ(planted.size(), 0u);
  EXPECT_TRUE(planted.Add("Albert"));
}

}  // namespace
}  // namespace samverkan::tests
