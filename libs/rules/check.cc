#include "libs/rules/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"

namespace samverkan::rules {
namespace {

// Faults of one rule, or of a whole file where there is no rule.
class Report {
 public:
  Report(std::vector<std::string>& faults, const std::string& path, const std::string& rule)
      : faults_(faults), start_(absl::StrCat(path, ": ", rule, rule.empty() ? "" : ": ")) {}

  // Notes `fault` unless `holds`.
  void Expect(bool holds, const std::string& fault) {
    if (!holds) faults_.push_back(start_ + fault);
  }

 private:
  std::vector<std::string>& faults_;
  const std::string start_;
};

bool IsLowerSnake(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '_';
  });
}

bool IsMunicipality(const std::string& code) {
  return code.size() == 4 && std::all_of(code.begin(), code.end(),
                                         [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

bool IsGrade(v1::Grade grade) { return grade != v1::GRADE_UNSPECIFIED && v1::Grade_IsValid(grade); }

bool ParseDay(const std::string& text, absl::CivilDay& day) {
  const std::optional<absl::CivilDay> parsed = proto_time::ParseDay(text);
  if (parsed.has_value()) day = *parsed;
  return parsed.has_value();
}

void CheckVersions(const v1::Rule& rule, Report& report) {
  report.Expect(rule.versions_size() > 0, "has no version");
  for (const v1::Version& version : rule.versions()) {
    report.Expect(!version.legal_basis().empty(), "a version without legal_basis");
    report.Expect(IsGrade(version.text_grade()), "unknown text_grade");
    report.Expect(IsGrade(version.date_grade()), "unknown date_grade");
    const std::optional<Period> period = PeriodOf(version);
    report.Expect(period.has_value(), "valid_from and valid_to must be days like 2025-07-01, or empty");
    report.Expect(!period || period->first <= period->last, "valid_to before valid_from");
  }
}

void CheckClock(const v1::Clock& clock, Report& report) {
  const std::string name = absl::StrCat("clock ", clock.clock(), " at ", clock.starts_at(), ": ");
  report.Expect(IsLowerSnake(clock.clock()), name + "clock must be lower_snake");
  report.Expect(IsLowerSnake(clock.starts_at()), name + "starts_at must be lower_snake");
  report.Expect(clock.limit_case() != v1::Clock::LIMIT_NOT_SET, name + "needs an amount, at_once or no_limit");
  report.Expect(!clock.has_at_once() || clock.at_once(), name + "at_once must be true or absent");
  report.Expect(!clock.has_no_limit() || clock.no_limit(), name + "no_limit must be true or absent");
  report.Expect(!clock.has_amount() || clock.amount() > 0, name + "amount must be at least 1");
  const bool has_unit = clock.unit() != v1::Clock::UNIT_UNSPECIFIED && v1::Clock::Unit_IsValid(clock.unit());
  report.Expect(clock.has_amount() == has_unit, name + "amount and unit go together");
  report.Expect(!clock.moves_off_holidays() || clock.has_amount(), name + "only an amount moves off holidays");
}

void CheckClocks(const v1::Rule& rule, Report& report) {
  std::set<std::string> events;
  for (const v1::Clock& clock : rule.clocks()) {
    CheckClock(clock, report);
    report.Expect(events.insert(clock.starts_at()).second, absl::StrCat("two clocks start at ", clock.starts_at()));
  }
}

void CheckCategories(const v1::Rule& rule, Report& report) {
  std::set<std::string> codes;
  for (const v1::ReporterCategory& category : rule.reporter_categories()) {
    report.Expect(IsLowerSnake(category.code()), "the code of a reporter category must be lower_snake");
    report.Expect(codes.insert(category.code()).second, absl::StrCat("lists category ", category.code(), " twice"));
  }
}

void CheckScope(const v1::Rule& rule, Report& report) {
  report.Expect(rule.municipality().empty() || IsMunicipality(rule.municipality()),
                "municipality must be a code of four digits");
  report.Expect(rule.authority().empty() || !rule.municipality().empty(), "an authority needs its municipality");
}

void CheckParameters(const v1::Rule& rule, Report& report) {
  for (const auto& [name, value] : rule.parameters()) {
    report.Expect(IsLowerSnake(name), absl::StrCat("parameter ", name, " must be lower_snake"));
    report.Expect(name != "late_hour" || (value >= 0 && value <= 24), "late_hour must be 0 to 24");
  }
}

void CheckRule(const v1::Rule& rule, const std::set<std::string>& questions, Report& report) {
  report.Expect(!rule.id().empty(), "a rule without id");
  report.Expect(questions.contains(rule.question()), absl::StrCat("unknown question ", rule.question()));
  report.Expect(!rule.text().empty(), "has no text");
  report.Expect(rule.services_size() > 0, "has no service");
  for (const int service : rule.services()) {
    report.Expect(service != v1::Rule::SERVICE_UNSPECIFIED && v1::Rule::Service_IsValid(service), "unknown service");
  }
  report.Expect(
      rule.recipients() != v1::Rule::RECIPIENTS_UNSPECIFIED && v1::Rule::Recipients_IsValid(rule.recipients()),
      "unknown recipients");
  report.Expect(v1::Rule::Obligation_IsValid(rule.obligation()), "unknown obligation");
  CheckVersions(rule, report);
  CheckClocks(rule, report);
  CheckCategories(rule, report);
  CheckScope(rule, report);
  CheckParameters(rule, report);
}

// A rule and the file it stands in.
struct Placed {
  const v1::Rule* rule;
  const std::string* path;
};

bool Overlap(const v1::Version& a, const v1::Version& b) {
  const std::optional<Period> one = PeriodOf(a);
  const std::optional<Period> other = PeriodOf(b);
  return one && other && one->first <= other->last && other->first <= one->last;
}

// For one question and one place, one version at most may be in force on a day: code that
// asks must get one answer.
void CheckOverlap(const std::vector<Placed>& rules, std::vector<std::string>& faults) {
  std::map<std::string, std::vector<std::pair<Placed, const v1::Version*>>> earlier;
  for (const Placed& placed : rules) {
    const v1::Rule& rule = *placed.rule;
    auto& seen = earlier[absl::StrCat(rule.question(), "/", rule.municipality(), "/", rule.authority())];
    for (const v1::Version& version : rule.versions()) {
      for (const auto& [other, other_version] : seen) {
        Report(faults, *placed.path, rule.id())
            .Expect(!Overlap(version, *other_version),
                    absl::StrCat("in force on the same day as ", other.rule->id(), " for question ", rule.question()));
      }
      seen.emplace_back(placed, &version);
    }
  }
}

bool IsSettable(const v1::Rule& rule) {
  return std::all_of(rule.versions().begin(), rule.versions().end(),
                     [](const v1::Version& version) { return version.text_grade() == v1::SETTABLE; });
}

// A municipality may be stricter than the law, but not change its numbers.
void CheckLocalParameters(const std::vector<Placed>& rules, std::vector<std::string>& faults) {
  std::map<std::string, std::string> fixed;
  for (const Placed& placed : rules) {
    if (!placed.rule->municipality().empty() || IsSettable(*placed.rule)) continue;
    for (const auto& [name, value] : placed.rule->parameters()) {
      fixed[absl::StrCat(placed.rule->question(), "/", name)] = placed.rule->id();
    }
  }
  for (const Placed& placed : rules) {
    if (placed.rule->municipality().empty()) continue;
    for (const auto& [name, value] : placed.rule->parameters()) {
      const auto found = fixed.find(absl::StrCat(placed.rule->question(), "/", name));
      if (found == fixed.end()) continue;
      Report(faults, *placed.path, placed.rule->id())
          .Expect(false, absl::StrCat("parameter ", name, " is set by ", found->second, " and cannot change locally"));
    }
  }
}

std::set<std::string> CheckFrame(const RuleFolder& folder, std::vector<std::string>& faults) {
  std::set<std::string> questions;
  int versions = 0;
  for (const RuleFile& file : folder.files) {
    Report report(faults, file.path, "");
    if (!file.content.version().empty()) ++versions;
    for (const v1::Question& question : file.content.questions()) {
      report.Expect(IsLowerSnake(question.key()), absl::StrCat("question ", question.key(), " must be lower_snake"));
      report.Expect(questions.insert(question.key()).second,
                    absl::StrCat("question ", question.key(), " stands twice"));
    }
  }
  if (versions != 1) faults.push_back(absl::StrCat("version must stand in exactly one file, not in ", versions));
  return questions;
}

}  // namespace

std::optional<Period> PeriodOf(const v1::Version& version) {
  Period period;
  if (!version.valid_from().empty() && !ParseDay(version.valid_from(), period.first)) return std::nullopt;
  if (!version.valid_to().empty() && !ParseDay(version.valid_to(), period.last)) return std::nullopt;
  return period;
}

std::vector<std::string> Faults(const RuleFolder& folder) {
  std::vector<std::string> faults;
  const std::set<std::string> questions = CheckFrame(folder, faults);
  std::vector<Placed> rules;
  std::map<std::string, const std::string*> ids;
  for (const RuleFile& file : folder.files) {
    for (const v1::Rule& rule : file.content.rules()) {
      Report report(faults, file.path, rule.id());
      const auto [first, added] = ids.emplace(rule.id(), &file.path);
      report.Expect(added, absl::StrCat("stands already in ", *first->second));
      CheckRule(rule, questions, report);
      rules.push_back({&rule, &file.path});
    }
  }
  CheckOverlap(rules, faults);
  CheckLocalParameters(rules, faults);
  return faults;
}

}  // namespace samverkan::rules
