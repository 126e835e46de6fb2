#include "libs/auth/token_verifier.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "cjose/cjose.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/auth/token_signer.h"
#include "libs/testing/status_matchers.h"
#include "nlohmann/json.hpp"

namespace samverkan::auth {
namespace {

using ::nlohmann::json;
using ::samverkan::access::v1::Role;
using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::StatusCode kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr char kIssuer[] = "test-issuer";

// Keys are dear: one of each kind serves all tests.
const TokenSigner& EcKey() {
  static const TokenSigner signer = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  return signer;
}

const TokenSigner& RsaKey() {
  static const TokenSigner signer = *TokenSigner::Generate(TokenSigner::Algorithm::kRs256);
  return signer;
}

json PublicKeyOf(const TokenSigner& signer) { return json::parse(signer.PublicJwks()).at("keys").at(0); }

std::string Base64Url(const std::string& bytes) { return absl::WebSafeBase64Escape(bytes); }

// A token signed with `jwk` under any header, however unwise.
std::string SignWith(const std::string& jwk, const json& header, const std::string& payload) {
  const Jwk key(cjose_jwk_import(jwk.data(), jwk.size(), nullptr));
  const Json protected_header(json_loads(header.dump().c_str(), 0, nullptr));
  const auto* const bytes = reinterpret_cast<const uint8_t*>(payload.data());
  const Jws jws(cjose_jws_sign(key.get(), protected_header.get(), bytes, payload.size(), nullptr));
  const char* token = nullptr;
  EXPECT_TRUE(jws != nullptr && cjose_jws_export(jws.get(), &token, nullptr)) << "cannot sign under " << header;
  return token == nullptr ? "" : token;
}

class TokenVerifierTest : public ::testing::Test {
 protected:
  TokenVerifierTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    WriteKeys({PublicKeyOf(EcKey()), PublicKeyOf(RsaKey())});
    verifier_ = *Open();
  }

  absl::StatusOr<std::unique_ptr<TokenVerifier>> Open() const {
    return TokenVerifier::Open({.jwks = path_, .issuer = kIssuer}, clock_);
  }

  // Replaces the file as a provider should.
  void WriteFile(const std::string& text) const {
    std::ofstream(path_ + ".new") << text;
    std::filesystem::rename(path_ + ".new", path_);
  }

  void WriteKeys(const std::vector<json>& keys) const { WriteFile(json{{"keys", keys}}.dump()); }

  Caller Anna() const {
    return {.subject = "rektor.lind",
            .system = "skolportalen",
            .municipality = "0180",
            .authority = "utbildningsnamnden",
            .units = {"bredangsskolan"},
            .roles = {Role::REPORTER},
            .qualified = false,
            .expires = clock_.Now() + absl::Hours(1)};
  }

  std::string Payload() const { return PayloadOf(Anna(), clock_.Now(), kIssuer, kAudience); }

  std::string Token() const { return EcKey().SignPayload(Payload()); }

  // A good token but for `claim`, which is `value`, or is left out where that is discarded.
  std::string TokenWith(const std::string& claim, const json& value) const {
    json payload = json::parse(Payload());
    payload[claim] = value;
    if (value.is_discarded()) payload.erase(claim);
    return EcKey().SignPayload(payload.dump());
  }

  std::string TokenWithout(const std::string& claim) const { return TokenWith(claim, json(json::value_t::discarded)); }

  void ExpectRefused(const std::string& token, const std::string& reason) {
    EXPECT_THAT(verifier_->Verify(token), StatusIs(kUnauthenticated, reason)) << token.substr(0, 200);
  }

