#include "services/consent/retention_store.h"

#include <string_view>
#include <utility>

#include "libs/calendar/calendar.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/sqlstate.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/consent/child.h"
#include "services/consent/child_store.h"
#include "services/consent/list_cursor.h"
#include "services/consent/store.pb.h"

namespace samverkan::consent {
namespace {

constexpr char kErasures[] = "erasures";
constexpr char kLegalHolds[] = "legalHolds";
constexpr char kChildren[] = "children";

constexpr pg::Statement kBoards = {"retention_boards", "SELECT municipality, authority FROM boards()"};

// A child with the last note about it, and whether a report about it is on hold; ReadFile has the same
// order.
#define SAMVERKAN_FILE_COLUMNS                                                                                 \
  "SELECT c.child, c.data_key, c.content,"                                                                     \
  "       greatest(c.note_time,"                                                                               \
  "                (SELECT max(d.decide_time) FROM decision d WHERE d.municipality = c.municipality"           \
  "                   AND d.authority = c.authority AND d.child = c.child),"                                   \
  "                (SELECT max(d.disclose_time) FROM disclosure d WHERE d.municipality = c.municipality"       \
  "                   AND d.authority = c.authority AND d.child = c.child)),"                                  \
  "       EXISTS (SELECT FROM hold h, child_reference r"                                                       \
  "                 WHERE r.municipality = c.municipality AND r.authority = c.authority AND r.child = c.child" \
  "                   AND h.municipality = r.municipality AND h.authority = r.authority"                       \
  "                   AND h.reference = r.reference)"                                                          \
  "  FROM child c"

constexpr pg::Statement kCandidates = {
    "retention_candidates", SAMVERKAN_FILE_COLUMNS
    "  WHERE c.municipality = $1 AND c.authority = $2 AND c.note_time < $3 AND c.child > $4"
    "    AND NOT EXISTS (SELECT FROM erasure e WHERE e.municipality = c.municipality AND e.authority = c.authority"
    "                      AND e.child = c.child AND e.state IN (1, 2))"
    "    AND NOT EXISTS (SELECT FROM legal_hold l WHERE l.municipality = c.municipality"
    "                      AND l.authority = c.authority AND l.child = c.child AND l.in_force)"
    "  ORDER BY c.child LIMIT $5"};

// Whoever notes something about the child waits, or is waited for: a statement of its own, so that the
// read after it sees that.
constexpr pg::Statement kLockFile = {
    "retention_lock_file",
    "SELECT 1::bigint FROM child WHERE municipality = $1 AND authority = $2 AND child = $3 FOR UPDATE"};

constexpr pg::Statement kFindFile = {
    "retention_find_file", SAMVERKAN_FILE_COLUMNS "  WHERE c.municipality = $1 AND c.authority = $2 AND c.child = $3"};

constexpr pg::Statement kIsHeld = {"retention_is_held",
                                   "SELECT EXISTS (SELECT FROM legal_hold WHERE municipality = $1 AND authority = $2"
                                   "                 AND child = $3 AND in_force)"};

constexpr pg::Statement kIsBeingErased = {
    "retention_is_being_erased",
    "SELECT EXISTS (SELECT FROM erasure WHERE municipality = $1 AND authority = $2 AND child = $3 AND state = 2)"};

// Of a child that was merged, what came from the other has that one's keys. Holds in force stay.
constexpr pg::Statement kKeysOfChild = {
    "retention_keys_of_child",
    "SELECT data_key FROM child WHERE municipality = $1 AND authority = $2 AND child = $3"
    " UNION "
    "SELECT data_key FROM consent WHERE municipality = $1 AND authority = $2 AND child = $3"
    " UNION "
    "SELECT data_key FROM decision WHERE municipality = $1 AND authority = $2 AND child = $3"
    " UNION "
    "SELECT data_key FROM disclosure WHERE municipality = $1 AND authority = $2 AND child = $3"
    " UNION "
    "SELECT data_key FROM legal_hold WHERE municipality = $1 AND authority = $2 AND child = $3 AND NOT in_force"};

constexpr pg::Statement kInsertErasure = {
    "insert_erasure",
    "INSERT INTO erasure (municipality, erasure, authority, child, state, propose_time, legal_basis, data_key,"
    "                     content)"
    "  VALUES ($1, $2, $3, $4, $5::bigint::smallint, $6, $7, $8, $9)"};

#define SAMVERKAN_ERASURE_COLUMNS \
  "SELECT erasure, data_key, child, version, content, keys, delete_time IS NOT NULL FROM erasure"

constexpr pg::Statement kFindErasure = {"find_erasure",
                                        SAMVERKAN_ERASURE_COLUMNS " WHERE municipality = $1 AND erasure = $2"};
constexpr pg::Statement kLockErasure = {
    "lock_erasure", "SELECT 1::bigint FROM erasure WHERE municipality = $1 AND erasure = $2 FOR UPDATE"};
constexpr pg::Statement kListErasures = {
    "list_erasures", SAMVERKAN_ERASURE_COLUMNS
    " WHERE municipality = $1 AND authority = $2 AND ($3 = 0 OR state = $3) AND (propose_time, erasure) < ($4, $5)"
    " ORDER BY propose_time DESC, erasure DESC LIMIT $6"};
constexpr pg::Statement kOpenErasures = {
    "open_erasures", SAMVERKAN_ERASURE_COLUMNS
    " WHERE municipality = $1 AND authority = $2 AND state IN (1, 2) ORDER BY propose_time, erasure"};

// The references in `e.child_references` that are nobody's now.
#define SAMVERKAN_UNKNOWN_REFERENCES                                                              \
  "ARRAY(SELECT u.reference FROM unnest(e.child_references) AS u (reference)"                     \
  "        WHERE NOT EXISTS (SELECT FROM child_reference r WHERE r.municipality = e.municipality" \
  "                            AND r.authority = e.authority AND r.reference = u.reference))"
// Keys and children are remembered for a minute at most (libs/sealing/key_ring.h, known_children.h), and
// no call takes longer.
#define SAMVERKAN_IS_SETTLED                    \
  "e.delete_time < now() - interval '1 minute'" \
  " AND NOT EXISTS (SELECT FROM audit_entry w WHERE w.create_time < e.delete_time + interval '1 minute')"

constexpr pg::Statement kSettled = {"settled_erasure",
                                    "SELECT " SAMVERKAN_UNKNOWN_REFERENCES
                                    ", e.resources FROM erasure e"
                                    "  WHERE e.municipality = $1 AND e.erasure = $2 AND " SAMVERKAN_IS_SETTLED};
constexpr pg::Statement kErasuresAfter = {
    "erasures_after", "SELECT municipality, authority, erasure, child, legal_basis, keys FROM erasures_after($1)"};
constexpr pg::Statement kMoveDestruction = {
    "move_destruction", "UPDATE erasure SET destruction = $3 WHERE municipality = $1 AND erasure = $2"};
constexpr pg::Statement kStoreErasure = {
    "store_erasure",
    "UPDATE erasure SET state = $3::bigint::smallint, keys = $4, content = $5, version = version + 1"
    "  WHERE municipality = $1 AND erasure = $2"};
// Doing it again finds no rows any more: what the first time found is kept.
constexpr pg::Statement kMarkDeleted = {
    "mark_erasure_deleted",
    "UPDATE erasure SET destruction = $3, delete_time = coalesce(delete_time, now()),"
    "                   child_references = child_references || $4, resources = resources || $5"
    "  WHERE municipality = $1 AND erasure = $2"};
constexpr pg::Statement kForgetReferences = {"forget_references_of_erasure",
                                             "UPDATE erasure SET child_references = '{}', resources = '{}'"
                                             "  WHERE municipality = $1 AND erasure = $2"};

constexpr pg::Statement kInsertErasedAgain = {
    "insert_erased_again",
    "INSERT INTO erased_again (municipality, erasure, authority, child_references, resources, legal_basis)"
    "  VALUES ($1, $2, $3, $4, $5, $6)"
    "  ON CONFLICT (municipality, erasure) DO UPDATE"
    "    SET delete_time = now(), child_references = erased_again.child_references || EXCLUDED.child_references,"
    "        resources = erased_again.resources || EXCLUDED.resources"};
constexpr pg::Statement kErasedAgain = {"erased_again",
                                        "SELECT e.erasure, " SAMVERKAN_UNKNOWN_REFERENCES
                                        ", e.resources, e.legal_basis FROM erased_again e"
                                        "  WHERE e.municipality = $1 AND e.authority = $2 AND " SAMVERKAN_IS_SETTLED
                                        "  ORDER BY e.delete_time, e.erasure"};
constexpr pg::Statement kDeleteErasedAgain = {"delete_erased_again",
                                              "DELETE FROM erased_again WHERE municipality = $1 AND erasure = $2"};

constexpr pg::Statement kEraseChild = {"erase_child",
                                       "SELECT child_references, resources FROM erase_child($1, $2, $3)"};
constexpr pg::Statement kErasedUntil = {"erased_until", "SELECT destruction FROM erased_until"};
constexpr pg::Statement kSetErasedUntil = {"set_erased_until",
                                           "UPDATE erased_until SET destruction = greatest(destruction, $1)"};
constexpr pg::Statement kResetErasedUntil = {"reset_erased_until", "UPDATE erased_until SET destruction = $1"};

// The child that has the reference. Whoever holds it too waits.
constexpr pg::Statement kLockChildToHold = {
    "lock_child_to_hold",
    "SELECT c.child FROM child c WHERE c.municipality = $1 AND c.authority = $2"
    "  AND c.child = (SELECT o.child FROM child_reference o"
    "                   WHERE o.municipality = $1 AND o.authority = $2 AND o.reference = $3)"
    "  FOR UPDATE"};
constexpr pg::Statement kInsertHold = {
    "insert_legal_hold",
    "INSERT INTO legal_hold (municipality, legal_hold, authority, child, place_time, in_force, data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5, true, $6, $7)"};
#define SAMVERKAN_LEGAL_HOLD_COLUMNS "SELECT legal_hold, data_key, version, content FROM legal_hold"
constexpr pg::Statement kFindHold = {"find_legal_hold",
                                     SAMVERKAN_LEGAL_HOLD_COLUMNS " WHERE municipality = $1 AND legal_hold = $2"};
constexpr pg::Statement kLockHold = {
    "lock_legal_hold", "SELECT 1::bigint FROM legal_hold WHERE municipality = $1 AND legal_hold = $2 FOR UPDATE"};
constexpr pg::Statement kListHolds = {
    "list_legal_holds", SAMVERKAN_LEGAL_HOLD_COLUMNS
    " WHERE municipality = $1 AND authority = $2 AND in_force AND (place_time, legal_hold) < ($3, $4)"
    " ORDER BY place_time DESC, legal_hold DESC LIMIT $5"};
constexpr pg::Statement kStoreHold = {"store_legal_hold",
                                      "UPDATE legal_hold SET in_force = $3, content = $4, version = version + 1"
                                      "  WHERE municipality = $1 AND legal_hold = $2"};

// The column `data_key` of all three.
constexpr int kDataKeyColumn = 1;

sealing::Cell ErasureCell(const ResourceKey& id) {
  return {.column = "consent.erasure.content", .municipality = id.municipality, .row = id.id};
}
sealing::Cell HoldCell(const ResourceKey& id) {
  return {.column = "consent.legal_hold.content", .municipality = id.municipality, .row = id.id};
}

template <typename Message>
absl::StatusOr<Message> OpenCell(const sealing::Cell& cell, const sealing::DataKey& key, const pg::Bytes& sealed) {
  ASSIGN_OR_RETURN(const std::string content, key.Open(cell, sealed));
  Message message;
  if (message.ParseFromString(content)) return message;
  return status::Internal("what is stored in " + std::string(cell.column) + " does not parse");
}

absl::StatusOr<ResourceKey> IdOf(const std::string& name, std::string_view collection) {
  auto id = ParseName(name, collection);
  if (!id.has_value()) return status::Internal("a resource of ours has no name");
  return *std::move(id);
}

// ---- children ----

// No day of birth where the key has just been destroyed, or the number names none.
absl::StatusOr<ChildFile> ReadFile(const pg::Row& row, const pg::Scope& scope, const SubjectKeys& keys,
                                   absl::CivilDay today) {
  pg::Uuid id, data_key;
  pg::Bytes sealed;
  absl::Time last_note;
  ChildFile file{.authority = scope};
  RETURN_IF_ERROR(row.Into(id, data_key, sealed, last_note, file.on_hold));
  file.child = id.ToString();
  file.last_note = calendar::LegalDay(last_note);
  const auto key = keys.find(id);
  if (key == keys.end()) return file;
  ASSIGN_OR_RETURN(const v1::Child child, OpenChild(*key->second, scope, id, sealed));
  file.birth_day = BirthDayOn(child, today);
  return file;
}

absl::StatusOr<std::vector<ChildFile>> ReadFiles(const pg::Rows& rows, sealing::KeyRing& keys, const pg::Scope& scope,
                                                 absl::CivilDay today, absl::Time deadline) {
  ASSIGN_OR_RETURN(const SubjectKeys found, KeysOf(keys, deadline, rows, 0, kDataKeyColumn));
  std::vector<ChildFile> files;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(files.emplace_back(), ReadFile(row, scope, found, today));
  }
  return files;
}

// Nothing where the board has no such child.
absl::StatusOr<std::optional<ChildFile>> FindFile(pg::ReadTransaction& transaction, sealing::KeyRing& keys,
                                                  const pg::Scope& scope, const pg::Uuid& child, absl::CivilDay today,
                                                  absl::Time deadline) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kFindFile, pg::Params(scope.municipality, scope.authority, child)));
  ASSIGN_OR_RETURN(std::vector<ChildFile> files, ReadFiles(rows, keys, scope, today, deadline));
  if (files.empty()) return std::nullopt;
  return std::move(files.front());
}

