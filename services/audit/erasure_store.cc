#include "services/audit/erasure_store.h"

#include <optional>
#include <vector>

#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"
#include "services/audit/entry_store.h"

namespace samverkan::audit {
namespace {

constexpr pg::Statement kClaimErasure = {"claim_erasure", "SELECT audit.claim_erasure($1, $2, $3)"};
constexpr pg::Statement kKeepErasure = {"keep_erasure", "SELECT audit.keep_erasure($1, $2, $3, $4)"};
constexpr pg::Statement kListErasable = {
    "list_erasable_entries",
    "SELECT index, leaf, body FROM audit.list_erasable_entries($1, $2, $3, $4, $5, $6) ORDER BY index"};
constexpr pg::Statement kListOutcomes = {
    "list_outcomes_of_entries", "SELECT sample, item, number, body FROM audit.list_outcomes_of_entries($1, $2, $3)"};
constexpr pg::Statement kEraseEntries = {"erase_entries",
                                         "SELECT audit.erase_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};

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
  std::vector<std::optional<pg::Bytes>> bodies;
  std::vector<int64_t> tag_indexes;
  std::vector<pg::Bytes> tags;
  std::vector<pg::Uuid> samples;
  std::vector<int64_t> items, numbers;
  std::vector<pg::Bytes> outcomes;

  void Add(const ErasedEntry& entry) {
    indexes.push_back(entry.index);
    bodies.push_back(entry.rest.has_value() ? std::optional(pg::Bytes{*entry.rest}) : std::nullopt);
    for (const std::string& tag : entry.tags) {
      tag_indexes.push_back(entry.index);
      tags.push_back({tag});
    }
  }
};

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
absl::StatusOr<int64_t> Tell(pg::Transaction& transaction, const Erasure& erasure, const NewEntry& entry,
                             absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<Placement> placements, AppendEntries(transaction, {entry}, now));
  const int64_t index = placements.front().index;
  const pg::Params params(erasure.scope.municipality, erasure.scope.authority, erasure.id, index);
  RETURN_IF_ERROR(transaction.Execute(kKeepErasure, params).status());
  return index;
}

// Takes the notes out of what reviews say of the entries.
absl::Status AddOutcomes(pg::Transaction& transaction, const Scope& scope, Columns& columns) {
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Execute(kListOutcomes, pg::Params(scope.municipality, scope.authority, columns.indexes)));
  for (const pg::Row row : rows) {
    pg::Bytes body;
    RETURN_IF_ERROR(
        row.Into(columns.samples.emplace_back(), columns.items.emplace_back(), columns.numbers.emplace_back(), body));
    ASSIGN_OR_RETURN(columns.outcomes.emplace_back().data, WithoutNote(body.data));
  }
  return absl::OkStatus();
}

// Erases from the entries beyond `after`, as many as one transaction takes.
absl::StatusOr<Step> EraseSome(pg::Transaction& transaction, const Erasure& erasure, const SearchTags& tags,
                               int64_t after) {
  const Scope& scope = erasure.scope;
  std::vector<pg::Bytes> wanted;
  for (std::string& tag : TagsOf(erasure, tags)) wanted.push_back({std::move(tag)});
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Execute(kListErasable, pg::Params(scope.municipality, scope.authority, wanted, after,
                                                                 kMostAtOnce, kBodyBytes)));
  Step step;
  Columns columns;
  for (const pg::Row row : rows) {
    StoredEntry stored;
    pg::Bytes leaf, body;
    RETURN_IF_ERROR(row.Into(stored.index, leaf, body));
    stored.leaf = std::move(leaf.data);
    stored.body = std::move(body.data);
    step.last = stored.index;
    ASSIGN_OR_RETURN(const std::optional<ErasedEntry> erased, EraseFrom(stored, erasure, tags));
    if (!erased.has_value()) continue;
    ++(erased->rest.has_value() ? step.reduced : step.erased);
    columns.Add(*erased);
  }
  if (columns.indexes.empty()) return step;
  RETURN_IF_ERROR(AddOutcomes(transaction, scope, columns));
  const pg::Params params(scope.municipality, scope.authority, erasure.id, columns.indexes, columns.bodies,
                          columns.tag_indexes, columns.tags, columns.samples, columns.items, columns.numbers,
                          columns.outcomes);
  RETURN_IF_ERROR(transaction.Execute(kEraseEntries, params).status());
  return step;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ErasureStore>> ErasureStore::Open(const std::string& conninfo, int connections,
                                                                 SearchTags tags, pg::ErrorLog log) {
  ASSIGN_OR_RETURN(std::unique_ptr<pg::Pool> pool, pg::Pool::Open(conninfo, connections, std::move(log)));
  return std::unique_ptr<ErasureStore>(new ErasureStore(std::move(pool), std::move(tags)));
}

absl::StatusOr<v1::EraseEntriesResponse> ErasureStore::Erase(const Erasure& erasure, const NewEntry& entry,
                                                             absl::Time now, absl::Time deadline) {
  using Result = absl::StatusOr<Step>;
  v1::EraseEntriesResponse response;
  std::optional<int64_t> after = -1;
  while (after.has_value()) {
    const Result step = pool_->Write({}, deadline, "erase_entries", [&](pg::Transaction& transaction) -> Result {
      ASSIGN_OR_RETURN(const std::optional<int64_t> known, Claim(transaction, erasure));
      ASSIGN_OR_RETURN(Step done, EraseSome(transaction, erasure, tags_, *after));
      if (known.has_value()) {
        done.entry = *known;
      } else {
        ASSIGN_OR_RETURN(done.entry, Tell(transaction, erasure, entry, now));
      }
      return done;
    });
    if (!step.ok()) return step.status();
    response.set_name(EntryName(step->entry));
    response.set_erased(response.erased() + step->erased);
    response.set_reduced(response.reduced() + step->reduced);
    after = step->last;
  }
  return response;
}

}  // namespace samverkan::audit
