#include "libs/sealing/data_key.h"

#include <openssl/crypto.h>

#include <optional>
#include <utility>

#include "libs/sealing/aead.h"
#include "libs/status/status.h"

namespace samverkan::sealing {
namespace {

// Each part with its length before it, so that no two cells have the same octets.
std::string Associated(const Cell& cell) {
  std::string octets;
  octets.reserve(128);
  const std::string_view row(reinterpret_cast<const char*>(cell.row.bytes().data()), cell.row.bytes().size());
  for (const std::string_view part : {cell.column, cell.municipality, row, cell.rest}) {
    const auto size = static_cast<uint32_t>(part.size());
    for (int shift = 24; shift >= 0; shift -= 8) octets += static_cast<char>(size >> shift);
    octets += part;
  }
  return octets;
}

}  // namespace

DataKey::DataKey(const pg::Uuid& id, std::string secret) : id_(id), secret_(std::move(secret)) {}

DataKey::~DataKey() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

pg::Bytes DataKey::Seal(const Cell& cell, std::string_view plaintext) const {
  return pg::Bytes{Encrypt(secret_, Associated(cell), plaintext)};
}

absl::StatusOr<std::string> DataKey::Open(const Cell& cell, const pg::Bytes& sealed) const {
  std::optional<std::string> plaintext = Decrypt(secret_, Associated(cell), sealed.data);
  if (plaintext.has_value()) return *std::move(plaintext);
  return status::DataLoss({.reason = "SEALED_CELL_DAMAGED",
                           .message = "what is stored in " + std::string(cell.column) + " is not what was stored there",
                           .swedish = "En lagrad uppgift är skadad. Kontakta driften."});
}

}  // namespace samverkan::sealing
