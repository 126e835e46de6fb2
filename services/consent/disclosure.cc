#include "services/consent/disclosure.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "services/consent/given_consents.h"

namespace samverkan::consent {
namespace {

using Answer = v1::CategoryDecision;
using Looked = v1::RuleLookedAt;
using Outcome = v1::RuleLookedAt::Outcome;
using Wording = DisclosureRule::Wording;

// A question and its circumstances, read once for all categories.
struct Asked {
  Asked(const DisclosureRules& asked_rules, const v1::Question& asked_question, const v1::Circumstances& known,
        absl::CivilDay asked_day)
      : rules(asked_rules), question(asked_question), circumstances(known), day(asked_day) {
    verdicts.resize(rules.tests().size(), v1::RecordedTest::VERDICT_UNSPECIFIED);
    for (const v1::RecordedTest& test : question.tests()) {
      const std::optional<int> index = rules.TestIndex(test.test());
      // One against outweighs one for.
      if (index.has_value()) verdicts[*index] = std::max<int>(verdicts[*index], test.verdict());
    }
    recorded.resize(rules.facts().size(), false);
    for (const v1::RecordedFact& fact : question.facts()) {
      const std::optional<int> index = rules.FactIndex(fact.fact());
      if (index.has_value() && fact.fact() != kRecipientHasCustody) recorded[*index] = true;
    }
    const std::optional<int> custody = rules.FactIndex(kRecipientHasCustody);
    if (custody.has_value()) recorded[*custody] = RecipientHasCustody();
    protection = circumstances.protection() == Disclosure::PROTECTION_UNSPECIFIED ? Disclosure::UNPROTECTED
                                                                                  : circumstances.protection();
    candidates =
        rules.Concerning(question.discloser().party(), question.recipient().party(), question.discloser().authority());
  }

  bool RecipientHasCustody() const {
    const v1::Recipient& told = question.recipient();
    return told.party() == Disclosure::GUARDIAN && !told.guardian().empty() &&
           std::find(circumstances.guardians().begin(), circumstances.guardians().end(), told.guardian()) !=
               circumstances.guardians().end();
  }

  int VerdictOf(const DisclosureRule& rule) const { return verdicts[*rule.test]; }

