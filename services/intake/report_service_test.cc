#include "services/intake/report_service.h"

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "prometheus/registry.h"
#include "services/intake/assessment_service.h"
#include "services/intake/consultation_store.h"
#include "services/intake/deadline_sweeper.h"
#include "services/intake/disclosures.h"
#include "services/intake/feedback_service.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/report_meeting_service.h"

namespace samverkan::intake {
namespace {

using ::samverkan::testing::StatusIs;
using testing::At;
using testing::CallerOf;
using testing::CallOf;
using testing::Caseworker;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using testing::kBarnenheten;
using testing::kChildren;
using testing::kHasselbyVallingby;
using testing::kSkarholmen;
using testing::NewRequestId;
using testing::Reporter;
using testing::SchoolSubmission;
using ::testing::SizeIs;
using testing::UnitManager;

// Nobody answers there: nothing here needs a decision of the consent service.
Disclosures NoDisclosures() {
  return Disclosures(grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials()));
}

auth::Caller Reception() { return CallerOf(access::v1::RECEPTION, "u-annika", {"mottagningsenheten"}); }

class ReportServiceTest : public testing::IntakeTest {
 protected:
  v1::SubmitReportRequest SubmitRequest(std::string_view child, bool feedback_wanted = false) {
    v1::SubmitReportRequest request;
    request.set_parent(kSkarholmen);
    request.set_request_id(NewRequestId());
    *request.mutable_submission() = SchoolSubmission(child, feedback_wanted);
    return request;
  }

  absl::StatusOr<v1::SubmitReportResponse> Submit(const v1::SubmitReportRequest& request,
                                                  const auth::Caller& caller = Reporter()) {
    return service_.SubmitReport(CallOf(caller, "ReportService/SubmitReport", now_), request);
  }

  // Submits as the school, and returns the report's name.
  std::string Submitted(std::string_view child, bool feedback_wanted = false) {
    const auto response = Submit(SubmitRequest(child, feedback_wanted));
    EXPECT_OK(response);
    return response.ok() ? response->reports(0).name() : std::string();
  }

  absl::StatusOr<v1::Report> Get(const std::string& name, const auth::Caller& caller) {
    v1::GetReportRequest request;
    request.set_name(name);
    return service_.GetReport(CallOf(caller, "ReportService/GetReport", now_), request);
  }

  std::string EtagOf(const std::string& name) { return Get(name, Reception())->etag(); }

  absl::StatusOr<v1::ReceiveReportResponse> Receive(const v1::Submission& submission, absl::Time received) {
    v1::ReceiveReportRequest request;
    request.set_parent(kSkarholmen);
    request.set_request_id(NewRequestId());
    *request.mutable_submission() = submission;
    *request.mutable_receive_time() = proto_time::ToProto(received);
    return service_.ReceiveReport(CallOf(Reception(), "ReportService/ReceiveReport", now_), request);
  }

  absl::StatusOr<v1::ForwardReportResponse> ForwardTo(const std::string& name, const std::string& destination) {
    v1::ForwardReportRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag(EtagOf(name));
    request.set_destination(destination);
    request.set_reason("Familjen bor i en annan stadsdel.");
    return service_.ForwardReport(CallOf(Reception(), "ReportService/ForwardReport", now_), request);
  }

  absl::StatusOr<v1::ListWorkItemsResponse> Work(v1::WorkItem::ToDo to_do, const auth::Caller& caller = Reception()) {
    v1::ListWorkItemsRequest request;
    request.set_parent("municipalities/0180/units/mottagningsenheten");
    request.set_to_do(to_do);
    return service_.ListWorkItems(CallOf(caller, "ReportService/ListWorkItems", now_), request);
  }

  std::vector<std::string> Resources(const absl::StatusOr<v1::ListWorkItemsResponse>& work) {
    EXPECT_OK(work);
    std::vector<std::string> resources;
    for (const auto& item : work->items()) resources.push_back(item.resource());
    return resources;
  }

  int64_t StoredRows() {
    return Count(
        "SELECT (SELECT count(*) FROM intake.report) + (SELECT count(*) FROM intake.deadline)"
        " + (SELECT count(*) FROM intake.request) + (SELECT count(*) FROM intake.event)"
        " + (SELECT count(*) FROM intake.child)");
  }

