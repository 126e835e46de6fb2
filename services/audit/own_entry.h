#ifndef SAMVERKAN_SERVICES_AUDIT_OWN_ENTRY_H_
#define SAMVERKAN_SERVICES_AUDIT_OWN_ENTRY_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/outbox/audit_entry.h"
#include "libs/rpc/call_context.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/entry.h"
#include "services/audit/entry_store.h"
#include "services/audit/search_tag.h"

namespace samverkan::audit {

// The municipality and authority whose log `call` is about: the caller's own.
Scope ScopeOf(const rpc::CallContext& call);

// The entries that this service's own calls leave, by the same path as everybody's. May
// be used by several threads at once.
class OwnEntries {
 public:
  // `store` must outlive this.
  OwnEntries(EntryStore& store, SearchTags tags) : store_(store), tags_(std::move(tags)) {}

  // The entry of `call` in the log of `scope`, to be appended with the change that it is
  // about (AppendEntries).
  absl::StatusOr<NewEntry> Make(const rpc::CallContext& call, const Scope& scope, v1::Outcome outcome,
                                const outbox::Touched& touched) const;

  // Makes and appends it, in the log of the caller's own authority. What a call shows, it shows only after that.
  absl::Status Append(const rpc::CallContext& call, v1::Outcome outcome, const outbox::Touched& touched) const;

  const SearchTags& tags() const { return tags_; }

 private:
  EntryStore& store_;
  const SearchTags tags_;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_OWN_ENTRY_H_
