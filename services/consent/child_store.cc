#include "services/consent/child_store.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "libs/calendar/calendar.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/consent/access.h"

namespace samverkan::consent {
namespace {

constexpr char kCollection[] = "children";

// What a StoredChild is read from; ReadChild has the same order.
#define SAMVERKAN_CHILD_COLUMNS                                                                                \
  "SELECT c.child, c.data_key, c.authority, c.create_time, c.version, c.content,"                              \
  "       ARRAY(SELECT r.reference FROM child_reference r"                                                     \
  "               WHERE r.municipality = c.municipality AND r.authority = c.authority AND r.child = c.child"   \
  "                 AND r.reference <> c.child ORDER BY r.reference),"                                         \
  "       EXISTS (SELECT FROM hold h, child_reference r"                                                       \
  "                 WHERE r.municipality = c.municipality AND r.authority = c.authority AND r.child = c.child" \
  "                   AND h.municipality = r.municipality AND h.authority = r.authority"                       \
  "                   AND h.reference = r.reference)"                                                          \
  "  FROM child c"

// A child that is merged this often while one waits for it is not waited for.
constexpr int kMostMerges = 20;

// The child that has the reference $3.
#define SAMVERKAN_CHILD_OF_REFERENCE                        \
  " WHERE c.municipality = $1 AND c.authority = $2"         \
  "   AND c.child = (SELECT o.child FROM child_reference o" \
  "                    WHERE o.municipality = $1 AND o.authority = $2 AND o.reference = $3)"

constexpr pg::Statement kFindChild = {"find_child", SAMVERKAN_CHILD_COLUMNS SAMVERKAN_CHILD_OF_REFERENCE};

// A statement of its own, so that the read after it sees what it waited for.
constexpr pg::Statement kLockChild = {
    "lock_child",
    "UPDATE child c SET version = c.version + 1, note_time = greatest(c.note_time, $4)" SAMVERKAN_CHILD_OF_REFERENCE};

constexpr pg::Statement kIsKnown = {"is_child_known", "SELECT 1::bigint FROM child c" SAMVERKAN_CHILD_OF_REFERENCE};

constexpr pg::Statement kFindReferenceByNumber = {
    "find_reference_by_number",
    "SELECT child FROM child_number WHERE municipality = $1 AND authority = $2 AND blind_index = ANY($3::bytea[])"
    "  LIMIT 1"};

constexpr pg::Statement kFindHiddenAuthority = {"find_hidden_authority_of_child", "SELECT authority_of_child($1, $2)"};

// Whoever does something with the same number or reference, which perhaps has no row yet, waits.
constexpr pg::Statement kLockNumber = {
    "lock_child_number",
    "SELECT 1::bigint FROM pg_advisory_xact_lock(hashtextextended('consent.child_number' || encode($1, 'hex'), 0))"};
constexpr pg::Statement kLockReference = {
    "lock_child_reference",
    "SELECT 1::bigint FROM pg_advisory_xact_lock("
    "  hashtextextended('consent.child_reference' || $1 || '/' || $2 || '/' || $3::uuid, 0))"};

constexpr pg::Statement kInsertChild = {
    "insert_child",
    "INSERT INTO child (municipality, authority, child, unit_tags, assignee_tag, index_key, create_time, note_time,"
    "                   data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)"};

constexpr pg::Statement kInsertReference = {
    "insert_child_reference",
    "INSERT INTO child_reference (municipality, authority, reference, child) VALUES ($1, $2, $3, $4)"};

// One row unless another child has the number.
constexpr pg::Statement kInsertNumber = {
    "insert_child_number",
    "INSERT INTO child_number (municipality, authority, blind_index, index_key, child) VALUES ($1, $2, $3, $4, $5)"
    "  ON CONFLICT (municipality, authority, blind_index) DO UPDATE SET index_key = EXCLUDED.index_key"
    "    WHERE child_number.child = EXCLUDED.child"};

constexpr pg::Statement kDeleteNumber = {
    "delete_child_number",
    "DELETE FROM child_number WHERE municipality = $1 AND authority = $2 AND blind_index = ANY($3::bytea[])"
    "  AND child = $4"};

// The version was counted up when the row was locked.
constexpr pg::Statement kStoreChild = {
    "store_child",
    "UPDATE child SET unit_tags = $4, assignee_tag = $5, index_key = $6, content = $7"
    "  WHERE municipality = $1 AND authority = $2 AND child = $3"};

constexpr pg::Statement kMergeChildren = {"merge_children", "SELECT merge_children($1, $2, $3, $4)"};

constexpr pg::Statement kInsertHold = {
    "insert_hold",
    "INSERT INTO hold (municipality, authority, report, reference) VALUES ($1, $2, $3, $4)"
    "  ON CONFLICT (municipality, authority, report) DO UPDATE SET reference = EXCLUDED.reference"
    "    WHERE hold.reference <> EXCLUDED.reference"};

constexpr pg::Statement kDeleteHold = {"delete_hold",
                                       "DELETE FROM hold WHERE municipality = $1 AND authority = $2 AND report = $3"};

// The column `data_key` of SAMVERKAN_CHILD_COLUMNS.
constexpr int kDataKeyColumn = 1;

sealing::Cell CellOf(const pg::Scope& authority, const pg::Uuid& child) {
  return {.column = "consent.child.content",
          .municipality = authority.municipality,
          .row = child,
          .rest = authority.authority};
}

// ---- reading ----

absl::StatusOr<StoredChild> ReadChild(const pg::Row& row, const std::string& municipality, sealing::DataKeyPtr key) {
  StoredChild stored{.id = {}, .record = {}, .key = std::move(key)};
  pg::Uuid data_key;
  pg::Scope authority{.municipality = municipality};
  absl::Time create_time;
  pg::Bytes sealed;
  std::vector<pg::Uuid> aliases;
  bool on_hold = false;
  RETURN_IF_ERROR(
      row.Into(stored.id, data_key, authority.authority, create_time, stored.record.version, sealed, aliases, on_hold));
  v1::Child& child = stored.record.child;
  ASSIGN_OR_RETURN(child, OpenChild(*stored.key, authority, stored.id, sealed));
  child.set_name(MakeName(municipality, kCollection, stored.id));
  child.set_authority(MakeName(municipality, "authorities", authority.authority));
  for (const pg::Uuid& alias : aliases) child.add_aliases(alias.ToString());
  child.set_on_hold(on_hold);
  *child.mutable_create_time() = proto_time::ToProto(create_time);
  return stored;
}

// Nothing where the authority has no such child.
absl::StatusOr<std::optional<StoredChild>> FindIn(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                  absl::Time deadline, const pg::Scope& authority,
                                                  const pg::Uuid& reference) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kFindChild, pg::Params(authority.municipality, authority.authority, reference)));
  if (rows.empty()) return std::optional<StoredChild>();
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  ASSIGN_OR_RETURN(sealing::DataKeyPtr key, KeyOf(parts.keys, deadline, data_key, "child"));
  ASSIGN_OR_RETURN(StoredChild stored, ReadChild(rows[0], authority.municipality, std::move(key)));
  return std::optional<StoredChild>(std::move(stored));
}

