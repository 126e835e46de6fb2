#ifndef SAMVERKAN_LIBS_SEALING_DATA_KEY_H_
#define SAMVERKAN_LIBS_SEALING_DATA_KEY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"

namespace samverkan::sealing {

// Which cell of a database something is sealed for. It opens in no other: a swapped one is
// found.
struct Cell {
  // "intake.report.submission"
  std::string_view column;
  // Primary key of the row.
  std::string_view municipality;
  pg::Uuid row;
  // The rest of the key, where `row` does not tell rows apart.
  std::string_view rest = {};
};

// The key of one submission, investigation or the like, and of what hangs on it: whoever
// destroys it has erased them all. Shared and never changed; wiped when nobody has it.
class DataKey {
 public:
  // `secret` has 32 octets.
  DataKey(const pg::Uuid& id, std::string secret);
  ~DataKey();
  DataKey(const DataKey&) = delete;
  DataKey& operator=(const DataKey&) = delete;

  // What the rows sealed with it name it by.
  const pg::Uuid& id() const { return id_; }

  // `plaintext` sealed for `cell`.
  pg::Bytes Seal(const Cell& cell, std::string_view plaintext) const;

  // What was sealed for `cell`. DATA_LOSS, reason `SEALED_CELL_DAMAGED`, naming the column
  // and nothing else, where it was cut, changed, sealed for another cell or by another key.
  absl::StatusOr<std::string> Open(const Cell& cell, const pg::Bytes& sealed) const;

 private:
  const pg::Uuid id_;
  std::string secret_;
};

using DataKeyPtr = std::shared_ptr<const DataKey>;

}  // namespace samverkan::sealing

#endif  // SAMVERKAN_LIBS_SEALING_DATA_KEY_H_
