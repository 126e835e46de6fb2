// What rules of each kind do, what a question must be, and the words of an answer.

#include "services/consent/disclosure.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "libs/status/status.h"
#include "services/consent/decision_cases.h"
#include "services/consent/disclosure_rules.h"
#include "services/consent/explanation.h"

namespace samverkan::consent {
namespace {

using rules::v1::RuleSet;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::CivilDay kDay(2026, 2, 2);

template <typename Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

RuleSet Shipped() {
  absl::StatusOr<RuleSet> rule_set = ShippedRuleSet();
  EXPECT_TRUE(rule_set.ok()) << rule_set.status();
  return *std::move(rule_set);
}

// A rule with `more`, of Stockholm, in force on every day.
std::string Local(const std::string& telling, const std::string& more = "") {
  return absl::StrCat(R"(rules { id: "L-900" question: "local" municipality: "0180" recipients: ANY
      versions { legal_basis: "local" text_grade: OTHER_SOURCE date_grade: OTHER_SOURCE } )",
                      more, " disclosure { ", telling, " } }");
}

// The shipped rules with some more.
DisclosureRules RulesWith(const std::string& more) {
  RuleSet rule_set = Shipped();
  rule_set.MergeFrom(Parsed<RuleSet>(more));
  absl::StatusOr<DisclosureRules> rules = DisclosureRules::Make(rule_set);
  EXPECT_TRUE(rules.ok()) << rules.status();
  return *std::move(rules);
}

// The social services of Stockholm tell a school of a concern, after a harm test.
v1::Question QuestionToSchool() {
  return Parsed<v1::Question>(R"(
      discloser { party: SOCIAL_SERVICES authority: "municipalities/0180/authorities/norrmalm" }
      recipient { party: SCHOOL authority: "municipalities/0180/authorities/utbildning" }
      categories: CONCERN
      purpose: COOPERATION
      tests { test: "harm" verdict: FOR_TELLING })");
}

v1::Circumstances ChildOfNine() {
  return Parsed<v1::Circumstances>(R"(age: 9 protection: UNPROTECTED guardians: "mother")");
}

CategoryEvaluation Answer(const DisclosureRules& rules, const v1::Question& question) {
  return Evaluate(rules, question, ChildOfNine(), kDay).categories.at(0);
}

std::string RefusalOf(const std::string& rule) {
  const absl::Status status = DisclosureRules::Make(Parsed<RuleSet>(rule)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << rule;
  EXPECT_EQ(status::Reason(status), "RULE_SET_INVALID");
  return std::string(status.message());
}

TEST(DisclosureRulesTest, RefuseWhatCannotBeAsked) {
  const std::string national = R"(rules { id: "P-1" question: "q" recipients: ANY disclosure { )";
  EXPECT_THAT(RefusalOf(national + "effect: PERMIT } }"), HasSubstr("P-1: unknown step"));
  EXPECT_THAT(RefusalOf(national + "step: SECRECY } }"), HasSubstr("P-1: unknown effect"));
  EXPECT_THAT(RefusalOf(national + "step: SECRECY effect: PERMIT } }"), HasSubstr("PERMIT belongs to a step after"));
  EXPECT_THAT(RefusalOf(national + "step: NECESSITY effect: SECRET } }"), HasSubstr("SECRET belongs to"));
  EXPECT_THAT(RefusalOf(national + "step: SECRECY effect: SECRET facts: \"f\" } }"), HasSubstr("takes no facts"));
  EXPECT_THAT(RefusalOf(national + "step: NECESSITY effect: PERMIT duties: DUTY_UNSPECIFIED } }"),
              HasSubstr("unknown"));
  EXPECT_THAT(RefusalOf(national + "step: NECESSITY effect: PERMIT } versions { valid_from: \"2026-1-1\" } }"),
              HasSubstr("must be days"));
}

TEST(DisclosureRulesTest, RefuseALocalRuleThatLoosens) {
  for (const std::string telling : {"step: NECESSITY effect: PERMIT", "step: SECRECY effect: SECRET"}) {
    EXPECT_THAT(RefusalOf(Local(telling)), HasSubstr("L-900: a local rule may only RESTRICT or WITHHOLD"));
  }
}

TEST(DisclosureRulesTest, NarrowestSettingCounts) {
  const std::string setting = R"( question: "child_decides" recipients: ANY
      versions { valid_from: "2026-01-01" text_grade: SETTABLE date_grade: SETTABLE } parameters { key: "deciding_age" )";
  const DisclosureRules rules =
      RulesWith(absl::StrCat(R"(rules { id: "L-1" municipality: "0180" authority: "norrmalm" )", setting,
                             "value: 17 } }", R"(rules { id: "L-2" municipality: "0180" )", setting, "value: 16 } }"));
  const auto deciding_age = [&](absl::string_view authority, absl::CivilDay day) {
    return rules.Parameter("child_decides", "deciding_age", authority, day);
  };
  EXPECT_EQ(deciding_age("municipalities/0180/authorities/norrmalm", kDay), 17);
  EXPECT_EQ(deciding_age("municipalities/0180/authorities/bromma", kDay), 16);
  EXPECT_EQ(deciding_age("municipalities/0127/authorities/norrmalm", kDay), 15);
  EXPECT_EQ(deciding_age("municipalities/0180/authorities/norrmalm", absl::CivilDay(2025, 12, 31)), 15);
  EXPECT_EQ(rules.Parameter("decision_use", "hours", "", kDay), 24);
  EXPECT_EQ(rules.Parameter("decision_use", "days", "", kDay), std::nullopt);
}

TEST(EvaluateTest, RestrictAddsFactAndTestAndDuty) {
  const DisclosureRules rules = RulesWith(Local(R"(step: SECRECY effect: RESTRICT told: SCHOOL facts: "head_agrees"
      duties: INFORM_GUARDIANS)",
                                                R"(test_to_record: "local weighing")"));
  v1::Question question = QuestionToSchool();
  CategoryEvaluation answer = Answer(rules, question);
  EXPECT_EQ(answer.answer, v1::CategoryDecision::NEEDS_CONSENT);
  EXPECT_THAT(answer.missing_facts, ElementsAre("head_agrees"));
  EXPECT_THAT(answer.missing_tests, ElementsAre("local weighing"));

  question.add_facts()->set_fact("head_agrees");
  *question.add_tests() = Parsed<v1::RecordedTest>(R"(test: "local weighing" verdict: FOR_TELLING)");
  answer = Answer(rules, question);
  EXPECT_EQ(answer.answer, v1::CategoryDecision::PERMIT_WITH_CONDITIONS);
  EXPECT_EQ(answer.rule->rule->id(), "P-050");
  EXPECT_THAT(answer.tests, ElementsAre("harm", "local weighing"));
  EXPECT_EQ(answer.duties, SetOf(Disclosure::RECORD_HARM_TEST) | SetOf(Disclosure::INFORM_GUARDIANS));

  question.mutable_tests(1)->set_verdict(v1::RecordedTest::AGAINST_TELLING);
  EXPECT_FALSE(IsPermit(Answer(rules, question).answer));
}

TEST(EvaluateTest, RestrictThatALawyerDecidesLeadsToReviewOfWhatIsPermittedElse) {
  const DisclosureRules rules = RulesWith(Local("step: SECRECY effect: RESTRICT", "legal_review: true"));
  v1::Question question = QuestionToSchool();
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::NEEDS_LEGAL_REVIEW);
  EXPECT_EQ(Answer(rules, question).rule->rule->id(), "L-900");
  question.clear_tests();
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::NEEDS_CONSENT);
}

