#ifndef SAMVERKAN_SERVICES_AUDIT_SEARCH_TAG_H_
#define SAMVERKAN_SERVICES_AUDIT_SEARCH_TAG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace samverkan::audit {

// Whose entries: of one authority of one municipality. Entries that concern no
// authority have an empty one; they are a scope of their own.
struct Scope {
  std::string municipality;
  std::string authority;

  bool operator==(const Scope&) const = default;
};

// Makes the tags by which entries are found. A tag is the first 16 bytes of an
// HMAC-SHA-256 of kind, scope and what is searched for: without the key it tells
// nothing, and the same child or person has another tag in another authority.
class SearchTags {
 public:
  // What a tag stands for. The numbers are stored within the tags.
  enum class Kind : uint8_t { kChild = 1, kActor = 2, kResource = 3, kSystem = 4, kUnit = 5 };

  // `key` is 32 bytes of KeyFile::Derive("audit/search-tag").
  explicit SearchTags(std::string key) : key_(std::move(key)) {}

  std::string Of(Kind kind, const Scope& scope, std::string_view value) const;

 private:
  std::string key_;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_SEARCH_TAG_H_
