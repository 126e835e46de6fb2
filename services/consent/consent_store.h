#ifndef SAMVERKAN_SERVICES_CONSENT_CONSENT_STORE_H_
#define SAMVERKAN_SERVICES_CONSENT_CONSENT_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "libs/idempotency/request_log.h"
#include "libs/pg/transaction.h"
#include "libs/rpc/call_context.h"
#include "services/consent/child_store.h"
#include "services/consent/consent.h"
#include "services/consent/names.h"
#include "services/consent/store_parts.h"

namespace samverkan::consent {

// What was asked about a child, earliest first, for a decision about it: without words (WithoutWords).
// In the transaction that found the child or locked it.
absl::StatusOr<std::vector<v1::Consent>> ConsentsOf(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                    const rpc::CallContext& call, const StoredChild& child);

// The same as they were recorded, with all that was written.
absl::StatusOr<std::vector<v1::Consent>> ConsentsInWordsOf(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                           const rpc::CallContext& call, const StoredChild& child);

// All SQL of consents. Every change locks the child and counts its version up before it reads
// anything of the child, so that changes and decisions about it are in one order; and it writes
// its events, its audit entries and its request id in its own transaction. May be used by any
// number of threads. Errors beside those named: as in libs/pg.
class ConsentStore {
 public:
  explicit ConsentStore(const StoreParts& parts) : parts_(parts) {}

  // A consent, and the child that it is about as it is at the same time.
  struct Stored {
    ChildRecord child;
    ConsentRecord record;
  };
  // A consent after a change.
  struct Changed {
    Stored stored;
    // Whether nothing was changed and no audit entry left, as the request was a repeated one or
    // there was nothing to change: then the caller may see the consent only if it still may, and
    // the read is to be recorded.
    bool repeated = false;
  };

  // What is asked about a child of which `others` were asked before. Runs in the transaction,
  // perhaps several times; so does a Transition.
  using Asking =
      std::function<absl::StatusOr<ConsentChange>(const ChildRecord& child, const std::vector<v1::Consent>& others)>;
  // Stores a new consent called `id`. NOT_FOUND, reason CHILD_NOT_FOUND.
  absl::StatusOr<Changed> Ask(const rpc::CallContext& call, const ResourceKey& child, const ResourceKey& id,
                              const idempotency::Request& request, const Asking& asking);

  // What a change does to a consent; nothing happens of one that is to stay as it is.
  using Transition = std::function<absl::StatusOr<ConsentChange>(const ChildRecord& child, ConsentRecord record)>;
  // Changes a consent of the caller's authority. NOT_FOUND, reason CONSENT_NOT_FOUND.
  absl::StatusOr<Changed> Change(const rpc::CallContext& call, const ResourceKey& id,
                                 const idempotency::Request& request, const Transition& transition);

  // A consent of the caller's authority. NOT_FOUND, reason CONSENT_NOT_FOUND.
  absl::StatusOr<Stored> Find(const rpc::CallContext& call, const ResourceKey& id);

  struct Filter {
    // Only about this child, by a reference or an alias.
    std::optional<ResourceKey> child = {};
    // Only those that let this authority or unit be told, by resource name; empty for all.
    std::string recipient = {};
    // Only in this state on `day`; 0 for all.
    int state = 0;
    absl::CivilDay day;
    int32_t page_size = 0;
    std::string cursor = {};
  };
  struct Page {
    std::vector<ConsentRecord> consents;
    // The children that they are about, by reference, and others that were looked at.
    std::map<std::string, ChildRecord> children;
    // Reference of the child that was asked for, where one was.
    std::string child;
    // Where the next page goes on; empty on the last.
    std::string next_cursor;
  };
  // Those about children that the caller may see, latest asked first. Asked by unit, those about a
  // child whose units the caller may not learn are left out. NOT_FOUND, reason CHILD_NOT_FOUND,
  // for a child that the caller may not see.
  absl::StatusOr<Page> List(const rpc::CallContext& call, const Filter& filter);

  // Append the audit entries of a read that shows this; return when they are durable.
  absl::Status RecordRead(const rpc::CallContext& call, const Stored& shown);
  absl::Status RecordRead(const rpc::CallContext& call, const Page& shown);

 private:
  const StoreParts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_CONSENT_STORE_H_
