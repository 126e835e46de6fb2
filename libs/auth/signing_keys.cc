#include "libs/auth/signing_keys.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/keys/secret_file.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::auth {
namespace {

constexpr int kCoordinateBytes = 32;
constexpr absl::string_view kCurve = "prime256v1";

using PublicOrPrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_clear_free)>;

// An EC key on P-256 in the members of a JSON Web Key.
struct EcKey {
  std::string x;
  std::string y;
  // Empty of a public key.
  std::string d;
};

absl::Status Unusable(const std::string& path, absl::string_view what) {
  return status::FailedPrecondition(
      {.reason = "SIGNING_KEYS_UNUSABLE",
       .message = absl::StrCat("The file of signing keys ", path, " ", what,
                               ". Expected: EC keys on P-256 in PEM without password, the private key that signs "
                               "first, mode 0600.")});
}

// The parameter `name` as base64url of 32 octets; nothing where the key has none.
std::optional<std::string> Coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* read = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &read) != 1) return std::nullopt;
  const Number number(read, &BN_clear_free);
  std::string octets(kCoordinateBytes, '\0');
  if (BN_bn2binpad(read, reinterpret_cast<uint8_t*>(octets.data()), kCoordinateBytes) < 0) return std::nullopt;
  std::string text = absl::WebSafeBase64Escape(octets);
  OPENSSL_cleanse(octets.data(), octets.size());
  return text;
}

// The key in a block of PEM, of whatever kind; null where it holds none.
PublicOrPrivateKey ReadKey(const std::string& block) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(block.data(), static_cast<int>(block.size())),
                                                      &BIO_free);
  // Never asks at a terminal: an encrypted key is none.
  const auto refuse = [](char*, int, int, void*) { return -1; };
  EVP_PKEY* const key = absl::StrContains(block, "PUBLIC KEY-----")
                            ? PEM_read_bio_PUBKEY(bio.get(), nullptr, refuse, nullptr)
                            : PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse, nullptr);
  return {key, &EVP_PKEY_free};
}

// The same as EcKey; nothing where it is none on P-256.
std::optional<EcKey> ParseKey(const std::string& block) {
  const PublicOrPrivateKey key = ReadKey(block);
  std::array<char, 64> curve = {};
  if (key == nullptr ||
      EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), curve.size(), nullptr) != 1) {
    return std::nullopt;
  }
  const auto x = Coordinate(key.get(), OSSL_PKEY_PARAM_EC_PUB_X);
  const auto y = Coordinate(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
  if (curve.data() != kCurve || !x.has_value() || !y.has_value()) return std::nullopt;
  return EcKey{*x, *y, Coordinate(key.get(), OSSL_PKEY_PARAM_PRIV_KEY).value_or("")};
}

// The thumbprint of RFC 7638: over the required members in the order of their names.
std::string ThumbprintOf(const EcKey& key) {
  const std::string members = absl::StrCat(R"({"crv":"P-256","kty":"EC","x":")", key.x, R"(","y":")", key.y, R"("})");
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(members.data()), members.size(), reinterpret_cast<uint8_t*>(digest.data()));
  return absl::WebSafeBase64Escape(digest);
}

std::string PublicJwkOf(const EcKey& key) {
  return absl::StrCat(R"({"kty":"EC","crv":"P-256","kid":")", ThumbprintOf(key), R"(","x":")", key.x, R"(","y":")",
                      key.y, R"(","alg":"ES256","use":"sig"})");
}

absl::StatusOr<JwsSigner> SignerOf(const EcKey& key) {
  return JwsSigner::FromPrivateJwk(absl::StrCat(R"({"kty":"EC","crv":"P-256","kid":")", ThumbprintOf(key), R"(","x":")",
                                                key.x, R"(","y":")", key.y, R"(","d":")", key.d, R"("})"));
}

// The blocks of PEM in `text`, each from its BEGIN on.
std::vector<std::string> BlocksOf(const std::string& text) {
  constexpr char kBegin[] = "-----BEGIN ";
  std::vector<std::string> blocks;
  for (size_t at = text.find(kBegin); at != std::string::npos;) {
    const size_t next = text.find(kBegin, at + 1);
    blocks.push_back(text.substr(at, next == std::string::npos ? next : next - at));
    at = next;
  }
  return blocks;
}

void Wipe(std::string& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

}  // namespace

absl::StatusOr<SigningKeys> SigningKeys::Load(const std::string& path) {
  absl::StatusOr<std::string> text = keys::ReadSecretFile(path);
  if (!text.ok()) return Unusable(path, text.status().message());
  std::vector<std::string> blocks = BlocksOf(*text);
  Wipe(*text);
  std::vector<std::string> public_keys;
  std::set<std::string> kids;
  std::optional<EcKey> first;
  for (std::string& block : blocks) {
    std::optional<EcKey> key = ParseKey(block);
    Wipe(block);
    if (!key.has_value()) return Unusable(path, absl::StrCat("has at place ", public_keys.size() + 1, " no such key"));
    if (!kids.insert(ThumbprintOf(*key)).second) return Unusable(path, "holds a key twice");
    public_keys.push_back(PublicJwkOf(*key));
    if (!first.has_value()) first = std::move(key);
  }
  if (!first.has_value() || first->d.empty()) return Unusable(path, "does not begin with a private key");
  ASSIGN_OR_RETURN(JwsSigner signer, SignerOf(*first));
  Wipe(first->d);
  return SigningKeys(std::move(signer), KeySetOf(public_keys));
}

}  // namespace samverkan::auth
