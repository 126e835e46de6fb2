#ifndef SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_RULES_H_
#define SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_RULES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "samverkan/rules/v1/rule_set.pb.h"

// A rule set made ready to be asked, often, who may tell whom what: pure values, no clock, no I/O.
namespace samverkan::consent {

using Disclosure = rules::v1::Disclosure;

// The fact that the circumstances themselves tell and nobody records: the guardian who is told has
// custody on the day.
inline constexpr absl::string_view kRecipientHasCustody = "recipient_has_custody";

// A set of enum values, by number; none of ours reaches 32.
using EnumSet = uint32_t;
constexpr EnumSet SetOf(int value) { return EnumSet{1} << value; }

// Whether `party` is no authority: no rule for authorities only reaches it.
bool IsPrivate(Disclosure::Party party);

// Whether `party` is a person rather than an organisation.
bool IsPerson(Disclosure::Party party);

// A rule that says something about telling.
struct DisclosureRule {
  // One wording of it. A text that was not read in the statute, in guidance or set by whoever runs
  // the system is for a lawyer: it never permits.
  struct Wording {
    const rules::v1::Version* version = nullptr;
    absl::CivilDay first;
    absl::CivilDay last;
    bool unverified = false;
    bool for_lawyer = false;
  };

  // The wording in force on `day`; null where none is.
  const Wording* InForce(absl::CivilDay day) const;

  // Never null; holds as long as the DisclosureRules.
  const rules::v1::Rule* rule = nullptr;
  std::vector<Wording> wordings;
  Disclosure::Step step = Disclosure::STEP_UNSPECIFIED;
  Disclosure::Effect effect = Disclosure::EFFECT_UNSPECIFIED;
  // What it is about; a condition that it does not set holds all values.
  EnumSet disclosers = 0;
  EnumSet told = 0;
  EnumSet categories = 0;
  EnumSet purposes = 0;
  EnumSet protections = 0;
  // Parties that a WITHHOLD spares, and the duties that it lays.
  EnumSet spared = 0;
  EnumSet duties = 0;
  bool authorities_only = false;
  bool on_hold = false;
  // Whole years: from, and below which it holds.
  int64_t age_from = INT64_MIN;
  int64_t age_below = INT64_MAX;
  // The test and the facts that it needs, as indexes into DisclosureRules::tests() and facts().
  std::optional<int> test;
  std::vector<int> facts;
  // The secrecy it is (by its question) and those that it never breaks, as indexes.
  int question = 0;
  std::vector<int> never_breaks;
  // Where it stands in the order of the test: WITHHOLD, RESTRICT, SECRET, then the steps; by id
  // within one.
  int rank = 0;
};

// An immutable value, cheap to copy, asked from any thread.
class DisclosureRules {
 public:
  // FAILED_PRECONDITION, reason RULE_SET_INVALID, for a rule about telling that cannot be asked: the
  // message names rule and fault. A rule of a municipality or an authority may only RESTRICT or
  // WITHHOLD.
  static absl::StatusOr<DisclosureRules> Make(rules::v1::RuleSet rule_set);

  // As rules::v1::RuleSet.version.
  const std::string& version() const;

  // The names of all tests and facts that rules about telling need, sorted.
  const std::vector<std::string>& tests() const;
  const std::vector<std::string>& facts() const;
  // Where they stand there; nothing for a name that no rule uses.
  std::optional<int> TestIndex(absl::string_view name) const;
  std::optional<int> FactIndex(absl::string_view name) const;

  // Rules in the order of the test. Pointers hold as long as this or a copy of it.
  using InOrder = absl::InlinedVector<const DisclosureRule*, 64>;

  // The rules that may be about `discloser` telling `told` at `authority`
  // (`municipalities/{code}/authorities/{authority}`): national ones, the municipality's and its own,
  // on whatever day.
  InOrder Concerning(Disclosure::Party discloser, Disclosure::Party told, absl::string_view authority) const;

  // All rules about telling that hold at `authority`, whoever tells and is told.
  InOrder At(absl::string_view authority) const;

  // The number called `name` in the rules that answer `question` at `authority` on `day`: the
  // narrowest counts. Nothing where none is in force.
  std::optional<int64_t> Parameter(absl::string_view question, const std::string& name, absl::string_view authority,
                                   absl::CivilDay day) const;

 private:
  struct Contents;

  explicit DisclosureRules(std::shared_ptr<const Contents> contents);

  std::shared_ptr<const Contents> contents_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_RULES_H_
