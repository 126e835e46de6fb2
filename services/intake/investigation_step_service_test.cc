#include "services/intake/investigation_step_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/consultation_store.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/investigation_service.h"
#include "services/intake/report_service.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Step = v1::InvestigationStep;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr char kSchool[] = "municipalities/0180/units/bredangsskolan";

// Of another unit than the cases of the tests.
auth::Caller Elsewhere() { return CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}); }

// A colleague of the one who reported, at the school that is asked.
auth::Caller Principal() {
  auth::Caller caller = Reporter();
  caller.subject = "u-rektor";
  return caller;
}
auth::Caller OtherSchool() {
  auth::Caller caller = Reporter();
  caller.units = {"ekholmsskolan"};
  return caller;
}

class InvestigationStepServiceTest : public IntakeTest {
 protected:
  template <typename Request>
  Request About(const std::string& parent) const {
    Request request;
    request.set_parent(parent);
    request.set_request_id(NewRequestId());
    return request;
  }
  // Of a step as it was shown.
  template <typename Request>
  static Request ChangeOf(const Step& step) {
    Request request;
    request.set_name(step.name());
    request.set_request_id(NewRequestId());
    request.set_etag(step.etag());
    return request;
  }

  template <typename Request>
  using Method = absl::StatusOr<Step> (InvestigationStepService::*)(const rpc::CallContext&, const Request&) const;

  // Calls the method of the request's name.
  template <typename Request>
  absl::StatusOr<Step> Do(Method<Request> method, const Request& request, const auth::Caller& caller = Caseworker()) {
    std::string name = Request::descriptor()->name();
    name.resize(name.size() - std::string("Request").size());
    return (service_.*method)(CallOf(caller, "InvestigationStepService/" + name, now_), request);
  }

  v1::RequestInformationRequest Questions(const std::string& investigation) const {
    auto request = About<v1::RequestInformationRequest>(investigation);
    request.set_unit(kSchool);
    request.set_concerning("Kim Andersson, 080121-2390");
    request.add_questions("Hur är närvaron?");
    request.set_contact_function("utredare, barnenheten");
    request.set_due_date("2026-03-20");
    return request;
  }
  absl::StatusOr<Step> Ask(const std::string& investigation, const auth::Caller& caller = Caseworker()) {
    return Do(&InvestigationStepService::RequestInformation, Questions(investigation), caller);
  }
  static v1::HandOverInformationRequest Answer(const Step& step) {
    auto request = ChangeOf<v1::HandOverInformationRequest>(step);
    request.set_answer("Kim är borta varje måndag.");
    request.set_answerer_function("rektor");
    return request;
  }
  absl::StatusOr<Step> HandOver(const Step& step, const auth::Caller& caller = Principal()) {
    return Do(&InvestigationStepService::HandOverInformation, Answer(step), caller);
  }

  v1::RecordReferenceTalkRequest Talk(const std::string& investigation, Step::State state) const {
    auto request = About<v1::RecordReferenceTalkRequest>(investigation);
    request.set_state(state);
    request.mutable_reference_talk()->set_unit(kSchool);
    request.mutable_reference_talk()->set_counterpart_function("mentor");
    *request.mutable_reference_talk()->mutable_talk_time() = proto_time::ToProto(now_);
    request.mutable_reference_talk()->set_notes("Mentorn ser oro.");
    return request;
  }
  absl::StatusOr<Step> Record(const v1::RecordReferenceTalkRequest& request) {
    return Do(&InvestigationStepService::RecordReferenceTalk, request);
  }

  v1::ReportToPoliceRequest Crime(const std::string& parent) const {
    auto request = About<v1::ReportToPoliceRequest>(parent);
    v1::PoliceReport& report = *request.mutable_police_report();
    report.set_suspicion(v1::PoliceReport::LIFE_AND_HEALTH);
    *report.mutable_report_time() = proto_time::ToProto(now_);
    report.mutable_test()->set_suspicion_reasons("Blåmärken i flera åldrar.");
    report.mutable_test()->set_child_best_reasons("Våldet upphör inte annars.");
    return request;
  }

