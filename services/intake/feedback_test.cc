#include "services/intake/feedback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "libs/proto_time/proto_time.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::IsEmpty;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr char kRunning[] = "municipalities/0180/investigations/01968f00-0000-7000-8000-00000000000a";
const absl::Time kNow = At(absl::CivilDay(2026, 3, 10));

v1::Submission SubmissionOf(const std::string& category, bool feedback_wanted = false) {
  v1::Submission submission = SchoolSubmission(kChildren[0], feedback_wanted);
  submission.mutable_reporter()->set_category(category);
  return submission;
}

// A school's report that was decided at `time`.
ReportRecord DecidedAt(absl::Time time, bool feedback_wanted,
                       v1::Decision::Outcome outcome = v1::Decision::NOT_OPENED) {
  auto change = DecideAt(time, AssessedAt(time, SubmissionOf("school", feedback_wanted)), outcome);
  EXPECT_OK(change);
  return std::move(change->after);
}

v1::GiveFeedbackRequest Suitable() {
  v1::GiveFeedbackRequest request;
  request.mutable_suitability_test()->set_verdict(v1::SuitabilityTest::SUITABLE);
  request.mutable_suitability_test()->set_reasons("Inget talar emot att skolan får veta.");
  return request;
}

v1::RefuseFeedbackRequest Unsuitable() {
  v1::RefuseFeedbackRequest request;
  request.mutable_suitability_test()->set_verdict(v1::SuitabilityTest::UNSUITABLE);
  request.mutable_suitability_test()->set_reasons("Barnet har skyddade uppgifter.");
  return request;
}

// A school's report whose feedback was given.
ReportRecord GivenAt(absl::Time time) {
  auto change = GiveFeedback(ShippedRules(), DecidedAt(time, /*feedback_wanted=*/true), Suitable(), ActAt(time));
  EXPECT_OK(change);
  return std::move(change->after);
}

// A decision for feedback that lets this one be told.
consent::v1::Decision DecisionFor(const std::string& authority, const std::string& unit) {
  consent::v1::Decision decision;
  decision.mutable_question()->set_purpose(rules::v1::Disclosure::FEEDBACK);
  decision.mutable_question()->mutable_recipient()->set_authority(authority);
  decision.mutable_question()->mutable_recipient()->set_unit(unit);
  consent::v1::CategoryDecision& permitted = *decision.add_categories();
  permitted.set_category(data::v1::INVESTIGATION);
  permitted.set_answer(consent::v1::CategoryDecision::PERMIT);
  return decision;
}

v1::GiveExtendedFeedbackRequest ToTell(const std::string& text, const std::string& caseworker = "") {
  v1::GiveExtendedFeedbackRequest request;
  request.set_text(text);
  request.set_caseworker(caseworker);
  return request;
}

TEST(FeedbackTest, DecisionOfDecember2025OwesItWithoutALimit) {
  const ReportRecord record = DecidedAt(At(absl::CivilDay(2025, 12, 20)), /*feedback_wanted=*/true);
  EXPECT_EQ(record.feedback->state(), v1::Feedback::OWED);
  const v1::Deadline clock = ClockOf(record, "statutory_feedback");
  EXPECT_EQ(clock.rule(), "P-031");
  EXPECT_EQ(clock.legal_basis(), "OSL 26:9 a (2025:436)");
  EXPECT_EQ(clock.latest_date(), "");
}

TEST(FeedbackTest, DecisionOfJanuary2026OwesItWithinAWeek) {
  const ReportRecord record = DecidedAt(At(absl::CivilDay(2026, 1, 10)), /*feedback_wanted=*/true);
  EXPECT_EQ(record.feedback->state(), v1::Feedback::OWED);
  const v1::Deadline clock = ClockOf(record, "statutory_feedback");
  EXPECT_EQ(clock.rule(), "P-032");
  EXPECT_EQ(clock.legal_basis(), "SoL 2025:400 19:6 (Lag 2025:1501)");
  EXPECT_EQ(clock.started_by(), "decision");
  EXPECT_EQ(clock.due_date(), "2026-01-17");     // a Saturday
  EXPECT_EQ(clock.latest_date(), "2026-01-19");  // the Monday after
}

TEST(FeedbackTest, DecisionsDayCountsAndNotTheReports) {
  auto decided =
      DecideAt(At(absl::CivilDay(2026, 1, 2)),
               AssessedAt(At(absl::CivilDay(2025, 12, 22)), SubmissionOf("school", true)), v1::Decision::OPENED);
  ASSERT_OK(decided);
  EXPECT_EQ(ClockOf(decided->after, "statutory_feedback").rule(), "P-032");
}

