#ifndef SAMVERKAN_SERVICES_AUDIT_EXTRACT_SERVICE_H_
#define SAMVERKAN_SERVICES_AUDIT_EXTRACT_SERVICE_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/paging/page_token.h"
#include "libs/rpc/adapter.h"
#include "libs/rpc/call_context.h"
#include "libs/rpc/service.h"
#include "libs/rules/rule_set.h"
#include "samverkan/audit/v1/extract.pb.h"
#include "services/audit/entry_store.h"
#include "services/audit/own_entry.h"

namespace samverkan::audit {

// The RPCs of samverkan.audit.v1.ExtractService; the contract stands there. What is shown was
// recorded first. May be used by several threads at once.
class ExtractService {
 public:
  // `store` and `entries` must outlive the service.
  ExtractService(EntryStore& store, const OwnEntries& entries, rules::RuleSet rules, paging::PageTokens tokens)
      : store_(store), entries_(entries), rules_(std::move(rules)), tokens_(std::move(tokens)) {}

  absl::StatusOr<v1::ExtractEntriesResponse> ExtractEntries(const rpc::CallContext& call,
                                                            const v1::ExtractEntriesRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  absl::StatusOr<EntryQuery> QueryOf(const rpc::CallContext& call, const v1::ExtractEntriesRequest& request) const;

  EntryStore& store_;
  const OwnEntries& entries_;
  const rules::RuleSet rules_;
  const paging::PageTokens tokens_;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_EXTRACT_SERVICE_H_
