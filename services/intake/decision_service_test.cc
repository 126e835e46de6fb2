#include "services/intake/decision_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "libs/testing/command.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/assessment.h"
#include "services/intake/emergency_access_service.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/protected_identity.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::RunCommand;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kNotFound = absl::StatusCode::kNotFound;

auth::SigningKeys NewSigningKeys() {
  const std::string path = ::testing::TempDir() + "/intake.signing";
  std::ofstream(path) << *RunCommand({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"});
  chmod(path.c_str(), S_IRUSR | S_IWUSR);
  auto keys = auth::SigningKeys::Load(path);
  EXPECT_OK(keys);
  return *std::move(keys);
}

auth::Caller Reception() { return CallerOf(access::v1::RECEPTION, "u-annika", {"barnenheten"}); }
auth::Caller Colleague() { return CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}); }

// The payload of a JWS, unverified.
std::string PayloadIn(const v1::SignedDecision& decision) {
  const std::string& jws = decision.jws();
  const size_t start = jws.find('.') + 1;
  std::string payload;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(jws.substr(start, jws.rfind('.') - start), &payload)) << jws;
  return payload;
}

class DecisionServiceTest : public IntakeTest {
 protected:
  absl::StatusOr<v1::ExportDecisionsResponse> Export(const std::string& name,
                                                     const auth::Caller& caller = Caseworker()) {
    v1::ExportDecisionsRequest request;
    request.set_name(name);
    return service_.ExportDecisions(CallOf(caller, "DecisionService/ExportDecisions", now_), request);
  }

  std::string DecidedReport(std::string_view child, v1::Decision::Outcome outcome) {
    const std::string report = SubmitReport(child);
    EXPECT_OK(DecideReport(report, outcome));
    return report;
  }

  std::string ClosedInvestigation(std::string_view child) {
    const std::string name = OpenInvestigation(child);
    const rpc::CallContext call = CallOf(Caseworker(), "InvestigationService/CloseInvestigation", now_);
    v1::CloseInvestigationRequest request;
    request.set_result(v1::Closing::WITH_MEASURE);
    request.set_reasons("Familjen får stöd i hemmet.");
    const auto id = request_keys_.Of(call, NewRequestId(), request);
    const ResourceKey key = *ParseName(name, "investigations");
    EXPECT_OK(investigations_->Change(call, key, key, *id, [&](InvestigationRecord record) {
      return CloseInvestigation(std::move(record), request, /*manager=*/false, ActAt(now_));
    }));
    return name;
  }

  void MarkProtected(const std::string& report) {
    v1::MarkProtectedIdentityRequest request;
    request.set_protection(v1::ProtectedIdentityMark::PROTECTED);
    EXPECT_OK(ChangeReport("ReportService/MarkProtectedIdentity", report, [&](ReportRecord record) {
      return MarkProtectedIdentity(ShippedRules(), std::move(record), request, ActAt(now_));
    }));
  }

  const auth::SigningKeys keys_ = NewSigningKeys();
  DecisionService service_{*reports_, *investigations_, keys_, parts()};
};

TEST_F(DecisionServiceTest, ExportsTheDecisionsOnAReport) {
  const std::string report = DecidedReport(kChildren[0], v1::Decision::NOT_OPENED);
  for (const auth::Caller& caller : {Caseworker(), UnitManager(), Reception()}) {
    ASSERT_OK_AND_ASSIGN(const v1::ExportDecisionsResponse exported, Export(report, caller));
    ASSERT_THAT(exported.decisions(), SizeIs(2));
    for (const v1::SignedDecision& decision : exported.decisions()) EXPECT_EQ(decision.statement().resource(), report);
    EXPECT_THAT(PayloadIn(exported.decisions(0)), HasSubstr(R"("protectionNeed":"NO_IMMEDIATE_PROTECTION")"));
    EXPECT_THAT(PayloadIn(exported.decisions(1)), HasSubstr(R"("reportOutcome":"NOT_OPENED")"));
    EXPECT_THAT(PayloadIn(exported.decisions(1)), HasSubstr(report));
    EXPECT_FALSE(exported.on_hold());
    EXPECT_FALSE(exported.identity_protected());
  }
}

TEST_F(DecisionServiceTest, ExportsTheConclusionOfAnInvestigation) {
  const std::string name = ClosedInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::ExportDecisionsResponse exported, Export(name));
  ASSERT_THAT(exported.decisions(), SizeIs(1));
  EXPECT_THAT(PayloadIn(exported.decisions(0)), HasSubstr(R"("investigationResult":"WITH_MEASURE")"));
  // The reception sees no investigation.
  EXPECT_THAT(Export(name, Reception()), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
}

