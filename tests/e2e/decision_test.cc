// Decisions that leave the suite as signed documents.

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "libs/testing/command.h"
#include "tests/e2e/set_fixture.h"

namespace samverkan::tests {
namespace {

using ::samverkan::testing::RunCommand;
using ::testing::SizeIs;

class DecisionTest : public SetTest {
 protected:
  intake::v1::ExportDecisionsResponse Export(const std::string& name) {
    intake::v1::ExportDecisionsRequest request;
    request.set_name(name);
    return Do(Caseworker(), &Decisions::ExportDecisions, request);
  }

  // What a reader outside finds, with the published keys alone and a library that is not ours.
  absl::StatusOr<std::string> ReadOutside(const std::string& jws) {
    const std::string keys = Do(Caseworker(), &Decisions::GetSigningKeys, {}).jwks();
    return RunCommand({"node", std::filesystem::absolute("tests/e2e/decision_reader.js"), keys, jws});
  }
};

TEST_F(DecisionTest, AReaderOutsideVerifiesWhatWasDecided) {
  const intake::v1::Report report = Decide(Submit(), intake::v1::Decision::OPENED);
  const auto exported = Export(report.name());
  ASSERT_THAT(exported.decisions(), SizeIs(2));
  const auto read = ReadOutside(exported.decisions(1).jws());
  ASSERT_OK(read);
  const nlohmann::json claims = nlohmann::json::parse(*read);
  EXPECT_EQ(claims["type"], "decision+jwt");
  EXPECT_EQ(claims["iss"], kBoard);
  EXPECT_EQ(claims["decision"]["resource"], report.name());
  EXPECT_EQ(claims["decision"]["reportOutcome"], "OPENED");
  EXPECT_EQ(claims["decision"]["reasons"], "Oron behöver utredas.");
  EXPECT_EQ(claims["decision"]["investigation"], report.decision().investigation());
}

TEST_F(DecisionTest, TheConclusionOfAnInvestigationIsExportedToo) {
  const intake::v1::Investigation closed = Investigate(/*closed=*/true);
  const auto exported = Export(closed.name());
  ASSERT_THAT(exported.decisions(), SizeIs(1));
  const auto read = ReadOutside(exported.decisions(0).jws());
  ASSERT_OK(read);
  EXPECT_EQ(nlohmann::json::parse(*read)["decision"]["investigationResult"], "WITHOUT_MEASURE");
}

TEST_F(DecisionTest, AReaderOutsideFindsWhatWasChanged) {
  const auto exported = Export(Decide(Submit(), intake::v1::Decision::NOT_OPENED).name());
  ASSERT_THAT(exported.decisions(), SizeIs(2));
  const std::string& jws = exported.decisions(1).jws();
  const std::string& other = exported.decisions(0).jws();
  // The payload of another document under this one's signature; and one character changed.
  const std::string exchanged = other.substr(0, other.rfind('.')) + jws.substr(jws.rfind('.'));
  std::string changed = jws;
  char& character = changed[jws.find('.') + 20];
  character = character == 'A' ? 'B' : 'A';
  EXPECT_OK(ReadOutside(jws));
  EXPECT_FALSE(ReadOutside(exchanged).ok());
  EXPECT_FALSE(ReadOutside(changed).ok());
}

}  // namespace
}  // namespace samverkan::tests
