#include "libs/rules/disclosure_check.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace samverkan::rules {
namespace {

using Disclosure = v1::Disclosure;

// Every number must be one that this version knows: what it does not know it would pass over,
// and so tell more than the rule allows. None of them may be 0.
template <typename Values>
void ExpectKnown(const Values& values, bool (*is_valid)(int), const std::string& what, FaultReport& report) {
  for (const int value : values) {
    report.Expect(value != 0 && is_valid(value), absl::StrCat("unknown ", what, " ", value));
  }
}

void CheckNumbers(const Disclosure& disclosure, FaultReport& report) {
  ExpectKnown(disclosure.disclosers(), v1::Disclosure_Party_IsValid, "party in disclosers", report);
  ExpectKnown(disclosure.told(), v1::Disclosure_Party_IsValid, "party in told", report);
  ExpectKnown(disclosure.spared(), v1::Disclosure_Party_IsValid, "party in spared", report);
  ExpectKnown(disclosure.categories(), data::v1::Category_IsValid, "category", report);
  ExpectKnown(disclosure.purposes(), v1::Disclosure_Purpose_IsValid, "purpose", report);
  ExpectKnown(disclosure.protections(), v1::Disclosure_Protection_IsValid, "protection", report);
  ExpectKnown(disclosure.duties(), v1::Disclosure_Duty_IsValid, "duty", report);
}

void CheckEffect(const v1::Rule& rule, FaultReport& report) {
  const Disclosure& disclosure = rule.disclosure();
  const Disclosure::Step step = disclosure.step();
  const Disclosure::Effect effect = disclosure.effect();
  report.Expect(step != Disclosure::STEP_UNSPECIFIED && v1::Disclosure_Step_IsValid(step), "unknown step");
  report.Expect(effect != Disclosure::EFFECT_UNSPECIFIED && v1::Disclosure_Effect_IsValid(effect), "unknown effect");
  report.Expect(effect != Disclosure::SECRET || step == Disclosure::SECRECY, "SECRET stands at step SECRECY only");
  report.Expect(effect != Disclosure::PERMIT || step != Disclosure::SECRECY, "PERMIT never stands at step SECRECY");
  report.Expect(effect == Disclosure::PERMIT || disclosure.never_breaks().empty(), "never_breaks goes with PERMIT");
  report.Expect(effect == Disclosure::WITHHOLD || disclosure.spared().empty(), "spared goes with WITHHOLD");
  const bool restricts = !disclosure.facts().empty() || !disclosure.duties().empty() || !rule.test_to_record().empty();
  report.Expect(effect != Disclosure::RESTRICT || restricts, "RESTRICT needs a fact, a test or a duty");
}

}  // namespace

bool IsLowerSnake(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '_';
  });
}

void CheckDisclosure(const v1::Rule& rule, const Questions& questions, FaultReport& report) {
  if (!rule.has_disclosure()) return;
  CheckEffect(rule, report);
  CheckNumbers(rule.disclosure(), report);
  for (const std::string& fact : rule.disclosure().facts()) {
    report.Expect(IsLowerSnake(fact), absl::StrCat("fact ", fact, " must be lower_snake"));
  }
  for (const std::string& question : rule.disclosure().never_breaks()) {
    report.Expect(questions.contains(question), absl::StrCat("never_breaks the unknown question ", question));
  }
}

}  // namespace samverkan::rules