  v1::InformConcernedRequest Notice(const std::string& investigation, v1::NoticeToConcerned::Concerned concerned,
                                    bool told) const {
    auto request = About<v1::InformConcernedRequest>(investigation);
    v1::NoticeToConcerned& notice = *request.mutable_notice_to_concerned();
    notice.set_concerned(concerned);
    if (told) *notice.mutable_inform_time() = proto_time::ToProto(now_);
    if (!told) notice.set_not_informed_reason("Polisen förhör först.");
    return request;
  }

  v1::RecordContactRequest ContactWith(const std::string& parent, v1::Contact::Counterpart counterpart) const {
    auto request = About<v1::RecordContactRequest>(parent);
    request.mutable_contact()->set_counterpart(counterpart);
    *request.mutable_contact()->mutable_contact_time() = proto_time::ToProto(now_);
    request.mutable_contact()->set_notes("Per telefon.");
    return request;
  }

  absl::StatusOr<Step> Get(const std::string& name, const auth::Caller& caller = Caseworker()) {
    v1::GetInvestigationStepRequest request;
    request.set_name(name);
    return service_.GetInvestigationStep(CallOf(caller, "InvestigationStepService/GetInvestigationStep", now_),
                                         request);
  }
  absl::StatusOr<v1::ListInvestigationStepsResponse> List(const std::string& parent,
                                                          const auth::Caller& caller = Caseworker(), int page_size = 0,
                                                          const std::string& page_token = "") {
    v1::ListInvestigationStepsRequest request;
    request.set_parent(parent);
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return service_.ListInvestigationSteps(CallOf(caller, "InvestigationStepService/ListInvestigationSteps", now_),
                                           request);
  }
  static std::vector<std::string> NamesIn(const absl::StatusOr<v1::ListInvestigationStepsResponse>& page) {
    EXPECT_OK(page);
    std::vector<std::string> names;
    if (!page.ok()) return names;
    for (const Step& step : page->investigation_steps()) names.push_back(step.name());
    return names;
  }

  // Puts the report on hold.
  void Hold(const std::string& report) {
    ASSERT_OK(ChangeReport("ReportService/HoldReport", report, [&](ReportRecord record) {
      return intake::Hold(ShippedRules(), std::move(record), "Misstänkt våld.", ActAt(now_));
    }));
  }

  void Close(const std::string& investigation) {
    ASSERT_OK_AND_ASSIGN(const InvestigationRecord record,
                         investigations_->Find(CallOf(Caseworker(), "InvestigationService/GetInvestigation", now_),
                                               *ParseName(investigation, "investigations")));
    v1::CloseInvestigationRequest request;
    request.set_name(investigation);
    request.set_request_id(NewRequestId());
    request.set_etag(Etag(record.version));
    request.set_result(v1::Closing::WITHOUT_MEASURE);
    request.set_reasons("Inget behov.");
    ASSERT_OK(investigation_service_.CloseInvestigation(
        CallOf(Caseworker(), "InvestigationService/CloseInvestigation", now_), request));
  }

  int64_t StoredRows() {
    return Count(
        "SELECT (SELECT coalesce(sum(version), 0) FROM intake.investigation_step)"
        " + (SELECT count(*) FROM intake.request) + (SELECT count(*) FROM intake.event)");
  }

  InvestigationStepStore store_{store_parts()};
  ConsultationStore consultations_{store_parts()};
  const InvestigationStepService service_{store_, parts()};
  const InvestigationService investigation_service_{*investigations_, parts()};
  const ReportService report_service_{*reports_, consultations_, parts()};
};

// ---- information ----