absl::Status Hidden(pg::ReadTransaction& transaction, const ResourceKey& child) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kFindHiddenAuthority, pg::Params(child.municipality, child.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound("child");
  return NotFound("child", {.municipality = child.municipality, .authority = *authority});
}

// Counts up the version of the child with the reference, whose row is locked from then on. False where nobody
// is known by it.
absl::StatusOr<bool> RaiseVersion(pg::Transaction& transaction, const pg::Scope& authority, const pg::Uuid& reference,
                                  absl::Time now) {
  for (int attempt = 0; attempt < kMostMerges; ++attempt) {
    ASSIGN_OR_RETURN(
        const pg::Rows raised,
        transaction.Execute(kLockChild, pg::Params(authority.municipality, authority.authority, reference, now)));
    if (raised.affected() > 0) return true;
    // Where the child was merged while its row was waited for, the reference finds another by now.
    ASSIGN_OR_RETURN(const pg::Rows known,
                     transaction.Query(kIsKnown, pg::Params(authority.municipality, authority.authority, reference)));
    if (known.empty()) return false;
  }
  return ChildChanging();
}

// The scope of a child's row: of the municipality that its name says, so that none of another one
// is taken for it.
pg::Scope ScopeOf(const rpc::CallContext& call, const ResourceKey& child) {
  return {.municipality = child.municipality, .authority = call.caller.authority};
}

