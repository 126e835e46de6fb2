// Who sees where a child is whose identity is protected, on a database: in reports,
// investigations and meetings, and in what is left of them in events, worklists and the audit log.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/consultation_store.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/investigation_service.h"
#include "services/intake/report_meeting_service.h"
#include "services/intake/report_service.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kProtected = v1::ProtectedIdentityMark::PROTECTED;
constexpr auto kNotProtected = v1::ProtectedIdentityMark::NOT_PROTECTED;
constexpr char kReception[] = "municipalities/0180/units/mottagningsenheten";
constexpr char kAddress[] = "Gömda gatan 1";

auth::Caller Reception() { return CallerOf(access::v1::RECEPTION, "u-annika", {"mottagningsenheten"}); }
auth::Caller Duty() { return CallerOf(access::v1::DUTY, "u-natt", {}); }
auth::Caller Assignee() { return CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}); }
auth::Caller Colleague() {
  auth::Caller caller = Reporter();
  caller.subject = "u-nina";
  return caller;
}

class ProtectedIdentityServiceTest : public IntakeTest {
 protected:
  // A school's report, at the reception.
  v1::SubmitReportRequest School(std::string_view child, bool protected_identity) {
    v1::SubmitReportRequest request;
    request.set_parent(kSkarholmen);
    request.set_request_id(NewRequestId());
    *request.mutable_submission() = SchoolSubmission(child);
    request.mutable_submission()->mutable_child()->set_address(kAddress);
    request.mutable_submission()->mutable_child()->set_protected_identity(protected_identity);
    request.mutable_submission()->set_report_meeting_wanted(true);
    return request;
  }

  absl::StatusOr<v1::SubmitReportResponse> Submit(const v1::SubmitReportRequest& request) {
    return service_.SubmitReport(CallOf(Reporter(), "ReportService/SubmitReport", now_), request);
  }

  std::string Submitted(std::string_view child, bool protected_identity = false) {
    const auto response = Submit(School(child, protected_identity));
    EXPECT_OK(response);
    return response.ok() ? response->reports(0).name() : std::string();
  }

  absl::StatusOr<v1::Report> Get(const std::string& name, const auth::Caller& caller) {
    v1::GetReportRequest request;
    request.set_name(name);
    return service_.GetReport(CallOf(caller, "ReportService/GetReport", now_), request);
  }

  // What of the report tells where the child is, to one who may see it.
  std::string AddressIn(const std::string& name, const auth::Caller& caller) {
    const auto report = Get(name, caller);
    EXPECT_OK(report);
    return report->submission().child().address();
  }

  // A mark of the report as it now stands, which `reader` may read.
  v1::MarkProtectedIdentityRequest MarkOf(const std::string& name, v1::ProtectedIdentityMark::Protection protection,
                                          const auth::Caller& reader = Reception()) {
    v1::MarkProtectedIdentityRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag(Get(name, reader)->etag());
    request.set_protection(protection);
    request.set_reason("Skatteverket har satt en sekretessmarkering.");
    return request;
  }

  absl::StatusOr<v1::Report> Mark(const v1::MarkProtectedIdentityRequest& request,
                                  const auth::Caller& caller = Reception()) {
    return service_.MarkProtectedIdentity(CallOf(caller, "ReportService/MarkProtectedIdentity", now_), request);
  }

  absl::StatusOr<v1::Report> Assign(const std::string& name, const std::string& assignee) {
    v1::AssignReportRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag(Get(name, Reception())->etag());
    request.set_assignee(assignee);
    return service_.AssignReport(CallOf(Reception(), "ReportService/AssignReport", now_), request);
  }

  // The events of a resource that tell a unit.
  std::vector<std::string> EventsWithUnit(const std::string& resource) {
    std::vector<std::string> types;
    for (const events::v1::Event& event : Events()) {
      if (event.resource() == resource && event.attributes().count("unit") > 0) types.push_back(event.type());
    }
    return types;
  }

  ConsultationStore consultations_{store_parts()};
  const ReportService service_{*reports_, consultations_, parts()};
};

