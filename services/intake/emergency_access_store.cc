#include "services/intake/emergency_access_store.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/list_cursor.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";
constexpr char kCollection[] = "emergencyAccesses";

// What an EmergencyAccessRecord is read from; ReadRecord has the same order. $3 are the tags of
// the caller's units.
#define SAMVERKAN_EMERGENCY_ACCESS_COLUMNS                                                                  \
  "SELECT e.emergency_access, e.data_key, e.authority, e.child, e.declare_time, e.expire_time, e.state,"    \
  "       e.version, e.content, child_is_handled_by(e.municipality, e.authority, e.child, $3::bytea[]),"    \
  "       EXISTS (SELECT FROM report r WHERE r.municipality = e.municipality AND r.authority = e.authority" \
  "          AND r.child = e.child AND r.identity_protected)"                                               \
  "  FROM emergency_access e"

constexpr pg::Statement kFindEmergencyAccess = {"find_emergency_access", SAMVERKAN_EMERGENCY_ACCESS_COLUMNS
                                                " WHERE e.municipality = $1 AND e.emergency_access = $2"};

// A statement of its own, so that the read after it sees what it waited for.
constexpr pg::Statement kLockEmergencyAccess = {
    "lock_emergency_access",
    "SELECT 1::bigint FROM emergency_access WHERE municipality = $1 AND emergency_access = $2 FOR UPDATE"};

constexpr pg::Statement kListEmergencyAccesses = {
    "list_emergency_accesses", SAMVERKAN_EMERGENCY_ACCESS_COLUMNS
    " WHERE e.municipality = $1 AND e.authority = $2"
    "   AND ($4 OR child_is_handled_by(e.municipality, e.authority, e.child, $3::bytea[]))"
    "   AND ($5 = 0 OR e.state = $5)"
    "   AND (e.state > $6 OR (e.state = $6 AND (e.declare_time, e.emergency_access) < ($7, $8)))"
    " ORDER BY e.state, e.declare_time DESC, e.emergency_access DESC LIMIT $9"};

constexpr pg::Statement kInsertEmergencyAccess = {
    "insert_emergency_access",
    "INSERT INTO emergency_access (municipality, emergency_access, authority, child, declarer_tag, index_key,"
    "                              declare_time, expire_time, state, data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::bigint::smallint, $10, $11)"};

constexpr pg::Statement kStoreEmergencyAccess = {
    "store_emergency_access",
    "UPDATE emergency_access SET state = $3::bigint::smallint, content = $4, version = version + 1"
    "  WHERE municipality = $1 AND emergency_access = $2"};

constexpr pg::Statement kFindHiddenAuthority = {"find_hidden_authority_of_emergency_access",
                                                "SELECT authority_of_emergency_access($1, $2)"};

// Which child of the scope's board it is, and which board would know where that does not. A
// sender's board sees its reports at others, so the board is named.
constexpr pg::Statement kFindChildByNumber = {
    "find_child_by_number",
    "SELECT (SELECT c.child FROM child c"
    "          WHERE c.municipality = $1 AND c.authority = $2 AND c.blind_index = ANY($3::bytea[]) LIMIT 1),"
    "       NULL::text"};
constexpr pg::Statement kFindChildOfReport = {
    "find_child_of_report",
    "SELECT (SELECT r.child FROM report r"
    "          WHERE r.municipality = $1 AND r.authority = $2 AND r.report = $4 AND $3 = $1),"
    "       authority_of_report($3, $4)"};
constexpr pg::Statement kFindChildOfInvestigation = {
    "find_child_of_investigation",
    "SELECT (SELECT v.child FROM investigation v"
    "          WHERE v.municipality = $1 AND v.authority = $2 AND v.investigation = $4 AND $3 = $1),"
    "       authority_of_investigation($3, $4)"};

constexpr pg::Statement kFindKnownChild = {
    "find_known_child",
    "SELECT ARRAY(SELECT r.report FROM report r WHERE r.municipality = $1 AND r.authority = $2 AND r.child = $3"
    "               ORDER BY r.receive_time DESC, r.report DESC),"
    "       ARRAY(SELECT v.investigation FROM investigation v"
    "               WHERE v.municipality = $1 AND v.authority = $2 AND v.child = $3"
    "               ORDER BY v.open_time DESC, v.investigation DESC),"
    "       EXISTS (SELECT FROM report p WHERE p.municipality = $1 AND p.authority = $2 AND p.child = $3"
    "                 AND p.identity_protected)"};