TEST(FeedbackTest, NotAskedIsNotOwed) {
  const ReportRecord record = DecidedAt(kNow, /*feedback_wanted=*/false);
  EXPECT_FALSE(record.feedback.has_value());
  EXPECT_FALSE(ClockOf(record, "statutory_feedback").has_start_time());
}

TEST(FeedbackTest, AskedAfterTheDecisionIsOwedAtOnce) {
  const ReportRecord record = DecidedAt(kNow, /*feedback_wanted=*/false);
  for (const auto& [hour, latest] : {std::pair(10, "2026-03-14"), std::pair(17, "2026-03-15")}) {
    ASSERT_OK_AND_ASSIGN(const ReportChange asked,
                         RequestFeedback(ShippedRules(), record, ActAt(At(absl::CivilDay(2026, 3, 14), hour))));
    EXPECT_EQ(asked.after.feedback->state(), v1::Feedback::OWED);
    EXPECT_EQ(ClockOf(asked.after, "statutory_feedback").started_by(), "asked_for");
    EXPECT_EQ(ClockOf(asked.after, "statutory_feedback").latest_date(), latest) << "a weekend moves nothing";
  }
}

TEST(FeedbackTest, AskedBeforeTheDecisionWaitsForIt) {
  const ReportRecord record = AssessedAt(kNow, SubmissionOf("school"));
  ASSERT_OK_AND_ASSIGN(ReportChange asked, RequestFeedback(ShippedRules(), record, ActAt(kNow)));
  EXPECT_EQ(asked.after.feedback->state(), v1::Feedback::ASKED);
  // Asking again changes nothing, and tells nobody anything.
  ASSERT_OK_AND_ASSIGN(const ReportChange again,
                       RequestFeedback(ShippedRules(), asked.after, ActAt(kNow + absl::Hours(1))));
  EXPECT_THAT(again.happenings, IsEmpty());
  EXPECT_EQ(proto_time::FromProto(again.after.feedback->ask_time()), kNow);

  ASSERT_OK_AND_ASSIGN(const ReportChange decided,
                       DecideAt(At(absl::CivilDay(2026, 3, 16)), asked.after, v1::Decision::OPENED));
  EXPECT_EQ(decided.after.feedback->state(), v1::Feedback::OWED);
  EXPECT_EQ(ClockOf(decided.after, "statutory_feedback").latest_date(), "2026-03-23");
}

TEST(FeedbackTest, RunningInvestigationOwesItAtOnce) {
  ReportRecord record = AssessedAt(kNow, SubmissionOf("school"));
  record.running_investigation = kRunning;
  ASSERT_OK_AND_ASSIGN(ReportChange asked, RequestFeedback(ShippedRules(), record, ActAt(kNow)));
  EXPECT_EQ(asked.after.feedback->state(), v1::Feedback::OWED);
  EXPECT_EQ(ClockOf(asked.after, "statutory_feedback").latest_date(), "2026-03-10");
  // Deciding it starts no second clock.
  ASSERT_OK_AND_ASSIGN(const ReportChange decided, DecideAt(kNow, asked.after, v1::Decision::ADDED_TO_RUNNING));
  int clocks = 0;
  for (const v1::Deadline& deadline : decided.after.report.deadlines())
    clocks += deadline.clock() == kStatutoryFeedback;
  EXPECT_EQ(clocks, 1);
}

TEST(FeedbackTest, ReportAboutAChildUnderInvestigationHasItsClockReady) {
  ASSERT_OK_AND_ASSIGN(const auto asked,
                       FeedbackClockIfRunning(ShippedRules(), ReceivedAt(kNow, SubmissionOf("school", true))));
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(asked->latest_date(), "2026-03-10");
  ASSERT_OK_AND_ASSIGN(const auto not_asked,
                       FeedbackClockIfRunning(ShippedRules(), ReceivedAt(kNow, SubmissionOf("school"))));
  EXPECT_FALSE(not_asked.has_value());
}

