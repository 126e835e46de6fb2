#include "services/audit/entry_store.h"

#include <limits>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/audit/reasons.h"
#include "services/audit/sealed_part.h"

namespace samverkan::audit {
namespace {

constexpr pg::Statement kAppendEntries = {
    "append_entries",
    "SELECT outcome, index FROM audit.append_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
    " $16, $17, $18, $19, $20) ORDER BY ordinal"};
constexpr pg::Statement kGetEntry = {
    "get_entry",
    "SELECT log_size, index, leaf, leaf_hash, record_time, data_key, body FROM audit.get_entry($1, $2, $3)"};
constexpr pg::Statement kSearchEntries = {
    "search_entries",
    "SELECT index, leaf, leaf_hash, record_time, data_key, body, found"
    " FROM audit.search_entries($1, $2, $3, $4, $5, $6, $7, $8, $9) ORDER BY index DESC"};
// Settings under which a commit that was confirmed can be lost.
constexpr pg::Statement kFindRiskySettings = {
    "find_risky_settings",
    "SELECT name FROM pg_settings WHERE (name, setting) IN"
    " (('fsync', 'off'), ('full_page_writes', 'off'), ('synchronous_commit', 'off')) ORDER BY name"};
constexpr pg::Statement kFindSchemaVersion = {"find_schema_version",
                                              "SELECT version::bigint FROM audit.schema_version"};

constexpr int64_t kOldestSchema = 3;
constexpr int64_t kNewestSchema = 3;
// All appends lock the same row.
constexpr char kLockKey[] = "log";

// What `append_entries` takes: one array for each column.
struct Columns {
  std::vector<std::string> producers;
  std::vector<pg::Uuid> ids;
  std::vector<std::string> municipalities;
  std::vector<std::string> authorities;
  std::vector<pg::Bytes> leaves;
  std::vector<pg::Bytes> leaf_hashes;
  std::vector<absl::Time> times;
  std::vector<pg::Bytes> bodies;
  std::vector<pg::Uuid> data_keys;
  std::vector<std::string> methods;
  std::vector<int64_t> actions, outcomes, roles, signs;
  std::vector<pg::Bytes> actors, systems;
  std::vector<int64_t> tag_ordinals;
  std::vector<pg::Bytes> tags;
  std::vector<int64_t> tag_kinds;