// The column `data_key` of SAMVERKAN_EMERGENCY_ACCESS_COLUMNS.
constexpr int kDataKeyColumn = 1;

sealing::Cell CellOf(const ResourceKey& id) {
  return {.column = "intake.emergency_access.content", .municipality = id.municipality, .row = id.id};
}

// ---- reading ----

absl::StatusOr<EmergencyAccessRecord> ReadRecord(const pg::Row& row, const std::string& municipality,
                                                 const sealing::DataKey& key) {
  EmergencyAccessRecord record;
  ResourceKey id{municipality, {}};
  pg::Uuid data_key, child;
  std::string authority;
  absl::Time declare_time, expire_time;
  int64_t state = 0;
  pg::Bytes sealed;
  RETURN_IF_ERROR(row.Into(id.id, data_key, authority, child, declare_time, expire_time, state, record.version, sealed,
                           record.handled_by_caller, record.identity_protected));
  ASSIGN_OR_RETURN(const std::string content, key.Open(CellOf(id), sealed));
  v1::EmergencyAccess& access = record.access;
  if (!access.ParseFromString(content)) return status::Internal("a stored emergency access does not parse");
  access.set_name(MakeName(municipality, kCollection, id.id));
  access.set_authority(MakeName(municipality, "authorities", authority));
  access.set_child(child.ToString());
  *access.mutable_declare_time() = proto_time::ToProto(declare_time);
  *access.mutable_expire_time() = proto_time::ToProto(expire_time);
  access.set_state(static_cast<v1::EmergencyAccess::State>(state));
  return record;
}

// An emergency access, and the key that it is sealed with.
struct Found {
  EmergencyAccessRecord record;
  sealing::DataKeyPtr key;
};

// NOT_FOUND, filed with the board where it was declared.
absl::Status Hidden(pg::ReadTransaction& transaction, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindHiddenAuthority, pg::Params(id.municipality, id.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound("emergency access");
  return NotFound("emergency access", {.municipality = id.municipality, .authority = *authority});
}

absl::StatusOr<Found> FindIn(pg::ReadTransaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                             const ResourceKey& id) {
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(kFindEmergencyAccess, pg::Params(id.municipality, id.id, parts.tags.UnitsOf(call.caller))));
  if (rows.empty()) return Hidden(transaction, id);
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  Found found;
  ASSIGN_OR_RETURN(found.key, KeyOf(parts.keys, call.deadline, data_key, "emergency access"));
  ASSIGN_OR_RETURN(found.record, ReadRecord(rows[0], id.municipality, *found.key));
  return found;
}

absl::StatusOr<pg::Rows> QueryChild(pg::ReadTransaction& transaction, const Tags& tags, const auth::Caller& caller,
                                    const EmergencyAccessStore::ChildQuestion& question) {
  if (question.report.has_value()) {
    return transaction.Query(kFindChildOfReport, pg::Params(caller.municipality, caller.authority,
                                                            question.report->municipality, question.report->id));
  }
  if (question.investigation.has_value()) {
    return transaction.Query(kFindChildOfInvestigation,
                             pg::Params(caller.municipality, caller.authority, question.investigation->municipality,
                                        question.investigation->id));
  }
  return transaction.Query(kFindChildByNumber,
                           pg::Params(caller.municipality, caller.authority,
                                      tags.Child(caller.municipality, caller.authority, question.identity_digits)));
}

// Whose log the refusal stands in, where another board knows the child.
Placement OwnerOf(const EmergencyAccessStore::ChildQuestion& question, const std::optional<std::string>& authority) {
  if (!authority.has_value()) return {};
  const ResourceKey& asked = question.report.has_value() ? *question.report : *question.investigation;
  return {.municipality = asked.municipality, .authority = *authority};
}

