#include "libs/outbox/outbox.h"

#include <utility>
#include <vector>

#include "libs/pg/statement.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"

namespace samverkan::outbox {
namespace {

constexpr pg::Statement kAppendEvent = {
    "outbox_append_event",
    "INSERT INTO event (municipality, event, authority, event_time, content) VALUES ($1, $2, $3, $4, $5)"};

constexpr pg::JoinedStatement kAppendAuditEntries = {
    {"outbox_append_audit_entries",
     "INSERT INTO audit_entry (municipality, entry, content) SELECT $1, e.entry, e.content"
     "  FROM unnest($2::uuid[], $3::bytea[]) AS e (entry, content)"},
    1};

absl::StatusOr<pg::Params> AuditEntryParams(const audit::v1::Entry& entry) {
  ASSIGN_OR_RETURN(const pg::Uuid id, pg::Uuid::Parse(entry.entry_id()));
  return pg::Params(entry.municipality(), std::vector{id}, std::vector{pg::Bytes{entry.SerializeAsString()}});
}

}  // namespace

events::v1::Event MakeEvent(std::string_view type, std::string_view resource, std::string_view municipality,
                            std::string_view authority, absl::Time time,
                            const std::map<std::string, std::string>& attributes) {
  events::v1::Event event;
  event.set_id(pg::Uuid::FromTime(time).ToString());
  event.set_type(std::string(type));
  event.set_resource(std::string(resource));
  event.set_municipality(std::string(municipality));
  event.set_authority(std::string(authority));
  *event.mutable_time() = proto_time::ToProto(time);
  event.mutable_attributes()->insert(attributes.begin(), attributes.end());
  return event;
}

absl::Status Append(pg::Transaction& transaction, const events::v1::Event& event) {
  ASSIGN_OR_RETURN(const pg::Uuid id, pg::Uuid::Parse(event.id()));
  const absl::Time time = proto_time::FromProto(event.time()).value_or(absl::UnixEpoch());
  return transaction
      .Execute(kAppendEvent,
               pg::Params(event.municipality(), id, event.authority(), time, pg::Bytes{event.SerializeAsString()}))
      .status();
}

absl::Status Append(pg::Transaction& transaction, const audit::v1::Entry& entry) {
  ASSIGN_OR_RETURN(const pg::Params params, AuditEntryParams(entry));
  return transaction.Execute(kAppendAuditEntries.statement, params).status();
}

absl::Status Append(pg::CombiningWriter& writer, const audit::v1::Entry& entry, absl::Time deadline) {
  ASSIGN_OR_RETURN(pg::Params params, AuditEntryParams(entry));
  return writer.Execute(kAppendAuditEntries, std::move(params), "", deadline).status();
}

}  // namespace samverkan::outbox
