#ifndef SAMVERKAN_SERVICES_CONSENT_STORE_PARTS_H_
#define SAMVERKAN_SERVICES_CONSENT_STORE_PARTS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/keys/blind_index.h"
#include "libs/keys/key_list.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/pool.h"
#include "libs/pg/rows.h"
#include "libs/pg/transaction.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"
#include "libs/rpc/call_context.h"
#include "libs/sealing/key_ring.h"
#include "services/consent/access.h"

// What the stores of consent share.
namespace samverkan::consent {

// The service's name, as audit entries have it.
inline constexpr char kProducer[] = "consent";

// The tags by which rows are found again. Each is of one authority: the same child, unit or person
// has others elsewhere.
class Tags {
 public:
  explicit Tags(const keys::KeyList& keys)
      : child_(keys, "consent/child"),
        unit_(keys, "consent/unit"),
        assignee_(keys, "consent/assignee"),
        recipient_(keys, "consent/recipient") {}

  // Id of the key that rows are tagged with.
  const std::string& key_id() const { return child_.key_id(); }

  // Tags of a child's identity number, 12 digits: under the key in use first, and under the one
  // before where there is one.
  std::vector<pg::Bytes> Child(const pg::Scope& authority, const std::string& digits) const;

  // Of the units that work with a child, and of who is assigned to it; none for nobody.
  std::vector<pg::Bytes> Units(const Placement& placement) const;
  std::optional<pg::Bytes> Assignee(const Placement& placement) const;
  // What finds all that the caller's units work with or the caller is assigned to, under all keys.
  std::vector<pg::Bytes> UnitsOf(const auth::Caller& caller) const;
  std::vector<pg::Bytes> AssigneeOf(const auth::Caller& caller) const;

  // Of whom a consent of the authority lets be told, by resource name; and what finds those that
  // let one of them be told, under all keys.
  std::vector<pg::Bytes> Recipients(const pg::Scope& authority, const std::vector<std::string>& names) const;
  std::vector<pg::Bytes> RecipientOf(const pg::Scope& authority, const std::string& name) const;

 private:
  keys::BlindIndex child_;
  keys::BlindIndex unit_;
  keys::BlindIndex assignee_;
  keys::BlindIndex recipient_;
};

// A value of references: all must outlive the stores.
struct StoreParts {
  pg::Pool& pool;
  pg::CombiningWriter& writer;
  sealing::KeyRing& keys;
  const outbox::Outbox& outbox;
  const Tags& tags;
};

// The key of each row, by the id of what the row holds.
using SubjectKeys = std::map<pg::Uuid, sealing::DataKeyPtr>;

// The keys that `rows` name in one column, by the id in another; without what has just been
// erased.
absl::StatusOr<SubjectKeys> KeysOf(sealing::KeyRing& keys, absl::Time deadline, const pg::Rows& rows, int id_column,
                                   int key_column);

// The key `id`; NOT_FOUND, as for what never was, where it has just been erased. `what` is the
// resource's kind, "child".
absl::StatusOr<sealing::DataKeyPtr> KeyOf(sealing::KeyRing& keys, absl::Time deadline, const pg::Uuid& id,
                                          const std::string& what);

// Appends, in the transaction of a change, the event `type` of `touched.resources.front()` and the
// audit entry of the call, whose detail it then is.
absl::Status AppendChange(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                          const std::string& type, outbox::Touched touched,
                          const std::map<std::string, std::string>& attributes = {});

// Appends the audit entry of a read; returns when it is durable.
absl::Status AppendRead(const StoreParts& parts, const rpc::CallContext& call, const outbox::Touched& touched);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_STORE_PARTS_H_
