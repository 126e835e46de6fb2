#include "services/intake/emergency_access_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/consultation_store.h"
#include "services/intake/disclosures.h"
#include "services/intake/feedback_service.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/investigation_service.h"
#include "services/intake/report_meeting_service.h"
#include "services/intake/report_service.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kPermissionDenied = absl::StatusCode::kPermissionDenied;
constexpr char kReason[] = "Barnet är på akuten med sin moster.";

// Nobody answers there: nothing here needs a decision of the consent service.
Disclosures NoDisclosures() {
  return Disclosures(grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials()));
}

// Of another unit than the cases of the tests.
auth::Caller Elsewhere() { return CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}); }
auth::Caller Duty() { return CallerOf(access::v1::DUTY, "u-natt", {}); }
auth::Caller Auditor() { return CallerOf(access::v1::AUDITOR, "u-oskar", {}); }

class EmergencyAccessServiceTest : public IntakeTest {
 protected:
  static v1::DeclareEmergencyAccessRequest ByNumber(std::string_view number) {
    v1::DeclareEmergencyAccessRequest request;
    request.set_parent(kSkarholmen);
    request.set_request_id(NewRequestId());
    request.set_identity_number(std::string(number));
    request.set_reason(kReason);
    return request;
  }

  absl::StatusOr<v1::EmergencyAccess> Declare(const v1::DeclareEmergencyAccessRequest& request,
                                              const auth::Caller& caller = Elsewhere()) {
    return service_.DeclareEmergencyAccess(CallOf(caller, "EmergencyAccessService/DeclareEmergencyAccess", now_),
                                           request);
  }

  absl::StatusOr<v1::ListEmergencyAccessesResponse> List(const auth::Caller& caller,
                                                         v1::EmergencyAccess::State state = {}, int page_size = 0,
                                                         const std::string& page_token = "") {
    v1::ListEmergencyAccessesRequest request;
    request.set_parent(kSkarholmen);
    request.set_state(state);
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return service_.ListEmergencyAccesses(CallOf(caller, "EmergencyAccessService/ListEmergencyAccesses", now_),
                                          request);
  }

  static std::vector<std::string> NamesIn(const absl::StatusOr<v1::ListEmergencyAccessesResponse>& page) {
    EXPECT_OK(page);
    std::vector<std::string> names;
    for (const auto& access : page->emergency_accesses()) names.push_back(access.name());
    return names;
  }

  static v1::ReviewEmergencyAccessRequest Finding(const std::string& name, const std::string& etag = "1") {
    v1::ReviewEmergencyAccessRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag(etag);
    request.set_verdict(v1::EmergencyAccessReview::JUSTIFIED);
    request.set_note("Journalen visar besöket på akuten.");
    return request;
  }

  absl::StatusOr<v1::EmergencyAccess> Review(const v1::ReviewEmergencyAccessRequest& request,
                                             const auth::Caller& caller = UnitManager()) {
    return service_.ReviewEmergencyAccess(CallOf(caller, "EmergencyAccessService/ReviewEmergencyAccess", now_),
                                          request);
  }

  absl::StatusOr<v1::Report> GetReport(const std::string& name, const auth::Caller& caller) {
    v1::GetReportRequest request;
    request.set_name(name);
    return report_service_.GetReport(CallOf(caller, "ReportService/GetReport", now_), request);
  }

  absl::StatusOr<v1::Investigation> GetInvestigation(const std::string& name, const auth::Caller& caller) {
    v1::GetInvestigationRequest request;
    request.set_name(name);
    return investigation_service_.GetInvestigation(CallOf(caller, "InvestigationService/GetInvestigation", now_),
                                                   request);
  }

  std::vector<v1::WorkItem> Work(const auth::Caller& caller, v1::WorkItem::ToDo to_do = {}) {
    v1::ListWorkItemsRequest request;
    request.set_parent(kBarnenheten);
    request.set_to_do(to_do);
    const auto work = report_service_.ListWorkItems(CallOf(caller, "ReportService/ListWorkItems", now_), request);
    EXPECT_OK(work);
    return {work->items().begin(), work->items().end()};
  }

  int64_t StoredRows() {
    return Count(
        "SELECT (SELECT count(*) FROM intake.emergency_access) + (SELECT count(*) FROM intake.request)"
        " + (SELECT count(*) FROM intake.event) + (SELECT coalesce(sum(version), 0) FROM intake.report)");
  }

