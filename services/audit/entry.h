#ifndef SAMVERKAN_SERVICES_AUDIT_ENTRY_H_
#define SAMVERKAN_SERVICES_AUDIT_ENTRY_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/leaf.h"
#include "services/audit/risk_sign.h"
#include "services/audit/search_tag.h"
#include "services/audit/store.pb.h"

// Audit entries as values: what may enter the log, in which form it is kept, and how
// it is shown. No I/O.
namespace samverkan::audit {

// What the log tells of itself: whoever reads or erases it.
inline constexpr char kOwnProducer[] = "audit";

// Bounds of one call and one entry. A producer's batch must also fit the server's
// message size.
inline constexpr int kMostEntries = 256;
inline constexpr int kMostChildren = 2000;
inline constexpr int kMostResources = 2001;
inline constexpr int kMostUnits = 200;

// By which an entry is found.
struct Tag {
  SearchTags::Kind kind;
  std::string value;
};

// An entry that has been checked, in the form in which it is stored.
struct NewEntry {
  EntryId id;
  std::string producer;
  Scope scope;
  std::string leaf;
  Digest leaf_hash;
  absl::Time time;
  // store::v1::PrivateBody, serialized.
  std::string body;
  // What a review knows of it without the body.
  std::string method;
  access::v1::Action action = access::v1::ACTION_UNSPECIFIED;
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  access::v1::Role role = access::v1::ROLE_UNSPECIFIED;
  RiskSigns signs;
  // Tags of the actor's subject and system.
  std::string actor;
  std::string system;
  // Of each child, the actor and each resource.
  std::vector<Tag> tags;
};

// What a call appends: no (producer, id) twice.
struct Batch {
  std::vector<NewEntry> entries;
  // For each entry of the request its place in `entries`; equal for repetitions.
  std::vector<size_t> places;
};

// Checks and prepares the entries of a call. INVALID_ARGUMENT names every bad field;
// ALREADY_EXISTS, reason `ENTRY_ID_REUSED`, where one call uses an id for two
// contents. `now` bounds the times: an act of more than a day ahead, or of before the
// year 2000, is a mistake.
//
// An entry with a field that this version does not know is refused: its commitments
// would not cover it. It waits with its producer until this service is upgraded.
absl::StatusOr<Batch> PrepareEntries(const google::protobuf::RepeatedPtrField<v1::Entry>& entries, absl::Time now,
                                     const SearchTags& tags);

// What an entry with this private part is found by: each child, the actor and each
// resource.
std::vector<Tag> TagsOf(const v1::PrivatePart& part, const Scope& scope, const SearchTags& tags);

// ALREADY_EXISTS, reason `ENTRY_ID_REUSED`, for the entry at `position` of a call.
absl::Status EntryIdReused(size_t position);

// An entry as the log holds it.
struct StoredEntry {
  int64_t index = 0;
  std::string leaf;
  std::string leaf_hash;
  absl::Time record_time;
  // Absent once erased.
  std::optional<std::string> body;
};

// The private part as it is kept. INTERNAL where the stored bytes cannot be read.
absl::StatusOr<store::v1::PrivateBody> ReadBody(int64_t index, const std::string& body);

// What a reader is shown: what the leaf says and, until it is erased, the private
// part; never the salts. INTERNAL where the stored bytes cannot be read.
absl::StatusOr<v1::LoggedEntry> ToLoggedEntry(const StoredEntry& stored);

// "entries/17" of 17, and back; nothing where `name` is not the name of an entry.
std::string EntryName(int64_t index);
std::optional<int64_t> ParseEntryName(const std::string& name);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_ENTRY_H_