  const std::string folder_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = folder_ + "/jwks.json";
  clock::FakeClock clock_{absl::FromUnixSeconds(1'750'000'000)};
  std::unique_ptr<TokenVerifier> verifier_;
};

TEST_F(TokenVerifierTest, TellsWhoBearsAToken) {
  Caller anna = Anna();
  anna.units = {"bredangsskolan", "ekholmsskolan"};
  anna.roles = {Role::CASEWORKER, Role::UNIT_MANAGER};
  anna.qualified = true;
  for (const TokenSigner* const signer : {&EcKey(), &RsaKey()}) {
    const auto claims = verifier_->Verify(signer->Sign(anna, clock_.Now(), kIssuer, kAudience));
    ASSERT_THAT(claims, IsOk());
    EXPECT_EQ((*claims)->caller.subject, "rektor.lind");
    EXPECT_EQ((*claims)->caller.system, "skolportalen");
    EXPECT_EQ((*claims)->caller.municipality, "0180");
    EXPECT_EQ((*claims)->caller.authority, "utbildningsnamnden");
    EXPECT_THAT((*claims)->caller.units, ElementsAre("bredangsskolan", "ekholmsskolan"));
    EXPECT_THAT((*claims)->caller.roles, ElementsAre(Role::CASEWORKER, Role::UNIT_MANAGER));
    EXPECT_TRUE((*claims)->caller.qualified);
    EXPECT_EQ((*claims)->caller.expires, anna.expires);
  }
}

TEST_F(TokenVerifierTest, TellsTheSameTheSecondTime) {
  const std::string token = Token();
  for (int i = 0; i < 3; ++i) {
    const auto claims = verifier_->Verify(token);
    ASSERT_THAT(claims, IsOk());
    EXPECT_EQ((*claims)->caller.subject, "rektor.lind");
  }
}

TEST_F(TokenVerifierTest, OptionalClaimsMayBeAbsent) {
  for (const char* const claim : {"authority", "units", "qualified", "nbf", "iat", "jti"}) {
    EXPECT_THAT(verifier_->Verify(TokenWithout(claim)), IsOk()) << claim;
  }
  const auto claims = verifier_->Verify(TokenWithout("units"));
  EXPECT_THAT((*claims)->caller.units, IsEmpty());
}

TEST_F(TokenVerifierTest, RefusesWhatIsNoToken) {
  const std::string part = Base64Url(R"({"alg":"ES256"})");
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), std::string("a.b.c"),
        std::string("Bearer x"), std::string(3, '\0'), part, part + "." + part, part + "." + part + "." + part + ".",
        Base64Url("[]") + "." + part + "." + part, Base64Url("{") + "." + part + "." + part,
        Base64Url("\xFF") + "." + part + "." + part, "." + part + "." + part}) {
    ExpectRefused(text, "TOKEN_MALFORMED");
  }
}

TEST_F(TokenVerifierTest, RefusesAHugeTokenUnread) {
  json payload = json::parse(Payload());
  payload["more"] = std::string(TokenVerifier::kLongestToken, 'x');
  ExpectRefused(EcKey().SignPayload(payload.dump()), "TOKEN_MALFORMED");
  ExpectRefused(std::string(5'000'000, 'A'), "TOKEN_MALFORMED");
}

TEST_F(TokenVerifierTest, RefusesDeepNesting) {
  std::string deep = R"({"iss":)";
  deep += std::string(2500, '[') + std::string(2500, ']') + "}";
  ExpectRefused(EcKey().SignPayload(deep), "TOKEN_MALFORMED");
}

TEST_F(TokenVerifierTest, RefusesEveryTruncation) {
  const std::string token = Token();
  for (size_t length = 0; length < token.size(); ++length) {
    EXPECT_THAT(verifier_->Verify(token.substr(0, length)), StatusIs(kUnauthenticated)) << length;
  }
}

TEST_F(TokenVerifierTest, RefusesEveryFlippedBitAlsoOfARememberedToken) {
  for (const TokenSigner* const signer : {&EcKey(), &RsaKey()}) {
    const std::string token = signer->SignPayload(Payload());
    ASSERT_THAT(verifier_->Verify(token), IsOk());
    for (size_t i = 0; i < token.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = token;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
        EXPECT_THAT(verifier_->Verify(flipped), StatusIs(kUnauthenticated)) << "bit " << bit << " of byte " << i;
      }
    }
    EXPECT_THAT(verifier_->Verify(token), IsOk());
  }
}

TEST_F(TokenVerifierTest, RefusesEverySecondSpellingOfTheSameBytes) {
  for (const TokenSigner* const signer : {&EcKey(), &RsaKey()}) {
    const std::string token = signer->SignPayload(Payload());
    for (const char* const end : {"=", "==", "A==", " ", "\n", ".", "\t"}) {
      EXPECT_THAT(verifier_->Verify(token + end), StatusIs(kUnauthenticated, "TOKEN_MALFORMED")) << end;
      EXPECT_THAT(verifier_->Verify(end + token), StatusIs(kUnauthenticated)) << end;
    }
    for (const char* const longer : {"A", "AA", "AAAA", "AAAAA"}) {
      EXPECT_THAT(verifier_->Verify(token + longer), StatusIs(kUnauthenticated)) << longer;
    }
    // 64 and 256 bytes leave four bits of the last character unused.
    std::string stray = token;
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    stray.back() = alphabet[alphabet.find(stray.back()) + 1];
    ExpectRefused(stray, "TOKEN_MALFORMED");
    std::string standard_alphabet = token;
    for (char& character : standard_alphabet) character = character == '-' ? '+' : character == '_' ? '/' : character;
    if (standard_alphabet != token) ExpectRefused(standard_alphabet, "TOKEN_MALFORMED");
  }
}