  EmergencyAccessStore store_{store_parts()};
  ConsultationStore consultations_{store_parts()};
  const EmergencyAccessService service_{store_, parts()};
  const ReportService report_service_{*reports_, consultations_, parts()};
  const InvestigationService investigation_service_{*investigations_, parts()};
};

TEST_F(EmergencyAccessServiceTest, OpensTheChildsFileToTheDeclarer) {
  const std::string report = SubmitReport(kChildren[0], /*feedback_wanted=*/true);
  ASSERT_OK_AND_ASSIGN(const std::string investigation, DecideReport(report, v1::Decision::OPENED));
  EXPECT_THAT(GetReport(report, Elsewhere()), StatusIs(kNotFound, "REPORT_NOT_FOUND"));

  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess access, Declare(ByNumber("080121-2390")));
  EXPECT_THAT(access.reports(), ElementsAre(report));
  EXPECT_THAT(access.investigations(), ElementsAre(investigation));
  EXPECT_EQ(access.declarer(), "u-omar");
  EXPECT_EQ(access.reason(), kReason);
  EXPECT_EQ(access.authority(), kSkarholmen);
  EXPECT_EQ(proto_time::FromProto(access.expire_time()), now_ + absl::Hours(24));

  ASSERT_OK_AND_ASSIGN(const v1::Report shown, GetReport(report, Elsewhere()));
  EXPECT_EQ(shown.child(), access.child());
  EXPECT_EQ(shown.state(), v1::Report::DECIDED);
  EXPECT_EQ(shown.decision().reasons(), "Oron behöver utredas.") << "as one who handles it";
  EXPECT_EQ(shown.unit(), kBarnenheten);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation investigated, GetInvestigation(investigation, Elsewhere()));
  EXPECT_EQ(investigated.state(), v1::Investigation::RUNNING);
  const Disclosures disclosures = NoDisclosures();
  const FeedbackService feedback(*reports_, disclosures, parts());
  v1::ListFeedbackRequest owed;
  owed.set_parent(report);
  ASSERT_OK_AND_ASSIGN(const auto owing,
                       feedback.ListFeedback(CallOf(Elsewhere(), "FeedbackService/ListFeedback", now_), owed));
  ASSERT_THAT(owing.feedback(), SizeIs(1));
  EXPECT_EQ(owing.feedback(0).state(), v1::Feedback::OWED) << "as one who handles it";
}

TEST_F(EmergencyAccessServiceTest, OpensItForItsTimeToNobodyElseAndNoOtherChilds) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const std::string investigation, DecideReport(report, v1::Decision::OPENED));
  const std::string other_child = SubmitReport(kChildren[1]);
  ASSERT_OK(Declare(ByNumber(kChildren[0])));
  auth::Caller colleague = Elsewhere();
  colleague.subject = "u-ada";
  auth::Caller namesake = Elsewhere();
  namesake.system = "lifecare";
  for (const auth::Caller& caller : {colleague, namesake}) {
    EXPECT_THAT(GetReport(report, caller), StatusIs(kNotFound, "REPORT_NOT_FOUND"));
    EXPECT_THAT(GetInvestigation(investigation, caller), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
  }
  EXPECT_THAT(GetReport(other_child, Elsewhere()), StatusIs(kNotFound, "REPORT_NOT_FOUND"));

  // What comes while it holds is open too; when it ends nothing is.
  now_ += absl::Hours(23);
  const std::string later = SubmitReport(kChildren[0]);
  EXPECT_OK(GetReport(later, Elsewhere()));
  now_ += absl::Hours(1);
  EXPECT_THAT(GetReport(report, Elsewhere()), StatusIs(kNotFound, "REPORT_NOT_FOUND"));
  EXPECT_THAT(GetReport(later, Elsewhere()), StatusIs(kNotFound, "REPORT_NOT_FOUND"));
  EXPECT_THAT(GetInvestigation(investigation, Elsewhere()), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
}

TEST_F(EmergencyAccessServiceTest, ListsStayAsTheyAre) {
  SubmitReport(kChildren[0]);
  ASSERT_OK(Declare(ByNumber(kChildren[0])));
  v1::ListReportsRequest request;
  request.set_parent("municipalities/0180");
  ASSERT_OK_AND_ASSIGN(const auto reports,
                       report_service_.ListReports(CallOf(Elsewhere(), "ReportService/ListReports", now_), request));
  EXPECT_THAT(reports.reports(), IsEmpty());
}

TEST_F(EmergencyAccessServiceTest, ChangesStayRefused) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const std::string investigation, DecideReport(report, v1::Decision::OPENED));
  auth::Caller caller = Elsewhere();
  caller.qualified = true;
  ASSERT_OK(Declare(ByNumber(kChildren[0]), caller));
  ASSERT_OK_AND_ASSIGN(const v1::Report shown, GetReport(report, caller));
  const int64_t rows = StoredRows();
  const auto refused = StatusIs(kPermissionDenied, "EMERGENCY_ACCESS_READS_ONLY");

  v1::SupplementReportRequest supplement;
  supplement.set_name(report);
  supplement.set_request_id(NewRequestId());
  supplement.set_text("Barnet är på akuten.");
  EXPECT_THAT(report_service_.SupplementReport(CallOf(caller, "ReportService/SupplementReport", now_), supplement),
              refused);
  v1::HoldReportRequest hold;
  hold.set_name(report);
  hold.set_request_id(NewRequestId());
  hold.set_etag(shown.etag());
  hold.set_reason("Våld.");
  EXPECT_THAT(report_service_.HoldReport(CallOf(caller, "ReportService/HoldReport", now_), hold), refused);
  v1::MarkProtectedIdentityRequest mark;
  mark.set_name(report);
  mark.set_request_id(NewRequestId());
  mark.set_etag(shown.etag());
  mark.set_protection(v1::ProtectedIdentityMark::PROTECTED);
  mark.set_reason("Hotad.");
  EXPECT_THAT(report_service_.MarkProtectedIdentity(CallOf(caller, "ReportService/MarkProtectedIdentity", now_), mark),
              refused);
  v1::CloseInvestigationRequest close;
  close.set_name(investigation);
  close.set_request_id(NewRequestId());
  close.set_etag("1");
  close.set_result(v1::Closing::WITHOUT_MEASURE);
  close.set_reasons("Klart.");
  EXPECT_THAT(
      investigation_service_.CloseInvestigation(CallOf(caller, "InvestigationService/CloseInvestigation", now_), close),
      refused);
  EXPECT_EQ(StoredRows(), rows);
}

