#ifndef SAMVERKAN_LIBS_RESOURCE_NAME_RESOURCE_NAME_H_
#define SAMVERKAN_LIBS_RESOURCE_NAME_RESOURCE_NAME_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Resource names (AIP-122): "municipalities/0180/reports/01890a5d-ac96-774b-bcce-b302099a8057".
namespace samverkan::resource_name {

// The values of the variables of `pattern` in `name`, in their order; nothing where
// the name is not of the pattern. A variable stands between slashes:
//   {municipality}  four digits, an official municipality code
//   {id}            1 to 63 of a-z, 0-9 and '-', beginning with a letter, with at most nine
//                   digits: so many that no identity number can stand in a name
//   {uuid}          a UUID in canonical lower-case text form
//   {number}        a decimal number without leading zeros, at most 18 digits
// Everything else in a pattern stands for itself.
std::optional<std::vector<std::string>> Match(std::string_view pattern, std::string_view name);

// Whether `text` is a UUID in canonical lower-case text form.
bool IsUuid(std::string_view text);

}  // namespace samverkan::resource_name

#endif  // SAMVERKAN_LIBS_RESOURCE_NAME_RESOURCE_NAME_H_
