#include "services/intake/investigation_part_store.h"

#include <map>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/sqlstate.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/deadline_store.h"
#include "services/intake/follow_up.h"
#include "services/intake/investigation_store.h"
#include "services/intake/list_cursor.h"
#include "services/intake/report_content.h"
#include "services/intake/submission.h"
#include "services/intake/transfer.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";

// What a PartRecord is read from, beside its investigation; ReadRow has the same order.
#define SAMVERKAN_PART_COLUMNS(table) \
  "SELECT p." table                   \
  ", p.data_key, p.authority, p.investigation, p.child, p.state, p.create_time, p.version, p.content FROM " table " p"

#define SAMVERKAN_PART_INSERT(table)            \
  "INSERT INTO " table " (municipality, " table \
  ", authority, investigation, child, state, create_time, data_key, content"

// All about one table, whose id has the table's name.
struct Table {
  const char* collection;
  // "placement"
  const char* what;
  const char* cell;
  // The index that lets only one go on, and the refusal of another.
  const char* running;
  status::Error another;
  pg::Statement find, lock, list, list_of_child, insert, store, hidden;
};

#define SAMVERKAN_PART_STATEMENTS(table, more_columns, more_values) \
  .find = {"find_" table, SAMVERKAN_PART_COLUMNS(table) " WHERE p.municipality = $1 AND p." table " = $2"},      \
  .lock = {"lock_" table, "SELECT 1::bigint FROM " table " WHERE municipality = $1 AND " table " = $2 FOR UPDATE"}, \
  .list = {"list_" table "s_of_investigation", SAMVERKAN_PART_COLUMNS(table)                                     \
           " WHERE p.municipality = $1 AND p.investigation = $2 AND (p.create_time, p." table ") < ($3, $4)"     \
           " ORDER BY p.create_time DESC, p." table " DESC LIMIT $5"},                                           \
  .list_of_child = {"list_" table "s_of_child", SAMVERKAN_PART_COLUMNS(table)                                    \
                    " WHERE p.municipality = $1 AND p.authority = $2 AND p.child = $3"                           \
                    " ORDER BY p.create_time, p." table},                                                        \
  .insert = {"insert_" table, SAMVERKAN_PART_INSERT(table) more_columns                                          \
             ") VALUES ($1, $2, $3, $4, $5, $6::bigint::smallint, $7, $8, $9" more_values ")"},                  \
  .store = {"store_" table, "UPDATE " table " SET state = $3::bigint::smallint, content = $4,"                   \
            " version = version + 1 WHERE municipality = $1 AND " table " = $2"},                                \
  .hidden = {"find_hidden_authority_of_" table, "SELECT authority_of_" table "($1, $2)"}

template <typename Resource>
Table TableOf();

template <>
Table TableOf<v1::Placement>() {
  return {.collection = "placements",
          .what = "placement",
          .cell = "intake.placement.content",
          .running = "placement_running",
          .another = {"PLACEMENT_RUNNING", "another placement of the child goes on; end it first",
                      "En annan placering av barnet pågår. Avsluta den först."},
          SAMVERKAN_PART_STATEMENTS("placement", "", "")};
}

template <>
Table TableOf<v1::Transfer>() {
  return {.collection = "transfers",
          .what = "transfer",
          .cell = "intake.transfer.content",
          .running = "transfer_running",
          .another = {"TRANSFER_RUNNING", "another request of the investigation is open; wait for its answer",
                      "En annan begäran om överflyttning är inte besvarad."},
          SAMVERKAN_PART_STATEMENTS("transfer", ", receiver_municipality, receiver_authority", ", $10, $11")};
}

template <>
Table TableOf<v1::FollowUp>() {
  return {.collection = "followUps",
          .what = "follow up",
          .cell = "intake.follow_up.content",
          .running = "follow_up_running",
          .another = {"FOLLOW_UP_RUNNING", "another follow-up of the child goes on",
                      "En annan uppföljning av barnet pågår."},
          SAMVERKAN_PART_STATEMENTS("follow_up", "", "")};
}

constexpr pg::Statement kLockInvestigation = {
    "lock_investigation_of_part",
    "SELECT 1::bigint FROM investigation WHERE municipality = $1 AND investigation = $2 FOR UPDATE"};

