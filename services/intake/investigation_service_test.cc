#include "services/intake/investigation_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/pg/caller_scope.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/deadline_store.h"
#include "services/intake/feedback.h"
#include "services/intake/intake_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

class InvestigationServiceTest : public IntakeTest {
 protected:
  rpc::CallContext Call(const auth::Caller& caller, const std::string& method) const {
    return CallOf(caller, "InvestigationService/" + method, now_);
  }

  absl::StatusOr<v1::Investigation> Get(const std::string& name, const auth::Caller& caller = Caseworker()) {
    v1::GetInvestigationRequest request;
    request.set_name(name);
    return service_.GetInvestigation(Call(caller, "GetInvestigation"), request);
  }

  v1::ExtendInvestigationRequest Extension(const std::string& name) {
    v1::ExtendInvestigationRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag("1");
    request.set_ground("särskilda skäl");
    request.set_reasons("Sakkunnigutlåtande inväntas.");
    request.set_latest_date("2026-09-30");
    return request;
  }
  absl::StatusOr<v1::Investigation> Extend(const v1::ExtendInvestigationRequest& request,
                                           const auth::Caller& caller = Caseworker()) {
    return service_.ExtendInvestigation(Call(caller, "ExtendInvestigation"), request);
  }

  v1::CloseInvestigationRequest Closing(const std::string& name) {
    v1::CloseInvestigationRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag("1");
    request.set_result(v1::Closing::WITH_MEASURE);
    request.set_reasons("Familjen får stöd i hemmet.");
    return request;
  }
  absl::StatusOr<v1::Investigation> Close(const v1::CloseInvestigationRequest& request,
                                          const auth::Caller& caller = Caseworker()) {
    return service_.CloseInvestigation(Call(caller, "CloseInvestigation"), request);
  }

  v1::ReopenInvestigationRequest Reopening(const std::string& name, const std::string& etag = "2") {
    v1::ReopenInvestigationRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag(etag);
    request.set_new_facts("Polisen har berättat om en händelse som inte var känd.");
    return request;
  }
  absl::StatusOr<v1::Investigation> Reopen(const v1::ReopenInvestigationRequest& request,
                                           const auth::Caller& caller = Caseworker()) {
    return service_.ReopenInvestigation(Call(caller, "ReopenInvestigation"), request);
  }

  v1::AssignInvestigationRequest Assignment(const std::string& name) {
    v1::AssignInvestigationRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    request.set_etag("1");
    request.set_assignee("u-omar");
    return request;
  }
  absl::StatusOr<v1::Investigation> Assign(const v1::AssignInvestigationRequest& request,
                                           const auth::Caller& caller = UnitManager()) {
    return service_.AssignInvestigation(Call(caller, "AssignInvestigation"), request);
  }

  absl::StatusOr<v1::ListInvestigationsResponse> List(int32_t page_size, const std::string& page_token,
                                                      const auth::Caller& caller = Caseworker(),
                                                      const std::string& parent = "municipalities/0180") {
    v1::ListInvestigationsRequest request;
    request.set_parent(parent);
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return service_.ListInvestigations(Call(caller, "ListInvestigations"), request);
  }

  InvestigationService service_{*investigations_, parts()};
};

TEST_F(InvestigationServiceTest, ShowsWhatTheDecisionOpened) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const std::string name, DecideReport(report, v1::Decision::OPENED));
  ASSERT_OK_AND_ASSIGN(const v1::Investigation shown, Get(name));
  EXPECT_EQ(shown.name(), name);
  EXPECT_EQ(shown.authority(), kSkarholmen);
  EXPECT_EQ(shown.unit(), kBarnenheten);
  EXPECT_EQ(shown.state(), v1::Investigation::RUNNING);
  EXPECT_THAT(shown.reports(), ElementsAre(report));
  EXPECT_EQ(proto_time::FromProto(shown.open_time()), now_);
  EXPECT_EQ(shown.etag(), "1");
  EXPECT_EQ(shown.deadline().rule(), "P-021");
  EXPECT_EQ(shown.deadline().legal_basis(), "SoL 2025:400 20:3");
  EXPECT_EQ(shown.deadline().latest_date(), "2026-07-10");
}