  ConsultationStore consultations_{store_parts()};
  const ReportService service_{*reports_, consultations_, parts()};
};

TEST_F(ReportServiceTest, SenderSeesItsSubmissionAndNothingOfTheHandling) {
  const auto response = Submit(SubmitRequest(kChildren[0]));
  ASSERT_OK(response);
  for (const v1::Report& shown : {response->reports(0), *Get(response->reports(0).name(), Reporter())}) {
    EXPECT_EQ(shown.submission().concern().what(), "Kommer ofta hungrig till skolan.");
    EXPECT_EQ(shown.state(), v1::Report::STATE_UNSPECIFIED);
    EXPECT_THAT(shown.child(), IsEmpty());
    EXPECT_THAT(shown.unit(), IsEmpty());
    EXPECT_THAT(shown.etag(), IsEmpty());
    EXPECT_THAT(shown.deadlines(), IsEmpty());
  }
}

TEST_F(ReportServiceTest, SubmissionStartsItsClocksAndTellsOfItself) {
  const std::string name = Submitted(kChildren[0]);
  const v1::Report report = *Get(name, Reception());
  ASSERT_THAT(report.deadlines(), SizeIs(2));
  EXPECT_EQ(report.deadlines(0).clock(), "decision_to_open");
  EXPECT_EQ(report.deadlines(0).due_date(), "2026-03-24");
  EXPECT_EQ(report.deadlines(1).clock(), "protection_assessment");
  EXPECT_EQ(report.deadlines(1).due_date(), "2026-03-10");
  ASSERT_THAT(Events(), SizeIs(1));
  EXPECT_EQ(Events()[0].type(), "report.received");
  EXPECT_EQ(Events()[0].resource(), name);
  // The submission's entry names the child though only the database knew its reference.
  EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM intake.audit_entry WHERE children = ARRAY['", report.child(),
                               "'::uuid]")),
            1);
}

TEST_F(ReportServiceTest, SiblingsAreLinkedReportsOfTheirOwn) {
  v1::SubmitReportRequest request = SubmitRequest(kChildren[0]);
  request.add_siblings()->set_identity_number(std::string(kChildren[1]));
  request.add_siblings()->set_description("Yngsta syskonet, omkring fem år.");
  const auto response = Submit(request);
  ASSERT_OK(response);
  ASSERT_THAT(response->reports(), SizeIs(3));
  const v1::Report first = *Get(response->reports(0).name(), Reception());
  EXPECT_THAT(first.sibling_reports(),
              ::testing::UnorderedElementsAre(response->reports(1).name(), response->reports(2).name()));
  EXPECT_NE(first.child(), Get(response->reports(1).name(), Reception())->child());
}

TEST_F(ReportServiceTest, TheSameChildTwiceInOneSubmissionIsRefused) {
  v1::SubmitReportRequest request = SubmitRequest(kChildren[0]);
  request.add_siblings()->set_identity_number(std::string(kChildren[0]));
  const auto refused = Submit(request);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("siblings[0].identity_number"));
  EXPECT_EQ(StoredRows(), 0);
}

TEST_F(ReportServiceTest, ASecondReportIsLinkedToTheFirstAndNotMerged) {
  const std::string first = Submitted(kChildren[0]);
  // The same child, its number written in another form.
  const std::string second = Submitted("080121-2390");
  const v1::Report shown = *Get(second, Reception());
  EXPECT_THAT(shown.linked_reports(), ElementsAre(first));
  EXPECT_EQ(shown.child(), Get(first, Reception())->child());
  EXPECT_NE(first, second);
}

TEST_F(ReportServiceTest, ARepeatedSubmissionMakesNothingNew) {
  const v1::SubmitReportRequest request = SubmitRequest(kChildren[0]);
  const std::string name = Submit(request)->reports(0).name();
  const int64_t rows = StoredRows();
  EXPECT_EQ(Submit(request)->reports(0).name(), name);
  EXPECT_EQ(StoredRows(), rows);
}

