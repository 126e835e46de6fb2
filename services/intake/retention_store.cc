#include "services/intake/retention_store.h"

#include <map>
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
#include "services/intake/list_cursor.h"
#include "services/intake/report_content.h"
#include "services/intake/store.pb.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";
constexpr char kErasures[] = "erasures";
constexpr char kLegalHolds[] = "legalHolds";

constexpr pg::Statement kBoards = {"retention_boards", "SELECT municipality, authority FROM boards()"};

constexpr pg::Statement kCandidates = {
    "retention_candidates",
    "SELECT DISTINCT r.child FROM report r"
    "  WHERE r.municipality = $1 AND r.authority = $2 AND r.note_time < $3 AND r.child > $4"
    "    AND NOT EXISTS (SELECT FROM erasure e WHERE e.municipality = r.municipality AND e.authority = r.authority"
    "                      AND e.child = r.child AND e.state IN (1, 2))"
    "    AND NOT EXISTS (SELECT FROM legal_hold h WHERE h.municipality = r.municipality"
    "                      AND h.authority = r.authority AND h.child = r.child AND h.in_force)"
    "  ORDER BY r.child LIMIT $5"};

constexpr pg::Statement kReportsOfChild = {
    "retention_reports_of_child",
    "SELECT r.report, r.state IN (3, 4), r.note_time, r.data_key, r.submission,"
    "       EXISTS (SELECT FROM investigation_report i WHERE i.municipality = r.municipality AND i.report = r.report)"
    "  FROM report r WHERE r.municipality = $1 AND r.authority = $2 AND r.child = $3 ORDER BY r.report"};

constexpr pg::Statement kInvestigationsOfChild = {
    "retention_investigations_of_child",
    "SELECT v.investigation, v.state = 2, v.note_time, v.data_key FROM investigation v"
    "  WHERE v.municipality = $1 AND v.authority = $2 AND v.child = $3 ORDER BY v.open_time, v.investigation"};

constexpr pg::Statement kIsPlaced = {"retention_is_placed",
                                     "SELECT EXISTS (SELECT FROM placement WHERE municipality = $1 AND authority = $2"
                                     "                 AND child = $3)"};

constexpr pg::Statement kIsHeld = {"retention_is_held",
                                   "SELECT EXISTS (SELECT FROM legal_hold WHERE municipality = $1 AND authority = $2"
                                   "                 AND child = $3 AND in_force)"};

// What goes only with the last of a child: declared emergencies, and holds that have ended.
constexpr pg::Statement kOtherKeysOfChild = {
    "retention_other_keys_of_child",
    "SELECT data_key FROM emergency_access WHERE municipality = $1 AND authority = $2 AND child = $3"
    " UNION ALL "
    "SELECT data_key FROM legal_hold WHERE municipality = $1 AND authority = $2 AND child = $3 AND NOT in_force"};

constexpr pg::Statement kInsertErasure = {
    "insert_erasure",
    "INSERT INTO erasure (municipality, erasure, authority, child, state, propose_time, reports, investigations,"
    "                     whole_child, legal_basis, data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5::bigint::smallint, $6, $7, $8, $9, $10, $11, $12)"};

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
// Keys are remembered for a minute at most (libs/sealing/key_ring.h), and no call takes longer.
constexpr pg::Statement kIsSettled = {
    "erasure_is_settled",
    "SELECT e.delete_time < now() - interval '1 minute'"
    "    AND NOT EXISTS (SELECT FROM audit_entry w WHERE w.create_time < e.delete_time + interval '1 minute')"
    "  FROM erasure e WHERE e.municipality = $1 AND e.erasure = $2"};
constexpr pg::Statement kErasuresAfter = {
    "erasures_after",
    "SELECT municipality, authority, erasure, child, whole_child, reports, investigations, legal_basis, keys"
    "  FROM erasures_after($1)"};
constexpr pg::Statement kMoveDestruction = {
    "move_destruction", "UPDATE erasure SET destruction = $3 WHERE municipality = $1 AND erasure = $2"};
constexpr pg::Statement kStoreErasure = {
    "store_erasure",
    "UPDATE erasure SET state = $3::bigint::smallint, keys = $4, content = $5, version = version + 1"
    "  WHERE municipality = $1 AND erasure = $2"};