TEST_F(ProtectedIdentityServiceTest, WhoSeesWhereTheChildIs) {
  const std::string name = Submitted(kChildren[0], /*protected_identity=*/true);
  ASSERT_OK(Assign(name, Assignee().subject));
  for (const auth::Caller& caller : {Assignee(), Duty(), Reporter()}) {
    EXPECT_EQ(AddressIn(name, caller), kAddress) << caller.subject;
    EXPECT_THAT(Get(name, caller)->withheld(), IsEmpty()) << caller.subject;
  }
  const auth::Caller unit_member = CallerOf(access::v1::CASEWORKER, "u-eva", {"mottagningsenheten"});
  const auth::Caller manager = CallerOf(access::v1::UNIT_MANAGER, "u-petra", {"mottagningsenheten"});
  for (const auth::Caller& caller : {unit_member, manager, Reception(), Colleague()}) {
    EXPECT_EQ(AddressIn(name, caller), "") << caller.subject;
    const v1::Report shown = *Get(name, caller);
    EXPECT_EQ(shown.unit(), "");
    EXPECT_EQ(shown.submission().contact_person().email(), "");
    EXPECT_EQ(shown.submission().concern().what(), "Kommer ofta hungrig till skolan.");
    ASSERT_THAT(shown.withheld(), SizeIs(2)) << caller.subject;
    EXPECT_EQ(shown.withheld(0).category(), data::v1::WHEREABOUTS);
    EXPECT_EQ(shown.withheld(0).rule(), "P-075");
    EXPECT_EQ(shown.withheld(0).legal_basis(), "OSL 21:3, 21:3 a; FOL 16 §");
    EXPECT_EQ(shown.withheld(1).category(), data::v1::CONTACT);
  }
  EXPECT_THAT(Get(name, CallerOf(access::v1::CASEWORKER, "u-ada", {"barnenheten"})),
              StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
  // Lists show no more.
  v1::ListReportsRequest list;
  list.set_parent("municipalities/0180");
  const auto listed = service_.ListReports(CallOf(manager, "ReportService/ListReports", now_), list);
  ASSERT_THAT(listed->reports(), SizeIs(1));
  EXPECT_EQ(listed->reports(0).submission().child().address(), "");
}

TEST_F(ProtectedIdentityServiceTest, AMarkHoldsForAllReportsOfTheChildAndLaterOnes) {
  const std::string first = Submitted(kChildren[0]);
  const std::string second = Submitted(kChildren[0]);
  const std::string other_child = Submitted(kChildren[1]);
  EXPECT_EQ(AddressIn(first, Reception()), kAddress);
  ASSERT_OK_AND_ASSIGN(const v1::Report marked, Mark(MarkOf(first, kProtected)));
  EXPECT_TRUE(marked.identity_protected());
  EXPECT_EQ(marked.submission().child().address(), "");
  EXPECT_FALSE(marked.submission().child().protected_identity()) << "what the sender said stays as it is";
  ASSERT_THAT(marked.protected_identity_marks(), SizeIs(1));
  EXPECT_EQ(marked.protected_identity_marks(0).marker(), "u-annika");
  const std::string later = Submitted(kChildren[0]);
  for (const std::string& name : {first, second, later}) {
    EXPECT_EQ(AddressIn(name, Reception()), "") << name;
    EXPECT_TRUE(Get(name, Reception())->identity_protected());
    EXPECT_EQ(AddressIn(name, Colleague()), "") << "the sender's colleague";
    EXPECT_EQ(AddressIn(name, Reporter()), kAddress) << "who said it";
    EXPECT_EQ(AddressIn(name, Duty()), kAddress);
  }
  EXPECT_EQ(AddressIn(other_child, Reception()), kAddress);

  ASSERT_OK_AND_ASSIGN(const v1::Report unmarked, Mark(MarkOf(later, kNotProtected)));
  EXPECT_EQ(unmarked.submission().child().address(), kAddress);
  for (const std::string& name : {first, second}) EXPECT_EQ(AddressIn(name, Reception()), kAddress);
  // A sender that knows marks the child again.
  const std::string knowing = Submitted(kChildren[0], /*protected_identity=*/true);
  for (const std::string& name : {first, second, later, knowing}) EXPECT_EQ(AddressIn(name, Reception()), "") << name;
}

TEST_F(ProtectedIdentityServiceTest, AReportThatDidNotHearOfTheMarkIsProtectedAllTheSame) {
  const std::string first = Submitted(kChildren[0]);
  const std::string second = Submitted(kChildren[0]);
  ASSERT_OK(Mark(MarkOf(first, kProtected)));
  // As if it had been stored while the mark was.
  ASSERT_OK(database_.Execute(absl::StrCat("UPDATE intake.report SET identity_protected = false WHERE report = '",
                                           ParseName(second, "reports")->id.ToString(), "'")));
  EXPECT_EQ(AddressIn(second, Reception()), "");
}

TEST_F(ProtectedIdentityServiceTest, MarksOfOneChildAtTheSameTimeAllEnd) {
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) names.push_back(Submitted(kChildren[0]));
  std::vector<v1::MarkProtectedIdentityRequest> requests;
  for (const std::string& name : names) requests.push_back(MarkOf(name, kProtected));
  std::vector<absl::StatusOr<v1::Report>> answers(names.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < names.size(); ++i) threads.emplace_back([&, i] { answers[i] = Mark(requests[i]); });
  for (std::thread& thread : threads) thread.join();
  int marked = 0;
  for (const auto& answer : answers) {
    if (answer.ok()) {
      ++marked;
    } else {
      EXPECT_THAT(answer, StatusIs(absl::StatusCode::kFailedPrecondition, "ALREADY_PROTECTED"));
    }
  }
  EXPECT_GE(marked, 1);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.report WHERE NOT identity_protected"), 0);
}

