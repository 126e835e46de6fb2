// What holds of every answer, whatever is asked: random questions, circumstances and local rules from
// fixed seeds.

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "libs/proto_time/proto_time.h"
#include "samverkan/rules/v1/rule_set.pb.h"
#include "services/consent/decision_cases.h"
#include "services/consent/disclosure.h"
#include "services/consent/disclosure_rules.h"
#include "services/consent/explanation.h"

namespace samverkan::consent {
namespace {

using rules::v1::Rule;
using rules::v1::RuleSet;

constexpr int kRounds = 8'000;

// Makes what is asked. The same seed makes the same.
class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}

  // 0 to `below` - 1.
  int Number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool Percent(int percent) { return Number(100) < percent; }

  template <typename Values>
  auto OneOf(const Values& values) {
    return values[Number(static_cast<int>(values.size()))];
  }

  template <typename Iterator>
  void Shuffle(Iterator begin, Iterator end) {
    std::shuffle(begin, end, random_);
  }

 private:
  std::mt19937 random_;
};

Disclosure::Party RandomParty(Chance& chance) {
  return static_cast<Disclosure::Party>(1 + chance.Number(Disclosure::Party_ARRAYSIZE - 1));
}

Disclosure::Purpose RandomPurpose(Chance& chance) {
  return static_cast<Disclosure::Purpose>(1 + chance.Number(Disclosure::Purpose_ARRAYSIZE - 1));
}

data::v1::Category RandomCategory(Chance& chance) {
  return static_cast<data::v1::Category>(data::v1::IDENTITY +
                                         chance.Number(data::v1::Category_ARRAYSIZE - data::v1::IDENTITY));
}

void RandomRecords(const DisclosureRules& rules, Chance& chance, v1::Question& question) {
  for (const std::string& name : rules.tests()) {
    if (!chance.Percent(50)) continue;
    v1::RecordedTest& test = *question.add_tests();
    test.set_test(name);
    test.set_verdict(chance.Percent(70) ? v1::RecordedTest::FOR_TELLING : v1::RecordedTest::AGAINST_TELLING);
  }
  for (const std::string& name : rules.facts()) {
    if (chance.Percent(60)) question.add_facts()->set_fact(name);
  }
}

v1::Question RandomQuestion(const DisclosureRules& rules, Chance& chance) {
  v1::Question question;
  do {
    question.mutable_discloser()->set_party(RandomParty(chance));
  } while (IsPerson(question.discloser().party()));
  const std::vector<std::string> authorities = {"0180/authorities/skarholmen", "0180/authorities/norrmalm",
                                                "0127/authorities/socialnamnden"};
  question.mutable_discloser()->set_authority(absl::StrCat("municipalities/", chance.OneOf(authorities)));
  v1::Recipient& told = *question.mutable_recipient();
  told.set_party(RandomParty(chance));
  if (told.party() == Disclosure::GUARDIAN) told.set_guardian(chance.Percent(70) ? "mother" : "father");
  if (!IsPrivate(told.party())) told.set_authority("municipalities/0180/authorities/other");
  const int categories = 1 + chance.Number(3);
  for (int i = 0; i < categories; ++i) question.add_categories(RandomCategory(chance));
  question.set_purpose(RandomPurpose(chance));
  RandomRecords(rules, chance, question);
  if (chance.Percent(10)) question.add_third_persons("aunt");
  return question;
}

void AnswerAtRandom(Chance& chance, absl::CivilDay day, v1::Consent& consent) {
  const int state = chance.Percent(60) ? v1::Consent::GIVEN : 1 + chance.Number(v1::Consent::State_ARRAYSIZE - 1);
  consent.set_state(static_cast<v1::Consent::State>(state));
  if (state == v1::Consent::ASKED) return;
  v1::ConsentAnswer& answer = *consent.mutable_answer();
  answer.set_verdict(state == v1::Consent::REFUSED ? v1::ConsentAnswer::NO : v1::ConsentAnswer::YES);
  const auto time_of = [&](int days) { return proto_time::ToProto(absl::FromCivil(day - days, absl::UTCTimeZone())); };
  *answer.mutable_answer_time() = time_of(10 + chance.Number(10));
  if (state == v1::Consent::WITHDRAWN) *consent.mutable_withdraw_time() = time_of(chance.Number(20));
  if (chance.Percent(30)) {
    answer.mutable_child_voice()->set_maturity(static_cast<v1::ChildVoice::Maturity>(1 + chance.Number(3)));
    answer.mutable_child_voice()->set_opinion(static_cast<v1::ChildVoice::Opinion>(1 + chance.Number(4)));
  }
  if (chance.Percent(10)) answer.mutable_absent_guardian()->set_guardian("father");
}