constexpr pg::Statement kMarkDeleted = {
    "mark_erasure_deleted",
    "UPDATE erasure SET destruction = $3, delete_time = coalesce(delete_time, now())"
    "  WHERE municipality = $1 AND erasure = $2"};

// What was erased again, and not yet in the log; the child where it is not known any more. Settled
// as an erasure is.
constexpr pg::Statement kInsertErasedAgain = {
    "insert_erased_again",
    "INSERT INTO erased_again (municipality, erasure, authority, child, whole_child, resources, legal_basis)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7)"
    "  ON CONFLICT (municipality, erasure) DO UPDATE SET delete_time = now()"};
constexpr pg::Statement kErasedAgain = {
    "erased_again",
    "SELECT a.erasure, a.resources, a.legal_basis,"
    "       CASE WHEN a.whole_child"
    "         AND NOT EXISTS (SELECT FROM report r WHERE r.municipality = a.municipality AND r.child = a.child)"
    "         AND NOT EXISTS (SELECT FROM investigation v WHERE v.municipality = a.municipality AND v.child = a.child)"
    "         THEN a.child END"
    "  FROM erased_again a WHERE a.municipality = $1 AND a.authority = $2"
    "    AND a.delete_time < now() - interval '1 minute'"
    "    AND NOT EXISTS (SELECT FROM audit_entry w WHERE w.create_time < a.delete_time + interval '1 minute')"
    "  ORDER BY a.delete_time, a.erasure"};
constexpr pg::Statement kDeleteErasedAgain = {"delete_erased_again",
                                              "DELETE FROM erased_again WHERE municipality = $1 AND erasure = $2"};

constexpr pg::Statement kEraseFile = {"erase_file", "SELECT FROM erase_file($1, $2, $3, $4, $5, $6)"};
constexpr pg::Statement kErasedUntil = {"erased_until", "SELECT destruction FROM erased_until"};
constexpr pg::Statement kSetErasedUntil = {"set_erased_until",
                                           "UPDATE erased_until SET destruction = greatest(destruction, $1)"};
constexpr pg::Statement kResetErasedUntil = {"reset_erased_until", "UPDATE erased_until SET destruction = $1"};

constexpr pg::Statement kHasChild = {
    "retention_has_child",
    "SELECT EXISTS (SELECT FROM report WHERE municipality = $1 AND authority = $2 AND child = $3)"};
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

// The column `data_key` of both kinds.
constexpr int kDataKeyColumn = 1;

sealing::Cell ErasureCell(const ResourceKey& id) {
  return {.column = "intake.erasure.content", .municipality = id.municipality, .row = id.id};
}
sealing::Cell HoldCell(const ResourceKey& id) {
  return {.column = "intake.legal_hold.content", .municipality = id.municipality, .row = id.id};
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

// The ids of the grounds' resources in one collection.
std::vector<pg::Uuid> IdsOf(const v1::Erasure& erasure, std::string_view collection) {
  std::vector<pg::Uuid> ids;
  for (const v1::ErasureGround& ground : erasure.grounds()) {
    if (const auto id = ParseName(ground.resource(), collection); id.has_value()) ids.push_back(id->id);
  }
  return ids;
}

// ---- files ----

// A file, and the keys that its parts are sealed with, by resource name.
struct KeyedFile {
  ChildFile file;
  std::map<std::string, pg::Uuid> keys;
};

// The day of birth by the number that was reported; nothing where none of the reports has one.
absl::StatusOr<std::optional<absl::CivilDay>> ReadBirthDay(const sealing::DataKeyPtr& key, const ResourceKey& report,
                                                           const pg::Bytes& submission) {
  if (key == nullptr) return std::optional<absl::CivilDay>();
  ASSIGN_OR_RETURN(const v1::Submission opened, OpenSubmission(*key, report, submission));
  return BirthDayOf(opened.child());
}

absl::Status ReadInvestigations(pg::ReadTransaction& transaction, const pg::Scope& scope, const pg::Uuid& child,
                                KeyedFile& keyed) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kInvestigationsOfChild, pg::Params(scope.municipality, scope.authority, child)));
  for (const pg::Row row : rows) {
    pg::Uuid id, data_key;
    FilePart part;
    absl::Time note_time;
    RETURN_IF_ERROR(row.Into(id, part.ended, note_time, data_key));
    part.resource = MakeName(scope.municipality, "investigations", id);
    part.last_note = calendar::LegalDay(note_time);
    // A reopened one rests on the reports of the first: all of a child's go together.
    part.investigation = keyed.file.parts.empty() ? part.resource : keyed.file.parts.front().investigation;
    keyed.keys[part.resource] = data_key;
    keyed.file.parts.push_back(std::move(part));
  }
  return absl::OkStatus();
}

