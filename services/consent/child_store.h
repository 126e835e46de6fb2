#ifndef SAMVERKAN_SERVICES_CONSENT_CHILD_STORE_H_
#define SAMVERKAN_SERVICES_CONSENT_CHILD_STORE_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "libs/idempotency/request_log.h"
#include "libs/outbox/audit_entry.h"
#include "libs/pg/scope.h"
#include "libs/pg/transaction.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"
#include "libs/rpc/call_context.h"
#include "libs/sealing/data_key.h"
#include "services/consent/child.h"
#include "services/consent/names.h"
#include "services/consent/store_parts.h"

namespace samverkan::consent {

// A child as it is stored.
struct StoredChild {
  // Its own reference: what the other tables name it by.
  pg::Uuid id;
  ChildRecord record;
  // What its row is sealed with.
  sealing::DataKeyPtr key;
};

// ---- For the transactions of all stores of consent ----
// Each runs in the scope of the child's authority, and takes the child's own reference or an alias.

// The child, whoever may see it. NOT_FOUND, reason CHILD_NOT_FOUND, recorded with the authority
// that has it where it is another's.
absl::StatusOr<StoredChild> FindChild(pg::ReadTransaction& transaction, const StoreParts& parts,
                                      const rpc::CallContext& call, const ResourceKey& child);

// The same for a change of what answers about the child rest on: its row is locked until the
// transaction ends, its version is counted up, and the call is noted as the last that changed it. Before anything else
// of the child is read or locked. The record is as it was: its version is the one that callers have read.
absl::StatusOr<StoredChild> LockChild(pg::Transaction& transaction, const StoreParts& parts,
                                      const rpc::CallContext& call, const ResourceKey& child);

// The child in the column `content` of the row `id`, without what other columns and tables hold.
absl::StatusOr<v1::Child> OpenChild(const sealing::DataKey& key, const pg::Scope& authority, const pg::Uuid& id,
                                    const pg::Bytes& sealed);

// What an audit entry says of one who reads or changes something of the child on `day`;
// `resource` is asked for first.
outbox::Touched TouchedBy(const ChildRecord& record, absl::CivilDay day, const std::string& resource);

// All SQL of children. Every change writes its event, its audit entry and its request id in its own
// transaction. May be used by any number of threads. Errors beside those named: as in libs/pg.
class ChildStore {
 public:
  // What a change does to a child; runs in the transaction, perhaps several times.
  using Transition = std::function<absl::StatusOr<ChildRecord>(ChildRecord)>;

  explicit ChildStore(const StoreParts& parts) : parts_(parts) {}

  // A child after a change.
  struct Changed {
    ChildRecord record;
    // Whether nothing was changed and no audit entry left, as the request was a repeated one or
    // there was nothing to change: then the caller may see the child only if it still may, and the
    // read is to be recorded.
    bool repeated = false;
  };

  // A child to be registered at the caller's authority.
  struct Registration {
    // 12 digits.
    std::string identity_digits;
    // The reference that it shall have.
    std::optional<pg::Uuid> reference;
    // Makes the child, where none has the number.
    std::function<absl::StatusOr<ChildRecord>(const pg::Uuid&)> create;
    // What becomes of the one that has it; refuses who may not see it.
    Transition join;
    // What becomes of the one that has the number where another one has the reference: both are
    // the same.
    std::function<absl::StatusOr<ChildRecord>(ChildRecord, const ChildRecord&)> merge;
  };
  // Registers a child, or keeps the reference as an alias of the one that has the number: with all
  // that is known by it. ALREADY_EXISTS, reason CHILD_REFERENCE_TAKEN, where a child with another
  // number has the reference and none has this number.
  absl::StatusOr<Changed> Register(const rpc::CallContext& call, const idempotency::Request& request,
                                   const Registration& registration);

  // A child of the caller's authority, by a reference or by an identity number that finds it.
  absl::StatusOr<ChildRecord> Find(const rpc::CallContext& call, const ResourceKey& child);
  absl::StatusOr<ChildRecord> FindByNumber(const rpc::CallContext& call, const std::string& identity_digits);

  // Changes a child by `transition` and returns it as it then is. ALREADY_EXISTS, reason
  // IDENTITY_NUMBER_TAKEN, where another child of the authority has its new number. `part` is what
  // of the child the audit log names apart, below its name; empty for nothing.
  absl::StatusOr<Changed> Change(const rpc::CallContext& call, const ResourceKey& child,
                                 const idempotency::Request& request, const Transition& transition,
                                 const std::string& part = "");

  // A report about a child, which need not be registered.
  struct Hold {
    pg::Scope authority;
    // Reference of the child, as whoever keeps the report has it.
    pg::Uuid reference;
    pg::Uuid report;
  };
  // Says whether the report is on hold. Saying it again changes nothing.
  absl::Status SetHold(const rpc::CallContext& call, const Hold& hold, bool on_hold);

  // Appends the audit entry of a read that shows the child; returns when it is durable. `part` as for
  // a change.
  absl::Status RecordRead(const rpc::CallContext& call, const ChildRecord& shown, const std::string& part = "");

 private:
  const StoreParts parts_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_CHILD_STORE_H_
