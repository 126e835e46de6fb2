#include "services/consent/ready_rules.h"

#include "libs/status/macros.h"

namespace samverkan::consent {

absl::StatusOr<ReadyRulesPtr> ReadyRuleSets::Active(const rpc::CallContext& call, const std::string& municipality) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = active_.find(municipality);
    if (found != active_.end()) return found->second;
  }
  return ActiveNow(call, municipality);
}

absl::StatusOr<ReadyRulesPtr> ReadyRuleSets::ActiveNow(const rpc::CallContext& call, const std::string& municipality) {
  ASSIGN_OR_RETURN(const rules::RuleSet rules, store_.ActiveRules(call, municipality));
  ASSIGN_OR_RETURN(ReadyRulesPtr ready, Remember(municipality, rules));
  const std::lock_guard lock(mutex_);
  active_[municipality] = ready;
  return ready;
}

absl::StatusOr<ReadyRulesPtr> ReadyRuleSets::Get(const rpc::CallContext& call, const RuleSetKey& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = ready_.find({key.municipality, key.version});
    if (found != ready_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(const rules::RuleSet rules, store_.RulesOf(call, key));
  return Remember(key.municipality, rules);
}

absl::StatusOr<ReadyRulesPtr> ReadyRuleSets::Remember(const std::string& municipality, const rules::RuleSet& rules) {
  const std::lock_guard lock(mutex_);
  ReadyRulesPtr& ready = ready_[{municipality, rules.version()}];
  if (ready == nullptr) {
    ASSIGN_OR_RETURN(DisclosureRules disclosure, DisclosureRules::Make(rules.Content()));
    ready = std::make_shared<const ReadyRules>(ReadyRules{rules.version(), rules, std::move(disclosure)});
  }
  return ready;
}

}  // namespace samverkan::consent
