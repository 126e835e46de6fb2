#include "services/intake/unit_directory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"

namespace samverkan::intake {
namespace {

absl::Status Fault(const std::string& what) { return absl::FailedPreconditionError("unit directory: " + what); }

absl::StatusOr<std::vector<std::filesystem::path>> FilesIn(const std::string& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".textproto") files.push_back(entry.path());
  }
  if (error) return Fault(absl::StrCat(folder, ": ", error.message()));
  if (files.empty()) return Fault(absl::StrCat(folder, ": no *.textproto file"));
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<directory::v1::Directory> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  directory::v1::Directory directory;
  if (!file || !google::protobuf::TextFormat::ParseFromString(text.str(), &directory)) {
    return Fault(absl::StrCat(path.string(), ": not a samverkan.directory.v1.Directory in text form"));
  }
  return directory;
}

template <typename Map>
const typename Map::mapped_type* Find(const Map& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

absl::StatusOr<UnitDirectory> UnitDirectory::Load(const std::string& folder) {
  UnitDirectory units;
  ASSIGN_OR_RETURN(const auto files, FilesIn(folder));
  for (const auto& path : files) {
    ASSIGN_OR_RETURN(const auto directory, ReadFile(path));
    RETURN_IF_ERROR(units.Add(directory));
  }
  RETURN_IF_ERROR(units.Check());
  return units;
}

absl::Status UnitDirectory::Add(const directory::v1::Directory& directory) {
  for (const auto& authority : directory.authorities()) {
    if (!resource_name::Match("municipalities/{municipality}/authorities/{id}", authority.name())) {
      return Fault(absl::StrCat("'", authority.name(), "' is not the name of an authority"));
    }
    if (!authorities_.emplace(authority.name(), authority).second) return Fault(authority.name() + " stands twice");
  }
  for (const auto& unit : directory.units()) {
    if (!resource_name::Match("municipalities/{municipality}/units/{id}", unit.name())) {
      return Fault(absl::StrCat("'", unit.name(), "' is not the name of a unit"));
    }
    if (!units_.emplace(unit.name(), unit).second) return Fault(unit.name() + " stands twice");
  }
  return absl::OkStatus();
}

absl::Status UnitDirectory::Check() const {
  for (const auto& [name, authority] : authorities_) {
    if (!authority.reception_unit().empty() && FindUnit(authority.reception_unit()) == nullptr) {
      return Fault(absl::StrCat(name, ": no unit ", authority.reception_unit()));
    }
  }
  for (const auto& [name, unit] : units_) {
    if (unit.kind() == directory::v1::Unit::KIND_UNSPECIFIED) return Fault(name + ": no kind");
    if (!unit.authority().empty() && FindAuthority(unit.authority()) == nullptr) {
      return Fault(absl::StrCat(name, ": no authority ", unit.authority()));
    }
    if (unit.maximum_age() != 0 && unit.maximum_age() < unit.minimum_age()) {
      return Fault(name + ": the age band ends before it begins");
    }
  }
  return absl::OkStatus();
}

const directory::v1::Authority* UnitDirectory::FindAuthority(const std::string& name) const {
  return Find(authorities_, name);
}

const directory::v1::Unit* UnitDirectory::FindUnit(const std::string& name) const { return Find(units_, name); }

const directory::v1::Unit* UnitDirectory::FindHandlingUnit(const std::string& name) const {
  const directory::v1::Unit* const unit = FindUnit(name);
  if (unit == nullptr || ReceptionOf(unit->authority()) == nullptr) return nullptr;
  const bool handles =
      unit->kind() == directory::v1::Unit::RECEPTION || unit->kind() == directory::v1::Unit::SOCIAL_SERVICES;
  return handles ? unit : nullptr;
}

const directory::v1::Unit* UnitDirectory::ReceptionOf(const std::string& authority) const {
  const directory::v1::Authority* const found = FindAuthority(authority);
  return found == nullptr ? nullptr : FindUnit(found->reception_unit());
}

}  // namespace samverkan::intake