TEST_F(InvestigationStepServiceTest, TheSchoolSeesWhatItIsAskedAndAnswersItOnce) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const Step asked, Ask(investigation));
  EXPECT_EQ(asked.state(), Step::OPEN);
  EXPECT_EQ(asked.parent(), investigation);
  EXPECT_EQ(asked.recorder(), "u-eva");
  EXPECT_EQ(asked.legal_basis(), "P-023, SoL 2025:400 20:6");

  ASSERT_OK_AND_ASSIGN(const Step seen, Get(asked.name(), Principal()));
  EXPECT_EQ(seen.information_request().concerning(), "Kim Andersson, 080121-2390");
  EXPECT_THAT(seen.information_request().questions(), ElementsAre("Hur är närvaron?"));
  EXPECT_EQ(seen.information_request().contact_function(), "utredare, barnenheten");
  EXPECT_EQ(seen.authority(), kSkarholmen);
  EXPECT_EQ(seen.parent(), "") << "not the investigation";
  EXPECT_EQ(seen.child(), "");
  EXPECT_EQ(seen.recorder(), "") << "not the caseworker";

  now_ += absl::Hours(1);
  ASSERT_OK_AND_ASSIGN(const Step answered, HandOver(seen));
  EXPECT_EQ(answered.state(), Step::DONE);
  EXPECT_EQ(answered.parent(), "");
  ASSERT_OK_AND_ASSIGN(const Step received, Get(asked.name()));
  EXPECT_EQ(received.information_request().answer(), "Kim är borta varje måndag.");
  EXPECT_EQ(received.information_request().answerer(), "u-rektor");
  EXPECT_EQ(received.information_request().answerer_function(), "rektor");
  EXPECT_EQ(received.etag(), answered.etag());
  EXPECT_EQ(received.recorder(), "u-eva");
  EXPECT_THAT(HandOver(answered), StatusIs(kFailedPrecondition, "STEP_ENDED"));
}

TEST_F(InvestigationStepServiceTest, NobodyElseFindsARequestForInformation) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const Step asked, Ask(investigation));
  auth::Caller namesake = Principal();
  namesake.authority = "skarholmen";
  auth::Caller no_reporter = Principal();
  no_reporter.roles = {access::v1::CASEWORKER};
  for (const auth::Caller& caller : {OtherSchool(), Elsewhere(), namesake, no_reporter}) {
    EXPECT_THAT(Get(asked.name(), caller), StatusIs(kNotFound, "INVESTIGATION_STEP_NOT_FOUND"));
  }
  for (const auth::Caller& caller : {OtherSchool(), namesake}) {
    EXPECT_THAT(HandOver(asked, caller), StatusIs(kNotFound, "INVESTIGATION_STEP_NOT_FOUND"));
    EXPECT_THAT(NamesIn(List("municipalities/0180", caller)), IsEmpty());
  }
  EXPECT_THAT(NamesIn(List("municipalities/0180", Principal())), ElementsAre(asked.name()));
  EXPECT_THAT(NamesIn(List("municipalities/0127", Principal())), IsEmpty());
  EXPECT_THAT(List(investigation, Elsewhere()), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
  EXPECT_THAT(Ask(investigation, Elsewhere()), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
  EXPECT_THAT(Get("municipalities/0180/investigationSteps/01968f00-0000-7000-8000-000000000001"),
              StatusIs(kNotFound, "INVESTIGATION_STEP_NOT_FOUND"));
}

TEST_F(InvestigationStepServiceTest, TheUnitIsRemindedAndTheRequestWithdrawn) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const Step asked, Ask(investigation));
  const auto remind = ChangeOf<v1::RemindOfInformationRequest>(asked);
  ASSERT_OK_AND_ASSIGN(const Step reminded, Do(&InvestigationStepService::RemindOfInformation, remind));
  ASSERT_OK_AND_ASSIGN(const Step seen, Get(asked.name(), Principal()));
  EXPECT_THAT(seen.information_request().remind_times(), SizeIs(1));
  EXPECT_THAT(Do(&InvestigationStepService::RemindOfInformation, ChangeOf<v1::RemindOfInformationRequest>(asked)),
              StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));

  auto withdraw = ChangeOf<v1::WithdrawQuestionsRequest>(reminded);
  withdraw.set_reason("Skolan har redan svarat muntligt.");
  ASSERT_OK_AND_ASSIGN(const Step withdrawn, Do(&InvestigationStepService::WithdrawQuestions, withdraw));
  EXPECT_EQ(withdrawn.state(), Step::ENDED);
  EXPECT_EQ(withdrawn.information_request().withdraw_reason(), "Skolan har redan svarat muntligt.");
  ASSERT_OK_AND_ASSIGN(const Step told, Get(asked.name(), Principal()));
  EXPECT_EQ(told.state(), Step::ENDED);
  EXPECT_TRUE(told.information_request().has_withdraw_time());
  EXPECT_EQ(told.information_request().withdraw_reason(), "");
  EXPECT_THAT(HandOver(told), StatusIs(kFailedPrecondition, "STEP_ENDED"));
  EXPECT_THAT(Do(&InvestigationStepService::RemindOfInformation, ChangeOf<v1::RemindOfInformationRequest>(withdrawn)),
              StatusIs(kFailedPrecondition, "STEP_ENDED"));
  withdraw = ChangeOf<v1::WithdrawQuestionsRequest>(withdrawn);
  withdraw.set_reason("Igen.");
  EXPECT_THAT(Do(&InvestigationStepService::WithdrawQuestions, withdraw), StatusIs(kFailedPrecondition, "STEP_ENDED"));
}

