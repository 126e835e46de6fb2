#include "services/consent/disclosure_rules.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/data/v1/data.pb.h"

namespace samverkan::consent {
namespace {

using rules::v1::Grade;
using rules::v1::Rule;
using rules::v1::Version;

constexpr int kParties = Disclosure::Party_ARRAYSIZE;
constexpr EnumSet kPrivate =
    SetOf(Disclosure::INDEPENDENT_SCHOOL) | SetOf(Disclosure::INDEPENDENT_PRESCHOOL) | SetOf(Disclosure::ASSOCIATION) |
    SetOf(Disclosure::PRIVATE_HEALTH_CARE) | SetOf(Disclosure::PRIVATE_SOCIAL_CARE) | SetOf(Disclosure::GUARDIAN) |
    SetOf(Disclosure::CHILD) | SetOf(Disclosure::REPORTED_PERSON) | SetOf(Disclosure::PRIVATE_PERSON);
constexpr EnumSet kPersons = SetOf(Disclosure::GUARDIAN) | SetOf(Disclosure::CHILD) |
                             SetOf(Disclosure::REPORTED_PERSON) | SetOf(Disclosure::PRIVATE_PERSON);

absl::Status Invalid(const Rule& rule, absl::string_view fault) {
  return status::FailedPrecondition({.reason = "RULE_SET_INVALID",
                                     .message = absl::StrCat(rule.id(), ": ", fault),
                                     .swedish = "Regeluppsättningen kan inte användas.",
                                     .metadata = {{"rule", rule.id()}}});
}

// The values of a condition, all of them where there are none.
template <typename Values>
EnumSet SetOfAll(const Values& values) {
  EnumSet set = 0;
  for (const int value : values) set |= SetOf(value);
  return set == 0 ? ~EnumSet{0} : set;
}

template <typename Values>
EnumSet SetOfNamed(const Values& values) {
  return values.empty() ? 0 : SetOfAll(values);
}

template <typename Values, typename IsValid>
bool AllValid(const Values& values, IsValid is_valid) {
  return std::all_of(values.begin(), values.end(), [&](int value) { return value != 0 && is_valid(value); });
}

absl::Status CheckEnums(const Rule& rule) {
  const Disclosure& telling = rule.disclosure();
  const bool valid = AllValid(telling.disclosers(), Disclosure::Party_IsValid) &&
                     AllValid(telling.told(), Disclosure::Party_IsValid) &&
                     AllValid(telling.spared(), Disclosure::Party_IsValid) &&
                     AllValid(telling.categories(), data::v1::Category_IsValid) &&
                     AllValid(telling.purposes(), Disclosure::Purpose_IsValid) &&
                     AllValid(telling.protections(), Disclosure::Protection_IsValid) &&
                     AllValid(telling.duties(), Disclosure::Duty_IsValid);
  return valid ? absl::OkStatus()
               : Invalid(rule, "names a party, category, purpose, protection or duty that is unknown");
}

absl::Status CheckTelling(const Rule& rule) {
  const Disclosure& telling = rule.disclosure();
  RETURN_IF_ERROR(CheckEnums(rule));
  if (telling.step() == Disclosure::STEP_UNSPECIFIED || !Disclosure::Step_IsValid(telling.step())) {
    return Invalid(rule, "unknown step");
  }
  switch (telling.effect()) {
    case Disclosure::SECRET:
      if (telling.step() != Disclosure::SECRECY) return Invalid(rule, "SECRET belongs to the step SECRECY");
      if (!telling.facts().empty()) return Invalid(rule, "SECRET holds whatever is recorded: it takes no facts");
      break;
    case Disclosure::PERMIT:
      if (telling.step() == Disclosure::SECRECY) return Invalid(rule, "PERMIT belongs to a step after SECRECY");
      break;
    case Disclosure::RESTRICT:
    case Disclosure::WITHHOLD:
      return absl::OkStatus();
    default:
      return Invalid(rule, "unknown effect");
  }
  return rule.municipality().empty() ? absl::OkStatus() : Invalid(rule, "a local rule may only RESTRICT or WITHHOLD");
}

absl::StatusOr<DisclosureRule::Wording> MakeWording(const Rule& rule, const Version& version) {
  const std::optional<absl::CivilDay> first =
      version.valid_from().empty() ? absl::CivilDay::min() : proto_time::ParseDay(version.valid_from());
  const std::optional<absl::CivilDay> last =
      version.valid_to().empty() ? absl::CivilDay::max() : proto_time::ParseDay(version.valid_to());
  if (!first.has_value() || !last.has_value()) return Invalid(rule, "valid_from and valid_to must be days or empty");
  const bool read = version.text_grade() == Grade::STATUTE || version.text_grade() == Grade::OTHER_SOURCE ||
                    version.text_grade() == Grade::SETTABLE;
  return DisclosureRule::Wording{
      .version = &version,
      .first = *first,
      .last = *last,
      .unverified = version.text_grade() != Grade::STATUTE || version.date_grade() != Grade::STATUTE,
      .for_lawyer = !read || rule.legal_review()};
}

// `municipalities/{code}/authorities/{authority}`, `municipalities/{code}`, or empty for the country.
std::string PlaceOf(const Rule& rule) {
  if (rule.municipality().empty()) return "";
  const std::string municipality = absl::StrCat("municipalities/", rule.municipality());
  return rule.authority().empty() ? municipality : absl::StrCat(municipality, "/authorities/", rule.authority());
}

absl::string_view MunicipalityOf(absl::string_view authority) {
  return authority.substr(0, authority.find("/authorities/"));
}

// WITHHOLD, RESTRICT and SECRET come before every permit.
int Phase(const DisclosureRule& rule) {
  switch (rule.effect) {
    case Disclosure::WITHHOLD:
      return 0;
    case Disclosure::RESTRICT:
      return 1;
    case Disclosure::SECRET:
      return 2;
    default:
      return 3 + rule.step;
  }
}

// The position of `name` in `names`, which are sorted.
std::optional<int> IndexIn(const std::vector<std::string>& names, absl::string_view name) {
  const auto found = std::lower_bound(names.begin(), names.end(), name);
  if (found == names.end() || *found != name) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

using Rules = std::vector<const DisclosureRule*>;

// The rules of one place.
struct PlaceRules {
  Rules all;
  // By who tells and who is told.
  std::vector<Rules> by_parties = std::vector<Rules>(kParties * kParties);
};

void AddTo(PlaceRules& place, const DisclosureRule& rule) {
  place.all.push_back(&rule);
  for (int discloser = 1; discloser < kParties; ++discloser) {
    if ((rule.disclosers & SetOf(discloser)) == 0) continue;
    for (int told = 1; told < kParties; ++told) {
      if ((rule.told & SetOf(told)) == 0) continue;
      if (rule.authorities_only && (kPrivate & SetOf(told)) != 0) continue;
      place.by_parties[discloser * kParties + told].push_back(&rule);
    }
  }
}

bool ByRank(const DisclosureRule* a, const DisclosureRule* b) { return a->rank < b->rank; }

void MergeInto(DisclosureRules::InOrder& merged, const Rules& rules) {
  const auto middle = static_cast<std::ptrdiff_t>(merged.size());
  merged.insert(merged.end(), rules.begin(), rules.end());
  if (middle > 0 && !rules.empty()) std::inplace_merge(merged.begin(), merged.begin() + middle, merged.end(), ByRank);
}

}  // namespace

struct DisclosureRules::Contents {
  rules::v1::RuleSet rule_set;
  std::vector<std::string> tests;
  std::vector<std::string> facts;
  std::vector<std::string> questions;
  std::vector<DisclosureRule> rules;
  absl::flat_hash_map<std::string, PlaceRules> places;
  // Rules with parameters, by question.
  absl::flat_hash_map<std::string, std::vector<DisclosureRule>> settings;

