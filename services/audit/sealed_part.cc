#include "services/audit/sealed_part.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/sealing/data_key.h"
#include "libs/status/macros.h"
#include "services/audit/leaf.h"

namespace samverkan::audit {
namespace {

sealing::Cell CellOf(const Place& place) {
  return {.column = place.column, .municipality = place.municipality, .row = place.row, .rest = place.rest};
}

}  // namespace

absl::StatusOr<Place> PlaceOfBody(std::string_view leaf) {
  ASSIGN_OR_RETURN(const Leaf decoded, DecodeLeaf(leaf));
  const Digest hash = LeafHash(leaf);
  return Place{.column = "audit.private_part.body",
               .municipality = decoded.municipality,
               .row = pg::Uuid(decoded.entry_id),
               .rest = std::string(hash.begin(), hash.end())};
}

Place PlaceOfSample(const SampleKey& key) {
  return {.column = "audit.review_sample.body", .municipality = key.municipality, .row = key.id, .rest = {}};
}

Place PlaceOfOutcome(const ItemKey& key, int64_t number) {
  return {.column = "audit.review_outcome.body",
          .municipality = key.sample.municipality,
          .row = key.sample.id,
          .rest = absl::StrCat(key.position, "/", number)};
}

absl::StatusOr<Sealed> Seal(sealing::KeyRing& keys, const Place& place, std::string_view plaintext,
                            absl::Time deadline) {
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, keys.Fresh(deadline));
  return Sealed{.data_key = key->id(), .octets = key->Seal(CellOf(place), plaintext)};
}

absl::StatusOr<std::optional<std::string>> Open(const sealing::DataKeyPtr& key, const Place& place,
                                                const pg::Bytes& octets) {
  if (key == nullptr) return std::nullopt;
  ASSIGN_OR_RETURN(std::string plaintext, key->Open(CellOf(place), octets));
  return std::optional(std::move(plaintext));
}

absl::StatusOr<std::vector<StoredEntry>> OpenEntries(sealing::KeyRing& keys, std::vector<SealedEntry> entries,
                                                     absl::Time deadline) {
  std::vector<pg::Uuid> ids;
  for (const SealedEntry& sealed : entries) {
    if (sealed.body.has_value()) ids.push_back(sealed.body->data_key);
  }
  ASSIGN_OR_RETURN(const std::vector<sealing::DataKeyPtr> found, keys.FindAll(ids, deadline));
  auto key = found.begin();
  std::vector<StoredEntry> opened;
  opened.reserve(entries.size());
  for (SealedEntry& sealed : entries) {
    if (sealed.body.has_value()) {
      ASSIGN_OR_RETURN(const Place place, PlaceOfBody(sealed.entry.leaf));
      ASSIGN_OR_RETURN(sealed.entry.body, Open(*key++, place, sealed.body->octets));
    }
    opened.push_back(std::move(sealed.entry));
  }
  return opened;
}

}  // namespace samverkan::audit