TEST(EvaluateTest, WithholdDeniesUnlessItsTestLiftsIt) {
  const DisclosureRules rules =
      RulesWith(Local("step: SECRECY effect: WITHHOLD", R"(test_to_record: "local weighing")"));
  v1::Question question = QuestionToSchool();
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::DENY);
  EXPECT_EQ(Answer(rules, question).rule->rule->id(), "L-900");
  *question.add_tests() = Parsed<v1::RecordedTest>(R"(test: "local weighing" verdict: FOR_TELLING)");
  EXPECT_EQ(Answer(rules, question).rule->rule->id(), "P-050");
}

TEST(EvaluateTest, WithholdThatNeedsAFactHoldsOnceItIsRecorded) {
  const DisclosureRules rules = RulesWith(Local(R"(step: SECRECY effect: WITHHOLD facts: "in_care")"));
  v1::Question question = QuestionToSchool();
  EXPECT_TRUE(IsPermit(Answer(rules, question).answer));
  question.add_facts()->set_fact("in_care");
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::DENY);
}

TEST(EvaluateTest, WithholdThatSparesLeavesDutiesAndSpecialRulesWithConditions) {
  const DisclosureRules rules = RulesWith(Local("step: SECRECY effect: WITHHOLD spared: SOCIAL_SERVICES"));
  v1::Question question = QuestionToSchool();
  question.mutable_discloser()->set_party(Disclosure::SCHOOL);
  question.mutable_recipient()->set_party(Disclosure::SOCIAL_SERVICES);
  // No harm test lifts it.
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::DENY);
  EXPECT_EQ(Answer(rules, question).rule->rule->id(), "L-900");
  question.set_purpose(Disclosure::CONCERN_REPORT);
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::PERMIT_WITH_CONDITIONS);
  EXPECT_EQ(Answer(rules, question).rule->rule->id(), "P-003");
}