absl::StatusOr<std::optional<pg::Uuid>> ReferenceOfNumber(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                          const pg::Scope& authority, const std::string& digits) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kFindReferenceByNumber, pg::Params(authority.municipality, authority.authority,
                                                                        parts.tags.Child(authority, digits))));
  if (rows.empty()) return std::optional<pg::Uuid>();
  ASSIGN_OR_RETURN(const pg::Uuid child, rows[0].Get<pg::Uuid>(0));
  return std::optional<pg::Uuid>(child);
}

// ---- writing ----

// What other columns and tables hold is taken out before the rest is sealed as one.
pg::Bytes Seal(const sealing::DataKey& key, const pg::Scope& authority, const pg::Uuid& id, v1::Child child) {
  child.clear_name();
  child.clear_authority();
  child.clear_aliases();
  child.clear_on_hold();
  child.clear_create_time();
  child.clear_etag();
  return key.Seal(CellOf(authority, id), child.SerializeAsString());
}

absl::Status NumberTaken() {
  return status::AlreadyExists(
      {.reason = "IDENTITY_NUMBER_TAKEN",
       .message = "another child of the authority has this identity number; register it with both references instead",
       .swedish = "Ett annat barn hos nämnden har redan numret."});
}

absl::Status InsertNumber(pg::Transaction& transaction, const StoreParts& parts, const pg::Scope& authority,
                          const pg::Uuid& child, const std::string& digits) {
  ASSIGN_OR_RETURN(const auto holder, ReferenceOfNumber(transaction, parts, authority, digits));
  if (holder.has_value() && *holder != child) return NumberTaken();
  const std::vector<pg::Bytes> tags = parts.tags.Child(authority, digits);
  ASSIGN_OR_RETURN(const pg::Rows inserted,
                   transaction.Execute(kInsertNumber, pg::Params(authority.municipality, authority.authority,
                                                                 tags.front(), parts.tags.key_id(), child)));
  return inserted.affected() == 1 ? absl::OkStatus() : NumberTaken();
}

std::set<std::string> NumbersOf(const v1::Child& child) {
  std::set<std::string> numbers;
  for (const v1::IdentityNumber& number : child.identity_numbers()) numbers.insert(number.identity_number());
  return numbers;
}

// The numbers that find the child are those that it has.
absl::Status StoreNumbers(pg::Transaction& transaction, const StoreParts& parts, const pg::Scope& authority,
                          const pg::Uuid& id, const v1::Child& before, const v1::Child& after) {
  const std::set<std::string> had = NumbersOf(before), has = NumbersOf(after);
  for (const std::string& digits : had) {
    if (has.count(digits) > 0) continue;
    RETURN_IF_ERROR(transaction
                        .Execute(kDeleteNumber, pg::Params(authority.municipality, authority.authority,
                                                           parts.tags.Child(authority, digits), id))
                        .status());
  }
  for (const std::string& digits : has) {
    if (had.count(digits) == 0) RETURN_IF_ERROR(InsertNumber(transaction, parts, authority, id, digits));
  }
  return absl::OkStatus();
}

