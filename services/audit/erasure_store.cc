#include "services/audit/erasure_store.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/audit/entry_store.h"
#include "services/audit/review.h"
#include "services/audit/sealed_part.h"
#include "services/audit/store.pb.h"

namespace samverkan::audit {
namespace {

constexpr pg::Statement kClaimErasure = {"claim_erasure", "SELECT audit.claim_erasure($1, $2, $3)"};
constexpr pg::Statement kKeepErasure = {"keep_erasure", "SELECT audit.keep_erasure($1, $2, $3, $4)"};
constexpr pg::Statement kListErasable = {
    "list_erasable_entries",
    "SELECT index, leaf, data_key, body FROM audit.list_erasable_entries($1, $2, $3, $4, $5, $6) ORDER BY index"};
constexpr pg::Statement kIsToldByOthers = {"is_told_by_others", "SELECT audit.is_told_by_others($1, $2, $3, $4)"};
constexpr pg::Statement kListOutcomes = {
    "list_outcomes_of_entries",
    "SELECT sample, item, number, data_key, body FROM audit.list_outcomes_of_entries($1, $2, $3)"};
constexpr pg::Statement kEraseEntries = {
    "erase_entries", "SELECT audit.erase_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"};
constexpr pg::Statement kListDue = {
    "list_due_destructions",
    "SELECT destruction, keys, indexes FROM audit.list_due_destructions() ORDER BY destruction"};
constexpr pg::Statement kListAfter = {"list_destructions_after",
                                      "SELECT destruction, keys, indexes FROM audit.list_destructions_after($1)"};
constexpr pg::Statement kGetLast = {"get_last_destruction", "SELECT audit.get_last_destruction()"};
constexpr pg::Statement kKeepDestruction = {"keep_destruction", "SELECT audit.keep_destruction($1, $2)"};
constexpr pg::Statement kEraseAgain = {"erase_again", "SELECT audit.erase_again($1, $2, $3, $4)"};

// Most entries of one transaction, and the private parts at which it ends.
constexpr int64_t kMostAtOnce = 1000;
constexpr int64_t kBodyBytes = 1 << 21;

// What one transaction has done.
struct Step {
  // Of the entry that tells of the erasure.
  int64_t entry = -1;
  int64_t erased = 0;
  int64_t reduced = 0;
  // The last entry that was looked at; nothing where there was none.
  std::optional<int64_t> last;
};

// What `erase_entries` takes: one array for each column.
struct Columns {
  std::vector<int64_t> indexes;
  std::vector<std::optional<pg::Uuid>> data_keys;
  std::vector<std::optional<pg::Bytes>> bodies;
  std::vector<int64_t> tag_indexes;
  std::vector<pg::Bytes> tags;
  std::vector<pg::Uuid> samples;
  std::vector<int64_t> items, numbers;
  std::vector<pg::Uuid> outcome_keys;
  std::vector<pg::Bytes> outcomes;

