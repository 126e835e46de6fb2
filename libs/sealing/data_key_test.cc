#include "libs/sealing/data_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "libs/random/random.h"
#include "libs/sealing/aead.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::sealing {
namespace {

using ::samverkan::testing::StatusIs;

constexpr char kText[] = "Elsa har varit borta mer än hälften av höstens skoldagar.";

pg::Uuid Row(char last) { return *pg::Uuid::Parse(std::string("01968f00-0000-7000-8000-00000000000") + last); }

Cell Submission(char row) { return {.column = "intake.report.submission", .municipality = "0180", .row = Row(row)}; }

DataKey NewKey() { return DataKey(pg::Uuid::Random(), random::Octets(kKeySize)); }

// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), on which SP
// 800-38D rests: our layout around its octets.
TEST(AeadTest, OpensWhatTheStandardSays) {
  const std::string key = absl::HexStringToBytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string nonce = absl::HexStringToBytes("cafebabefacedbaddecaf888");
  const std::string associated = absl::HexStringToBytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string plaintext = absl::HexStringToBytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba637b39");
  const std::string ciphertext = absl::HexStringToBytes(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
      "bcc9f662");
  const std::string tag = absl::HexStringToBytes("76fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(Decrypt(key, associated, "\x01" + nonce + ciphertext + tag), plaintext);
}

TEST(DataKeyTest, OpensWhatItSealed) {
  const DataKey key = NewKey();
  for (const std::string& text : {std::string(), std::string(kText), std::string(1 << 20, 'x'), std::string("\0", 1)}) {
    const auto opened = key.Open(Submission('1'), key.Seal(Submission('1'), text));
    ASSERT_OK(opened);
    EXPECT_EQ(*opened, text);
  }
}

TEST(DataKeyTest, NothingOfTheTextIsSeenAndNoTwoAreAlike) {
  const DataKey key = NewKey();
  std::set<std::string> sealed;
  for (int i = 0; i < 100; ++i) sealed.insert(key.Seal(Submission('1'), kText).data);
  EXPECT_EQ(sealed.size(), 100u);
  for (const std::string& octets : sealed) EXPECT_EQ(octets.find("Elsa"), std::string::npos);
}

TEST(DataKeyTest, EveryChangedBitAndEveryCutIsFound) {
  const DataKey key = NewKey();
  const std::string sealed = key.Seal(Submission('1'), kText).data;
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string flipped = sealed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_THAT(key.Open(Submission('1'), pg::Bytes{flipped}),
                StatusIs(absl::StatusCode::kDataLoss, "SEALED_CELL_DAMAGED"));
  }
  for (size_t length = 0; length < sealed.size(); ++length) {
    EXPECT_FALSE(key.Open(Submission('1'), pg::Bytes{sealed.substr(0, length)}).ok()) << length;
  }
  EXPECT_FALSE(key.Open(Submission('1'), pg::Bytes{sealed + '\0'}).ok());
}

TEST(DataKeyTest, ACellOpensInItsOwnPlaceOnly) {
  const DataKey key = NewKey();
  const pg::Bytes sealed = key.Seal(Submission('1'), kText);
  Cell other_column = Submission('1');
  other_column.column = "intake.report.handling";
  Cell other_municipality = Submission('1');
  other_municipality.municipality = "0127";
  Cell other_rest = Submission('1');
  other_rest.rest = "decision_to_open";
  // The same octets, parted elsewhere.
  Cell shifted = Submission('1');
  shifted.column = "intake.report.submission0";
  shifted.municipality = "180";
  for (const Cell& cell : {Submission('2'), other_column, other_municipality, other_rest, shifted}) {
    EXPECT_THAT(key.Open(cell, sealed), StatusIs(absl::StatusCode::kDataLoss, "SEALED_CELL_DAMAGED"));
  }
  EXPECT_THAT(NewKey().Open(Submission('1'), sealed), StatusIs(absl::StatusCode::kDataLoss, "SEALED_CELL_DAMAGED"));
}

TEST(DataKeyTest, TheErrorNamesTheColumnAndNothingElse) {
  const DataKey key = NewKey();
  const absl::Status status = key.Open(Submission('1'), pg::Bytes{"\x01 Elsa Lind"}).status();
  EXPECT_EQ(status.message(), "what is stored in intake.report.submission is not what was stored there");
}

}  // namespace
}  // namespace samverkan::sealing
