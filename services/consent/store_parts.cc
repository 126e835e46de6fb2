#include "services/consent/store_parts.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "libs/status/macros.h"

namespace samverkan::consent {
namespace {

pg::Bytes TagOf(const keys::BlindIndex& index, std::initializer_list<std::string_view> parts) {
  return pg::Bytes{index.TagOf(parts)};
}

void AddTags(const keys::BlindIndex& index, std::initializer_list<std::string_view> parts,
             std::vector<pg::Bytes>& tags) {
  for (std::string& tag : index.TagsOf(parts)) tags.push_back(pg::Bytes{std::move(tag)});
}

}  // namespace

std::vector<pg::Bytes> Tags::Child(const pg::Scope& authority, const std::string& digits) const {
  std::vector<pg::Bytes> tags;
  AddTags(child_, {authority.municipality, authority.authority, digits}, tags);
  return tags;
}

std::vector<pg::Bytes> Tags::Units(const Placement& placement) const {
  std::vector<pg::Bytes> tags;
  for (const std::string& unit : placement.units) {
    tags.push_back(TagOf(unit_, {placement.municipality, placement.authority, unit}));
  }
  return tags;
}

std::optional<pg::Bytes> Tags::Assignee(const Placement& placement) const {
  if (placement.assignee.empty()) return std::nullopt;
  return TagOf(assignee_, {placement.municipality, placement.authority, placement.assignee});
}

std::vector<pg::Bytes> Tags::UnitsOf(const auth::Caller& caller) const {
  std::vector<pg::Bytes> tags;
  for (const std::string& unit : caller.units) AddTags(unit_, {caller.municipality, caller.authority, unit}, tags);
  return tags;
}

std::vector<pg::Bytes> Tags::AssigneeOf(const auth::Caller& caller) const {
  std::vector<pg::Bytes> tags;
  AddTags(assignee_, {caller.municipality, caller.authority, caller.subject}, tags);
  return tags;
}

std::vector<pg::Bytes> Tags::Recipients(const pg::Scope& authority, const std::vector<std::string>& names) const {
  std::vector<pg::Bytes> tags;
  for (const std::string& name : names) {
    tags.push_back(TagOf(recipient_, {authority.municipality, authority.authority, name}));
  }
  return tags;
}

std::vector<pg::Bytes> Tags::RecipientOf(const pg::Scope& authority, const std::string& name) const {
  std::vector<pg::Bytes> tags;
  AddTags(recipient_, {authority.municipality, authority.authority, name}, tags);
  return tags;
}

absl::StatusOr<SubjectKeys> KeysOf(sealing::KeyRing& keys, absl::Time deadline, const pg::Rows& rows, int id_column,
                                   int key_column) {
  std::vector<pg::Uuid> ids, data_keys;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(ids.emplace_back(), row.Get<pg::Uuid>(id_column));
    ASSIGN_OR_RETURN(data_keys.emplace_back(), row.Get<pg::Uuid>(key_column));
  }
  ASSIGN_OR_RETURN(const std::vector<sealing::DataKeyPtr> found, keys.FindAll(data_keys, deadline));
  SubjectKeys by_subject;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (found[i] != nullptr) by_subject.emplace(ids[i], found[i]);
  }
  return by_subject;
}

absl::StatusOr<sealing::DataKeyPtr> KeyOf(sealing::KeyRing& keys, absl::Time deadline, const pg::Uuid& id,
                                          const std::string& what) {
  absl::StatusOr<sealing::DataKeyPtr> key = keys.Find(id, deadline);
  if (absl::IsNotFound(key.status())) return NotFound(what);
  return key;
}

absl::Status AppendChange(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                          const std::string& type, outbox::Touched touched,
                          const std::map<std::string, std::string>& attributes) {
  touched.detail = type;
  RETURN_IF_ERROR(outbox::Append(transaction, outbox::MakeEvent(type, touched.resources.front(), touched.municipality,
                                                                touched.authority, call.now, attributes)));
  return parts.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

absl::Status AppendRead(const StoreParts& parts, const rpc::CallContext& call, const outbox::Touched& touched) {
  return parts.outbox.Append(parts.writer, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched),
                             call.deadline);
}

}  // namespace samverkan::consent