TEST_F(EmergencyAccessServiceTest, DutyAndReceptionReadInvestigationsInAnEmergencyOnly) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  for (const auth::Caller& caller : {Duty(), CallerOf(access::v1::RECEPTION, "u-annika", {"barnenheten"})}) {
    EXPECT_THAT(GetInvestigation(investigation, caller), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
    v1::DeclareEmergencyAccessRequest request = ByNumber(kChildren[0]);
    request.set_investigation(investigation);
    ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess access, Declare(request, caller));
    EXPECT_THAT(access.investigations(), ElementsAre(investigation));
    EXPECT_OK(GetInvestigation(investigation, caller));
  }
}

TEST_F(EmergencyAccessServiceTest, AChildThatIsNotKnownIsNotFoundWithoutMore) {
  const std::string here = SubmitReport(kChildren[0]);
  ReceivedReports received;
  received.reports.push_back(ReceivedAt(now_, SchoolSubmission(kChildren[1]), kHasselbyVallingby));
  received.reports.front().report.set_name(MakeName("0180", "reports", pg::Uuid::FromTime(now_)));
  const rpc::CallContext submit = CallOf(Reporter(), "ReportService/SubmitReport", now_);
  ASSERT_OK_AND_ASSIGN(
      const auto elsewhere,
      reports_->Submit(submit, *request_keys_.Of(submit, NewRequestId(), v1::SubmitReportRequest()), received));
  const int64_t rows = StoredRows();

  v1::DeclareEmergencyAccessRequest of_report = ByNumber(kChildren[0]);
  of_report.set_report(elsewhere.front());
  v1::DeclareEmergencyAccessRequest unknown_report = of_report;
  unknown_report.set_report("municipalities/0180/reports/01968f00-0000-7000-8000-00000000000f");
  v1::DeclareEmergencyAccessRequest unknown_investigation = of_report;
  unknown_investigation.set_investigation("municipalities/0127/investigations/01968f00-0000-7000-8000-00000000000f");
  for (const auto& request :
       {ByNumber(kChildren[2]), ByNumber(kChildren[1]), of_report, unknown_report, unknown_investigation}) {
    const auto refused = Declare(request);
    EXPECT_THAT(refused, StatusIs(kNotFound, "CHILD_NOT_FOUND"));
    EXPECT_TRUE(status::IsHidden(refused.status()));
    EXPECT_EQ(refused.status().message(), Declare(ByNumber(kChildren[2])).status().message());
  }
  // Whoever answers for the report hears of it.
  EXPECT_EQ(status::HiddenOwner(Declare(of_report).status()), "0180/hasselby-vallingby");
  EXPECT_EQ(StoredRows(), rows);
  // The sender's board sees its reports elsewhere, and declares none there.
  auth::Caller sender = CallerOf(access::v1::CASEWORKER, "u-lars", {"bredangsskolan"});
  sender.authority = Reporter().authority;
  v1::DeclareEmergencyAccessRequest of_sender = of_report;
  of_sender.set_parent("municipalities/0180/authorities/utbildningsnamnden");
  of_sender.set_report(here);
  EXPECT_THAT(Declare(of_sender, sender), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
}

TEST_F(EmergencyAccessServiceTest, EveryBadFieldIsNamed) {
  SubmitReport(kChildren[0]);
  const int64_t rows = StoredRows();
  v1::DeclareEmergencyAccessRequest request;
  request.set_parent("municipalities/0180");
  request.set_request_id("1");
  EXPECT_THAT(status::InvalidFields(Declare(request).status()), ElementsAre("request_id", "parent", "child", "reason"));
  request = ByNumber("200801212391");
  EXPECT_THAT(status::InvalidFields(Declare(request).status()), ElementsAre("identity_number"));
  EXPECT_EQ(Declare(request).status().ToString().find("200801212391"), std::string::npos);
  request.set_report("municipalities/0180/investigations/01968f00-0000-7000-8000-00000000000f");
  EXPECT_THAT(status::InvalidFields(Declare(request).status()), ElementsAre("report"));
  request.set_investigation("utredningen");
  EXPECT_THAT(status::InvalidFields(Declare(request).status()), ElementsAre("investigation"));
  request = ByNumber(kChildren[0]);
  request.set_reason(std::string(20'001, 'x'));
  EXPECT_THAT(status::InvalidFields(Declare(request).status()), ElementsAre("reason"));
  request = ByNumber(kChildren[0]);
  request.set_parent(kHasselbyVallingby);
  EXPECT_THAT(Declare(request), StatusIs(kPermissionDenied, "NOT_YOUR_AUTHORITY"));

  v1::ListEmergencyAccessesRequest list;
  const rpc::CallContext call = CallOf(Auditor(), "EmergencyAccessService/ListEmergencyAccesses", now_);
  EXPECT_THAT(status::InvalidFields(service_.ListEmergencyAccesses(call, list).status()), ElementsAre("parent"));
  list.set_parent(kHasselbyVallingby);
  EXPECT_THAT(service_.ListEmergencyAccesses(call, list), StatusIs(kPermissionDenied, "NOT_YOUR_AUTHORITY"));
  EXPECT_THAT(List(Auditor(), {}, -1), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(List(Auditor(), {}, 0, "forged"), StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));

  EXPECT_THAT(status::InvalidFields(Review({}).status()), ElementsAre("request_id", "name", "etag", "verdict", "note"));
  EXPECT_EQ(StoredRows(), rows);
}

TEST_F(EmergencyAccessServiceTest, ARepeatedDeclarationIsTheSame) {
  SubmitReport(kChildren[0]);
  v1::DeclareEmergencyAccessRequest request = ByNumber(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess first, Declare(request));
  now_ += absl::Minutes(1);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess second, Declare(request));
  EXPECT_EQ(second.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(Count("SELECT count(*) FROM intake.emergency_access"), 1);
  request.set_reason("Något annat.");
  EXPECT_THAT(Declare(request), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
}

TEST_F(EmergencyAccessServiceTest, TellsOfItselfWithoutSayingOfWhom) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess access, Declare(ByNumber(kChildren[0])));
  const events::v1::Event event = Events().back();
  EXPECT_EQ(event.type(), "emergency_access.declared");
  EXPECT_EQ(event.resource(), access.name());
  EXPECT_THAT(event.attributes(), IsEmpty());
  const audit::v1::Entry declared = AuditEntries().back();
  EXPECT_EQ(declared.action(), access::v1::CREATE);
  EXPECT_THAT(declared.private_part().children(), ElementsAre(access.child()));
  EXPECT_THAT(declared.private_part().resources(), ElementsAre(access.name(), report));
  EXPECT_EQ(declared.private_part().detail(), "emergency_access.declared");
  EXPECT_EQ(declared.private_part().legal_basis(), "S-005, settable, no legal source");
  EXPECT_THAT(declared.private_part().actor().units(), ElementsAre("ungdomsenheten"));

  ASSERT_OK(GetReport(report, Elsewhere()));
  EXPECT_THAT(AuditEntries().back().private_part().risk_signs(),
              ElementsAre(audit::v1::NO_ASSIGNMENT, audit::v1::EMERGENCY_ACCESS));
  ASSERT_OK(GetReport(report, Caseworker()));
  EXPECT_THAT(AuditEntries().back().private_part().risk_signs(), ElementsAre(audit::v1::NO_ASSIGNMENT));
}

TEST_F(EmergencyAccessServiceTest, ManagersListThoseOfTheirUnitsChildrenAndAuditorsAll) {
  SubmitReport(kChildren[0]);
  const std::string moved = SubmitReport(kChildren[1]);
  ASSERT_OK(ChangeReport("ReportService/ForwardReport", moved, [&](ReportRecord record) {
    return MoveToUnit(std::move(record), kUngdomsenheten, "Åldern.", ActAt(now_));
  }));
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess first, Declare(ByNumber(kChildren[0])));
  now_ += absl::Minutes(1);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess second, Declare(ByNumber(kChildren[1]), Duty()));
  now_ += absl::Minutes(1);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess third, Declare(ByNumber(kChildren[0]), Duty()));
  const auth::Caller youth_manager = CallerOf(access::v1::UNIT_MANAGER, "u-bo", {"ungdomsenheten"});

  EXPECT_THAT(NamesIn(List(Auditor())), ElementsAre(third.name(), second.name(), first.name()));
  EXPECT_THAT(NamesIn(List(UnitManager())), ElementsAre(third.name(), first.name()));
  EXPECT_THAT(NamesIn(List(youth_manager)), ElementsAre(second.name()));
  const auto entry = AuditEntries().back();
  EXPECT_EQ(entry.action(), access::v1::SEARCH);
  EXPECT_THAT(entry.private_part().children(), ElementsAre(second.child()));

  const auto shown = List(Auditor());
  ASSERT_EQ(shown->emergency_accesses_size(), 3);
  EXPECT_EQ(shown->emergency_accesses(2).reason(), kReason);
  EXPECT_EQ(shown->emergency_accesses(2).declarer(), "u-omar");
  EXPECT_THAT(shown->emergency_accesses(2).reports(), IsEmpty());
  auth::Caller elsewhere = Auditor();
  elsewhere.authority = "hasselby-vallingby";
  EXPECT_THAT(List(elsewhere), StatusIs(kPermissionDenied, "NOT_YOUR_AUTHORITY"));
}

