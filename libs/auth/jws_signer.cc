#include "libs/auth/jws_signer.h"

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "openssl/rand.h"

namespace samverkan::auth {
namespace {

constexpr size_t kRsaBits = 2048;
constexpr size_t kKidBytes = 8;
constexpr uint8_t kRsaExponent[] = {0x01, 0x00, 0x01};

Jwk NewKey(JwsSigner::Algorithm algorithm) {
  if (algorithm == JwsSigner::Algorithm::kEs256) return Jwk(cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, nullptr));
  return Jwk(cjose_jwk_create_RSA_random(kRsaBits, kRsaExponent, sizeof(kRsaExponent), nullptr));
}

std::string KeyText(const Jwk& key, bool with_secret) {
  const std::unique_ptr<char, decltype(&std::free)> text(cjose_jwk_to_json(key.get(), with_secret, nullptr),
                                                         &std::free);
  return text.get();
}

}  // namespace

JwsSigner::JwsSigner(Jwk key, std::string algorithm, std::string kid)
    : key_(std::move(key)), algorithm_(std::move(algorithm)), kid_(std::move(kid)) {}

absl::StatusOr<JwsSigner> JwsSigner::Generate(Algorithm algorithm) {
  std::string random(kKidBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), kKidBytes) != 1) {
    return absl::InternalError("OpenSSL gave no random bytes");
  }
  const std::string kid = absl::BytesToHexString(random);
  Jwk key = NewKey(algorithm);
  if (key == nullptr || !cjose_jwk_set_kid(key.get(), kid.data(), kid.size(), nullptr)) {
    return absl::InternalError("OpenSSL made no key");
  }
  return JwsSigner(std::move(key), algorithm == Algorithm::kEs256 ? "ES256" : "RS256", kid);
}

absl::StatusOr<JwsSigner> JwsSigner::FromPrivateJwk(std::string_view jwk) {
  const Json json = ParseJsonObject(jwk);
  const std::string type(StringMember(json.get(), "kty").value_or(""));
  const std::string kid(StringMember(json.get(), "kid").value_or(""));
  Jwk key(cjose_jwk_import(jwk.data(), jwk.size(), nullptr));
  const bool known_type = type == "EC" || type == "RSA";
  if (key == nullptr || !known_type || kid.empty() || !StringMember(json.get(), "d").has_value()) {
    return absl::InvalidArgumentError("expected a private EC or RSA key with a `kid`, as a JSON Web Key");
  }
  return JwsSigner(std::move(key), type == "EC" ? "ES256" : "RS256", kid);
}

std::string JwsSigner::PrivateJwk() const { return KeyText(key_, true); }

std::string JwsSigner::PublicJwk() const {
  const Json key = ParseJsonObject(KeyText(key_, false));
  SetMember(key.get(), "alg", JsonString(algorithm_));
  SetMember(key.get(), "use", JsonString("sig"));
  return JsonText(key.get());
}

std::string JwsSigner::Sign(std::string_view payload, std::string_view type) const {
  const Json header(json_object());
  SetMember(header.get(), "alg", JsonString(algorithm_));
  SetMember(header.get(), "kid", JsonString(kid_));
  SetMember(header.get(), "typ", JsonString(type));
  const auto* const bytes = reinterpret_cast<const uint8_t*>(payload.data());
  const Jws jws(cjose_jws_sign(key_.get(), header.get(), bytes, payload.size(), nullptr));
  const char* compact = nullptr;
  // A key that was generated or imported signs; memory apart, nothing here can fail.
  if (jws == nullptr || !cjose_jws_export(jws.get(), &compact, nullptr)) std::abort();
  return compact;
}

std::string KeySetOf(const std::vector<std::string>& keys) {
  return absl::StrCat(R"({"keys":[)", absl::StrJoin(keys, ","), "]}");
}

}  // namespace samverkan::auth
