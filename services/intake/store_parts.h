#ifndef SAMVERKAN_SERVICES_INTAKE_STORE_PARTS_H_
#define SAMVERKAN_SERVICES_INTAKE_STORE_PARTS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/keys/blind_index.h"
#include "libs/keys/key_list.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/pool.h"
#include "libs/pg/rows.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"
#include "libs/sealing/key_ring.h"
#include "services/intake/access.h"

// What the stores of intake share.
namespace samverkan::intake {

// The tags by which rows are found again. Each is of one board: the same unit, person or
// child has others elsewhere.
class Tags {
 public:
  explicit Tags(const keys::KeyList& keys)
      : child_(keys, "intake/child"),
        unit_(keys, "intake/unit"),
        assignee_(keys, "intake/assignee"),
        sender_unit_(keys, "intake/sender-unit"),
        sender_(keys, "intake/sender") {}

  // Id of the key that rows are tagged with.
  const std::string& key_id() const { return child_.key_id(); }

  // Tags of the child's identity number, 12 digits: under the key in use, and under the one
  // before where there is one.
  std::vector<pg::Bytes> Child(const std::string& municipality, const std::string& authority,
                               const std::string& digits) const;

  // Of the unit or assignee of a case; no tag for an empty one.
  std::optional<pg::Bytes> Unit(const Placement& placement) const;
  std::optional<pg::Bytes> Assignee(const Placement& placement) const;
  // Of who sent or asked.
  std::optional<pg::Bytes> SenderUnit(const Sender& sender) const;
  pg::Bytes SenderPerson(const Sender& sender) const;

  // What finds all that the caller's units or the caller itself handle or sent, under all keys.
  std::vector<pg::Bytes> UnitsOf(const auth::Caller& caller) const;
  std::vector<pg::Bytes> AssigneeOf(const auth::Caller& caller) const;
  std::vector<pg::Bytes> SenderUnitsOf(const auth::Caller& caller) const;
  std::vector<pg::Bytes> SenderOf(const auth::Caller& caller) const;
  // One unit of an authority.
  std::vector<pg::Bytes> UnitOf(const std::string& municipality, const std::string& authority,
                                const std::string& unit) const;

 private:
  keys::BlindIndex child_;
  keys::BlindIndex unit_;
  keys::BlindIndex assignee_;
  keys::BlindIndex sender_unit_;
  keys::BlindIndex sender_;
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
// resource's kind, "report".
absl::StatusOr<sealing::DataKeyPtr> KeyOf(sealing::KeyRing& keys, absl::Time deadline, const pg::Uuid& id,
                                          const std::string& what);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_STORE_PARTS_H_
