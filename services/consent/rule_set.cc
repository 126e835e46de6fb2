#include "services/consent/rule_set.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/status.h"

namespace samverkan::consent {
namespace {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

constexpr char kCollection[] = "ruleSets";

// As libs/rules makes them.
bool IsVersion(std::string_view text) {
  constexpr size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           c == '.' || c == '-';
  });
}

v1::RuleSetRecord RecordOf(const rules::RuleSet& rules, const std::string& municipality, absl::Time now) {
  v1::RuleSetRecord record;
  *record.mutable_rule_set() = rules.Content();
  record.set_version(rules.version());
  record.set_name(RuleSetName({municipality, rules.version()}));
  *record.mutable_propose_time() = proto_time::ToProto(now);
  return record;
}

// Collects the paths of the fields that differ, each once.
class FieldPaths : public MessageDifferencer::Reporter {
 public:
  void ReportAdded(const Message&, const Message&,
                   const std::vector<MessageDifferencer::SpecificField>& path) override {
    Add(path);
  }
  void ReportDeleted(const Message&, const Message&,
                     const std::vector<MessageDifferencer::SpecificField>& path) override {
    Add(path);
  }
  // Of a message whose fields differ, those are reported themselves.
  void ReportModified(const Message&, const Message&,
                      const std::vector<MessageDifferencer::SpecificField>& path) override {
    const google::protobuf::FieldDescriptor* const field = path.back().field;
    const bool has_fields = field != nullptr && field->message_type() != nullptr && !field->is_map();
    if (!has_fields) Add(path);
  }

  const std::set<std::string>& paths() const { return paths_; }

 private:
  void Add(const std::vector<MessageDifferencer::SpecificField>& path) {
    std::vector<std::string> names;
    for (const MessageDifferencer::SpecificField& step : path) {
      if (step.field == nullptr) break;
      names.push_back(step.field->name());
      if (step.field->is_map()) break;
    }
    paths_.insert(absl::StrJoin(names, "."));
  }

  std::set<std::string> paths_;
};

std::set<std::string> DifferentFields(const rules::v1::Rule& before, const rules::v1::Rule& after) {
  FieldPaths paths;
  MessageDifferencer differencer;
  differencer.ReportDifferencesTo(&paths);
  differencer.Compare(before, after);
  return paths.paths();
}

std::map<std::string, const rules::v1::Rule*> ById(const rules::v1::RuleSet& content) {
  std::map<std::string, const rules::v1::Rule*> rules;
  for (const rules::v1::Rule& rule : content.rules()) rules.emplace(rule.id(), &rule);
  return rules;
}

// How a rule differs that stands in one of two sets or in both; null where it does not stand.
v1::RuleDifference DifferenceOf(const std::string& id, const rules::v1::Rule* before, const rules::v1::Rule* after) {
  v1::RuleDifference difference;
  difference.set_rule(id);
  difference.set_kind(before == nullptr  ? v1::RuleDifference::ADDED
                      : after == nullptr ? v1::RuleDifference::REMOVED
                                         : v1::RuleDifference::CHANGED);
  if (before != nullptr) *difference.mutable_before() = *before;
  if (after != nullptr) *difference.mutable_after() = *after;
  if (before == nullptr || after == nullptr) return difference;
  for (const std::string& path : DifferentFields(*before, *after)) difference.add_fields(path);
  return difference;
}

// Where in the request the fault stands.
std::string FieldOf(const rules::v1::RuleSet& content, const rules::Fault& fault) {
  for (int i = 0; i < content.rules_size() && !fault.rule.empty(); ++i) {
    if (content.rules(i).id() == fault.rule) return absl::StrCat("rule_set.rules[", i, "]");
  }
  return "rule_set";
}

}  // namespace

std::optional<RuleSetKey> ParseRuleSetName(std::string_view name) {
  const size_t end = name.rfind('/');
  if (end == std::string_view::npos) return std::nullopt;
  const auto values = resource_name::Match("municipalities/{municipality}/ruleSets", name.substr(0, end));
  const std::string_view version = name.substr(end + 1);
  if (!values.has_value() || !IsVersion(version)) return std::nullopt;
  return RuleSetKey{.municipality = values->front(), .version = std::string(version)};
}