absl::Status InsertReference(pg::Transaction& transaction, const pg::Scope& authority, const pg::Uuid& reference,
                             const pg::Uuid& child) {
  return transaction
      .Execute(kInsertReference, pg::Params(authority.municipality, authority.authority, reference, child))
      .status();
}

absl::Status InsertChild(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                         const pg::Uuid& id, const v1::Child& child) {
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, parts.keys.Fresh(call.deadline));
  const pg::Scope authority = AuthorityOf(child);
  const Placement placement = PlacementOf(child);
  RETURN_IF_ERROR(
      transaction
          .Execute(kInsertChild, pg::Params(authority.municipality, authority.authority, id,
                                            parts.tags.Units(placement), parts.tags.Assignee(placement),
                                            parts.tags.key_id(), call.now, key->id(), Seal(*key, authority, id, child)))
          .status());
  RETURN_IF_ERROR(InsertReference(transaction, authority, id, id));
  return StoreNumbers(transaction, parts, authority, id, v1::Child(), child);
}

absl::Status StoreChild(pg::Transaction& transaction, const StoreParts& parts, const StoredChild& before,
                        const v1::Child& after) {
  const pg::Scope authority = AuthorityOf(after);
  const Placement placement = PlacementOf(after);
  RETURN_IF_ERROR(
      transaction
          .Execute(kStoreChild, pg::Params(authority.municipality, authority.authority, before.id,
                                           parts.tags.Units(placement), parts.tags.Assignee(placement),
                                           parts.tags.key_id(), Seal(*before.key, authority, before.id, after)))
          .status());
  return StoreNumbers(transaction, parts, authority, before.id, before.record.child, after);
}

// What an audit entry says of the child and of `part` of it, where that is named apart.
outbox::Touched TouchedPart(const ChildRecord& record, const rpc::CallContext& call, const std::string& part) {
  outbox::Touched touched = TouchedBy(record, calendar::LegalDay(call.now), record.child.name());
  if (!part.empty()) touched.resources.push_back(record.child.name() + "/" + part);
  return touched;
}

absl::Status AppendChildChange(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                               const idempotency::Request& request, const std::string& type, const ChildRecord& record,
                               const std::string& part = "") {
  outbox::Touched touched = TouchedPart(record, call, part);
  touched.request_id = request.id.ToString();
  return AppendChange(transaction, parts, call, type, std::move(touched));
}

absl::StatusOr<ResourceKey> KeyOfName(const std::string& name) {
  auto key = ParseName(name, kCollection);
  if (!key.has_value()) return status::Internal("a child has no name");
  return *std::move(key);
}

// ---- registering ----

// What the authority knows of a registration's number and reference.
struct Known {
  std::optional<StoredChild> by_number;
  std::optional<StoredChild> by_reference;
};

absl::StatusOr<Known> FindKnown(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                                const ChildStore::Registration& registration) {
  const pg::Scope authority = pg::ScopeOf(call.caller);
  const std::vector<pg::Bytes> tags = parts.tags.Child(authority, registration.identity_digits);
  RETURN_IF_ERROR(transaction.Query(kLockNumber, pg::Params(tags.front())).status());
  Known known;
  ASSIGN_OR_RETURN(const auto child, ReferenceOfNumber(transaction, parts, authority, registration.identity_digits));
  if (child.has_value()) {
    ASSIGN_OR_RETURN(known.by_number, FindIn(transaction, parts, call.deadline, authority, *child));
  }
  if (!registration.reference.has_value()) return known;
  RETURN_IF_ERROR(
      transaction
          .Query(kLockReference, pg::Params(authority.municipality, authority.authority, *registration.reference))
          .status());
  ASSIGN_OR_RETURN(known.by_reference, FindIn(transaction, parts, call.deadline, authority, *registration.reference));
  return known;
}