// Retention counts from the last note.
constexpr pg::Statement kNoteInInvestigation = {
    "note_part_in_investigation",
    "UPDATE investigation SET note_time = greatest(note_time, $3) WHERE municipality = $1 AND investigation = $2"};

constexpr pg::Statement kFindChildFacts = {
    "find_child_facts",
    "SELECT r.report, r.data_key, r.on_hold, r.submission FROM report r"
    "  WHERE r.municipality = $1 AND r.authority = $2 AND r.child = $3 ORDER BY r.receive_time DESC, r.report DESC"};

constexpr pg::Statement kListReceived = {
    "list_received_transfers",
    "SELECT p.municipality, p.transfer FROM transfer p"
    "  WHERE p.receiver_municipality = $1 AND p.receiver_authority = $2 AND (p.create_time, p.transfer) < ($3, $4)"
    "  ORDER BY p.create_time DESC, p.transfer DESC LIMIT $5"};

constexpr pg::Statement kRunningFollowUps = {"running_follow_ups", SAMVERKAN_PART_COLUMNS("follow_up")
                                             " WHERE p.municipality = $1 AND p.authority = $2 AND p.child = $3"
                                             "   AND p.state = 1 FOR UPDATE"};

// The columns `data_key`, `authority` and `investigation` of SAMVERKAN_PART_COLUMNS.
constexpr int kDataKeyColumn = 1;
constexpr int kAuthorityColumn = 2;
constexpr int kInvestigationColumn = 3;

sealing::Cell CellOf(const Table& table, const ResourceKey& id) {
  return {.column = table.cell, .municipality = id.municipality, .row = id.id};
}

absl::StatusOr<ResourceKey> IdOf(const std::string& name, const std::string& collection) {
  auto key = ParseName(name, collection);
  if (!key.has_value()) return status::Internal("a resource of ours has no name");
  return *std::move(key);
}

// ---- reading ----

// One without its clocks and its investigation.
template <typename Resource>
absl::StatusOr<PartRecord<Resource>> ReadRow(const pg::Row& row, const std::string& municipality,
                                             const sealing::DataKey& key) {
  const Table table = TableOf<Resource>();
  PartRecord<Resource> record;
  ResourceKey id{municipality, {}};
  pg::Uuid data_key, investigation, child;
  std::string authority;
  int64_t state = 0;
  absl::Time create_time;
  pg::Bytes sealed;
  RETURN_IF_ERROR(
      row.Into(id.id, data_key, authority, investigation, child, state, create_time, record.version, sealed));
  ASSIGN_OR_RETURN(const std::string content, key.Open(CellOf(table, id), sealed));
  Resource& resource = record.resource;
  if (!resource.ParseFromString(content)) return status::Internal("what hangs on an investigation does not parse");
  resource.set_name(MakeName(municipality, table.collection, id.id));
  resource.set_investigation(MakeName(municipality, "investigations", investigation));
  resource.set_authority(MakeName(municipality, "authorities", authority));
  resource.set_child(child.ToString());
  resource.set_state(static_cast<typename Resource::State>(state));
  *resource.mutable_create_time() = proto_time::ToProto(create_time);
  return record;
}

// One, and the key that it is sealed with.
template <typename Resource>
struct Found {
  PartRecord<Resource> record;
  sealing::DataKeyPtr key;
};

