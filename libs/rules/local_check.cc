#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/rules/clock.h"
#include "libs/rules/period.h"
#include "libs/rules/placed_rule.h"

namespace samverkan::rules {
namespace {

using Disclosure = v1::Disclosure;

bool IsNational(const v1::Rule& rule) { return rule.municipality().empty(); }

// Whether `broader` holds wherever `rule` does, and beyond.
bool HoldsBeyond(const v1::Rule& broader, const v1::Rule& rule) {
  if (IsNational(rule)) return false;
  if (IsNational(broader)) return true;
  return broader.municipality() == rule.municipality() && broader.authority().empty() && !rule.authority().empty();
}

bool IsSettable(const v1::Rule& rule) {
  return std::all_of(rule.versions().begin(), rule.versions().end(),
                     [](const v1::Version& version) { return version.text_grade() == v1::SETTABLE; });
}

// Whether `clock` is looser than `broader` when both start on some day of `period`. Months and
// years are not always as long: four years hold every length.
bool IsLooser(const v1::Clock& clock, const v1::Clock& broader, const Period& period) {
  constexpr absl::CivilDay kStart(2024, 1, 1);
  constexpr int kDays = 4 * 366;
  const absl::CivilDay first = std::clamp(kStart, period.first, period.last);
  const absl::CivilDay last = first < kStart ? first : std::min(first + kDays, period.last);
  for (absl::CivilDay day = first; day <= last; ++day) {
    if (IsStricter(broader, clock, day)) return true;
  }
  return false;
}

void CheckClock(const v1::Clock& clock, const v1::Rule& rule, const v1::Rule& broader, FaultReport& report) {
  const v1::Clock* const same = ClockAt(broader, clock.starts_at());
  if (same == nullptr) return;
  const std::string& id = broader.id();
  const std::string name = absl::StrCat("clock ", clock.clock(), " at ", clock.starts_at(), ": ");
  const std::vector<Period> common = CommonPeriods(rule, broader);
  const bool looser =
      std::any_of(common.begin(), common.end(), [&](const Period& period) { return IsLooser(clock, *same, period); });
  report.Expect(!looser, absl::StrCat(name, same->earliest() ? "shorter" : "longer", " than that of ", id), id);
  report.Expect(clock.earliest() == same->earliest(), absl::StrCat(name, "earliest must be as in ", id), id);
  report.Expect(same->earliest() || same->moves_off_holidays() || !clock.moves_off_holidays(),
                absl::StrCat(name, "that of ", id, " does not move off holidays"), id);
  report.Expect(clock.extension_reason().empty() || clock.extension_reason() == same->extension_reason(),
                absl::StrCat(name, "may be extended for no other reason than that of ", id), id);
}

// A municipality may be stricter than the law, but not change its numbers.
void CheckParameters(const v1::Rule& rule, const v1::Rule& broader, FaultReport& report) {
  if (!IsNational(broader) || IsSettable(broader)) return;
  for (const auto& [name, value] : rule.parameters()) {
    report.Expect(!broader.parameters().contains(name),
                  absl::StrCat("parameter ", name, " is set by ", broader.id(), " and cannot change locally"),
                  broader.id());
  }
}

// What holds only while both are in force.
void CheckStrength(const v1::Rule& rule, const v1::Rule& broader, FaultReport& report) {
  if (CommonPeriods(rule, broader).empty()) return;
  const std::string& id = broader.id();
  const bool demands = rule.obligation() != v1::Rule::OBLIGATION_UNSPECIFIED;
  report.Expect(!demands || rule.obligation() >= broader.obligation(),
                absl::StrCat("demands less than ", id, ": obligation must be at least ",
                             v1::Rule::Obligation_Name(broader.obligation())),
                id);
  report.Expect(rule.legal_review() || !broader.legal_review(), absl::StrCat("legal_review must be on, as in ", id),
                id);
  report.Expect(rule.has_disclosure() || broader.recipients() != v1::Rule::AUTHORITIES_ONLY ||
                    rule.recipients() == v1::Rule::AUTHORITIES_ONLY,
                absl::StrCat("recipients must be AUTHORITIES_ONLY, as in ", id), id);
  for (const v1::Clock& clock : rule.clocks()) CheckClock(clock, rule, broader, report);
}

bool MayOnlyBeStricter(const v1::Rule& rule) {
  const Disclosure::Effect effect = rule.disclosure().effect();
  return !rule.has_disclosure() || effect == Disclosure::RESTRICT || effect == Disclosure::WITHHOLD;
}

bool ShareDiscloser(const Disclosure& one, const Disclosure& other) {
  const auto& others = other.disclosers();
  return one.disclosers().empty() || others.empty() ||
         std::any_of(one.disclosers().begin(), one.disclosers().end(),
                     [&](int party) { return std::find(others.begin(), others.end(), party) != others.end(); });
}

// The rules that a local rule about telling would weaken: those of its question; where there are
// none, every secrecy of who tells.
std::vector<const v1::Rule*> Weakened(const v1::Rule& rule, const std::vector<PlacedRule>& rules) {
  std::vector<const v1::Rule*> same_question;
  std::vector<const v1::Rule*> secrecy;
  for (const PlacedRule& other : rules) {
    if (!HoldsBeyond(*other.rule, rule)) continue;
    if (other.rule->question() == rule.question()) same_question.push_back(other.rule);
    if (other.rule->disclosure().effect() != Disclosure::SECRET) continue;
    if (ShareDiscloser(other.rule->disclosure(), rule.disclosure())) secrecy.push_back(other.rule);
  }
  return same_question.empty() ? secrecy : same_question;
}

void CheckEffect(const v1::Rule& rule, const std::vector<PlacedRule>& rules, FaultReport& report) {
  constexpr char kFault[] = "a local rule may only RESTRICT or WITHHOLD";
  if (MayOnlyBeStricter(rule)) return;
  const std::vector<const v1::Rule*> weakened = Weakened(rule, rules);
  report.Expect(!weakened.empty(), kFault);
  for (const v1::Rule* const each : weakened) {
    report.Expect(false, absl::StrCat(kFault, ": it would weaken ", each->id()), each->id());
  }
}

// That a local rule takes the place of one which holds beyond it would take that one away.
void CheckReplacesNoBroader(const v1::Rule& rule, const std::map<std::string, const v1::Rule*>& by_id,
                            FaultReport& report) {
  for (const std::string& id : rule.replaces()) {
    const auto found = by_id.find(id);
    const bool broader = found != by_id.end() && HoldsBeyond(*found->second, rule);
    report.Expect(!broader, absl::StrCat("cannot replace ", id, ", which holds beyond its place"), id);
  }
}

// Who reports by duty is for the law to say.
void CheckReporters(const v1::Rule& rule, const v1::Rule& national, FaultReport& report) {
  for (const v1::ReporterCategory& category : rule.reporter_categories()) {
    const bool listed = std::any_of(national.reporter_categories().begin(), national.reporter_categories().end(),
                                    [&](const v1::ReporterCategory& other) { return other.code() == category.code(); });
    report.Expect(
        !listed,
        absl::StrCat("category ", category.code(), " is listed by ", national.id(), " and cannot change locally"),
        national.id());
  }
}

}  // namespace

void CheckLocal(const std::vector<PlacedRule>& rules, std::vector<Fault>& faults) {
  std::map<std::string, std::vector<const v1::Rule*>> by_question;
  std::map<std::string, const v1::Rule*> by_id;
  std::vector<const v1::Rule*> listing;
  for (const PlacedRule& placed : rules) {
    by_question[placed.rule->question()].push_back(placed.rule);
    by_id.emplace(placed.rule->id(), placed.rule);
    if (IsNational(*placed.rule) && !placed.rule->reporter_categories().empty()) listing.push_back(placed.rule);
  }
  for (const PlacedRule& placed : rules) {
    const v1::Rule& rule = *placed.rule;
    if (IsNational(rule)) continue;
    FaultReport report(faults, *placed.path, rule.id());
    for (const v1::Rule* const broader : by_question[rule.question()]) {
      if (!HoldsBeyond(*broader, rule)) continue;
      CheckParameters(rule, *broader, report);
      CheckStrength(rule, *broader, report);
    }
    CheckEffect(rule, rules, report);
    CheckReplacesNoBroader(rule, by_id, report);
    for (const v1::Rule* const national : listing) CheckReporters(rule, *national, report);
  }
}

}  // namespace samverkan::rules
