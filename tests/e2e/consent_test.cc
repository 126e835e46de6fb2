// Intake and consent together: what is on hold is asked of no guardian, more than the three facts is
// told through a decision only, and intake goes on without the consent service.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/set_fixture.h"
#include "tests/testing/await.h"

namespace samverkan::tests {
namespace {

using rules::v1::Disclosure;
using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr absl::Duration kMoments = absl::Seconds(20);
constexpr char kSchools[] = "municipalities/0180/authorities/utbildningsnamnden";
constexpr char kSchool[] = "municipalities/0180/units/bredangsskolan";
constexpr char kOtherSchool[] = "municipalities/0180/units/satraskolan";
constexpr char kText[] = "Utredningen är avslutad med insats.";
constexpr char kHandler[] = "Samir Haddad, 08-508 00 000";

class ConsentTest : public SetTest {
 protected:
  // A report about the child with that number, and that child in the registry, by one reference.
  struct Case {
    intake::v1::Report report;
    consent::v1::Child child;
  };

  intake::v1::Report Reported(const std::string& number, bool held) {
    intake::v1::SubmitReportRequest request = SchoolReport(number);
    intake::v1::Submission& submission = *request.mutable_submission();
    if (held) submission.mutable_concern()->set_suspected_violence(true);
    if (held)
      submission.mutable_guardians_told()->mutable_not_told()->set_reason(intake::v1::NotTold::SUSPECTED_VIOLENCE);
    const auto answer = Do(Principal(), &Reports::SubmitReport, request);
    return answer.reports_size() == 1 ? Get(answer.reports(0).name()) : intake::v1::Report();
  }

  consent::v1::Child Registered(const std::string& number, const std::string& reference) {
    consent::v1::RegisterChildRequest request;
    request.set_parent(kBoard);
    request.set_request_id(NewRequestId());
    request.set_reference(reference);
    request.set_identity_number(number);
    request.add_units(kReceptionUnit);
    for (const char* const name : {"Mona", "Per"}) {
      consent::v1::Guardian& guardian = *request.add_guardians();
      guardian.set_person_name(name);
      guardian.set_kind(consent::v1::Guardian::PARENT);
      guardian.set_from_date("2012-12-31");
    }
    return Do(Caseworker(), &Children::RegisterChild, request);
  }

  Case NewCase(bool held = false) {
    const std::string number = NewChild();
    Case made;
    made.report = Reported(number, held);
    made.child = Registered(number, made.report.child());
    return made;
  }

  bool IsOnHold(const consent::v1::Child& child) {
    consent::v1::GetChildRequest request;
    request.set_name(child.name());
    return Do(Caseworker(), &Children::GetChild, request).on_hold();
  }

  // May the social services tell that unit, for that purpose?
  static consent::v1::Question QuestionOf(const consent::v1::Child& child, const std::string& unit = kSchool,
                                          Disclosure::Purpose purpose = Disclosure::FEEDBACK) {
    consent::v1::Question question;
    question.set_child(child.name().substr(child.name().rfind('/') + 1));
    question.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
    question.mutable_discloser()->set_authority(kBoard);
    question.mutable_recipient()->set_party(Disclosure::SCHOOL);
    question.mutable_recipient()->set_authority(kSchools);
    question.mutable_recipient()->set_unit(unit);
    question.add_categories(data::v1::INVESTIGATION);
    question.add_categories(data::v1::CASEWORKER_IDENTITY);
    question.set_purpose(purpose);
    return question;
  }

  consent::v1::Decision Check(const consent::v1::Question& question) {
    consent::v1::CheckDisclosureRequest request;
    request.set_parent(kMunicipality);
    request.set_request_id(NewRequestId());
    *request.mutable_question() = question;
    return Do(Caseworker(), &Disclosures::CheckDisclosure, request);
  }

  static consent::v1::AskConsentRequest AskingOf(const consent::v1::Child& child, int guardian) {
    consent::v1::AskConsentRequest request;
    request.set_parent(child.name());
    request.set_request_id(NewRequestId());
    request.mutable_giver()->set_guardian(child.guardians(guardian).guardian());
    const consent::v1::Question question = QuestionOf(child);
    consent::v1::ConsentScope& scope = *request.mutable_scope();
    *scope.mutable_discloser() = question.discloser();
    *scope.mutable_recipient() = question.recipient();
    *scope.mutable_categories() = question.categories();
    scope.set_purpose(question.purpose());
    scope.set_from_date("2026-01-12");
    scope.set_to_date("2026-04-12");
    return request;
  }

