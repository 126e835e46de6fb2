// The answers to questions that people really have, case by case, as the law has them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/status/status.h"
#include "services/consent/decision_cases.h"
#include "services/consent/disclosure.h"
#include "services/consent/question.h"

namespace samverkan::consent {
namespace {

using ::testing::IsEmpty;

constexpr std::string_view kMunicipalities = "municipalities/";
constexpr char kAnyReference[] = "0196a000-0000-7000-8000-000000000001";

class DecisionTable : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::StatusOr<rules::v1::RuleSet> rule_set = ShippedRuleSet();
    ASSERT_TRUE(rule_set.ok()) << rule_set.status();
    const absl::StatusOr<DisclosureRules> rules = DisclosureRules::Make(*rule_set);
    ASSERT_TRUE(rules.ok()) << rules.status();
    rules_.emplace(*rules);
    const absl::StatusOr<std::vector<DecisionCase>> cases = ReadDecisionCases();
    ASSERT_TRUE(cases.ok()) << cases.status();
    cases_ = *cases;
  }

  std::vector<CategoryEvaluation> Ask(const v1::Question& question, const DecisionCase& of) const {
    return Evaluate(*rules_, question, of.circumstances, of.day).categories;
  }

  std::optional<DisclosureRules> rules_;
  std::vector<DecisionCase> cases_;
};

TEST_F(DecisionTable, HoldsManyCases) { EXPECT_GE(cases_.size(), 150u); }

TEST_F(DecisionTable, AsksOnlyWhatMayBeAsked) {
  for (const DecisionCase& a_case : cases_) {
    status::Violations violations;
    v1::Question question = a_case.question;
    // The table calls guardians by words that are easily read; references are UUIDs.
    if (!question.recipient().guardian().empty()) question.mutable_recipient()->set_guardian(kAnyReference);
    // What another private person is to the child changes no answer, and the table leaves it out.
    if (question.recipient().party() == rules::v1::Disclosure::PRIVATE_PERSON) {
      question.mutable_recipient()->set_function("neighbour");
    }
    const std::string municipality = question.discloser().authority().substr(kMunicipalities.size(), 4);
    CheckSimulation(*rules_, municipality, question, violations);
    EXPECT_THAT(status::InvalidFields(violations.ToStatus()), IsEmpty()) << a_case.title;
  }
}

TEST_F(DecisionTable, AnswersAsTheLawDoes) {
  for (const DecisionCase& a_case : cases_) {
    for (const CategoryEvaluation& category : Ask(a_case.question, a_case)) {
      EXPECT_EQ(absl::StrJoin(AnswerLines(category), "\n"), absl::StrJoin(a_case.expected, "\n"))
          << a_case.title << ": " << data::v1::Category_Name(category.category);
    }
  }
}

// A test is what lets the data be told, where an answer says that it rests on it.
TEST_F(DecisionTable, NoPermitOutlivesATestThatItRestsOn) {
  int taken_away = 0;
  for (const DecisionCase& a_case : cases_) {
    for (const CategoryEvaluation& category : Ask(a_case.question, a_case)) {
      if (!IsPermit(category.answer)) continue;
      for (const std::string& test : category.tests) {
        v1::Question without = a_case.question;
        without.clear_tests();
        without.clear_categories();
        without.add_categories(category.category);
        for (const v1::RecordedTest& recorded : a_case.question.tests()) {
          if (recorded.test() != test) *without.add_tests() = recorded;
        }
        ASSERT_EQ(without.tests_size() + 1, a_case.question.tests_size()) << a_case.title << " rests on " << test;
        const CategoryEvaluation after = Ask(without, a_case).front();
        EXPECT_TRUE(!IsPermit(after.answer) || after.rule != category.rule) << a_case.title << " without " << test;
        EXPECT_TRUE(IsPermit(after.answer) || !after.missing_tests.empty()) << a_case.title << " without " << test;
        ++taken_away;
      }
    }
  }
  EXPECT_GT(taken_away, 50);
}

}  // namespace
}  // namespace samverkan::consent