TEST_F(InvestigationStepServiceTest, InformationIsAskedWhileTheInvestigationRuns) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const Step asked, Ask(investigation));
  Close(investigation);
  EXPECT_THAT(Ask(investigation), StatusIs(kFailedPrecondition, "INVESTIGATION_CLOSED"));
  ASSERT_OK_AND_ASSIGN(const Step seen, Get(asked.name(), Principal()));
  EXPECT_THAT(HandOver(seen), StatusIs(kFailedPrecondition, "STEP_ENDED")) << "and not that it is closed";
}

TEST_F(InvestigationStepServiceTest, EveryBadFieldOfARequestIsNamed) {
  v1::RequestInformationRequest request;
  request.set_parent("municipalities/0180/reports/01968f00-0000-7000-8000-000000000001");
  request.set_unit("municipalities/0180/units/enskilda-forskolor-satra");
  request.set_due_date("i morgon");
  const auto refused = Do(&InvestigationStepService::RequestInformation, request);
  EXPECT_THAT(refused, StatusIs(kInvalid, "FIELD_INVALID"));
  EXPECT_THAT(
      status::InvalidFields(refused.status()),
      UnorderedElementsAre("request_id", "parent", "unit", "concerning", "questions", "contact_function", "due_date"));
}

TEST_F(InvestigationStepServiceTest, ARepeatedRequestChangesNothing) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  const auto request = Questions(investigation);
  ASSERT_OK_AND_ASSIGN(const Step asked, Do(&InvestigationStepService::RequestInformation, request));
  const auto answer = Answer(asked);
  ASSERT_OK_AND_ASSIGN(const Step answered, Do(&InvestigationStepService::HandOverInformation, answer, Principal()));
  const int64_t rows = StoredRows();
  ASSERT_OK_AND_ASSIGN(const Step asked_again, Do(&InvestigationStepService::RequestInformation, request));
  EXPECT_EQ(asked_again.name(), asked.name());
  EXPECT_EQ(asked_again.state(), Step::DONE) << "as it now stands";
  ASSERT_OK_AND_ASSIGN(const Step answered_again,
                       Do(&InvestigationStepService::HandOverInformation, answer, Principal()));
  EXPECT_EQ(answered_again.SerializeAsString(), answered.SerializeAsString());
  EXPECT_EQ(StoredRows(), rows);

  auto other = request;
  other.set_concerning("Någon annan");
  EXPECT_THAT(Do(&InvestigationStepService::RequestInformation, other),
              StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
}

// ---- talks, company, representatives ----

