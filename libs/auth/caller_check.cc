#include "libs/auth/caller_check.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "libs/resource_name/resource_name.h"

namespace samverkan::auth {
namespace {

constexpr size_t kLongestName = 255;
constexpr size_t kMostUnits = 200;

// A name that is shown and stored: not empty, not long, nothing that breaks a line.
bool IsName(std::string_view text) {
  const auto is_control = [](unsigned char byte) { return absl::ascii_iscntrl(byte); };
  return !text.empty() && text.size() <= kLongestName && std::none_of(text.begin(), text.end(), is_control);
}

bool IsNameOrNone(std::string_view text) { return text.empty() || IsName(text); }

bool IsMunicipality(std::string_view text) { return resource_name::Match("{municipality}", text).has_value(); }

bool IsId(std::string_view text) { return resource_name::Match("{id}", text).has_value(); }

bool AreRoles(const std::vector<access::v1::Role>& roles) {
  const auto is_role = [](access::v1::Role role) {
    return access::v1::Role_IsValid(role) && role != access::v1::ROLE_UNSPECIFIED;
  };
  return !roles.empty() && std::all_of(roles.begin(), roles.end(), is_role);
}

}  // namespace

std::string FaultOf(const Caller& caller) {
  if (!IsName(caller.subject)) return "`sub`: who calls, 1 to 255 bytes without control characters";
  if (!IsId(caller.system)) {
    return "`azp`: the calling system, 1 to 63 of a-z, 0-9 and '-', beginning with a letter";
  }
  if (!IsMunicipality(caller.municipality)) return "`municipality`: the code of four digits, as a string";
  if (!caller.authority.empty() && !IsId(caller.authority)) {
    return "`authority`: 1 to 63 of a-z, 0-9 and '-', beginning with a letter";
  }
  if (caller.units.size() > kMostUnits || !std::all_of(caller.units.begin(), caller.units.end(), IsId)) {
    return "`units`: an array of at most 200 ids, each 1 to 63 of a-z, 0-9 and '-', beginning with a letter";
  }
  if (!AreRoles(caller.roles)) return "`roles`: an array with at least one role";
  if (!IsNameOrNone(caller.given_name) || !IsNameOrNone(caller.family_name)) {
    return "`given_name` and `family_name`: 1 to 255 bytes without control characters, or none";
  }
  return "";
}

}  // namespace samverkan::auth