absl::Status ReadReports(pg::ReadTransaction& transaction, sealing::KeyRing& keys, const pg::Scope& scope,
                         const pg::Uuid& child, absl::Time deadline, KeyedFile& keyed) {
  const std::string investigation = keyed.file.parts.empty() ? "" : keyed.file.parts.front().investigation;
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kReportsOfChild, pg::Params(scope.municipality, scope.authority, child)));
  for (const pg::Row row : rows) {
    ResourceKey id{scope.municipality, {}};
    pg::Uuid data_key;
    FilePart part;
    absl::Time note_time;
    pg::Bytes submission;
    bool investigated = false;
    RETURN_IF_ERROR(row.Into(id.id, part.ended, note_time, data_key, submission, investigated));
    part.resource = MakeName(scope.municipality, "reports", id.id);
    part.last_note = calendar::LegalDay(note_time);
    if (investigated) part.investigation = investigation;
    if (!keyed.file.birth_day.has_value()) {
      ASSIGN_OR_RETURN(const std::vector<sealing::DataKeyPtr> key, keys.FindAll({data_key}, deadline));
      ASSIGN_OR_RETURN(keyed.file.birth_day, ReadBirthDay(key.front(), id, submission));
    }
    keyed.keys[part.resource] = data_key;
    keyed.file.parts.push_back(std::move(part));
  }
  return absl::OkStatus();
}

absl::StatusOr<KeyedFile> ReadFile(pg::ReadTransaction& transaction, sealing::KeyRing& keys, const pg::Scope& scope,
                                   const pg::Uuid& child, absl::Time deadline) {
  KeyedFile keyed;
  keyed.file.jurisdiction = {scope.municipality, scope.authority};
  keyed.file.child = child.ToString();
  RETURN_IF_ERROR(ReadInvestigations(transaction, scope, child, keyed));
  RETURN_IF_ERROR(ReadReports(transaction, keys, scope, child, deadline, keyed));
  ASSIGN_OR_RETURN(const pg::Rows placed,
                   transaction.Query(kIsPlaced, pg::Params(scope.municipality, scope.authority, child)));
  ASSIGN_OR_RETURN(keyed.file.placed, placed[0].Get<bool>(0));
  return keyed;
}

absl::StatusOr<bool> IsHeld(pg::ReadTransaction& transaction, const pg::Scope& scope, const pg::Uuid& child) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kIsHeld, pg::Params(scope.municipality, scope.authority, child)));
  return rows[0].Get<bool>(0);
}

// The keys that all of what the erasure erases is sealed with.
absl::StatusOr<std::vector<pg::Uuid>> KeysOfErased(pg::ReadTransaction& transaction, const pg::Scope& scope,
                                                   const pg::Uuid& child, const v1::Erasure& erasure,
                                                   const KeyedFile& keyed) {
  std::vector<pg::Uuid> keys;
  for (const v1::ErasureGround& ground : erasure.grounds()) {
    const auto key = keyed.keys.find(ground.resource());
    if (key != keyed.keys.end()) keys.push_back(key->second);
  }
  if (!erasure.whole_child()) return keys;
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kOtherKeysOfChild, pg::Params(scope.municipality, scope.authority, child)));
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

absl::Status TellOf(pg::Transaction& transaction, std::string_view type, const v1::Erasure& erasure, absl::Time now) {
  const auto id = ParseName(erasure.name(), kErasures);
  return outbox::Append(
      transaction, outbox::MakeEvent(type, erasure.name(), id->municipality, LastPart(erasure.authority()), now, {}));
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
  if (rows.empty()) return NotFound("legal_hold");
  FoundHold found;
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  ASSIGN_OR_RETURN(found.key, KeyOf(keys, deadline, data_key, "legal_hold"));
  ASSIGN_OR_RETURN(found.record, ReadHold(rows[0], id.municipality, *found.key));
  return found;
}

