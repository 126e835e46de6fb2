#include "services/intake/store_parts.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "libs/status/macros.h"

namespace samverkan::intake {
namespace {

pg::Bytes TagOf(const keys::BlindIndex& index, std::initializer_list<std::string_view> parts) {
  return pg::Bytes{index.TagOf(parts)};
}

void AddTags(const keys::BlindIndex& index, std::initializer_list<std::string_view> parts,
             std::vector<pg::Bytes>& tags) {
  for (std::string& tag : index.TagsOf(parts)) tags.push_back(pg::Bytes{std::move(tag)});
}

}  // namespace

std::vector<pg::Bytes> Tags::Child(const std::string& municipality, const std::string& authority,
                                   const std::string& digits) const {
  std::vector<pg::Bytes> tags;
  AddTags(child_, {municipality, authority, digits}, tags);
  return tags;
}

std::optional<pg::Bytes> Tags::Unit(const Placement& placement) const {
  if (placement.unit.empty()) return std::nullopt;
  return TagOf(unit_, {placement.municipality, placement.authority, placement.unit});
}

std::optional<pg::Bytes> Tags::Assignee(const Placement& placement) const {
  if (placement.assignee.empty()) return std::nullopt;
  return TagOf(assignee_, {placement.municipality, placement.authority, placement.assignee});
}

std::optional<pg::Bytes> Tags::SenderUnit(const Sender& sender) const {
  if (sender.unit.empty()) return std::nullopt;
  return TagOf(sender_unit_, {sender.municipality, sender.authority, sender.unit});
}

pg::Bytes Tags::SenderPerson(const Sender& sender) const {
  return TagOf(sender_, {sender.municipality, sender.authority, sender.system, sender.subject});
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

std::vector<pg::Bytes> Tags::SenderUnitsOf(const auth::Caller& caller) const {
  std::vector<pg::Bytes> tags;
  for (const std::string& unit : caller.units) {
    AddTags(sender_unit_, {caller.municipality, caller.authority, unit}, tags);
  }
  return tags;
}

std::vector<pg::Bytes> Tags::SenderOf(const auth::Caller& caller) const {
  std::vector<pg::Bytes> tags;
  AddTags(sender_, {caller.municipality, caller.authority, caller.system, caller.subject}, tags);
  return tags;
}

std::vector<pg::Bytes> Tags::UnitOf(const std::string& municipality, const std::string& authority,
                                    const std::string& unit) const {
  std::vector<pg::Bytes> tags;
  AddTags(unit_, {municipality, authority, unit}, tags);
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

}  // namespace samverkan::intake