TEST_F(EmergencyAccessServiceTest, ThoseToReviewComeFirst) {
  SubmitReport(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess first, Declare(ByNumber(kChildren[0])));
  now_ += absl::Minutes(1);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess second, Declare(ByNumber(kChildren[0]), Duty()));
  now_ += absl::Minutes(1);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess third, Declare(ByNumber(kChildren[0]), Duty()));
  ASSERT_OK(Review(Finding(third.name())));
  EXPECT_THAT(NamesIn(List(Auditor())), ElementsAre(second.name(), first.name(), third.name()));
  EXPECT_THAT(NamesIn(List(Auditor(), v1::EmergencyAccess::REVIEWED)), ElementsAre(third.name()));
  EXPECT_THAT(NamesIn(List(Auditor(), v1::EmergencyAccess::UNREVIEWED)), ElementsAre(second.name(), first.name()));
  std::vector<std::string> paged;
  std::string token;
  do {
    const auto page = List(Auditor(), {}, 1, token);
    for (const std::string& name : NamesIn(page)) paged.push_back(name);
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(paged, ElementsAre(second.name(), first.name(), third.name()));
}

TEST_F(EmergencyAccessServiceTest, StandsInTheManagersWorklistUntilItIsReviewed) {
  SubmitReport(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess access, Declare(ByNumber(kChildren[0]), Duty()));
  const std::vector<v1::WorkItem> to_review = Work(UnitManager(), v1::WorkItem::REVIEW_EMERGENCY_ACCESS);
  ASSERT_THAT(to_review, SizeIs(1));
  EXPECT_EQ(to_review[0].resource(), access.name());
  EXPECT_THAT(to_review[0].to_do(), ElementsAre(v1::WorkItem::REVIEW_EMERGENCY_ACCESS));
  EXPECT_EQ(proto_time::FromProto(to_review[0].receive_time()), now_);
  EXPECT_THAT(Work(UnitManager()), SizeIs(2));
  // What a colleague has declared is the manager's to know.
  EXPECT_THAT(Work(Caseworker(), v1::WorkItem::REVIEW_EMERGENCY_ACCESS), IsEmpty());
  EXPECT_THAT(Work(Caseworker()), SizeIs(1));
  ASSERT_OK(Review(Finding(access.name())));
  EXPECT_THAT(Work(UnitManager(), v1::WorkItem::REVIEW_EMERGENCY_ACCESS), IsEmpty());
}

