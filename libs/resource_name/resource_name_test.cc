#include "libs/resource_name/resource_name.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace samverkan::resource_name {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

constexpr char kReport[] = "municipalities/{municipality}/reports/{uuid}";

TEST(MatchTest, TakesTheVariablesInTheirOrder) {
  EXPECT_THAT(Match(kReport, "municipalities/0180/reports/01890a5d-ac96-774b-bcce-b302099a8057"),
              Optional(ElementsAre("0180", "01890a5d-ac96-774b-bcce-b302099a8057")));
  EXPECT_THAT(Match("municipalities/{municipality}/units/{id}", "municipalities/0180/units/bredangsskolan"),
              Optional(ElementsAre("0180", "bredangsskolan")));
  EXPECT_THAT(Match("entries/{number}", "entries/0"), Optional(ElementsAre("0")));
}

TEST(MatchTest, RefusesWhatIsNotOfThePattern) {
  for (const char* const name :
       {"", "/", "municipalities/0180/reports/", "municipalities/0180/reports", "municipalities/180/reports/x",
        "municipalities/0180/reports/01890A5D-AC96-774B-BCCE-B302099A8057",
        "municipalities/0180/reports/01890a5d-ac96-774b-bcce-b302099a8057/",
        "municipalities/0180/reports/01890a5d-ac96-774b-bcce-b302099a8057/feedback",
        "/municipalities/0180/reports/01890a5d-ac96-774b-bcce-b302099a8057",
        "municipalities/0180/investigations/01890a5d-ac96-774b-bcce-b302099a8057",
        "municipalities/018a/reports/01890a5d-ac96-774b-bcce-b302099a8057"}) {
    EXPECT_EQ(Match(kReport, name), std::nullopt) << name;
  }
  EXPECT_EQ(Match("entries/{number}", "entries/01"), std::nullopt);
  EXPECT_EQ(Match("units/{id}", "units/-x"), std::nullopt);
  EXPECT_EQ(Match("units/{id}", "units/x2012050323"), std::nullopt);
}

}  // namespace
}  // namespace samverkan::resource_name