TEST_F(ProtectedIdentityServiceTest, MeetingsKeepTheirPlace) {
  const std::string report = SubmitReport(kChildren[0]);
  const ReportMeetingService meetings(*reports_, parts());
  v1::OfferReportMeetingRequest offer;
  offer.set_name(report + "/meeting");
  offer.set_request_id(NewRequestId());
  offer.set_etag(Get(report, Caseworker())->etag());
  *offer.mutable_meet_time() = proto_time::ToProto(now_ + absl::Hours(48));
  offer.set_place("Bredängsskolan");
  offer.set_reasons("Till barnets bästa.");
  ASSERT_OK(meetings.OfferReportMeeting(CallOf(Caseworker(), "ReportMeetingService/OfferReportMeeting", now_), offer));
  v1::GetReportMeetingRequest get_meeting;
  get_meeting.set_name(offer.name());
  const auto meeting = [&](const auth::Caller& caller) {
    return *meetings.GetReportMeeting(CallOf(caller, "ReportMeetingService/GetReportMeeting", now_), get_meeting);
  };
  EXPECT_EQ(meeting(Caseworker()).place(), "Bredängsskolan");

  ASSERT_OK(Mark(MarkOf(report, kProtected, Caseworker()), Caseworker()));
  EXPECT_EQ(meeting(Caseworker()).place(), "");
  EXPECT_EQ(meeting(Colleague()).place(), "");
  EXPECT_EQ(meeting(Duty()).place(), "Bredängsskolan");
  EXPECT_EQ(meeting(Reporter()).place(), "Bredängsskolan") << "who was invited";
}

TEST_F(ProtectedIdentityServiceTest, InvestigationsKeepTheirUnit) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const std::string name, DecideReport(report, v1::Decision::OPENED));
  const InvestigationService investigations(*investigations_, parts());
  v1::GetInvestigationRequest get;
  get.set_name(name);
  const auto investigation = [&](const auth::Caller& caller) {
    return *investigations.GetInvestigation(CallOf(caller, "InvestigationService/GetInvestigation", now_), get);
  };
  EXPECT_EQ(investigation(Caseworker()).unit(), kBarnenheten);
  ASSERT_OK(Mark(MarkOf(report, kProtected, Caseworker()), Caseworker()));
  EXPECT_EQ(investigation(Caseworker()).unit(), "");
  EXPECT_EQ(investigation(Caseworker()).withheld(0).category(), data::v1::WHEREABOUTS);

  // The answer to a change shows no more, and its event neither.
  v1::AssignInvestigationRequest assign;
  assign.set_name(name);
  assign.set_request_id(NewRequestId());
  assign.set_etag("1");
  assign.set_assignee(Assignee().subject);
  assign.set_unit(kUngdomsenheten);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation assigned,
                       investigations.AssignInvestigation(
                           CallOf(UnitManager(), "InvestigationService/AssignInvestigation", now_), assign));
  EXPECT_EQ(assigned.unit(), "");
  EXPECT_EQ(assigned.assignee(), Assignee().subject);
  EXPECT_THAT(EventsWithUnit(name), IsEmpty());
  EXPECT_EQ(investigation(Assignee()).unit(), kUngdomsenheten);
}

