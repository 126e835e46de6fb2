// Who did and saw what, and what happened: as an auditor and an integrator read it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/e2e/set_fixture.h"
#include "tests/testing/await.h"

namespace samverkan::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

class AuditTrailTest : public SetTest {
 protected:
  // What the auditor finds once the relay has delivered everything, newest first.
  std::vector<audit::v1::LoggedEntry> Search(audit::v1::SearchEntriesRequest request) {
    EXPECT_TRUE(Await(absl::Seconds(30), [&] {
      return set_.Value("SELECT count(*) FROM intake.audit_entry").value_or("") == "0";
    })) << "audit entries wait";
    std::vector<audit::v1::LoggedEntry> entries;
    do {
      const auto page = Do(Auditor(), &Audit::SearchEntries, request);
      entries.insert(entries.end(), page.entries().begin(), page.entries().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return entries;
  }

  std::vector<audit::v1::LoggedEntry> SearchByActor(const std::string& subject) {
    audit::v1::SearchEntriesRequest request;
    request.set_actor(subject);
    return Search(request);
  }

  // A caseworker whom no other test knows.
  static auth::Caller Reader() {
    static int next = 0;
    auth::Caller caller = Caseworker();
    caller.subject = "lasare." + std::to_string(++next);
    return caller;
  }

  // Expects that the one thing that `reader` ever did is recorded.
  void ExpectRecorded(const auth::Caller& reader, const std::string& method, const std::string& resource) {
    SCOPED_TRACE(method);
    const auto entries = SearchByActor(reader.subject);
    ASSERT_EQ(entries.size(), 1u);
    const audit::v1::Entry& entry = entries.front().entry();
    EXPECT_EQ(entry.method(), "samverkan.intake.v1." + method);
    EXPECT_EQ(entry.outcome(), audit::v1::GRANTED);
    EXPECT_EQ(entry.producer(), "intake");
    EXPECT_EQ(entry.private_part().actor().role(), reader.roles.front());
    EXPECT_EQ(entry.private_part().actor().system(), reader.system);
    EXPECT_THAT(entry.private_part().resources(), Contains(resource));
  }

  // The types of the report's events, in their order, from `page_size` a page.
  std::vector<std::string> EventsOf(const std::string& report, int page_size) {
    std::vector<std::string> types;
    events::v1::ListEventsRequest request;
    request.set_page_size(page_size);
    for (bool more = true; more;) {
      const auto page = Do(Integrator(), &Events::ListEvents, request);
      for (const auto& event : page.events()) {
        if (event.resource() == report) types.push_back(event.type());
      }
      more = page.events_size() > 0;
      request.set_page_token(page.next_page_token());
    }
    return types;
  }
};

TEST_F(AuditTrailTest, EveryReadLeavesAnEntry) {
  const std::string name = Submit();
  auth::Caller reader = Reader();
  intake::v1::GetReportRequest get;
  get.set_name(name);
  Do(reader, &Reports::GetReport, get);
  ExpectRecorded(reader, "ReportService/GetReport", name);

  reader = Reader();
  intake::v1::ListReportsRequest list;
  list.set_parent(kMunicipality);
  Do(reader, &Reports::ListReports, list);
  ExpectRecorded(reader, "ReportService/ListReports", name);

  reader = Reader();
  intake::v1::ListWorkItemsRequest work;
  work.set_parent(kReceptionUnit);
  Do(reader, &Reports::ListWorkItems, work);
  ExpectRecorded(reader, "ReportService/ListWorkItems", name);

  reader = Reader();
  intake::v1::ListFeedbackRequest feedback;
  feedback.set_parent(name);
  Do(reader, &FeedbackCalls::ListFeedback, feedback);
  ExpectRecorded(reader, "FeedbackService/ListFeedback", name);

  reader = Principal();
  reader.subject = "rektor.som.laser";
  Do(reader, &Reports::GetReport, get);
  ExpectRecorded(reader, "ReportService/GetReport", name);
}

TEST_F(AuditTrailTest, EveryReadOfAnInvestigationLeavesAnEntry) {
  const std::string name = Investigate(false).name();
  auth::Caller reader = Reader();
  intake::v1::GetInvestigationRequest get;
  get.set_name(name);
  Do(reader, &Investigations::GetInvestigation, get);
  ExpectRecorded(reader, "InvestigationService/GetInvestigation", name);

  reader = Reader();
  intake::v1::ListInvestigationsRequest list;
  list.set_parent(kMunicipality);
  Do(reader, &Investigations::ListInvestigations, list);
  ExpectRecorded(reader, "InvestigationService/ListInvestigations", name);
}

TEST_F(AuditTrailTest, SearchByChildShowsEveryAccess) {
  const std::string name = Submit();
  Decide(name, intake::v1::Decision::NOT_OPENED);
  audit::v1::SearchEntriesRequest request;
  request.set_child(Get(name).child());
  request.set_page_size(2);
  std::vector<std::string> methods;
  int64_t last = INT64_MAX;
  for (const auto& logged : Search(request)) {
    methods.push_back(logged.entry().method().substr(logged.entry().method().rfind('/') + 1));
    EXPECT_LT(logged.index(), last) << "newest first";
    last = logged.index();
  }
  // Reads come before what was decided on them.
  EXPECT_THAT(methods,
              ElementsAre("GetReport", "DecideReport", "RecordProtectionAssessment", "GetReport", "SubmitReport"));
  // The search, and each page of it, is itself an act that is searched for.
  std::vector<std::string> own;
  for (const auto& logged : SearchByActor(Auditor().subject)) own.push_back(logged.entry().method());
  EXPECT_GE(std::count(own.begin(), own.end(), "samverkan.audit.v1.AuditService/SearchEntries"), 3);
}

// Whoever tried, the auditor of those who answer for the data finds it.
TEST_F(AuditTrailTest, RefusalsAreFoundByWhatWasAskedFor) {
  const std::string name = Submit();
  intake::v1::GetReportRequest get;
  get.set_name(name);
  for (const auth::Caller& caller : {OtherTown(), OtherBoard(), YouthCaseworker()}) {
    EXPECT_FALSE(client_.As(caller, &Reports::GetReport, get).status.ok());
  }
  audit::v1::SearchEntriesRequest request;
  request.set_resource(name);
  std::vector<std::string> denied;
  for (const auto& logged : Search(request)) {
    if (logged.entry().outcome() != audit::v1::DENIED) continue;
    denied.push_back(logged.entry().private_part().actor().subject());
    EXPECT_EQ(logged.entry().private_part().detail(), "REPORT_NOT_FOUND");
  }
  EXPECT_THAT(denied, ElementsAre(YouthCaseworker().subject, OtherBoard().subject, OtherTown().subject));
}

TEST_F(AuditTrailTest, AnotherAuthoritysAuditorFindsNothing) {
  const std::string child = Get(Submit()).child();
  auth::Caller other = Auditor();
  other.authority = "hasselby-vallingby";
  audit::v1::SearchEntriesRequest request;
  request.set_child(child);
  EXPECT_EQ(Search(request).size(), 2u);
  EXPECT_EQ(Do(other, &Audit::SearchEntries, request).entries_size(), 0);
}

TEST_F(AuditTrailTest, EventsComeInTheOrderOfTheirCommit) {
  const std::string name = Submit();
  Decide(name, intake::v1::Decision::OPENED);
  const auto expected = ElementsAre("report.received", "report.assessed", "investigation.opened", "report.decided");
  EXPECT_TRUE(Await(absl::Seconds(30), [&] {
    return set_.Value("SELECT count(*) FROM intake.event WHERE position IS NULL").value_or("") == "0";
  }));
  EXPECT_THAT(EventsOf(name, 1000), expected);
  EXPECT_THAT(EventsOf(name, 1), expected);
}

// Runs last, for the clock is never moved back.
TEST_F(AuditTrailTest, WhatIsForgottenIsSaid) {
  const std::string name = Submit();
  set_.MoveClockTo(set_.Now() + absl::Hours(24 * 3));
  EXPECT_TRUE(Await(absl::Seconds(30), [&] {
    const auto types = EventsOf(name, 1000);
    return std::find(types.begin(), types.end(), "deadline.breached") != types.end();
  })) << "no event of the breach";
  const intake::v1::Report report = Get(name);
  EXPECT_TRUE(ClockOf(report, "protection_assessment").has_breach_time());
  EXPECT_FALSE(ClockOf(report, "decision_to_open").has_breach_time());
  // Doing it late does not undo the breach.
  EXPECT_TRUE(ClockOf(Assess(name), "protection_assessment").has_breach_time());
}

}  // namespace
}  // namespace samverkan::tests