absl::StatusOr<KnownChild> ReadChild(pg::ReadTransaction& transaction, const std::string& municipality,
                                     const std::string& authority, const pg::Uuid& child) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindKnownChild, pg::Params(municipality, authority, child)));
  KnownChild known{.child = child.ToString()};
  std::vector<pg::Uuid> reports, investigations;
  RETURN_IF_ERROR(rows[0].Into(reports, investigations, known.identity_protected));
  for (const pg::Uuid& id : reports) known.reports.push_back(MakeName(municipality, "reports", id));
  for (const pg::Uuid& id : investigations) {
    known.investigations.push_back(MakeName(municipality, "investigations", id));
  }
  return known;
}

absl::StatusOr<KnownChild> FindChild(pg::ReadTransaction& transaction, const Tags& tags, const auth::Caller& caller,
                                     const EmergencyAccessStore::ChildQuestion& question) {
  ASSIGN_OR_RETURN(const pg::Rows rows, QueryChild(transaction, tags, caller, question));
  std::optional<pg::Uuid> child;
  std::optional<std::string> authority;
  RETURN_IF_ERROR(rows[0].Into(child, authority));
  if (!child.has_value()) return NotFound("child", OwnerOf(question, authority));
  ASSIGN_OR_RETURN(KnownChild known, ReadChild(transaction, caller.municipality, caller.authority, *child));
  if (known.reports.empty() && known.investigations.empty()) return NotFound("child");
  return known;
}

// ---- writing ----

absl::StatusOr<ResourceKey> IdOf(const std::string& name) {
  auto key = ParseName(name, kCollection);
  if (!key.has_value()) return status::Internal("an emergency access has no name");
  return *std::move(key);
}

// What other columns hold is taken out before the rest is sealed as one.
pg::Bytes Seal(const sealing::DataKey& key, const ResourceKey& id, v1::EmergencyAccess access) {
  access.clear_name();
  access.clear_authority();
  access.clear_child();
  access.clear_declare_time();
  access.clear_expire_time();
  access.clear_state();
  return key.Seal(CellOf(id), access.SerializeAsString());
}

absl::Status Insert(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                    const ResourceKey& id, const v1::EmergencyAccess& access) {
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, parts.keys.Fresh(call.deadline));
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(access.child()));
  const absl::Time declared = proto_time::FromProto(access.declare_time()).value_or(absl::UnixEpoch());
  const absl::Time expires = proto_time::FromProto(access.expire_time()).value_or(absl::UnixEpoch());
  return transaction
      .Execute(kInsertEmergencyAccess, pg::Params(id.municipality, id.id, JurisdictionOf(access).authority, child,
                                                  parts.tags.Declarer(call.caller), parts.tags.key_id(), declared,
                                                  expires, int64_t{access.state()}, key->id(), Seal(*key, id, access)))
      .status();
}

outbox::Touched TouchedBy(const EmergencyAccessRecord& record) {
  const Jurisdiction jurisdiction = JurisdictionOf(record.access);
  return {.municipality = jurisdiction.municipality,
          .authority = jurisdiction.authority,
          .children = {record.access.child()},
          .resources = {record.access.name()},
          .identity_protected = record.identity_protected};
}

// `shown` are the names of what else the answer tells of.
absl::Status StoreEvent(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                        const idempotency::Request& request, const EmergencyAccessChange& change,
                        const KnownChild& shown) {
  outbox::Touched touched = TouchedBy(change.after);
  touched.resources.insert(touched.resources.end(), shown.reports.begin(), shown.reports.end());
  touched.resources.insert(touched.resources.end(), shown.investigations.begin(), shown.investigations.end());
  touched.legal_basis = change.legal_basis;
  touched.request_id = request.id.ToString();
  touched.detail = change.happening.type;
  RETURN_IF_ERROR(outbox::Append(
      transaction, outbox::MakeEvent(change.happening.type, change.after.access.name(), touched.municipality,
                                     touched.authority, call.now, change.happening.attributes)));
  return parts.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

// ---- pages ----

// Where a list goes on: those in `state` before `place`, then those in later states.
struct ListedPlace {
  int64_t state = 0;
  ListPlace place;
};

absl::StatusOr<ListedPlace> ParseCursor(const std::string& cursor) {
  ListedPlace listed;
  const size_t slash = cursor.find('/');
  if (slash != std::string::npos && !absl::SimpleAtoi(cursor.substr(0, slash), &listed.state)) {
    return status::Internal("a sealed cursor does not parse");
  }
  ASSIGN_OR_RETURN(listed.place, ParseListCursor(slash == std::string::npos ? cursor : cursor.substr(slash + 1)));
  return listed;
}

std::string MakeCursor(const v1::EmergencyAccess& access) {
  return absl::StrCat(static_cast<int>(access.state()), "/", MakeListCursor(access.declare_time(), access.name()));
}

}  // namespace

