#ifndef SAMVERKAN_SERVICES_INTAKE_DEADLINE_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_DEADLINE_STORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "libs/pg/transaction.h"
#include "libs/sealing/data_key.h"
#include "samverkan/intake/v1/deadline.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/names.h"
#include "services/intake/store_parts.h"

// The SQL of legal clocks. Functions of a transaction that the caller has.
namespace samverkan::intake {

// A clock whose latest day has ended.
struct Breach {
  std::string municipality;
  std::string authority;
  // Resource name of what it is a clock of.
  std::string resource;
  v1::Deadline deadline;
};

// The clocks of a report or investigation, in the order of their start. `key` is that of
// the subject, here and in what follows.
absl::StatusOr<Deadlines> FindDeadlines(pg::ReadTransaction& transaction, const ResourceKey& subject,
                                        const sealing::DataKey& key);

// The clocks of several reports or investigations, by id, in the order of their start.
absl::StatusOr<std::map<pg::Uuid, Deadlines>> FindDeadlinesOf(pg::ReadTransaction& transaction,
                                                              const std::string& municipality,
                                                              const SubjectKeys& subjects);

// The running clocks of several, by id, nearest first.
absl::StatusOr<std::map<pg::Uuid, Deadlines>> FindPendingDeadlines(pg::ReadTransaction& transaction,
                                                                   const std::string& municipality,
                                                                   const SubjectKeys& subjects);

// Stores those of `after` that differ from `before`, and tells of those that were breached
// between. `collection` is that of the subject: "reports", "investigations", "placements",
// "transfers" or "followUps".
absl::Status StoreDeadlines(pg::Transaction& transaction, const ResourceKey& subject, const sealing::DataKey& key,
                            const std::string& authority, const std::string& collection, const Deadlines& before,
                            const Deadlines& after);

// Stores clocks that go on from elsewhere, and tells of none: what happened to them was told.
absl::Status InsertDeadlines(pg::Transaction& transaction, const ResourceKey& subject, const sealing::DataKey& key,
                             const std::string& authority, const std::string& collection, const Deadlines& deadlines);

// Appends the event of a breach.
absl::Status TellOfBreach(pg::Transaction& transaction, const Breach& breach);

// Marks clocks whose latest day has ended before `today` as breached at `now`, at most
// `most` of them, and returns them, without their extensions. Whoever else is marking is not
// waited for.
absl::StatusOr<std::vector<Breach>> MarkBreaches(pg::Transaction& transaction, absl::CivilDay today, absl::Time now,
                                                 int64_t most);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_DEADLINE_STORE_H_