absl::StatusOr<bool> Is(pg::ReadTransaction& transaction, const pg::Statement& asked, const pg::Scope& scope,
                        const pg::Uuid& child) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(asked, pg::Params(scope.municipality, scope.authority, child)));
  return rows[0].Get<bool>(0);
}

absl::StatusOr<bool> IsHeld(pg::ReadTransaction& transaction, const pg::Scope& scope, const pg::Uuid& child) {
  return Is(transaction, kIsHeld, scope, child);
}

// The keys that all of the child is sealed with.
absl::StatusOr<std::vector<pg::Uuid>> KeysOfChild(pg::ReadTransaction& transaction, const pg::Scope& scope,
                                                  const pg::Uuid& child) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kKeysOfChild, pg::Params(scope.municipality, scope.authority, child)));
  std::vector<pg::Uuid> keys;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(keys.emplace_back(), row.Get<pg::Uuid>(0));
  }
  return keys;
}

// ---- erasures ----

struct FoundErasure {
  ErasureRecord record;
  sealing::DataKeyPtr key;
  pg::Uuid child;
  // What is to be destroyed.
  std::vector<pg::Uuid> keys;
  bool deleted = false;
};

absl::StatusOr<FoundErasure> ReadErasure(const pg::Row& row, const std::string& municipality,
                                         const sealing::DataKeyPtr& key) {
  FoundErasure found;
  found.key = key;
  ResourceKey id{municipality, {}};
  pg::Uuid data_key;
  pg::Bytes content;
  RETURN_IF_ERROR(row.Into(id.id, data_key, found.child, found.record.version, content, found.keys, found.deleted));
  ASSIGN_OR_RETURN(found.record.erasure, OpenCell<v1::Erasure>(ErasureCell(id), *key, content));
  return found;
}