TEST_F(TokenVerifierTest, RefusesNoise) {
  std::mt19937 random(20250620);
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_..=";
  for (int round = 0; round < 20000; ++round) {
    std::string noise(random() % 300, '\0');
    for (char& character : noise) character = alphabet[random() % alphabet.size()];
    ASSERT_THAT(verifier_->Verify(noise), StatusIs(kUnauthenticated)) << noise;
  }
}

TEST_F(TokenVerifierTest, RefusesAForgedPayloadUnderATrueSignature) {
  const std::string token = Token();
  json payload = json::parse(Payload());
  payload["roles"] = {"AUDITOR"};
  const size_t first_dot = token.find('.');
  const size_t second_dot = token.rfind('.');
  ExpectRefused(token.substr(0, first_dot + 1) + Base64Url(payload.dump()) + token.substr(second_dot),
                "TOKEN_SIGNATURE");
}

TEST_F(TokenVerifierTest, RefusesAnotherKeyUnderAKnownName) {
  const TokenSigner stranger = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  ExpectRefused(SignWith(stranger.PrivateJwk(), {{"alg", "ES256"}, {"kid", EcKey().kid()}}, Payload()),
                "TOKEN_SIGNATURE");
  ExpectRefused(stranger.SignPayload(Payload()), "TOKEN_SIGNATURE");
}

TEST_F(TokenVerifierTest, RefusesTheAlgorithmNone) {
  for (const char* const none : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string header = json{{"alg", none}, {"kid", EcKey().kid()}}.dump();
    ExpectRefused(Base64Url(header) + "." + Base64Url(Payload()) + ".", "TOKEN_ALGORITHM");
  }
  ExpectRefused(Base64Url(json{{"kid", EcKey().kid()}}.dump()) + "." + Base64Url(Payload()) + ".", "TOKEN_ALGORITHM");
}

TEST_F(TokenVerifierTest, RefusesHs256WithThePublicKeyAsSecret) {
  for (const TokenSigner* const signer : {&EcKey(), &RsaKey()}) {
    const json secret = {{"kty", "oct"}, {"kid", signer->kid()}, {"k", Base64Url(signer->PublicJwks())}};
    ExpectRefused(SignWith(secret.dump(), {{"alg", "HS256"}, {"kid", signer->kid()}}, Payload()), "TOKEN_ALGORITHM");
  }
}

TEST_F(TokenVerifierTest, RefusesSymmetricKeysEvenInTheFile) {
  const json secret = {{"kty", "oct"}, {"kid", "shared"}, {"k", Base64Url(std::string(32, 's'))}};
  WriteKeys({PublicKeyOf(EcKey()), secret});
  clock_.Advance(absl::Seconds(1));
  ExpectRefused(SignWith(secret.dump(), {{"alg", "HS256"}, {"kid", "shared"}}, Payload()), "TOKEN_ALGORITHM");
  EXPECT_THAT(verifier_->Verify(Token()), IsOk());
}

TEST_F(TokenVerifierTest, RefusesOtherAlgorithmsOfAKnownKey) {
  for (const char* const algorithm : {"PS256", "RS384", "RS512"}) {
    ExpectRefused(SignWith(RsaKey().PrivateJwk(), {{"alg", algorithm}, {"kid", RsaKey().kid()}}, Payload()),
                  "TOKEN_ALGORITHM");
  }
  ExpectRefused(SignWith(RsaKey().PrivateJwk(), {{"alg", "RS256"}, {"kid", EcKey().kid()}}, Payload()),
                "TOKEN_ALGORITHM");
}

TEST_F(TokenVerifierTest, RefusesDemandsOfTheHeader) {
  const json good = {{"alg", "ES256"}, {"kid", EcKey().kid()}};
  EXPECT_THAT(verifier_->Verify(SignWith(EcKey().PrivateJwk(), good, Payload())), IsOk());
  for (const json& demand : {json{{"crit", {"exp"}}}, json{{"crit", json::array()}}, json{{"b64", false}}}) {
    json header = good;
    header.update(demand);
    ExpectRefused(SignWith(EcKey().PrivateJwk(), header, Payload()), "TOKEN_ALGORITHM");
  }
  json other_type = good;
  other_type["typ"] = "dpop+jwt";
  ExpectRefused(SignWith(EcKey().PrivateJwk(), other_type, Payload()), "TOKEN_MALFORMED");
  ExpectRefused(SignWith(EcKey().PrivateJwk(), {{"alg", "ES256"}}, Payload()), "TOKEN_MALFORMED");
}

