#include "libs/auth/token_signer.h"

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "libs/random/random.h"
#include "openssl/rand.h"

namespace samverkan::auth {
namespace {

constexpr size_t kRsaBits = 2048;
constexpr size_t kKidBytes = 8;
constexpr int kTokenIdBytes = 16;
constexpr uint8_t kRsaExponent[] = {0x01, 0x00, 0x01};

Jwk NewKey(TokenSigner::Algorithm algorithm) {
  if (algorithm == TokenSigner::Algorithm::kEs256) return Jwk(cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, nullptr));
  return Jwk(cjose_jwk_create_RSA_random(kRsaBits, kRsaExponent, sizeof(kRsaExponent), nullptr));
}

Json String(std::string_view text) { return Json(json_stringn(text.data(), text.size())); }

void Set(json_t* object, const char* name, Json value) { json_object_set_new(object, name, value.release()); }

std::string Text(const json_t* json) {
  const std::unique_ptr<char, decltype(&std::free)> text(json_dumps(json, JSON_COMPACT), &std::free);
  return text.get();
}

std::string KeyText(const Jwk& key, bool with_secret) {
  const std::unique_ptr<char, decltype(&std::free)> text(cjose_jwk_to_json(key.get(), with_secret, nullptr),
                                                         &std::free);
  return text.get();
}

}  // namespace

TokenSigner::TokenSigner(Jwk key, std::string algorithm, std::string kid)
    : key_(std::move(key)), algorithm_(std::move(algorithm)), kid_(std::move(kid)) {}

absl::StatusOr<TokenSigner> TokenSigner::Generate(Algorithm algorithm) {
  std::string random(kKidBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), kKidBytes) != 1) {
    return absl::InternalError("OpenSSL gave no random bytes");
  }
  const std::string kid = absl::BytesToHexString(random);
  Jwk key = NewKey(algorithm);
  if (key == nullptr || !cjose_jwk_set_kid(key.get(), kid.data(), kid.size(), nullptr)) {
    return absl::InternalError("OpenSSL made no key");
  }
  return TokenSigner(std::move(key), algorithm == Algorithm::kEs256 ? "ES256" : "RS256", kid);
}

absl::StatusOr<TokenSigner> TokenSigner::FromPrivateJwk(std::string_view jwk) {
  const Json json = ParseJsonObject(jwk);
  const std::string type(StringMember(json.get(), "kty").value_or(""));
  const std::string kid(StringMember(json.get(), "kid").value_or(""));
  Jwk key(cjose_jwk_import(jwk.data(), jwk.size(), nullptr));
  const bool known_type = type == "EC" || type == "RSA";
  if (key == nullptr || !known_type || kid.empty() || !StringMember(json.get(), "d").has_value()) {
    return absl::InvalidArgumentError("expected a private EC or RSA key with a `kid`, as a JSON Web Key");
  }
  return TokenSigner(std::move(key), type == "EC" ? "ES256" : "RS256", kid);
}

std::string TokenSigner::PrivateJwk() const { return KeyText(key_, true); }

std::string TokenSigner::PublicJwks() const {
  Json key = ParseJsonObject(KeyText(key_, false));
  Set(key.get(), "alg", String(algorithm_));
  Set(key.get(), "use", String("sig"));
  Json keys(json_array());
  json_array_append_new(keys.get(), key.release());
  const Json jwks(json_object());
  Set(jwks.get(), "keys", std::move(keys));
  return Text(jwks.get());
}

std::string TokenSigner::Sign(const Caller& caller, absl::Time issued, std::string_view issuer,
                              std::string_view audience, std::string_view thumbprint) const {
  return SignPayload(PayloadOf(caller, issued, issuer, audience, thumbprint));
}

std::string TokenSigner::SignPayload(std::string_view payload) const {
  const Json header(json_object());
  Set(header.get(), "alg", String(algorithm_));
  Set(header.get(), "kid", String(kid_));
  Set(header.get(), "typ", String("JWT"));
  const auto* const bytes = reinterpret_cast<const uint8_t*>(payload.data());
  const Jws jws(cjose_jws_sign(key_.get(), header.get(), bytes, payload.size(), nullptr));
  const char* token = nullptr;
  // A key that was generated or imported signs; memory apart, nothing here can fail.
  if (jws == nullptr || !cjose_jws_export(jws.get(), &token, nullptr)) std::abort();
  return token;
}

std::string PayloadOf(const Caller& caller, absl::Time issued, std::string_view issuer, std::string_view audience,
                      std::string_view thumbprint) {
  const Json claims(json_object());
  Set(claims.get(), "iss", String(issuer));
  Set(claims.get(), "aud", String(audience));
  Set(claims.get(), "sub", String(caller.subject));
  Set(claims.get(), "azp", String(caller.system));
  Set(claims.get(), "municipality", String(caller.municipality));
  if (!caller.authority.empty()) Set(claims.get(), "authority", String(caller.authority));
  Json units(json_array());
  for (const std::string& unit : caller.units) json_array_append_new(units.get(), String(unit).release());
  Set(claims.get(), "units", std::move(units));
  Json roles(json_array());
  for (const access::v1::Role role : caller.roles) {
    json_array_append_new(roles.get(), String(access::v1::Role_Name(role)).release());
  }
  Set(claims.get(), "roles", std::move(roles));
  Set(claims.get(), "qualified", Json(json_boolean(caller.qualified)));
  Set(claims.get(), "iat", Json(json_integer(absl::ToUnixSeconds(issued))));
  Set(claims.get(), "nbf", Json(json_integer(absl::ToUnixSeconds(issued))));
  Set(claims.get(), "exp", Json(json_integer(absl::ToUnixSeconds(caller.expires))));
  Set(claims.get(), "jti", String(absl::BytesToHexString(random::Octets(kTokenIdBytes))));
  if (!caller.given_name.empty()) Set(claims.get(), "given_name", String(caller.given_name));
  if (!caller.family_name.empty()) Set(claims.get(), "family_name", String(caller.family_name));
  if (!thumbprint.empty()) {
    Json confirmation(json_object());
    Set(confirmation.get(), "x5t#S256", String(thumbprint));
    Set(claims.get(), "cnf", std::move(confirmation));
  }
  return Text(claims.get());
}

}  // namespace samverkan::auth
