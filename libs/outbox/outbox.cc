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
     "INSERT INTO audit_entry (municipality, entry, data_key, content) SELECT $1, e.entry, e.data_key, e.content"
     "  FROM unnest($2::uuid[], $3::uuid[], $4::bytea[]) AS e (entry, data_key, content)"},
    1};

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

std::string ColumnOf(std::string_view service) { return std::string(service) + ".audit_entry.content"; }

sealing::Cell CellOf(std::string_view column, std::string_view municipality, const pg::Uuid& entry) {
  return {.column = column, .municipality = municipality, .row = entry};
}

Outbox::Outbox(const std::string& service, sealing::DataKeyPtr key)
    : column_(ColumnOf(service)), key_(std::move(key)) {}

absl::StatusOr<SealedEntry> Outbox::Seal(const audit::v1::Entry& entry) const {
  ASSIGN_OR_RETURN(const pg::Uuid id, pg::Uuid::Parse(entry.entry_id()));
  return SealedEntry{id, key_->id(), key_->Seal(CellOf(column_, entry.municipality(), id), entry.SerializeAsString())};
}

absl::StatusOr<pg::Params> Outbox::ParamsOf(const audit::v1::Entry& entry) const {
  ASSIGN_OR_RETURN(SealedEntry sealed, Seal(entry));
  return pg::Params(entry.municipality(), std::vector{sealed.id}, std::vector{sealed.data_key},
                    std::vector{std::move(sealed.content)});
}

absl::Status Outbox::Append(pg::Transaction& transaction, const audit::v1::Entry& entry) const {
  ASSIGN_OR_RETURN(const pg::Params params, ParamsOf(entry));
  return transaction.Execute(kAppendAuditEntries.statement, params).status();
}

absl::Status Outbox::Append(pg::CombiningWriter& writer, const audit::v1::Entry& entry, absl::Time deadline) const {
  ASSIGN_OR_RETURN(pg::Params params, ParamsOf(entry));
  return writer.Execute(kAppendAuditEntries, std::move(params), "", deadline).status();
}

}  // namespace samverkan::outbox
