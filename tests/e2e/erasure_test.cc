// What is left of a child whose file was erased, also when an older backup comes back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/civil_time.h"
#include "libs/calendar/calendar.h"
#include "libs/testing/command.h"
#include "libs/testing/status_matchers.h"
#include "tests/testing/await.h"
#include "tests/testing/cast.h"
#include "tests/testing/client.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {
namespace {

using ::samverkan::testing::RunCommand;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

namespace v1 = intake::v1;

// P-082: five years after a report that led to nothing has passed.
constexpr absl::CivilHour kTime(2031, 2, 3, 9);
constexpr absl::Duration kPatience = absl::Seconds(30);

class ErasureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(set_, ServiceSet::Start({}));
    client_ = std::make_unique<Client>(*set_);
  }

  template <typename Stub, typename Request, typename Response>
  Response Do(const auth::Caller& caller, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
    Answer<Response> answer = client_->As(caller, method, request);
    EXPECT_OK(answer.status) << request.GetTypeName();
    return answer.response;
  }

  template <typename Request, typename Resource>
  static Request ChangeOf(const Resource& resource) {
    Request request;
    request.set_name(resource.name());
    request.set_request_id(NewRequestId());
    request.set_etag(resource.etag());
    request.set_reasons("Prövat.");
    return request;
  }

  absl::StatusOr<v1::Report> Get(const std::string& name) {
    v1::GetReportRequest request;
    request.set_name(name);
    Answer<v1::Report> answer = client_->As(Caseworker(), &Reports::GetReport, request);
    if (!answer.status.ok()) return answer.status;
    return answer.response;
  }

  // A report on which no investigation was opened.
  v1::Report NotOpened() {
    const v1::Report report = Do(Principal(), &Reports::SubmitReport, SchoolReport()).reports(0);
    auto assess = ChangeOf<v1::RecordProtectionAssessmentRequest>(*Get(report.name()));
    assess.set_need(v1::NO_IMMEDIATE_PROTECTION);
    auto decide = ChangeOf<v1::DecideReportRequest>(Do(Caseworker(), &Assessments::RecordProtectionAssessment, assess));
    decide.set_outcome(v1::Decision::NOT_OPENED);
    return Do(Caseworker(), &Assessments::DecideReport, decide);
  }

  v1::Erasure AwaitProposal() {
    v1::ListErasuresRequest request;
    request.set_parent(kBoard);
    request.set_state(v1::Erasure::PROPOSED);
    v1::ListErasuresResponse listed;
    EXPECT_TRUE(Await(kPatience, [&] {
      listed = Do(ReceptionManager(), &Retention::ListErasures, request);
      return listed.erasures_size() > 0;
    }));
    return listed.erasures_size() > 0 ? listed.erasures(0) : v1::Erasure();
  }

  void AwaitState(const std::string& erasure, v1::Erasure::State state) {
    v1::GetErasureRequest request;
    request.set_name(erasure);
    EXPECT_TRUE(Await(kPatience, [&] {
      return Do(ReceptionManager(), &Retention::GetErasure, request).state() == state;
    })) << set_->LogOf(ServiceSet::kIntake);
  }

  // Proposed when its time has come, approved, and gone.
  v1::Erasure Erase(const v1::Report& report) {
    set_->MoveClockTo(absl::FromCivil(kTime, calendar::Stockholm()));
    const v1::Erasure proposed = AwaitProposal();
    Do(ReceptionManager(), &Retention::ApproveErasure, ChangeOf<v1::ApproveErasureRequest>(proposed));
    EXPECT_TRUE(Await(kPatience, [&] { return absl::IsNotFound(Get(report.name()).status()); }));
    return proposed;
  }

  void AwaitDelivery() {
    EXPECT_TRUE(
        Await(kPatience, [&] { return set_->Value("SELECT count(*) FROM intake.audit_entry").value_or("") == "0"; }));
  }

  audit::v1::SearchEntriesResponse SearchByChild(const std::string& child) {
    audit::v1::SearchEntriesRequest request;
    request.set_child(child);
    return Do(Auditor(), &Audit::SearchEntries, request);
  }

  // All leaves of the log, from which every proof is made.
  std::string Leaves() {
    return set_->Value("SELECT string_agg(encode(leaf_hash, 'hex'), '' ORDER BY index) FROM audit.entry").value_or("");
  }

  std::unique_ptr<ServiceSet> set_;
  std::unique_ptr<Client> client_;
};

TEST_F(ErasureTest, TheLogForgetsTheChildAndKeepsItsLeaves) {
  const v1::Report report = NotOpened();
  ASSERT_OK_AND_ASSIGN(const v1::Report read, Get(report.name()));
  AwaitDelivery();
  EXPECT_THAT(SearchByChild(read.child()).entries(), Not(IsEmpty()));
  const std::string leaves = Leaves();
  ASSERT_THAT(leaves, Not(IsEmpty()));

  const v1::Erasure erasure = Erase(report);
  AwaitDelivery();
  // As if a minute had passed.
  ASSERT_OK(set_->Query("UPDATE intake.erasure SET delete_time = delete_time - interval '61 seconds'"));
  AwaitState(erasure.name(), v1::Erasure::ERASED);

  EXPECT_THAT(SearchByChild(read.child()).entries(), IsEmpty());
  audit::v1::SearchEntriesRequest by_erasure;
  by_erasure.set_resource(erasure.name());
  AwaitDelivery();
  const audit::v1::SearchEntriesResponse about = Do(Auditor(), &Audit::SearchEntries, by_erasure);
  bool told = false;
  for (const audit::v1::LoggedEntry& logged : about.entries()) {
    told |= logged.entry().action() == access::v1::ERASE && logged.entry().producer() == "audit";
  }
  EXPECT_TRUE(told) << "the log does not tell of the erasure";
  EXPECT_THAT(Leaves(), StartsWith(leaves));
}

TEST_F(ErasureTest, AnOlderBackupIsErasedAgainBeforeItIsServed) {
  const v1::Report report = NotOpened();
  const std::string backup = ::testing::TempDir() + "/intake.sql";
  const std::string database = set_->postgres().Conninfo("samverkan");
  ASSERT_OK(RunCommand({"pg_dump", "--schema=intake", "--file=" + backup, "--dbname=" + database}));
  Erase(report);

  ASSERT_OK(set_->Terminate(ServiceSet::kIntake).status());
  ASSERT_OK(set_->Query("DROP SCHEMA intake CASCADE"));
  ASSERT_OK(RunCommand(
      {"psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=" + backup, "--dbname=" + database}));
  ASSERT_EQ(set_->Value("SELECT count(*) FROM intake.report").value_or(""), "1");
  ASSERT_OK(set_->StartAgain(ServiceSet::kIntake));
  EXPECT_EQ(set_->Value("SELECT count(*) FROM intake.report").value_or(""), "0");
  EXPECT_EQ(set_->Value("SELECT count(*) FROM intake.child").value_or(""), "0");
  EXPECT_TRUE(absl::StrContains(set_->LogOf(ServiceSet::kIntake), "erased again what an older backup held"));
  EXPECT_TRUE(absl::IsNotFound(Get(report.name()).status()));
}

}  // namespace
}  // namespace samverkan::tests