absl::StatusOr<EmergencyAccessStore::Declared> EmergencyAccessStore::Declare(const rpc::CallContext& call,
                                                                             const ResourceKey& id,
                                                                             const idempotency::Request& request,
                                                                             const ChildQuestion& question,
                                                                             const Declaring& declaring) {
  const auto declare = [&](pg::Transaction& transaction) -> absl::StatusOr<Declared> {
    const std::vector<std::string> resources = {MakeName(id.municipality, kCollection, id.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    ASSIGN_OR_RETURN(KnownChild child, FindChild(transaction, parts_.tags, call.caller, question));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, IdOf(repeated->front()));
      ASSIGN_OR_RETURN(Found found, FindIn(transaction, parts_, call, first));
      return Declared{std::move(found.record), std::move(child), true};
    }
    ASSIGN_OR_RETURN(EmergencyAccessChange change, declaring(child));
    RETURN_IF_ERROR(Insert(transaction, parts_, call, id, change.after.access));
    RETURN_IF_ERROR(StoreEvent(transaction, parts_, call, request, change, child));
    return Declared{std::move(change.after), std::move(child), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "declare_emergency_access", declare);
}

absl::StatusOr<EmergencyAccessStore::Changed> EmergencyAccessStore::Change(const rpc::CallContext& call,
                                                                           const ResourceKey& id,
                                                                           const idempotency::Request& request,
                                                                           const Transition& transition) {
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {MakeName(id.municipality, kCollection, id.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    RETURN_IF_ERROR(transaction.Query(kLockEmergencyAccess, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(Found before, FindIn(transaction, parts_, call, id));
    if (repeated.has_value()) return Changed{std::move(before.record), true};
    ASSIGN_OR_RETURN(const EmergencyAccessChange change, transition(std::move(before.record)));
    const v1::EmergencyAccess& access = change.after.access;
    RETURN_IF_ERROR(transaction
                        .Execute(kStoreEmergencyAccess, pg::Params(id.municipality, id.id, int64_t{access.state()},
                                                                   Seal(*before.key, id, access)))
                        .status());
    RETURN_IF_ERROR(StoreEvent(transaction, parts_, call, request, change, {}));
    ASSIGN_OR_RETURN(Found after, FindIn(transaction, parts_, call, id));
    return Changed{std::move(after.record), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "change_emergency_access", change);
}

absl::StatusOr<EmergencyAccessStore::Page> EmergencyAccessStore::List(const rpc::CallContext& call,
                                                                      const Filter& filter) {
  const auth::Caller& caller = call.caller;
  ASSIGN_OR_RETURN(const ListedPlace after, ParseCursor(filter.cursor));
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListEmergencyAccesses,
                                       pg::Params(caller.municipality, caller.authority, parts_.tags.UnitsOf(caller),
                                                  caller.Has(access::v1::AUDITOR), int64_t{filter.state}, after.state,
                                                  after.place.time, after.place.id, int64_t{filter.page_size} + 1)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, kDataKeyColumn));
    Page page;
    for (const pg::Row row : rows) {
      if (page.accesses.size() == static_cast<size_t>(filter.page_size)) {
        page.next_cursor = MakeCursor(page.accesses.back().access);
        break;
      }
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(page.accesses.emplace_back(), ReadRecord(row, caller.municipality, *key->second));
    }
    return page;
  };
  return parts_.pool.Read(pg::ScopeOf(caller), call.deadline, "list_emergency_accesses", list);
}

absl::Status EmergencyAccessStore::RecordRead(const rpc::CallContext& call,
                                              const std::vector<const EmergencyAccessRecord*>& shown) {
  TouchedByRead touched(call);
  for (const EmergencyAccessRecord* const record : shown) {
    outbox::Touched& its = touched.At(JurisdictionOf(record->access), record->identity_protected);
    its.children.push_back(record->access.child());
    its.resources.push_back(record->access.name());
  }
  return touched.Append(parts_, {});
}

}  // namespace samverkan::intake