absl::StatusOr<FoundErasure> FindErasureIn(pg::ReadTransaction& transaction, sealing::KeyRing& keys,
                                           absl::Time deadline, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindErasure, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return NotFound("erasure");
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, KeyOf(keys, deadline, data_key, "erasure"));
  return ReadErasure(rows[0], id.municipality, key);
}

absl::Status StoreErasure(pg::Transaction& transaction, const ResourceKey& id, const FoundErasure& before,
                          const v1::Erasure& after, const std::vector<pg::Uuid>& keys) {
  return transaction
      .Execute(kStoreErasure, pg::Params(id.municipality, id.id, int64_t{after.state()}, keys,
                                         before.key->Seal(ErasureCell(id), after.SerializeAsString())))
      .status();
}

absl::Status TellOf(pg::Transaction& transaction, const pg::Scope& scope, std::string_view type,
                    const v1::Erasure& erasure, absl::Time now) {
  return outbox::Append(transaction,
                        outbox::MakeEvent(type, erasure.name(), scope.municipality, scope.authority, now, {}));
}

// ---- holds ----

struct FoundHold {
  LegalHoldRecord record;
  sealing::DataKeyPtr key;
};

absl::StatusOr<LegalHoldRecord> ReadHold(const pg::Row& row, const std::string& municipality,
                                         const sealing::DataKey& key) {
  LegalHoldRecord record;
  ResourceKey id{municipality, {}};
  pg::Uuid data_key;
  pg::Bytes content;
  RETURN_IF_ERROR(row.Into(id.id, data_key, record.version, content));
  ASSIGN_OR_RETURN(record.hold, OpenCell<v1::LegalHold>(HoldCell(id), key, content));
  return record;
}

