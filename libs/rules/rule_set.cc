#include "libs/rules/rule_set.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/rules/check.h"
#include "libs/rules/clock.h"
#include "libs/rules/files.h"
#include "libs/rules/period.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::rules {
namespace {

constexpr std::string_view kDutyToReport = "duty_to_report";
constexpr std::string_view kAtOnce = "at_once";
constexpr char kLateHour[] = "late_hour";

bool IsUncertain(v1::Grade grade) { return grade == v1::INFERRED || grade == v1::UNVERIFIED; }

bool IsMarked(const v1::Version& version) {
  return version.text_grade() != v1::STATUTE || version.date_grade() != v1::STATUTE;
}

bool NeedsLegalReview(const v1::Rule& rule, const v1::Version& version) {
  return rule.legal_review() || IsUncertain(version.text_grade());
}

absl::Status NoRuleInForce(std::string_view question, absl::CivilDay day) {
  const std::string key(question);
  const std::string date = absl::FormatCivilTime(day);
  return status::NotFound(
      {.reason = "NO_RULE_IN_FORCE",
       .message = absl::StrCat("No rule answers the question ", key, " on ", date,
                               ". Add the rule of that day to the rule set, or have a lawyer answer."),
       .swedish = absl::StrCat("Ingen regel om ", key, " gäller ", date, "."),
       .metadata = {{"question", key}, {"day", date}}});
}

absl::Status NoClockInForce(std::string_view question, std::string_view starts_at, absl::CivilDay day) {
  const std::string key(question);
  const std::string event(starts_at);
  const std::string date = absl::FormatCivilTime(day);
  return status::NotFound({.reason = "NO_CLOCK_IN_FORCE",
                           .message = absl::StrCat("No rule about ", key, " in force on ", date,
                                                   " has a clock that starts at ", event, "."),
                           .swedish = absl::StrCat("Ingen tidsfrist om ", key, " från ", event, " gäller ", date, "."),
                           .metadata = {{"question", key}, {"starts_at", event}, {"day", date}}});
}

const v1::ReporterCategory* CategoryOf(const v1::Rule& rule, std::string_view code) {
  for (const v1::ReporterCategory& category : rule.reporter_categories()) {
    if (category.code() == code) return &category;
  }
  return nullptr;
}

MandatedReporter::Verdict VerdictOf(const v1::Rule& rule, const v1::Version& version,
                                    const v1::ReporterCategory& category) {
  using Verdict = MandatedReporter::Verdict;
  if (category.legal_review() || NeedsLegalReview(rule, version)) return Verdict::kLegalReview;
  return rule.obligation() == v1::Rule::MUST ? Verdict::kYes : Verdict::kNo;
}

// A rule with its versions' days.
struct DatedRule {
  const v1::Rule* rule;
  std::vector<std::pair<Period, const v1::Version*>> versions;

  const v1::Version* On(absl::CivilDay day) const {
    for (const auto& [period, version] : versions) {
      if (period.first <= day && day <= period.last) return version;
    }
    return nullptr;
  }

  bool HoldsIn(std::string_view municipality, std::string_view authority) const {
    return (rule->municipality().empty() || rule->municipality() == municipality) &&
           (rule->authority().empty() || rule->authority() == authority);
  }

  // 0 national, 1 municipal, 2 of one authority.
  int Narrowness() const { return rule->authority().empty() ? (rule->municipality().empty() ? 0 : 1) : 2; }
};

DatedRule Dated(const v1::Rule& rule) {
  DatedRule dated{.rule = &rule, .versions = {}};
  for (const v1::Version& version : rule.versions()) {
    if (const std::optional<Period> period = PeriodOf(version)) dated.versions.emplace_back(*period, &version);
  }
  return dated;
}

// The version that stands in one of the files.
std::string VersionIn(const RuleFolder& folder) {
  std::string version;
  for (const RuleFile& file : folder.files) version += file.content.version();
  return version;
}

}  // namespace