  consent::v1::Consent SaysYes(const consent::v1::Child& child, int guardian) {
    consent::v1::AskConsentRequest request = AskingOf(child, guardian);
    request.mutable_answer()->set_verdict(consent::v1::ConsentAnswer::YES);
    request.mutable_answer()->set_form(consent::v1::ConsentAnswer::SIGNED);
    request.mutable_answer()->set_documentation("Undertecknat papper i akten.");
    return Do(Caseworker(), &Consents::AskConsent, request);
  }

  // The three facts.
  intake::v1::Feedback GiveFeedback(const std::string& report) {
    intake::v1::GiveFeedbackRequest request;
    request.set_parent(report);
    request.set_request_id(NewRequestId());
    request.set_etag(Get(report).etag());
    request.mutable_suitability_test()->set_verdict(intake::v1::SuitabilityTest::SUITABLE);
    request.mutable_suitability_test()->set_reasons("Inget talar emot att skolan får veta.");
    return Do(Caseworker(), &FeedbackCalls::GiveFeedback, request);
  }

  intake::v1::GiveExtendedFeedbackRequest TellingMore(const std::string& report,
                                                      const consent::v1::Decision& decision) {
    intake::v1::GiveExtendedFeedbackRequest request;
    request.set_parent(report);
    request.set_request_id(NewRequestId());
    request.set_etag(Get(report).etag());
    request.set_decision(decision.name());
    request.set_text(kText);
    request.set_caseworker(kHandler);
    return request;
  }

  absl::Status TellMore(const intake::v1::GiveExtendedFeedbackRequest& request) {
    return client_.As(Caseworker(), &FeedbackCalls::GiveExtendedFeedback, request, absl::Minutes(1)).status;
  }

  // What the school sees of the feedback on its report.
  intake::v1::Feedback SeenBySchool(const std::string& report) {
    intake::v1::ListFeedbackRequest request;
    request.set_parent(report);
    const auto answer = Do(Principal(), &FeedbackCalls::ListFeedback, request);
    EXPECT_EQ(answer.feedback_size(), 1);
    return answer.feedback_size() == 1 ? answer.feedback(0) : intake::v1::Feedback();
  }