TEST_F(TokenVerifierTest, TakesNoKeyFromTheHeader) {
  const TokenSigner stranger = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  const json header = {{"alg", "ES256"}, {"kid", stranger.kid()}, {"jwk", PublicKeyOf(stranger)}};
  ExpectRefused(SignWith(stranger.PrivateJwk(), header, Payload()), "TOKEN_SIGNATURE");
}

TEST_F(TokenVerifierTest, RefusesMembersNamedTwice) {
  std::string twice = Payload();
  twice.insert(1, R"("roles":["OPERATOR"],)");
  ExpectRefused(EcKey().SignPayload(twice), "TOKEN_MALFORMED");
}

TEST_F(TokenVerifierTest, RefusesOtherIssuersAndAudiences) {
  ExpectRefused(TokenWith("iss", "somebody else"), "TOKEN_ISSUER");
  ExpectRefused(TokenWith("iss", json::array({kIssuer})), "TOKEN_ISSUER");
  ExpectRefused(TokenWithout("iss"), "TOKEN_ISSUER");
  ExpectRefused(TokenWith("aud", "other"), "TOKEN_AUDIENCE");
  ExpectRefused(TokenWith("aud", json::array({"other", "Samverkan"})), "TOKEN_AUDIENCE");
  ExpectRefused(TokenWith("aud", json::array({"samverkan", 5})), "TOKEN_AUDIENCE");
  ExpectRefused(TokenWithout("aud"), "TOKEN_AUDIENCE");
  EXPECT_THAT(verifier_->Verify(TokenWith("aud", json::array({"other", "samverkan"}))), IsOk());
}

TEST_F(TokenVerifierTest, NamesTheClaimThatIsWrong) {
  const std::vector<std::pair<std::string, std::vector<json>>> wrong = {
      {"sub", {"", 5, nullptr, "a\nb", std::string(256, 'x')}},
      {"azp", {"", 5, nullptr, "a\tb", "Lifecare", "a b", "../a"}},
      {"municipality", {"", 180, "180", "01800", "018a", "０１８０"}},
      {"authority", {"", 5, "Nämnd", "a/b", "-a", nullptr}},
      {"units", {"skolan", {""}, {"a", 5}, {"a b"}, std::vector<std::string>(201, "a")}},
      {"roles", {"REPORTER", json::array(), {"reporter"}, {"ROLE_UNSPECIFIED"}, {"REPORTER", "KING"}, {1}, nullptr}},
      {"qualified", {"true", 1, nullptr}},
      {"exp", {"tomorrow", -1, 1e300, nullptr}},
      {"nbf", {"now", nullptr}},
      {"iat", {"now", -5}},
      {"given_name", {"", 5, "a\nb", std::string(256, 'x')}},
      {"family_name", {"", nullptr}},
      {"jti", {"", 5}},
      {"cnf", {"", 5, nullptr}},
  };
  for (const auto& [claim, values] : wrong) {
    for (const json& value : values) {
      const auto claims = verifier_->Verify(TokenWith(claim, value));
      EXPECT_THAT(claims, StatusIs(kUnauthenticated, "TOKEN_CLAIMS")) << claim << " = " << value;
      EXPECT_THAT(std::string(claims.status().message()), HasSubstr("`" + claim + "`"));
    }
  }
  for (const char* const claim : {"sub", "azp", "municipality", "roles", "exp"}) {
    ExpectRefused(TokenWithout(claim), "TOKEN_CLAIMS");
  }
}

TEST_F(TokenVerifierTest, TellsNameIdAndWhatTheTokenIsBoundTo) {
  auth::Caller anna = Anna();
  anna.given_name = "Karin";
  anna.family_name = "Lind";
  const auto claims = verifier_->Verify(EcKey().Sign(anna, clock_.Now(), kIssuer, kAudience, "thumbprint"));
  ASSERT_THAT(claims, IsOk());
  EXPECT_EQ((*claims)->caller.given_name, "Karin");
  EXPECT_EQ((*claims)->caller.family_name, "Lind");
  EXPECT_EQ((*claims)->issued, clock_.Now());
  EXPECT_EQ((*claims)->id.size(), 32u);
  EXPECT_EQ((*claims)->thumbprint, "thumbprint");
  const auto unbound = verifier_->Verify(TokenWith("cnf", {{"jkt", "of a key"}}));
  ASSERT_THAT(unbound, IsOk());
  EXPECT_EQ((*unbound)->thumbprint, "");
}

