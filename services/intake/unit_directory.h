#ifndef SAMVERKAN_SERVICES_INTAKE_UNIT_DIRECTORY_H_
#define SAMVERKAN_SERVICES_INTAKE_UNIT_DIRECTORY_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "samverkan/directory/v1/directory.pb.h"

namespace samverkan::intake {

// Authorities and units, read from files when the service starts. A plain value that
// several threads may read.
class UnitDirectory {
 public:
  // Reads every `*.textproto` of a folder. FAILED_PRECONDITION naming the file and what
  // is wrong: not to be parsed, a name twice, a reception unit or authority that is not
  // there, an age band that ends before it begins.
  static absl::StatusOr<UnitDirectory> Load(const std::string& folder);

  // The authority or the unit of that resource name; null where there is none.
  const directory::v1::Authority* FindAuthority(const std::string& name) const;
  const directory::v1::Unit* FindUnit(const std::string& name) const;

  // The unit of that resource name if it handles cases: a reception or another unit of the
  // social services, of an authority that receives reports. Null otherwise.
  const directory::v1::Unit* FindHandlingUnit(const std::string& name) const;

  // The unit that receives the authority's reports; null where it receives none.
  const directory::v1::Unit* ReceptionOf(const std::string& authority) const;

 private:
  absl::Status Add(const directory::v1::Directory& directory);
  absl::Status Check() const;

  absl::flat_hash_map<std::string, directory::v1::Authority> authorities_;
  absl::flat_hash_map<std::string, directory::v1::Unit> units_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_UNIT_DIRECTORY_H_