absl::StatusOr<FoundHold> FindHoldIn(pg::ReadTransaction& transaction, sealing::KeyRing& keys, absl::Time deadline,
                                     const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindHold, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return NotFound("legal hold");
  FoundHold found;
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  ASSIGN_OR_RETURN(found.key, KeyOf(keys, deadline, data_key, "legal hold"));
  ASSIGN_OR_RETURN(found.record, ReadHold(rows[0], id.municipality, *found.key));
  return found;
}

// What an entry tells that names these children: whether the identity of one is protected is not read,
// so it is taken to be.
outbox::Touched TouchedOf(const pg::Scope& scope, const std::vector<std::string>& children,
                          const std::vector<std::string>& resources) {
  return {.municipality = scope.municipality,
          .authority = scope.authority,
          .children = children,
          .resources = resources,
          .identity_protected = !children.empty()};
}

absl::Status TellOfHold(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                        const idempotency::Request& request, const std::string& type, const v1::LegalHold& hold) {
  outbox::Touched touched = TouchedOf(pg::ScopeOf(call.caller), {hold.child()}, {hold.name()});
  touched.request_id = request.id.ToString();
  return AppendChange(transaction, parts, call, type, std::move(touched));
}

absl::Status AlreadyHeld() {
  return status::AlreadyExists({.reason = "ALREADY_HELD",
                                .message = "the child is held already; nothing more is needed",
                                .swedish = "Uppgifterna om barnet är redan undantagna från gallring."});
}

// Too late: some of its keys may be gone.
absl::Status BeingErased() {
  return status::FailedPrecondition({.reason = "ERASURE_DECIDED",
                                     .message = "the erasure of the child was approved and is being carried out",
                                     .swedish = "Gallringen är redan beslutad."});
}

// The own reference of the child to hold. Until this ends nobody else holds it, and its erasure is not
// approved.
absl::StatusOr<pg::Uuid> LockChildToHold(pg::Transaction& transaction, const pg::Scope& scope,
                                         const pg::Uuid& reference) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kLockChildToHold, pg::Params(scope.municipality, scope.authority, reference)));
  if (rows.empty()) return NotFound("child");
  ASSIGN_OR_RETURN(const pg::Uuid child, rows[0].Get<pg::Uuid>(0));
  ASSIGN_OR_RETURN(const bool held, IsHeld(transaction, scope, child));
  if (held) return AlreadyHeld();
  ASSIGN_OR_RETURN(const bool is_being_erased, Is(transaction, kIsBeingErased, scope, child));
  if (is_being_erased) return BeingErased();
  return child;
}

absl::Status InsertHold(pg::Transaction& transaction, sealing::KeyRing& keys, const rpc::CallContext& call,
                        const ResourceKey& id, const pg::Uuid& child, const v1::LegalHold& hold) {
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, keys.Fresh(call.deadline));
  return transaction
      .Execute(kInsertHold, pg::Params(id.municipality, id.id, call.caller.authority, child, call.now, key->id(),
                                       key->Seal(HoldCell(id), hold.SerializeAsString())))
      .status();
}

// ---- what is erased ----

