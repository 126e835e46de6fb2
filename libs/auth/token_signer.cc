#include "libs/auth/token_signer.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "libs/auth/jose.h"
#include "libs/random/random.h"
#include "libs/status/macros.h"

namespace samverkan::auth {
namespace {

constexpr int kTokenIdBytes = 16;

}  // namespace

absl::StatusOr<TokenSigner> TokenSigner::Generate(Algorithm algorithm) {
  ASSIGN_OR_RETURN(JwsSigner signer, JwsSigner::Generate(algorithm));
  return TokenSigner(std::move(signer));
}

absl::StatusOr<TokenSigner> TokenSigner::FromPrivateJwk(std::string_view jwk) {
  ASSIGN_OR_RETURN(JwsSigner signer, JwsSigner::FromPrivateJwk(jwk));
  return TokenSigner(std::move(signer));
}

std::string TokenSigner::PublicJwks() const { return KeySetOf({signer_.PublicJwk()}); }

std::string TokenSigner::Sign(const Caller& caller, absl::Time issued, std::string_view issuer,
                              std::string_view audience, std::string_view thumbprint) const {
  return SignPayload(PayloadOf(caller, issued, issuer, audience, thumbprint));
}

std::string TokenSigner::SignPayload(std::string_view payload) const { return signer_.Sign(payload, "JWT"); }

std::string PayloadOf(const Caller& caller, absl::Time issued, std::string_view issuer, std::string_view audience,
                      std::string_view thumbprint) {
  const Json claims(json_object());
  SetMember(claims.get(), "iss", JsonString(issuer));
  SetMember(claims.get(), "aud", JsonString(audience));
  SetMember(claims.get(), "sub", JsonString(caller.subject));
  SetMember(claims.get(), "azp", JsonString(caller.system));
  SetMember(claims.get(), "municipality", JsonString(caller.municipality));
  if (!caller.authority.empty()) SetMember(claims.get(), "authority", JsonString(caller.authority));
  Json units(json_array());
  for (const std::string& unit : caller.units) json_array_append_new(units.get(), JsonString(unit).release());
  SetMember(claims.get(), "units", std::move(units));
  Json roles(json_array());
  for (const access::v1::Role role : caller.roles) {
    json_array_append_new(roles.get(), JsonString(access::v1::Role_Name(role)).release());
  }
  SetMember(claims.get(), "roles", std::move(roles));
  SetMember(claims.get(), "qualified", Json(json_boolean(caller.qualified)));
  SetMember(claims.get(), "iat", Json(json_integer(absl::ToUnixSeconds(issued))));
  SetMember(claims.get(), "nbf", Json(json_integer(absl::ToUnixSeconds(issued))));
  SetMember(claims.get(), "exp", Json(json_integer(absl::ToUnixSeconds(caller.expires))));
  SetMember(claims.get(), "jti", JsonString(absl::BytesToHexString(random::Octets(kTokenIdBytes))));
  if (!caller.given_name.empty()) SetMember(claims.get(), "given_name", JsonString(caller.given_name));
  if (!caller.family_name.empty()) SetMember(claims.get(), "family_name", JsonString(caller.family_name));
  if (!thumbprint.empty()) {
    Json confirmation(json_object());
    SetMember(confirmation.get(), "x5t#S256", JsonString(thumbprint));
    SetMember(claims.get(), "cnf", std::move(confirmation));
  }
  return JsonText(claims.get());
}

}  // namespace samverkan::auth