TEST_F(EmergencyAccessServiceTest, IsReviewedByAManagerOfTheChildsUnitWhoDidNotDeclareIt) {
  SubmitReport(kChildren[0]);
  auth::Caller manager = UnitManager();
  manager.subject = "u-bo";
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess access, Declare(ByNumber(kChildren[0]), manager));
  const auth::Caller youth_manager = CallerOf(access::v1::UNIT_MANAGER, "u-ada", {"ungdomsenheten"});
  auth::Caller elsewhere = UnitManager();
  elsewhere.authority = "hasselby-vallingby";
  const int64_t rows = StoredRows();
  EXPECT_THAT(Review(Finding(access.name()), manager), StatusIs(kPermissionDenied, "OWN_ACTION"));
  EXPECT_THAT(Review(Finding(access.name()), youth_manager), StatusIs(kNotFound, "EMERGENCY_ACCESS_NOT_FOUND"));
  const auto refused = Review(Finding(access.name()), elsewhere);
  EXPECT_THAT(refused, StatusIs(kNotFound, "EMERGENCY_ACCESS_NOT_FOUND"));
  EXPECT_EQ(status::HiddenOwner(refused.status()), "0180/skarholmen");
  EXPECT_THAT(Review(Finding("municipalities/0180/emergencyAccesses/01968f00-0000-7000-8000-00000000000f")),
              StatusIs(kNotFound, "EMERGENCY_ACCESS_NOT_FOUND"));
  EXPECT_THAT(Review(Finding(access.name(), "7")), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_EQ(StoredRows(), rows);

  const v1::ReviewEmergencyAccessRequest first = Finding(access.name());
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess reviewed, Review(first));
  EXPECT_EQ(reviewed.state(), v1::EmergencyAccess::REVIEWED);
  EXPECT_EQ(reviewed.reviews(0).reviewer(), "u-karin");
  EXPECT_EQ(reviewed.reviews(0).note(), "Journalen visar besöket på akuten.");
  EXPECT_EQ(reviewed.etag(), "2");
  EXPECT_EQ(Events().back().type(), "emergency_access.reviewed");
  EXPECT_EQ(AuditEntries().back().private_part().detail(), "emergency_access.reviewed");
  // Repeated, it is one review; a new one is a second.
  EXPECT_EQ(Review(first)->SerializeAsString(), reviewed.SerializeAsString());
  v1::ReviewEmergencyAccessRequest second = Finding(access.name(), "2");
  second.set_verdict(v1::EmergencyAccessReview::NOT_JUSTIFIED);
  ASSERT_OK_AND_ASSIGN(const v1::EmergencyAccess again, Review(second));
  ASSERT_THAT(again.reviews(), SizeIs(2));
  EXPECT_EQ(again.reviews(0).verdict(), v1::EmergencyAccessReview::JUSTIFIED);
  EXPECT_EQ(again.reviews(1).verdict(), v1::EmergencyAccessReview::NOT_JUSTIFIED);
}

TEST_F(EmergencyAccessServiceTest, OfAChildWhoseIdentityIsProtectedItOpensNoWhereabouts) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK(Declare(ByNumber(kChildren[0])));
  EXPECT_EQ(GetReport(report, Elsewhere())->unit(), kBarnenheten);
  ASSERT_OK(database_.Execute("UPDATE intake.report SET identity_protected = true"));
  ASSERT_OK_AND_ASSIGN(const v1::Report shown, GetReport(report, Elsewhere()));
  EXPECT_EQ(shown.unit(), "");
  EXPECT_FALSE(shown.submission().has_contact_person() && !shown.submission().contact_person().function().empty());
  EXPECT_THAT(shown.withheld(), SizeIs(2));
  EXPECT_THAT(AuditEntries().back().private_part().actor().units(), IsEmpty());
  ASSERT_OK(Declare(ByNumber(kChildren[0])));
  EXPECT_THAT(AuditEntries().back().private_part().actor().units(), IsEmpty());
}

}  // namespace
}  // namespace samverkan::intake::testing
