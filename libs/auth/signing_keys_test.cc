#include "libs/auth/signing_keys.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/auth/jose.h"
#include "libs/auth/key_set.h"
#include "libs/testing/command.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::auth {
namespace {

using ::samverkan::testing::RunCommand;
using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPayload[] = R"({"iss":"municipalities/0180/authorities/skarholmen"})";

// A new private key in PEM, as an operator makes it.
std::string NewKey(const std::string& curve = "P-256") {
  return *RunCommand({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve});
}

std::string Write(const std::string& text, mode_t mode = 0600) {
  const std::string path = ::testing::TempDir() + "/decision.keys";
  std::ofstream(path) << text;
  chmod(path.c_str(), mode);
  return path;
}

std::string PublicPart(const std::string& private_key) {
  return *RunCommand({"openssl", "pkey", "-pubout", "-in", Write(private_key)});
}

SigningKeys Load(const std::string& text) {
  auto keys = SigningKeys::Load(Write(text));
  EXPECT_OK(keys);
  return *std::move(keys);
}

// The `kid` of the header.
std::string KidOf(const std::string& jws) {
  const Json header = ParseJsonObject(DecodeBase64Url(jws.substr(0, jws.find('.'))).value_or(""));
  return std::string(StringMember(header.get(), "kid").value_or(""));
}

// Whether `jws` is signed with a key of the set `jwks`, as who has only these would tell.
bool Verifies(const std::string& jws, const std::string& jwks) {
  const auto keys = KeySet::Parse(jwks);
  if (!keys.ok()) return false;
  const KeySet::Key* const key = keys->Find(KidOf(jws));
  const Jws parsed(cjose_jws_import(jws.data(), jws.size(), nullptr));
  return key != nullptr && parsed != nullptr && cjose_jws_verify(parsed.get(), key->jwk.get(), nullptr);
}

// `jws` with another payload under the same signature.
std::string Altered(const std::string& jws) {
  const size_t payload = jws.find('.') + 1;
  std::string other = jws;
  other[payload + 4] = other[payload + 4] == 'A' ? 'B' : 'A';
  return other;
}

TEST(SigningKeysTest, WhatItSignsVerifiesWithWhatItPublishes) {
  const SigningKeys keys = Load(NewKey());
  const std::string jws = keys.Sign(kPayload, "decision+jwt");
  EXPECT_TRUE(Verifies(jws, keys.PublicJwks()));
  const std::string header = DecodeBase64Url(jws.substr(0, jws.find('.'))).value_or("");
  EXPECT_THAT(header, HasSubstr(R"("alg":"ES256")"));
  EXPECT_THAT(header, HasSubstr(R"("typ":"decision+jwt")"));
  const size_t payload = jws.find('.') + 1;
  EXPECT_EQ(DecodeBase64Url(jws.substr(payload, jws.rfind('.') - payload)), kPayload);
}

TEST(SigningKeysTest, AlteredOrOfAnotherKeyItDoesNotVerify) {
  const SigningKeys keys = Load(NewKey());
  const std::string jws = keys.Sign(kPayload, "decision+jwt");
  EXPECT_FALSE(Verifies(Altered(jws), keys.PublicJwks()));
  const SigningKeys other = Load(NewKey());
  EXPECT_FALSE(Verifies(jws, other.PublicJwks()));
  // The right key's id on a signature of another key.
  const std::string foreign = other.Sign(kPayload, "decision+jwt");
  EXPECT_FALSE(Verifies(jws.substr(0, jws.rfind('.')) + foreign.substr(foreign.rfind('.')), keys.PublicJwks()));
}

TEST(SigningKeysTest, PublishesNoSecret) {
  const SigningKeys keys = Load(NewKey() + NewKey());
  EXPECT_THAT(keys.PublicJwks(), Not(HasSubstr("\"d\":")));
}

TEST(SigningKeysTest, TheFirstSignsAndAnEarlierOneStillVerifies) {
  const std::string old_key = NewKey();
  const std::string jws = Load(old_key).Sign(kPayload, "decision+jwt");
  for (const std::string& retired : {old_key, PublicPart(old_key)}) {
    const SigningKeys rotated = Load(NewKey() + retired);
    EXPECT_TRUE(Verifies(jws, rotated.PublicJwks()));
    const std::string later = rotated.Sign(kPayload, "decision+jwt");
    EXPECT_NE(KidOf(later), KidOf(jws));
    EXPECT_TRUE(Verifies(later, rotated.PublicJwks()));
  }
}

// The thumbprint of this key as another library computes it.
TEST(SigningKeysTest, TheIdOfAKeyIsItsThumbprint) {
  const SigningKeys keys = Load(
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmvyWeHCywdhuGtW2\n"
      "ewjbqFqTLSmoV41W/NrkQb1EC1ehRANCAARDVwPq7DMpsSN9rKoGjzWt+lDG/ORQ\n"
      "SZox4UfFdOFGpJjsY080ZfRxHXE9G6QqLaaEjTrPEtQ3xWfZnE0TJK4l\n"
      "-----END PRIVATE KEY-----\n");
  EXPECT_EQ(KidOf(keys.Sign("{}", "decision+jwt")), "01IJ2Ii1FyJ1GWF3NjWoKlVTyNG_dvN94_y8qQhodhQ");
}

TEST(SigningKeysTest, RefusesWhatItCannotSignWith) {
  const std::string key = NewKey();
  const std::string encrypted =
      *RunCommand({"openssl", "pkey", "-aes256", "-passout", "pass:secret", "-in", Write(key)});
  const std::string rsa = *RunCommand({"openssl", "genpkey", "-algorithm", "RSA"});
  const std::vector<std::string> unusable = {"",  "no key",  PublicPart(key), NewKey("P-384"),
                                             rsa, encrypted, key + key,       key + key.substr(0, key.size() / 2)};
  for (const std::string& text : unusable) {
    const auto keys = SigningKeys::Load(Write(text));
    EXPECT_THAT(keys, StatusIs(absl::StatusCode::kFailedPrecondition, "SIGNING_KEYS_UNUSABLE")) << text;
    EXPECT_THAT(std::string(keys.status().message()), HasSubstr("/decision.keys")) << text;
  }
}

TEST(SigningKeysTest, RefusesAFileThatOthersMayReadOrThatIsNotThere) {
  const auto open = SigningKeys::Load(Write(NewKey(), 0640));
  EXPECT_THAT(open, StatusIs(absl::StatusCode::kFailedPrecondition, "SIGNING_KEYS_UNUSABLE"));
  EXPECT_THAT(std::string(open.status().message()), HasSubstr("may be read or changed by others"));
  EXPECT_THAT(SigningKeys::Load(::testing::TempDir() + "/nothing"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "SIGNING_KEYS_UNUSABLE"));
}

}  // namespace
}  // namespace samverkan::auth