TEST(EvaluateTest, AgeThatIsNotKnownRestricts) {
  const DisclosureRules rules =
      RulesWith(Local("step: SECRECY effect: WITHHOLD", R"(parameters { key: "age_from" value: 15 })"));
  v1::Circumstances circumstances = ChildOfNine();
  EXPECT_TRUE(IsPermit(Evaluate(rules, QuestionToSchool(), circumstances, kDay).categories[0].answer));
  circumstances.clear_age();
  EXPECT_EQ(Evaluate(rules, QuestionToSchool(), circumstances, kDay).categories[0].answer, v1::CategoryDecision::DENY);
}

TEST(EvaluateTest, LocalRuleHoldsOnlyInItsPlace) {
  const DisclosureRules rules = RulesWith(Local("step: SECRECY effect: WITHHOLD"));
  v1::Question question = QuestionToSchool();
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::DENY);
  question.mutable_discloser()->set_authority("municipalities/0127/authorities/socialnamnden");
  EXPECT_TRUE(IsPermit(Answer(rules, question).answer));
}

TEST(EvaluateTest, NobodyVouchesForCustody) {
  const DisclosureRules rules = RulesWith("");
  v1::Question question = QuestionToSchool();
  *question.mutable_recipient() = Parsed<v1::Recipient>(R"(party: GUARDIAN guardian: "stranger")");
  question.mutable_tests(0)->set_test("considerable harm");
  question.add_facts()->set_fact("recipient_has_custody");
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::DENY);
  question.mutable_recipient()->set_guardian("mother");
  question.clear_facts();
  EXPECT_EQ(Answer(rules, question).answer, v1::CategoryDecision::PERMIT);
}

TEST(EvaluateTest, TestRecordedBothWaysIsAgainst) {
  const DisclosureRules rules = RulesWith("");
  v1::Question question = QuestionToSchool();
  *question.add_tests() = Parsed<v1::RecordedTest>(R"(test: "harm" verdict: AGAINST_TELLING)");
  EXPECT_FALSE(IsPermit(Answer(rules, question).answer));
}

TEST(EvaluateTest, ConsentsAloneWithoutARuleOfConsentPermitNothing) {
  absl::StatusOr<DisclosureRules> none = DisclosureRules::Make({});
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(Answer(*none, QuestionToSchool()).answer, v1::CategoryDecision::NEEDS_LEGAL_REVIEW);
}