// NOT_FOUND, filed with the board that has it.
absl::Status Hidden(pg::ReadTransaction& transaction, const Table& table, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(table.hidden, pg::Params(id.municipality, id.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound(table.what);
  return NotFound(table.what, {.municipality = id.municipality, .authority = *authority});
}

// Goes on within the scope of the board that has it, where the caller's may know of it. The
// investigation that it hangs on.
absl::StatusOr<ResourceKey> EnterScopeOf(pg::ReadTransaction& transaction, const Table& table, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(table.find, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return Hidden(transaction, table, id);
  pg::Scope scope{.municipality = id.municipality};
  ASSIGN_OR_RETURN(scope.authority, rows[0].Get<std::string>(kAuthorityColumn));
  ResourceKey investigation{id.municipality, {}};
  ASSIGN_OR_RETURN(investigation.id, rows[0].Get<pg::Uuid>(kInvestigationColumn));
  RETURN_IF_ERROR(transaction.SetScope(scope));
  return investigation;
}

// Within the scope of the board that has it.
template <typename Resource>
absl::StatusOr<Found<Resource>> FindIn(pg::ReadTransaction& transaction, const StoreParts& parts,
                                       const rpc::CallContext& call, const ResourceKey& id) {
  const Table table = TableOf<Resource>();
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(table.find, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return Hidden(transaction, table, id);
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  Found<Resource> found;
  ASSIGN_OR_RETURN(found.key, KeyOf(parts.keys, call.deadline, data_key, table.what));
  ASSIGN_OR_RETURN(found.record, ReadRow<Resource>(rows[0], id.municipality, *found.key));
  Resource& resource = found.record.resource;
  ASSIGN_OR_RETURN(*resource.mutable_deadlines(), FindDeadlines(transaction, id, *found.key));
  ASSIGN_OR_RETURN(const ResourceKey investigation, IdOf(resource.investigation(), "investigations"));
  ASSIGN_OR_RETURN(FoundInvestigation of, FindInvestigation(transaction, parts, call, investigation));
  found.record.parent.investigation = std::move(of.record);
  return found;
}

absl::StatusOr<ChildFacts> FindChildFacts(pg::ReadTransaction& transaction, const StoreParts& parts,
                                          const rpc::CallContext& call, const PartParent& parent) {
  const Jurisdiction board = JurisdictionOf(parent);
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(parent.investigation.investigation.child()));
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kFindChildFacts, pg::Params(board.municipality, board.authority, child)));
  ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts.keys, call.deadline, rows, 0, 1));
  ChildFacts facts;
  for (const pg::Row row : rows) {
    ResourceKey report{board.municipality, {}};
    pg::Uuid data_key;
    bool on_hold = false;
    pg::Bytes sealed;
    RETURN_IF_ERROR(row.Into(report.id, data_key, on_hold, sealed));
    facts.on_hold = facts.on_hold || on_hold;
    const auto key = keys.find(report.id);
    if (facts.birth_day.has_value() || key == keys.end()) continue;
    ASSIGN_OR_RETURN(const v1::Submission submission, OpenSubmission(*key->second, report, sealed));
    facts.birth_day = BirthDayOf(submission.child());
  }
  return facts;
}

// Those of `rows`, with their clocks and without their investigations.
template <typename Resource>
absl::StatusOr<std::vector<PartRecord<Resource>>> ReadRows(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                           const rpc::CallContext& call, const pg::Rows& rows,
                                                           const std::string& municipality) {
  ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts.keys, call.deadline, rows, 0, kDataKeyColumn));
  ASSIGN_OR_RETURN(auto deadlines, FindDeadlinesOf(transaction, municipality, keys));
  std::vector<PartRecord<Resource>> records;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
    const auto key = keys.find(id);
    if (key == keys.end()) continue;
    ASSIGN_OR_RETURN(records.emplace_back(), ReadRow<Resource>(row, municipality, *key->second));
    *records.back().resource.mutable_deadlines() = std::move(deadlines[id]);
  }
  return records;
}

// ---- writing ----

absl::Status LockInvestigation(pg::Transaction& transaction, const ResourceKey& investigation) {
  return transaction.Query(kLockInvestigation, pg::Params(investigation.municipality, investigation.id)).status();
}

// What other columns and tables hold is taken out before the rest is sealed as one.
template <typename Resource>
pg::Bytes Seal(const sealing::DataKey& key, const ResourceKey& id, Resource resource) {
  resource.clear_name();
  resource.clear_investigation();
  resource.clear_authority();
  resource.clear_child();
  resource.clear_state();
  resource.clear_create_time();
  resource.clear_deadlines();
  resource.clear_etag();
  return key.Seal(CellOf(TableOf<Resource>(), id), resource.SerializeAsString());
}

absl::Status Refused(const Table& table, const absl::Status& stored) {
  return pg::ConstraintOf(stored) == table.running ? status::FailedPrecondition(table.another) : stored;
}

