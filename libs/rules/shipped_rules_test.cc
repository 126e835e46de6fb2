// What the rule set that ships answers, day by day and place by place.

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/rules/deadline.h"
#include "libs/rules/rule_set.h"
#include "libs/status/status.h"

namespace samverkan::rules {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Verdict = MandatedReporter::Verdict;

constexpr absl::CivilDay kBeforeNewAct(2025, 6, 20);
constexpr absl::CivilDay kAfterNewAct(2025, 7, 10);
constexpr absl::CivilDay kBeforeAmendment(2025, 12, 20);
constexpr absl::CivilDay kAfterAmendment(2026, 1, 10);

// Noon of `day` in legal time.
absl::Time At(absl::CivilDay day, int hour = 12) {
  return absl::FromCivil(absl::CivilHour(day) + hour, calendar::Stockholm());
}

class ShippedRules : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const absl::StatusOr<RuleSet> loaded = RuleSet::Load("deploy/rules");
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    rules_ = new RuleSet(*loaded);
  }

  static void TearDownTestSuite() {
    delete rules_;
    rules_ = nullptr;
  }

  static Answer Ask(std::string_view question, absl::CivilDay day, std::string_view municipality = "",
                    std::string_view authority = "") {
    const absl::StatusOr<Answer> answer = rules_->Ask(question, day, municipality, authority);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value();
  }

  static Deadline From(std::string_view question, std::string_view event, absl::Time start) {
    const absl::StatusOr<Deadline> deadline = DeadlineFrom(*rules_, question, event, start);
    EXPECT_TRUE(deadline.ok()) << deadline.status();
    return deadline.value();
  }

  static Verdict VerdictFor(std::string_view category, absl::CivilDay day) {
    const absl::StatusOr<MandatedReporter> reporter = rules_->IsMandatedReporter(category, day);
    EXPECT_TRUE(reporter.ok()) << reporter.status();
    return reporter.value().verdict;
  }

  static RuleSet* rules_;
};

RuleSet* ShippedRules::rules_ = nullptr;

std::vector<std::string> Golden() {
  std::ifstream file("libs/rules/testdata/shipped_versions.golden");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("#")) lines.push_back(line);
  }
  return lines;
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

TEST_F(ShippedRules, HoldEveryVersionOfEveryRule) {
  std::multiset<std::string> shipped;
  for (const v1::Rule* rule : rules_->Rules()) {
    for (const v1::Version& version : rule->versions()) {
      shipped.insert(absl::StrCat(rule->id(), " | ", rule->question(), " | ", OrDash(version.valid_from()), " | ",
                                  OrDash(version.valid_to()), " | ", v1::Grade_Name(version.text_grade()), ", ",
                                  v1::Grade_Name(version.date_grade()), " | ", version.legal_basis()));
    }
  }
  const std::vector<std::string> golden = Golden();
  EXPECT_THAT(shipped, ElementsAreArray(std::multiset<std::string>(golden.begin(), golden.end())));
}

TEST_F(ShippedRules, AreTheSameAsAMessage) {
  const absl::StatusOr<RuleSet> made = RuleSet::Of(rules_->Content());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->Rules().size(), rules_->Rules().size());
}

TEST_F(ShippedRules, AreNinetyNationalAndTwentyFiveLocal) {
  int national = 0;
  int local = 0;
  for (const v1::Rule* rule : rules_->Rules()) {
    national += rule->id().starts_with("P-");
    local += rule->id().starts_with("L-");
  }
  EXPECT_EQ(national, 90);
  EXPECT_EQ(local, 25);
}

TEST_F(ShippedRules, HaveASwedishTextWhereTheySayWhoMayBeTold) {
  int about_telling = 0;
  for (const v1::Rule* rule : rules_->Rules()) {
    if (!rule->has_disclosure()) continue;
    ++about_telling;
    EXPECT_FALSE(rule->swedish_text().empty()) << rule->id();
    EXPECT_THAT(rule->services(), Contains(v1::Rule::CONSENT)) << rule->id();
  }
  EXPECT_EQ(about_telling, 45);
}

TEST_F(ShippedRules, PermitNothingByWhatWasNotRead) {
  std::vector<std::string> unread;
  for (const v1::Rule* rule : rules_->Rules()) {
    if (rule->disclosure().effect() != v1::Disclosure::PERMIT) continue;
    for (const v1::Version& version : rule->versions()) {
      if (version.text_grade() == v1::INFERRED || version.text_grade() == v1::UNVERIFIED) unread.push_back(rule->id());
    }
  }
  // They lead to legal review.
  EXPECT_THAT(unread, UnorderedElementsAre("P-070", "P-070", "P-202", "P-207", "P-210"));
}