// A child that is erased.
struct ErasedChild {
  pg::Scope scope;
  pg::Uuid child;
  // Of all grounds of the erasure.
  std::string legal_basis = {};
};

// What is noted among the keys.
std::string NoteOf(const ErasedChild& erased) {
  store::v1::ErasedChild note;
  note.set_municipality(erased.scope.municipality);
  note.set_authority(erased.scope.authority);
  note.set_child(erased.child.ToString());
  note.set_legal_basis(erased.legal_basis);
  return note.SerializeAsString();
}

absl::StatusOr<ErasedChild> ReadNote(const std::string& text) {
  store::v1::ErasedChild note;
  if (!note.ParseFromString(text)) return status::Internal("the note of an erasure does not parse");
  ErasedChild erased{.scope = {note.municipality(), note.authority()}, .child = {}, .legal_basis = note.legal_basis()};
  ASSIGN_OR_RETURN(erased.child, pg::Uuid::Parse(note.child()));
  return erased;
}

// What was found where it was erased.
struct ErasedRows {
  std::vector<pg::Uuid> references;
  std::vector<std::string> resources;
};

absl::StatusOr<ErasedRows> EraseRows(pg::Transaction& transaction, const ErasedChild& erased) {
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Execute(kEraseChild, pg::Params(erased.scope.municipality, erased.scope.authority, erased.child)));
  ErasedRows found;
  RETURN_IF_ERROR(rows[0].Into(found.references, found.resources));
  return found;
}

// Has the log erase again what entries that wait tell of the child.
absl::Status LeaveToTheLog(pg::Transaction& transaction, const pg::Uuid& erasure, const ErasedChild& erased,
                           const ErasedRows& found) {
  return transaction
      .Execute(kInsertErasedAgain, pg::Params(erased.scope.municipality, erasure, erased.scope.authority,
                                              found.references, found.resources, erased.legal_basis))
      .status();
}

RetentionJobStore::Forgotten ForgottenOf(const std::string& municipality, const ErasedRows& found) {
  RetentionJobStore::Forgotten forgotten;
  for (const pg::Uuid& reference : found.references) {
    forgotten.children.push_back(reference.ToString());
    forgotten.resources.push_back(MakeName(municipality, kChildren, reference));
  }
  forgotten.resources.insert(forgotten.resources.end(), found.resources.begin(), found.resources.end());
  return forgotten;
}

}  // namespace

absl::StatusOr<RetentionStore::ErasurePage> RetentionStore::ListErasures(const rpc::CallContext& call, int state,
                                                                         int32_t page_size, const std::string& cursor) {
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const pg::Scope scope = pg::ScopeOf(call.caller);
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<ErasurePage> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListErasures, pg::Params(scope.municipality, scope.authority, int64_t{state},
                                                                 before.time, before.id, int64_t{page_size} + 1)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, kDataKeyColumn));
    ErasurePage page;
    for (const pg::Row row : rows) {
      if (page.erasures.size() == static_cast<size_t>(page_size)) {
        page.next_cursor =
            MakeListCursor(page.erasures.back().erasure.propose_time(), page.erasures.back().erasure.name());
        break;
      }
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(FoundErasure found, ReadErasure(row, scope.municipality, key->second));
      page.erasures.push_back(std::move(found.record));
    }
    return page;
  };
  return parts_.pool.Read(scope, call.deadline, "list_erasures", list);
}

absl::StatusOr<ErasureRecord> RetentionStore::FindErasure(const rpc::CallContext& call, const ResourceKey& id) {
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "find_erasure",
                          [&](pg::ReadTransaction& transaction) -> absl::StatusOr<ErasureRecord> {
                            ASSIGN_OR_RETURN(FoundErasure found,
                                             FindErasureIn(transaction, parts_.keys, call.deadline, id));
                            return std::move(found.record);
                          });
}

