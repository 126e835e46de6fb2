#include "libs/auth/key_set.h"

#include <initializer_list>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace samverkan::auth {
namespace {

constexpr size_t kFewestRsaBits = 2048;
constexpr size_t kMostRsaBits = 8192;

bool HasMember(const json_t* array, std::string_view wanted) {
  size_t i = 0;
  const json_t* member = nullptr;
  json_array_foreach(array, i, member) {
    if (json_is_string(member) && json_string_value(member) == wanted) return true;
  }
  return false;
}

// "RS256" or "ES256" as the key's type has it; empty where tokens cannot be checked with it.
std::string AlgorithmOf(const json_t* key) {
  const auto type = StringMember(key, "kty");
  const std::string algorithm = type == "RSA"                                         ? "RS256"
                                : type == "EC" && StringMember(key, "crv") == "P-256" ? "ES256"
                                                                                      : "";
  const auto declared = StringMember(key, "alg");
  const auto use = StringMember(key, "use");
  const json_t* const operations = json_object_get(key, "key_ops");
  const bool for_signatures = use.value_or("sig") == "sig" && declared.value_or(algorithm) == algorithm &&
                              (operations == nullptr || HasMember(operations, "verify"));
  return for_signatures ? algorithm : "";
}

// The key without private members, so that one published by mistake is never held.
Jwk ImportPublicPart(const json_t* key) {
  const Json part(json_object());
  for (const char* const name : {"kty", "kid", "n", "e", "crv", "x", "y"}) {
    json_t* const member = json_object_get(key, name);
    if (member != nullptr) json_object_set(part.get(), name, member);
  }
  return Jwk(cjose_jwk_import_json(part.get(), nullptr));
}

bool HasAcceptedSize(const KeySet::Key& key) {
  if (key.algorithm != "RS256") return true;
  const size_t bits = cjose_jwk_get_keysize(key.jwk.get(), nullptr);
  return bits >= kFewestRsaBits && bits <= kMostRsaBits;
}

}  // namespace

absl::StatusOr<KeySet> KeySet::Parse(std::string_view jwks) {
  const Json json = ParseJsonObject(jwks);
  const json_t* const keys = json_object_get(json.get(), "keys");
  if (!json_is_array(keys)) return absl::InvalidArgumentError("expected a JSON object with an array `keys`");
  KeySet set;
  size_t i = 0;
  const json_t* entry = nullptr;
  json_array_foreach(keys, i, entry) {
    Key key{.algorithm = AlgorithmOf(entry), .jwk = nullptr};
    const std::string kid(StringMember(entry, "kid").value_or(""));
    if (key.algorithm.empty() || kid.empty()) continue;
    key.jwk = ImportPublicPart(entry);
    if (key.jwk == nullptr) return absl::InvalidArgumentError(absl::StrCat("keys[", i, "] cannot be read"));
    if (!HasAcceptedSize(key)) continue;
    if (!set.keys_.emplace(kid, std::move(key)).second) {
      return absl::InvalidArgumentError(absl::StrCat("keys[", i, "] has the `kid` of a key before it"));
    }
  }
  return set;
}

const KeySet::Key* KeySet::Find(std::string_view kid) const {
  const auto found = keys_.find(kid);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace samverkan::auth