// Whether the reference is another child's.
bool IsTaken(const Known& known) {
  return known.by_reference.has_value() &&
         (!known.by_number.has_value() || known.by_number->id != known.by_reference->id);
}

// Both children, locked in the order of their references, so that no two wait for each other.
struct Pair {
  StoredChild into;
  StoredChild from;
};

absl::StatusOr<Pair> LockPair(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                              const pg::Uuid& into, const pg::Uuid& from) {
  const std::string& municipality = call.caller.municipality;
  ASSIGN_OR_RETURN(StoredChild first, LockChild(transaction, parts, call, {municipality, std::min(into, from)}));
  ASSIGN_OR_RETURN(StoredChild second, LockChild(transaction, parts, call, {municipality, std::max(into, from)}));
  // One of them was merged meanwhile.
  if (first.id != std::min(into, from) || second.id != std::max(into, from)) return ChildChanging();
  if (first.id == into) return Pair{std::move(first), std::move(second)};
  return Pair{std::move(second), std::move(first)};
}

// The child that has the number, with all of the one that has the reference.
absl::StatusOr<ChildStore::Changed> MergeKnown(pg::Transaction& transaction, const StoreParts& parts,
                                               const rpc::CallContext& call, const idempotency::Request& request,
                                               const ChildStore::Registration& registration, const Known& known) {
  RETURN_IF_ERROR(registration.join(known.by_reference->record).status());
  if (!known.by_number.has_value()) return ReferenceTaken();
  RETURN_IF_ERROR(registration.join(known.by_number->record).status());
  ASSIGN_OR_RETURN(const Pair pair, LockPair(transaction, parts, call, known.by_number->id, known.by_reference->id));
  ASSIGN_OR_RETURN(const ChildRecord merged, registration.merge(pair.into.record, pair.from.record));
  const pg::Scope authority = pg::ScopeOf(call.caller);
  RETURN_IF_ERROR(
      transaction
          .Execute(kMergeChildren, pg::Params(authority.municipality, authority.authority, pair.from.id, pair.into.id))
          .status());
  RETURN_IF_ERROR(StoreChild(transaction, parts, pair.into, merged.child));
  ASSIGN_OR_RETURN(StoredChild after, FindChild(transaction, parts, call, {authority.municipality, pair.into.id}));
  RETURN_IF_ERROR(AppendChildChange(transaction, parts, call, request, "child.changed", after.record));
  return ChildStore::Changed{std::move(after.record), false};
}

absl::StatusOr<ChildStore::Changed> JoinKnown(pg::Transaction& transaction, const StoreParts& parts,
                                              const rpc::CallContext& call, const idempotency::Request& request,
                                              const ChildStore::Registration& registration, const Known& known) {
  RETURN_IF_ERROR(registration.join(known.by_number->record).status());
  if (!registration.reference.has_value() || known.by_reference.has_value()) {
    return ChildStore::Changed{known.by_number->record, true};
  }
  const ResourceKey key{call.caller.municipality, known.by_number->id};
  ASSIGN_OR_RETURN(const StoredChild before, LockChild(transaction, parts, call, key));
  ASSIGN_OR_RETURN(const ChildRecord joined, registration.join(before.record));
  RETURN_IF_ERROR(InsertReference(transaction, pg::ScopeOf(call.caller), *registration.reference, known.by_number->id));
  RETURN_IF_ERROR(StoreChild(transaction, parts, before, joined.child));
  ASSIGN_OR_RETURN(StoredChild after, FindChild(transaction, parts, call, key));
  RETURN_IF_ERROR(AppendChildChange(transaction, parts, call, request, "child.changed", after.record));
  return ChildStore::Changed{std::move(after.record), false};
}

// ---- holds ----

