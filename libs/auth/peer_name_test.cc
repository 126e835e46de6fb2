#include "libs/auth/peer_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/testing/status_matchers.h"

namespace samverkan::auth {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kWhole[] = "spiffe://samverkan/system/lifecare/municipality/0180";
constexpr char kBoard[] = "spiffe://samverkan/system/lifecare/municipality/0180/authority/skarholmen";
constexpr char kOtherBoard[] = "spiffe://samverkan/system/lifecare/municipality/0180/authority/alvsjo";
constexpr char kService[] = "spiffe://samverkan/service/intake";

TEST(ReadPeerNameTest, ASystemOfAWholeMunicipality) {
  ASSERT_OK_AND_ASSIGN(const PeerName name, ReadPeerName({kWhole}));
  EXPECT_EQ(name.system, "lifecare");
  EXPECT_EQ(name.municipality, "0180");
  EXPECT_THAT(name.authorities, IsEmpty());
  EXPECT_EQ(name.service, "");
  EXPECT_TRUE(name.Covers("0180", "skarholmen"));
  EXPECT_TRUE(name.Covers("0180", ""));
  EXPECT_FALSE(name.Covers("0126", "skarholmen"));
}

TEST(ReadPeerNameTest, ASystemOfSomeBoards) {
  ASSERT_OK_AND_ASSIGN(const PeerName name, ReadPeerName({kBoard, kOtherBoard}));
  EXPECT_EQ(name.system, "lifecare");
  EXPECT_THAT(name.authorities, ElementsAre("skarholmen", "alvsjo"));
  EXPECT_TRUE(name.Covers("0180", "alvsjo"));
  EXPECT_FALSE(name.Covers("0180", "utbildningsnamnden"));
  EXPECT_FALSE(name.Covers("0180", "")) << "not the whole municipality";
  EXPECT_FALSE(name.Covers("0126", "alvsjo"));
}

TEST(ReadPeerNameTest, AServiceOfTheSuite) {
  ASSERT_OK_AND_ASSIGN(const PeerName name, ReadPeerName({kService}));
  EXPECT_EQ(name.service, "intake");
  EXPECT_EQ(name.system, "");
  EXPECT_FALSE(name.Covers("0180", ""));
  EXPECT_EQ(ServiceUri("intake"), kService);
}

TEST(ReadPeerNameTest, RefusesWhatIsAbsentMixedOrMalformed) {
  const std::string another_system = "spiffe://samverkan/system/treserva/municipality/0180/authority/skarholmen";
  const std::string another_town = "spiffe://samverkan/system/lifecare/municipality/0126/authority/skarholmen";
  const std::vector<std::vector<std::string>> bad = {
      {},
      {""},
      {"https://samverkan/system/lifecare/municipality/0180"},
      {"spiffe://elsewhere/system/lifecare/municipality/0180"},
      {"spiffe://samverkan.example/system/lifecare/municipality/0180"},
      {"SPIFFE://samverkan/system/lifecare/municipality/0180"},
      {"spiffe://samverkan/system/lifecare"},
      {"spiffe://samverkan/system/lifecare/municipality/180"},
      {"spiffe://samverkan/system/lifecare/municipality/0180/"},
      {"spiffe://samverkan/system/lifecare/municipality/0180/authority/"},
      {"spiffe://samverkan/system//municipality/0180"},
      {"spiffe://samverkan/system/life%63are/municipality/0180"},
      {"spiffe://samverkan/system/lifecare/municipality/0180?authority=skarholmen"},
      {std::string(kWhole) + '\0'},
      {std::string("spiffe://samverkan/service/intake\0.example", 42)},
      {"spiffe://samverkan/service/"},
      {"spiffe://samverkan/service/intake/admin"},
      {kWhole, kBoard},
      {kBoard, kWhole},
      {kWhole, kWhole},
      {kBoard, another_system},
      {kBoard, another_town},
      {kBoard, kService},
      {kService, kService},
      {kService, "spiffe://samverkan/service/audit"},
      {kBoard, "https://lifecare.example"},
  };
  for (const auto& uris : bad) {
    EXPECT_THAT(ReadPeerName(uris), StatusIs(absl::StatusCode::kUnauthenticated, "CERTIFICATE_NAME"))
        << ::testing::PrintToString(uris);
  }
}

}  // namespace
}  // namespace samverkan::auth
