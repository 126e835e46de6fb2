#include "services/intake/store_parts.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "libs/status/macros.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";

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

pg::Bytes Tags::Declarer(const auth::Caller& caller) const {
  return TagOf(declarer_, {caller.municipality, caller.authority, caller.system, caller.subject});
}

std::vector<pg::Bytes> Tags::DeclarerOf(const auth::Caller& caller) const {
  std::vector<pg::Bytes> tags;
  AddTags(declarer_, {caller.municipality, caller.authority, caller.system, caller.subject}, tags);
  return tags;
}

std::vector<pg::Bytes> Tags::StaffName(const Jurisdiction& board, const std::string& name) const {
  std::vector<pg::Bytes> tags;
  AddTags(staff_name_, {board.municipality, board.authority, name}, tags);
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

outbox::Touched& TouchedByRead::At(const Jurisdiction& jurisdiction, bool identity_protected) {
  outbox::Touched& touched = touched_[{jurisdiction.municipality, jurisdiction.authority, identity_protected}];
  touched.municipality = jurisdiction.municipality;
  touched.authority = jurisdiction.authority;
  touched.identity_protected = identity_protected;
  return touched;
}

absl::Status TouchedByRead::Append(const StoreParts& parts, const std::vector<std::string>& resources) {
  if (touched_.empty()) At({call_.caller.municipality, call_.caller.authority}, /*identity_protected=*/false);
  for (auto& [key, touched] : touched_) {
    touched.resources.insert(touched.resources.begin(), resources.begin(), resources.end());
    const auto entry = outbox::MakeAuditEntry(call_, kProducer, audit::v1::GRANTED, touched);
    RETURN_IF_ERROR(parts.outbox.Append(parts.writer, entry, call_.deadline));
  }
  return absl::OkStatus();
}

}  // namespace samverkan::intake