std::string RuleSetName(const RuleSetKey& key) {
  return absl::StrCat("municipalities/", key.municipality, "/", kCollection, "/", key.version);
}

v1::RuleSetRecord Shipped(const rules::RuleSet& rules, const std::string& municipality, absl::Time now) {
  v1::RuleSetRecord record = RecordOf(rules, municipality, now);
  record.set_state(v1::RuleSetRecord::ACTIVE);
  *record.mutable_activate_time() = record.propose_time();
  return record;
}

v1::RuleSetRecord Propose(const rules::RuleSet& rules, const std::string& municipality, const std::string& proposer,
                          absl::Time now) {
  v1::RuleSetRecord record = RecordOf(rules, municipality, now);
  record.set_state(v1::RuleSetRecord::PROPOSED);
  record.set_proposer(proposer);
  return record;
}

absl::StatusOr<v1::RuleSetRecord> Activate(v1::RuleSetRecord record, const std::string& approver, absl::Time now) {
  if (record.proposer() == approver) {
    return status::PermissionDenied(
        {.reason = "OWN_ACTION",
         .message = "another person activates the rule set that you proposed yourself",
         .swedish = "En annan person aktiverar den regeluppsättning som du har föreslagit."});
  }
  if (record.state() == v1::RuleSetRecord::ACTIVE) {
    return status::FailedPrecondition({.reason = "RULE_SET_ACTIVE",
                                       .message = "the rule set is active already",
                                       .swedish = "Regeluppsättningen är redan aktiv."});
  }
  record.set_state(v1::RuleSetRecord::ACTIVE);
  record.set_approver(approver);
  *record.mutable_activate_time() = proto_time::ToProto(now);
  return record;
}

v1::RuleSetRecord Supersede(v1::RuleSetRecord record) {
  record.set_state(v1::RuleSetRecord::SUPERSEDED);
  return record;
}

std::vector<v1::RuleDifference> DifferencesBetween(const rules::v1::RuleSet& first, const rules::v1::RuleSet& second) {
  const std::map<std::string, const rules::v1::Rule*> before = ById(first);
  const std::map<std::string, const rules::v1::Rule*> after = ById(second);
  std::map<std::string, v1::RuleDifference> differences;
  for (const auto& [id, rule] : before) {
    const auto found = after.find(id);
    const rules::v1::Rule* const other = found == after.end() ? nullptr : found->second;
    if (other != nullptr && MessageDifferencer::Equals(*rule, *other)) continue;
    differences.emplace(id, DifferenceOf(id, rule, other));
  }
  for (const auto& [id, rule] : after) {
    if (!before.contains(id)) differences.emplace(id, DifferenceOf(id, nullptr, rule));
  }
  std::vector<v1::RuleDifference> listed;
  for (auto& [id, difference] : differences) listed.push_back(std::move(difference));
  return listed;
}

v1::RuleSetFault ViewOf(const rules::Fault& fault) {
  v1::RuleSetFault view;
  view.set_rule(fault.rule);
  view.set_fault(fault.fault);
  view.set_weakens(fault.weakens);
  return view;
}

absl::Status Refusal(const rules::v1::RuleSet& content, const std::vector<rules::Fault>& faults) {
  if (faults.empty()) return absl::OkStatus();
  std::vector<status::FieldViolation> violations;
  for (const rules::Fault& fault : faults) {
    violations.push_back({.field = FieldOf(content, fault), .description = rules::Worded(fault)});
  }
  return status::WithViolations(
      status::FailedPrecondition({.reason = "RULE_SET_INVALID",
                                  .message = absl::StrCat("the rule set cannot be used; faults: ", faults.size(),
                                                          "; mend them: ValidateRuleSet tells all"),
                                  .swedish = "Regeluppsättningen kan inte användas. Rätta felen och försök igen.",
                                  .metadata = {{"faults", absl::StrCat(faults.size())}}}),
      violations);
}

}  // namespace samverkan::consent