TEST_F(ReportServiceTest, ARequestIdWithOtherContentIsRefused) {
  v1::SubmitReportRequest request = SubmitRequest(kChildren[0]);
  ASSERT_OK(Submit(request));
  const int64_t rows = StoredRows();
  request.mutable_submission()->mutable_concern()->set_what("Något annat.");
  EXPECT_THAT(Submit(request), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
  EXPECT_EQ(StoredRows(), rows);
}

// What waits is stored by one statement: with each other's children, and the same request
// several times, nobody gets another's report and nothing is stored twice.
TEST_F(ReportServiceTest, SubmissionsThatAreStoredTogetherAreStoredEachAsIfAlone) {
  constexpr int kRequests = 40;
  std::vector<v1::SubmitReportRequest> requests;
  for (int i = 0; i < kRequests; ++i) {
    v1::SubmitReportRequest request = SubmitRequest(kChildren[i % 6], i % 3 == 0);
    if (i % 4 == 0) *request.add_siblings() = SchoolSubmission(kChildren[(i + 1) % 6]).child();
    if (i % 4 == 1) *request.add_siblings() = SchoolSubmission(kChildren[(i + 5) % 6]).child();
    requests.push_back(request);
  }
  std::vector<absl::StatusOr<v1::SubmitReportResponse>> first(kRequests), second(kRequests), other(kRequests);
  std::vector<std::thread> threads;
  for (int i = 0; i < kRequests; ++i) {
    threads.emplace_back([&, i] { first[i] = Submit(requests[i]); });
    threads.emplace_back([&, i] { second[i] = Submit(requests[i]); });
    threads.emplace_back([&, i] {
      v1::SubmitReportRequest changed = requests[i];
      changed.mutable_submission()->mutable_concern()->set_what("Något helt annat.");
      other[i] = Submit(changed);
    });
  }
  for (std::thread& thread : threads) thread.join();
  int64_t stored = 0;
  std::set<std::string> names;
  for (int i = 0; i < kRequests; ++i) {
    // Either content may have come first; the other one is refused.
    const bool changed_came_first = other[i].ok();
    const auto& made = changed_came_first ? other[i] : first[i];
    ASSERT_OK(made);
    ASSERT_EQ(made->reports_size(), requests[i].siblings_size() + 1);
    EXPECT_EQ(made->reports(0).submission().child().identity_number(),
              requests[i].submission().child().identity_number());
    for (const auto& report : made->reports()) EXPECT_TRUE(names.insert(report.name()).second);
    stored += made->reports_size();
    if (changed_came_first) {
      EXPECT_THAT(first[i], StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
      EXPECT_THAT(second[i], StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
    } else {
      EXPECT_THAT(other[i], StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
      ASSERT_OK(second[i]);
      EXPECT_EQ(second[i]->reports(0).name(), first[i]->reports(0).name());
    }
  }
  EXPECT_EQ(Count("SELECT count(*) FROM intake.report"), stored);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.request"), kRequests);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.child"), 6);
  EXPECT_EQ(Count("SELECT count(DISTINCT child) FROM intake.report"), 6);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.event"), stored);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.deadline"), 2 * stored);
  EXPECT_EQ(Count("SELECT sum(cardinality(children)) FROM intake.audit_entry WHERE children <> '{}'"), stored);
}

TEST_F(ReportServiceTest, SelfServiceNamesEveryBadFieldAndWhereToCall) {
  v1::SubmitReportRequest request;
  request.set_parent(kSkarholmen);
  request.set_request_id(NewRequestId());
  request.mutable_submission()->mutable_reporter()->set_category("school");
  request.mutable_submission()->mutable_reporter()->set_anonymous(true);
  request.mutable_submission()->mutable_child()->set_identity_number("200801212391");
  const auto refused = Submit(request);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"));
  EXPECT_THAT(status::InvalidFields(refused.status()),
              IsSupersetOf({"submission.kind", "submission.form", "submission.reporter.person_name",
                            "submission.contact_person.function", "submission.child.identity_number",
                            "submission.guardians_told", "submission.concern.what"}));
  EXPECT_TRUE(refused.status().GetPayload("type.googleapis.com/google.rpc.Help").has_value());
  EXPECT_EQ(refused.status().ToString().find("200801212391"), std::string::npos);
  EXPECT_EQ(StoredRows(), 0);
}

TEST_F(ReportServiceTest, AnUnknownConsultationIsRefused) {
  v1::SubmitReportRequest request = SubmitRequest(kChildren[0]);
  request.mutable_submission()->set_consultation(
      "municipalities/0180/consultations/01968f00-0000-7000-8000-00000000000f");
  EXPECT_THAT(status::InvalidFields(Submit(request).status()), ElementsAre("submission.consultation"));
}

TEST_F(ReportServiceTest, ReceptionStoresWhatAPersonCanHaveReceivedAndFlagsIt) {
  v1::Submission submission;
  submission.mutable_reporter()->set_category("school");
  submission.mutable_reporter()->set_anonymous(true);
  const auto response = Receive(submission, now_ - absl::Hours(1));
  ASSERT_OK(response);
  EXPECT_THAT(response->reports(0).formal_faults(),
              IsSupersetOf({"MANDATED_REPORTER_ANONYMOUS", "CHILD_UNKNOWN", "GUARDIANS_NOT_TOLD", "CONCERN_MISSING"}));
  EXPECT_EQ(response->reports(0).state(), v1::Report::RECEIVED);
}