template <typename Resource>
absl::Status Insert(pg::Transaction& transaction, const sealing::DataKey& key, const ResourceKey& id,
                    const Resource& resource, absl::Time now) {
  const Table table = TableOf<Resource>();
  ASSIGN_OR_RETURN(const ResourceKey investigation, IdOf(resource.investigation(), "investigations"));
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(resource.child()));
  const std::string authority = LastPart(resource.authority());
  pg::Params params(id.municipality, id.id, authority, investigation.id, child, int64_t{resource.state()}, now,
                    key.id(), Seal(key, id, resource));
  if constexpr (std::is_same_v<Resource, v1::Transfer>) {
    const Jurisdiction receiver = ReceiverOf(resource);
    params.Add(receiver.municipality).Add(receiver.authority);
  }
  RETURN_IF_ERROR(Refused(table, transaction.Execute(table.insert, params).status()));
  return StoreDeadlines(transaction, id, key, authority, table.collection, {}, resource.deadlines());
}

template <typename Resource>
absl::Status Store(pg::Transaction& transaction, const sealing::DataKey& key, const ResourceKey& id,
                   const Resource& before, const Resource& after) {
  const Table table = TableOf<Resource>();
  RETURN_IF_ERROR(Refused(
      table,
      transaction.Execute(table.store, pg::Params(id.municipality, id.id, int64_t{after.state()}, Seal(key, id, after)))
          .status()));
  return StoreDeadlines(transaction, id, key, LastPart(after.authority()), table.collection, before.deadlines(),
                        after.deadlines());
}

template <typename Resource>
outbox::Touched TouchedBy(const PartRecord<Resource>& record) {
  const Jurisdiction board = JurisdictionOf(record.parent);
  return {.municipality = board.municipality,
          .authority = board.authority,
          .children = {record.resource.child()},
          .resources = {record.resource.name(), record.resource.investigation()},
          .identity_protected = record.parent.investigation.identity_protected};
}

template <typename Resource>
absl::Status StoreEvent(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                        const idempotency::Request& request, const PartChange<Resource>& change) {
  outbox::Touched touched = TouchedBy(change.after);
  touched.legal_basis = change.legal_basis;
  touched.request_id = request.id.ToString();
  touched.detail = change.happening.type;
  ASSIGN_OR_RETURN(const ResourceKey investigation, IdOf(change.after.resource.investigation(), "investigations"));
  RETURN_IF_ERROR(
      transaction.Execute(kNoteInInvestigation, pg::Params(investigation.municipality, investigation.id, call.now))
          .status());
  RETURN_IF_ERROR(outbox::Append(
      transaction, outbox::MakeEvent(change.happening.type, change.after.resource.name(), touched.municipality,
                                     touched.authority, call.now, change.happening.attributes)));
  return parts.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

// The receiver follows its own events: this one tells it what to answer.
absl::Status TellReceiver(pg::Transaction& transaction, const rpc::CallContext& call, const v1::Transfer& transfer) {
  const Jurisdiction receiver = ReceiverOf(transfer);
  RETURN_IF_ERROR(transaction.SetScope({receiver.municipality, receiver.authority}));
  RETURN_IF_ERROR(
      outbox::Append(transaction, outbox::MakeEvent("transfer.received", transfer.name(), receiver.municipality,
                                                    receiver.authority, call.now, {})));
  return transaction.SetScope(pg::ScopeOf(call.caller));
}

}  // namespace

template <typename Resource>
absl::StatusOr<typename InvestigationPartStore<Resource>::Changed> InvestigationPartStore<Resource>::Add(
    const rpc::CallContext& call, const ResourceKey& investigation, const ResourceKey& id,
    const idempotency::Request& request, const Creation& creation) {
  const Table table = TableOf<Resource>();
  const auto add = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {MakeName(id.municipality, table.collection, id.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, IdOf(repeated->front(), table.collection));
      ASSIGN_OR_RETURN(Found<Resource> found, FindIn<Resource>(transaction, parts_, call, first));
      return Changed{std::move(found.record), true};
    }
    RETURN_IF_ERROR(LockInvestigation(transaction, investigation));
    ASSIGN_OR_RETURN(FoundInvestigation of, FindInvestigation(transaction, parts_, call, investigation));
    RETURN_IF_ERROR(LockInvestigationsOfChild(transaction, of.record.investigation.child()));
    // Another investigation of the child may have been opened meanwhile.
    ASSIGN_OR_RETURN(of, FindInvestigation(transaction, parts_, call, investigation));
    PartParent parent{.investigation = std::move(of.record)};
    ASSIGN_OR_RETURN(parent.child, FindChildFacts(transaction, parts_, call, parent));
    ASSIGN_OR_RETURN(const PartChange<Resource> change, creation(parent));
    RETURN_IF_ERROR(Insert(transaction, *of.key, id, change.after.resource, call.now));
    RETURN_IF_ERROR(StoreEvent(transaction, parts_, call, request, change));
    if constexpr (std::is_same_v<Resource, v1::Transfer>) {
      RETURN_IF_ERROR(TellReceiver(transaction, call, change.after.resource));
    }
    return Changed{change.after, false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, table.insert.name, add);
}