struct RuleSet::Contents {
  std::string version;
  RuleFolder folder;
  // By question, broadest first; a question without rules stands here too.
  std::map<std::string, std::vector<DatedRule>, std::less<>> rules;
};

struct RuleSet::InForce {
  const v1::Rule* rule;
  const v1::Version* version;
};

RuleSet::RuleSet(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

RuleSet RuleSet::Made(RuleFolder folder, std::string version) {
  auto contents = std::make_shared<Contents>();
  contents->version = std::move(version);
  contents->folder = std::move(folder);
  for (const RuleFile& file : contents->folder.files) {
    for (const v1::Question& question : file.content.questions()) contents->rules[question.key()];
    for (const v1::Rule& rule : file.content.rules()) contents->rules[rule.question()].push_back(Dated(rule));
  }
  for (auto& [question, rules] : contents->rules) {
    std::stable_sort(rules.begin(), rules.end(),
                     [](const DatedRule& a, const DatedRule& b) { return a.Narrowness() < b.Narrowness(); });
  }
  return RuleSet(std::move(contents));
}

absl::StatusOr<RuleSet> RuleSet::Load(const std::string& directory) {
  ASSIGN_OR_RETURN(RuleFolder folder, ReadFolder(directory));
  if (const std::vector<Fault> faults = Faults(folder); !faults.empty()) return InvalidRuleSet(faults);
  const std::string version = absl::StrCat(VersionIn(folder), "+", folder.fingerprint);
  return Made(std::move(folder), version);
}

std::vector<Fault> RuleSet::FaultsOf(const v1::RuleSet& content) { return Faults(FolderOf(content)); }

absl::StatusOr<RuleSet> RuleSet::Of(const v1::RuleSet& content) {
  if (const std::vector<Fault> faults = FaultsOf(content); !faults.empty()) return InvalidRuleSet(faults);
  return MadeOf(content);
}

absl::StatusOr<RuleSet> RuleSet::OfChecked(const v1::RuleSet& content) {
  if (const std::vector<Fault> faults = UnknownFields(FolderOf(content)); !faults.empty()) {
    return InvalidRuleSet(faults);
  }
  return MadeOf(content);
}

RuleSet RuleSet::Whole() const { return MadeOf(Content()); }

RuleSet RuleSet::MadeOf(const v1::RuleSet& content) {
  RuleFolder folder = FolderOf(content);
  const std::string version = absl::StrCat(content.version(), "-", folder.fingerprint);
  return Made(std::move(folder), version);
}

v1::RuleSet RuleSet::Content() const {
  v1::RuleSet content;
  for (const RuleFile& file : contents_->folder.files) content.MergeFrom(file.content);
  return Canonical(std::move(content));
}

const std::string& RuleSet::version() const { return contents_->version; }

std::vector<const v1::Rule*> RuleSet::Rules() const {
  std::vector<const v1::Rule*> rules;
  for (const RuleFile& file : contents_->folder.files) {
    for (const v1::Rule& rule : file.content.rules()) rules.push_back(&rule);
  }
  return rules;
}

absl::Status RuleSet::Expect(const std::vector<std::string>& questions) const {
  std::vector<std::string> faults;
  for (const std::string& question : questions) {
    if (!contents_->rules.contains(question)) faults.push_back(absl::StrCat("no question ", question));
  }
  return faults.empty() ? absl::OkStatus() : InvalidRuleSet(faults);
}

absl::StatusOr<std::vector<RuleSet::InForce>> RuleSet::Find(std::string_view question, absl::CivilDay day,
                                                            std::string_view municipality,
                                                            std::string_view authority) const {
  const auto found = contents_->rules.find(question);
  if (found == contents_->rules.end()) {
    return status::Internal(absl::StrCat("the rule set ", version(), " has no question ", std::string(question)));
  }
  std::vector<InForce> in_force;
  for (const DatedRule& dated : found->second) {
    if (!dated.HoldsIn(municipality, authority)) continue;
    if (const v1::Version* version = dated.On(day)) in_force.push_back({dated.rule, version});
  }
  if (in_force.empty()) return NoRuleInForce(question, day);
  return in_force;
}

absl::StatusOr<Answer> RuleSet::Ask(std::string_view question, absl::CivilDay day, std::string_view municipality,
                                    std::string_view authority) const {
  ASSIGN_OR_RETURN(const std::vector<InForce> in_force, Find(question, day, municipality, authority));
  // The first of the strictest: rules come broadest first, and the law is what a local rule
  // that only repeats it rests on.
  const auto governing = std::max_element(in_force.begin(), in_force.end(), [](const InForce& a, const InForce& b) {
    return a.rule->obligation() < b.rule->obligation();
  });
  Answer answer{.rule = governing->rule,
                .version = governing->version,
                .marked = IsMarked(*governing->version),
                .needs_legal_review = false,
                .others = {},
                .parameters = {},
                .rule_set_version = version()};
  for (const InForce& each : in_force) {
    answer.needs_legal_review |= NeedsLegalReview(*each.rule, *each.version);
    if (each.rule != answer.rule) answer.others.push_back(each.rule);
    for (const auto& [name, value] : each.rule->parameters()) answer.parameters[name] = value;
  }
  return answer;
}

absl::StatusOr<ClockAnswer> RuleSet::AskClock(std::string_view question, std::string_view starts_at, absl::CivilDay day,
                                              std::string_view municipality, std::string_view authority) const {
  ASSIGN_OR_RETURN(const std::vector<InForce> in_force, Find(question, day, municipality, authority));
  ClockAnswer answer;
  for (const InForce& each : in_force) {
    answer.needs_legal_review |= NeedsLegalReview(*each.rule, *each.version);
    const v1::Clock* clock = ClockAt(*each.rule, starts_at);
    if (clock == nullptr) continue;
    if (answer.clock != nullptr && !IsStricter(*clock, *answer.clock, day)) continue;
    answer.clock = clock;
    answer.rule = each.rule;
    answer.version = each.version;
  }
  if (answer.clock == nullptr) return NoClockInForce(question, starts_at, day);
  answer.marked = IsMarked(*answer.version);
  answer.rule_set_version = version();
  if (answer.clock->at_once()) {
    ASSIGN_OR_RETURN(const Answer at_once, Ask(kAtOnce, day, municipality, authority));
    ASSIGN_OR_RETURN(const int64_t late_hour, at_once.Parameter(kLateHour));
    answer.late_hour = static_cast<int>(late_hour);
  }
  return answer;
}

absl::StatusOr<MandatedReporter> RuleSet::IsMandatedReporter(std::string_view category, absl::CivilDay day) const {
  bool known = false;
  for (const auto& [question, rules] : contents_->rules) {
    for (const DatedRule& dated : rules) {
      const v1::ReporterCategory* listed = CategoryOf(*dated.rule, category);
      if (listed == nullptr) continue;
      known = true;
      const v1::Version* version = dated.On(day);
      if (version == nullptr) continue;
      return MandatedReporter{VerdictOf(*dated.rule, *version, *listed), dated.rule, version};
    }
  }
  if (!known) {
    return status::InvalidArgument({.reason = "REPORTER_CATEGORY_UNKNOWN",
                                    .message = "No rule lists this category of reporters. Use a code of the rule set.",
                                    .swedish = "Okänd kategori av anmälare."});
  }
  ASSIGN_OR_RETURN(const Answer duty, Ask(kDutyToReport, day));
  return MandatedReporter{MandatedReporter::Verdict::kNo, duty.rule, duty.version};
}

absl::StatusOr<int64_t> Answer::Parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  if (found != parameters.end()) return found->second;
  return status::Internal(absl::StrCat("rule ", rule->id(), " of ", rule_set_version, " has no parameter ", name));
}

}  // namespace samverkan::rules
