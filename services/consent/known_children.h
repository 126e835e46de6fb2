#ifndef SAMVERKAN_SERVICES_CONSENT_KNOWN_CHILDREN_H_
#define SAMVERKAN_SERVICES_CONSENT_KNOWN_CHILDREN_H_

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/pg/scope.h"
#include "libs/pg/transaction.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "libs/sealing/data_key.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "services/consent/child.h"
#include "services/consent/store_parts.h"

namespace samverkan::consent {

// What decisions rest on: a child and its consents, as they were on a day at one version of the child.
struct KnownChild {
  pg::Scope authority;
  // Its own reference, whichever of its references was asked by.
  pg::Uuid id;
  ChildRecord record;
  // What its row is sealed with, and what is decided about it.
  sealing::DataKeyPtr key;
  // The legal day that it was read on.
  absl::CivilDay day;
  // What holds of it on that day, with all its consents.
  v1::Circumstances circumstances;
};

using KnownChildPtr = std::shared_ptr<const KnownChild>;

// Remembers children for a minute since they were last known to be so: a check need not read them
// first. What is remembered may be old. Whoever uses it must store its result under the guard of its
// version, and Forget and read again where that fails, and before it refuses. Thread-safe.
class KnownChildren {
 public:
  static constexpr absl::Duration kRemembered = absl::Minutes(1);
  static constexpr size_t kMost = 20'000;

  // `parts` must outlive this.
  explicit KnownChildren(const StoreParts& parts) : parts_(parts) {}

  // The child with the reference at the caller's authority, as remembered of the call's legal day or
  // read. NOT_FOUND where there is none.
  absl::StatusOr<KnownChildPtr> Get(const rpc::CallContext& call, const std::string& reference);

  // Remembers `child` for another minute: its version was found to be that in the database just now, so
  // nothing of it was changed or erased since it was read.
  void Confirm(const rpc::CallContext& call, const std::string& reference, const KnownChildPtr& child);

  // Forgets the child with the reference.
  void Forget(const rpc::CallContext& call, const std::string& reference);

 private:
  struct Remembered {
    KnownChildPtr child;
    absl::Time until;
  };

  KnownChildPtr Recall(const std::string& key, absl::CivilDay day);
  void Remember(const std::string& key, KnownChildPtr child);

  const StoreParts& parts_;
  std::mutex mutex_;
  std::unordered_map<std::string, Remembered> remembered_;
};

// The child, read in the caller's transaction. Errors as KnownChildren::Get.
absl::StatusOr<KnownChildPtr> ReadKnownChild(pg::ReadTransaction& transaction, const StoreParts& parts,
                                             const rpc::CallContext& call, const pg::Uuid& reference);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_KNOWN_CHILDREN_H_