TEST_F(InvestigationServiceTest, KeepsTheReportThatOpenedItFirst) {
  const std::string earlier = SubmitReport(kChildren[0]);
  now_ += absl::Hours(1);
  const std::string name = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation before, Get(name));
  ASSERT_OK_AND_ASSIGN(const std::string running, DecideReport(earlier, v1::Decision::ADDED_TO_RUNNING));
  EXPECT_EQ(running, name);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation shown, Get(name));
  EXPECT_THAT(shown.reports(), ElementsAre(before.reports(0), earlier));
  EXPECT_NE(shown.etag(), before.etag());
}

TEST_F(InvestigationServiceTest, RunsOnlyOneOfAChild) {
  const std::string first = SubmitReport(kChildren[0]);
  const std::string second = SubmitReport(kChildren[0]);
  EXPECT_OK(DecideReport(first, v1::Decision::OPENED));
  EXPECT_THAT(DecideReport(second, v1::Decision::OPENED), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.investigation"), 1);
}

// What stands behind the check above where two decisions are made at one moment.
TEST_F(InvestigationServiceTest, DatabaseLetsOnlyOneOfAChildRun) {
  ASSERT_OK_AND_ASSIGN(v1::Investigation second, Get(OpenInvestigation(kChildren[0])));
  second.set_name(MakeName("0180", "investigations", pg::Uuid::FromTime(now_)));
  const absl::Time deadline = Call(Caseworker(), "GetInvestigation").deadline;
  EXPECT_THAT(pool_->Write(pg::ScopeOf(Caseworker()), deadline, "insert",
                           [&](pg::Transaction& transaction) {
                             return InsertInvestigation(transaction, store_parts(), deadline, second);
                           }),
              StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
}

TEST_F(InvestigationServiceTest, AddsNoReportToAClosedOne) {
  const std::string name = OpenInvestigation(kChildren[0]);
  const std::string late = SubmitReport(kChildren[0]);
  ASSERT_OK(Close(Closing(name)));
  EXPECT_THAT(
      pool_->Write(pg::ScopeOf(Caseworker()), Call(Caseworker(), "GetInvestigation").deadline, "add",
                   [&](pg::Transaction& transaction) { return AddReportToInvestigation(transaction, name, late); }),
      StatusIs(kFailedPrecondition, "NO_RUNNING_INVESTIGATION"));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.investigation_report"), 1);
}

TEST_F(InvestigationServiceTest, ClosesWithItsResult) {
  const std::string name = OpenInvestigation(kChildren[0]);
  now_ += absl::Hours(24);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation closed, Close(Closing(name)));
  EXPECT_EQ(closed.state(), v1::Investigation::CLOSED);
  EXPECT_EQ(closed.closing().result(), v1::Closing::WITH_MEASURE);
  EXPECT_EQ(closed.closing().closer(), "u-eva");
  EXPECT_EQ(proto_time::FromProto(closed.closing().close_time()), now_);
  EXPECT_EQ(closed.deadline().state(), v1::Deadline::MET);
  EXPECT_EQ(closed.etag(), "2");
  EXPECT_EQ(Events().back().type(), "investigation.closed");
  EXPECT_EQ(Events().back().resource(), name);
  const audit::v1::Entry entry = AuditEntries().back();
  EXPECT_EQ(entry.method(), "samverkan.intake.v1.InvestigationService/CloseInvestigation");
  EXPECT_THAT(entry.private_part().children(), ElementsAre(closed.child()));
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(name));

  v1::CloseInvestigationRequest again = Closing(name);
  again.set_etag("2");
  EXPECT_THAT(Close(again), StatusIs(kFailedPrecondition, "INVESTIGATION_CLOSED"));
}

TEST_F(InvestigationServiceTest, ClosesNotWhileFeedbackIsOwed) {
  const std::string name = OpenInvestigation(kChildren[0], /*feedback_wanted=*/true);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation before, Get(name));
  const auto refused = Close(Closing(name));
  EXPECT_THAT(refused, StatusIs(kFailedPrecondition, "FEEDBACK_OWED"));
  EXPECT_EQ(status::Metadata(refused.status())["reports"], before.reports(0));
  // A caseworker's reason is none; a manager without one has none.
  v1::CloseInvestigationRequest with_reason = Closing(name);
  with_reason.set_feedback_owed_reason("Skolan är stängd under lovet.");
  EXPECT_THAT(Close(with_reason), StatusIs(kFailedPrecondition, "FEEDBACK_OWED"));
  EXPECT_THAT(Close(Closing(name), UnitManager()), StatusIs(kFailedPrecondition, "FEEDBACK_OWED"));
  ASSERT_OK_AND_ASSIGN(const v1::Investigation after, Get(name));
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());

  with_reason.set_request_id(NewRequestId());
  ASSERT_OK_AND_ASSIGN(const v1::Investigation closed, Close(with_reason, UnitManager()));
  EXPECT_EQ(closed.closing().feedback_owed_reason(), "Skolan är stängd under lovet.");
  // The debt stays listed.
  EXPECT_EQ(Count("SELECT count(*) FROM intake.feedback WHERE state = 2"), 1);
}