  // `rest` is what is left of the entry, sealed.
  void Add(const ErasedEntry& entry, const std::optional<Sealed>& rest) {
    indexes.push_back(entry.index);
    data_keys.push_back(rest.has_value() ? std::optional(rest->data_key) : std::nullopt);
    bodies.push_back(rest.has_value() ? std::optional(rest->octets) : std::nullopt);
    for (const std::string& tag : entry.tags) {
      tag_indexes.push_back(entry.index);
      tags.push_back({tag});
    }
  }
};

// Keys to destroy, and the entries that they had sealed.
struct Due {
  pg::Uuid id;
  std::vector<pg::Uuid> keys;
  std::vector<int64_t> indexes;
};

absl::StatusOr<std::vector<Due>> ReadDue(const pg::Rows& rows) {
  std::vector<Due> due;
  for (const pg::Row row : rows) {
    Due& destruction = due.emplace_back();
    RETURN_IF_ERROR(row.Into(destruction.id, destruction.keys, destruction.indexes));
  }
  return due;
}

// What is noted among the keys, and back.
std::string NoteOf(const Due& due) {
  store::v1::KeyDestruction note;
  for (const pg::Uuid& key : due.keys) note.add_keys(std::string(key.bytes().begin(), key.bytes().end()));
  note.mutable_indexes()->Add(due.indexes.begin(), due.indexes.end());
  return note.SerializeAsString();
}

absl::StatusOr<Due> ReadNote(const sealing::Destruction& destruction) {
  store::v1::KeyDestruction note;
  if (!note.ParseFromString(destruction.note)) return status::Internal("the note of a destruction does not parse");
  Due due = {.id = destruction.id, .keys = {}, .indexes = {note.indexes().begin(), note.indexes().end()}};
  for (const std::string& key : note.keys()) {
    std::array<uint8_t, 16> bytes = {};
    if (key.size() != bytes.size()) return status::Internal("the note of a destruction names no key");
    std::copy(key.begin(), key.end(), bytes.begin());
    due.keys.emplace_back(bytes);
  }
  return due;
}

// The entry that tells of the erasure, where the log has one. Others that claim it wait.
absl::StatusOr<std::optional<int64_t>> Claim(pg::Transaction& transaction, const Erasure& erasure) {
  const Scope& scope = erasure.scope;
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Execute(kClaimErasure, pg::Params(scope.municipality, scope.authority, erasure.id)));
  std::optional<int64_t> index;
  RETURN_IF_ERROR(rows[0].Into(index));
  return index;
}

// Appends the entry that tells of the erasure: the transaction's last act.
absl::StatusOr<int64_t> Tell(pg::Transaction& transaction, sealing::KeyRing& keys, const Erasure& erasure,
                             const NewEntry& entry, absl::Time now, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::vector<Placement> placements, AppendEntries(transaction, keys, {entry}, now, deadline));
  const int64_t index = placements.front().index;
  const pg::Params params(erasure.scope.municipality, erasure.scope.authority, erasure.id, index);
  RETURN_IF_ERROR(transaction.Execute(kKeepErasure, params).status());
  return index;
}

// Takes the notes out of what reviews say of the entries.
absl::Status AddOutcomes(pg::Transaction& transaction, sealing::KeyRing& keys, const Scope& scope, absl::Time deadline,
                         Columns& columns) {
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Execute(kListOutcomes, pg::Params(scope.municipality, scope.authority, columns.indexes)));
  for (const pg::Row row : rows) {
    ItemKey item = {.sample = {.municipality = scope.municipality, .id = {}}};
    int64_t number = 0;
    Sealed sealed;
    RETURN_IF_ERROR(row.Into(item.sample.id, item.position, number, sealed.data_key, sealed.octets));
    const Place place = PlaceOfOutcome(item, number);
    ASSIGN_OR_RETURN(const std::vector<sealing::DataKeyPtr> key, keys.FindAll({sealed.data_key}, deadline));
    ASSIGN_OR_RETURN(const auto outcome, Open(key.front(), place, sealed.octets));
    // Came back from an older backup: without its key nothing is left to erase.
    if (!outcome.has_value()) continue;
    ASSIGN_OR_RETURN(const std::string rest, WithoutNote(*outcome));
    ASSIGN_OR_RETURN(sealed, Seal(keys, place, rest, deadline));
    columns.samples.push_back(item.sample.id);
    columns.items.push_back(item.position);
    columns.numbers.push_back(number);
    columns.outcome_keys.push_back(sealed.data_key);
    columns.outcomes.push_back(std::move(sealed.octets));
  }
  return absl::OkStatus();
}

// Whether another service than the one that erased tells of what `erased` names of the erasure.
absl::StatusOr<bool> IsToldByOthers(pg::Transaction& transaction, const Erasure& erasure, const ErasedEntry& erased,
                                    const SearchTags& tags) {
  const std::vector<std::string> wanted = TagsOf(erasure, tags);
  std::vector<pg::Bytes> shared;
  for (const std::string& tag : erased.tags) {
    if (std::find(wanted.begin(), wanted.end(), tag) != wanted.end()) shared.push_back({tag});
  }
  const pg::Params params(erasure.scope.municipality, erasure.scope.authority, shared, erasure.producer);
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kIsToldByOthers, params));
  return rows[0].Get<bool>(0);
}