absl::StatusOr<RetentionStore::ChangedErasure> RetentionStore::Approve(const rpc::CallContext& call,
                                                                       const ResourceKey& id,
                                                                       const idempotency::Request& request,
                                                                       const Approval& approval) {
  const pg::Scope scope = pg::ScopeOf(call.caller);
  const absl::CivilDay today = calendar::LegalDay(call.now);
  const auto approve = [&](pg::Transaction& transaction) -> absl::StatusOr<ChangedErasure> {
    ASSIGN_OR_RETURN(const auto repeated,
                     idempotency::Claim(transaction, request, {MakeName(id.municipality, kErasures, id.id)}, call.now));
    RETURN_IF_ERROR(transaction.Query(kLockErasure, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(FoundErasure before, FindErasureIn(transaction, parts_.keys, call.deadline, id));
    if (repeated.has_value()) return ChangedErasure{std::move(before.record), true};
    RETURN_IF_ERROR(
        transaction.Query(kLockFile, pg::Params(scope.municipality, scope.authority, before.child)).status());
    ASSIGN_OR_RETURN(const auto file, FindFile(transaction, parts_.keys, scope, before.child, today, call.deadline));
    ASSIGN_OR_RETURN(const bool held, IsHeld(transaction, scope, before.child));
    ASSIGN_OR_RETURN(ErasureRecord after, approval(before.record, file, held));
    ASSIGN_OR_RETURN(const std::vector<pg::Uuid> keys, KeysOfChild(transaction, scope, before.child));
    RETURN_IF_ERROR(StoreErasure(transaction, id, before, after.erasure, keys));
    // Names no child: who approved what stays in the log when what it tells of the child goes.
    outbox::Touched touched = TouchedOf(scope, {}, {after.erasure.name()});
    touched.legal_basis = BasisOf(after.erasure);
    touched.request_id = request.id.ToString();
    RETURN_IF_ERROR(AppendChange(transaction, parts_, call, "erasure.approved", std::move(touched)));
    after.version = before.record.version + 1;
    return ChangedErasure{std::move(after), false};
  };
  return parts_.pool.Write(scope, call.deadline, "approve_erasure", approve);
}

absl::StatusOr<RetentionStore::ChangedHold> RetentionStore::PlaceHold(const rpc::CallContext& call,
                                                                      const idempotency::Request& request,
                                                                      const LegalHoldRecord& record) {
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(record.hold.name(), kLegalHolds));
  ASSIGN_OR_RETURN(const pg::Uuid reference, pg::Uuid::Parse(record.hold.child()));
  const pg::Scope scope = pg::ScopeOf(call.caller);
  const auto place = [&](pg::Transaction& transaction) -> absl::StatusOr<ChangedHold> {
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, {record.hold.name()}, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, IdOf(repeated->front(), kLegalHolds));
      ASSIGN_OR_RETURN(FoundHold found, FindHoldIn(transaction, parts_.keys, call.deadline, first));
      return ChangedHold{std::move(found.record), true};
    }
    ASSIGN_OR_RETURN(const pg::Uuid child, LockChildToHold(transaction, scope, reference));
    LegalHoldRecord placed = record;
    placed.hold.set_child(child.ToString());
    RETURN_IF_ERROR(InsertHold(transaction, parts_.keys, call, id, child, placed.hold));
    RETURN_IF_ERROR(TellOfHold(transaction, parts_, call, request, "legal_hold.placed", placed.hold));
    return ChangedHold{std::move(placed), false};
  };
  return parts_.pool.Write(scope, call.deadline, "place_legal_hold", place);
}

absl::StatusOr<RetentionStore::ChangedHold> RetentionStore::ChangeHold(const rpc::CallContext& call,
                                                                       const ResourceKey& id,
                                                                       const idempotency::Request& request,
                                                                       const HoldTransition& transition) {
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<ChangedHold> {
    ASSIGN_OR_RETURN(
        const auto repeated,
        idempotency::Claim(transaction, request, {MakeName(id.municipality, kLegalHolds, id.id)}, call.now));
    RETURN_IF_ERROR(transaction.Query(kLockHold, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(FoundHold before, FindHoldIn(transaction, parts_.keys, call.deadline, id));
    if (repeated.has_value()) return ChangedHold{std::move(before.record), true};
    ASSIGN_OR_RETURN(LegalHoldRecord after, transition(before.record));
    RETURN_IF_ERROR(transaction
                        .Execute(kStoreHold, pg::Params(id.municipality, id.id, !after.hold.has_release_time(),
                                                        before.key->Seal(HoldCell(id), after.hold.SerializeAsString())))
                        .status());
    RETURN_IF_ERROR(TellOfHold(transaction, parts_, call, request, "legal_hold.released", after.hold));
    after.version = before.record.version + 1;
    return ChangedHold{std::move(after), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "change_legal_hold", change);
}

absl::StatusOr<RetentionStore::HoldPage> RetentionStore::ListHolds(const rpc::CallContext& call, int32_t page_size,
                                                                   const std::string& cursor) {
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const pg::Scope scope = pg::ScopeOf(call.caller);
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<HoldPage> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListHolds, pg::Params(scope.municipality, scope.authority, before.time,
                                                              before.id, int64_t{page_size} + 1)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, kDataKeyColumn));
    HoldPage page;
    for (const pg::Row row : rows) {
      if (page.holds.size() == static_cast<size_t>(page_size)) {
        page.next_cursor = MakeListCursor(page.holds.back().hold.place_time(), page.holds.back().hold.name());
        break;
      }
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(LegalHoldRecord record, ReadHold(row, scope.municipality, *key->second));
      page.holds.push_back(std::move(record));
    }
    return page;
  };
  return parts_.pool.Read(scope, call.deadline, "list_legal_holds", list);
}

absl::Status RetentionStore::RecordRead(const rpc::CallContext& call, const std::vector<std::string>& children,
                                        const std::vector<std::string>& resources) {
  return AppendRead(parts_, call, TouchedOf(pg::ScopeOf(call.caller), children, resources));
}

// ---- jobs ----

absl::StatusOr<std::vector<pg::Scope>> RetentionJobStore::Boards(absl::Time deadline) {
  return pool_.Read({}, deadline, kBoards.name,
                    [](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<pg::Scope>> {
                      ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kBoards));
                      std::vector<pg::Scope> boards;
                      for (const pg::Row row : rows) {
                        pg::Scope& board = boards.emplace_back();
                        RETURN_IF_ERROR(row.Into(board.municipality, board.authority));
                      }
                      return boards;
                    });
}