TEST_F(ProtectedIdentityServiceTest, EventsAndAuditEntriesTellNoUnit) {
  const std::string first = Submitted(kChildren[0]);
  EXPECT_THAT(EventsWithUnit(first), ElementsAre("report.received"));
  ASSERT_OK(Get(first, Reception()));
  EXPECT_THAT(AuditEntries().back().private_part().actor().units(), ElementsAre("mottagningsenheten"));
  ASSERT_OK(Mark(MarkOf(first, kProtected)));
  EXPECT_EQ(Events().back().type(), "report.protected_identity_marked");
  EXPECT_THAT(Events().back().attributes(), IsEmpty());
  EXPECT_EQ(AuditEntries().back().private_part().legal_basis(), "P-074, OSL 5:5; OSL 22:1");

  // Of all that is done from here on.
  const size_t entries_before = AuditEntries().size();
  const std::string later = Submitted(kChildren[0]);
  const std::string knowing = Submitted(kChildren[1], /*protected_identity=*/true);
  for (const std::string& name : {later, knowing}) {
    ASSERT_OK(Assign(name, Assignee().subject));
    v1::ForwardReportRequest forward;
    forward.set_name(name);
    forward.set_request_id(NewRequestId());
    forward.set_etag(Get(name, Reception())->etag());
    forward.set_destination(kUngdomsenheten);
    forward.set_reason("Åldern.");
    ASSERT_OK(service_.ForwardReport(CallOf(Reception(), "ReportService/ForwardReport", now_), forward));
    ASSERT_OK(Get(name, Reporter()));
    EXPECT_THAT(EventsWithUnit(name), IsEmpty());
  }
  const auto entries = AuditEntries();
  for (size_t i = entries_before; i < entries.size(); ++i) {
    // What only the submission's transaction knew stands beside its entry, for the relay.
    if (entries[i].method().ends_with("/SubmitReport")) continue;
    EXPECT_THAT(entries[i].private_part().actor().units(), IsEmpty()) << entries[i].method();
    EXPECT_THAT(entries[i].private_part().actor().subject(), Not(IsEmpty()));
  }
  EXPECT_EQ(Count("SELECT count(*) FROM intake.audit_entry WHERE identity_protected"), 2);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.audit_entry WHERE children <> '{}' AND NOT identity_protected"), 1);
}

TEST_F(ProtectedIdentityServiceTest, OfSiblingsJustTheProtectedOneIs) {
  v1::SubmitReportRequest request = School(kChildren[0], /*protected_identity=*/false);
  *request.add_siblings() = request.submission().child();
  request.mutable_siblings(0)->set_identity_number(std::string(kChildren[1]));
  request.mutable_siblings(0)->set_protected_identity(true);
  ASSERT_OK_AND_ASSIGN(const auto response, Submit(request));
  EXPECT_EQ(AddressIn(response.reports(0).name(), Reception()), kAddress);
  EXPECT_EQ(AddressIn(response.reports(1).name(), Reception()), "");
  EXPECT_THAT(EventsWithUnit(response.reports(0).name()), SizeIs(1));
  EXPECT_THAT(EventsWithUnit(response.reports(1).name()), IsEmpty());
}