// A remembered token, too.
TEST_F(TokenVerifierTest, RefusesWhatIsRevoked) {
  const std::string revoked = folder_ + "/revoked";
  const auto write = [&](const std::string& text) {
    std::ofstream(revoked + ".new") << text;
    std::filesystem::rename(revoked + ".new", revoked);
    clock_.Advance(absl::Seconds(1));
  };
  write("");
  verifier_ = *TokenVerifier::Open({.jwks = path_, .issuer = kIssuer, .revoked_subjects = revoked}, clock_);
  const std::string token = TokenWith("jti", "one");
  EXPECT_THAT(verifier_->Verify(token), IsOk());
  clock_.Advance(absl::Seconds(1));
  const std::string now = absl::FormatTime(absl::RFC3339_sec, clock_.Now(), absl::UTCTimeZone());
  write("subject skolportalen/rektor.lind " + now);
  ExpectRefused(token, "REVOKED");
  EXPECT_THAT(verifier_->Verify(Token()), IsOk()) << "a new token";
  ExpectRefused(TokenWithout("iat"), "REVOKED");
  write("token one");
  ExpectRefused(token, "REVOKED");
  EXPECT_THAT(verifier_->Verify(TokenWith("jti", "two")), IsOk());
  write("subject skolportalen");
  ExpectRefused(token, "REVOKED");
  EXPECT_THAT(verifier_->RevokedSubjectsStatus(), Not(IsOk()));
}

TEST_F(TokenVerifierTest, CountsARoleGivenTwiceOnce) {
  const auto claims = verifier_->Verify(TokenWith("roles", {"DUTY", "DUTY", "RECEPTION"}));
  ASSERT_THAT(claims, IsOk());
  EXPECT_THAT((*claims)->caller.roles, ElementsAre(Role::DUTY, Role::RECEPTION));
}

TEST_F(TokenVerifierTest, ErrorsRepeatNothingOfTheToken) {
  const auto claims = verifier_->Verify(TokenWith("municipality", "secret"));
  EXPECT_THAT(claims.status().ToString(absl::StatusToStringMode::kWithEverything), Not(HasSubstr("secret")));
  EXPECT_THAT(claims.status().ToString(absl::StatusToStringMode::kWithEverything), Not(HasSubstr("rektor.lind")));
}

TEST_F(TokenVerifierTest, HoldsUntilItExpiresAndAMinuteMore) {
  const std::string remembered = Token();
  const std::string fresh = TokenWith("jti", "another");
  EXPECT_THAT(verifier_->Verify(remembered), IsOk());
  clock_.Advance(absl::Hours(1) + absl::Seconds(59));
  EXPECT_THAT(verifier_->Verify(remembered), IsOk());
  clock_.Advance(absl::Seconds(1));
  ExpectRefused(remembered, "TOKEN_EXPIRED");
  ExpectRefused(fresh, "TOKEN_EXPIRED");
}

TEST_F(TokenVerifierTest, HoldsNoEarlierThanAMinuteBefore) {
  const int64_t now = absl::ToUnixSeconds(clock_.Now());
  EXPECT_THAT(verifier_->Verify(TokenWith("nbf", now + 60)), IsOk());
  ExpectRefused(TokenWith("nbf", now + 61), "TOKEN_NOT_YET_VALID");
  EXPECT_THAT(verifier_->Verify(TokenWith("iat", now + 60)), IsOk());
  ExpectRefused(TokenWith("iat", now + 61), "TOKEN_NOT_YET_VALID");
}

TEST_F(TokenVerifierTest, ARememberedTokenFollowsAClockThatIsSetBack) {
  const std::string token = Token();
  EXPECT_THAT(verifier_->Verify(token), IsOk());
  clock_.Advance(-absl::Hours(1));
  ExpectRefused(token, "TOKEN_NOT_YET_VALID");
}