absl::StatusOr<std::vector<ChildFile>> RetentionJobStore::Candidates(const pg::Scope& scope, const Candidacy& candidacy,
                                                                     absl::Time deadline) {
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<ChildFile>> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kCandidates, pg::Params(scope.municipality, scope.authority, candidacy.before,
                                                               candidacy.after, candidacy.most)));
    return ReadFiles(rows, keys_, scope, candidacy.today, deadline);
  };
  return pool_.Read(scope, deadline, kCandidates.name, list);
}

absl::Status RetentionJobStore::Propose(const pg::Scope& scope, const ErasureRecord& record, absl::Time now,
                                        absl::Time deadline) {
  const v1::Erasure& erasure = record.erasure;
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(erasure.name(), kErasures));
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(erasure.child()));
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, keys_.Fresh(deadline));
  const absl::Status proposed = pool_.Write(scope, deadline, kInsertErasure.name, [&](pg::Transaction& transaction) {
    const absl::Status inserted =
        transaction
            .Execute(kInsertErasure,
                     pg::Params(id.municipality, id.id, scope.authority, child, int64_t{erasure.state()}, now,
                                BasisOf(erasure), key->id(), key->Seal(ErasureCell(id), erasure.SerializeAsString())))
            .status();
    RETURN_IF_ERROR(inserted);
    return TellOf(transaction, scope, "erasure.proposed", erasure, now);
  });
  // Another instance was first.
  return pg::ConstraintOf(proposed) == "erasure_open" ? absl::OkStatus() : proposed;
}

absl::StatusOr<std::vector<RetentionJobStore::OpenErasure>> RetentionJobStore::OpenErasures(const pg::Scope& scope,
                                                                                            absl::CivilDay today,
                                                                                            absl::Time deadline) {
  using Result = absl::StatusOr<std::vector<OpenErasure>>;
  const auto read = [&](pg::ReadTransaction& transaction) -> Result {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kOpenErasures, pg::Params(scope.municipality, scope.authority)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(keys_, deadline, rows, 0, kDataKeyColumn));
    std::vector<OpenErasure> all;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      // The database of keys came back from an older backup: nobody can read it any more.
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(FoundErasure found, ReadErasure(row, scope.municipality, key->second));
      ASSIGN_OR_RETURN(auto file, FindFile(transaction, keys_, scope, found.child, today, deadline));
      ASSIGN_OR_RETURN(const bool held, IsHeld(transaction, scope, found.child));
      all.push_back({.record = std::move(found.record),
                     .file = std::move(file),
                     .held = held,
                     .keys = std::move(found.keys),
                     .deleted = found.deleted});
    }
    return all;
  };
  return pool_.Read(scope, deadline, kOpenErasures.name, read);
}

absl::StatusOr<std::optional<RetentionJobStore::Forgotten>> RetentionJobStore::Settled(const pg::Scope& scope,
                                                                                       const OpenErasure& deleted,
                                                                                       absl::Time deadline) {
  using Result = absl::StatusOr<std::optional<Forgotten>>;
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(deleted.record.erasure.name(), kErasures));
  return pool_.Read(scope, deadline, kSettled.name, [&](pg::ReadTransaction& transaction) -> Result {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kSettled, pg::Params(id.municipality, id.id)));
    if (rows.empty()) return std::nullopt;
    ErasedRows found;
    RETURN_IF_ERROR(rows[0].Into(found.references, found.resources));
    return ForgottenOf(scope.municipality, found);
  });
}