TEST_F(DecisionServiceTest, ExportsNothingWhereNothingIsDecided) {
  ASSERT_OK_AND_ASSIGN(const auto of_report, Export(SubmitReport(kChildren[0])));
  EXPECT_THAT(of_report.decisions(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const auto of_investigation, Export(OpenInvestigation(kChildren[1])));
  EXPECT_THAT(of_investigation.decisions(), IsEmpty());
}

TEST_F(DecisionServiceTest, EachDocumentHasAnIdOfItsOwn) {
  const std::string report = DecidedReport(kChildren[0], v1::Decision::OPENED);
  ASSERT_OK_AND_ASSIGN(const auto once, Export(report));
  ASSERT_OK_AND_ASSIGN(const auto again, Export(report));
  EXPECT_NE(PayloadIn(once.decisions(0)), PayloadIn(again.decisions(0)));
}

TEST_F(DecisionServiceTest, WhoDoesNotHandleTheCaseGetsNothing) {
  const std::string report = DecidedReport(kChildren[0], v1::Decision::OPENED);
  const std::string investigation = ClosedInvestigation(kChildren[1]);
  auth::Caller other_board = Caseworker();
  other_board.authority = "hasselby-vallingby";
  auth::Caller other_town = Caseworker();
  other_town.municipality = "1480";
  for (const auth::Caller& caller : {Colleague(), other_board, other_town, Reporter()}) {
    EXPECT_THAT(Export(report, caller), StatusIs(kNotFound, "REPORT_NOT_FOUND"));
    EXPECT_THAT(Export(investigation, caller), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
  }
}

TEST_F(DecisionServiceTest, AnEmergencyAccessExportsNothing) {
  const std::string report = DecidedReport(kChildren[0], v1::Decision::OPENED);
  EmergencyAccessStore accesses(store_parts());
  const EmergencyAccessService emergencies(accesses, parts());
  v1::DeclareEmergencyAccessRequest declaration;
  declaration.set_parent(kSkarholmen);
  declaration.set_request_id(NewRequestId());
  declaration.set_report(report);
  declaration.set_reason("Barnet är på akuten.");
  ASSERT_OK(emergencies.DeclareEmergencyAccess(
      CallOf(Colleague(), "EmergencyAccessService/DeclareEmergencyAccess", now_), declaration));
  EXPECT_THAT(Export(report, Colleague()),
              StatusIs(absl::StatusCode::kPermissionDenied, "EMERGENCY_ACCESS_READS_ONLY"));
}

TEST_F(DecisionServiceTest, RefusesWhatIsNoReportOrInvestigation) {
  for (const std::string name : {"", "municipalities/0180", "municipalities/0180/reports/1",
                                 "municipalities/0180/consultations/01968f00-0000-7000-8000-000000000001"}) {
    EXPECT_THAT(Export(name), StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID")) << name;
  }
  EXPECT_THAT(Export("municipalities/0180/reports/01968f00-0000-7000-8000-000000000001"),
              StatusIs(kNotFound, "REPORT_NOT_FOUND"));
  EXPECT_THAT(Export(kOpened), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
}

TEST_F(DecisionServiceTest, LeavesADisclosureInTheAuditLog) {
  const std::string report = DecidedReport(kChildren[0], v1::Decision::OPENED);
  ASSERT_OK(Export(report));
  const audit::v1::Entry of_report = AuditEntries().back();
  EXPECT_EQ(of_report.method(), "samverkan.intake.v1.DecisionService/ExportDecisions");
  EXPECT_EQ(of_report.action(), access::v1::DISCLOSE);
  EXPECT_THAT(of_report.private_part().resources(), ElementsAre(report));
  EXPECT_THAT(of_report.private_part().children(), SizeIs(1));
  const std::string investigation = ClosedInvestigation(kChildren[1]);
  ASSERT_OK(Export(investigation));
  const audit::v1::Entry of_investigation = AuditEntries().back();
  EXPECT_EQ(of_investigation.action(), access::v1::DISCLOSE);
  EXPECT_THAT(of_investigation.private_part().resources(), ElementsAre(investigation));
}

// What leaves is not protected by the service any more: whoever takes it has to be told.
TEST_F(DecisionServiceTest, TellsOfAHoldAndOfAProtectedIdentity) {
  const std::string report = DecidedReport(kChildren[0], v1::Decision::OPENED);
  ASSERT_OK(ChangeReport("ReportService/HoldReport", report, [&](ReportRecord record) {
    return Hold(ShippedRules(), std::move(record), "Misstanke om våld.", ActAt(now_));
  }));
  MarkProtected(report);
  ASSERT_OK_AND_ASSIGN(const v1::ExportDecisionsResponse exported, Export(report));
  EXPECT_TRUE(exported.on_hold());
  EXPECT_TRUE(exported.identity_protected());
}

TEST_F(DecisionServiceTest, OfAProtectedChildNoUnitIsTold) {
  const std::string report = DecidedReport(kChildren[0], v1::Decision::OPENED);
  MarkProtected(report);
  ASSERT_OK_AND_ASSIGN(const v1::ExportDecisionsResponse exported, Export(report));
  ASSERT_THAT(exported.decisions(), SizeIs(2));
  for (const v1::SignedDecision& decision : exported.decisions()) {
    EXPECT_THAT(PayloadIn(decision), Not(HasSubstr("/units/")));
  }
  EXPECT_THAT(AuditEntries().back().private_part().actor().units(), IsEmpty());
}

TEST_F(DecisionServiceTest, ShowsThePublicKeysToAnybody) {
  ASSERT_OK_AND_ASSIGN(const v1::SigningKeys keys,
                       service_.GetSigningKeys(CallOf(Reporter(), "DecisionService/GetSigningKeys", now_), {}));
  EXPECT_EQ(keys.jwks(), keys_.PublicJwks());
}

}  // namespace
}  // namespace samverkan::intake::testing