  void Add(const NewEntry& entry, const Sealed& body) {
    producers.push_back(entry.producer);
    ids.emplace_back(entry.id);
    municipalities.push_back(entry.scope.municipality);
    authorities.push_back(entry.scope.authority);
    leaves.push_back({entry.leaf});
    leaf_hashes.push_back({std::string(entry.leaf_hash.begin(), entry.leaf_hash.end())});
    times.push_back(entry.time);
    bodies.push_back(body.octets);
    data_keys.push_back(body.data_key);
    methods.push_back(entry.method);
    actions.push_back(entry.action);
    outcomes.push_back(entry.outcome);
    roles.push_back(entry.role);
    signs.push_back(entry.signs.bits());
    actors.push_back({entry.actor});
    systems.push_back({entry.system});
    for (const Tag& tag : entry.tags) {
      tag_ordinals.push_back(static_cast<int64_t>(producers.size()));
      tags.push_back({tag.value});
      tag_kinds.push_back(static_cast<int64_t>(tag.kind));
    }
  }
};

absl::StatusOr<pg::Params> AppendParams(sealing::KeyRing& keys, const std::vector<NewEntry>& entries, absl::Time now,
                                        absl::Time deadline) {
  Columns columns;
  for (const NewEntry& entry : entries) {
    ASSIGN_OR_RETURN(const Place place, PlaceOfBody(entry.leaf));
    ASSIGN_OR_RETURN(const Sealed body, Seal(keys, place, entry.body, deadline));
    columns.Add(entry, body);
  }
  return pg::Params(now, columns.producers, columns.ids, columns.municipalities, columns.authorities, columns.leaves,
                    columns.leaf_hashes, columns.times, columns.bodies, columns.data_keys, columns.methods,
                    columns.actions, columns.outcomes, columns.roles, columns.signs, columns.actors, columns.systems,
                    columns.tag_ordinals, columns.tags, columns.tag_kinds);
}

absl::StatusOr<Placement::Outcome> OutcomeOf(std::string_view text) {
  if (text == "APPENDED") return Placement::Outcome::kAppended;
  if (text == "REPEATED") return Placement::Outcome::kRepeated;
  if (text == "REUSED") return Placement::Outcome::kReused;
  if (text == "REFUSED") return Placement::Outcome::kRefused;
  return status::Internal("append_entries gave an outcome that this binary does not know");
}

absl::StatusOr<Placement> ReadPlacement(const pg::Row& row) {
  std::string outcome;
  std::optional<int64_t> index;
  RETURN_IF_ERROR(row.Into(outcome, index));
  Placement placement;
  ASSIGN_OR_RETURN(placement.outcome, OutcomeOf(outcome));
  placement.index = index.value_or(-1);
  return placement;
}

absl::StatusOr<std::vector<Placement>> ReadPlacements(const pg::Rows& rows, size_t count) {
  std::vector<Placement> placements;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(const Placement placement, ReadPlacement(row));
    placements.push_back(placement);
  }
  if (placements.size() != count) return status::Internal("append_entries did not place every entry");
  return placements;
}

// Some of an entry's columns are null where it is not there.
struct FoundSealed {
  std::optional<SealedEntry> entry;
  bool index_is_taken = false;
};

absl::StatusOr<FoundSealed> ReadFoundEntry(const pg::Row& row, int64_t asked) {
  int64_t log_size = 0;
  std::optional<int64_t> index;
  std::optional<pg::Bytes> leaf, leaf_hash, body;
  std::optional<absl::Time> record_time;
  std::optional<pg::Uuid> data_key;
  RETURN_IF_ERROR(row.Into(log_size, index, leaf, leaf_hash, record_time, data_key, body));
  FoundSealed found;
  found.index_is_taken = asked < log_size;
  if (!index.has_value() || !leaf.has_value() || !leaf_hash.has_value() || !record_time.has_value()) return found;
  found.entry = {.entry = {.index = *index,
                           .leaf = std::move(leaf->data),
                           .leaf_hash = std::move(leaf_hash->data),
                           .record_time = *record_time,
                           .body = std::nullopt},
                 .body = std::nullopt};
  if (data_key.has_value() && body.has_value()) found.entry->body = {*data_key, std::move(*body)};
  return found;
}

struct SealedPage {
  std::vector<SealedEntry> entries;
  bool more = false;
};

absl::StatusOr<SealedPage> ReadPage(const pg::Rows& rows) {
  SealedPage page;
  int64_t found = 0;
  for (const pg::Row row : rows) {
    SealedEntry& sealed = page.entries.emplace_back();
    pg::Bytes leaf, leaf_hash;
    Sealed body;
    RETURN_IF_ERROR(
        row.Into(sealed.entry.index, leaf, leaf_hash, sealed.entry.record_time, body.data_key, body.octets, found));
    sealed.entry.leaf = std::move(leaf.data);
    sealed.entry.leaf_hash = std::move(leaf_hash.data);
    sealed.body = std::move(body);
  }
  page.more = found > static_cast<int64_t>(page.entries.size());
  return page;
}

absl::Status UnknownSchema(int64_t version) {
  return status::FailedPrecondition(
      {.reason = kSchemaVersionUnknown,
       .message = absl::StrCat("The schema audit has version ", version, "; this binary understands ", kOldestSchema,
                               " to ", kNewestSchema, ". Deploy services/audit/schema, or a newer binary.")});
}

absl::Status NotDurable(const std::string& setting) {
  return status::FailedPrecondition(
      {.reason = kDatabaseNotDurable,
       .message = absl::StrCat("PostgreSQL's setting ", setting,
                               " is off, so an audit entry that was confirmed could be lost. Switch it on.")});
}

}  // namespace

absl::StatusOr<std::vector<Placement>> AppendEntries(pg::Transaction& transaction, sealing::KeyRing& keys,
                                                     const std::vector<NewEntry>& entries, absl::Time now,
                                                     absl::Time deadline) {
  ASSIGN_OR_RETURN(const pg::Params params, AppendParams(keys, entries, now, deadline));
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kAppendEntries, params));
  return ReadPlacements(rows, entries.size());
}