// Whether anything changed.
absl::StatusOr<bool> StoreHold(pg::Transaction& transaction, const ChildStore::Hold& hold, bool on_hold) {
  const pg::Scope& authority = hold.authority;
  if (on_hold) {
    ASSIGN_OR_RETURN(const pg::Rows inserted,
                     transaction.Execute(kInsertHold, pg::Params(authority.municipality, authority.authority,
                                                                 hold.report, hold.reference)));
    return inserted.affected() > 0;
  }
  ASSIGN_OR_RETURN(
      const pg::Rows deleted,
      transaction.Execute(kDeleteHold, pg::Params(authority.municipality, authority.authority, hold.report)));
  return deleted.affected() > 0;
}

// What a hold touches: the report, and the child, where that is registered. The report is named so that
// the log's extract can leave the entry out.
absl::StatusOr<outbox::Touched> TouchedByHold(pg::Transaction& transaction, const StoreParts& parts,
                                              const rpc::CallContext& call, const ChildStore::Hold& hold) {
  const std::string name = MakeName(hold.authority.municipality, kCollection, hold.reference);
  const std::string report = MakeName(hold.authority.municipality, "reports", hold.report);
  ASSIGN_OR_RETURN(const auto stored, FindIn(transaction, parts, call.deadline, hold.authority, hold.reference));
  if (stored.has_value()) {
    outbox::Touched touched = TouchedBy(stored->record, calendar::LegalDay(call.now), name);
    touched.resources.push_back(report);
    return touched;
  }
  return outbox::Touched{.municipality = hold.authority.municipality,
                         .authority = hold.authority.authority,
                         .children = {hold.reference.ToString()},
                         .resources = {name, report}};
}

}  // namespace

absl::StatusOr<v1::Child> OpenChild(const sealing::DataKey& key, const pg::Scope& authority, const pg::Uuid& id,
                                    const pg::Bytes& sealed) {
  ASSIGN_OR_RETURN(const std::string content, key.Open(CellOf(authority, id), sealed));
  v1::Child child;
  if (child.ParseFromString(content)) return child;
  return status::Internal("a stored child does not parse");
}

absl::StatusOr<StoredChild> FindChild(pg::ReadTransaction& transaction, const StoreParts& parts,
                                      const rpc::CallContext& call, const ResourceKey& child) {
  ASSIGN_OR_RETURN(auto stored, FindIn(transaction, parts, call.deadline, ScopeOf(call, child), child.id));
  if (!stored.has_value()) return Hidden(transaction, child);
  return *std::move(stored);
}

absl::StatusOr<StoredChild> LockChild(pg::Transaction& transaction, const StoreParts& parts,
                                      const rpc::CallContext& call, const ResourceKey& child) {
  const pg::Scope authority = ScopeOf(call, child);
  RETURN_IF_ERROR(RaiseVersion(transaction, authority, child.id, call.now).status());
  ASSIGN_OR_RETURN(StoredChild stored, FindChild(transaction, parts, call, child));
  --stored.record.version;
  return stored;
}

outbox::Touched TouchedBy(const ChildRecord& record, absl::CivilDay day, const std::string& resource) {
  const pg::Scope authority = AuthorityOf(record.child);
  return {.municipality = authority.municipality,
          .authority = authority.authority,
          .children = {ReferenceOf(record.child)},
          .resources = {resource},
          .identity_protected = IsProtectedOn(record.child, day)};
}

absl::StatusOr<ChildStore::Changed> ChildStore::Register(const rpc::CallContext& call,
                                                         const idempotency::Request& request,
                                                         const Registration& registration) {
  const auto registering = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    ASSIGN_OR_RETURN(const Known known, FindKnown(transaction, parts_, call, registration));
    const pg::Uuid id =
        known.by_number.has_value() ? known.by_number->id : registration.reference.value_or(pg::Uuid::Random());
    const std::vector<std::string> resources = {MakeName(call.caller.municipality, kCollection, id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, KeyOfName(repeated->front()));
      ASSIGN_OR_RETURN(StoredChild stored, FindChild(transaction, parts_, call, first));
      return Changed{std::move(stored.record), true};
    }
    if (IsTaken(known)) return MergeKnown(transaction, parts_, call, request, registration, known);
    if (known.by_number.has_value()) return JoinKnown(transaction, parts_, call, request, registration, known);
    ASSIGN_OR_RETURN(const ChildRecord created, registration.create(id));
    RETURN_IF_ERROR(InsertChild(transaction, parts_, call, id, created.child));
    ASSIGN_OR_RETURN(StoredChild stored, FindChild(transaction, parts_, call, {call.caller.municipality, id}));
    RETURN_IF_ERROR(AppendChildChange(transaction, parts_, call, request, "child.registered", stored.record));
    return Changed{std::move(stored.record), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "register_child", registering);
}

