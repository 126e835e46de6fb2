// How many questions about telling one core answers in a second, for
// tools/bench.d/disclosure_figures.py: the rules that ship, filled up to 1,000 rules about telling by
// rules of municipalities, every tenth of them of the municipality that is asked.
//
//   disclosure_evaluate --rules=deploy/rules
//
// Prints one JSON line: {"rules": …, "per_second": …}. Each question is about three categories and has
// the consents of two guardians; the questions end at different steps.

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/rules/rule_set.h"
#include "libs/status/macros.h"
#include "services/consent/disclosure.h"
#include "services/consent/disclosure_rules.h"

ABSL_FLAG(std::string, rules, "deploy/rules", "folder of the rules that ship");
ABSL_FLAG(int, rule_count, 1'000, "how many rules about telling");
ABSL_FLAG(int, rounds, 50'000, "how often each question is asked");

namespace samverkan::bench {
namespace {

using consent::Disclosure;

constexpr absl::CivilDay kDay(2026, 2, 2);
constexpr char kAuthority[] = "municipalities/0180/authorities/skarholmen";

rules::v1::Rule LocalRule(int number) {
  rules::v1::Rule rule;
  rule.set_id(absl::StrCat("L-", 1000 + number));
  rule.set_question(absl::StrCat("local_", number));
  rule.set_municipality(number % 10 == 0 ? "0180" : absl::StrFormat("%04d", 1000 + number % 290));
  rule.set_recipients(rules::v1::Rule::ANY);
  rules::v1::Version& version = *rule.add_versions();
  version.set_text_grade(rules::v1::OTHER_SOURCE);
  version.set_date_grade(rules::v1::OTHER_SOURCE);
  Disclosure& telling = *rule.mutable_disclosure();
  telling.set_step(Disclosure::SECRECY);
  telling.set_effect(Disclosure::RESTRICT);
  telling.add_told(static_cast<Disclosure::Party>(1 + number / 10 % 18));
  telling.add_purposes(static_cast<Disclosure::Purpose>(1 + number / 10 % 10));
  telling.add_duties(Disclosure::CHECK_FREE_TEXT);
  return rule;
}

absl::StatusOr<consent::DisclosureRules> Rules() {
  ASSIGN_OR_RETURN(const rules::RuleSet shipped, rules::RuleSet::Load(absl::GetFlag(FLAGS_rules)));
  rules::v1::RuleSet all;
  int about_telling = 0;
  for (const rules::v1::Rule* rule : shipped.Rules()) {
    *all.add_rules() = *rule;
    about_telling += rule->has_disclosure();
  }
  for (; about_telling < absl::GetFlag(FLAGS_rule_count); ++about_telling) *all.add_rules() = LocalRule(about_telling);
  return consent::DisclosureRules::Make(std::move(all));
}

struct Asking {
  consent::v1::Question question;
  consent::v1::Circumstances circumstances;
};

void AddConsent(const std::string& guardian, Asking& asking) {
  consent::v1::Consent& given = *asking.circumstances.add_consents();
  given.set_name(guardian);
  given.mutable_giver()->set_guardian(guardian);
  given.set_state(consent::v1::Consent::GIVEN);
  given.mutable_answer()->set_verdict(consent::v1::ConsentAnswer::YES);
  consent::v1::ConsentScope& scope = *given.mutable_scope();
  *scope.mutable_discloser() = asking.question.discloser();
  *scope.mutable_recipient() = asking.question.recipient();
  *scope.mutable_categories() = asking.question.categories();
  scope.set_purpose(asking.question.purpose());
  scope.set_from_date("2026-01-01");
  scope.set_to_date("2026-06-30");
}

Asking Ask(Disclosure::Party discloser, Disclosure::Party told, Disclosure::Purpose purpose, const std::string& test) {
  Asking asking;
  consent::v1::Question& question = asking.question;
  question.mutable_discloser()->set_party(discloser);
  question.mutable_discloser()->set_authority(kAuthority);
  question.mutable_recipient()->set_party(told);
  question.mutable_recipient()->set_authority("municipalities/0180/authorities/other");
  question.set_purpose(purpose);
  for (const auto category : {data::v1::IDENTITY, data::v1::CONCERN, data::v1::ASSESSMENT}) {
    question.add_categories(category);
  }
  if (!test.empty()) {
    question.add_tests()->set_test(test);
    question.mutable_tests(0)->set_verdict(consent::v1::RecordedTest::FOR_TELLING);
  }
  asking.circumstances.set_age(9);
  asking.circumstances.add_guardians("mother");
  asking.circumstances.add_guardians("father");
  AddConsent("mother", asking);
  AddConsent("father", asking);
  return asking;
}

// One that ends at each step of the order, or at none.
std::vector<Asking> Askings() {
  return {
      Ask(Disclosure::SCHOOL, Disclosure::SOCIAL_SERVICES, Disclosure::CONCERN_REPORT, ""),
      Ask(Disclosure::SOCIAL_SERVICES, Disclosure::SCHOOL, Disclosure::COOPERATION, "harm"),
      Ask(Disclosure::SOCIAL_SERVICES, Disclosure::HEALTH_CARE, Disclosure::CARE_AND_SUPPORT, "necessity"),
      Ask(Disclosure::SOCIAL_SERVICES, Disclosure::SCHOOL, Disclosure::COOPERATION, ""),
      Ask(Disclosure::SOCIAL_SERVICES, Disclosure::GUARDIAN, Disclosure::INSIGHT, ""),
      Ask(Disclosure::HEALTH_CARE, Disclosure::POLICE, Disclosure::CRIME_INVESTIGATION, ""),
  };
}

absl::StatusOr<double> PerSecond() {
  const clock::SystemClock clock;
  ASSIGN_OR_RETURN(const consent::DisclosureRules rules, Rules());
  const std::vector<Asking> askings = Askings();
  const int rounds = absl::GetFlag(FLAGS_rounds);
  size_t looked_at = 0;
  const absl::Time start = clock.Now();
  for (int i = 0; i < rounds; ++i) {
    for (const Asking& asking : askings) {
      const consent::Evaluation evaluation = consent::Evaluate(rules, asking.question, asking.circumstances, kDay);
      looked_at += evaluation.categories.back().looked_at.size();
    }
  }
  const absl::Duration taken = clock.Now() - start;
  if (looked_at == 0) return absl::InternalError("no rule was looked at");
  return rounds * static_cast<double>(askings.size()) / absl::ToDoubleSeconds(taken);
}

}  // namespace
}  // namespace samverkan::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  const absl::StatusOr<double> rate = samverkan::bench::PerSecond();
  if (!rate.ok()) {
    std::cerr << "disclosure_evaluate: " << rate.status() << "\n";
    return 1;
  }
  std::cout << "{\"rules\": " << absl::GetFlag(FLAGS_rule_count) << ", \"per_second\": " << *rate << "}\n";
  return 0;
}
