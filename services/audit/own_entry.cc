#include "services/audit/own_entry.h"

#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::audit {
namespace {

constexpr char kOwnPurpose[] = "log_review";

}  // namespace

Scope ScopeOf(const rpc::CallContext& call) {
  return {.municipality = call.caller.municipality, .authority = call.caller.authority};
}

absl::StatusOr<NewEntry> OwnEntries::Make(const rpc::CallContext& call, const Scope& scope, v1::Outcome outcome,
                                          const outbox::Touched& touched) const {
  outbox::Touched own = touched;
  own.municipality = scope.municipality;
  own.authority = scope.authority;
  own.retention = own.children.empty() ? v1::OPERATION : v1::CHILD_FILE;
  v1::AppendEntriesRequest request;
  *request.add_entries() = outbox::MakeAuditEntry(call, kOwnProducer, outcome, own);
  request.mutable_entries(0)->set_purpose(kOwnPurpose);
  absl::StatusOr<Batch> batch = PrepareEntries(request.entries(), call.now, tags_);
  if (!batch.ok()) return status::Internal(absl::StrCat("an own entry is unsound: ", batch.status().message()));
  return std::move(batch->entries.front());
}

absl::Status OwnEntries::Append(const rpc::CallContext& call, v1::Outcome outcome,
                                const outbox::Touched& touched) const {
  ASSIGN_OR_RETURN(const NewEntry entry, Make(call, ScopeOf(call), outcome, touched));
  return store_.Append({entry}, call.now, call.deadline).status();
}

}  // namespace samverkan::audit