absl::Status TellOfHold(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                        const idempotency::Request& request, std::string_view type, const v1::LegalHold& hold) {
  const auto id = ParseName(hold.name(), kLegalHolds);
  const std::string authority = LastPart(hold.authority());
  RETURN_IF_ERROR(
      outbox::Append(transaction, outbox::MakeEvent(type, hold.name(), id->municipality, authority, call.now, {})));
  const outbox::Touched touched{.municipality = id->municipality,
                                .authority = authority,
                                .children = {hold.child()},
                                .resources = {hold.name()},
                                .request_id = request.id.ToString(),
                                .detail = std::string(type)};
  return parts.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

absl::Status AlreadyHeld() {
  return status::AlreadyExists({.reason = "ALREADY_HELD",
                                .message = "the child's file is held already; nothing more is needed",
                                .swedish = "Akten är redan undantagen från gallring."});
}

// ---- what is erased ----

// Reports and investigations of one child, and whether nothing of it is left.
struct ErasedFile {
  pg::Scope scope;
  pg::Uuid child;
  bool whole_child = false;
  std::vector<pg::Uuid> reports = {};
  std::vector<pg::Uuid> investigations = {};
  // Of all grounds of the erasure.
  std::string legal_basis = {};
};

// What is noted among the keys.
std::string NoteOf(const ErasedFile& file) {
  store::v1::ErasedFile note;
  note.set_municipality(file.scope.municipality);
  note.set_authority(file.scope.authority);
  note.set_child(file.child.ToString());
  note.set_whole_child(file.whole_child);
  for (const pg::Uuid& report : file.reports) note.add_reports(report.ToString());
  for (const pg::Uuid& investigation : file.investigations) note.add_investigations(investigation.ToString());
  note.set_legal_basis(file.legal_basis);
  return note.SerializeAsString();
}

absl::StatusOr<std::vector<pg::Uuid>> ParseIds(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<pg::Uuid> ids;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(ids.emplace_back(), pg::Uuid::Parse(text));
  }
  return ids;
}

absl::StatusOr<ErasedFile> ReadNote(const std::string& text) {
  store::v1::ErasedFile note;
  if (!note.ParseFromString(text)) return status::Internal("the note of an erasure does not parse");
  ErasedFile file{.scope = {note.municipality(), note.authority()}, .child = {}, .whole_child = note.whole_child()};
  ASSIGN_OR_RETURN(file.child, pg::Uuid::Parse(note.child()));
  ASSIGN_OR_RETURN(file.reports, ParseIds(note.reports()));
  ASSIGN_OR_RETURN(file.investigations, ParseIds(note.investigations()));
  file.legal_basis = note.legal_basis();
  return file;
}

absl::Status EraseRows(pg::Transaction& transaction, const ErasedFile& file) {
  return transaction
      .Execute(kEraseFile, pg::Params(file.scope.municipality, file.scope.authority, file.child, file.whole_child,
                                      file.reports, file.investigations))
      .status();
}

