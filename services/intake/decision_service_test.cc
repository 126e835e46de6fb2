#include "services/intake/decision_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "libs/status/status.h"
#include "libs/testing/command.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/intake_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::RunCommand;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

auth::SigningKeys NewSigningKeys() {
  const std::string path = ::testing::TempDir() + "/decision.keys";
  std::ofstream(path) << *RunCommand({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"});
  chmod(path.c_str(), 0600);
  auto keys = auth::SigningKeys::Load(path);
  EXPECT_OK(keys);
  return *std::move(keys);
}

class DecisionServiceTest : public IntakeTest {
 protected:
  absl::StatusOr<v1::ExportDecisionsResponse> Export(const std::string& name,
                                                     const auth::Caller& caller = Caseworker()) {
    v1::ExportDecisionsRequest request;
    request.set_name(name);
    return service_.ExportDecisions(CallOf(caller, "DecisionService/ExportDecisions", now_), request);
  }

  std::string DecidedReport() {
    const std::string report = SubmitReport(kChildren[0]);
    EXPECT_OK(DecideReport(report, v1::Decision::OPENED));
    return report;
  }

  const auth::SigningKeys keys_ = NewSigningKeys();
  const DecisionService service_{*reports_, *investigations_, keys_, parts()};
};

TEST_F(DecisionServiceTest, ExportsTheDecisionsOnAReport) {
  const std::string report = DecidedReport();
  const auto exported = Export(report);
  ASSERT_OK(exported);
  ASSERT_THAT(exported->decisions(), SizeIs(2));
  EXPECT_EQ(exported->decisions(1).resource(), report);
  EXPECT_FALSE(exported->on_hold());
  EXPECT_NE(exported->decisions(0).jws(), exported->decisions(1).jws());

  // Whoever reads a report from outside its handling has a trace of it in the log; so has this.
  const audit::v1::Entry entry = AuditEntries().back();
  EXPECT_EQ(entry.method(), "samverkan.intake.v1.DecisionService/ExportDecisions");
  EXPECT_EQ(entry.action(), access::v1::DISCLOSE);
  EXPECT_THAT(entry.private_part().children(), SizeIs(1));
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(report));
}

TEST_F(DecisionServiceTest, ExportsNothingOfWhatIsUndecided) {
  const auto of_report = Export(SubmitReport(kChildren[1]));
  ASSERT_OK(of_report);
  EXPECT_THAT(of_report->decisions(), IsEmpty());
  const auto of_investigation = Export(OpenInvestigation(kChildren[0]));
  ASSERT_OK(of_investigation);
  EXPECT_THAT(of_investigation->decisions(), IsEmpty());
}

TEST_F(DecisionServiceTest, IsForThoseWhoHandleTheCase) {
  const std::string report = DecidedReport();
  EXPECT_OK(Export(report, UnitManager()));
  // The sender reads its report by `GetReport`, and nothing of the handling.
  EXPECT_FALSE(Export(report, Reporter()).ok());
  EXPECT_THAT(Export(report, CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"})),
              StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
  auth::Caller foreign = Caseworker();
  foreign.authority = "hasselby-vallingby";
  EXPECT_THAT(Export(report, foreign), StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
}

TEST_F(DecisionServiceTest, SaysWhatItCannotFindOrRead) {
  EXPECT_EQ(status::InvalidFields(Export("reports").status()), std::vector<std::string>{"name"});
  EXPECT_THAT(Export("municipalities/0180/reports/01968f00-0000-7000-8000-00000000dead"),
              StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
  EXPECT_THAT(Export("municipalities/0180/investigations/01968f00-0000-7000-8000-00000000dead"),
              StatusIs(absl::StatusCode::kNotFound, "INVESTIGATION_NOT_FOUND"));
}

TEST_F(DecisionServiceTest, PublishesItsKeysWithoutSecret) {
  const auto keys = service_.GetSigningKeys(CallOf(Reporter(), "DecisionService/GetSigningKeys", now_), {});
  ASSERT_OK(keys);
  EXPECT_TRUE(absl::StrContains(keys->jwks(), "\"crv\":\"P-256\""));
  EXPECT_FALSE(absl::StrContains(keys->jwks(), "\"d\""));
}

}  // namespace
}  // namespace samverkan::intake::testing
