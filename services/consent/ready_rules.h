#ifndef SAMVERKAN_SERVICES_CONSENT_READY_RULES_H_
#define SAMVERKAN_SERVICES_CONSENT_READY_RULES_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/rpc/call_context.h"
#include "libs/rules/rule_set.h"
#include "services/consent/disclosure_rules.h"
#include "services/consent/rule_set_store.h"

namespace samverkan::consent {

// A rule set of a municipality, ready to decide by.
struct ReadyRules {
  // RuleSetRecord.version
  std::string version;
  rules::RuleSet rule_set;
  DisclosureRules disclosure;
};

using ReadyRulesPtr = std::shared_ptr<const ReadyRules>;

// Remembers rule sets, which never change, and which one is active in each municipality, which does:
// another instance may have activated another since. Whoever goes by Active must find out, in the
// transaction that it stores its result in, that it still is, and take ActiveNow where it is not.
// Thread-safe.
class ReadyRuleSets {
 public:
  // `store` must outlive this.
  explicit ReadyRuleSets(RuleSetStore& store) : store_(store) {}

  // The active rule set of a municipality ("0180"), as remembered or read.
  absl::StatusOr<ReadyRulesPtr> Active(const rpc::CallContext& call, const std::string& municipality);

  // The same as read: for what is stored under no guard.
  absl::StatusOr<ReadyRulesPtr> ActiveNow(const rpc::CallContext& call, const std::string& municipality);

  // The rule set with the version. NOT_FOUND, reason RULE_SET_NOT_FOUND.
  absl::StatusOr<ReadyRulesPtr> Get(const rpc::CallContext& call, const RuleSetKey& key);

 private:
  absl::StatusOr<ReadyRulesPtr> Remember(const std::string& municipality, const rules::RuleSet& rules);

  RuleSetStore& store_;
  std::mutex mutex_;
  // By municipality and version.
  std::map<std::pair<std::string, std::string>, ReadyRulesPtr> ready_;
  // By municipality.
  std::map<std::string, ReadyRulesPtr> active_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_READY_RULES_H_