// Has the log erase again what entries that wait tell of the file.
absl::Status LeaveToTheLog(pg::Transaction& transaction, const pg::Uuid& erasure, const ErasedFile& file) {
  std::vector<std::string> resources;
  for (const pg::Uuid& id : file.reports) resources.push_back(MakeName(file.scope.municipality, "reports", id));
  for (const pg::Uuid& id : file.investigations) {
    resources.push_back(MakeName(file.scope.municipality, "investigations", id));
  }
  return transaction
      .Execute(kInsertErasedAgain, pg::Params(file.scope.municipality, erasure, file.scope.authority, file.child,
                                              file.whole_child, resources, file.legal_basis))
      .status();
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
      // The database of keys came back from an older backup: nobody can read it any more.
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
  const auto approve = [&](pg::Transaction& transaction) -> absl::StatusOr<ChangedErasure> {
    ASSIGN_OR_RETURN(const auto repeated,
                     idempotency::Claim(transaction, request, {MakeName(id.municipality, kErasures, id.id)}, call.now));
    RETURN_IF_ERROR(transaction.Query(kLockErasure, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(FoundErasure before, FindErasureIn(transaction, parts_.keys, call.deadline, id));
    if (repeated.has_value()) return ChangedErasure{std::move(before.record), true};
    ASSIGN_OR_RETURN(const KeyedFile keyed, ReadFile(transaction, parts_.keys, scope, before.child, call.deadline));
    ASSIGN_OR_RETURN(const bool held, IsHeld(transaction, scope, before.child));
    ASSIGN_OR_RETURN(ErasureRecord after, approval(before.record, keyed.file, held));
    ASSIGN_OR_RETURN(const std::vector<pg::Uuid> keys,
                     KeysOfErased(transaction, scope, before.child, after.erasure, keyed));
    RETURN_IF_ERROR(StoreErasure(transaction, id, before, after.erasure, keys));
    RETURN_IF_ERROR(TellOf(transaction, "erasure.approved", after.erasure, call.now));
    // Names no child: who approved what stays in the log when what it tells of the child goes.
    const outbox::Touched touched{.municipality = scope.municipality,
                                  .authority = scope.authority,
                                  .resources = {after.erasure.name()},
                                  .legal_basis = BasisOf(after.erasure),
                                  .request_id = request.id.ToString(),
                                  .detail = "erasure.approved"};
    RETURN_IF_ERROR(
        parts_.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched)));
    after.version = before.record.version + 1;
    return ChangedErasure{std::move(after), false};
  };
  return parts_.pool.Write(scope, call.deadline, "approve_erasure", approve);
}

absl::StatusOr<RetentionStore::ChangedHold> RetentionStore::PlaceHold(const rpc::CallContext& call,
                                                                      const idempotency::Request& request,
                                                                      const LegalHoldRecord& record) {
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(record.hold.name(), kLegalHolds));
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(record.hold.child()));
  const pg::Scope scope = pg::ScopeOf(call.caller);
  const auto place = [&](pg::Transaction& transaction) -> absl::StatusOr<ChangedHold> {
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, {record.hold.name()}, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, IdOf(repeated->front(), kLegalHolds));
      ASSIGN_OR_RETURN(FoundHold found, FindHoldIn(transaction, parts_.keys, call.deadline, first));
      return ChangedHold{std::move(found.record), true};
    }
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kHasChild, pg::Params(scope.municipality, scope.authority, child)));
    ASSIGN_OR_RETURN(const bool known, rows[0].Get<bool>(0));
    if (!known) return NotFound("child");
    ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, parts_.keys.Fresh(call.deadline));
    const absl::Status inserted =
        transaction
            .Execute(kInsertHold, pg::Params(id.municipality, id.id, scope.authority, child, call.now, key->id(),
                                             key->Seal(HoldCell(id), record.hold.SerializeAsString())))
            .status();
    if (pg::ConstraintOf(inserted) == "legal_hold_in_force") return AlreadyHeld();
    RETURN_IF_ERROR(inserted);
    RETURN_IF_ERROR(TellOfHold(transaction, parts_, call, request, "legal_hold.placed", record.hold));
    return ChangedHold{record, false};
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
  const outbox::Touched touched{.municipality = call.caller.municipality,
                                .authority = call.caller.authority,
                                .children = children,
                                .resources = resources};
  return parts_.outbox.Append(parts_.writer, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched),
                              call.deadline);
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

absl::StatusOr<std::vector<ChildFile>> RetentionJobStore::Candidates(const pg::Scope& scope, absl::Time before,
                                                                     const pg::Uuid& after, int64_t most,
                                                                     absl::Time deadline) {
  return pool_.Read(scope, deadline, kCandidates.name,
                    [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<ChildFile>> {
                      ASSIGN_OR_RETURN(const pg::Rows rows,
                                       transaction.Query(kCandidates, pg::Params(scope.municipality, scope.authority,
                                                                                 before, after, most)));
                      std::vector<ChildFile> files;
                      for (const pg::Row row : rows) {
                        ASSIGN_OR_RETURN(const pg::Uuid child, row.Get<pg::Uuid>(0));
                        ASSIGN_OR_RETURN(KeyedFile keyed, ReadFile(transaction, keys_, scope, child, deadline));
                        files.push_back(std::move(keyed.file));
                      }
                      return files;
                    });
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
                                IdsOf(erasure, "reports"), IdsOf(erasure, "investigations"), erasure.whole_child(),
                                BasisOf(erasure), key->id(), key->Seal(ErasureCell(id), erasure.SerializeAsString())))
            .status();
    RETURN_IF_ERROR(inserted);
    return TellOf(transaction, "erasure.proposed", erasure, now);
  });
  // Another instance was first.
  return pg::ConstraintOf(proposed) == "erasure_open" ? absl::OkStatus() : proposed;
}

