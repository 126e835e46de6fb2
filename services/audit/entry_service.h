#ifndef SAMVERKAN_SERVICES_AUDIT_ENTRY_SERVICE_H_
#define SAMVERKAN_SERVICES_AUDIT_ENTRY_SERVICE_H_

#include <google/protobuf/message.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/paging/page_token.h"
#include "libs/rpc/adapter.h"
#include "libs/rpc/call_context.h"
#include "libs/rpc/service.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/entry.h"
#include "services/audit/entry_store.h"
#include "services/audit/erasure_store.h"
#include "services/audit/own_entry.h"

namespace samverkan::audit {

// The RPCs of samverkan.audit.v1.AuditService; the contract stands there. Whatever
// shows an entry appends an entry of its own first, by the same path as everybody's:
// where that fails, nothing is shown. May be used by several threads at once.
class EntryService {
 public:
  // The stores and `own_entries` must outlive the service.
  EntryService(EntryStore& store, ErasureStore& erasures, const OwnEntries& own_entries, paging::PageTokens tokens)
      : store_(store), erasures_(erasures), own_entries_(own_entries), tokens_(std::move(tokens)) {}

  absl::StatusOr<v1::AppendEntriesResponse> AppendEntries(const rpc::CallContext& call,
                                                          const v1::AppendEntriesRequest& request);
  absl::StatusOr<v1::EraseEntriesResponse> EraseEntries(const rpc::CallContext& call,
                                                        const v1::EraseEntriesRequest& request);
  absl::StatusOr<v1::LoggedEntry> GetEntry(const rpc::CallContext& call, const v1::GetEntryRequest& request);
  absl::StatusOr<v1::SearchEntriesResponse> SearchEntries(const rpc::CallContext& call,
                                                          const v1::SearchEntriesRequest& request);

  // Appends the entry of a refusal by any service of this process; an
  // rpc::RefusalRecorder.
  absl::Status RecordRefusal(const rpc::CallContext& call, const google::protobuf::Message* request,
                             const absl::Status& refusal);

 private:
  absl::StatusOr<EntryQuery> QueryOf(const rpc::CallContext& call, const v1::SearchEntriesRequest& request) const;

  EntryStore& store_;
  ErasureStore& erasures_;
  const OwnEntries& own_entries_;
  const paging::PageTokens tokens_;
};

// `service` as what a server serves; it must outlive that.
std::unique_ptr<rpc::Service> Serve(EntryService& service, rpc::Adapter& adapter);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_ENTRY_SERVICE_H_