TEST_F(InvestigationServiceTest, ClosesOnceTheFeedbackIsGiven) {
  const std::string report = SubmitReport(kChildren[0], /*feedback_wanted=*/true);
  ASSERT_OK_AND_ASSIGN(const std::string name, DecideReport(report, v1::Decision::OPENED));
  EXPECT_THAT(Close(Closing(name)), StatusIs(kFailedPrecondition, "FEEDBACK_OWED"));
  v1::GiveFeedbackRequest feedback;
  feedback.mutable_suitability_test()->set_verdict(v1::SuitabilityTest::SUITABLE);
  ASSERT_OK(ChangeReport("FeedbackService/GiveFeedback", report, [&](ReportRecord record) {
    return GiveFeedback(ShippedRules(), std::move(record), feedback, ActAt(now_));
  }));
  EXPECT_OK(Close(Closing(name)));
}

TEST_F(InvestigationServiceTest, ManagerOfAnotherUnitIsNoManagerHere) {
  const std::string name = OpenInvestigation(kChildren[0], /*feedback_wanted=*/true);
  auth::Caller manager = CallerOf(access::v1::UNIT_MANAGER, "u-omar", {"ungdomsenheten"});
  ASSERT_OK(Assign(Assignment(name)));
  v1::CloseInvestigationRequest request = Closing(name);
  request.set_etag("2");
  request.set_feedback_owed_reason("Skolan är stängd under lovet.");
  EXPECT_THAT(Close(request, manager), StatusIs(kFailedPrecondition, "FEEDBACK_OWED"));
}

TEST_F(InvestigationServiceTest, ReopensOnNewFactsOnly) {
  const std::string name = OpenInvestigation(kChildren[0]);
  EXPECT_THAT(Reopen(Reopening(name, "1")), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
  ASSERT_OK_AND_ASSIGN(const v1::Investigation closed, Close(Closing(name)));

  v1::ReopenInvestigationRequest nothing_new = Reopening(name);
  nothing_new.set_new_facts(" \n");
  EXPECT_THAT(Reopen(nothing_new), StatusIs(kFailedPrecondition, "NEW_FACTS_MISSING"));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.investigation"), 1);

  now_ = At(absl::CivilDay(2026, 4, 14));
  const v1::ReopenInvestigationRequest request = Reopening(name);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation reopened, Reopen(request));
  EXPECT_NE(reopened.name(), name);
  EXPECT_EQ(reopened.previous_investigation(), name);
  EXPECT_EQ(reopened.new_facts(), request.new_facts());
  EXPECT_EQ(reopened.child(), closed.child());
  EXPECT_EQ(reopened.state(), v1::Investigation::RUNNING);
  EXPECT_THAT(reopened.reports(), ElementsAre(closed.reports(0)));
  // A clock of its own; the closed one's stands as it was.
  EXPECT_EQ(reopened.deadline().latest_date(), "2026-08-14");
  EXPECT_EQ(reopened.deadline().state(), v1::Deadline::PENDING);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation still_closed, Get(name));
  EXPECT_EQ(still_closed.state(), v1::Investigation::CLOSED);
  EXPECT_EQ(still_closed.deadline().SerializeAsString(), closed.deadline().SerializeAsString());

  // Repeated, it is the same new one; there is no third.
  ASSERT_OK_AND_ASSIGN(const v1::Investigation repeated, Reopen(request));
  EXPECT_EQ(repeated.SerializeAsString(), reopened.SerializeAsString());
  EXPECT_THAT(Reopen(Reopening(name, "3")), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.investigation"), 2);
}