TEST_F(ReportServiceTest, ReceptionIsRefusedWhatIsTechnicallyBroken) {
  EXPECT_THAT(status::InvalidFields(Receive(SchoolSubmission(kChildren[0]), now_ + absl::Hours(1)).status()),
              ElementsAre("receive_time"));
  v1::Submission too_long = SchoolSubmission(kChildren[0]);
  too_long.mutable_concern()->set_what(std::string(20'001, 'x'));
  EXPECT_THAT(status::InvalidFields(Receive(too_long, now_).status()), ElementsAre("submission.concern.what"));
  EXPECT_EQ(StoredRows(), 0);
}

TEST_F(ReportServiceTest, AReportTakesTheLawOfTheDayItWasReceived) {
  const auto old_law = Receive(SchoolSubmission(kChildren[0]), At(absl::CivilDay(2025, 6, 20)));
  const auto new_law = Receive(SchoolSubmission(kChildren[1]), At(absl::CivilDay(2025, 7, 10)));
  EXPECT_EQ(old_law->reports(0).deadlines(0).legal_basis(), "SoL 2001:453 11:1 a 2 st");
  EXPECT_EQ(new_law->reports(0).deadlines(0).legal_basis(), "SoL 2025:400 20:2");
}

TEST_F(ReportServiceTest, OthersMayNotKnowThatAReportExists) {
  const std::string name = Submitted(kChildren[0]);
  auth::Caller other_unit = Caseworker();
  auth::Caller other_authority = Reception();
  other_authority.authority = "hasselby-vallingby";
  auth::Caller other_municipality = Reception();
  other_municipality.municipality = "0127";
  auth::Caller other_school = Reporter();
  other_school.units = {"satraskolan"};
  for (const auth::Caller& caller : {other_unit, other_authority, other_municipality, other_school}) {
    const auto refused = Get(name, caller);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND")) << caller.authority;
    EXPECT_TRUE(status::IsHidden(refused.status()));
  }
  EXPECT_THAT(Get("municipalities/0180/reports/01968f00-0000-7000-8000-00000000000f", Reception()),
              StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
}

TEST_F(ReportServiceTest, EveryReadLeavesItsEntryBeforeTheAnswer) {
  const std::string name = Submitted(kChildren[0]);
  const size_t before = AuditEntries().size();
  ASSERT_OK(Get(name, Reception()));
  const auto entries = AuditEntries();
  ASSERT_EQ(entries.size(), before + 1);
  EXPECT_EQ(entries.back().method(), "samverkan.intake.v1.ReportService/GetReport");
  EXPECT_EQ(entries.back().private_part().actor().subject(), "u-annika");
  EXPECT_THAT(entries.back().private_part().resources(), ElementsAre(name));
  EXPECT_THAT(entries.back().private_part().children(), ElementsAre(Get(name, Reception())->child()));
}

TEST_F(ReportServiceTest, AnAssignedCaseworkerOfAnotherUnitSeesTheReport) {
  const std::string name = Submitted(kChildren[0]);
  v1::AssignReportRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  request.set_etag(EtagOf(name));
  request.set_assignee(Caseworker().subject);
  ASSERT_OK(service_.AssignReport(CallOf(Reception(), "ReportService/AssignReport", now_), request));
  EXPECT_OK(Get(name, Caseworker()));
}

TEST_F(ReportServiceTest, AStaleEtagChangesNothing) {
  const std::string name = Submitted(kChildren[0]);
  const std::string stale = EtagOf(name);
  v1::HoldReportRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  request.set_etag(stale);
  request.set_reason("Barnet har berättat om slag.");
  ASSERT_OK(service_.HoldReport(CallOf(Reception(), "ReportService/HoldReport", now_), request));
  const int64_t rows = StoredRows();
  request.set_request_id(NewRequestId());
  EXPECT_THAT(service_.HoldReport(CallOf(Reception(), "ReportService/HoldReport", now_), request),
              StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_EQ(StoredRows(), rows);
}

TEST_F(ReportServiceTest, AForwardedReportKeepsItsTimeOfFirstReceipt) {
  const std::string name = Submitted(kChildren[0]);
  const absl::Time received = now_;
  now_ += absl::Hours(48);
  const auto forwarded = ForwardTo(name, kHasselbyVallingby);
  ASSERT_OK(forwarded);
  EXPECT_EQ(forwarded->report().state(), v1::Report::FORWARDED);
  for (const auto& deadline : forwarded->report().deadlines()) EXPECT_EQ(deadline.state(), v1::Deadline::ENDED);
  auth::Caller there = CallerOf(access::v1::RECEPTION, "u-nils", {"mottagningsgruppen-hasselby-vallingby"});
  there.authority = "hasselby-vallingby";
  const auto moved = Get(forwarded->forwarded_report(), there);
  ASSERT_OK(moved);
  EXPECT_EQ(proto_time::FromProto(moved->first_receive_time()), received);
  EXPECT_EQ(proto_time::FromProto(moved->receive_time()), now_);
  EXPECT_EQ(moved->deadlines(0).due_date(), "2026-03-24");
  // The sender still sees it there; the first receiver does not.
  EXPECT_OK(Get(forwarded->forwarded_report(), Reporter()));
  EXPECT_THAT(Get(forwarded->forwarded_report(), Reception()), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ReportServiceTest, ForwardingTakesHoldClocksAndWhatTheSenderAskedForAlong) {
  const std::string name = Submitted(kChildren[0], /*feedback_wanted=*/true);
  v1::HoldReportRequest hold;
  hold.set_name(name);
  hold.set_request_id(NewRequestId());
  hold.set_etag(EtagOf(name));
  hold.set_reason("Barnet har berättat om slag.");
  ASSERT_OK(service_.HoldReport(CallOf(Reception(), "ReportService/HoldReport", now_), hold));
  const AssessmentService assessments(*reports_, parts());
  v1::RecordProtectionAssessmentRequest assessment;
  assessment.set_name(name);
  assessment.set_request_id(NewRequestId());
  assessment.set_etag(EtagOf(name));
  assessment.set_need(v1::NO_IMMEDIATE_PROTECTION);
  assessment.set_reasons("Barnet är tryggt i skolan.");
  ASSERT_OK(assessments.RecordProtectionAssessment(
      CallOf(Reception(), "AssessmentService/RecordProtectionAssessment", now_), assessment));
  now_ += absl::Hours(48);
  const auto forwarded = ForwardTo(name, kHasselbyVallingby);
  ASSERT_OK(forwarded);
  auth::Caller there = CallerOf(access::v1::RECEPTION, "u-nils", {"mottagningsgruppen-hasselby-vallingby"});
  there.authority = "hasselby-vallingby";
  const v1::Report moved = *Get(forwarded->forwarded_report(), there);
  EXPECT_TRUE(moved.has_hold());
  EXPECT_EQ(moved.hold().reason().find("slag"), std::string::npos);
  std::map<std::string, v1::Deadline::State> states;
  for (const auto& deadline : moved.deadlines()) states[deadline.clock()] = deadline.state();
  EXPECT_EQ(states["protection_assessment"], v1::Deadline::MET);
  EXPECT_EQ(states["decision_to_open"], v1::Deadline::PENDING);
  EXPECT_EQ(states["hold_review"], v1::Deadline::PENDING);
  // The sender is led on, and its wish for feedback goes along.
  EXPECT_EQ(Get(name, Reporter())->forwarding().report(), forwarded->forwarded_report());
  const Disclosures disclosures = NoDisclosures();
  const FeedbackService feedback(*reports_, disclosures, parts());
  v1::ListFeedbackRequest request;
  request.set_parent("municipalities/0180");
  const auto asked = feedback.ListFeedback(CallOf(Reporter(), "FeedbackService/ListFeedback", now_), request);
  ASSERT_THAT(asked->feedback(), SizeIs(1));
  EXPECT_EQ(asked->feedback(0).name(), forwarded->forwarded_report() + "/feedback");
}

TEST_F(ReportServiceTest, AReportGoesOnlyToAUnitThatHandlesCases) {
  const std::string name = Submitted(kChildren[0]);
  for (const char* const destination :
       {"municipalities/0180/units/polisen-skarholmen", "municipalities/0180/units/bredangsskolan",
        "municipalities/0180/units/parkleken-trissan", "municipalities/0180/authorities/utbildningsnamnden"}) {
    EXPECT_THAT(status::InvalidFields(ForwardTo(name, destination).status()), ElementsAre("destination"))
        << destination;
  }
  EXPECT_EQ(Get(name, Reception())->state(), v1::Report::RECEIVED);
}

TEST_F(ReportServiceTest, ListsOverSeveralAuthoritiesAreRecordedForEach) {
  Submitted(kChildren[0]);
  v1::SubmitReportRequest elsewhere = SubmitRequest(kChildren[1]);
  elsewhere.set_parent(kHasselbyVallingby);
  ASSERT_OK(Submit(elsewhere));
  const size_t before = AuditEntries().size();
  v1::ListReportsRequest request;
  request.set_parent("municipalities/0180");
  ASSERT_OK(service_.ListReports(CallOf(Reporter(), "ReportService/ListReports", now_), request));
  const auto entries = AuditEntries();
  ASSERT_EQ(entries.size(), before + 2);
  std::set<std::string> authorities;
  for (size_t i = before; i < entries.size(); ++i) {
    authorities.insert(entries[i].authority());
    EXPECT_THAT(entries[i].private_part().children(), SizeIs(1));
  }
  EXPECT_THAT(authorities, ElementsAre("hasselby-vallingby", "skarholmen"));
}

TEST_F(ReportServiceTest, AReceptionWithoutTheUnitIsToldThatItsEntryStands) {
  auth::Caller without_unit = Reception();
  without_unit.units.clear();
  v1::ReceiveReportRequest request;
  request.set_parent(kSkarholmen);
  request.set_request_id(NewRequestId());
  *request.mutable_submission() = SchoolSubmission(kChildren[0]);
  EXPECT_OK(service_.ReceiveReport(CallOf(without_unit, "ReportService/ReceiveReport", now_), request));
}

TEST_F(ReportServiceTest, EventsHoldNoFreeText) {
  v1::Submission submission = SchoolSubmission(kChildren[0]);
  submission.mutable_reporter()->set_category("mamma till Kim");
  ASSERT_OK(Receive(submission, now_));
  EXPECT_EQ(Events()[0].attributes().at("reporter_category"), "unknown");
}

TEST_F(ReportServiceTest, AskingForFeedbackAgainMakesNobodysEtagStale) {
  const std::string name = Submitted(kChildren[0], /*feedback_wanted=*/true);
  const std::string etag = EtagOf(name);
  const Disclosures disclosures = NoDisclosures();
  const FeedbackService feedback(*reports_, disclosures, parts());
  v1::RequestFeedbackRequest request;
  request.set_parent(name);
  request.set_request_id(NewRequestId());
  ASSERT_OK(feedback.RequestFeedback(CallOf(Reporter(), "FeedbackService/RequestFeedback", now_), request));
  EXPECT_EQ(EtagOf(name), etag);
}

TEST_F(ReportServiceTest, AReferralGivesNoRightToFeedback) {
  v1::SubmitReportRequest request = SubmitRequest(kChildren[0], /*feedback_wanted=*/true);
  request.mutable_submission()->set_kind(v1::REFERRAL);
  const std::string name = Submit(request)->reports(0).name();
  const Disclosures disclosures = NoDisclosures();
  const FeedbackService feedback(*reports_, disclosures, parts());
  v1::RequestFeedbackRequest ask;
  ask.set_parent(name);
  ask.set_request_id(NewRequestId());
  EXPECT_THAT(feedback.RequestFeedback(CallOf(Reporter(), "FeedbackService/RequestFeedback", now_), ask),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_RIGHT_TO_FEEDBACK"));
}

TEST_F(ReportServiceTest, PagesStayWholeWhileReportsArrive) {
  std::set<std::string> expected;
  for (int i = 0; i < 5; ++i) {
    now_ += absl::Minutes(1);
    expected.insert(Submitted(kChildren[i]));
  }
  v1::ListReportsRequest request;
  request.set_parent("municipalities/0180");
  request.set_page_size(2);
  std::vector<std::string> seen;
  do {
    const auto page = service_.ListReports(CallOf(Reception(), "ReportService/ListReports", now_), request);
    ASSERT_OK(page);
    for (const auto& report : page->reports()) seen.push_back(report.name());
    request.set_page_token(page->next_page_token());
    now_ += absl::Minutes(1);
    Submitted(kChildren[5]);
  } while (!request.page_token().empty());
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), expected);
  EXPECT_EQ(seen.size(), expected.size());
}

TEST_F(ReportServiceTest, AHeadOfSchoolListsItsOwnUnitsReports) {
  const std::string ours = Submitted(kChildren[0]);
  auth::Caller other_school = Reporter();
  other_school.units = {"satraskolan"};
  ASSERT_OK(Submit(SubmitRequest(kChildren[1]), other_school));
  v1::ListReportsRequest request;
  request.set_parent("municipalities/0180");
  const auto page = service_.ListReports(CallOf(Reporter(), "ReportService/ListReports", now_), request);
  ASSERT_OK(page);
  ASSERT_THAT(page->reports(), SizeIs(1));
  EXPECT_EQ(page->reports(0).name(), ours);
}

TEST_F(ReportServiceTest, WorklistSaysWhatIsToBeDone) {
  const std::string late = Submitted(kChildren[0]);
  now_ += absl::Hours(24 * 3);
  const std::string fresh = Submitted(kChildren[1]);
  EXPECT_THAT(Resources(Work(v1::WorkItem::NEW)), ElementsAre(late, fresh));
  EXPECT_THAT(Resources(Work(v1::WorkItem::UNASSIGNED)), ElementsAre(late, fresh));
  EXPECT_THAT(Resources(Work(v1::WorkItem::OVERDUE)), ElementsAre(late));
  EXPECT_THAT(Resources(Work(v1::WorkItem::DUE_TODAY)), ElementsAre(fresh));
  EXPECT_THAT(Resources(Work(v1::WorkItem::FEEDBACK_OWED)), IsEmpty());
  EXPECT_THAT(Work(v1::WorkItem::NEW, Caseworker()), StatusIs(absl::StatusCode::kNotFound, "UNIT_NOT_FOUND"));
}

TEST_F(ReportServiceTest, ABreachIsToldOnceAndExtendingDoesNotUndoIt) {
  const std::string name = Submitted(kChildren[0]);
  clock::FakeClock clock(At(absl::CivilDay(2026, 3, 25), 9));
  prometheus::Registry registry;
  std::ostringstream lines;
  DeadlineSweeper sweeper(*job_pool_, clock, registry, log::Logger("test", clock, lines));
  EXPECT_EQ(*sweeper.Sweep(), 2);
  EXPECT_EQ(*sweeper.Sweep(), 0);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.deadline WHERE breach_time IS NOT NULL"), 2);
  EXPECT_EQ(Events().back().type(), "deadline.breached");
  EXPECT_EQ(Events().back().resource(), name);

  now_ = clock.Now();
  v1::ExtendPreliminaryAssessmentRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  request.set_etag(EtagOf(name));
  request.set_ground("synnerliga skäl");
  request.set_reasons("Familjen gick inte att nå.");
  request.set_latest_date("2026-04-07");
  auth::Caller caseworker = Caseworker();
  caseworker.units = {"mottagningsenheten"};
  const AssessmentService assessments(*reports_, parts());
  const auto extended = assessments.ExtendPreliminaryAssessment(
      CallOf(caseworker, "AssessmentService/ExtendPreliminaryAssessment", now_), request);
  ASSERT_OK(extended);
  EXPECT_EQ(extended->deadlines(0).latest_date(), "2026-04-07");
  EXPECT_TRUE(extended->deadlines(0).has_breach_time());
}

TEST_F(ReportServiceTest, WhereAnInvestigationRunsFeedbackIsOwedAtOnceAndNoDecisionIsDue) {
  const std::string opened_by = Submitted(kChildren[1]);
  auth::Caller caseworker = Caseworker();
  caseworker.units = {"mottagningsenheten"};
  const AssessmentService assessments(*reports_, parts());
  v1::RecordProtectionAssessmentRequest assessment;
  assessment.set_name(opened_by);
  assessment.set_request_id(NewRequestId());
  assessment.set_etag(EtagOf(opened_by));
  assessment.set_need(v1::NO_IMMEDIATE_PROTECTION);
  assessment.set_reasons("Barnet är tryggt i skolan.");
  ASSERT_OK(assessments.RecordProtectionAssessment(
      CallOf(caseworker, "AssessmentService/RecordProtectionAssessment", now_), assessment));
  v1::DecideReportRequest decision;
  decision.set_name(opened_by);
  decision.set_request_id(NewRequestId());
  decision.set_etag(EtagOf(opened_by));
  decision.set_outcome(v1::Decision::OPENED);
  decision.set_reasons("Oron behöver utredas.");
  ASSERT_OK(assessments.DecideReport(CallOf(caseworker, "AssessmentService/DecideReport", now_), decision));
  const std::string second = Submitted(kChildren[1], /*feedback_wanted=*/true);
  const v1::Report shown = *Get(second, Reception());
  std::set<std::string> clocks;
  for (const auto& deadline : shown.deadlines()) clocks.insert(deadline.clock());
  EXPECT_THAT(clocks, ElementsAre("protection_assessment", "statutory_feedback"));
  EXPECT_THAT(Resources(Work(v1::WorkItem::FEEDBACK_OWED)), ElementsAre(second));
}

TEST_F(ReportServiceTest, OwedFeedbackDoesNotTellTheReporterThatTheReportIsDecided) {
  const std::string name = SubmitReport(kChildren[0], /*feedback_wanted=*/true);
  ASSERT_OK(DecideReport(name, v1::Decision::NOT_OPENED));
  const Disclosures disclosures = NoDisclosures();
  const FeedbackService feedback(*reports_, disclosures, parts());
  v1::ListFeedbackRequest request;
  request.set_parent("municipalities/0180");
  auto shown = feedback.ListFeedback(CallOf(Reporter(), "FeedbackService/ListFeedback", now_), request);
  ASSERT_OK(shown);
  ASSERT_THAT(shown->feedback(), SizeIs(1));
  EXPECT_EQ(shown->feedback(0).state(), v1::Feedback::ASKED);
  EXPECT_FALSE(shown->feedback(0).has_deadline());
  request.set_state(v1::Feedback::OWED);
  EXPECT_THAT(feedback.ListFeedback(CallOf(Reporter(), "FeedbackService/ListFeedback", now_), request)->feedback(),
              IsEmpty());
  EXPECT_THAT(feedback.ListFeedback(CallOf(Caseworker(), "FeedbackService/ListFeedback", now_), request)->feedback(),
              SizeIs(1));
}

TEST_F(ReportServiceTest, GivenFeedbackTellsTheFactAndNotTheTest) {
  const std::string name = SubmitReport(kChildren[0], /*feedback_wanted=*/true);
  ASSERT_OK(DecideReport(name, v1::Decision::NOT_OPENED));
  const Disclosures disclosures = NoDisclosures();
  const FeedbackService feedback(*reports_, disclosures, parts());
  v1::GiveFeedbackRequest give;
  give.set_parent(name);
  give.set_request_id(NewRequestId());
  give.set_etag(Get(name, Caseworker())->etag());
  give.mutable_suitability_test()->set_verdict(v1::SuitabilityTest::SUITABLE);
  give.mutable_suitability_test()->set_reasons("Inget talar emot.");
  ASSERT_OK(feedback.GiveFeedback(CallOf(Caseworker(), "FeedbackService/GiveFeedback", now_), give));
  v1::ListFeedbackRequest request;
  request.set_parent(name);
  const auto shown = feedback.ListFeedback(CallOf(Reporter(), "FeedbackService/ListFeedback", now_), request);
  ASSERT_OK(shown);
  EXPECT_EQ(shown->feedback(0).outcome(), v1::INVESTIGATION_NOT_OPENED);
  EXPECT_EQ(shown->feedback(0).legal_basis(), "P-032, SoL 2025:400 19:6 (Lag 2025:1501)");
  EXPECT_FALSE(shown->feedback(0).has_suitability_test());
}

TEST_F(ReportServiceTest, NoMeetingIsOfferedWhileTheReportIsOnHold) {
  v1::SubmitReportRequest request = SubmitRequest(kChildren[0]);
  request.mutable_submission()->mutable_concern()->set_suspected_violence(true);
  request.mutable_submission()->set_report_meeting_wanted(true);
  const std::string name = Submit(request)->reports(0).name();
  const ReportMeetingService meetings(*reports_, parts());
  v1::OfferReportMeetingRequest offer;
  offer.set_name(name + "/meeting");
  offer.set_request_id(NewRequestId());
  offer.set_etag(EtagOf(name));
  *offer.mutable_meet_time() = proto_time::ToProto(now_ + absl::Hours(48));
  offer.set_place("Mottagningen");
  offer.set_reasons("Till barnets bästa.");
  EXPECT_THAT(meetings.OfferReportMeeting(CallOf(Reception(), "ReportMeetingService/OfferReportMeeting", now_), offer),
              StatusIs(absl::StatusCode::kFailedPrecondition, "REPORT_ON_HOLD"));
  EXPECT_THAT(Resources(Work(v1::WorkItem::REVIEW_HOLD)), Contains(name));
}

}  // namespace
}  // namespace samverkan::intake