TEST_F(TokenVerifierTest, ANewKeyCountsAtOnceAndARemovedOneForASecondAtMost) {
  const TokenSigner next = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  const std::string old_token = Token();
  const std::string new_token = next.SignPayload(Payload());
  EXPECT_THAT(verifier_->Verify(old_token), IsOk());
  ExpectRefused(new_token, "TOKEN_SIGNATURE");

  WriteKeys({PublicKeyOf(EcKey()), PublicKeyOf(next)});
  EXPECT_THAT(verifier_->Verify(new_token), IsOk());
  EXPECT_THAT(verifier_->Verify(old_token), IsOk());

  WriteKeys({PublicKeyOf(next)});
  clock_.Advance(absl::Seconds(1));
  ExpectRefused(old_token, "TOKEN_SIGNATURE");
  EXPECT_THAT(verifier_->Verify(new_token), IsOk());

  WriteKeys({});
  clock_.Advance(absl::Seconds(1));
  ExpectRefused(new_token, "TOKEN_SIGNATURE");
}

TEST_F(TokenVerifierTest, AKeyReplacedUnderItsNameCountsNoMore) {
  const std::string token = Token();
  EXPECT_THAT(verifier_->Verify(token), IsOk());
  json impostor = PublicKeyOf(*TokenSigner::Generate(TokenSigner::Algorithm::kEs256));
  impostor["kid"] = EcKey().kid();
  WriteKeys({impostor});
  clock_.Advance(absl::Seconds(1));
  ExpectRefused(token, "TOKEN_SIGNATURE");
}

TEST_F(TokenVerifierTest, KeepsItsKeysWhileTheFileCannotBeUsed) {
  for (const char* const text :
       {"", "{", "[]", R"({"keys":5})", R"({"keys":[{"kty":"EC","crv":"P-256","kid":"a"}]})"}) {
    WriteFile(text);
    clock_.Advance(absl::Seconds(1));
    EXPECT_THAT(verifier_->Verify(Token()), IsOk()) << text;
    EXPECT_THAT(verifier_->KeysStatus(), Not(IsOk())) << text;
  }
  std::filesystem::remove(path_);
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(verifier_->Verify(Token()), IsOk());
  EXPECT_THAT(verifier_->KeysStatus(), Not(IsOk()));

  WriteKeys({PublicKeyOf(EcKey())});
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(verifier_->Verify(Token()), IsOk());
  EXPECT_THAT(verifier_->KeysStatus(), IsOk());
}

TEST_F(TokenVerifierTest, OpensOnlyWithKeysThatTokensCanBeSignedWith) {
  json short_rsa = PublicKeyOf(RsaKey());
  short_rsa["n"] = short_rsa["n"].get<std::string>().substr(0, 172);
  json for_encryption = PublicKeyOf(EcKey());
  for_encryption["use"] = "enc";
  json for_another_algorithm = PublicKeyOf(RsaKey());
  for_another_algorithm["alg"] = "PS256";
  json nameless = PublicKeyOf(EcKey());
  nameless.erase("kid");
  json not_to_verify = PublicKeyOf(EcKey());
  not_to_verify["key_ops"] = {"encrypt"};
  const json secret = {{"kty", "oct"}, {"kid", "shared"}, {"k", "c2VjcmV0"}};
  for (const json& key : {short_rsa, for_encryption, for_another_algorithm, nameless, not_to_verify, secret, json(5)}) {
    WriteKeys({key});
    EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition)) << key;
  }
  WriteKeys({PublicKeyOf(EcKey()), PublicKeyOf(EcKey())});
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition)) << "one `kid` twice";
  std::filesystem::remove(path_);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition)) << "no file";
  WriteKeys({secret, PublicKeyOf(EcKey())});
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(TokenVerifierTest, AnswersManyThreadsWhileKeysChange) {
  const TokenSigner next = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  const std::string kept = Token();
  const std::string lost = next.SignPayload(Payload());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        EXPECT_THAT(verifier_->Verify(kept), IsOk());
        // Known in some rounds only; what counts is that it never harms the other.
        static_cast<void>(verifier_->Verify(lost));
      }
    });
  }
  for (int round = 0; round < 50; ++round) {
    WriteKeys(round % 2 == 0 ? std::vector<json>{PublicKeyOf(EcKey()), PublicKeyOf(next)}
                             : std::vector<json>{PublicKeyOf(EcKey())});
    clock_.Advance(absl::Seconds(1));
  }
  for (std::thread& thread : threads) thread.join();
  WriteKeys({PublicKeyOf(EcKey())});
  clock_.Advance(absl::Seconds(1));
  ExpectRefused(lost, "TOKEN_SIGNATURE");
}

}  // namespace
}  // namespace samverkan::auth
