#ifndef SAMVERKAN_SERVICES_CONSENT_RETENTION_STORE_H_
#define SAMVERKAN_SERVICES_CONSENT_RETENTION_STORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/idempotency/request_log.h"
#include "libs/pg/pool.h"
#include "libs/pg/scope.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "libs/sealing/key_ring.h"
#include "services/consent/names.h"
#include "services/consent/retention.h"
#include "services/consent/store_parts.h"

namespace samverkan::consent {

// All SQL of erasures and legal holds, for callers. Every change writes its event, its audit
// entry and its request id in its own transaction, within the scope of the caller's board.
// May be used by any number of threads. Errors beside those named: as in libs/pg and
// libs/sealing.
class RetentionStore {
 public:
  explicit RetentionStore(const StoreParts& parts) : parts_(parts) {}

  struct ErasurePage {
    std::vector<ErasureRecord> erasures;
    std::string next_cursor;
  };
  // Newest proposed first, after `cursor`; `state` 0 for all.
  absl::StatusOr<ErasurePage> ListErasures(const rpc::CallContext& call, int state, int32_t page_size,
                                           const std::string& cursor);
  // NOT_FOUND, reason ERASURE_NOT_FOUND.
  absl::StatusOr<ErasureRecord> FindErasure(const rpc::CallContext& call, const ResourceKey& id);

  // What approving makes of a proposal, with the child as it now is, nothing where it is not there any
  // more, and whether it is held.
  using Approval =
      std::function<absl::StatusOr<ErasureRecord>(ErasureRecord, const std::optional<ChildFile>&, bool held)>;
  struct ChangedErasure {
    ErasureRecord record;
    bool repeated = false;
  };
  // Nothing is noted about the child meanwhile.
  absl::StatusOr<ChangedErasure> Approve(const rpc::CallContext& call, const ResourceKey& id,
                                         const idempotency::Request& request, const Approval& approval);

  struct ChangedHold {
    LegalHoldRecord record;
    bool repeated = false;
  };
  // Stores a new hold of the child by its own reference, whichever of its references `record` has.
  // NOT_FOUND, reason CHILD_NOT_FOUND, where the board has no such child; ALREADY_EXISTS, reason
  // ALREADY_HELD; FAILED_PRECONDITION, reason ERASURE_DECIDED, where its erasure is approved.
  absl::StatusOr<ChangedHold> PlaceHold(const rpc::CallContext& call, const idempotency::Request& request,
                                        const LegalHoldRecord& record);
  using HoldTransition = std::function<absl::StatusOr<LegalHoldRecord>(LegalHoldRecord)>;
  // NOT_FOUND, reason LEGAL_HOLD_NOT_FOUND.
  absl::StatusOr<ChangedHold> ChangeHold(const rpc::CallContext& call, const ResourceKey& id,
                                         const idempotency::Request& request, const HoldTransition& transition);
  struct HoldPage {
    std::vector<LegalHoldRecord> holds;
    std::string next_cursor;
  };
  // Those in force, newest first.
  absl::StatusOr<HoldPage> ListHolds(const rpc::CallContext& call, int32_t page_size, const std::string& cursor);

  // Appends the audit entry of a read that shows these, of the caller's board.
  absl::Status RecordRead(const rpc::CallContext& call, const std::vector<std::string>& children,
                          const std::vector<std::string>& resources);

 private:
  const StoreParts parts_;
};

// What the sweeper does, as the role of the service's jobs: within one board after the other.
class RetentionJobStore {
 public:
  // `pool` reaches the schema as the role of the jobs; it and `keys` must outlive the store.
  RetentionJobStore(pg::Pool& pool, sealing::KeyRing& keys) : pool_(pool), keys_(keys) {}

  // The boards that know children.
  absl::StatusOr<std::vector<pg::Scope>> Boards(absl::Time deadline);

  // Which children a sweep looks at on `today`.
  struct Candidacy {
    absl::CivilDay today;
    // Something was last changed of them before.
    absl::Time before;
    // In the order of their references, after this one, at most so many.
    pg::Uuid after;
    int64_t most = 0;
  };
  // Those whose erasure is neither proposed nor under way, and that are not held.
  absl::StatusOr<std::vector<ChildFile>> Candidates(const pg::Scope& scope, const Candidacy& candidacy,
                                                    absl::Time deadline);

  // Stores a proposal with its event.
  absl::Status Propose(const pg::Scope& scope, const ErasureRecord& record, absl::Time now, absl::Time deadline);

  // An erasure that is proposed or approved.
  struct OpenErasure {
    ErasureRecord record;
    // The child as it now is, where it is there, and whether it is held.
    std::optional<ChildFile> file;
    bool held = false;
    // What is to be destroyed, from the approval on.
    std::vector<pg::Uuid> keys;
    // Whether the rows are deleted.
    bool deleted = false;
  };
  // Those of a board, oldest first.
  absl::StatusOr<std::vector<OpenErasure>> OpenErasures(const pg::Scope& scope, absl::CivilDay today,
                                                        absl::Time deadline);

  // Stores a proposal that has lapsed, with its event.
  absl::Status Lapse(const pg::Scope& scope, const ErasureRecord& record, absl::Time now, absl::Time deadline);

  // Destroys the keys of an approved erasure and deletes its rows. Doing it again changes
  // nothing.
  absl::Status Delete(const pg::Scope& scope, const OpenErasure& approved, absl::Time deadline);

  // What the log is to forget.
  struct Forgotten {
    // References of the child that are not known again.
    std::vector<std::string> children;
    // Names of the child and of what was about it.
    std::vector<std::string> resources;
  };
  // What is to be forgotten of what was deleted; nothing until it was deleted so long ago that nobody
  // remembers a key or can add to the audit log, and all that was added before has reached it.
  absl::StatusOr<std::optional<Forgotten>> Settled(const pg::Scope& scope, const OpenErasure& deleted,
                                                   absl::Time deadline);

  // Stores an approved erasure as carried out, with its event.
  absl::Status Complete(const pg::Scope& scope, const ErasureRecord& completed, absl::Time now, absl::Time deadline);

  // What was erased again after a restore, and the log has still to forget.
  struct ErasedAgain {
    // Name of the erasure, which may be there no more.
    std::string erasure;
    Forgotten forgotten;
    std::string legal_basis;
  };
  // Those that are settled, as an erasure is, oldest first.
  absl::StatusOr<std::vector<ErasedAgain>> ErasedAgainOf(const pg::Scope& scope, absl::Time deadline);

  // The log has forgotten it.
  absl::Status Forget(const pg::Scope& scope, const ErasedAgain& erased, absl::Time deadline);

  // Erases again what was erased after this database was backed up, and destroys again what
  // was destroyed after the database of keys was: before anything is served. What the log is told
  // of it once more is left to the sweeper. Returns how many erasures it repeated.
  absl::StatusOr<int64_t> Replay(absl::Time deadline);

 private:
  absl::StatusOr<int64_t> ReplayKeys(int64_t from, absl::Time deadline);

  pg::Pool& pool_;
  sealing::KeyRing& keys_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_RETENTION_STORE_H_