  const DisclosureRules& rules;
  const v1::Question& question;
  const v1::Circumstances& circumstances;
  const absl::CivilDay day;
  // By index of test and fact.
  absl::InlinedVector<int, 32> verdicts;
  absl::InlinedVector<bool, 32> recorded;
  Disclosure::Protection protection = Disclosure::UNPROTECTED;
  DisclosureRules::InOrder candidates;
};

// Names without allocation; sorted and made unique at the end.
using Names = absl::InlinedVector<const std::string*, 16>;

std::vector<std::string> Sorted(const Names& names) {
  std::vector<std::string> sorted;
  sorted.reserve(names.size());
  for (const std::string* name : names) sorted.push_back(*name);
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

constexpr EnumSet kOfGuardians = SetOf(Disclosure::INFORM_GUARDIANS) | SetOf(Disclosure::ASK_GUARDIANS);

// The test for one category.
class CategoryTest {
 public:
  CategoryTest(const Asked& asked, data::v1::Category category) : asked_(asked) { result_.category = category; }

  CategoryEvaluation Run() {
    result_.looked_at.reserve(asked_.candidates.size());
    for (const DisclosureRule* rule : asked_.candidates) {
      if (rule->effect == Disclosure::PERMIT) FinishSecrecy();
      const Wording* wording = rule->InForce(asked_.day);
      result_.looked_at.push_back({.rule = rule, .wording = wording, .outcome = Looked::NOT_REACHED});
      if (!decided_) result_.looked_at.back().outcome = LookAt(*rule, wording);
    }
    FinishSecrecy();
    if (!decided_) End();
    return std::move(result_);
  }

 private:
  Outcome LookAt(const DisclosureRule& rule, const Wording* wording) {
    const Outcome mismatch = Mismatch(rule, wording);
    if (mismatch != Looked::APPLIED) return mismatch;
    switch (rule.effect) {
      case Disclosure::WITHHOLD:
        return Withhold(rule, *wording);
      case Disclosure::RESTRICT:
        return Restrict(rule, *wording);
      case Disclosure::SECRET:
        return Secrecy(rule, *wording);
      default:
        return Permit(rule, *wording);
    }
  }

  // Why the rule is not about this; APPLIED where it is.
  Outcome Mismatch(const DisclosureRule& rule, const Wording* wording) const {
    const v1::Circumstances& known = asked_.circumstances;
    if (wording == nullptr) return Looked::NOT_IN_FORCE;
    if ((rule.categories & SetOf(result_.category)) == 0) return Looked::OTHER_CATEGORY;
    if ((rule.purposes & SetOf(asked_.question.purpose())) == 0) return Looked::OTHER_PURPOSE;
    if (known.has_age() && (known.age() < rule.age_from || known.age() >= rule.age_below)) return Looked::OTHER_AGE;
    const bool any_age = rule.age_from == INT64_MIN && rule.age_below == INT64_MAX;
    if (!known.has_age() && !any_age && rule.effect == Disclosure::PERMIT) return Looked::OTHER_AGE;
    if ((rule.protections & SetOf(asked_.protection)) == 0) return Looked::OTHER_CIRCUMSTANCES;
    if (rule.on_hold && !known.on_hold()) return Looked::OTHER_CIRCUMSTANCES;
    return Looked::APPLIED;
  }

  bool FactsRecorded(const DisclosureRule& rule) const {
    return std::all_of(rule.facts.begin(), rule.facts.end(), [&](int fact) { return asked_.recorded[fact]; });
  }

  // APPLIED where facts and test of the rule are recorded; notes those that are not.
  Outcome Records(const DisclosureRule& rule) {
    for (const int fact : rule.facts) {
      if (!asked_.recorded[fact]) missing_facts_.push_back(&asked_.rules.facts()[fact]);
    }
    const Outcome test = TestOf(rule);
    return FactsRecorded(rule) ? test : Looked::FACT_MISSING;
  }

  Outcome TestOf(const DisclosureRule& rule) {
    if (!rule.test.has_value()) return Looked::APPLIED;
    switch (asked_.VerdictOf(rule)) {
      case v1::RecordedTest::FOR_TELLING:
        return Looked::APPLIED;
      case v1::RecordedTest::AGAINST_TELLING:
        return Looked::TEST_AGAINST;
      default:
        missing_tests_.push_back(&asked_.rules.tests()[*rule.test]);
        return Looked::TEST_MISSING;
    }
  }

  Outcome Withhold(const DisclosureRule& rule, const Wording& wording) {
    if (!FactsRecorded(rule)) return Looked::FACT_MISSING;
    if (rule.test.has_value() && asked_.VerdictOf(rule) == v1::RecordedTest::FOR_TELLING)
      return Looked::OTHER_CIRCUMSTANCES;
    if ((rule.spared & SetOf(asked_.question.recipient().party())) != 0) {
      if (veto_.rule == nullptr) veto_ = {&rule, &wording};
      spared_duties_ |= rule.duties;
      return Looked::APPLIED;
    }
    Decide(Answer::DENY, {&rule, &wording});
    return Looked::DECIDED;
  }

  Outcome Restrict(const DisclosureRule& rule, const Wording& wording) {
    restricting_duties_ |= rule.duties;
    const Outcome outcome = Records(rule);
    if (outcome == Looked::APPLIED && !rule.rule->legal_review()) {
      if (rule.test.has_value()) restricting_tests_.push_back(&asked_.rules.tests()[*rule.test]);
      return Looked::APPLIED;
    }
    if (restriction_.rule == nullptr) restriction_ = {&rule, &wording};
    return outcome == Looked::APPLIED ? Looked::LEGAL_REVIEW : outcome;
  }

  Outcome Secrecy(const DisclosureRule& rule, const Wording& wording) {
    const bool first = secrecy_.rule == nullptr;
    if (first) secrecy_ = {&rule, &wording};
    if (first) secrecy_looked_at_ = result_.looked_at.size() - 1;
    secrecies_.push_back(rule.question);
    secrecy_for_lawyer_ |= wording.for_lawyer;
    if (rule.test.has_value()) secrecy_tests_.push_back(&asked_.rules.tests()[*rule.test]);
    // Where a WITHHOLD rule holds no harm test lifts anything, so none is missed.
    const size_t missed = missing_tests_.size();
    const Outcome test = TestOf(rule);
    if (veto_.rule != nullptr) missing_tests_.resize(missed);
    harmless_ = harmless_ && rule.test.has_value() && test == Looked::APPLIED;
    return test == Looked::TEST_AGAINST ? test : Looked::APPLIED;
  }

  // When all secrecy is known: whether the harm tests lift it.
  void FinishSecrecy() {
    if (secrecy_finished_) return;
    secrecy_finished_ = true;
    if (decided_ || secrecy_.rule == nullptr || !harmless_ || veto_.rule != nullptr) return;
    if (secrecy_for_lawyer_) {
      LeadToReview(secrecy_);
      result_.looked_at[secrecy_looked_at_].outcome = Looked::LEGAL_REVIEW;
    } else if (Unrestricted()) {
      Permit(secrecy_, secrecy_tests_, {}, SetOf(Disclosure::RECORD_HARM_TEST));
      result_.looked_at[secrecy_looked_at_].outcome = Looked::DECIDED;
    }
  }

  Outcome Permit(const DisclosureRule& rule, const Wording& wording) {
    if (veto_.rule != nullptr && rule.step != Disclosure::LEGAL_DUTY && rule.step != Disclosure::SPECIAL_RULE) {
      return Looked::NOT_REACHED;
    }
    for (const int secrecy : rule.never_breaks) {
      if (std::find(secrecies_.begin(), secrecies_.end(), secrecy) != secrecies_.end()) {
        return Looked::SECRECY_TOO_STRONG;
      }
    }
    if (wording.for_lawyer) return ForLawyer(rule, wording);
    if (!rule.never_breaks.empty() && secrecies_.empty()) return ForUnknownSecrecy(rule, wording);
    const Outcome records = Records(rule);
    if (records != Looked::APPLIED) return records;
    ConsentFinding consents;
    if (rule.step == Disclosure::CONSENT_GIVEN) {
      const Outcome outcome = AskConsents({&rule, &wording}, consents);
      if (outcome != Looked::APPLIED) return outcome;
    }
    if (!Unrestricted()) return Looked::APPLIED;
    Names tests;
    if (rule.test.has_value()) tests.push_back(&asked_.rules.tests()[*rule.test]);
    const EnumSet reserved = consents.reserved ? SetOf(Disclosure::KEEP_TO_RESERVATION) : 0;
    Permit({&rule, &wording}, tests, std::move(consents.used), rule.duties | reserved);
    return Looked::DECIDED;
  }

  // A rule that a lawyer reads needs its facts; its test is the lawyer's, unless somebody found
  // against telling.
  Outcome ForLawyer(const DisclosureRule& rule, const Wording& wording) {
    if (!FactsRecorded(rule)) return Records(rule);
    if (rule.test.has_value() && asked_.VerdictOf(rule) == v1::RecordedTest::AGAINST_TELLING) {
      return Looked::TEST_AGAINST;
    }
    return LeadToReview({&rule, &wording});
  }

  // A rule that never breaks some secrecy, where nobody here knows which one holds: nothing that is
  // recorded makes it permit, so nothing is missed.
  Outcome ForUnknownSecrecy(const DisclosureRule& rule, const Wording& wording) {
    const size_t missed_tests = missing_tests_.size();
    const size_t missed_facts = missing_facts_.size();
    const Outcome records = Records(rule);
    missing_tests_.resize(missed_tests);
    missing_facts_.resize(missed_facts);
    return records == Looked::APPLIED ? LeadToReview({&rule, &wording}) : records;
  }

  // A rule and its wording; null where none.
  struct Ground {
    const DisclosureRule* rule = nullptr;
    const Wording* wording = nullptr;
  };

  Outcome LeadToReview(Ground ground) {
    if (review_.rule == nullptr) review_ = ground;
    return Looked::LEGAL_REVIEW;
  }

  Outcome AskConsents(Ground ground, ConsentFinding& finding) {
    const int64_t deciding_age =
        asked_.rules.Parameter("child_decides", "deciding_age", asked_.question.discloser().authority(), asked_.day)
            .value_or(kMajority);
    finding = FindConsents(asked_.question, result_.category, asked_.circumstances, asked_.day, deciding_age);
    if (finding.complete()) return Looked::APPLIED;
    if (consent_.rule == nullptr) {
      consent_ = ground;
      consent_refused_ = finding.refused;
      consent_missing_ = finding.missing;
      maturity_missing_ = finding.maturity_missing;
    }
    return finding.refused ? Looked::CONSENT_REFUSED : Looked::CONSENT_MISSING;
  }

  // Whether no RESTRICT rule lacks what it asks for. One that does leads to legal review, where it
  // says so, when something would have permitted.
  bool Unrestricted() {
    if (restriction_.rule == nullptr) return true;
    held_back_ = true;
    if (restriction_.rule->rule->legal_review()) LeadToReview(restriction_);
    return false;
  }

  void Decide(Answer::Answer answer, Ground ground) {
    decided_ = true;
    result_.answer = answer;
    result_.rule = ground.rule;
    result_.wording = ground.wording;
  }

  void Permit(Ground ground, Names tests, std::vector<std::string> consents, EnumSet duties) {
    const bool spared = veto_.rule != nullptr;
    result_.duties = ForNow(duties | restricting_duties_ | (spared ? spared_duties_ : 0));
    // Whoever consented was asked.
    if (ground.rule->step == Disclosure::CONSENT_GIVEN) result_.duties &= ~SetOf(Disclosure::ASK_GUARDIANS);
    Decide(result_.duties != 0 || spared ? Answer::PERMIT_WITH_CONDITIONS : Answer::PERMIT, ground);
    tests.insert(tests.end(), restricting_tests_.begin(), restricting_tests_.end());
    result_.tests = Sorted(tests);
    result_.consents = std::move(consents);
  }

  // On hold guardians are neither asked nor told.
  EnumSet ForNow(EnumSet duties) const { return asked_.circumstances.on_hold() ? duties & ~kOfGuardians : duties; }

  void End() {
    if (veto_.rule != nullptr) {
      Decide(Answer::DENY, veto_);
    } else if (review_.rule != nullptr || secrecy_.rule == nullptr) {
      Decide(Answer::NEEDS_LEGAL_REVIEW, review_);
    } else if (consent_refused_) {
      Decide(Answer::DENY, consent_);
    } else if (consent_.rule != nullptr) {
      EndWithoutConsent();
    } else {
      Decide(Answer::DENY, held_back_ ? restriction_ : secrecy_);
    }
    result_.missing_tests = Sorted(missing_tests_);
    result_.missing_facts = Sorted(missing_facts_);
  }

  void EndWithoutConsent() {
    const bool of_guardian = std::any_of(consent_missing_.begin(), consent_missing_.end(),
                                         [](const v1::Giver& giver) { return giver.has_guardian(); });
    if (of_guardian && asked_.circumstances.on_hold()) return Decide(Answer::DENY, RuleOfHold());
    Decide(Answer::NEEDS_CONSENT, consent_);
    result_.duties = ForNow(restricting_duties_);
    result_.missing_consents = std::move(consent_missing_);
    if (maturity_missing_) missing_tests_.push_back(&kMaturity);
  }

  // The rule that keeps a report on hold from guardians; none where the rule set has none.
  Ground RuleOfHold() const {
    const v1::Discloser& discloser = asked_.question.discloser();
    for (const DisclosureRule* rule :
         asked_.rules.Concerning(discloser.party(), Disclosure::GUARDIAN, discloser.authority())) {
      const Wording* wording = rule->InForce(asked_.day);
      if (rule->effect == Disclosure::WITHHOLD && rule->on_hold && wording != nullptr) return {rule, wording};
    }
    return {};
  }

  // The assessment that rule P-057 asks for.
  inline static const std::string kMaturity = "maturity";

  const Asked& asked_;
  CategoryEvaluation result_;
  bool decided_ = false;
  // WITHHOLD rules that spare the recipient: the first, and the duties of all.
  Ground veto_;
  EnumSet spared_duties_ = 0;
  // RESTRICT rules: the first that lacks something, the duties and tests of all; whether anything was
  // held back by them.
  Ground restriction_;
  EnumSet restricting_duties_ = 0;
  Names restricting_tests_;
  bool held_back_ = false;
  // SECRET rules: the first, where it stands in the trace, the questions and tests of all.
  Ground secrecy_;
  size_t secrecy_looked_at_ = 0;
  absl::InlinedVector<int, 4> secrecies_;
  Names secrecy_tests_;
  bool harmless_ = true;
  bool secrecy_for_lawyer_ = false;
  bool secrecy_finished_ = false;
  // The first rule that leads to legal review.
  Ground review_;
  // The first rule of consent that would permit, and what it lacks.
  Ground consent_;
  bool consent_refused_ = false;
  bool maturity_missing_ = false;
  std::vector<v1::Giver> consent_missing_;
  Names missing_tests_;
  Names missing_facts_;
};

}  // namespace

Evaluation Evaluate(const DisclosureRules& rules, const v1::Question& question, const v1::Circumstances& circumstances,
                    absl::CivilDay day) {
  const Asked asked(rules, question, circumstances, day);
  Evaluation evaluation;
  evaluation.categories.reserve(question.categories_size());
  for (const int category : question.categories()) {
    evaluation.categories.push_back(CategoryTest(asked, static_cast<data::v1::Category>(category)).Run());
  }
  return evaluation;
}

}  // namespace samverkan::consent