// The entries beyond `after` that name something that is erased, as many as one transaction
// takes.
absl::StatusOr<std::vector<StoredEntry>> ListErasable(pg::Transaction& transaction, sealing::KeyRing& keys,
                                                      const Erasure& erasure, const SearchTags& tags, int64_t after,
                                                      absl::Time deadline) {
  std::vector<pg::Bytes> wanted;
  for (std::string& tag : TagsOf(erasure, tags)) wanted.push_back({std::move(tag)});
  const pg::Params params(erasure.scope.municipality, erasure.scope.authority, wanted, after, kMostAtOnce, kBodyBytes);
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kListErasable, params));
  std::vector<SealedEntry> entries;
  for (const pg::Row row : rows) {
    SealedEntry& sealed = entries.emplace_back();
    pg::Bytes leaf;
    Sealed body;
    RETURN_IF_ERROR(row.Into(sealed.entry.index, leaf, body.data_key, body.octets));
    sealed.entry.leaf = std::move(leaf.data);
    sealed.body = std::move(body);
  }
  return OpenEntries(keys, std::move(entries), deadline);
}

// What is left of an entry, sealed anew.
absl::StatusOr<std::optional<Sealed>> SealRest(sealing::KeyRing& keys, const StoredEntry& stored,
                                               const ErasedEntry& erased, absl::Time deadline) {
  if (!erased.rest.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const Place place, PlaceOfBody(stored.leaf));
  ASSIGN_OR_RETURN(Sealed sealed, Seal(keys, place, *erased.rest, deadline));
  return std::optional(std::move(sealed));
}

// Erases from the entries beyond `after`, as many as one transaction takes.
absl::StatusOr<Step> EraseSome(pg::Transaction& transaction, sealing::KeyRing& keys, const Erasure& erasure,
                               const SearchTags& tags, int64_t after, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries,
                   ListErasable(transaction, keys, erasure, tags, after, deadline));
  Step step;
  Columns columns;
  for (const StoredEntry& stored : entries) {
    step.last = stored.index;
    ASSIGN_OR_RETURN(const std::optional<ErasedEntry> erased, EraseFrom(stored, erasure, tags));
    if (!erased.has_value()) continue;
    if (erased->own) {
      ASSIGN_OR_RETURN(const bool told, IsToldByOthers(transaction, erasure, *erased, tags));
      if (told) continue;
    }
    ++(erased->rest.has_value() ? step.reduced : step.erased);
    ASSIGN_OR_RETURN(const std::optional<Sealed> rest, SealRest(keys, stored, *erased, deadline));
    columns.Add(*erased, rest);
  }
  if (columns.indexes.empty()) return step;
  const Scope& scope = erasure.scope;
  RETURN_IF_ERROR(AddOutcomes(transaction, keys, scope, deadline, columns));
  const pg::Params params(scope.municipality, scope.authority, erasure.id, pg::Uuid::Random(), columns.indexes,
                          columns.data_keys, columns.bodies, columns.tag_indexes, columns.tags, columns.samples,
                          columns.items, columns.numbers, columns.outcome_keys, columns.outcomes);
  RETURN_IF_ERROR(transaction.Execute(kEraseEntries, params).status());
  return step;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ErasureStore>> ErasureStore::Open(const std::string& conninfo, int connections,
                                                                 sealing::KeyRing& keys, SearchTags tags,
                                                                 pg::ErrorLog log) {
  ASSIGN_OR_RETURN(std::unique_ptr<pg::Pool> pool, pg::Pool::Open(conninfo, connections, std::move(log)));
  return std::unique_ptr<ErasureStore>(new ErasureStore(std::move(pool), keys, std::move(tags)));
}