TEST_F(InvestigationStepServiceTest, OneReferenceTalkWhereTheRuleOfThePlaceSaysSo) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const Step planned, Record(Talk(investigation, Step::OPEN)));
  EXPECT_EQ(planned.legal_basis(), "L-006, seed 001 Bilaga 3 p. 12");
  EXPECT_THAT(Record(Talk(investigation, Step::OPEN)), StatusIs(kFailedPrecondition, "REFERENCE_TALK_LIMIT"));
  auto held = Talk(investigation, Step::DONE);
  held.set_step(planned.name());
  held.set_etag(planned.etag());
  ASSERT_OK_AND_ASSIGN(const Step talk, Record(held));
  EXPECT_EQ(talk.name(), planned.name());
  EXPECT_EQ(talk.state(), Step::DONE);
  EXPECT_THAT(Record(Talk(investigation, Step::DONE)), StatusIs(kFailedPrecondition, "REFERENCE_TALK_LIMIT"));
  held = Talk(investigation, Step::ENDED);
  held.set_step(talk.name());
  held.set_etag(talk.etag());
  EXPECT_THAT(Record(held), StatusIs(kFailedPrecondition, "STEP_ENDED"));

  // Another investigation has a talk of its own; one that is called off does not count.
  const std::string other = OpenInvestigation(kChildren[1]);
  ASSERT_OK_AND_ASSIGN(const Step first, Record(Talk(other, Step::OPEN)));
  auto called_off = Talk(other, Step::ENDED);
  called_off.set_step(first.name());
  called_off.set_etag(first.etag());
  ASSERT_OK(Record(called_off));
  EXPECT_OK(Record(Talk(other, Step::DONE)));
  Close(other);
  EXPECT_THAT(Record(Talk(other, Step::OPEN)), StatusIs(kFailedPrecondition, "INVESTIGATION_CLOSED"));
}

TEST_F(InvestigationStepServiceTest, AStepGoesOnOnlyAsItsKindAndInItsInvestigation) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  const std::string other = OpenInvestigation(kChildren[1]);
  ASSERT_OK_AND_ASSIGN(const Step asked, Ask(investigation));
  ASSERT_OK_AND_ASSIGN(const Step planned, Record(Talk(investigation, Step::OPEN)));
  auto request = Talk(investigation, Step::DONE);
  request.set_step(asked.name());
  request.set_etag(asked.etag());
  EXPECT_THAT(Record(request), StatusIs(kNotFound, "INVESTIGATION_STEP_NOT_FOUND"));
  request = Talk(other, Step::DONE);
  request.set_step(planned.name());
  request.set_etag(planned.etag());
  EXPECT_THAT(Record(request), StatusIs(kNotFound, "INVESTIGATION_STEP_NOT_FOUND"));
  request = Talk(investigation, Step::ENDED);
  request.clear_reference_talk();
  const auto refused = Record(request);
  EXPECT_THAT(status::InvalidFields(refused.status()),
              UnorderedElementsAre("state", "reference_talk.unit", "reference_talk.counterpart_function",
                                   "reference_talk.talk_time"));
}

TEST_F(InvestigationStepServiceTest, ARepresentativeIsAppliedForAppointedAndMayAskForCompany) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  auto request = About<v1::RecordSpecialRepresentativeRequest>(investigation);
  request.set_state(Step::OPEN);
  request.mutable_special_representative()->set_date("2026-03-10");
  ASSERT_OK_AND_ASSIGN(const Step applied, Do(&InvestigationStepService::RecordSpecialRepresentative, request));

  auto company = About<v1::RecordAccompanimentRequest>(investigation);
  company.set_state(Step::OPEN);
  company.mutable_accompaniment()->set_companion("Kims fritidsledare");
  company.mutable_accompaniment()->set_special_representative(applied.name());
  *company.mutable_accompaniment()->mutable_interview_time() = proto_time::ToProto(now_ + absl::Hours(24));
  EXPECT_THAT(Do(&InvestigationStepService::RecordAccompaniment, company),
              StatusIs(kFailedPrecondition, "REPRESENTATIVE_NOT_APPOINTED"));

  request.set_request_id(NewRequestId());
  request.set_step(applied.name());
  request.set_etag(applied.etag());
  request.set_state(Step::DONE);
  const auto refused = Do(&InvestigationStepService::RecordSpecialRepresentative, request);
  EXPECT_THAT(status::InvalidFields(refused.status()),
              UnorderedElementsAre("special_representative.representative", "special_representative.court_case"));
  request.mutable_special_representative()->set_representative("advokat Berg");
  request.mutable_special_representative()->set_court_case("Södertörns tingsrätt, Ä 12-26");
  ASSERT_OK_AND_ASSIGN(const Step appointed, Do(&InvestigationStepService::RecordSpecialRepresentative, request));
  company.set_request_id(NewRequestId());
  ASSERT_OK_AND_ASSIGN(const Step planned, Do(&InvestigationStepService::RecordAccompaniment, company));
  EXPECT_EQ(planned.accompaniment().companion(), "Kims fritidsledare");

  company.set_request_id(NewRequestId());
  company.set_step(planned.name());
  company.set_etag(planned.etag());
  company.set_state(Step::DONE);
  EXPECT_THAT(status::InvalidFields(Do(&InvestigationStepService::RecordAccompaniment, company).status()),
              ElementsAre("accompaniment.interview_time"))
      << "it has not been yet";
  now_ += absl::Hours(24);
  ASSERT_OK_AND_ASSIGN(const Step done, Do(&InvestigationStepService::RecordAccompaniment, company));
  EXPECT_EQ(done.state(), Step::DONE);

  request.set_request_id(NewRequestId());
  request.set_etag(appointed.etag());
  request.set_state(Step::ENDED);
  ASSERT_OK_AND_ASSIGN(const Step ended, Do(&InvestigationStepService::RecordSpecialRepresentative, request));
  EXPECT_EQ(ended.state(), Step::ENDED);
  request.set_request_id(NewRequestId());
  request.set_etag(ended.etag());
  EXPECT_THAT(Do(&InvestigationStepService::RecordSpecialRepresentative, request),
              StatusIs(kFailedPrecondition, "STEP_ENDED"));
}

