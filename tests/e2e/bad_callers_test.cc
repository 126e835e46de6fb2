// Callers who are not who they say, or who ask for what is not theirs.

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/auth/development_key.h"
#include "libs/auth/token_signer.h"
#include "libs/auth/token_verifier.h"
#include "tests/e2e/refusal_fixture.h"

namespace samverkan::tests {
namespace {

class BadCallersTest : public RefusalTest {
 protected:
  // The token lets nobody see a report that is there.
  void ExpectUnauthenticated(const std::string& reason, const std::string& token) {
    SCOPED_TRACE(reason);
    intake::v1::GetReportRequest request;
    request.set_name(report_);
    ExpectTokenRefused({absl::StatusCode::kUnauthenticated, reason}, Caseworker(), token, &Reports::GetReport, request);
    ExpectTokenRefused({absl::StatusCode::kUnauthenticated, reason}, Caseworker(), token, &Reports::SubmitReport,
                       SchoolReport());
    const std::string claims = good_.substr(good_.find('.') + 1, 40);
    EXPECT_EQ(set_.LogOf(ServiceSet::kIntake).find(claims), std::string::npos) << "the log holds a token";
  }

  auth::Caller Bearer() const {
    auth::Caller caller = Caseworker();
    caller.expires = set_.Now() + absl::Minutes(10);
    return caller;
  }

  std::string Sign(const auth::TokenSigner& signer, const auth::Caller& caller, std::string_view issuer,
                   std::string_view audience) const {
    return signer.Sign(caller, set_.Now(), issuer, audience, set_.ThumbprintOf(caller));
  }

