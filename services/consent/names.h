#ifndef SAMVERKAN_SERVICES_CONSENT_NAMES_H_
#define SAMVERKAN_SERVICES_CONSENT_NAMES_H_

#include <optional>
#include <string>
#include <string_view>

#include "libs/pg/uuid.h"

// Resource names of consent, taken apart and put together.
namespace samverkan::consent {

// A resource of a municipality: what its primary key is made of.
struct ResourceKey {
  std::string municipality;
  pg::Uuid id;
};

// The key in `name`, which must be `municipalities/{municipality}/{collection}/{uuid}`;
// nothing where it is not.
std::optional<ResourceKey> ParseName(std::string_view name, std::string_view collection);

// The name of a resource.
std::string MakeName(std::string_view municipality, std::string_view collection, const pg::Uuid& id);

// "municipalities/0180/units/bredangsskolan" of its parts; likewise for other collections
// whose ids people choose.
std::string MakeName(std::string_view municipality, std::string_view collection, std::string_view id);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_NAMES_H_
