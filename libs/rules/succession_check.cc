#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/proto_time/proto_time.h"
#include "libs/rules/period.h"
#include "libs/rules/placed_rule.h"

namespace samverkan::rules {
namespace {

// A version of a rule, with its days.
struct DatedVersion {
  PlacedRule placed;
  Period period;
};

// Question, municipality and authority.
using Place = std::tuple<std::string, std::string, std::string>;

std::map<Place, std::vector<DatedVersion>> ByPlace(const std::vector<PlacedRule>& rules) {
  std::map<Place, std::vector<DatedVersion>> versions;
  for (const PlacedRule& placed : rules) {
    const v1::Rule& rule = *placed.rule;
    std::vector<DatedVersion>& there = versions[{rule.question(), rule.municipality(), rule.authority()}];
    for (const v1::Version& version : rule.versions()) {
      if (const std::optional<Period> period = PeriodOf(version)) there.push_back({placed, *period});
    }
  }
  return versions;
}

void CheckNext(const DatedVersion& before, const DatedVersion& next, std::vector<Fault>& faults) {
  const v1::Rule& rule = *next.placed.rule;
  const std::string& other = before.placed.rule->id();
  FaultReport report(faults, *next.placed.path, rule.id());
  const bool overlaps = next.period.first <= before.period.last;
  report.Expect(!overlaps, absl::StrCat("in force on the same day as ", other, " for question ", rule.question()));
  if (overlaps) return;
  report.Expect(next.period.first == before.period.last + 1,
                absl::StrCat("a gap for question ", rule.question(), ": ", other, " ended on ",
                             proto_time::FormatDay(before.period.last), ", and the next begins only on ",
                             proto_time::FormatDay(next.period.first)));
}

using Replaced = std::map<std::string, std::set<std::string>>;

// Leaves the rules from which a cycle can be reached.
Replaced WithoutEnds(Replaced replaced) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (auto rule = replaced.begin(); rule != replaced.end();) {
      const bool goes_on = std::any_of(rule->second.begin(), rule->second.end(),
                                       [&](const std::string& next) { return replaced.contains(next); });
      changed |= !goes_on;
      rule = goes_on ? std::next(rule) : replaced.erase(rule);
    }
  }
  return replaced;
}

const std::string& NextIn(const Replaced& replaced, const std::string& rule) {
  const std::set<std::string>& next = replaced.at(rule);
  return *std::find_if(next.begin(), next.end(), [&](const std::string& id) { return replaced.contains(id); });
}

// One way round each cycle, which ends with the rule that it began with.
std::vector<std::vector<std::string>> Cycles(const Replaced& all) {
  const Replaced replaced = WithoutEnds(all);
  std::vector<std::vector<std::string>> cycles;
  std::set<std::string> visited;
  for (const auto& [start, next] : replaced) {
    std::vector<std::string> way;
    std::string rule = start;
    for (; visited.insert(rule).second; rule = NextIn(replaced, rule)) way.push_back(rule);
    const auto first = std::find(way.begin(), way.end(), rule);
    if (first == way.end()) continue;
    cycles.emplace_back(first, way.end());
    cycles.back().push_back(rule);
  }
  return cycles;
}

}  // namespace

void CheckSuccession(const std::vector<PlacedRule>& rules, std::vector<Fault>& faults) {
  for (auto& [place, versions] : ByPlace(rules)) {
    std::stable_sort(versions.begin(), versions.end(),
                     [](const DatedVersion& a, const DatedVersion& b) { return a.period.first < b.period.first; });
    const DatedVersion* latest = nullptr;
    for (const DatedVersion& next : versions) {
      if (latest != nullptr) CheckNext(*latest, next, faults);
      if (latest == nullptr || latest->period.last < next.period.last) latest = &next;
    }
  }
}

void CheckReplaced(const std::vector<PlacedRule>& rules, std::vector<Fault>& faults) {
  std::map<std::string, PlacedRule> known;
  for (const PlacedRule& placed : rules) known.emplace(placed.rule->id(), placed);
  Replaced replaced;
  for (const PlacedRule& placed : rules) {
    FaultReport report(faults, *placed.path, placed.rule->id());
    for (const std::string& id : placed.rule->replaces()) {
      report.Expect(known.contains(id), absl::StrCat("replaces the unknown rule ", id));
      replaced[placed.rule->id()].insert(id);
    }
  }
  for (const std::vector<std::string>& cycle : Cycles(replaced)) {
    const PlacedRule& first = known.at(cycle.front());
    FaultReport(faults, *first.path, first.rule->id())
        .Expect(false, absl::StrCat("a cycle of rules that replace each other: ", absl::StrJoin(cycle, ", ")));
  }
}

}  // namespace samverkan::rules