TEST_F(ShippedRules, ReplaceOnlyRulesThatEndedTheDayBefore) {
  std::map<std::string, const v1::Rule*> by_id;
  for (const v1::Rule* rule : rules_->Rules()) by_id[rule->id()] = rule;
  int replacing = 0;
  for (const v1::Rule* rule : rules_->Rules()) {
    for (const std::string& earlier : rule->replaces()) {
      ++replacing;
      ASSERT_TRUE(by_id.contains(earlier)) << rule->id() << " replaces " << earlier;
      const std::string& end = by_id[earlier]->versions().rbegin()->valid_to();
      const std::string& start = rule->versions(0).valid_from();
      EXPECT_EQ(proto_time::ParseDay(end).value() + 1, proto_time::ParseDay(start).value()) << rule->id();
      EXPECT_EQ(by_id[earlier]->question(), rule->question()) << rule->id();
    }
  }
  EXPECT_EQ(replacing, 9);
}

TEST_F(ShippedRules, ReportTakesTheLawOfItsDay) {
  const Deadline before = From("decision_to_open", "report_received", At(kBeforeNewAct));
  EXPECT_EQ(before.legal_basis, "SoL 2001:453 11:1 a 2 st");
  EXPECT_EQ(before.rule_id, "P-012");
  EXPECT_EQ(before.due, absl::CivilDay(2025, 7, 4));
  EXPECT_EQ(before.latest, absl::CivilDay(2025, 7, 4));
  EXPECT_EQ(before.extension_reason, "synnerliga skäl");

  const Deadline after = From("decision_to_open", "report_received", At(kAfterNewAct));
  EXPECT_EQ(after.legal_basis, "SoL 2025:400 20:2");
  EXPECT_EQ(after.rule_id, "P-013");
  EXPECT_EQ(after.due, absl::CivilDay(2025, 7, 24));
  EXPECT_FALSE(after.marked);
  EXPECT_EQ(after.rule_set_version, rules_->version());
}

TEST_F(ShippedRules, DeadlineThatOutlivesItsLawIsMarked) {
  EXPECT_TRUE(From("decision_to_open", "report_received", At(kBeforeNewAct)).outlives_law);
  EXPECT_TRUE(From("decision_to_open", "report_received", At(kBeforeNewAct)).marked);
  const Deadline within = From("decision_to_open", "report_received", At(absl::CivilDay(2025, 6, 16)));
  EXPECT_EQ(within.due, absl::CivilDay(2025, 6, 30));
  EXPECT_FALSE(within.outlives_law);
  EXPECT_FALSE(within.marked);
}

TEST_F(ShippedRules, LegalDayDecidesNotTheDayInUtc) {
  // 30 June 22:30 UTC is 1 July in Sweden.
  const absl::Time start = absl::FromCivil(absl::CivilMinute(2025, 6, 30, 22, 30), absl::UTCTimeZone());
  EXPECT_EQ(From("decision_to_open", "report_received", start).rule_id, "P-013");
}

TEST_F(ShippedRules, LastDayOnAHolidayMoves) {
  // Fourteen days from 6 June 2026 end on Saturday 20 June.
  const Deadline deadline = From("decision_to_open", "report_received", At(absl::CivilDay(2026, 6, 6)));
  EXPECT_EQ(deadline.due, absl::CivilDay(2026, 6, 20));
  EXPECT_EQ(deadline.latest, absl::CivilDay(2026, 6, 22));
}

TEST_F(ShippedRules, FeedbackHasATimeLimitOnlySinceTheAmendment) {
  const Deadline before = From("statutory_feedback", "decision", At(kBeforeAmendment));
  EXPECT_EQ(before.rule_id, "P-031");
  EXPECT_EQ(before.legal_basis, "OSL 26:9 a (2025:436)");
  EXPECT_EQ(before.due, std::nullopt);
  EXPECT_EQ(before.latest, std::nullopt);

  const Deadline after = From("statutory_feedback", "decision", At(kAfterAmendment));
  EXPECT_EQ(after.rule_id, "P-032");
  EXPECT_EQ(after.legal_basis, "SoL 2025:400 19:6 (Lag 2025:1501)");
  EXPECT_EQ(after.due, absl::CivilDay(2026, 1, 17));
  EXPECT_EQ(after.latest, absl::CivilDay(2026, 1, 19));
  EXPECT_TRUE(after.marked) << "its first day is inferred";
  EXPECT_FALSE(after.needs_legal_review);
}

