#include "libs/rules/check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/rules/disclosure_check.h"
#include "libs/rules/period.h"
#include "libs/rules/placed_rule.h"

namespace samverkan::rules {
namespace {

bool IsMunicipality(const std::string& code) {
  return code.size() == 4 && std::all_of(code.begin(), code.end(),
                                         [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

bool IsGrade(v1::Grade grade) { return grade != v1::GRADE_UNSPECIFIED && v1::Grade_IsValid(grade); }

void CheckVersions(const v1::Rule& rule, FaultReport& report) {
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

void CheckClock(const v1::Clock& clock, FaultReport& report) {
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

void CheckClocks(const v1::Rule& rule, FaultReport& report) {
  std::set<std::string> events;
  for (const v1::Clock& clock : rule.clocks()) {
    CheckClock(clock, report);
    report.Expect(events.insert(clock.starts_at()).second, absl::StrCat("two clocks start at ", clock.starts_at()));
  }
}

void CheckCategories(const v1::Rule& rule, FaultReport& report) {
  std::set<std::string> codes;
  for (const v1::ReporterCategory& category : rule.reporter_categories()) {
    report.Expect(IsLowerSnake(category.code()), "the code of a reporter category must be lower_snake");
    report.Expect(codes.insert(category.code()).second, absl::StrCat("lists category ", category.code(), " twice"));
  }
}

void CheckScope(const v1::Rule& rule, FaultReport& report) {
  report.Expect(rule.municipality().empty() || IsMunicipality(rule.municipality()),
                "municipality must be a code of four digits");
  report.Expect(rule.authority().empty() || !rule.municipality().empty(), "an authority needs its municipality");
}

void CheckParameters(const v1::Rule& rule, FaultReport& report) {
  for (const auto& [name, value] : rule.parameters()) {
    report.Expect(IsLowerSnake(name), absl::StrCat("parameter ", name, " must be lower_snake"));
    report.Expect(name != "late_hour" || (value >= 0 && value <= 24), "late_hour must be 0 to 24");
  }
}

void CheckRule(const v1::Rule& rule, const Questions& questions, FaultReport& report) {
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
  CheckDisclosure(rule, questions, report);
}

// A field that this version does not know could be a condition: passing over it could tell more
// than the rule allows.
bool HoldsUnknown(const v1::RuleSet& content) {
  v1::RuleSet known = content;
  known.DiscardUnknownFields();
  return known.ByteSizeLong() != content.ByteSizeLong();
}

// The version is part of a resource name.
bool IsVersion(const std::string& version) {
  constexpr size_t kLongest = 32;
  return version.size() <= kLongest && std::all_of(version.begin(), version.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.' || c == '-';
         });
}

std::string VersionsExpected(const RuleFolder& folder, int versions) {
  const bool is_folder = !folder.files.empty() && !folder.files.front().path.empty();
  if (!is_folder) return "version must be given";
  return absl::StrCat("version must stand in exactly one file, not in ", versions);
}

Questions CheckFrame(const RuleFolder& folder, std::vector<Fault>& faults) {
  Questions questions;
  int versions = 0;
  for (const RuleFile& file : folder.files) {
    FaultReport report(faults, file.path, "");
    if (!file.content.version().empty()) ++versions;
    report.Expect(IsVersion(file.content.version()),
                  "version must be at most 32 lower-case letters, digits, dots and hyphens");
    for (const v1::Question& question : file.content.questions()) {
      report.Expect(IsLowerSnake(question.key()), absl::StrCat("question ", question.key(), " must be lower_snake"));
      report.Expect(questions.insert(question.key()).second,
                    absl::StrCat("question ", question.key(), " stands twice"));
    }
  }
  FaultReport(faults, "", "").Expect(versions == 1, VersionsExpected(folder, versions));
  return questions;
}

std::string StandsAlready(const std::string& path) {
  return path.empty() ? "stands twice" : absl::StrCat("stands already in ", path);
}

}  // namespace

std::vector<Fault> UnknownFields(const RuleFolder& folder) {
  std::vector<Fault> faults;
  for (const RuleFile& file : folder.files) {
    FaultReport(faults, file.path, "")
        .Expect(!HoldsUnknown(file.content), "holds a field that this version of the service does not know");
  }
  return faults;
}

std::vector<Fault> Faults(const RuleFolder& folder) {
  std::vector<Fault> faults = UnknownFields(folder);
  const Questions questions = CheckFrame(folder, faults);
  std::vector<PlacedRule> rules;
  std::map<std::string, const std::string*> ids;
  for (const RuleFile& file : folder.files) {
    for (const v1::Rule& rule : file.content.rules()) {
      FaultReport report(faults, file.path, rule.id());
      const auto [first, added] = ids.emplace(rule.id(), &file.path);
      report.Expect(added, StandsAlready(*first->second));
      CheckRule(rule, questions, report);
      rules.push_back({&rule, &file.path});
    }
  }
  CheckSuccession(rules, faults);
  CheckReplaced(rules, faults);
  CheckLocal(rules, faults);
  return faults;
}

absl::Status InvalidRuleSet(const std::vector<Fault>& faults) {
  std::vector<std::string> worded;
  for (const Fault& fault : faults) worded.push_back(Worded(fault));
  return InvalidRuleSet(worded);
}

}  // namespace samverkan::rules