TEST_F(ProtectedIdentityServiceTest, ListsOfBothStandInTwoEntries) {
  const std::string open = Submitted(kChildren[0]);
  const std::string secret = Submitted(kChildren[1], /*protected_identity=*/true);
  size_t before = AuditEntries().size();
  v1::ListWorkItemsRequest work;
  work.set_parent(kReception);
  ASSERT_OK_AND_ASSIGN(const auto items,
                       service_.ListWorkItems(CallOf(Reception(), "ReportService/ListWorkItems", now_), work));
  EXPECT_THAT(items.items(), SizeIs(2));
  auto entries = AuditEntries();
  ASSERT_EQ(entries.size(), before + 2);
  EXPECT_THAT(entries[before].private_part().resources(), ElementsAre(kReception, open));
  EXPECT_THAT(entries[before].private_part().actor().units(), ElementsAre("mottagningsenheten"));
  EXPECT_THAT(entries[before + 1].private_part().resources(), ElementsAre(secret));
  EXPECT_THAT(entries[before + 1].private_part().actor().units(), IsEmpty());

  before = entries.size();
  v1::ListReportsRequest list;
  list.set_parent("municipalities/0180");
  ASSERT_OK(service_.ListReports(CallOf(Reporter(), "ReportService/ListReports", now_), list));
  entries = AuditEntries();
  ASSERT_EQ(entries.size(), before + 2);
  EXPECT_THAT(entries[before].private_part().resources(), ElementsAre(open));
  EXPECT_THAT(entries[before + 1].private_part().resources(), ElementsAre(secret));
  EXPECT_THAT(entries[before + 1].private_part().actor().units(), IsEmpty());
}

TEST_F(ProtectedIdentityServiceTest, AForwardedReportTakesItAlong) {
  const std::string name = Submitted(kChildren[0]);
  ASSERT_OK(Mark(MarkOf(name, kProtected)));
  v1::ForwardReportRequest forward;
  forward.set_name(name);
  forward.set_request_id(NewRequestId());
  forward.set_etag(Get(name, Reception())->etag());
  forward.set_destination(kHasselbyVallingby);
  forward.set_reason("Familjen bor i en annan stadsdel.");
  ASSERT_OK_AND_ASSIGN(const auto forwarded,
                       service_.ForwardReport(CallOf(Reception(), "ReportService/ForwardReport", now_), forward));
  auth::Caller there = CallerOf(access::v1::RECEPTION, "u-nils", {"mottagningsgruppen-hasselby-vallingby"});
  there.authority = "hasselby-vallingby";
  EXPECT_TRUE(Get(forwarded.forwarded_report(), there)->identity_protected());
  EXPECT_EQ(AddressIn(forwarded.forwarded_report(), there), "");
  EXPECT_THAT(EventsWithUnit(forwarded.forwarded_report()), IsEmpty());
}

TEST_F(ProtectedIdentityServiceTest, EveryBadFieldIsNamedAndNothingStored) {
  const std::string name = Submitted(kChildren[0]);
  const int64_t rows = Count("SELECT (SELECT count(*) FROM intake.request) + (SELECT sum(version) FROM intake.report)");
  EXPECT_THAT(status::InvalidFields(Mark({}).status()),
              ElementsAre("protection", "request_id", "name", "etag", "reason"));
  v1::MarkProtectedIdentityRequest stale = MarkOf(name, kProtected);
  stale.set_etag("7");
  EXPECT_THAT(Mark(stale), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_THAT(Mark(MarkOf(name, kNotProtected)), StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_PROTECTED"));
  EXPECT_THAT(Mark(MarkOf(name, kProtected), Assignee()), StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
  EXPECT_EQ(Count("SELECT (SELECT count(*) FROM intake.request) + (SELECT sum(version) FROM intake.report)"), rows);

  const v1::MarkProtectedIdentityRequest request = MarkOf(name, kProtected);
  ASSERT_OK(Mark(request));
  EXPECT_OK(Mark(request)) << "repeated";
  v1::MarkProtectedIdentityRequest other = request;
  other.set_reason("Något annat.");
  EXPECT_THAT(Mark(other), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
  EXPECT_THAT(Mark(MarkOf(name, kProtected)), StatusIs(absl::StatusCode::kFailedPrecondition, "ALREADY_PROTECTED"));
}

}  // namespace
}  // namespace samverkan::intake::testing