TEST_F(ShippedRules, FeedbackAskedForAfterTheDecisionIsDueAtOnceSinceTheAmendment) {
  EXPECT_EQ(From("statutory_feedback", "asked_for", At(absl::CivilDay(2025, 12, 31))).due, std::nullopt);
  const Deadline after = From("statutory_feedback", "asked_for", At(absl::CivilDay(2026, 1, 1)));
  EXPECT_EQ(after.due, absl::CivilDay(2026, 1, 1));
  EXPECT_EQ(after.latest, absl::CivilDay(2026, 1, 1)) << "at once moves off no holiday";
  EXPECT_TRUE(after.is_target);
}

TEST_F(ShippedRules, FeedbackWantsARecordedTestOfSuitability) {
  EXPECT_EQ(Ask("statutory_feedback", kAfterAmendment).rule->test_to_record(), "suitability");
}

TEST_F(ShippedRules, AssessmentIsDueTheSameDayOrTheNextWhenLate) {
  const absl::CivilDay saturday(2026, 2, 7);
  EXPECT_EQ(From("protection_assessment", "report_received", At(saturday, 15)).latest, saturday);
  EXPECT_EQ(From("protection_assessment", "report_received", At(saturday, 16)).latest, saturday + 1);
  EXPECT_EQ(From("protection_assessment", "report_received", At(saturday)).rule_id, "P-011");
}

TEST_F(ShippedRules, InvestigationTakesFourMonths) {
  const Deadline deadline = From("investigation_length", "investigation_opened", At(absl::CivilDay(2025, 10, 31)));
  EXPECT_EQ(deadline.due, absl::CivilDay(2026, 2, 28));
  EXPECT_EQ(deadline.latest, absl::CivilDay(2026, 3, 2));
  EXPECT_EQ(deadline.rule_id, "P-021");
  EXPECT_EQ(deadline.extension_reason, "särskilda skäl");
}

TEST_F(ShippedRules, FollowUpLastsTwoMonthsByTheOldActAndSixByTheNew) {
  const Deadline before = From("follow_up_after_closing", "investigation_closed", At(kBeforeNewAct));
  EXPECT_EQ(before.due, absl::CivilDay(2025, 8, 20));
  EXPECT_EQ(before.legal_basis, "SoL 2001:453 11:4 a-c");
  const Deadline after = From("follow_up_after_closing", "investigation_closed", At(kAfterNewAct));
  EXPECT_EQ(after.due, absl::CivilDay(2026, 1, 10));
  EXPECT_EQ(after.latest, absl::CivilDay(2026, 1, 10)) << "a Saturday; does not move";
  EXPECT_EQ(after.legal_basis, "SoL 2025:400 23:1-5");
}

TEST_F(ShippedRules, ReportMeetingIsAMustOnlyInHasselbyVallingby) {
  const Answer national = Ask("report_meeting", kAfterAmendment, "0180", "skarholmen");
  EXPECT_EQ(national.rule->id(), "P-033");
  EXPECT_EQ(national.rule->obligation(), v1::Rule::SHOULD);
  EXPECT_THAT(national.others, IsEmpty());
  EXPECT_FALSE(national.marked);

  const Answer local = Ask("report_meeting", kAfterAmendment, "0180", "hasselby-vallingby");
  EXPECT_EQ(local.rule->id(), "L-010");
  EXPECT_EQ(local.rule->obligation(), v1::Rule::MUST);
  ASSERT_EQ(local.others.size(), 1u);
  EXPECT_EQ(local.others[0]->id(), "P-033");
  EXPECT_TRUE(local.marked);
  EXPECT_FALSE(local.needs_legal_review);

  EXPECT_EQ(Ask("report_meeting", absl::CivilDay(2019, 12, 31), "0180", "hasselby-vallingby").rule->id(), "P-033");
  EXPECT_EQ(Ask("report_meeting", kAfterAmendment, "0127", "hasselby-vallingby").rule->id(), "P-033");
}

TEST_F(ShippedRules, LocalRuleThatRepeatsTheLawLeavesTheLawGoverning) {
  const Answer answer = Ask("investigation_length", kAfterNewAct, "0180", "skarholmen");
  EXPECT_EQ(answer.rule->id(), "P-021");
  ASSERT_EQ(answer.others.size(), 1u);
  EXPECT_EQ(answer.others[0]->id(), "L-009");
}

TEST_F(ShippedRules, SchoolsAndPoliceHaveADutyUnderEveryWording) {
  for (const absl::CivilDay day : {kBeforeNewAct, kAfterNewAct, kBeforeAmendment, kAfterAmendment}) {
    EXPECT_EQ(VerdictFor("school", day), Verdict::kYes) << day;
    EXPECT_EQ(VerdictFor("police", day), Verdict::kYes) << day;
  }
}