absl::StatusOr<ChildRecord> ChildStore::Find(const rpc::CallContext& call, const ResourceKey& child) {
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "find_child",
                          [&](pg::ReadTransaction& transaction) -> absl::StatusOr<ChildRecord> {
                            ASSIGN_OR_RETURN(StoredChild stored, FindChild(transaction, parts_, call, child));
                            return std::move(stored.record);
                          });
}

absl::StatusOr<ChildRecord> ChildStore::FindByNumber(const rpc::CallContext& call, const std::string& identity_digits) {
  const pg::Scope authority = pg::ScopeOf(call.caller);
  const auto find = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<ChildRecord> {
    ASSIGN_OR_RETURN(const auto child, ReferenceOfNumber(transaction, parts_, authority, identity_digits));
    if (!child.has_value()) return NotFound("child");
    ASSIGN_OR_RETURN(StoredChild stored, FindChild(transaction, parts_, call, {authority.municipality, *child}));
    return std::move(stored.record);
  };
  return parts_.pool.Read(authority, call.deadline, "find_child_by_number", find);
}

absl::StatusOr<ChildStore::Changed> ChildStore::Change(const rpc::CallContext& call, const ResourceKey& child,
                                                       const idempotency::Request& request,
                                                       const Transition& transition, const std::string& part) {
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {MakeName(child.municipality, kCollection, child.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(StoredChild stored, FindChild(transaction, parts_, call, child));
      return Changed{std::move(stored.record), true};
    }
    ASSIGN_OR_RETURN(const StoredChild before, LockChild(transaction, parts_, call, child));
    ASSIGN_OR_RETURN(const ChildRecord changed, transition(before.record));
    RETURN_IF_ERROR(StoreChild(transaction, parts_, before, changed.child));
    ASSIGN_OR_RETURN(StoredChild after, FindChild(transaction, parts_, call, child));
    RETURN_IF_ERROR(AppendChildChange(transaction, parts_, call, request, "child.changed", after.record, part));
    return Changed{std::move(after.record), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "change_child", change);
}

absl::Status ChildStore::SetHold(const rpc::CallContext& call, const Hold& hold, bool on_hold) {
  const pg::Scope& authority = hold.authority;
  const auto set = [&](pg::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(
        transaction.Query(kLockReference, pg::Params(authority.municipality, authority.authority, hold.reference))
            .status());
    ASSIGN_OR_RETURN(const bool changed, StoreHold(transaction, hold, on_hold));
    if (!changed) return absl::OkStatus();
    // The child need not be registered.
    RETURN_IF_ERROR(RaiseVersion(transaction, authority, hold.reference, call.now).status());
    ASSIGN_OR_RETURN(outbox::Touched touched, TouchedByHold(transaction, parts_, call, hold));
    return AppendChange(transaction, parts_, call, on_hold ? "hold.set" : "hold.released", std::move(touched));
  };
  return parts_.pool.Write(authority, call.deadline, "set_hold", set);
}

absl::Status ChildStore::RecordRead(const rpc::CallContext& call, const ChildRecord& shown, const std::string& part) {
  return AppendRead(parts_, call, TouchedPart(shown, call, part));
}

}  // namespace samverkan::consent