TEST(FeedbackTest, OnlyOneWhoHadTheDutyMayBeTold) {
  for (const char* const category : {"public", "no such category"}) {
    const auto decided = DecideAt(kNow, AssessedAt(kNow, SubmissionOf(category)), v1::Decision::OPENED);
    ASSERT_OK(decided);
    EXPECT_THAT(RequestFeedback(ShippedRules(), decided->after, ActAt(kNow)),
                StatusIs(kFailedPrecondition, "NO_RIGHT_TO_FEEDBACK"));
    EXPECT_THAT(GiveFeedback(ShippedRules(), decided->after, Suitable(), ActAt(kNow)),
                StatusIs(kFailedPrecondition, "NO_RIGHT_TO_FEEDBACK"));
  }
  // The list of autumn 2025 was not read: a category that only the later list has is for a lawyer.
  const ReportRecord autumn = AssessedAt(At(absl::CivilDay(2025, 10, 1)), SubmissionOf("security_guard"));
  EXPECT_THAT(RequestFeedback(ShippedRules(), autumn, ActAt(kNow)),
              StatusIs(kFailedPrecondition, "NEEDS_LEGAL_REVIEW"));
}

TEST(FeedbackTest, MandateIsThatOfTheReportsDay) {
  const v1::Submission guard = SubmissionOf("security_guard");
  EXPECT_EQ(*MandateOf(ShippedRules(), guard, At(absl::CivilDay(2025, 6, 20))), Mandate::kNone);
  EXPECT_EQ(*MandateOf(ShippedRules(), guard, At(absl::CivilDay(2025, 10, 1))), Mandate::kLegalReview);
  EXPECT_EQ(*MandateOf(ShippedRules(), guard, At(absl::CivilDay(2026, 1, 10))), Mandate::kMandated);
  EXPECT_EQ(*MandateOf(ShippedRules(), SubmissionOf("neighbour"), kNow), Mandate::kUnknownCategory);
  EXPECT_EQ(*MandateOf(ShippedRules(), SubmissionOf("public"), kNow), Mandate::kNone);
}

TEST(FeedbackTest, TellsTheFactThatHolds) {
  const std::pair<v1::Decision::Outcome, v1::StatutoryOutcome> facts[] = {
      {v1::Decision::OPENED, v1::INVESTIGATION_OPENED}, {v1::Decision::NOT_OPENED, v1::INVESTIGATION_NOT_OPENED}};
  for (const auto& [outcome, told] : facts) {
    const ReportRecord record = DecidedAt(kNow, /*feedback_wanted=*/true, outcome);
    ASSERT_OK_AND_ASSIGN(const ReportChange given,
                         GiveFeedback(ShippedRules(), record, Suitable(), ActAt(kNow + absl::Hours(1))));
    EXPECT_EQ(given.after.feedback->state(), v1::Feedback::GIVEN);
    EXPECT_EQ(given.after.feedback->outcome(), told);
    EXPECT_EQ(given.after.feedback->suitability_test().tester(), "u-eva");
    EXPECT_EQ(given.legal_basis, "P-032, SoL 2025:400 19:6 (Lag 2025:1501)");
    EXPECT_EQ(ClockOf(given.after, "statutory_feedback").state(), v1::Deadline::MET);
    EXPECT_THAT(GiveFeedback(ShippedRules(), given.after, Suitable(), ActAt(kNow)),
                StatusIs(kFailedPrecondition, "FEEDBACK_GIVEN"));
  }
  ReportRecord running = AssessedAt(kNow, SubmissionOf("school", true));
  running.running_investigation = kRunning;
  ASSERT_OK_AND_ASSIGN(const ReportChange given, GiveFeedback(ShippedRules(), running, Suitable(), ActAt(kNow)));
  EXPECT_EQ(given.after.feedback->outcome(), v1::INVESTIGATION_ALREADY_RUNNING);
}

TEST(FeedbackTest, MayBeGivenUnasked) {
  ASSERT_OK_AND_ASSIGN(
      const ReportChange given,
      GiveFeedback(ShippedRules(), DecidedAt(kNow, /*feedback_wanted=*/false), Suitable(), ActAt(kNow)));
  EXPECT_EQ(given.after.feedback->state(), v1::Feedback::GIVEN);
  EXPECT_FALSE(given.after.feedback->has_ask_time());
}

TEST(FeedbackTest, TellsNothingBeforeTheDecision) {
  EXPECT_THAT(GiveFeedback(ShippedRules(), AssessedAt(kNow, SubmissionOf("school", true)), Suitable(), ActAt(kNow)),
              StatusIs(kFailedPrecondition, "NOT_DECIDED"));
}

