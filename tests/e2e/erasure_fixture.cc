#include "tests/e2e/erasure_fixture.h"

#include "libs/calendar/calendar.h"
#include "tests/testing/await.h"

namespace samverkan::tests {

namespace v1 = intake::v1;

void ErasureFixture::SetUp() {
  ASSERT_OK_AND_ASSIGN(set_, ServiceSet::Start({}));
  client_ = std::make_unique<Client>(*set_);
}

absl::StatusOr<v1::Report> ErasureFixture::Get(const std::string& name) {
  v1::GetReportRequest request;
  request.set_name(name);
  Answer<v1::Report> answer = client_->As(Caseworker(), &Reports::GetReport, request);
  if (!answer.status.ok()) return answer.status;
  return answer.response;
}

v1::Report ErasureFixture::NotOpened(const v1::SubmitReportRequest& submission, const std::string& reasons) {
  const v1::Report report = Do(Principal(), &Reports::SubmitReport, submission).reports(0);
  auto assess = ChangeOf<v1::RecordProtectionAssessmentRequest>(*Get(report.name()));
  assess.set_need(v1::NO_IMMEDIATE_PROTECTION);
  auto decide = ChangeOf<v1::DecideReportRequest>(Do(Caseworker(), &Assessments::RecordProtectionAssessment, assess));
  decide.set_outcome(v1::Decision::NOT_OPENED);
  decide.set_reasons(reasons);
  return Do(Caseworker(), &Assessments::DecideReport, decide);
}

v1::Erasure ErasureFixture::AwaitProposal() {
  set_->MoveClockTo(absl::FromCivil(kTime, calendar::Stockholm()));
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

void ErasureFixture::Approve(const v1::Erasure& proposed, const v1::Report& report) {
  Do(ReceptionManager(), &Retention::ApproveErasure, ChangeOf<v1::ApproveErasureRequest>(proposed));
  EXPECT_TRUE(Await(kPatience, [&] { return absl::IsNotFound(Get(report.name()).status()); }));
}

void ErasureFixture::AwaitErased(const v1::Erasure& approved) {
  AwaitDelivery();
  // As if a minute had passed.
  EXPECT_OK(set_->Query("UPDATE intake.erasure SET delete_time = delete_time - interval '61 seconds'"));
  v1::GetErasureRequest request;
  request.set_name(approved.name());
  EXPECT_TRUE(Await(kPatience, [&] {
    return Do(ReceptionManager(), &Retention::GetErasure, request).state() == v1::Erasure::ERASED;
  })) << set_->LogOf(ServiceSet::kIntake);
  AwaitDelivery();
}

void ErasureFixture::AwaitDelivery() {
  EXPECT_TRUE(
      Await(kPatience, [&] { return set_->Value("SELECT count(*) FROM intake.audit_entry").value_or("") == "0"; }));
}

}  // namespace samverkan::tests
