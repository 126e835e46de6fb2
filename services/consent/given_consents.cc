#include "services/consent/given_consents.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"
#include "libs/proto_time/proto_time.h"

namespace samverkan::consent {
namespace {

using v1::ChildVoice;
using v1::Consent;
using v1::ConsentScope;
using v1::Giver;

// An instant in order; one that is not given comes before all.
using Instant = std::pair<int64_t, int32_t>;
constexpr Instant kNever = {INT64_MIN, 0};

Instant At(const google::protobuf::Timestamp& time) { return {time.seconds(), time.nanos()}; }

Instant AnsweredAt(const Consent& consent) { return At(consent.answer().answer_time()); }

bool Covers(const std::string& wide, const std::string& narrow) { return wide.empty() || wide == narrow; }

bool Meet(const std::string& a, const std::string& b) { return a.empty() || b.empty() || a == b; }

// Whether a scope and a question are about the same parties, as `match` compares the parts of which
// an empty one means all.
template <typename Match>
bool SameParties(const ConsentScope& scope, const v1::Question& question, Match match) {
  const v1::Recipient& told = scope.recipient();
  const v1::Recipient& asked = question.recipient();
  return scope.discloser().party() == question.discloser().party() &&
         scope.discloser().authority() == question.discloser().authority() &&
         match(scope.discloser().unit(), question.discloser().unit()) && told.party() == asked.party() &&
         told.authority() == asked.authority() && match(told.unit(), asked.unit()) &&
         match(told.function(), asked.function()) && told.guardian() == asked.guardian();
}

bool IsAbout(const ConsentScope& scope, data::v1::Category category, const v1::Question& question, absl::CivilDay day) {
  const std::optional<absl::CivilDay> from = proto_time::ParseDay(scope.from_date());
  const std::optional<absl::CivilDay> to = proto_time::ParseDay(scope.to_date());
  return from.has_value() && to.has_value() && *from <= day && day <= *to && scope.purpose() == question.purpose() &&
         std::find(scope.categories().begin(), scope.categories().end(), category) != scope.categories().end();
}

bool IsYes(const Consent& consent) {
  return consent.state() == Consent::GIVEN && !consent.has_withdraw_time() &&
         consent.answer().verdict() != v1::ConsentAnswer::NO;
}

bool IsNo(const Consent& consent) {
  return consent.state() == Consent::REFUSED || consent.state() == Consent::WITHDRAWN || consent.has_withdraw_time() ||
         consent.answer().verdict() == v1::ConsentAnswer::NO;
}

Instant SaidNoAt(const Consent& consent) {
  return consent.has_withdraw_time() ? At(consent.withdraw_time()) : AnsweredAt(consent);
}

// Of two assessments at the same instant the one that asks for most counts.
int Strictness(ChildVoice::Maturity maturity) {
  switch (maturity) {
    case ChildVoice::TOGETHER:
      return 3;
    case ChildVoice::GUARDIANS_DECIDE:
      return 2;
    case ChildVoice::CHILD_DECIDES:
      return 1;
    default:
      return 0;
  }
}

// What one person said: the latest yes that covers the question, the latest no that meets it.
struct Word {
  bool said_yes() const { return yes != nullptr && yes_at > no_at; }
  bool said_no() const { return no_at != kNever && !said_yes(); }

  const Consent* yes = nullptr;
  Instant yes_at = kNever;
  Instant no_at = kNever;
};

class Finder {
 public:
  Finder(const v1::Question& question, data::v1::Category category, const v1::Circumstances& circumstances,
         absl::CivilDay day, int64_t deciding_age)
      : question_(question), circumstances_(circumstances), deciding_age_(deciding_age) {
    for (const Consent& consent : circumstances.consents()) {
      if (!IsAbout(consent.scope(), category, question, day)) continue;
      if (SameParties(consent.scope(), question, Covers)) covering_.push_back(&consent);
      if (SameParties(consent.scope(), question, Meet)) meeting_.push_back(&consent);
    }
  }

  ConsentFinding Find() {
    const bool child_alone = ChildDecidesAlone();
    if (!child_alone) NeedGuardians();
    if (child_alone || Maturity() == ChildVoice::TOGETHER || Maturity() == ChildVoice::CHILD_DECIDES ||
        finding_.maturity_missing) {
      NeedChild();
    }
    NeedOthers();
    std::sort(finding_.used.begin(), finding_.used.end());
    return std::move(finding_);
  }

 private:
  bool IsAdult() const { return circumstances_.has_age() && circumstances_.age() >= kMajority; }

  // What the latest assessment of the child's word found; unspecified where there is none.
  ChildVoice::Maturity Maturity() const {
    std::pair<Instant, int> latest = {kNever, 0};
    ChildVoice::Maturity found = ChildVoice::MATURITY_UNSPECIFIED;
    for (const Consent* consent : meeting_) {
      const ChildVoice::Maturity maturity = consent->answer().child_voice().maturity();
      const std::pair<Instant, int> here = {AnsweredAt(*consent), Strictness(maturity)};
      if (here.second == 0 || here <= latest) continue;
      latest = here;
      found = maturity;
    }
    return found;
  }

