#include "libs/auth/token_verifier.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "libs/auth/jose.h"
#include "libs/auth/key_address.h"
#include "libs/auth/key_file.h"
#include "libs/auth/token_refusal.h"
#include "libs/status/macros.h"

namespace samverkan::auth {
namespace {

// The three parts of a compact token, decoded (RFC 7515 section 7.1).
struct Parts {
  std::string header;
  std::string payload;
  std::string signature;
};

std::optional<Parts> Split(std::string_view token) {
  const size_t first_dot = token.find('.');
  const size_t second_dot = token.find('.', first_dot == std::string_view::npos ? first_dot : first_dot + 1);
  if (second_dot == std::string_view::npos) return std::nullopt;
  // A third dot is no base64url.
  auto header = DecodeBase64Url(token.substr(0, first_dot));
  auto payload = DecodeBase64Url(token.substr(first_dot + 1, second_dot - first_dot - 1));
  auto signature = DecodeBase64Url(token.substr(second_dot + 1));
  if (!header.has_value() || !payload.has_value() || !signature.has_value()) return std::nullopt;
  return Parts{*std::move(header), *std::move(payload), *std::move(signature)};
}

struct Header {
  std::string algorithm;
  std::string kid;
};

// cjose would verify with whatever algorithm the header names and pass over `crit`.
absl::StatusOr<Header> ReadHeader(std::string_view text) {
  const Json json = ParseJsonObject(text);
  if (json == nullptr) return Refuse(TokenFault::kMalformed, "expected a JSON object as header, no member twice");
  Header header{.algorithm = std::string(StringMember(json.get(), "alg").value_or("")),
                .kid = std::string(StringMember(json.get(), "kid").value_or(""))};
  if (header.algorithm != "RS256" && header.algorithm != "ES256") {
    return Refuse(TokenFault::kAlgorithm, "expected header `alg` to be RS256 or ES256");
  }
  for (const char* const demand : {"crit", "b64", "zip"}) {
    if (json_object_get(json.get(), demand) != nullptr) {
      return Refuse(TokenFault::kAlgorithm, "expected a header without `crit`, `b64` and `zip`");
    }
  }
  const std::string type = absl::AsciiStrToLower(std::string(StringMember(json.get(), "typ").value_or("jwt")));
  if (type != "jwt" && type != "at+jwt")
    return Refuse(TokenFault::kMalformed, "expected header `typ` to be JWT or at+jwt");
  if (header.kid.empty()) return Refuse(TokenFault::kMalformed, "expected header `kid` to name the signing key");
  return header;
}

// RFC 7518 section 3.4 fixes the length of an ES256 signature; cjose halves what it gets
// and so takes one that is a byte longer for the same.
bool HasLengthOfSignature(std::string_view signature, const KeySet::Key& key) {
  constexpr size_t kEs256Bytes = 64;
  return key.algorithm != "ES256" || signature.size() == kEs256Bytes;
}

bool IsSignedBy(std::string_view token, const KeySet::Key& key) {
  const Jws jws(cjose_jws_import(token.data(), token.size(), nullptr));
  return jws != nullptr && cjose_jws_verify(jws.get(), key.jwk.get(), nullptr);
}

absl::StatusOr<std::unique_ptr<KeySource>> OpenKeys(const TokenVerifier::Options& options, absl::Time now,
                                                    const clock::Clock& machine_clock) {
  if (absl::StrContains(options.jwks, "://")) {
    ASSIGN_OR_RETURN(auto address, KeyAddress::Open(options.jwks, options.jwks_authorities, machine_clock));
    return address;
  }
  auto file = std::make_unique<KeyFile>(options.jwks);
  file->Keys(now);
  RETURN_IF_ERROR(file->status());
  return file;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenVerifier>> TokenVerifier::Open(Options options, const clock::Clock& clock) {
  std::unique_ptr<TokenVerifier> verifier(new TokenVerifier(std::move(options), clock));
  RETURN_IF_ERROR(verifier->OpenFiles());
  return verifier;
}

absl::Status TokenVerifier::OpenFiles() {
  ASSIGN_OR_RETURN(keys_, OpenKeys(options_, clock_.Now(), machine_clock_));
  if (keys_->Keys(clock_.Now())->empty()) {
    return absl::FailedPreconditionError("JWKS of " + options_.jwks +
                                         " has no key for RS256 (2048 bits or more) or ES256 with a `kid`");
  }
  if (options_.revoked_subjects.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(revoked_, RevokedSubjects::Open(options_.revoked_subjects, clock_.Now()));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Claims>> TokenVerifier::Verify(std::string_view token) {
  if (token.size() > kLongestToken) return Refuse(TokenFault::kMalformed, "expected at most 8192 bytes");
  const absl::Time now = clock_.Now();
  std::shared_ptr<const KeySet> keys = keys_->Keys(now);
  const TokenDigest digest = DigestOf(token);
  if (auto known = memory_.Recall(digest, keys); known != nullptr) {
    RETURN_IF_ERROR(CheckAgain(*known, now));
    return known;
  }
  ASSIGN_OR_RETURN(Claims claims, Check(token, now, keys));
  RETURN_IF_ERROR(CheckAgain(claims, now));
  auto checked = std::make_shared<const Claims>(std::move(claims));
  memory_.Remember(digest, keys, checked, now);
  return checked;
}

absl::Status TokenVerifier::CheckAgain(const Claims& claims, absl::Time now) const {
  RETURN_IF_ERROR(CheckTime(claims, now));
  return revoked_ == nullptr ? absl::OkStatus() : revoked_->Check(claims, now);
}

absl::Status TokenVerifier::KeysStatus() const { return keys_->status(); }

absl::Status TokenVerifier::RevokedSubjectsStatus() const {
  return revoked_ == nullptr ? absl::OkStatus() : revoked_->status();
}

absl::StatusOr<Claims> TokenVerifier::Check(std::string_view token, absl::Time now,
                                            std::shared_ptr<const KeySet>& keys) {
  const std::optional<Parts> parts = Split(token);
  if (!parts.has_value()) {
    return Refuse(TokenFault::kMalformed, "expected three parts in base64url without padding, a dot between each");
  }
  ASSIGN_OR_RETURN(const Header header, ReadHeader(parts->header));
  if (keys->Find(header.kid) == nullptr) {
    ASSIGN_OR_RETURN(keys, keys_->NewerKeys(now));
  }
  const KeySet::Key* const key = keys->Find(header.kid);
  if (key == nullptr) return Refuse(TokenFault::kSignature, "expected header `kid` to name a key that is known here");
  if (key->algorithm != header.algorithm) {
    return Refuse(TokenFault::kAlgorithm, "expected header `alg` to be the algorithm of the key that `kid` names");
  }
  if (!HasLengthOfSignature(parts->signature, *key) || !IsSignedBy(token, *key)) {
    return Refuse(TokenFault::kSignature, "the signature does not match the token");
  }
  return ReadClaims(parts->payload, options_.issuer, options_.audience);
}

}  // namespace samverkan::auth