class ExplanationTest : public ::testing::Test {
 protected:
  v1::CategoryExplanation Explained(const v1::Question& question) const {
    const Evaluation evaluation = Evaluate(rules_, question, ChildOfNine(), kDay);
    return ExplanationOf(rules_, question, kDay, evaluation).categories(0);
  }

  static v1::RuleLookedAt Find(const v1::CategoryExplanation& explanation, const std::string& id) {
    for (const v1::RuleLookedAt& rule : explanation.rules()) {
      if (rule.rule() == id) return rule;
    }
    ADD_FAILURE() << id << " was not told of";
    return {};
  }

  const DisclosureRules rules_ = RulesWith("");
};

TEST_F(ExplanationTest, TellsOfEveryRuleInTheOrderOfTheTest) {
  v1::Question question = QuestionToSchool();
  question.clear_tests();
  const v1::CategoryExplanation explanation = Explained(question);
  // All but the two local ones of other boards.
  EXPECT_EQ(explanation.rules_size(), 43);
  int step = 0;
  for (const v1::RuleLookedAt& rule : explanation.rules()) {
    EXPECT_FALSE(rule.why().empty() || rule.swedish_why().empty() || rule.swedish_text().empty()) << rule.rule();
    EXPECT_NE(rule.outcome(), v1::RuleLookedAt::OUTCOME_UNSPECIFIED);
    EXPECT_GE(rule.step(), step) << rule.rule();
    step = rule.step();
  }
  EXPECT_EQ(Find(explanation, "P-050").outcome(), v1::RuleLookedAt::APPLIED);
  EXPECT_EQ(Find(explanation, "P-050").legal_basis(), "OSL 26:1");
  EXPECT_EQ(Find(explanation, "P-053").outcome(), v1::RuleLookedAt::OTHER_DISCLOSER);
  EXPECT_EQ(Find(explanation, "P-065").outcome(), v1::RuleLookedAt::NOT_IN_FORCE);
  EXPECT_EQ(Find(explanation, "P-066").outcome(), v1::RuleLookedAt::OTHER_RECIPIENT);
  EXPECT_EQ(Find(explanation, "P-032").outcome(), v1::RuleLookedAt::OTHER_CATEGORY);
  EXPECT_EQ(Find(explanation, "P-062").outcome(), v1::RuleLookedAt::OTHER_PURPOSE);
  EXPECT_EQ(Find(explanation, "P-064").outcome(), v1::RuleLookedAt::SECRECY_TOO_STRONG);
  EXPECT_EQ(Find(explanation, "P-075").outcome(), v1::RuleLookedAt::OTHER_CATEGORY);
  EXPECT_EQ(Find(explanation, "S-009").outcome(), v1::RuleLookedAt::OTHER_RECIPIENT);
  EXPECT_EQ(Find(explanation, "P-056").outcome(), v1::RuleLookedAt::CONSENT_MISSING);
}

TEST_F(ExplanationTest, SaysWhatGaveTheAnswerAndWhatWasNotReached) {
  const v1::CategoryExplanation explanation = Explained(QuestionToSchool());
  EXPECT_EQ(Find(explanation, "P-050").outcome(), v1::RuleLookedAt::DECIDED);
  EXPECT_EQ(Find(explanation, "P-056").outcome(), v1::RuleLookedAt::NOT_REACHED);
  EXPECT_EQ(explanation.decision().rule(), "P-050");
  EXPECT_EQ(explanation.decision().legal_basis(), "OSL 26:1");
  EXPECT_FALSE(explanation.decision().unverified());
  EXPECT_THAT(explanation.decision().tests(), ElementsAre("harm"));
  EXPECT_THAT(explanation.decision().duties(), ElementsAre(Disclosure::RECORD_HARM_TEST));
  EXPECT_EQ(explanation.swedish(),
            "Uppgifterna får lämnas ut, med villkor, enligt OSL 26:1 (regel P-050). Den som lämnar ut ska anteckna "
            "menprövningen i akten.");
}

