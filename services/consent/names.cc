#include "services/consent/names.h"

#include "absl/strings/str_cat.h"
#include "libs/resource_name/resource_name.h"

namespace samverkan::consent {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<ResourceKey> ParseName(std::string_view name, std::string_view collection) {
  const std::string pattern = absl::StrCat("municipalities/{municipality}/", View(collection), "/{uuid}");
  const auto values = resource_name::Match(pattern, name);
  if (!values.has_value()) return std::nullopt;
  const auto id = pg::Uuid::Parse(values->back());
  if (!id.ok()) return std::nullopt;
  return ResourceKey{values->front(), *id};
}

std::string MakeName(std::string_view municipality, std::string_view collection, std::string_view id) {
  return absl::StrCat("municipalities/", View(municipality), "/", View(collection), "/", View(id));
}

std::string MakeName(std::string_view municipality, std::string_view collection, const pg::Uuid& id) {
  return MakeName(municipality, collection, id.ToString());
}

}  // namespace samverkan::consent