  void NameAll();
  absl::StatusOr<DisclosureRule> Ready(const Rule& rule) const;
  absl::Status ReadyAll();
  absl::Status AddSettings();
  const PlaceRules* Place(absl::string_view name) const {
    const auto found = places.find(name);
    return found == places.end() ? nullptr : &found->second;
  }
};

void DisclosureRules::Contents::NameAll() {
  std::set<std::string> test_names, fact_names, question_names;
  for (const Rule& rule : rule_set.rules()) {
    if (!rule.has_disclosure()) continue;
    if (!rule.test_to_record().empty()) test_names.insert(rule.test_to_record());
    fact_names.insert(rule.disclosure().facts().begin(), rule.disclosure().facts().end());
    question_names.insert(rule.question());
    question_names.insert(rule.disclosure().never_breaks().begin(), rule.disclosure().never_breaks().end());
  }
  tests.assign(test_names.begin(), test_names.end());
  facts.assign(fact_names.begin(), fact_names.end());
  questions.assign(question_names.begin(), question_names.end());
}

absl::StatusOr<DisclosureRule> DisclosureRules::Contents::Ready(const Rule& rule) const {
  RETURN_IF_ERROR(CheckTelling(rule));
  const Disclosure& telling = rule.disclosure();
  DisclosureRule ready;
  ready.rule = &rule;
  for (const Version& version : rule.versions()) {
    ASSIGN_OR_RETURN(DisclosureRule::Wording wording, MakeWording(rule, version));
    ready.wordings.push_back(wording);
  }
  ready.step = telling.step();
  ready.effect = telling.effect();
  ready.disclosers = SetOfAll(telling.disclosers());
  ready.told = SetOfAll(telling.told());
  ready.categories = SetOfAll(telling.categories());
  ready.purposes = SetOfAll(telling.purposes());
  ready.protections = SetOfAll(telling.protections());
  ready.spared = SetOfNamed(telling.spared());
  ready.duties = SetOfNamed(telling.duties());
  ready.authorities_only = rule.recipients() != Rule::ANY;
  ready.on_hold = telling.on_hold();
  const auto from = rule.parameters().find("age_from");
  if (from != rule.parameters().end()) ready.age_from = from->second;
  const auto below = rule.parameters().find("age_below");
  if (below != rule.parameters().end()) ready.age_below = below->second;
  ready.test = IndexIn(tests, rule.test_to_record());
  for (const std::string& fact : telling.facts()) ready.facts.push_back(*IndexIn(facts, fact));
  ready.question = *IndexIn(questions, rule.question());
  for (const std::string& secrecy : telling.never_breaks()) ready.never_breaks.push_back(*IndexIn(questions, secrecy));
  return ready;
}

absl::Status DisclosureRules::Contents::ReadyAll() {
  for (const Rule& rule : rule_set.rules()) {
    if (!rule.has_disclosure()) continue;
    ASSIGN_OR_RETURN(DisclosureRule ready, Ready(rule));
    rules.push_back(std::move(ready));
  }
  std::sort(rules.begin(), rules.end(), [](const DisclosureRule& a, const DisclosureRule& b) {
    return std::forward_as_tuple(Phase(a), a.rule->id()) < std::forward_as_tuple(Phase(b), b.rule->id());
  });
  for (size_t i = 0; i < rules.size(); ++i) {
    rules[i].rank = static_cast<int>(i);
    AddTo(places[PlaceOf(*rules[i].rule)], rules[i]);
  }
  return absl::OkStatus();
}

absl::Status DisclosureRules::Contents::AddSettings() {
  for (const Rule& rule : rule_set.rules()) {
    if (rule.parameters().empty()) continue;
    DisclosureRule setting;
    setting.rule = &rule;
    for (const Version& version : rule.versions()) {
      ASSIGN_OR_RETURN(DisclosureRule::Wording wording, MakeWording(rule, version));
      setting.wordings.push_back(wording);
    }
    settings[rule.question()].push_back(std::move(setting));
  }
  return absl::OkStatus();
}

bool IsPrivate(Disclosure::Party party) { return (kPrivate & SetOf(party)) != 0; }

bool IsPerson(Disclosure::Party party) { return (kPersons & SetOf(party)) != 0; }

const DisclosureRule::Wording* DisclosureRule::InForce(absl::CivilDay day) const {
  for (const Wording& wording : wordings) {
    if (wording.first <= day && day <= wording.last) return &wording;
  }
  return nullptr;
}

absl::StatusOr<DisclosureRules> DisclosureRules::Make(rules::v1::RuleSet rule_set) {
  auto contents = std::make_shared<Contents>();
  contents->rule_set = std::move(rule_set);
  contents->NameAll();
  RETURN_IF_ERROR(contents->ReadyAll());
  RETURN_IF_ERROR(contents->AddSettings());
  return DisclosureRules(std::move(contents));
}

DisclosureRules::DisclosureRules(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

const std::string& DisclosureRules::version() const { return contents_->rule_set.version(); }

const std::vector<std::string>& DisclosureRules::tests() const { return contents_->tests; }

const std::vector<std::string>& DisclosureRules::facts() const { return contents_->facts; }

std::optional<int> DisclosureRules::TestIndex(absl::string_view name) const { return IndexIn(contents_->tests, name); }

std::optional<int> DisclosureRules::FactIndex(absl::string_view name) const { return IndexIn(contents_->facts, name); }

DisclosureRules::InOrder DisclosureRules::Concerning(Disclosure::Party discloser, Disclosure::Party told,
                                                     absl::string_view authority) const {
  InOrder found;
  if (!Disclosure::Party_IsValid(discloser) || !Disclosure::Party_IsValid(told)) return found;
  const int parties = discloser * kParties + told;
  const std::array<absl::string_view, 3> names = {"", MunicipalityOf(authority), authority};
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0 && names[i] == names[i - 1]) continue;
    if (const PlaceRules* place = contents_->Place(names[i])) MergeInto(found, place->by_parties[parties]);
  }
  return found;
}

DisclosureRules::InOrder DisclosureRules::At(absl::string_view authority) const {
  InOrder found;
  const std::array<absl::string_view, 3> names = {"", MunicipalityOf(authority), authority};
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0 && names[i] == names[i - 1]) continue;
    if (const PlaceRules* place = contents_->Place(names[i])) MergeInto(found, place->all);
  }
  return found;
}

std::optional<int64_t> DisclosureRules::Parameter(absl::string_view question, const std::string& name,
                                                  absl::string_view authority, absl::CivilDay day) const {
  const auto settings = contents_->settings.find(question);
  if (settings == contents_->settings.end()) return std::nullopt;
  std::optional<int64_t> value;
  size_t narrowest = 0;
  for (const DisclosureRule& setting : settings->second) {
    const std::string place = PlaceOf(*setting.rule);
    const bool holds = place.empty() || place == MunicipalityOf(authority) || place == authority;
    const auto found = setting.rule->parameters().find(name);
    if (!holds || found == setting.rule->parameters().end() || setting.InForce(day) == nullptr) continue;
    if (value.has_value() && place.size() < narrowest) continue;
    value = found->second;
    narrowest = place.size();
  }
  return value;
}

}  // namespace samverkan::consent
