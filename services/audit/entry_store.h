#ifndef SAMVERKAN_SERVICES_AUDIT_ENTRY_STORE_H_
#define SAMVERKAN_SERVICES_AUDIT_ENTRY_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/pool.h"
#include "libs/pg/transaction.h"
#include "libs/sealing/key_ring.h"
#include "services/audit/entry.h"
#include "services/audit/risk_sign.h"
#include "services/audit/search_tag.h"

namespace samverkan::audit {

// Where one entry of an append ended.
struct Placement {
  enum class Outcome {
    kAppended,  // got the next index
    kRepeated,  // was there already, with the same leaf
    kReused,    // its id is taken by another leaf; nothing of the append was stored
    kRefused,   // not stored because a companion was reused
  };
  Outcome outcome = Outcome::kRefused;
  // Where it stands; only when appended or repeated.
  int64_t index = -1;
};

// An entry that was asked for, or why there is none.
struct FoundEntry {
  std::optional<StoredEntry> entry;
  // Whether the log has an entry at that index, be it another authority's.
  bool index_is_taken = false;
};

// What a search asks for. All that is given must match.
struct EntryQuery {
  Scope scope;
  // The rarest first.
  std::vector<std::string> tags;
  // All of these.
  RiskSigns signs;
  // Of the act, [start, end).
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfiniteFuture();
  // Only entries of a smaller index.
  std::optional<int64_t> before;
  int64_t limit = 0;
  // No further entry once the private parts exceed this.
  int64_t body_bytes = 0;
};

struct EntryPage {
  // Newest first.
  std::vector<StoredEntry> entries;
  // Whether older ones match too.
  bool more = false;
};

// Appends in a transaction that also changes something else: its last statement, for all
// appends wait for each other until it ends. As EntryStore::Append otherwise.
absl::StatusOr<std::vector<Placement>> AppendEntries(pg::Transaction& transaction, sealing::KeyRing& keys,
                                                     const std::vector<NewEntry>& entries, absl::Time now,
                                                     absl::Time deadline);

// All SQL about entries. The runtime role reaches no table of the log: everything
// goes through the functions of schema/. Private parts are sealed on their way in, and
// absent on their way out once their key is destroyed. May be used by several threads at
// once.
//
// Deadlines are of the machine's clock. Errors of the database are libs/pg's, of the keys
// libs/sealing's.
class EntryStore {
 public:
  // `conninfo` as the role samverkan_audit; `readers` connections for reading. One
  // connection appends: appends take turns at the log's end anyhow, and those that
  // wait share its next transaction. `keys` must outlive the store.
  static absl::StatusOr<std::unique_ptr<EntryStore>> Open(const std::string& conninfo, int readers,
                                                          sealing::KeyRing& keys, pg::ErrorLog log = {});

  // To be asked before serving. FAILED_PRECONDITION, reason `SCHEMA_VERSION_UNKNOWN`,
  // unless this binary understands the schema deployed; reason `DATABASE_NOT_DURABLE`,
  // naming the setting, where the server may lose what it has committed.
  absl::Status CheckReady(absl::Time deadline);

  // Appends in the order given, all or none, and returns when it is durable: one
  // placement for each entry. `now` becomes the record time, unless the log has a
  // later one. Executing the same again gives the same indexes.
  absl::StatusOr<std::vector<Placement>> Append(const std::vector<NewEntry>& entries, absl::Time now,
                                                absl::Time deadline);

  // The entry at `index` if it is within `scope`.
  absl::StatusOr<FoundEntry> Get(const Scope& scope, int64_t index, absl::Time deadline);

  // The newest entries that match.
  absl::StatusOr<EntryPage> Search(const EntryQuery& query, absl::Time deadline);

  // Lets waiting appends finish and takes no more.
  void Stop() { writer_->Stop(); }

 private:
  EntryStore(std::unique_ptr<pg::CombiningWriter> writer, std::unique_ptr<pg::Pool> readers, sealing::KeyRing& keys)
      : writer_(std::move(writer)), readers_(std::move(readers)), keys_(keys) {}

  std::unique_ptr<pg::CombiningWriter> writer_;
  std::unique_ptr<pg::Pool> readers_;
  sealing::KeyRing& keys_;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_ENTRY_STORE_H_