TEST_F(ExplanationTest, SaysThatARuleForAuthoritiesDoesNotReachAPrivateParty) {
  v1::Question question = QuestionToSchool();
  *question.mutable_recipient() =
      Parsed<v1::Recipient>(R"(party: INDEPENDENT_SCHOOL unit: "municipalities/0180/units/friskolan")");
  question.clear_tests();
  const v1::RuleLookedAt clause = Find(Explained(question), "P-064");
  EXPECT_EQ(clause.outcome(), v1::RuleLookedAt::PRIVATE_RECIPIENT);
  EXPECT_EQ(clause.swedish_why(), "Regeln gäller myndigheter, och mottagaren är ingen myndighet.");
}

TEST_F(ExplanationTest, SaysWhatIsMissingInBothLanguages) {
  v1::Question question = QuestionToSchool();
  question.clear_tests();
  question.set_categories(0, data::v1::STATUTORY_OUTCOME);
  question.set_purpose(Disclosure::FEEDBACK);
  const v1::CategoryExplanation explanation = Explained(question);
  EXPECT_EQ(explanation.swedish(),
            "Uppgifterna får lämnas ut bara med de samtycken som saknas, enligt OSL 10:1, 12:1-2; Kunskapsguiden "
            "'Samtycke' (regel P-056). Inte dokumenterat: menprövning; lämplighet; att anmälaren är "
            "anmälningsskyldig.");
  EXPECT_EQ(Find(explanation, "P-032").why(), "A fact that it needs is not recorded: it needs mandated reporter.");
  EXPECT_EQ(Find(explanation, "P-032").swedish_why(),
            "Något som regeln kräver är inte dokumenterat: att anmälaren är anmälningsskyldig.");
}

// Whoever asks in Swedish is answered in Swedish: each test and fact of the shipped rules has a name.
TEST_F(ExplanationTest, SwedishWordsHoldNoNameOfATestOrFact) {
  absl::StatusOr<std::vector<DecisionCase>> cases = ReadDecisionCases();
  ASSERT_TRUE(cases.ok()) << cases.status();
  std::vector<std::string> names = rules_.tests();
  names.insert(names.end(), rules_.facts().begin(), rules_.facts().end());
  for (const DecisionCase& a_case : *cases) {
    const Evaluation evaluation = Evaluate(rules_, a_case.question, a_case.circumstances, a_case.day);
    const v1::Explanation explanation = ExplanationOf(rules_, a_case.question, a_case.day, evaluation);
    for (const v1::CategoryExplanation& category : explanation.categories()) {
      std::string swedish = category.swedish();
      for (const v1::RuleLookedAt& rule : category.rules()) absl::StrAppend(&swedish, "\n", rule.swedish_why());
      for (const std::string& name : names) {
        ASSERT_THAT(swedish, Not(HasSubstr(name))) << a_case.title;
      }
    }
  }
}

TEST_F(ExplanationTest, EveryOutcomeComesAboutInTheTable) {
  absl::StatusOr<std::vector<DecisionCase>> cases = ReadDecisionCases();
  ASSERT_TRUE(cases.ok()) << cases.status();
  std::vector<int> outcomes;
  for (const DecisionCase& a_case : *cases) {
    const Evaluation evaluation = Evaluate(rules_, a_case.question, a_case.circumstances, a_case.day);
    const v1::Explanation explanation = ExplanationOf(rules_, a_case.question, a_case.day, evaluation);
    for (const v1::CategoryExplanation& category : explanation.categories()) {
      for (const v1::RuleLookedAt& rule : category.rules()) outcomes.push_back(rule.outcome());
    }
  }
  for (int outcome = 1; outcome < v1::RuleLookedAt::Outcome_ARRAYSIZE; ++outcome) {
    EXPECT_THAT(outcomes, Contains(outcome))
        << v1::RuleLookedAt::Outcome_Name(static_cast<v1::RuleLookedAt::Outcome>(outcome));
  }
}

}  // namespace
}  // namespace samverkan::consent