  const std::string report_ = Submit();
  const std::string good_ = set_.TokenOf(Caseworker());
};

TEST_F(BadCallersTest, TruncatedToken) {
  const size_t last = good_.rfind('.');
  ExpectUnauthenticated("TOKEN_MALFORMED", good_.substr(0, last));
  ExpectUnauthenticated("TOKEN_SIGNATURE", good_.substr(0, last + 1) + good_.substr(last + 5));
  ExpectUnauthenticated("TOKEN_MISSING", "");
}

TEST_F(BadCallersTest, ForgedToken) {
  const size_t first = good_.find('.');
  const size_t last = good_.rfind('.');
  std::string payload;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(good_.substr(first + 1, last - first - 1), &payload));
  const size_t place = payload.find("CASEWORKER");
  ASSERT_NE(place, std::string::npos);
  payload.replace(place, std::string("CASEWORKER").size(), "UNIT_MANAGER");
  const std::string claims = absl::WebSafeBase64Escape(payload);
  ExpectUnauthenticated("TOKEN_SIGNATURE", absl::StrCat(good_.substr(0, first + 1), claims, good_.substr(last)));
}

TEST_F(BadCallersTest, TokenWithoutSignature) {
  const size_t first = good_.find('.');
  const std::string header = absl::WebSafeBase64Escape(R"({"alg":"none","typ":"JWT"})");
  const std::string unsigned_token = header + good_.substr(first, good_.rfind('.') - first + 1);
  ExpectUnauthenticated("TOKEN_ALGORITHM", unsigned_token);
}

TEST_F(BadCallersTest, TokenOfAnotherKey) {
  ASSERT_OK_AND_ASSIGN(const auto other, auth::TokenSigner::Generate(auth::TokenSigner::Algorithm::kEs256));
  ExpectUnauthenticated("TOKEN_SIGNATURE", Sign(other, Bearer(), auth::kDevelopmentIssuer, auth::kAudience));
}

TEST_F(BadCallersTest, TokenForAnotherAudienceOrOfAnotherIssuer) {
  ExpectUnauthenticated("TOKEN_AUDIENCE", Sign(set_.signer(), Bearer(), auth::kDevelopmentIssuer, "journalen"));
  ExpectUnauthenticated("TOKEN_ISSUER", Sign(set_.signer(), Bearer(), "nobody", auth::kAudience));
}

TEST_F(BadCallersTest, TokenOutOfItsTime) {
  auth::Caller caller = Caseworker();
  caller.expires = set_.Now() - absl::Minutes(2);
  const std::string thumbprint = set_.ThumbprintOf(caller);
  ExpectUnauthenticated("TOKEN_EXPIRED", set_.signer().Sign(caller, set_.Now() - absl::Hours(1),
                                                            auth::kDevelopmentIssuer, auth::kAudience, thumbprint));
  caller.expires = set_.Now() + absl::Hours(2);
  ExpectUnauthenticated(
      "TOKEN_NOT_YET_VALID",
      set_.signer().Sign(caller, set_.Now() + absl::Hours(1), auth::kDevelopmentIssuer, auth::kAudience, thumbprint));
}

// By belonging to another municipality, authority or unit. What is there and what is not
// get the same answer.
TEST_F(BadCallersTest, ReadingWhatIsAnothers) {
  const std::string investigation = Investigate(false).name();
  const std::string nowhere = "municipalities/0180/reports/0198b7a0-0000-7000-8000-000000000000";
  for (const auth::Caller& caller : {OtherTown(), OtherBoard(), YouthCaseworker()}) {
    SCOPED_TRACE(caller.subject);
    intake::v1::GetReportRequest report;
    report.set_name(report_);
    ExpectRefused(Hidden("REPORT"), caller, &Reports::GetReport, report);
    const std::string there = client_.As(caller, &Reports::GetReport, report).wire;
    report.set_name(nowhere);
    EXPECT_EQ(client_.As(caller, &Reports::GetReport, report).wire, there);
    intake::v1::ExportDecisionsRequest decisions;
    decisions.set_name(report_);
    ExpectRefused(Hidden("REPORT"), caller, &Decisions::ExportDecisions, decisions);
    intake::v1::GetInvestigationRequest get;
    get.set_name(investigation);
    ExpectRefused(Hidden("INVESTIGATION"), caller, &Investigations::GetInvestigation, get);
    intake::v1::GetReportMeetingRequest meeting;
    meeting.set_name(report_ + "/meeting");
    ExpectRefused(Hidden("REPORT"), caller, &Meetings::GetReportMeeting, meeting);
    intake::v1::ListFeedbackRequest feedback;
    feedback.set_parent(report_);
    ExpectRefused(Hidden("REPORT"), caller, &FeedbackCalls::ListFeedback, feedback);
    intake::v1::ListWorkItemsRequest work;
    work.set_parent(kReceptionUnit);
    ExpectRefused(Hidden("UNIT"), caller, &Reports::ListWorkItems, work);
    intake::v1::SupplementReportRequest supplement;
    supplement.set_name(report_);
    supplement.set_request_id(NewRequestId());
    supplement.set_text("Mer om barnet.");
    ExpectRefused(Hidden("REPORT"), caller, &Reports::SupplementReport, supplement);
  }
}

TEST_F(BadCallersTest, ReadingWhatAnotherSchoolSent) {
  intake::v1::GetReportRequest report;
  report.set_name(report_);
  ExpectRefused(Hidden("REPORT"), OtherPrincipal(), &Reports::GetReport, report);
  intake::v1::RequestFeedbackRequest feedback;
  feedback.set_parent(report_);
  feedback.set_request_id(NewRequestId());
  ExpectRefused(Hidden("REPORT"), OtherPrincipal(), &FeedbackCalls::RequestFeedback, feedback);
}

TEST_F(BadCallersTest, ListsShowNothingOfOthers) {
  intake::v1::ListReportsRequest reports;
  reports.set_parent(kMunicipality);
  intake::v1::ListInvestigationsRequest investigations;
  investigations.set_parent(kMunicipality);
  intake::v1::ListFeedbackRequest feedback;
  feedback.set_parent(kMunicipality);
  for (const auth::Caller& caller : {OtherBoard(), YouthCaseworker()}) {
    SCOPED_TRACE(caller.subject);
    const auto shown = Do(caller, &Reports::ListReports, reports);
    EXPECT_EQ(shown.reports_size(), 0);
    EXPECT_EQ(shown.next_page_token(), "");
    EXPECT_EQ(Do(caller, &Investigations::ListInvestigations, investigations).investigations_size(), 0);
    EXPECT_EQ(Do(caller, &FeedbackCalls::ListFeedback, feedback).feedback_size(), 0);
  }
  ExpectRefused(Hidden("REPORT"), OtherTown(), &Reports::ListReports, reports);
  ExpectRefused(Hidden("INVESTIGATION"), OtherTown(), &Investigations::ListInvestigations, investigations);
  ExpectRefused(Hidden("REPORT"), OtherTown(), &FeedbackCalls::ListFeedback, feedback);
}

// Changing what one may not know of is hidden too, with a right and with a wrong etag.
TEST_F(BadCallersTest, ChangingWhatIsAnothers) {
  const intake::v1::Report report = Get(report_);
  for (const std::string& etag : {report.etag(), std::string("stale")}) {
    intake::v1::RecordProtectionAssessmentRequest assess;
    assess.set_name(report_);
    assess.set_request_id(NewRequestId());
    assess.set_etag(etag);
    assess.set_need(intake::v1::NO_IMMEDIATE_PROTECTION);
    assess.set_reasons("Barnet är tryggt i dag.");
    ExpectRefused(Hidden("REPORT"), YouthCaseworker(), &Assessments::RecordProtectionAssessment, assess);
    intake::v1::HoldReportRequest hold;
    hold.set_name(report_);
    hold.set_request_id(NewRequestId());
    hold.set_etag(etag);
    hold.set_reason("Misstanke om våld.");
    ExpectRefused(Hidden("REPORT"), OtherTown(), &Reports::HoldReport, hold);
  }
}

// The sender may know of the report, and still not handle it.
TEST_F(BadCallersTest, ReceivingForAnotherAuthority) {
  intake::v1::ReceiveReportRequest request;
  request.set_parent("municipalities/0180/authorities/hasselby-vallingby");
  request.set_request_id(NewRequestId());
  *request.mutable_submission() = SchoolReport().submission();
  ExpectRefused({absl::StatusCode::kPermissionDenied, "NOT_YOUR_AUTHORITY", {}, true}, Reception(),
                &Reports::ReceiveReport, request);
}

TEST_F(BadCallersTest, RequestIdWithOtherContent) {
  const Refusal reused = {absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"};
  intake::v1::SubmitReportRequest submit = SchoolReport();
  Do(Principal(), &Reports::SubmitReport, submit);
  submit.mutable_submission()->mutable_concern()->set_tried("Något annat.");
  ExpectRefused(reused, Principal(), &Reports::SubmitReport, submit);
  intake::v1::SupplementReportRequest supplement;
  supplement.set_name(report_);
  supplement.set_request_id(NewRequestId());
  supplement.set_text("Mer om barnet.");
  Do(Principal(), &Reports::SupplementReport, supplement);
  supplement.set_text("Något annat om barnet.");
  ExpectRefused(reused, Principal(), &Reports::SupplementReport, supplement);
}

TEST_F(BadCallersTest, StaleEtag) {
  const intake::v1::Report first = Get(report_);
  Assess(report_);
  for (const std::string& etag : {first.etag(), std::string("Zebulonsson"), std::string("99999999999999999999")}) {
    intake::v1::DecideReportRequest decide;
    decide.set_name(report_);
    decide.set_request_id(NewRequestId());
    decide.set_etag(etag);
    decide.set_outcome(intake::v1::Decision::NOT_OPENED);
    decide.set_reasons("Ingen oro.");
    ExpectRefused({absl::StatusCode::kAborted, "ETAG_MISMATCH"}, Caseworker(), &Assessments::DecideReport, decide);
  }
}

TEST_F(BadCallersTest, PageTokenThatWasNotGivenForThis) {
  const Refusal invalid = {absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID", {"page_token"}};
  Submit();
  intake::v1::ListReportsRequest request;
  request.set_parent(kMunicipality);
  request.set_page_size(1);
  const std::string token = Do(Caseworker(), &Reports::ListReports, request).next_page_token();
  ASSERT_NE(token, "");
  std::string forged = token;
  forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {forged, token.substr(0, token.size() - 4), token + "AAAA", std::string("1"),
                                 std::string("Zebulonsson"), std::string(5000, 'A')}) {
    request.set_page_token(bad);
    ExpectRefused(invalid, Caseworker(), &Reports::ListReports, request);
  }
  request.set_page_token(token);
  for (const auth::Caller& caller : {Reception(), OtherTown(), Principal()}) {
    ExpectRefused(invalid, caller, &Reports::ListReports, request);
  }
  request.set_child("0198b7a0-0000-7000-8000-000000000000");
  ExpectRefused(invalid, Caseworker(), &Reports::ListReports, request);
  intake::v1::ListInvestigationsRequest other_method;
  other_method.set_parent(kMunicipality);
  other_method.set_page_token(token);
  ExpectRefused(invalid, Caseworker(), &Investigations::ListInvestigations, other_method);
}

TEST_F(BadCallersTest, EventsAndAuditAreForTheirRoles) {
  ExpectRefused({absl::StatusCode::kPermissionDenied, "ROLE_MISSING", {}, true}, Caseworker(), &Events::ListEvents,
                events::v1::ListEventsRequest());
  audit::v1::SearchEntriesRequest search;
  search.set_resource(report_);
  ExpectRefused({absl::StatusCode::kPermissionDenied, "ROLE_MISSING", {}, true}, Caseworker(), &Audit::SearchEntries,
                search);
}

TEST_F(BadCallersTest, ExtractsAreForTheirRoles) {
  const Refusal refusal{absl::StatusCode::kPermissionDenied, "ROLE_MISSING", {}, true};
  ExpectRefused(refusal, Caseworker(), &Extracts::ExtractChild, intake::v1::ExtractChildRequest());
  ExpectRefused(refusal, Principal(), &Extracts::ListHiddenResources, intake::v1::ListHiddenResourcesRequest());
  ExpectRefused(refusal, ReceptionManager(), &LogExtracts::ExtractEntries, audit::v1::ExtractEntriesRequest());
}

}  // namespace
}  // namespace samverkan::tests