  bool ChildDecidesAlone() {
    if (IsAdult()) return true;
    const bool old_enough = circumstances_.has_age() && circumstances_.age() >= deciding_age_;
    // An unknown age may be one at which the child's word must be assessed.
    finding_.maturity_missing =
        (old_enough || !circumstances_.has_age()) && Maturity() == ChildVoice::MATURITY_UNSPECIFIED;
    return old_enough && Maturity() == ChildVoice::CHILD_DECIDES;
  }

  template <typename IsGiver>
  Word WordOf(IsGiver is_giver) const {
    Word word;
    for (const Consent* consent : covering_) {
      if (!is_giver(consent->giver()) || !IsYes(*consent)) continue;
      const auto order = [](const Consent& c) { return std::make_pair(AnsweredAt(c), absl::string_view(c.name())); };
      if (word.yes == nullptr || order(*word.yes) < order(*consent)) word.yes = consent;
    }
    if (word.yes != nullptr) word.yes_at = AnsweredAt(*word.yes);
    for (const Consent* consent : meeting_) {
      if (is_giver(consent->giver()) && IsNo(*consent)) word.no_at = std::max(word.no_at, SaidNoAt(*consent));
    }
    return word;
  }

  // Notes what one who must consent said; `missing` is who that is.
  void Need(const Word& word, Giver missing) {
    if (word.said_yes()) {
      finding_.used.push_back(word.yes->name());
      finding_.reserved = finding_.reserved || !word.yes->answer().reservation().empty();
      others_.insert(word.yes->scope().third_persons().begin(), word.yes->scope().third_persons().end());
    } else if (word.said_no()) {
      finding_.refused = true;
    } else {
      finding_.missing.push_back(std::move(missing));
    }
  }

  Word WordOfGuardian(const std::string& guardian) const {
    return WordOf([&](const Giver& giver) { return giver.has_guardian() && giver.guardian() == guardian; });
  }

  // The guardians whom another's counting consent records as prevented.
  std::set<std::string> Prevented(const std::set<std::string>& guardians) const {
    std::set<std::string> prevented;
    for (const std::string& guardian : guardians) {
      const Word word = WordOfGuardian(guardian);
      if (!word.said_yes() || !word.yes->answer().has_absent_guardian()) continue;
      const std::string& absent = word.yes->answer().absent_guardian().guardian();
      if (absent != guardian) prevented.insert(absent);
    }
    return prevented;
  }

  void NeedGuardians() {
    const std::set<std::string> guardians(circumstances_.guardians().begin(), circumstances_.guardians().end());
    if (guardians.empty()) {
      Giver nobody;
      nobody.set_guardian("");
      finding_.missing.push_back(std::move(nobody));
    }
    const std::set<std::string> prevented = Prevented(guardians);
    for (const std::string& guardian : guardians) {
      const Word word = WordOfGuardian(guardian);
      if (prevented.contains(guardian) && !word.said_yes() && !word.said_no()) continue;
      Giver giver;
      giver.set_guardian(guardian);
      Need(word, std::move(giver));
    }
  }

  void NeedChild() {
    Word word = WordOf([](const Giver& giver) { return giver.has_child(); });
    // What the child said against it when a guardian was asked is its word too.
    for (const Consent* consent : meeting_) {
      if (consent->giver().has_child() || consent->answer().child_voice().opinion() != ChildVoice::OBJECTS) continue;
      word.no_at = std::max(word.no_at, AnsweredAt(*consent));
    }
    Giver giver;
    giver.set_child(true);
    Need(word, std::move(giver));
  }

  void NeedOthers() {
    others_.insert(question_.third_persons().begin(), question_.third_persons().end());
    const std::set<std::string> others = others_;
    for (const std::string& other : others) {
      Giver giver;
      giver.set_third_person(other);
      Need(WordOf([&](const Giver& g) { return g.has_third_person() && g.third_person() == other; }), std::move(giver));
    }
  }

  const v1::Question& question_;
  const v1::Circumstances& circumstances_;
  const int64_t deciding_age_;
  // Consents whose scope covers the whole question, and those that meet any part of it.
  std::vector<const Consent*> covering_;
  std::vector<const Consent*> meeting_;
  // Other persons whose data the consents that count tell of.
  std::set<std::string> others_;
  ConsentFinding finding_;
};

}  // namespace

ConsentFinding FindConsents(const v1::Question& question, data::v1::Category category,
                            const v1::Circumstances& circumstances, absl::CivilDay day, int64_t deciding_age) {
  return Finder(question, category, circumstances, day, deciding_age).Find();
}

}  // namespace samverkan::consent
