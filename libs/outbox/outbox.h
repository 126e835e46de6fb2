#ifndef SAMVERKAN_LIBS_OUTBOX_OUTBOX_H_
#define SAMVERKAN_LIBS_OUTBOX_OUTBOX_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/transaction.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"
#include "libs/sealing/data_key.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/events/v1/events.pb.h"

// Events and audit entries, written in the transaction of the change they tell of, so
// that neither can be missing or tell of what did not happen. The tables stand in each
// service's schema (libs/outbox/schema); a Relay carries them on.
namespace samverkan::outbox {

// An event with an identity of its own, minted now. `resource` is a resource name.
events::v1::Event MakeEvent(std::string_view type, std::string_view resource, std::string_view municipality,
                            std::string_view authority, absl::Time time,
                            const std::map<std::string, std::string>& attributes);

// Appends an event in the caller's transaction, whose scope must be the event's board.
absl::Status Append(pg::Transaction& transaction, const events::v1::Event& event);

// An audit entry as it waits.
struct SealedEntry {
  pg::Uuid id;
  pg::Uuid data_key;
  pg::Bytes content;
};

// The audit entries of a service. They hold who did what, so they wait sealed. A plain
// value, used by any number of threads.
class Outbox {
 public:
  // `service` is the name of the service and its schema; `key` seals what waits.
  Outbox(const std::string& service, sealing::DataKeyPtr key);

  // Appends an audit entry in the caller's transaction.
  absl::Status Append(pg::Transaction& transaction, const audit::v1::Entry& entry) const;

  // Appends an audit entry in a transaction that it shares with others, and returns when
  // it is durable: for a read, before its answer leaves. Errors as CombiningWriter.
  absl::Status Append(pg::CombiningWriter& writer, const audit::v1::Entry& entry, absl::Time deadline) const;

  // The entry, for a statement of the service's own that stores it with other rows.
  absl::StatusOr<SealedEntry> Seal(const audit::v1::Entry& entry) const;

 private:
  absl::StatusOr<pg::Params> ParamsOf(const audit::v1::Entry& entry) const;

  const std::string column_;
  const sealing::DataKeyPtr key_;
};

// Which cell an audit entry waits in. `column` is that of ColumnOf and must outlive the cell.
sealing::Cell CellOf(std::string_view column, std::string_view municipality, const pg::Uuid& entry);
// The column of a service's outbox, "intake.audit_entry.content".
std::string ColumnOf(std::string_view service);

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_OUTBOX_H_