TEST_F(ShippedRules, CategoryOfTheExtendedListIsForALawyerWhileTheListIsUnread) {
  EXPECT_EQ(VerdictFor("security_guard", kBeforeNewAct), Verdict::kNo);
  EXPECT_EQ(VerdictFor("security_guard", absl::CivilDay(2025, 10, 1)), Verdict::kLegalReview);
  EXPECT_EQ(VerdictFor("security_guard", kAfterAmendment), Verdict::kYes);
}

TEST_F(ShippedRules, EveryCategoryOfTheFirstListIsInTheExtendedOne) {
  const Answer extended = Ask("duty_to_report", kAfterAmendment);
  EXPECT_EQ(extended.rule->reporter_categories_size(), 22);
  for (const v1::ReporterCategory& category : Ask("duty_to_report", kBeforeNewAct).rule->reporter_categories()) {
    EXPECT_EQ(VerdictFor(category.code(), kAfterAmendment), Verdict::kYes) << category.code();
  }
}

TEST_F(ShippedRules, EverybodyElseShouldReportButHasNoDuty) {
  EXPECT_EQ(VerdictFor("public", kAfterAmendment), Verdict::kNo);
  EXPECT_EQ(VerdictFor("family_counsellor", kAfterAmendment), Verdict::kYes);
  EXPECT_EQ(status::Reason(rules_->IsMandatedReporter("neighbour", kAfterAmendment).status()),
            "REPORTER_CATEGORY_UNKNOWN");
  EXPECT_EQ(status::Reason(rules_->IsMandatedReporter("school", absl::CivilDay(2015, 12, 31)).status()),
            "NO_RULE_IN_FORCE");
}

TEST_F(ShippedRules, PolicePreventionChangedInApril2025) {
  EXPECT_EQ(Ask("police_prevent_crime", absl::CivilDay(2025, 3, 31)).version->legal_basis(), "OSL 10:18 a (2012:804)");
  const Answer after = Ask("police_prevent_crime", absl::CivilDay(2025, 4, 1));
  EXPECT_EQ(after.version->legal_basis(), "OSL 10:18 a (2025:179)");
  EXPECT_EQ(after.rule->recipients(), v1::Rule::AUTHORITIES_ONLY);
  EXPECT_EQ(after.Parameter("age_below").value(), 21);
}

TEST_F(ShippedRules, UnverifiedTextLeadsToLegalReview) {
  EXPECT_TRUE(Ask("police_other_crime", kAfterAmendment).needs_legal_review);
  EXPECT_TRUE(Ask("disclosure_between_authorities", kAfterAmendment).needs_legal_review);
  EXPECT_FALSE(Ask("decision_to_open", kAfterAmendment).needs_legal_review);
  EXPECT_FALSE(Ask("contacts_before_opening", kAfterAmendment).needs_legal_review) << "guidance applies";
  EXPECT_TRUE(Ask("contacts_before_opening", kAfterAmendment).marked);
}

TEST_F(ShippedRules, DayWithoutARuleSaysQuestionAndDay) {
  const absl::Status refused = rules_->Ask("decision_to_open", absl::CivilDay(2012, 12, 31)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status::Reason(refused), "NO_RULE_IN_FORCE");
  EXPECT_EQ(status::Metadata(refused).at("question"), "decision_to_open");
  EXPECT_EQ(status::Metadata(refused).at("day"), "2012-12-31");
}

TEST_F(ShippedRules, UnknownQuestionIsAFaultOfTheAsker) {
  EXPECT_EQ(rules_->Ask("decision_to_opem", kAfterNewAct).status().code(), absl::StatusCode::kInternal);
}

TEST_F(ShippedRules, EventThatStartsNoClockIsNamed) {
  const absl::Status refused = rules_->AskClock("decision_to_open", "decision", kAfterNewAct).status();
  EXPECT_EQ(status::Reason(refused), "NO_CLOCK_IN_FORCE");
  EXPECT_EQ(status::Metadata(refused).at("starts_at"), "decision");
}

TEST_F(ShippedRules, RetentionCountsFromBirthByTheLawOfToday) {
  const absl::StatusOr<ClockAnswer> clock = rules_->AskClock("retention_child_investigation", "birth", kAfterAmendment);
  ASSERT_TRUE(clock.ok()) << clock.status();
  EXPECT_TRUE(clock->clock->earliest());
  EXPECT_EQ(ComputeDeadline(*clock, At(absl::CivilDay(2012, 2, 29))).due, absl::CivilDay(2042, 2, 28));
}

}  // namespace
}  // namespace samverkan::rules
