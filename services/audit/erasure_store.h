#ifndef SAMVERKAN_SERVICES_AUDIT_ERASURE_STORE_H_
#define SAMVERKAN_SERVICES_AUDIT_ERASURE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/pool.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/entry.h"
#include "services/audit/erasure.h"
#include "services/audit/search_tag.h"

namespace samverkan::audit {

// All SQL that erases. Connections of its own, so that a long erasure holds up nothing
// else. May be used by several threads at once.
//
// Deadlines are of the machine's clock. Errors of the database are libs/pg's.
class ErasureStore {
 public:
  // `conninfo` as the role samverkan_audit.
  static absl::StatusOr<std::unique_ptr<ErasureStore>> Open(const std::string& conninfo, int connections,
                                                            SearchTags tags, pg::ErrorLog log = {});

  // Erases. `entry`, which tells of it, is appended with the first of what it erases, unless
  // the log tells of the erasure already. A large erasure takes several transactions; where
  // one fails, those before it stand, and the same call goes on.
  absl::StatusOr<v1::EraseEntriesResponse> Erase(const Erasure& erasure, const NewEntry& entry, absl::Time now,
                                                 absl::Time deadline);

 private:
  ErasureStore(std::unique_ptr<pg::Pool> pool, SearchTags tags) : pool_(std::move(pool)), tags_(std::move(tags)) {}

  std::unique_ptr<pg::Pool> pool_;
  const SearchTags tags_;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_ERASURE_STORE_H_
