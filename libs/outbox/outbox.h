#ifndef SAMVERKAN_LIBS_OUTBOX_OUTBOX_H_
#define SAMVERKAN_LIBS_OUTBOX_OUTBOX_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/transaction.h"
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

// Appends an event in the caller's transaction.
absl::Status Append(pg::Transaction& transaction, const events::v1::Event& event);

// Appends an audit entry in the caller's transaction.
absl::Status Append(pg::Transaction& transaction, const audit::v1::Entry& entry);

// Appends an audit entry in a transaction that it shares with others, and returns when
// it is durable: for a read, before its answer leaves. Errors as CombiningWriter.
absl::Status Append(pg::CombiningWriter& writer, const audit::v1::Entry& entry, absl::Time deadline);

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_OUTBOX_H_
