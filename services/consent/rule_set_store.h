#ifndef SAMVERKAN_SERVICES_CONSENT_RULE_SET_STORE_H_
#define SAMVERKAN_SERVICES_CONSENT_RULE_SET_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/idempotency/request_log.h"
#include "libs/rpc/call_context.h"
#include "libs/rules/rule_set.h"
#include "samverkan/consent/v1/rule.pb.h"
#include "services/consent/rule_set.h"
#include "services/consent/store_parts.h"

namespace samverkan::consent {

// All SQL of rule sets, and the rules that decisions are made by. A municipality that has no
// active one gets the one that ships, the first time that anybody asks; that changes nothing it
// decides by, and leaves no event. Every other change writes its event, its audit entry and its
// request id in its own transaction. May be used by any number of threads. Errors beside those
// named: as in libs/pg.
class RuleSetStore {
 public:
  // What a change does to a rule set; runs in the transaction, perhaps several times.
  using Transition = std::function<absl::StatusOr<v1::RuleSetRecord>(v1::RuleSetRecord)>;

  // `shipped` are the rules that ship.
  RuleSetStore(const StoreParts& parts, const rules::RuleSet& shipped) : parts_(parts), shipped_(shipped.Whole()) {}

  // The rules that decide in a municipality now: asked of the database each time, for another
  // instance may have activated others.
  absl::StatusOr<rules::RuleSet> ActiveRules(const rpc::CallContext& call, const std::string& municipality);

  // The rules that decided or may decide there, by RuleSetRecord.version. NOT_FOUND, reason
  // RULE_SET_NOT_FOUND; FAILED_PRECONDITION, reason RULE_SET_INVALID, where a later version of the
  // service stored what this one cannot read.
  absl::StatusOr<rules::RuleSet> RulesOf(const rpc::CallContext& call, const RuleSetKey& key);

  // A rule set after a change.
  struct Changed {
    v1::RuleSetRecord record;
    // Whether the request was a repeated one, which changed nothing and left no audit entry.
    bool repeated = false;
  };
  // Stores a rule set that is proposed. ALREADY_EXISTS, reason RULE_SET_EXISTS, where the
  // municipality has it; reason REQUEST_ID_REUSED.
  absl::StatusOr<Changed> Propose(const rpc::CallContext& call, const idempotency::Request& request,
                                  const v1::RuleSetRecord& record);

  // Makes a rule set the active one by `activate`, and the one before SUPERSEDED. NOT_FOUND as
  // RulesOf.
  absl::StatusOr<Changed> Activate(const rpc::CallContext& call, const idempotency::Request& request,
                                   const RuleSetKey& key, const Transition& activate);

  // A rule set with its rules. NOT_FOUND as RulesOf.
  absl::StatusOr<v1::RuleSetRecord> Find(const rpc::CallContext& call, const RuleSetKey& key);

  // A page of rule sets.
  struct Page {
    std::vector<v1::RuleSetRecord> rule_sets;
    // Where the next page goes on; empty on the last.
    std::string next_cursor;
  };
  // Those of the caller's municipality without their rules, latest proposed first, after `cursor`.
  absl::StatusOr<Page> List(const rpc::CallContext& call, int32_t page_size, const std::string& cursor);

  // Appends the audit entry of a read that shows these, by resource name; returns when it is
  // durable.
  absl::Status RecordRead(const rpc::CallContext& call, const std::vector<std::string>& names);

 private:
  // The version that decides in the municipality, which is the shipped one where it had none.
  absl::StatusOr<std::string> ActiveVersion(const rpc::CallContext& call, const std::string& municipality);
  absl::Status StoreShipped(const rpc::CallContext& call, const std::string& municipality);

  const StoreParts parts_;
  const rules::RuleSet shipped_;

  std::mutex mutex_;
  // By municipality and version, whose content never changes; those used of late.
  std::map<std::pair<std::string, std::string>, rules::RuleSet> remembered_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_RULE_SET_STORE_H_