  int DisclosuresOf(const consent::v1::Child& child) {
    consent::v1::ListDisclosuresRequest request;
    request.set_parent(child.name());
    return Do(Caseworker(), &Disclosures::ListDisclosures, request).disclosures_size();
  }
};

TEST_F(ConsentTest, WhileAReportIsOnHoldNoGuardianIsAsked) {
  const Case held = NewCase(/*held=*/true);
  ASSERT_TRUE(Await(kMoments, [&] { return IsOnHold(held.child); }));
  const consent::v1::AskConsentRequest asking = AskingOf(held.child, 0);
  EXPECT_THAT(client_.As(Caseworker(), &Consents::AskConsent, asking).status,
              StatusIs(kFailedPrecondition, "CHILD_ON_HOLD"));
  intake::v1::ReleaseReportRequest release;
  release.set_name(held.report.name());
  release.set_request_id(NewRequestId());
  release.set_etag(Get(held.report.name()).etag());
  release.set_reason("Polisen har hört barnet.");
  Do(Caseworker(), &Reports::ReleaseReport, release);
  ASSERT_TRUE(Await(kMoments, [&] { return !IsOnHold(held.child); }));
  Do(Caseworker(), &Consents::AskConsent, asking);
}

TEST_F(ConsentTest, WithBothGuardiansYesTheSchoolIsToldMoreAndNotWhatItRestsOn) {
  const Case agreed = NewCase();
  const std::string report = agreed.report.name();
  for (const int guardian : {0, 1}) SaysYes(agreed.child, guardian);
  Decide(report, intake::v1::Decision::OPENED);
  EXPECT_THAT(TellMore(TellingMore(report, Check(QuestionOf(agreed.child)))),
              StatusIs(kFailedPrecondition, "FEEDBACK_NOT_GIVEN"));
  GiveFeedback(report);

  intake::v1::TellFamilyAnswerRequest answer;
  answer.set_parent(report);
  answer.set_request_id(NewRequestId());
  answer.set_etag(Get(report).etag());
  answer.set_answer(intake::v1::FamilyAnswer::MORE_CAN_BE_TOLD);
  Do(Caseworker(), &FeedbackCalls::TellFamilyAnswer, answer);
  EXPECT_EQ(SeenBySchool(report).family_answer().answer(), intake::v1::FamilyAnswer::MORE_CAN_BE_TOLD);

  // Rule L-005: who handles the case is told after the family's answer.
  consent::v1::Question question = QuestionOf(agreed.child);
  question.add_facts()->set_fact("answer_told");
  question.mutable_facts(0)->set_source("Lämnat med TellFamilyAnswer.");
  const intake::v1::GiveExtendedFeedbackRequest request = TellingMore(report, Check(question));
  const auto told = Do(Caseworker(), &FeedbackCalls::GiveExtendedFeedback, request);
  ASSERT_EQ(told.extended_size(), 1);
  EXPECT_EQ(told.extended(0).child(), agreed.report.child());
  EXPECT_THAT(told.extended(0).legal_basis(), HasSubstr("P-056"));
  EXPECT_THAT(told.extended(0).disclosure(), HasSubstr("/disclosures/"));
  const auto again = Do(Caseworker(), &FeedbackCalls::GiveExtendedFeedback, request);
  EXPECT_EQ(again.SerializeAsString(), told.SerializeAsString());
  EXPECT_EQ(DisclosuresOf(agreed.child), 1);

  const intake::v1::Feedback seen = SeenBySchool(report);
  ASSERT_EQ(seen.extended_size(), 1);
  EXPECT_EQ(seen.extended(0).text(), kText);
  EXPECT_EQ(seen.extended(0).caseworker(), kHandler);
  EXPECT_TRUE(seen.extended(0).has_tell_time());
  EXPECT_EQ(seen.extended(0).child(), "");
  EXPECT_EQ(seen.extended(0).disclosure(), "");
  EXPECT_EQ(seen.extended(0).legal_basis(), "");
}

TEST_F(ConsentTest, OnlyADecisionAboutThisTellingTells) {
  const Case agreed = NewCase();
  const Case other = NewCase();
  const std::string report = agreed.report.name();
  std::vector<std::string> consents;
  for (const int guardian : {0, 1}) consents.push_back(SaysYes(agreed.child, guardian).name());
  for (const int guardian : {0, 1}) SaysYes(other.child, guardian);
  const consent::v1::Decision decision = Check(QuestionOf(agreed.child));
  Decide(report, intake::v1::Decision::NOT_OPENED);
  GiveFeedback(report);

  const auto tell = [&](const consent::v1::Question& question) {
    return TellMore(TellingMore(report, Check(question)));
  };
  EXPECT_THAT(tell(QuestionOf(agreed.child, kOtherSchool)), StatusIs(kFailedPrecondition, "NEEDS_CONSENT_DECISION"));
  EXPECT_THAT(tell(QuestionOf(agreed.child, kSchool, Disclosure::COOPERATION)),
              StatusIs(kFailedPrecondition, "NEEDS_CONSENT_DECISION"));
  EXPECT_THAT(tell(QuestionOf(other.child)), StatusIs(kFailedPrecondition, "OTHER_CHILD"));

  consent::v1::WithdrawConsentRequest withdraw;
  withdraw.set_name(consents.front());
  withdraw.set_request_id(NewRequestId());
  Do(Caseworker(), &Consents::WithdrawConsent, withdraw);
  EXPECT_THAT(TellMore(TellingMore(report, decision)), StatusIs(kFailedPrecondition, "DECISION_OUTDATED"));
  EXPECT_EQ(SeenBySchool(report).extended_size(), 0);
  EXPECT_EQ(DisclosuresOf(agreed.child), 0);
  EXPECT_EQ(DisclosuresOf(other.child), 0);
}

TEST_F(ConsentTest, WithoutTheConsentServiceReportsGoOnAndHoldsWait) {
  const Case agreed = NewCase();
  const std::string report = agreed.report.name();
  for (const int guardian : {0, 1}) SaysYes(agreed.child, guardian);
  const consent::v1::Decision decision = Check(QuestionOf(agreed.child));

  Breakable().Kill(ServiceSet::kConsent);
  const std::string number = NewChild();
  const intake::v1::Report held = Reported(number, /*held=*/true);
  Decide(report, intake::v1::Decision::OPENED);
  GiveFeedback(report);
  const intake::v1::GiveExtendedFeedbackRequest telling = TellingMore(report, decision);
  EXPECT_THAT(TellMore(telling), StatusIs(absl::StatusCode::kUnavailable, "CONSENT_UNAVAILABLE"));
  const std::string waiting =
      absl::StrCat("SELECT count(*) FROM intake.consent_notice WHERE child = '", held.child(), "'");
  EXPECT_EQ(set_.Value(waiting).value_or(""), "1");

  ASSERT_OK(Breakable().StartAgain(ServiceSet::kConsent));
  ASSERT_TRUE(Await(absl::Minutes(1), [&] { return set_.Value(waiting).value_or("") == "0"; }));
  // The hold was there before the child.
  const consent::v1::Child child = Registered(number, held.child());
  EXPECT_TRUE(child.on_hold());
  EXPECT_THAT(client_.As(Caseworker(), &Consents::AskConsent, AskingOf(child, 0)).status,
              StatusIs(kFailedPrecondition, "CHILD_ON_HOLD"));
  EXPECT_OK(TellMore(telling));
  EXPECT_EQ(SeenBySchool(report).extended(0).text(), kText);
}

}  // namespace
}  // namespace samverkan::tests
