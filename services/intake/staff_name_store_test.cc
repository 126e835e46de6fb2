#include "services/intake/staff_name_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "libs/testing/status_matchers.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/investigation_service.h"

namespace samverkan::intake::testing {
namespace {

using audit::v1::COLLEAGUE;
using audit::v1::NO_ASSIGNMENT;
using audit::v1::SAME_NAME;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

auth::Caller Named(auth::Caller caller, const std::string& given_name, const std::string& family_name) {
  caller.given_name = given_name;
  caller.family_name = family_name;
  return caller;
}

class StaffNameStoreTest : public IntakeTest {
 protected:
  // A report about a child of that guardian.
  std::string SubmitOf(const std::string& guardian, std::string_view child = kChildren[0]) {
    v1::Submission submission = SchoolSubmission(child);
    submission.add_guardians()->set_person_name(guardian);
    ReceivedReports received;
    received.reports.push_back(ReceivedAt(now_, submission));
    received.reports.front().report.set_name(MakeName("0180", "reports", pg::Uuid::FromTime(now_)));
    const rpc::CallContext call = CallOf(Reporter(), "ReportService/SubmitReport", now_);
    const auto names =
        reports_->Submit(call, *request_keys_.Of(call, NewRequestId(), v1::SubmitReportRequest()), received);
    EXPECT_OK(names);
    return names.ok() ? names->front() : std::string();
  }

  // The signs in the audit entry of `caller` reading the report.
  auto SignsOf(const auth::Caller& caller, const std::string& report) {
    const rpc::CallContext call = CallOf(caller, "ReportService/GetReport", now_);
    const auto record = reports_->Find(call, *ParseName(report, "reports"));
    EXPECT_OK(record);
    EXPECT_OK(reports_->RecordRead(call, {&*record}, {}));
    return AuditEntries().back().private_part().risk_signs();
  }
};

TEST_F(StaffNameStoreTest, AColleaguesFileIsKnownOnceTheColleagueHasRead) {
  const std::string of_ada = SubmitOf("Ada ÖBERG");
  const std::string of_mona = SubmitOf("Mona Lind", kChildren[1]);
  const auth::Caller eva = Named(Caseworker(), "Eva", "Ek");
  EXPECT_THAT(SignsOf(eva, of_ada), ElementsAre(NO_ASSIGNMENT));
  const auth::Caller ada = Named(CallerOf(access::v1::UNIT_MANAGER, "u-ada", {"barnenheten"}), "Ada", "Öberg");
  EXPECT_THAT(SignsOf(ada, of_mona), ElementsAre(NO_ASSIGNMENT));
  EXPECT_THAT(SignsOf(eva, of_ada), ElementsAre(COLLEAGUE, NO_ASSIGNMENT));
  EXPECT_THAT(SignsOf(eva, of_mona), ElementsAre(NO_ASSIGNMENT));
  EXPECT_THAT(SignsOf(ada, of_ada), ElementsAre(SAME_NAME, COLLEAGUE, NO_ASSIGNMENT)) << "her own child's";
  EXPECT_EQ(Count("SELECT count(*) FROM intake.staff_name"), 2);
  // What another process has learned is read from the database.
  StaffNameStore other(*pool_, tags_);
  NamesInFile names{.full_names = {"ada oberg"}};
  const Placement placement{"0180", "skarholmen", "barnenheten", "u-eva"};
  const auto signs =
      other.SignsOf(CallOf(eva, "ReportService/GetReport", now_), {.placement = placement, .names = names});
  ASSERT_OK(signs);
  EXPECT_THAT(*signs, ElementsAre(COLLEAGUE));
}

TEST_F(StaffNameStoreTest, OnlyTheSocialServicesOfTheBoardAreLookedAtAndLearned) {
  const std::string report = SubmitOf("Lars Rektorsson");
  EXPECT_THAT(SignsOf(Named(Reporter(), "Lars", "Rektorsson"), report), IsEmpty());
  EXPECT_EQ(Count("SELECT count(*) FROM intake.staff_name"), 0);
  // One of another board of the municipality has the name.
  auth::Caller elsewhere = Named(Caseworker(), "Lars", "Rektorsson");
  elsewhere.authority = "hasselby-vallingby";
  const Placement there{"0180", "hasselby-vallingby", "", ""};
  ASSERT_OK(staff_names_.SignsOf(CallOf(elsewhere, "ReportService/GetReport", now_), {.placement = there}));
  EXPECT_THAT(SignsOf(Named(Caseworker(), "Eva", "Ek"), report), ElementsAre(NO_ASSIGNMENT));
  // Without a name in the token there is nothing to learn.
  EXPECT_THAT(SignsOf(Caseworker(), report), ElementsAre(NO_ASSIGNMENT));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.staff_name"), 2);
}

TEST_F(StaffNameStoreTest, AnInvestigationIsReadByTheNamesInItsReports) {
  const std::string report = SubmitOf("Mona Lind");
  ASSERT_OK_AND_ASSIGN(const std::string name, DecideReport(report, v1::Decision::OPENED));
  const InvestigationService service(*investigations_, parts());
  v1::GetInvestigationRequest request;
  request.set_name(name);
  const auto signs_of = [&](const auth::Caller& caller) {
    EXPECT_OK(service.GetInvestigation(CallOf(caller, "InvestigationService/GetInvestigation", now_), request));
    return AuditEntries().back().private_part().risk_signs();
  };
  EXPECT_THAT(signs_of(Named(Caseworker(), "Eva", "Lind")), ElementsAre(SAME_NAME, NO_ASSIGNMENT));
  EXPECT_THAT(signs_of(Named(UnitManager(), "Mona", "Lind")), ElementsAre(SAME_NAME, COLLEAGUE, NO_ASSIGNMENT));
  EXPECT_THAT(signs_of(Named(Caseworker(), "Eva", "Ek")), ElementsAre(COLLEAGUE, NO_ASSIGNMENT));
}

TEST_F(StaffNameStoreTest, TheAssigneeReadsWithoutASign) {
  const std::string report = SubmitOf("Mona Lind");
  ASSERT_OK(ChangeReport("ReportService/AssignReport", report, [&](ReportRecord record) {
    return Assign(std::move(record), "u-eva", kBarnenheten, ActAt(now_));
  }));
  EXPECT_THAT(SignsOf(Named(Caseworker(), "Eva", "Ek"), report), IsEmpty());
}

}  // namespace
}  // namespace samverkan::intake::testing