v1::Consent RandomConsent(const v1::Question& question, absl::CivilDay day, int number, Chance& chance) {
  v1::Consent consent;
  consent.set_name(absl::StrCat("consent ", number));
  const int giver = chance.Number(8);
  if (giver == 0) consent.mutable_giver()->set_third_person("aunt");
  if (giver == 1 || giver == 2) consent.mutable_giver()->set_child(true);
  if (giver > 2) consent.mutable_giver()->set_guardian(giver > 5 ? "father" : "mother");
  v1::ConsentScope& scope = *consent.mutable_scope();
  *scope.mutable_discloser() = question.discloser();
  *scope.mutable_recipient() = question.recipient();
  *scope.mutable_categories() = question.categories();
  scope.set_purpose(chance.Percent(95) ? question.purpose() : RandomPurpose(chance));
  scope.set_from_date(proto_time::FormatDay(day - chance.Number(40)));
  scope.set_to_date(proto_time::FormatDay(day + chance.Number(40) - 2));
  AnswerAtRandom(chance, day, consent);
  return consent;
}

struct Asking {
  v1::Question question;
  v1::Circumstances circumstances;
  absl::CivilDay day;
};

Asking RandomAsking(const DisclosureRules& rules, Chance& chance) {
  Asking asking;
  asking.question = RandomQuestion(rules, chance);
  asking.day = absl::CivilDay(2025, 2, 1) + chance.Number(500);
  v1::Circumstances& known = asking.circumstances;
  if (chance.Percent(95)) known.set_age(chance.Number(22));
  known.set_protection(chance.Percent(70) ? Disclosure::UNPROTECTED
                                          : static_cast<Disclosure::Protection>(1 + chance.Number(4)));
  known.set_on_hold(chance.Percent(20));
  known.add_guardians("mother");
  if (chance.Percent(60)) known.add_guardians("father");
  const int consents = chance.Number(6);
  for (int i = 0; i < consents; ++i) {
    *known.add_consents() = RandomConsent(asking.question, asking.day, i, chance);
  }
  return asking;
}

// A rule that 0180 adds: it restricts or withholds, under conditions that are set at random.
Rule RandomLocalRule(const DisclosureRules& rules, Chance& chance) {
  Rule rule;
  rule.set_id("L-900");
  rule.set_question("local");
  rule.set_municipality("0180");
  rule.set_recipients(Rule::ANY);
  if (chance.Percent(50)) rule.set_authority("skarholmen");
  rule.set_legal_review(chance.Percent(20));
  rules::v1::Version& version = *rule.add_versions();
  version.set_text_grade(rules::v1::OTHER_SOURCE);
  version.set_date_grade(rules::v1::OTHER_SOURCE);
  Disclosure& telling = *rule.mutable_disclosure();
  telling.set_step(static_cast<Disclosure::Step>(1 + chance.Number(Disclosure::Step_ARRAYSIZE - 1)));
  telling.set_effect(chance.Percent(50) ? Disclosure::RESTRICT : Disclosure::WITHHOLD);
  if (chance.Percent(30)) telling.add_disclosers(RandomParty(chance));
  if (chance.Percent(30)) telling.add_told(RandomParty(chance));
  if (chance.Percent(30)) telling.add_categories(RandomCategory(chance));
  if (chance.Percent(30)) telling.add_purposes(RandomPurpose(chance));
  if (chance.Percent(30)) telling.add_facts(chance.OneOf(rules.facts()));
  if (chance.Percent(30)) rule.set_test_to_record(chance.OneOf(rules.tests()));
  if (chance.Percent(20)) telling.set_on_hold(true);
  if (telling.effect() == Disclosure::WITHHOLD && chance.Percent(50)) telling.add_spared(RandomParty(chance));
  if (chance.Percent(30)) telling.add_duties(Disclosure::ASK_GUARDIANS);
  if (chance.Percent(20)) (*rule.mutable_parameters())["age_from"] = chance.Number(18);
  return rule;
}

