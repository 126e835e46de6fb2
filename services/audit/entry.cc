#include "services/audit/entry.h"

#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/audit/commitment.h"
#include "services/audit/entry_check.h"
#include "services/audit/reasons.h"

namespace samverkan::audit {
namespace {

using Entries = google::protobuf::RepeatedPtrField<v1::Entry>;

std::string Path(size_t position) { return absl::StrCat("entries[", position, "]"); }

absl::Status CheckEntries(const Entries& entries, absl::Time now) {
  status::Violations violations;
  if (entries.empty() || entries.size() > kMostEntries) {
    violations.Add("entries", absl::StrCat("expected 1 to ", kMostEntries, " entries."));
    return violations.ToStatus();
  }
  for (int i = 0; i < entries.size(); ++i) {
    CheckEntry(entries[i], now, Path(static_cast<size_t>(i)), violations);
  }
  return violations.ToStatus();
}

// Of a part that has been checked.
absl::Time TimeOf(const v1::PrivatePart& part) {
  return proto_time::FromProto(part.time()).value_or(absl::UnixEpoch());
}

absl::StatusOr<std::string> LeafOf(const v1::Entry& entry, const EntryId& id) {
  Leaf leaf;
  leaf.entry_id = id;
  leaf.day = absl::ToCivilDay(TimeOf(entry.private_part()), absl::UTCTimeZone());
  leaf.action = static_cast<uint8_t>(entry.action());
  leaf.outcome = static_cast<uint8_t>(entry.outcome());
  leaf.retention = static_cast<uint8_t>(entry.retention());
  leaf.producer = entry.producer();
  leaf.municipality = entry.municipality();
  leaf.authority = entry.authority();
  leaf.method = entry.method();
  leaf.purpose = entry.purpose();
  const Commitments commitments = CommitTo(id, entry.private_part(), entry.salts());
  leaf.subject = commitments.subject;
  leaf.actor = commitments.actor;
  leaf.detail = commitments.detail;
  return EncodeLeaf(leaf);
}

std::string BodyOf(const v1::Entry& entry) {
  store::v1::PrivateBody body;
  *body.mutable_private_part() = entry.private_part();
  *body.mutable_salts() = entry.salts();
  return body.SerializeAsString();
}

absl::StatusOr<NewEntry> Prepare(const v1::Entry& entry, const SearchTags& tags) {
  ASSIGN_OR_RETURN(const pg::Uuid id, pg::Uuid::Parse(entry.entry_id()));
  NewEntry prepared;
  prepared.id = id.bytes();
  prepared.producer = entry.producer();
  prepared.scope = {.municipality = entry.municipality(), .authority = entry.authority()};
  ASSIGN_OR_RETURN(prepared.leaf, LeafOf(entry, prepared.id));
  prepared.leaf_hash = LeafHash(prepared.leaf);
  prepared.time = TimeOf(entry.private_part());
  prepared.body = BodyOf(entry);
  prepared.method = entry.method();
  prepared.action = entry.action();
  prepared.outcome = entry.outcome();
  const v1::Actor& actor = entry.private_part().actor();
  prepared.role = actor.role();
  prepared.signs = RiskSigns(entry.private_part().risk_signs());
  prepared.actor = tags.Of(SearchTags::Kind::kActor, prepared.scope, actor.subject());
  prepared.system = tags.Of(SearchTags::Kind::kSystem, prepared.scope, actor.system());
  prepared.tags = TagsOf(entry.private_part(), prepared.scope, tags);
  return prepared;
}

v1::LoggedEntry::State StateOf(const store::v1::PrivateBody& body) {
  return body.has_children() || body.has_resources() ? v1::LoggedEntry::REDUCED : v1::LoggedEntry::WHOLE;
}

}  // namespace

std::vector<Tag> TagsOf(const v1::PrivatePart& part, const Scope& scope, const SearchTags& tags) {
  std::vector<Tag> all;
  const auto add = [&](SearchTags::Kind kind, const std::string& value) {
    all.push_back({kind, tags.Of(kind, scope, value)});
  };
  for (const std::string& child : part.children()) add(SearchTags::Kind::kChild, child);
  add(SearchTags::Kind::kActor, part.actor().subject());
  for (const std::string& resource : part.resources()) add(SearchTags::Kind::kResource, resource);
  return all;
}

absl::Status EntryIdReused(size_t position) {
  return status::AlreadyExists({.reason = kEntryIdReused,
                                .message = absl::StrCat(Path(position),
                                                        ".entry_id is the id of another entry with other content. "
                                                        "Nothing of the call was stored. A new entry needs a new id."),
                                .metadata = {{"entry", Path(position)}}});
}

absl::StatusOr<Batch> PrepareEntries(const Entries& entries, absl::Time now, const SearchTags& tags) {
  RETURN_IF_ERROR(CheckEntries(entries, now));
  Batch batch;
  std::map<std::pair<std::string, EntryId>, size_t> known;
  for (const v1::Entry& entry : entries) {
    ASSIGN_OR_RETURN(NewEntry prepared, Prepare(entry, tags));
    const auto [place, is_new] = known.try_emplace({prepared.producer, prepared.id}, batch.entries.size());
    if (is_new) {
      batch.entries.push_back(std::move(prepared));
    } else if (batch.entries[place->second].leaf != prepared.leaf) {
      return EntryIdReused(batch.places.size());
    }
    batch.places.push_back(place->second);
  }
  return batch;
}

absl::StatusOr<store::v1::PrivateBody> ReadBody(int64_t index, const std::string& body) {
  store::v1::PrivateBody read;
  if (read.ParseFromString(body)) return read;
  return status::Internal(absl::StrCat("the private part at index ", index, " cannot be read"));
}

absl::StatusOr<v1::LoggedEntry> ToLoggedEntry(const StoredEntry& stored) {
  const absl::StatusOr<Leaf> leaf = DecodeLeaf(stored.leaf);
  if (!leaf.ok()) return status::Internal(absl::StrCat("the leaf at index ", stored.index, " cannot be read"));
  v1::LoggedEntry logged;
  logged.set_name(EntryName(stored.index));
  logged.set_index(stored.index);
  logged.set_leaf_hash(stored.leaf_hash);
  *logged.mutable_record_time() = proto_time::ToProto(stored.record_time);

  v1::Entry& entry = *logged.mutable_entry();
  logged.set_state(v1::LoggedEntry::ERASED);
  if (stored.body.has_value()) {
    ASSIGN_OR_RETURN(store::v1::PrivateBody body, ReadBody(stored.index, *stored.body));
    logged.set_state(StateOf(body));
    *entry.mutable_private_part() = std::move(*body.mutable_private_part());
  }
  entry.set_entry_id(pg::Uuid(leaf->entry_id).ToString());
  entry.set_producer(leaf->producer);
  entry.set_municipality(leaf->municipality);
  entry.set_authority(leaf->authority);
  entry.set_method(leaf->method);
  entry.set_action(static_cast<access::v1::Action>(leaf->action));
  entry.set_outcome(static_cast<v1::Outcome>(leaf->outcome));
  entry.set_purpose(leaf->purpose);
  entry.set_retention(static_cast<v1::RetentionClass>(leaf->retention));
  return logged;
}

std::string EntryName(int64_t index) { return absl::StrCat("entries/", index); }

std::optional<int64_t> ParseEntryName(const std::string& name) {
  const auto values = resource_name::Match("entries/{number}", name);
  int64_t index = 0;
  if (!values.has_value() || !absl::SimpleAtoi(values->front(), &index)) return std::nullopt;
  return index;
}

}  // namespace samverkan::audit