absl::Status RetentionJobStore::Lapse(const pg::Scope& scope, const ErasureRecord& record, absl::Time now,
                                      absl::Time deadline) {
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(record.erasure.name(), kErasures));
  return pool_.Write(scope, deadline, "lapse_erasure", [&](pg::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(transaction.Query(kLockErasure, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(const FoundErasure before, FindErasureIn(transaction, keys_, deadline, id));
    // Approved in the meantime: what it rests on was looked at again then.
    if (before.record.erasure.state() != v1::Erasure::PROPOSED) return absl::OkStatus();
    RETURN_IF_ERROR(StoreErasure(transaction, id, before, record.erasure, {}));
    return TellOf(transaction, scope, "erasure.lapsed", record.erasure, now);
  });
}

absl::Status RetentionJobStore::Delete(const pg::Scope& scope, const OpenErasure& approved, absl::Time deadline) {
  const v1::Erasure& erasure = approved.record.erasure;
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(erasure.name(), kErasures));
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(erasure.child()));
  const ErasedChild erased{.scope = scope, .child = child, .legal_basis = BasisOf(erasure)};
  ASSIGN_OR_RETURN(const int64_t destruction, keys_.Destroy(id.id, NoteOf(erased), approved.keys, deadline));
  return pool_.Write(scope, deadline, kMarkDeleted.name, [&](pg::Transaction& transaction) -> absl::Status {
    // As an approval does, before the child.
    RETURN_IF_ERROR(transaction.Query(kLockErasure, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(const FoundErasure before, FindErasureIn(transaction, keys_, deadline, id));
    // Another instance was first, and the child that is known by the reference now may be a new one.
    if (before.record.erasure.state() != v1::Erasure::APPROVED || before.deleted) return absl::OkStatus();
    ASSIGN_OR_RETURN(const ErasedRows found, EraseRows(transaction, erased));
    RETURN_IF_ERROR(
        transaction
            .Execute(kMarkDeleted, pg::Params(id.municipality, id.id, destruction, found.references, found.resources))
            .status());
    return transaction.Execute(kSetErasedUntil, pg::Params(destruction)).status();
  });
}

absl::Status RetentionJobStore::Complete(const pg::Scope& scope, const ErasureRecord& completed, absl::Time now,
                                         absl::Time deadline) {
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(completed.erasure.name(), kErasures));
  return pool_.Write(scope, deadline, "complete_erasure", [&](pg::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(transaction.Query(kLockErasure, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(const FoundErasure before, FindErasureIn(transaction, keys_, deadline, id));
    // Another instance was first.
    if (before.record.erasure.state() != v1::Erasure::APPROVED) return absl::OkStatus();
    RETURN_IF_ERROR(StoreErasure(transaction, id, before, completed.erasure, before.keys));
    RETURN_IF_ERROR(transaction.Execute(kForgetReferences, pg::Params(id.municipality, id.id)).status());
    return TellOf(transaction, scope, "erasure.carried_out", completed.erasure, now);
  });
}

absl::StatusOr<std::vector<RetentionJobStore::ErasedAgain>> RetentionJobStore::ErasedAgainOf(const pg::Scope& scope,
                                                                                             absl::Time deadline) {
  using Result = absl::StatusOr<std::vector<ErasedAgain>>;
  return pool_.Read(scope, deadline, kErasedAgain.name, [&](pg::ReadTransaction& transaction) -> Result {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kErasedAgain, pg::Params(scope.municipality, scope.authority)));
    std::vector<ErasedAgain> all;
    for (const pg::Row row : rows) {
      ErasedAgain& erased = all.emplace_back();
      pg::Uuid erasure;
      ErasedRows found;
      RETURN_IF_ERROR(row.Into(erasure, found.references, found.resources, erased.legal_basis));
      erased.erasure = MakeName(scope.municipality, kErasures, erasure);
      erased.forgotten = ForgottenOf(scope.municipality, found);
    }
    return all;
  });
}

absl::Status RetentionJobStore::Forget(const pg::Scope& scope, const ErasedAgain& erased, absl::Time deadline) {
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(erased.erasure, kErasures));
  return pool_.Write(scope, deadline, kDeleteErasedAgain.name, [&](pg::Transaction& transaction) {
    return transaction.Execute(kDeleteErasedAgain, pg::Params(id.municipality, id.id)).status();
  });
}

absl::StatusOr<int64_t> RetentionJobStore::Replay(absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const int64_t until,
      pool_.Read({}, deadline, kErasedUntil.name, [](pg::ReadTransaction& transaction) -> absl::StatusOr<int64_t> {
        ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kErasedUntil));
        return rows[0].Get<int64_t>(0);
      }));
  ASSIGN_OR_RETURN(const int64_t last, keys_.LastDestruction(deadline));
  if (last < until) return ReplayKeys(last, deadline);
  ASSIGN_OR_RETURN(const auto destructions, keys_.DestructionsAfter(until, deadline));
  for (const sealing::Destruction& destruction : destructions) {
    ASSIGN_OR_RETURN(const ErasedChild erased, ReadNote(destruction.note));
    RETURN_IF_ERROR(
        pool_.Write(erased.scope, deadline, "erase_again", [&](pg::Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(const ErasedRows found, EraseRows(transaction, erased));
          RETURN_IF_ERROR(LeaveToTheLog(transaction, destruction.id, erased, found));
          return transaction.Execute(kSetErasedUntil, pg::Params(destruction.sequence)).status();
        }));
  }
  return static_cast<int64_t>(destructions.size());
}

absl::StatusOr<int64_t> RetentionJobStore::ReplayKeys(int64_t from, absl::Time deadline) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   pool_.Read({}, deadline, kErasuresAfter.name, [&](pg::ReadTransaction& transaction) {
                     return transaction.Query(kErasuresAfter, pg::Params(from));
                   }));
  int64_t last = from;
  for (const pg::Row row : rows) {
    ErasedChild erased;
    pg::Uuid erasure;
    std::vector<pg::Uuid> keys;
    RETURN_IF_ERROR(
        row.Into(erased.scope.municipality, erased.scope.authority, erasure, erased.child, erased.legal_basis, keys));
    ASSIGN_OR_RETURN(last, keys_.Destroy(erasure, NoteOf(erased), keys, deadline));
    RETURN_IF_ERROR(pool_.Write(erased.scope, deadline, kMoveDestruction.name, [&](pg::Transaction& transaction) {
      return transaction.Execute(kMoveDestruction, pg::Params(erased.scope.municipality, erasure, last)).status();
    }));
  }
  RETURN_IF_ERROR(pool_.Write({}, deadline, kResetErasedUntil.name, [&](pg::Transaction& transaction) {
    return transaction.Execute(kResetErasedUntil, pg::Params(last)).status();
  }));
  return rows.size();
}

}  // namespace samverkan::consent
