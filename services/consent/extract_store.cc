#include "services/consent/extract_store.h"

#include <utility>

#include "libs/calendar/calendar.h"
#include "libs/outbox/audit_entry.h"
#include "libs/pg/caller_scope.h"
#include "libs/status/macros.h"
#include "services/consent/child.h"
#include "services/consent/child_store.h"
#include "services/consent/consent_store.h"
#include "services/consent/disclosure_store.h"

namespace samverkan::consent {

absl::StatusOr<ChildRecords> ExtractStore::Find(const rpc::CallContext& call, const pg::Uuid& child) {
  const auto find = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<ChildRecords> {
    ChildRecords records{.authority = pg::ScopeOf(call.caller)};
    ASSIGN_OR_RETURN(StoredChild stored, FindChild(transaction, parts_, call, {call.caller.municipality, child}));
    ASSIGN_OR_RETURN(records.consents, ConsentsInWordsOf(transaction, parts_, call, stored));
    // In this order: a disclosure that comes between has a decision that is not known, and counts as
    // hidden.
    ASSIGN_OR_RETURN(std::vector<DecisionRecord> decisions, DecisionsOf(transaction, parts_, call, stored.id));
    for (DecisionRecord& record : decisions) {
      records.decisions.push_back({std::move(record.decision), std::move(record.circumstances)});
    }
    ASSIGN_OR_RETURN(records.disclosures, DisclosuresOf(transaction, parts_, call, stored.id));
    records.child = std::move(stored.record.child);
    return records;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "find_child_records", find);
}

absl::Status ExtractStore::RecordRead(const rpc::CallContext& call, const ChildRecords& records, const Shown& shown) {
  return AppendRead(parts_, call,
                    {.municipality = records.authority.municipality,
                     .authority = records.authority.authority,
                     .children = {ReferenceOf(records.child)},
                     .resources = shown.resources,
                     .legal_basis = shown.legal_basis,
                     .detail = shown.detail,
                     .identity_protected = IsProtectedOn(records.child, calendar::LegalDay(call.now))});
}

}  // namespace samverkan::consent
