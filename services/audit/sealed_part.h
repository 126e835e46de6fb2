#ifndef SAMVERKAN_SERVICES_AUDIT_SEALED_PART_H_
#define SAMVERKAN_SERVICES_AUDIT_SEALED_PART_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"
#include "libs/sealing/key_ring.h"
#include "services/audit/entry.h"
#include "services/audit/review.h"

// What audit keeps of people is sealed (AES-256-GCM), each row with a key of its own:
// whoever destroys the key has erased the row in every backup. Any thread.
namespace samverkan::audit {

// Where something sealed stands: it opens nowhere else.
struct Place {
  std::string_view column;
  std::string municipality;
  pg::Uuid row;
  std::string rest;
};

// Of the private part of the entry with this leaf: it opens beside no other leaf. As
// DecodeLeaf.
absl::StatusOr<Place> PlaceOfBody(std::string_view leaf);
Place PlaceOfSample(const SampleKey& key);
// Outcome number `number` of an item, counted from 1.
Place PlaceOfOutcome(const ItemKey& key, int64_t number);

// Something sealed, and the id of the key that opens it.
struct Sealed {
  pg::Uuid data_key;
  pg::Bytes octets;
};

// `plaintext` sealed with a fresh key. Errors: as KeyRing::Fresh.
absl::StatusOr<Sealed> Seal(sealing::KeyRing& keys, const Place& place, std::string_view plaintext,
                            absl::Time deadline);

// What was sealed for `place`; nothing where the key is destroyed: it is erased. DATA_LOSS,
// reason SEALED_CELL_DAMAGED, where it is not what was sealed for this place.
absl::StatusOr<std::optional<std::string>> Open(const sealing::DataKeyPtr& key, const Place& place,
                                                const pg::Bytes& octets);

// An entry as it was read: `entry` lacks its body.
struct SealedEntry {
  StoredEntry entry;
  // Absent once erased.
  std::optional<Sealed> body;
};

// The entries with their bodies; without that of one whose key is destroyed. Reads the keys of
// all in one question.
absl::StatusOr<std::vector<StoredEntry>> OpenEntries(sealing::KeyRing& keys, std::vector<SealedEntry> entries,
                                                     absl::Time deadline);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_SEALED_PART_H_