template <typename Resource>
absl::StatusOr<typename InvestigationPartStore<Resource>::Changed> InvestigationPartStore<Resource>::Change(
    const rpc::CallContext& call, const ResourceKey& id, const idempotency::Request& request,
    const Transition& transition) {
  const Table table = TableOf<Resource>();
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    ASSIGN_OR_RETURN(const ResourceKey investigation, EnterScopeOf(transaction, table, id));
    const std::vector<std::string> resources = {MakeName(id.municipality, table.collection, id.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    // In this order, as where an investigation is opened.
    RETURN_IF_ERROR(LockInvestigation(transaction, investigation));
    RETURN_IF_ERROR(transaction.Query(table.lock, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(Found<Resource> before, FindIn<Resource>(transaction, parts_, call, id));
    if (repeated.has_value()) return Changed{std::move(before.record), true};
    PartParent& parent = before.record.parent;
    ASSIGN_OR_RETURN(parent.child, FindChildFacts(transaction, parts_, call, parent));
    ASSIGN_OR_RETURN(PartChange<Resource> changed, transition(before.record));
    RETURN_IF_ERROR(Store(transaction, *before.key, id, before.record.resource, changed.after.resource));
    RETURN_IF_ERROR(StoreEvent(transaction, parts_, call, request, changed));
    changed.after.version = before.record.version + 1;
    return Changed{std::move(changed.after), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, table.store.name, change);
}

template <typename Resource>
absl::StatusOr<PartRecord<Resource>> InvestigationPartStore<Resource>::Find(const rpc::CallContext& call,
                                                                            const ResourceKey& id) {
  const Table table = TableOf<Resource>();
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, table.find.name,
                          [&](pg::ReadTransaction& transaction) -> absl::StatusOr<PartRecord<Resource>> {
                            RETURN_IF_ERROR(EnterScopeOf(transaction, table, id).status());
                            ASSIGN_OR_RETURN(Found<Resource> found, FindIn<Resource>(transaction, parts_, call, id));
                            return std::move(found.record);
                          });
}

template <typename Resource>
absl::StatusOr<typename InvestigationPartStore<Resource>::Page> InvestigationPartStore<Resource>::List(
    const rpc::CallContext& call, const ResourceKey& investigation, int32_t page_size, const std::string& cursor) {
  const Table table = TableOf<Resource>();
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(FoundInvestigation of, FindInvestigation(transaction, parts_, call, investigation));
    Page page;
    page.parent.investigation = std::move(of.record);
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(table.list, pg::Params(investigation.municipality, investigation.id, before.time,
                                                              before.id, int64_t{page_size} + 1)));
    ASSIGN_OR_RETURN(page.records, ReadRows<Resource>(transaction, parts_, call, rows, investigation.municipality));
    for (PartRecord<Resource>& record : page.records) record.parent = page.parent;
    if (page.records.size() > static_cast<size_t>(page_size)) {
      page.records.resize(static_cast<size_t>(page_size));
      page.next_cursor =
          MakeListCursor(page.records.back().resource.create_time(), page.records.back().resource.name());
    }
    return page;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, table.list.name, list);
}

template <>
absl::StatusOr<TransferStore::Page> TransferStore::ListReceived(const rpc::CallContext& call, int32_t page_size,
                                                                const std::string& cursor) {
  const pg::Scope own = pg::ScopeOf(call.caller);
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListReceived, pg::Params(own.municipality, own.authority, before.time,
                                                                 before.id, int64_t{page_size} + 1)));
    Page page;
    for (const pg::Row row : rows) {
      if (page.records.size() == static_cast<size_t>(page_size)) {
        page.next_cursor =
            MakeListCursor(page.records.back().resource.create_time(), page.records.back().resource.name());
        break;
      }
      ResourceKey id;
      RETURN_IF_ERROR(row.Into(id.municipality, id.id));
      // Each within the board that asks, which the receiver's scope finds.
      RETURN_IF_ERROR(transaction.SetScope(own));
      RETURN_IF_ERROR(EnterScopeOf(transaction, TableOf<v1::Transfer>(), id).status());
      ASSIGN_OR_RETURN(Found<v1::Transfer> found, FindIn<v1::Transfer>(transaction, parts_, call, id));
      page.records.push_back(std::move(found.record));
    }
    return page;
  };
  return parts_.pool.Read(own, call.deadline, kListReceived.name, list);
}