absl::StatusOr<v1::EraseEntriesResponse> ErasureStore::Erase(const Erasure& erasure, const NewEntry& entry,
                                                             absl::Time now, absl::Time deadline) {
  using Result = absl::StatusOr<Step>;
  v1::EraseEntriesResponse response;
  std::optional<int64_t> after = -1;
  while (after.has_value()) {
    const Result step = pool_->Write({}, deadline, "erase_entries", [&](pg::Transaction& transaction) -> Result {
      ASSIGN_OR_RETURN(const std::optional<int64_t> known, Claim(transaction, erasure));
      ASSIGN_OR_RETURN(Step done, EraseSome(transaction, keys_, erasure, tags_, *after, deadline));
      if (known.has_value()) {
        done.entry = *known;
      } else {
        ASSIGN_OR_RETURN(done.entry, Tell(transaction, keys_, erasure, entry, now, deadline));
      }
      return done;
    });
    if (!step.ok()) return step.status();
    RETURN_IF_ERROR(DestroyDue(deadline));
    response.set_name(EntryName(step->entry));
    response.set_erased(response.erased() + step->erased);
    response.set_reduced(response.reduced() + step->reduced);
    after = step->last;
  }
  return response;
}

absl::Status ErasureStore::DestroyDue(absl::Time deadline) {
  ASSIGN_OR_RETURN(const pg::Rows rows, pool_->Read({}, deadline, kListDue.name, [](pg::ReadTransaction& transaction) {
    return transaction.Query(kListDue);
  }));
  return Destroy(rows, deadline).status();
}

absl::StatusOr<int64_t> ErasureStore::Destroy(const pg::Rows& rows, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::vector<Due> destructions, ReadDue(rows));
  for (const Due& due : destructions) {
    ASSIGN_OR_RETURN(const int64_t sequence, keys_.Destroy(due.id, NoteOf(due), due.keys, deadline));
    RETURN_IF_ERROR(pool_->Write({}, deadline, kKeepDestruction.name, [&](pg::Transaction& transaction) {
      return transaction.Execute(kKeepDestruction, pg::Params(due.id, sequence)).status();
    }));
  }
  return static_cast<int64_t>(destructions.size());
}

absl::StatusOr<int64_t> ErasureStore::Replay(absl::Time deadline) {
  using Result = absl::StatusOr<int64_t>;
  ASSIGN_OR_RETURN(const int64_t followed,
                   pool_->Read({}, deadline, kGetLast.name, [](pg::ReadTransaction& transaction) -> Result {
                     ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kGetLast));
                     return rows[0].Get<int64_t>(0);
                   }));
  ASSIGN_OR_RETURN(const int64_t last, keys_.LastDestruction(deadline));
  ASSIGN_OR_RETURN(const int64_t repeated,
                   last < followed ? DestroyAgain(last, deadline) : EraseAgain(followed, deadline));
  RETURN_IF_ERROR(DestroyDue(deadline));
  return repeated;
}

absl::StatusOr<int64_t> ErasureStore::DestroyAgain(int64_t last, absl::Time deadline) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   pool_->Read({}, deadline, kListAfter.name, [&](pg::ReadTransaction& transaction) {
                     return transaction.Query(kListAfter, pg::Params(last));
                   }));
  return Destroy(rows, deadline);
}

absl::StatusOr<int64_t> ErasureStore::EraseAgain(int64_t followed, absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto destructions, keys_.DestructionsAfter(followed, deadline));
  for (const sealing::Destruction& destruction : destructions) {
    ASSIGN_OR_RETURN(const Due due, ReadNote(destruction));
    const pg::Params params(due.id, due.keys, due.indexes, destruction.sequence);
    RETURN_IF_ERROR(pool_->Write({}, deadline, kEraseAgain.name, [&](pg::Transaction& transaction) {
      return transaction.Execute(kEraseAgain, params).status();
    }));
  }
  return static_cast<int64_t>(destructions.size());
}

}  // namespace samverkan::audit
