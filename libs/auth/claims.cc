#include "libs/auth/claims.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/auth/caller_check.h"
#include "libs/auth/jose.h"
#include "libs/auth/token_refusal.h"
#include "libs/status/macros.h"

namespace samverkan::auth {
namespace {

constexpr double kLatestTime = 253402300799;  // 9999-12-31T23:59:59Z

absl::Status ExpectClaim(const std::string& expected) {
  return Refuse(TokenFault::kClaims, "expected claim " + expected);
}

// The strings of the array `name`; none where it is no array of strings. Absent: empty.
std::optional<std::vector<std::string>> Strings(const json_t* claims, const char* name) {
  std::vector<std::string> strings;
  const json_t* const array = json_object_get(claims, name);
  if (array == nullptr) return strings;
  if (!json_is_array(array)) return std::nullopt;
  size_t i = 0;
  const json_t* member = nullptr;
  json_array_foreach(array, i, member) {
    if (!json_is_string(member)) return std::nullopt;
    strings.emplace_back(json_string_value(member), json_string_length(member));
  }
  return strings;
}

bool IsMeantFor(const json_t* claims, std::string_view audience) {
  if (StringMember(claims, "aud") == audience) return true;
  const auto audiences = Strings(claims, "aud");
  return audiences.has_value() && std::find(audiences->begin(), audiences->end(), audience) != audiences->end();
}

// Claim `name` as a NumericDate (RFC 7519 section 2); `absent` where it is not there.
absl::StatusOr<absl::Time> Instant(const json_t* claims, const char* name, absl::Time absent) {
  const json_t* const member = json_object_get(claims, name);
  if (member == nullptr) return absent;
  const double seconds = json_number_value(member);
  if (!json_is_number(member) || !(seconds >= 0 && seconds <= kLatestTime)) {
    return ExpectClaim(std::string("`") + name + "`: seconds since 1970-01-01T00:00:00Z");
  }
  return absl::UnixEpoch() + absl::Seconds(static_cast<int64_t>(seconds));
}

// Claim `name`, a string; empty where it is not there.
absl::StatusOr<std::string> OptionalString(const json_t* claims, const char* name) {
  const auto value = StringMember(claims, name);
  const bool is_there = json_object_get(claims, name) != nullptr;
  if (is_there && value.value_or("").empty()) return ExpectClaim(std::string("`") + name + "`: a text, or none");
  return std::string(value.value_or(""));
}

// RFC 7800 section 3.1: a confirmation by other means says nothing about a certificate.
absl::StatusOr<std::string> Thumbprint(const json_t* claims) {
  const json_t* const confirmation = json_object_get(claims, "cnf");
  if (confirmation == nullptr) return std::string();
  if (!json_is_object(confirmation)) return ExpectClaim("`cnf`: an object with the member `x5t#S256`");
  return std::string(StringMember(confirmation, "x5t#S256").value_or(""));
}

absl::StatusOr<std::vector<access::v1::Role>> Roles(const json_t* claims) {
  const auto names = Strings(claims, "roles");
  std::vector<access::v1::Role> roles;
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    access::v1::Role role = access::v1::ROLE_UNSPECIFIED;
    if (!access::v1::Role_Parse(name, &role) || role == access::v1::ROLE_UNSPECIFIED) {
      return ExpectClaim("`roles`: only names of samverkan.access.v1.Role, such as \"REPORTER\"");
    }
    if (std::find(roles.begin(), roles.end(), role) == roles.end()) roles.push_back(role);
  }
  return roles;
}

absl::StatusOr<Caller> ReadCaller(const json_t* claims) {
  Caller caller;
  caller.subject = StringMember(claims, "sub").value_or("");
  caller.system = StringMember(claims, "azp").value_or("");
  caller.municipality = StringMember(claims, "municipality").value_or("");
  ASSIGN_OR_RETURN(caller.authority, OptionalString(claims, "authority"));
  auto units = Strings(claims, "units");
  if (!units.has_value()) return ExpectClaim("`units`: an array of texts");
  caller.units = *std::move(units);
  ASSIGN_OR_RETURN(caller.roles, Roles(claims));
  const json_t* const qualified = json_object_get(claims, "qualified");
  if (qualified != nullptr && !json_is_boolean(qualified)) return ExpectClaim("`qualified`: true or false");
  caller.qualified = json_is_true(qualified);
  ASSIGN_OR_RETURN(caller.given_name, OptionalString(claims, "given_name"));
  ASSIGN_OR_RETURN(caller.family_name, OptionalString(claims, "family_name"));
  if (const std::string fault = FaultOf(caller); !fault.empty()) return ExpectClaim(fault);
  return caller;
}

}  // namespace

absl::StatusOr<Claims> ReadClaims(std::string_view payload, std::string_view issuer, std::string_view audience) {
  const Json json = ParseJsonObject(payload);
  if (json == nullptr) return Refuse(TokenFault::kMalformed, "expected a JSON object as payload, no member twice");
  if (StringMember(json.get(), "iss") != issuer) {
    return Refuse(TokenFault::kIssuer, "expected claim `iss` to be the issuer that this service trusts");
  }
  if (!IsMeantFor(json.get(), audience)) {
    return Refuse(TokenFault::kAudience, "expected claim `aud` to name this service's audience");
  }
  Claims claims;
  ASSIGN_OR_RETURN(claims.caller, ReadCaller(json.get()));
  if (json_object_get(json.get(), "exp") == nullptr) return ExpectClaim("`exp`: when the token expires");
  ASSIGN_OR_RETURN(claims.caller.expires, Instant(json.get(), "exp", absl::InfinitePast()));
  ASSIGN_OR_RETURN(const absl::Time not_before, Instant(json.get(), "nbf", absl::InfinitePast()));
  ASSIGN_OR_RETURN(claims.issued, Instant(json.get(), "iat", absl::InfinitePast()));
  claims.not_before = std::max(not_before, claims.issued);
  ASSIGN_OR_RETURN(claims.id, OptionalString(json.get(), "jti"));
  ASSIGN_OR_RETURN(claims.thumbprint, Thumbprint(json.get()));
  return claims;
}

absl::Status CheckTime(const Claims& claims, absl::Time now) {
  if (now >= claims.caller.expires + kClockSkew) {
    return Refuse(TokenFault::kExpired, "it has expired (claim `exp`); get a new one");
  }
  if (now < claims.not_before - kClockSkew) {
    return Refuse(TokenFault::kNotYetValid, "it is not valid yet (claims `nbf`, `iat`); check the clocks");
  }
  return absl::OkStatus();
}

}  // namespace samverkan::auth