class DisclosureProperties : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::StatusOr<RuleSet> rule_set = ShippedRuleSet();
    ASSERT_TRUE(rule_set.ok()) << rule_set.status();
    rule_set_ = *rule_set;
    rules_.emplace(Made(rule_set_));
  }

  static DisclosureRules Made(const RuleSet& rule_set) {
    absl::StatusOr<DisclosureRules> rules = DisclosureRules::Make(rule_set);
    EXPECT_TRUE(rules.ok()) << rules.status();
    return *std::move(rules);
  }

  static std::vector<CategoryEvaluation> Answers(const DisclosureRules& rules, const Asking& asking) {
    return Evaluate(rules, asking.question, asking.circumstances, asking.day).categories;
  }

  // Calls `check` with each answer of many random questions, and its question.
  template <typename Check>
  void ForEveryAnswer(unsigned seed, Check check) {
    Chance chance(seed);
    for (int i = 0; i < kRounds; ++i) {
      const Asking asking = RandomAsking(*rules_, chance);
      for (const CategoryEvaluation& answer : Answers(*rules_, asking)) check(asking, answer);
      ASSERT_FALSE(HasFailure()) << asking.question.DebugString() << asking.circumstances.DebugString() << asking.day;
    }
  }

  RuleSet rule_set_;
  std::optional<DisclosureRules> rules_;
};

TEST_F(DisclosureProperties, LocalRuleNeverMakesAnAnswerLooser) {
  Chance chance(1);
  int stricter = 0;
  for (int i = 0; i < 150; ++i) {
    RuleSet with_local = rule_set_;
    *with_local.add_rules() = RandomLocalRule(*rules_, chance);
    const DisclosureRules stricter_rules = Made(with_local);
    for (int j = 0; j < 200; ++j) {
      const Asking asking = RandomAsking(*rules_, chance);
      const std::vector<CategoryEvaluation> before = Answers(*rules_, asking);
      const std::vector<CategoryEvaluation> after = Answers(stricter_rules, asking);
      for (size_t k = 0; k < before.size(); ++k) {
        ASSERT_GE(after[k].answer, before[k].answer)
            << asking.question.DebugString() << asking.circumstances.DebugString() << asking.day << "\n"
            << with_local.rules().rbegin()->DebugString();
        stricter += after[k].answer > before[k].answer;
      }
    }
  }
  EXPECT_GT(stricter, 500);
}

TEST_F(DisclosureProperties, RuleForAuthoritiesNeverReachesAPrivateParty) {
  int permits = 0;
  ForEveryAnswer(2, [&](const Asking& asking, const CategoryEvaluation& answer) {
    if (!IsPermit(answer.answer) || !IsPrivate(asking.question.recipient().party())) return;
    ++permits;
    EXPECT_EQ(answer.rule->rule->recipients(), Rule::ANY) << answer.rule->rule->id();
  });
  EXPECT_GT(permits, 200);
}

TEST_F(DisclosureProperties, NothingIsToldToGuardiansOrThePersonReportedOnHold) {
  int asked = 0;
  int permitted_off_hold = 0;
  ForEveryAnswer(3, [&](const Asking& asking, const CategoryEvaluation& answer) {
    const Disclosure::Party told = asking.question.recipient().party();
    if (told != Disclosure::GUARDIAN && told != Disclosure::REPORTED_PERSON) return;
    permitted_off_hold += IsPermit(answer.answer);
    if (!asking.circumstances.on_hold()) return;
    ++asked;
    EXPECT_EQ(answer.answer, v1::CategoryDecision::DENY);
  });
  EXPECT_GT(asked, 200);
  EXPECT_GT(permitted_off_hold, 200);
}

TEST_F(DisclosureProperties, NoGuardianIsAskedOrInformedOnHold) {
  ForEveryAnswer(4, [&](const Asking& asking, const CategoryEvaluation& answer) {
    if (!asking.circumstances.on_hold()) return;
    EXPECT_EQ(answer.duties & (SetOf(Disclosure::ASK_GUARDIANS) | SetOf(Disclosure::INFORM_GUARDIANS)), 0u);
    for (const v1::Giver& giver : answer.missing_consents) EXPECT_FALSE(giver.has_guardian());
  });
}

TEST_F(DisclosureProperties, OnlyAConsentThatStandsPermits) {
  int permits = 0;
  ForEveryAnswer(5, [&](const Asking& asking, const CategoryEvaluation& answer) {
    for (const std::string& name : answer.consents) {
      ++permits;
      for (const v1::Consent& consent : asking.circumstances.consents()) {
        if (consent.name() != name) continue;
        EXPECT_EQ(consent.state(), v1::Consent::GIVEN);
        EXPECT_FALSE(consent.has_withdraw_time());
      }
    }
  });
  EXPECT_GT(permits, 80);
}