absl::StatusOr<std::vector<RetentionJobStore::OpenErasure>> RetentionJobStore::OpenErasures(const pg::Scope& scope,
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
      ASSIGN_OR_RETURN(KeyedFile keyed, ReadFile(transaction, keys_, scope, found.child, deadline));
      ASSIGN_OR_RETURN(const bool held, IsHeld(transaction, scope, found.child));
      all.push_back({.record = std::move(found.record),
                     .file = std::move(keyed.file),
                     .held = held,
                     .keys = std::move(found.keys),
                     .deleted = found.deleted});
    }
    return all;
  };
  return pool_.Read(scope, deadline, kOpenErasures.name, read);
}

absl::StatusOr<bool> RetentionJobStore::IsSettled(const pg::Scope& scope, const OpenErasure& deleted,
                                                  absl::Time deadline) {
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(deleted.record.erasure.name(), kErasures));
  return pool_.Read(scope, deadline, kIsSettled.name, [&](pg::ReadTransaction& transaction) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kIsSettled, pg::Params(id.municipality, id.id)));
    return rows[0].Get<bool>(0);
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
    return TellOf(transaction, "erasure.lapsed", record.erasure, now);
  });
}

absl::Status RetentionJobStore::Delete(const pg::Scope& scope, const OpenErasure& approved, absl::Time deadline) {
  const v1::Erasure& erasure = approved.record.erasure;
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(erasure.name(), kErasures));
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(erasure.child()));
  const ErasedFile file{.scope = scope,
                        .child = child,
                        .whole_child = erasure.whole_child(),
                        .reports = IdsOf(erasure, "reports"),
                        .investigations = IdsOf(erasure, "investigations"),
                        .legal_basis = BasisOf(erasure)};
  ASSIGN_OR_RETURN(const int64_t destruction, keys_.Destroy(id.id, NoteOf(file), approved.keys, deadline));
  return pool_.Write(scope, deadline, kMarkDeleted.name, [&](pg::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(transaction.Execute(kMarkDeleted, pg::Params(id.municipality, id.id, destruction)).status());
    RETURN_IF_ERROR(transaction.Execute(kSetErasedUntil, pg::Params(destruction)).status());
    return EraseRows(transaction, file);
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
    return TellOf(transaction, "erasure.carried_out", completed.erasure, now);
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
      std::optional<pg::Uuid> child;
      RETURN_IF_ERROR(row.Into(erasure, erased.resources, erased.legal_basis, child));
      erased.erasure = MakeName(scope.municipality, kErasures, erasure);
      if (child.has_value()) erased.child = child->ToString();
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
    ASSIGN_OR_RETURN(const ErasedFile file, ReadNote(destruction.note));
    RETURN_IF_ERROR(pool_.Write(file.scope, deadline, "erase_again", [&](pg::Transaction& transaction) -> absl::Status {
      RETURN_IF_ERROR(EraseRows(transaction, file));
      RETURN_IF_ERROR(LeaveToTheLog(transaction, destruction.id, file));
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
    ErasedFile file;
    pg::Uuid erasure;
    std::vector<pg::Uuid> keys;
    RETURN_IF_ERROR(row.Into(file.scope.municipality, file.scope.authority, erasure, file.child, file.whole_child,
                             file.reports, file.investigations, file.legal_basis, keys));
    ASSIGN_OR_RETURN(last, keys_.Destroy(erasure, NoteOf(file), keys, deadline));
    RETURN_IF_ERROR(pool_.Write(file.scope, deadline, kMoveDestruction.name, [&](pg::Transaction& transaction) {
      return transaction.Execute(kMoveDestruction, pg::Params(file.scope.municipality, erasure, last)).status();
    }));
  }
  RETURN_IF_ERROR(pool_.Write({}, deadline, kResetErasedUntil.name, [&](pg::Transaction& transaction) {
    return transaction.Execute(kResetErasedUntil, pg::Params(last)).status();
  }));
  return rows.size();
}

}  // namespace samverkan::intake