// ---- police ----

TEST_F(InvestigationStepServiceTest, APoliceReportRestsOnTheRecordedTest) {
  const std::string report = SubmitReport(kChildren[0]);
  Hold(report);
  auto request = Crime(report);
  request.mutable_police_report()->set_guardians_told(true);
  EXPECT_THAT(Do(&InvestigationStepService::ReportToPolice, request), StatusIs(kFailedPrecondition, "ON_HOLD"));
  request.mutable_police_report()->set_guardians_told(false);
  ASSERT_OK_AND_ASSIGN(const Step step, Do(&InvestigationStepService::ReportToPolice, request));
  EXPECT_EQ(step.state(), Step::DONE);
  EXPECT_EQ(step.legal_basis(), "P-069, OSL 10:21");
  EXPECT_EQ(step.police_report().test().test(), "suspicion and the child's best");
  EXPECT_EQ(step.police_report().test().tester(), "u-eva");
  EXPECT_EQ(step.police_report().test().suspicion_reasons(), "Blåmärken i flera åldrar.");

  request = Crime(report);
  request.mutable_police_report()->clear_test();
  EXPECT_THAT(status::InvalidFields(Do(&InvestigationStepService::ReportToPolice, request).status()),
              UnorderedElementsAre("police_report.test.suspicion_reasons", "police_report.test.child_best_reasons"));
  request = Crime(report);
  request.mutable_police_report()->set_suspicion(v1::PoliceReport::OTHER_CRIME);
  EXPECT_THAT(Do(&InvestigationStepService::ReportToPolice, request),
              StatusIs(kFailedPrecondition, "NEEDS_LEGAL_REVIEW"));
  EXPECT_THAT(Do(&InvestigationStepService::ReportToPolice, Crime(report), Elsewhere()),
              StatusIs(kNotFound, "REPORT_NOT_FOUND"));
}

// ---- notices ----