TEST_F(InvestigationServiceTest, ReopensNotBesideOneThatANewReportOpened) {
  const std::string name = OpenInvestigation(kChildren[0]);
  ASSERT_OK(Close(Closing(name)));
  const std::string next = OpenInvestigation(kChildren[0]);
  EXPECT_NE(next, name);
  EXPECT_THAT(Reopen(Reopening(name)), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
}

TEST_F(InvestigationServiceTest, ReopensOnceWhenManyTry) {
  const std::string name = OpenInvestigation(kChildren[0]);
  ASSERT_OK(Close(Closing(name)));
  std::vector<absl::Status> outcomes(6);
  std::vector<std::thread> threads;
  for (absl::Status& outcome : outcomes) {
    threads.emplace_back([&outcome, this, request = Reopening(name)] { outcome = Reopen(request).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), absl::OkStatus()), 1);
  EXPECT_THAT(outcomes, Each(AnyOf(IsOk(), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"))));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.investigation"), 2);
}

TEST_F(InvestigationServiceTest, ExtendsForTheLawsGroundOnly) {
  const std::string name = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation before, Get(name));
  v1::ExtendInvestigationRequest wrong = Extension(name);
  wrong.set_ground("hög arbetsbelastning");
  const int64_t events = Count("SELECT count(*) FROM intake.event");
  EXPECT_THAT(Extend(wrong), StatusIs(kFailedPrecondition, "NO_LEGAL_GROUND"));
  wrong = Extension(name);
  wrong.set_latest_date("2026-07-10");  // as it is
  EXPECT_THAT(Extend(wrong), StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"));
  ASSERT_OK_AND_ASSIGN(const v1::Investigation unchanged, Get(name));
  EXPECT_EQ(unchanged.SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(Count("SELECT count(*) FROM intake.event"), events);

  ASSERT_OK_AND_ASSIGN(const v1::Investigation extended, Extend(Extension(name)));
  EXPECT_EQ(extended.deadline().latest_date(), "2026-09-30");
  ASSERT_EQ(extended.deadline().extensions_size(), 1);
  EXPECT_EQ(extended.deadline().extensions(0).previous_latest_date(), "2026-07-10");
  EXPECT_EQ(extended.deadline().extensions(0).extender(), "u-eva");
  EXPECT_EQ(AuditEntries().back().private_part().legal_basis(), "P-021, SoL 2025:400 20:3");
}

TEST_F(InvestigationServiceTest, BreachStaysWhenItIsExtended) {
  const std::string name = OpenInvestigation(kChildren[0]);
  now_ = At(absl::CivilDay(2026, 7, 20));
  ASSERT_OK(job_pool_->Write({}, Call(Caseworker(), "GetInvestigation").deadline, "breach",
                             [&](pg::Transaction& transaction) {
                               return MarkBreaches(transaction, absl::CivilDay(2026, 7, 20), now_, 100).status();
                             }));
  ASSERT_OK_AND_ASSIGN(const v1::Investigation extended, Extend(Extension(name)));
  EXPECT_EQ(extended.deadline().latest_date(), "2026-09-30");
  EXPECT_EQ(proto_time::FromProto(extended.deadline().breach_time()), now_);
}

TEST_F(InvestigationServiceTest, RefusesAStaleEtag) {
  const std::string name = OpenInvestigation(kChildren[0]);
  ASSERT_OK(Extend(Extension(name)));
  EXPECT_THAT(Close(Closing(name)), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_THAT(Assign(Assignment(name)), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  ASSERT_OK_AND_ASSIGN(const v1::Investigation shown, Get(name));
  EXPECT_EQ(shown.state(), v1::Investigation::RUNNING);
}

TEST_F(InvestigationServiceTest, RepeatedRequestChangesNothing) {
  const std::string name = OpenInvestigation(kChildren[0]);
  const v1::CloseInvestigationRequest request = Closing(name);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation closed, Close(request));
  const int64_t events = Count("SELECT count(*) FROM intake.event");
  const int64_t entries = Count("SELECT count(*) FROM intake.audit_entry");
  ASSERT_OK_AND_ASSIGN(const v1::Investigation repeated, Close(request));
  EXPECT_EQ(repeated.SerializeAsString(), closed.SerializeAsString());
  EXPECT_EQ(Count("SELECT count(*) FROM intake.event"), events);
  // It shows personal data, so it leaves an entry.
  EXPECT_EQ(Count("SELECT count(*) FROM intake.audit_entry"), entries + 1);

  v1::CloseInvestigationRequest other = request;
  other.set_result(v1::Closing::WITHOUT_MEASURE);
  EXPECT_THAT(Close(other), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
}

TEST_F(InvestigationServiceTest, RepeatedRequestShowsNothingToWhoLostAccess) {
  const std::string name = OpenInvestigation(kChildren[0]);
  const v1::ExtendInvestigationRequest request = Extension(name);
  ASSERT_OK(Extend(request));
  auth::Caller moved = Caseworker();
  moved.units = {"ungdomsenheten"};
  const int64_t entries = Count("SELECT count(*) FROM intake.audit_entry");
  const auto refused = Extend(request, moved);
  EXPECT_THAT(refused, StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
  EXPECT_TRUE(status::IsHidden(refused.status()));
  // Nothing says that it was granted; the adapter records the refusal.
  EXPECT_EQ(Count("SELECT count(*) FROM intake.audit_entry"), entries);
}

TEST_F(InvestigationServiceTest, HidesItFromAllOthers) {
  const std::string name = OpenInvestigation(kChildren[0]);
  auth::Caller elsewhere = UnitManager();
  elsewhere.municipality = "0127";
  auth::Caller other_authority = UnitManager();
  other_authority.authority = "hasselby-vallingby";
  auth::Caller other_unit = UnitManager();
  other_unit.units = {"ungdomsenheten"};
  const int64_t entries = Count("SELECT count(*) FROM intake.audit_entry");
  for (const auth::Caller& caller : {elsewhere, other_authority, other_unit}) {
    SCOPED_TRACE(caller.municipality + "/" + caller.authority + "/" + caller.units.front());
    for (const absl::Status& refused :
         {Get(name, caller).status(), Extend(Extension(name), caller).status(), Close(Closing(name), caller).status(),
          Reopen(Reopening(name), caller).status(), Assign(Assignment(name), caller).status()}) {
      EXPECT_THAT(refused, StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
      EXPECT_TRUE(status::IsHidden(refused));
    }
  }
  // One that is not there is answered in the same words.
  const auto missing = Get(MakeName("0180", "investigations", pg::Uuid::FromTime(now_)));
  EXPECT_EQ(missing.status().message(), Get(name, other_unit).status().message());
  EXPECT_EQ(status::Reason(missing.status()), status::Reason(Get(name, other_unit).status()));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.audit_entry"), entries);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.investigation WHERE version <> 1"), 0);
}

TEST_F(InvestigationServiceTest, AssigneeOfAnotherUnitSeesIt) {
  const std::string name = OpenInvestigation(kChildren[0]);
  const auth::Caller omar = CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"});
  EXPECT_THAT(Get(name, omar), StatusIs(kNotFound));
  ASSERT_OK_AND_ASSIGN(const v1::Investigation assigned, Assign(Assignment(name)));
  EXPECT_EQ(assigned.assignee(), "u-omar");
  EXPECT_EQ(assigned.unit(), kBarnenheten);
  ASSERT_OK(Get(name, omar));
  ASSERT_OK_AND_ASSIGN(const auto listed, List(0, "", omar));
  EXPECT_EQ(listed.investigations_size(), 1);
}

TEST_F(InvestigationServiceTest, AssignsToAUnitOfTheSameAuthorityOnly) {
  const std::string name = OpenInvestigation(kChildren[0]);
  for (const char* const unit : {"municipalities/0180/units/nowhere", "municipalities/0180/units/bredangsskolan",
                                 "municipalities/0180/units/mottagningsgruppen-hasselby-vallingby", "barnenheten"}) {
    v1::AssignInvestigationRequest request = Assignment(name);
    request.set_unit(unit);
    const auto refused = Assign(request);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID")) << unit;
    EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("unit"));
  }
  v1::AssignInvestigationRequest request = Assignment(name);
  request.set_unit(kUngdomsenheten);
  // The manager is shown what it did, and no more after that.
  ASSERT_OK_AND_ASSIGN(const v1::Investigation moved, Assign(request));
  EXPECT_EQ(moved.unit(), kUngdomsenheten);
  EXPECT_EQ(moved.etag(), "2");
  EXPECT_THAT(Get(name, UnitManager()), StatusIs(kNotFound));
}

TEST_F(InvestigationServiceTest, NamesEveryBadField) {
  const std::string too_long(20'001, 'x');
  v1::ExtendInvestigationRequest extension;
  extension.set_reasons(too_long);
  EXPECT_THAT(status::InvalidFields(Extend(extension).status()),
              ElementsAre("request_id", "name", "etag", "ground", "reasons", "latest_date"));
  v1::CloseInvestigationRequest closing;
  closing.set_feedback_owed_reason(too_long);
  EXPECT_THAT(status::InvalidFields(Close(closing).status()),
              ElementsAre("request_id", "name", "etag", "result", "reasons", "feedback_owed_reason"));
  v1::ReopenInvestigationRequest reopening;
  reopening.set_new_facts(too_long);
  EXPECT_THAT(status::InvalidFields(Reopen(reopening).status()),
              ElementsAre("request_id", "name", "etag", "new_facts"));
  EXPECT_THAT(status::InvalidFields(Assign({}).status()), ElementsAre("request_id", "name", "etag", "assignee"));
  EXPECT_THAT(status::InvalidFields(Get("municipalities/0180/reports/1").status()), ElementsAre("name"));
  v1::CloseInvestigationRequest no_request_id = Closing(OpenInvestigation(kChildren[0]));
  no_request_id.clear_request_id();
  EXPECT_THAT(status::InvalidFields(Close(no_request_id).status()), ElementsAre("request_id"));
}

TEST_F(InvestigationServiceTest, EachReadLeavesItsEntry) {
  const std::string first = OpenInvestigation(kChildren[0]);
  now_ += absl::Hours(1);
  const std::string second = OpenInvestigation(kChildren[1]);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation shown, Get(first));
  audit::v1::Entry entry = AuditEntries().back();
  EXPECT_EQ(entry.method(), "samverkan.intake.v1.InvestigationService/GetInvestigation");
  EXPECT_EQ(entry.action(), access::v1::READ);
  EXPECT_EQ(entry.outcome(), audit::v1::GRANTED);
  EXPECT_EQ(entry.municipality(), "0180");
  EXPECT_EQ(entry.authority(), "skarholmen");
  EXPECT_EQ(entry.private_part().actor().subject(), "u-eva");
  EXPECT_THAT(entry.private_part().children(), ElementsAre(shown.child()));
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(first));

  ASSERT_OK_AND_ASSIGN(const auto listed, List(0, ""));
  ASSERT_EQ(listed.investigations_size(), 2);
  entry = AuditEntries().back();
  EXPECT_EQ(entry.action(), access::v1::SEARCH);
  EXPECT_THAT(entry.private_part().resources(), ElementsAre(second, first));
  EXPECT_THAT(entry.private_part().children(),
              ElementsAre(listed.investigations(0).child(), listed.investigations(1).child()));
}

TEST_F(InvestigationServiceTest, PagesStayStable) {
  std::vector<std::string> opened;
  for (int i = 0; i < 5; ++i) {
    if (i != 3) now_ += absl::Minutes(1);  // two of the same instant: the id parts them
    opened.push_back(OpenInvestigation(kChildren[i]));
  }
  std::vector<std::string> seen;
  std::string token;
  do {
    ASSERT_OK_AND_ASSIGN(const auto page, List(2, token));
    for (const v1::Investigation& investigation : page.investigations()) seen.push_back(investigation.name());
    token = page.next_page_token();
    // One that is opened meanwhile shifts nothing.
    now_ += absl::Minutes(1);
    if (seen.size() == 2) OpenInvestigation(kChildren[5]);
  } while (!token.empty());
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), std::set<std::string>(opened.begin(), opened.end()));
  EXPECT_EQ(seen.front(), opened[4]);
  EXPECT_EQ(seen.back(), opened.front());
}

TEST_F(InvestigationServiceTest, PageTokenIsOfItsCallerAlone) {
  OpenInvestigation(kChildren[0]);
  OpenInvestigation(kChildren[1]);
  ASSERT_OK_AND_ASSIGN(const auto page, List(1, ""));
  ASSERT_FALSE(page.next_page_token().empty());
  auth::Caller other = Caseworker();
  other.subject = "u-omar";
  EXPECT_THAT(List(1, page.next_page_token(), other),
              StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
  EXPECT_THAT(List(1, page.next_page_token().substr(1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
  EXPECT_OK(List(1, page.next_page_token()));
}

TEST_F(InvestigationServiceTest, ListsNothingForeign) {
  OpenInvestigation(kChildren[0]);
  auth::Caller caller = Caseworker();
  caller.units = {"ungdomsenheten"};
  ASSERT_OK_AND_ASSIGN(const auto other_unit, List(0, "", caller));
  EXPECT_THAT(other_unit.investigations(), IsEmpty());
  caller = Caseworker();
  caller.authority = "hasselby-vallingby";
  ASSERT_OK_AND_ASSIGN(const auto other_authority, List(0, "", caller));
  EXPECT_THAT(other_authority.investigations(), IsEmpty());
  caller = Caseworker();
  caller.municipality = "0127";
  EXPECT_THAT(List(0, "", caller), StatusIs(kNotFound));
}

}  // namespace
}  // namespace samverkan::intake::testing
