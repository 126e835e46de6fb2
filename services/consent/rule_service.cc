#include "services/consent/rule_service.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/rule.grpc.pb.h"
#include "services/consent/request_fields.h"
#include "services/consent/rule_set.h"

namespace samverkan::consent {
namespace {

// Rules of one set: checking them takes longer than in proportion to their number.
constexpr int kMostRules = 1000;

RuleSetKey RequireRuleSet(const std::string& name, const std::string& field, status::Violations& violations) {
  auto key = ParseRuleSetName(name);
  if (key.has_value()) return *std::move(key);
  violations.Add(field, "expected a rule set, `municipalities/{code}/ruleSets/{version}`", "Ange en regeluppsättning.");
  return {};
}

void RequireOwnMunicipality(const auth::Caller& caller, const std::string& parent, status::Violations& violations) {
  if (parent == "municipalities/" + caller.municipality) return;
  violations.Add("parent", "expected your own municipality, `municipalities/{code}`", "Ange den egna kommunen.");
}

void RequireRules(const rules::v1::RuleSet& content, status::Violations& violations) {
  const bool fits = content.rules_size() > 0 && content.rules_size() <= kMostRules;
  if (!fits) violations.Add("rule_set", "expected 1 to 1000 rules", "Ange 1 till 1000 regler.");
}

}  // namespace

absl::StatusOr<v1::RuleSetRecord> RuleService::Shown(const rpc::CallContext& call,
                                                     RuleSetStore::Changed changed) const {
  if (changed.repeated) RETURN_IF_ERROR(store_.RecordRead(call, {changed.record.name()}));
  return std::move(changed.record);
}

absl::StatusOr<v1::ListRuleSetsResponse> RuleService::ListRuleSets(const rpc::CallContext& call,
                                                                   const v1::ListRuleSetsRequest& request) const {
  status::Violations violations;
  RequireOwnMunicipality(call.caller, request.parent(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(RuleSetStore::Page page, store_.List(call, page_size, cursor));
  v1::ListRuleSetsResponse response;
  std::vector<std::string> names;
  for (v1::RuleSetRecord& record : page.rule_sets) {
    names.push_back(record.name());
    *response.add_rule_sets() = std::move(record);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, names));
  return response;
}

absl::StatusOr<v1::RuleSetRecord> RuleService::GetRuleSet(const rpc::CallContext& call,
                                                          const v1::GetRuleSetRequest& request) const {
  status::Violations violations;
  const RuleSetKey key = RequireRuleSet(request.name(), "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(v1::RuleSetRecord record, store_.Find(call, key));
  RETURN_IF_ERROR(store_.RecordRead(call, {record.name()}));
  return record;
}

absl::StatusOr<v1::ValidateRuleSetResponse> RuleService::ValidateRuleSet(
    const rpc::CallContext& call, const v1::ValidateRuleSetRequest& request) const {
  status::Violations violations;
  RequireOwnMunicipality(call.caller, request.parent(), violations);
  RequireRules(request.rule_set(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  v1::ValidateRuleSetResponse response;
  for (const rules::Fault& fault : rules::RuleSet::FaultsOf(request.rule_set())) {
    *response.add_faults() = ViewOf(fault);
  }
  return response;
}

absl::StatusOr<v1::RuleSetRecord> RuleService::LoadRuleSet(const rpc::CallContext& call,
                                                           const v1::LoadRuleSetRequest& request) const {
  status::Violations violations;
  RequireOwnMunicipality(call.caller, request.parent(), violations);
  idempotency::CheckRequestId(request.request_id(), violations);
  RequireRules(request.rule_set(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  RETURN_IF_ERROR(Refusal(request.rule_set(), rules::RuleSet::FaultsOf(request.rule_set())));
  ASSIGN_OR_RETURN(const rules::RuleSet rules, rules::RuleSet::OfChecked(request.rule_set()));
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  const v1::RuleSetRecord proposed = Propose(rules, call.caller.municipality, call.caller.subject, call.now);
  ASSIGN_OR_RETURN(RuleSetStore::Changed changed, store_.Propose(call, id, proposed));
  return Shown(call, std::move(changed));
}

absl::StatusOr<v1::RuleSetRecord> RuleService::ActivateRuleSet(const rpc::CallContext& call,
                                                               const v1::ActivateRuleSetRequest& request) const {
  status::Violations violations;
  const RuleSetKey key = RequireRuleSet(request.name(), "name", violations);
  idempotency::CheckRequestId(request.request_id(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  // Checked again: what was proposed under looser checks decides nothing new.
  ASSIGN_OR_RETURN(RuleSetStore::Changed changed,
                   store_.Activate(call, id, key, [&](v1::RuleSetRecord record) -> absl::StatusOr<v1::RuleSetRecord> {
                     RETURN_IF_ERROR(Refusal(record.rule_set(), rules::RuleSet::FaultsOf(record.rule_set())));
                     return Activate(std::move(record), call.caller.subject, call.now);
                   }));
  return Shown(call, std::move(changed));
}

absl::StatusOr<v1::CompareRuleSetsResponse> RuleService::CompareRuleSets(
    const rpc::CallContext& call, const v1::CompareRuleSetsRequest& request) const {
  status::Violations violations;
  const RuleSetKey first = RequireRuleSet(request.name(), "name", violations);
  const RuleSetKey second = RequireRuleSet(request.other(), "other", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const v1::RuleSetRecord before, store_.Find(call, first));
  ASSIGN_OR_RETURN(const v1::RuleSetRecord after, store_.Find(call, second));
  v1::CompareRuleSetsResponse response;
  for (v1::RuleDifference& difference : DifferencesBetween(before.rule_set(), after.rule_set())) {
    *response.add_differences() = std::move(difference);
  }
  RETURN_IF_ERROR(store_.RecordRead(call, {before.name(), after.name()}));
  return response;
}

std::unique_ptr<rpc::Service> RuleService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::RuleService>(), adapter);
  service->Add("ListRuleSets", this, &RuleService::ListRuleSets);
  service->Add("GetRuleSet", this, &RuleService::GetRuleSet);
  service->Add("ValidateRuleSet", this, &RuleService::ValidateRuleSet);
  service->Add("LoadRuleSet", this, &RuleService::LoadRuleSet);
  service->Add("ActivateRuleSet", this, &RuleService::ActivateRuleSet);
  service->Add("CompareRuleSets", this, &RuleService::CompareRuleSets);
  return service;
}

}  // namespace samverkan::consent