TEST_F(InvestigationStepServiceTest, WhoIsStillToBeToldStandsInTheListUntilItIsDone) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const auto before, List(investigation));
  EXPECT_THAT(before.notices_owed(),
              ElementsAre(v1::NoticeToConcerned::CHILD_CONCERNED, v1::NoticeToConcerned::GUARDIANS_CONCERNED));
  ASSERT_OK_AND_ASSIGN(const Step told, Do(&InvestigationStepService::InformConcerned,
                                           Notice(investigation, v1::NoticeToConcerned::GUARDIANS_CONCERNED, true)));
  EXPECT_EQ(told.state(), Step::DONE);
  EXPECT_EQ(told.legal_basis(), "P-022, SoL 2025:400 20:4");
  ASSERT_OK_AND_ASSIGN(const auto between, List(investigation));
  EXPECT_THAT(between.notices_owed(), ElementsAre(v1::NoticeToConcerned::CHILD_CONCERNED));
  ASSERT_OK_AND_ASSIGN(const Step not_told, Do(&InvestigationStepService::InformConcerned,
                                               Notice(investigation, v1::NoticeToConcerned::CHILD_CONCERNED, false)));
  EXPECT_EQ(not_told.state(), Step::ENDED);
  ASSERT_OK_AND_ASSIGN(const auto after, List(investigation));
  EXPECT_THAT(after.notices_owed(), IsEmpty());
}

TEST_F(InvestigationStepServiceTest, GuardiansAreNotToldWhileAReportOfTheInvestigationIsOnHold) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const std::string investigation, DecideReport(report, v1::Decision::OPENED));
  Hold(report);
  EXPECT_THAT(Do(&InvestigationStepService::InformConcerned,
                 Notice(investigation, v1::NoticeToConcerned::GUARDIANS_CONCERNED, true)),
              StatusIs(kFailedPrecondition, "ON_HOLD"));
  EXPECT_OK(Do(&InvestigationStepService::InformConcerned,
               Notice(investigation, v1::NoticeToConcerned::GUARDIANS_CONCERNED, false)));
  EXPECT_OK(Do(&InvestigationStepService::InformConcerned,
               Notice(investigation, v1::NoticeToConcerned::CHILD_CONCERNED, true)));

  auto neither = Notice(investigation, v1::NoticeToConcerned::CHILD_CONCERNED, false);
  neither.mutable_notice_to_concerned()->clear_not_informed_reason();
  EXPECT_THAT(status::InvalidFields(Do(&InvestigationStepService::InformConcerned, neither).status()),
              ElementsAre("notice_to_concerned.not_informed_reason"));
}

TEST_F(InvestigationStepServiceTest, WhoIsStillToBeToldStandsInTheWorklist) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  v1::ListWorkItemsRequest request;
  request.set_parent(kBarnenheten);
  request.set_to_do(v1::WorkItem::INFORM_CONCERNED);
  const auto work = [&] {
    return report_service_.ListWorkItems(CallOf(Caseworker(), "ReportService/ListWorkItems", now_), request);
  };
  ASSERT_OK(Do(&InvestigationStepService::InformConcerned,
               Notice(investigation, v1::NoticeToConcerned::GUARDIANS_CONCERNED, true)));
  ASSERT_OK_AND_ASSIGN(const auto owed, work());
  ASSERT_THAT(owed.items(), SizeIs(1));
  EXPECT_EQ(owed.items(0).resource(), investigation);
  EXPECT_THAT(owed.items(0).to_do(), Contains(v1::WorkItem::INFORM_CONCERNED));
  ASSERT_OK(Do(&InvestigationStepService::InformConcerned,
               Notice(investigation, v1::NoticeToConcerned::CHILD_CONCERNED, true)));
  ASSERT_OK_AND_ASSIGN(const auto done, work());
  EXPECT_THAT(done.items(), IsEmpty());
}

// ---- contacts ----

