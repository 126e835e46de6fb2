#ifndef SAMVERKAN_SERVICES_AUDIT_ERASURE_STORE_H_
#define SAMVERKAN_SERVICES_AUDIT_ERASURE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/pool.h"
#include "libs/pg/rows.h"
#include "libs/sealing/key_ring.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/entry.h"
#include "services/audit/erasure.h"
#include "services/audit/search_tag.h"

namespace samverkan::audit {

// All SQL that erases. Connections of its own, so that a long erasure holds up nothing
// else. May be used by several threads at once.
//
// Keys are destroyed right after the transaction that took what they had sealed out of the
// log. One that could not be is destroyed with the next erasure, or at the next start.
//
// Deadlines are of the machine's clock. Errors of the database are libs/pg's, of the keys
// libs/sealing's.
class ErasureStore {
 public:
  // `conninfo` as the role samverkan_audit; `keys` must outlive the store.
  static absl::StatusOr<std::unique_ptr<ErasureStore>> Open(const std::string& conninfo, int connections,
                                                            sealing::KeyRing& keys, SearchTags tags,
                                                            pg::ErrorLog log = {});

  // Erases. `entry`, which tells of it, is appended with the first of what it erases, unless
  // the log tells of the erasure already. A large erasure takes several transactions; where
  // one fails, those before it stand, and the same call goes on. Returns when the keys of all
  // that was erased are destroyed.
  absl::StatusOr<v1::EraseEntriesResponse> Erase(const Erasure& erasure, const NewEntry& entry, absl::Time now,
                                                 absl::Time deadline);

  // Erases again what was erased after this database was backed up, and destroys again what was
  // destroyed after the database of keys was; and what is due still. To be called before anything
  // is served. Returns how many destructions an older backup had undone.
  absl::StatusOr<int64_t> Replay(absl::Time deadline);

 private:
  ErasureStore(std::unique_ptr<pg::Pool> pool, sealing::KeyRing& keys, SearchTags tags)
      : pool_(std::move(pool)), keys_(keys), tags_(std::move(tags)) {}

  // Destroys the keys of what is erased.
  absl::Status DestroyDue(absl::Time deadline);
  // Destroys what `rows` name, and says in the log where in the order it stands.
  absl::StatusOr<int64_t> Destroy(const pg::Rows& rows, absl::Time deadline);
  // What an older backup of the keys, or of the log, has brought back.
  absl::StatusOr<int64_t> DestroyAgain(int64_t last, absl::Time deadline);
  absl::StatusOr<int64_t> EraseAgain(int64_t followed, absl::Time deadline);

  std::unique_ptr<pg::Pool> pool_;
  sealing::KeyRing& keys_;
  const SearchTags tags_;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_ERASURE_STORE_H_