absl::StatusOr<std::unique_ptr<EntryStore>> EntryStore::Open(const std::string& conninfo, int readers,
                                                             sealing::KeyRing& keys, pg::ErrorLog log) {
  pg::CombiningWriter::Options options;
  options.connections = 1;
  options.log = log;
  ASSIGN_OR_RETURN(std::unique_ptr<pg::CombiningWriter> writer, pg::CombiningWriter::Open(conninfo, options));
  ASSIGN_OR_RETURN(std::unique_ptr<pg::Pool> pool, pg::Pool::Open(conninfo, readers, std::move(log)));
  return std::unique_ptr<EntryStore>(new EntryStore(std::move(writer), std::move(pool), keys));
}

absl::Status EntryStore::CheckReady(absl::Time deadline) {
  return readers_->Read({}, deadline, "check_ready", [](pg::ReadTransaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindSchemaVersion));
    if (rows.empty()) return status::Internal("audit.schema_version has no row");
    ASSIGN_OR_RETURN(const int64_t version, rows[0].Get<int64_t>(0));
    if (version < kOldestSchema || version > kNewestSchema) return UnknownSchema(version);
    ASSIGN_OR_RETURN(const pg::Rows risky, transaction.Query(kFindRiskySettings));
    if (risky.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string setting, risky[0].Get<std::string>(0));
    return NotDurable(setting);
  });
}

absl::StatusOr<std::vector<Placement>> EntryStore::Append(const std::vector<NewEntry>& entries, absl::Time now,
                                                          absl::Time deadline) {
  ASSIGN_OR_RETURN(const pg::Params params, AppendParams(keys_, entries, now, deadline));
  ASSIGN_OR_RETURN(const pg::Rows rows, writer_->Execute(kAppendEntries, params, kLockKey, deadline));
  return ReadPlacements(rows, entries.size());
}

absl::StatusOr<FoundEntry> EntryStore::Get(const Scope& scope, int64_t index, absl::Time deadline) {
  using Result = absl::StatusOr<FoundSealed>;
  ASSIGN_OR_RETURN(
      FoundSealed sealed, readers_->Read({}, deadline, "get_entry", [&](pg::ReadTransaction& transaction) -> Result {
        ASSIGN_OR_RETURN(const pg::Rows rows,
                         transaction.Query(kGetEntry, pg::Params(scope.municipality, scope.authority, index)));
        if (rows.size() != 1) return status::Internal("get_entry did not give one row");
        return ReadFoundEntry(rows[0], index);
      }));
  FoundEntry found = {.entry = std::nullopt, .index_is_taken = sealed.index_is_taken};
  if (!sealed.entry.has_value()) return found;
  ASSIGN_OR_RETURN(std::vector<StoredEntry> opened, OpenEntries(keys_, {*std::move(sealed.entry)}, deadline));
  found.entry = std::move(opened.front());
  return found;
}

absl::StatusOr<EntryPage> EntryStore::Search(const EntryQuery& query, absl::Time deadline) {
  using Result = absl::StatusOr<SealedPage>;
  std::vector<pg::Bytes> tags;
  for (const std::string& tag : query.tags) tags.push_back({tag});
  const int64_t before = query.before.value_or(std::numeric_limits<int64_t>::max());
  // One more than shown tells whether there is a further page.
  const pg::Params params(query.scope.municipality, query.scope.authority, tags, query.start, query.end, before,
                          query.limit + 1, query.body_bytes, query.signs.bits());
  ASSIGN_OR_RETURN(SealedPage page,
                   readers_->Read({}, deadline, "search_entries", [&](pg::ReadTransaction& transaction) -> Result {
                     ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kSearchEntries, params));
                     return ReadPage(rows);
                   }));
  if (static_cast<int64_t>(page.entries.size()) > query.limit) {
    page.entries.pop_back();
    page.more = true;
  }
  ASSIGN_OR_RETURN(std::vector<StoredEntry> opened, OpenEntries(keys_, std::move(page.entries), deadline));
  return EntryPage{.entries = std::move(opened), .more = page.more};
}

}  // namespace samverkan::audit