TEST(FeedbackTest, AnythingMoreNeedsADecisionOfConsent) {
  v1::GiveFeedbackRequest request = Suitable();
  request.set_extended_text("Familjen får stöd i hemmet.");
  EXPECT_THAT(GiveFeedback(ShippedRules(), DecidedAt(kNow, true), request, ActAt(kNow)),
              StatusIs(kFailedPrecondition, "NEEDS_CONSENT_DECISION"));
}

TEST(FeedbackTest, FamilysAnswerIsToldAfterTheFactsAndMayChange) {
  EXPECT_THAT(TellFamilyAnswer(DecidedAt(kNow, true), v1::FamilyAnswer::NO_MORE, ActAt(kNow)),
              StatusIs(kFailedPrecondition, "FEEDBACK_NOT_GIVEN"));
  ReportRecord record = GivenAt(kNow);
  for (const auto answer : {v1::FamilyAnswer::NO_MORE, v1::FamilyAnswer::MORE_CAN_BE_TOLD}) {
    ASSERT_OK_AND_ASSIGN(const ReportChange told, TellFamilyAnswer(record, answer, ActAt(kNow)));
    EXPECT_EQ(told.after.feedback->family_answer().answer(), answer);
    EXPECT_TRUE(told.after.feedback->family_answer().has_tell_time());
    ASSERT_EQ(told.happenings.size(), 1u);
    EXPECT_EQ(told.happenings[0].type, "feedback.family_answer_told");
    EXPECT_EQ(told.happenings[0].attributes.at("answer"), v1::FamilyAnswer::Answer_Name(answer));
    record = told.after;
  }
  record.report.set_state(v1::Report::FORWARDED);
  EXPECT_THAT(TellFamilyAnswer(record, v1::FamilyAnswer::NO_MORE, ActAt(kNow)),
              StatusIs(kFailedPrecondition, "REPORT_FORWARDED"));
}

TEST(FeedbackTest, DecisionMustLetTheSendersUnitOrAuthorityBeToldForFeedback) {
  const ReportRecord given = GivenAt(kNow);
  const std::string school = "municipalities/0180/units/bredangsskolan";
  const std::string schools = "municipalities/0180/authorities/utbildningsnamnden";
  const v1::GiveExtendedFeedbackRequest told = ToTell("Utredningen är avslutad.");
  EXPECT_OK(CheckDecisionFits(DecisionFor(schools, school), given, told));
  EXPECT_OK(CheckDecisionFits(DecisionFor(schools, ""), given, told));
  for (const auto& [authority, unit] :
       std::vector<std::pair<std::string, std::string>>{{schools, "municipalities/0180/units/satraskolan"},
                                                        {schools, "municipalities/0127/units/bredangsskolan"},
                                                        {kSkarholmen, ""},
                                                        {"municipalities/0127/authorities/utbildningsnamnden", ""},
                                                        {"", ""}}) {
    EXPECT_THAT(CheckDecisionFits(DecisionFor(authority, unit), given, told),
                StatusIs(kFailedPrecondition, "NEEDS_CONSENT_DECISION"))
        << authority << " " << unit;
  }
  consent::v1::Decision cooperation = DecisionFor(schools, school);
  cooperation.mutable_question()->set_purpose(rules::v1::Disclosure::COOPERATION);
  EXPECT_THAT(CheckDecisionFits(cooperation, given, told), StatusIs(kFailedPrecondition, "NEEDS_CONSENT_DECISION"));
  EXPECT_THAT(CheckDecisionFits(DecisionFor(schools, school), DecidedAt(kNow, true), told),
              StatusIs(kFailedPrecondition, "FEEDBACK_NOT_GIVEN"));
}

TEST(FeedbackTest, ADecisionThatPermitsNothingOfWhatIsToBeToldDoesNotFit) {
  const ReportRecord given = GivenAt(kNow);
  const consent::v1::Decision decision = DecisionFor("municipalities/0180/authorities/utbildningsnamnden", "");
  EXPECT_OK(CheckDecisionFits(decision, given, ToTell("Utredningen är avslutad.", "Eva Ek")));
  EXPECT_THAT(CheckDecisionFits(decision, given, ToTell("", "Eva Ek")),
              StatusIs(kFailedPrecondition, "NOTHING_PERMITTED"));
}