TEST_F(DisclosureProperties, WithdrawingEveryConsentTakesTheirPermitsAway) {
  int taken_away = 0;
  ForEveryAnswer(6, [&](const Asking& asking, const CategoryEvaluation& answer) {
    if (answer.consents.empty()) return;
    Asking withdrawn = asking;
    for (v1::Consent& consent : *withdrawn.circumstances.mutable_consents()) consent.set_state(v1::Consent::WITHDRAWN);
    withdrawn.question.clear_categories();
    withdrawn.question.add_categories(answer.category);
    const CategoryEvaluation after = Answers(*rules_, withdrawn).front();
    EXPECT_TRUE(after.consents.empty());
    EXPECT_TRUE(!IsPermit(after.answer) || after.rule != answer.rule);
    ++taken_away;
  });
  EXPECT_GT(taken_away, 40);
}

TEST_F(DisclosureProperties, OnlyTextThatWasReadOrSetPermits) {
  int permits = 0;
  ForEveryAnswer(7, [&](const Asking&, const CategoryEvaluation& answer) {
    if (!IsPermit(answer.answer)) return;
    ++permits;
    const rules::v1::Grade grade = answer.wording->version->text_grade();
    EXPECT_TRUE(grade == rules::v1::STATUTE || grade == rules::v1::OTHER_SOURCE || grade == rules::v1::SETTABLE);
    EXPECT_FALSE(answer.rule->rule->legal_review());
  });
  EXPECT_GT(permits, 1000);
}

TEST_F(DisclosureProperties, PermitHasItsTestRecordedForTelling) {
  ForEveryAnswer(8, [&](const Asking& asking, const CategoryEvaluation& answer) {
    if (!IsPermit(answer.answer) || answer.rule->rule->test_to_record().empty()) return;
    EXPECT_TRUE(std::any_of(asking.question.tests().begin(), asking.question.tests().end(),
                            [&](const v1::RecordedTest& test) {
                              return test.test() == answer.rule->rule->test_to_record() &&
                                     test.verdict() == v1::RecordedTest::FOR_TELLING;
                            }))
        << answer.rule->rule->id();
  });
}

TEST_F(DisclosureProperties, WhereaboutsOfAProtectedChildReachOnlySocialServicesAndPolice) {
  int permits = 0;
  ForEveryAnswer(9, [&](const Asking& asking, const CategoryEvaluation& answer) {
    if (answer.category != data::v1::WHEREABOUTS || !IsPermit(answer.answer)) return;
    if (asking.circumstances.protection() == Disclosure::UNPROTECTED) return;
    ++permits;
    const Disclosure::Party told = asking.question.recipient().party();
    EXPECT_TRUE(told == Disclosure::SOCIAL_SERVICES || told == Disclosure::POLICE) << Disclosure::Party_Name(told);
    EXPECT_TRUE(answer.rule->step == Disclosure::LEGAL_DUTY || answer.rule->step == Disclosure::SPECIAL_RULE);
  });
  EXPECT_GT(permits, 1);
}

std::string Told(const DisclosureRules& rules, const Asking& asking) {
  const Evaluation evaluation = Evaluate(rules, asking.question, asking.circumstances, asking.day);
  return ExplanationOf(rules, asking.question, asking.day, evaluation).DebugString();
}

TEST_F(DisclosureProperties, OrderChangesNothing) {
  Chance chance(10);
  for (int i = 0; i < 10; ++i) {
    RuleSet shuffled_set = rule_set_;
    chance.Shuffle(shuffled_set.mutable_rules()->begin(), shuffled_set.mutable_rules()->end());
    const DisclosureRules shuffled_rules = Made(shuffled_set);
    for (int j = 0; j < 100; ++j) {
      const Asking asking = RandomAsking(*rules_, chance);
      Asking shuffled = asking;
      v1::Question& question = shuffled.question;
      v1::Circumstances& known = shuffled.circumstances;
      chance.Shuffle(question.mutable_tests()->begin(), question.mutable_tests()->end());
      chance.Shuffle(question.mutable_facts()->begin(), question.mutable_facts()->end());
      chance.Shuffle(known.mutable_consents()->begin(), known.mutable_consents()->end());
      chance.Shuffle(known.mutable_guardians()->begin(), known.mutable_guardians()->end());
      ASSERT_EQ(Told(shuffled_rules, shuffled), Told(*rules_, asking)) << asking.question.DebugString();
    }
  }
}

}  // namespace
}  // namespace samverkan::consent