TEST_F(InvestigationStepServiceTest, BeforeOpeningOnlyChildGuardiansAndReporterAreContacted) {
  const std::string report = SubmitReport(kChildren[0]);
  for (const auto counterpart :
       {v1::Contact::CHILD_CONTACTED, v1::Contact::GUARDIAN_CONTACTED, v1::Contact::REPORTER_CONTACTED}) {
    EXPECT_OK(Do(&InvestigationStepService::RecordContact, ContactWith(report, counterpart)));
  }
  EXPECT_THAT(Do(&InvestigationStepService::RecordContact, ContactWith(report, v1::Contact::OTHER_CONTACTED)),
              StatusIs(kFailedPrecondition, "CONTACT_NOT_ALLOWED_BEFORE_OPENING"));
  EXPECT_THAT(NamesIn(List(report)), SizeIs(3));
  EXPECT_THAT(List(report)->notices_owed(), IsEmpty());

  Hold(report);
  EXPECT_THAT(Do(&InvestigationStepService::RecordContact, ContactWith(report, v1::Contact::GUARDIAN_CONTACTED)),
              StatusIs(kFailedPrecondition, "ON_HOLD"));
  auto said = ContactWith(report, v1::Contact::CHILD_CONTACTED);
  said.mutable_contact()->set_child_said("Jag vill inte hem.");
  ASSERT_OK_AND_ASSIGN(const Step contact, Do(&InvestigationStepService::RecordContact, said));
  EXPECT_EQ(contact.contact().child_said(), "Jag vill inte hem.");
  EXPECT_TRUE(absl::StartsWith(contact.legal_basis(), "P-015, "));

  ASSERT_OK_AND_ASSIGN(const std::string investigation, DecideReport(report, v1::Decision::OPENED));
  EXPECT_THAT(Do(&InvestigationStepService::RecordContact, ContactWith(report, v1::Contact::CHILD_CONTACTED)),
              StatusIs(kFailedPrecondition, "ALREADY_DECIDED"));
  ASSERT_OK_AND_ASSIGN(const Step talk, Do(&InvestigationStepService::RecordContact,
                                           ContactWith(investigation, v1::Contact::CHILD_CONTACTED)));
  EXPECT_EQ(talk.legal_basis(), "P-024, SoL 2025:400 20:7, 23:4");
  EXPECT_THAT(status::InvalidFields(Do(&InvestigationStepService::RecordContact,
                                       ContactWith(investigation, v1::Contact::GUARDIAN_CONTACTED))
                                        .status()),
              ElementsAre("contact.counterpart"));
}

// ---- lists, log ----

TEST_F(InvestigationStepServiceTest, ListsPageLatestFirst) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    now_ += absl::Minutes(1);
    ASSERT_OK_AND_ASSIGN(const Step step, Ask(investigation));
    names.insert(names.begin(), step.name());
  }
  for (const auth::Caller& caller : {Caseworker(), Principal()}) {
    const std::string parent = caller.Has(access::v1::REPORTER) ? "municipalities/0180" : investigation;
    ASSERT_OK_AND_ASSIGN(const auto first, List(parent, caller, 2));
    EXPECT_THAT(NamesIn(first), ElementsAre(names[0], names[1]));
    ASSERT_OK_AND_ASSIGN(const auto second, List(parent, caller, 2, first.next_page_token()));
    EXPECT_THAT(NamesIn(second), ElementsAre(names[2]));
    EXPECT_EQ(second.next_page_token(), "");
  }
}

TEST_F(InvestigationStepServiceTest, EveryChangeAndReadIsInTheLogAndEventsTellNoPerson) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const Step asked, Ask(investigation));
  EXPECT_EQ(Events().back().type(), "investigation_step.recorded");
  EXPECT_EQ(Events().back().attributes().at("kind"), "information_request");
  EXPECT_EQ(Events().back().attributes().at("state"), "OPEN");
  EXPECT_EQ(AuditEntries().back().private_part().legal_basis(), "P-023, SoL 2025:400 20:6");
  ASSERT_OK(HandOver(asked));
  EXPECT_EQ(Events().back().type(), "investigation_step.information_handed_over");
  EXPECT_EQ(Events().back().resource(), asked.name());
  EXPECT_EQ(Events().back().authority(), "skarholmen");
  ASSERT_OK(Get(asked.name(), Principal()));
  ASSERT_OK(List("municipalities/0180", Principal()));
  ASSERT_OK(List(investigation));
  const auto entries = AuditEntries();
  ASSERT_GE(entries.size(), 5u);
  for (size_t i = entries.size() - 5; i < entries.size(); ++i) {
    EXPECT_THAT(entries[i].private_part().resources(), Contains(asked.name()));
    EXPECT_THAT(entries[i].private_part().resources(), Contains(investigation));
    EXPECT_THAT(entries[i].private_part().children(), SizeIs(1));
    EXPECT_EQ(entries[i].authority(), "skarholmen");
  }
}

}  // namespace
}  // namespace samverkan::intake::testing