TEST(FeedbackTest, MoreIsAddedAndTheReporterSeesItWithoutWhatItRestsOn) {
  ReportRecord record = GivenAt(kNow);
  record.report.set_child("019bb1a5-0000-7000-8000-000000000001");
  v1::ExtendedFeedback told;
  told.set_text("Utredningen är avslutad.");
  told.set_caseworker("Eva Ek");
  told.set_disclosure("municipalities/0180/disclosures/019bb1a5-0000-7000-8000-000000000002");
  told.set_legal_basis("P-056, OSL 10:1");
  ReportChange change = GiveExtendedFeedback(record, told, ActAt(kNow));
  EXPECT_EQ(change.legal_basis, "P-056, OSL 10:1");
  ASSERT_EQ(change.happenings.size(), 1u);
  EXPECT_EQ(change.happenings[0].type, "feedback.extended");
  EXPECT_THAT(change.happenings[0].attributes, IsEmpty());
  told.set_text("Familjen får stöd.");
  change = GiveExtendedFeedback(change.after, told, ActAt(kNow + absl::Hours(1)));
  const v1::Feedback handler = *HandlerView(change.after);
  ASSERT_EQ(handler.extended_size(), 2);
  EXPECT_EQ(handler.extended(0).text(), "Utredningen är avslutad.");
  EXPECT_EQ(handler.extended(1).child(), record.report.child());
  EXPECT_EQ(handler.extended(1).disclosure(), told.disclosure());
  EXPECT_GT(handler.extended(1).tell_time().seconds(), handler.extended(0).tell_time().seconds());
  const v1::Feedback sender = SenderView(handler);
  ASSERT_EQ(sender.extended_size(), 2);
  for (const v1::ExtendedFeedback& extended : sender.extended()) {
    EXPECT_FALSE(extended.text().empty());
    EXPECT_EQ(extended.caseworker(), "Eva Ek");
    EXPECT_EQ(extended.child(), "");
    EXPECT_EQ(extended.disclosure(), "");
    EXPECT_EQ(extended.legal_basis(), "");
  }
}

TEST(FeedbackTest, RefusalRestsOnItsTestAndEndsTheDebt) {
  ASSERT_OK_AND_ASSIGN(const ReportChange refused,
                       RefuseFeedback(ShippedRules(), DecidedAt(kNow, true), Unsuitable(), ActAt(kNow)));
  EXPECT_EQ(refused.after.feedback->state(), v1::Feedback::REFUSED);
  EXPECT_EQ(refused.after.feedback->outcome(), v1::STATUTORY_OUTCOME_UNSPECIFIED);
  EXPECT_EQ(refused.after.feedback->suitability_test().reasons(), "Barnet har skyddade uppgifter.");
  EXPECT_EQ(ClockOf(refused.after, "statutory_feedback").state(), v1::Deadline::MET);
  EXPECT_THAT(RefuseFeedback(ShippedRules(), refused.after, Unsuitable(), ActAt(kNow)),
              StatusIs(kFailedPrecondition, "NO_FEEDBACK_OWED"));
  EXPECT_THAT(RefuseFeedback(ShippedRules(), DecidedAt(kNow, false), Unsuitable(), ActAt(kNow)),
              StatusIs(kFailedPrecondition, "NO_FEEDBACK_OWED"));
}

TEST(FeedbackTest, ReporterSeesThatItIsGivenAndNothingOfTheHandling) {
  const ReportRecord owed = DecidedAt(kNow, true);
  const v1::Feedback handler = *HandlerView(owed);
  EXPECT_EQ(handler.state(), v1::Feedback::OWED);
  EXPECT_TRUE(handler.has_deadline());
  EXPECT_EQ(handler.etag(), "1");
  // That it is owed would tell that the report is decided.
  v1::Feedback sender = SenderView(handler);
  EXPECT_EQ(sender.state(), v1::Feedback::ASKED);
  EXPECT_FALSE(sender.has_deadline());
  EXPECT_EQ(sender.etag(), "");
  const v1::Feedback before_decision = SenderView(*HandlerView(AssessedAt(kNow, SubmissionOf("school", true))));
  EXPECT_EQ(sender.SerializeAsString(), before_decision.SerializeAsString());

  ASSERT_OK_AND_ASSIGN(const ReportChange given, GiveFeedback(ShippedRules(), owed, Suitable(), ActAt(kNow)));
  sender = SenderView(*HandlerView(given.after));
  EXPECT_EQ(sender.outcome(), v1::INVESTIGATION_NOT_OPENED);
  EXPECT_FALSE(sender.has_suitability_test());
  EXPECT_FALSE(sender.has_deadline());
}

}  // namespace
}  // namespace samverkan::intake::testing