template <typename Resource>
absl::StatusOr<std::vector<Resource>> InvestigationPartStore<Resource>::ListOfChild(const rpc::CallContext& call,
                                                                                    const pg::Uuid& child) {
  const Table table = TableOf<Resource>();
  const std::string& municipality = call.caller.municipality;
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<Resource>> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(table.list_of_child, pg::Params(municipality, call.caller.authority, child)));
    ASSIGN_OR_RETURN(auto records, ReadRows<Resource>(transaction, parts_, call, rows, municipality));
    std::vector<Resource> resources;
    for (PartRecord<Resource>& record : records) resources.push_back(std::move(record.resource));
    return resources;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, table.list_of_child.name, list);
}

template <typename Resource>
absl::Status InvestigationPartStore<Resource>::RecordRead(const rpc::CallContext& call,
                                                          const std::vector<const PartRecord<Resource>*>& shown,
                                                          const PartParent* parent) {
  // What hangs on an investigation of the own board is read as that is, with its risk signs.
  std::map<std::string, const InvestigationRecord*> own;
  if (parent != nullptr) own[parent->investigation.investigation.name()] = &parent->investigation;
  std::vector<std::string> names;
  TouchedByRead received(call);
  bool any_received = false;
  for (const PartRecord<Resource>* const record : shown) {
    const Jurisdiction board = JurisdictionOf(record->parent);
    if (board.municipality == call.caller.municipality && board.authority == call.caller.authority) {
      own[record->resource.investigation()] = &record->parent.investigation;
      names.push_back(record->resource.name());
      continue;
    }
    any_received = true;
    outbox::Touched& touched = received.At(board, record->parent.investigation.identity_protected);
    touched.children.push_back(record->resource.child());
    touched.resources.push_back(record->resource.name());
    touched.resources.push_back(record->resource.investigation());
  }
  if (any_received) RETURN_IF_ERROR(received.Append(parts_, {}));
  std::vector<const InvestigationRecord*> investigations;
  for (const auto& [name, investigation] : own) investigations.push_back(investigation);
  if (investigations.empty() && any_received) return absl::OkStatus();
  return InvestigationStore(parts_).RecordRead(call, investigations, names);
}

template class InvestigationPartStore<v1::Placement>;
template class InvestigationPartStore<v1::Transfer>;
template class InvestigationPartStore<v1::FollowUp>;

absl::Status EndFollowUps(pg::Transaction& transaction, const StoreParts& parts, absl::Time deadline,
                          const v1::Investigation& opened) {
  const Placement board = PlacementOf(opened);
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(opened.child()));
  const absl::Time time = proto_time::FromProto(opened.open_time()).value_or(absl::UnixEpoch());
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kRunningFollowUps, pg::Params(board.municipality, board.authority, child)));
  for (const pg::Row row : rows) {
    ResourceKey id{board.municipality, {}};
    ASSIGN_OR_RETURN(id.id, row.Get<pg::Uuid>(0));
    ASSIGN_OR_RETURN(const pg::Uuid data_key, row.Get<pg::Uuid>(kDataKeyColumn));
    ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, KeyOf(parts.keys, deadline, data_key, "follow up"));
    ASSIGN_OR_RETURN(FollowUpRecord before, ReadRow<v1::FollowUp>(row, board.municipality, *key));
    ASSIGN_OR_RETURN(*before.resource.mutable_deadlines(), FindDeadlines(transaction, id, *key));
    const FollowUpChange change = EndByInvestigation(before, opened.name(), time);
    RETURN_IF_ERROR(Store(transaction, *key, id, before.resource, change.after.resource));
    RETURN_IF_ERROR(outbox::Append(
        transaction, outbox::MakeEvent(change.happening.type, change.after.resource.name(), board.municipality,
                                       board.authority, time, change.happening.attributes)));
  }
  return absl::OkStatus();
}

}  // namespace samverkan::intake
