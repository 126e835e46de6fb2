#include "libs/auth/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libs/auth/acting_caller.h"
#include "libs/auth/token_signer.h"
#include "libs/clock/clock.h"
#include "libs/testing/status_matchers.h"
#include "libs/tls/certificate_authority.h"

namespace samverkan::auth {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr absl::StatusCode kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr absl::Time kMachineNow = absl::FromUnixSeconds(1'760'000'000);
constexpr char kIssuer[] = "test-issuer";
constexpr char kSchools[] = "spiffe://samverkan/system/skolportalen/municipality/0180";
constexpr char kBoard[] = "spiffe://samverkan/system/lifecare/municipality/0180/authority/skarholmen";
constexpr char kIntake[] = "spiffe://samverkan/service/intake";

const TokenSigner& Signer() {
  static const TokenSigner signer = *TokenSigner::Generate(TokenSigner::Algorithm::kEs256);
  return signer;
}

const tls::CertificateAuthority& Authority() {
  static const tls::CertificateAuthority authority =
      *tls::CertificateAuthority::Generate("Testorten", kMachineNow - absl::Hours(1), kMachineNow + absl::Hours(1000));
  return authority;
}

// A certificate in PEM that bears the URIs for a day.
std::string CertificateOf(const std::vector<std::string>& uris) {
  return Authority()
      .Issue({.name = "test", .uris = uris, .not_before = kMachineNow, .not_after = kMachineNow + absl::Hours(24)})
      ->certificate;
}

std::string ThumbprintOf(const std::string& pem) { return tls::ParseCertificate(pem)->thumbprint; }

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/lists");
    Write("jwks.json", Signer().PublicJwks());
    Write("authorities.pem", Authority().identity().certificate);
    Revoke({});
    revocations_ = *tls::RevocationLists::Open(folder_ + "/lists", folder_ + "/authorities.pem", machine_clock_);
    authenticator_ = *Authenticator::Open({.tokens = {.jwks = folder_ + "/jwks.json", .issuer = kIssuer},
                                           .revocations = revocations_,
                                           .acting_services = {"intake", "consent"}},
                                          clock_, machine_clock_);
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::trunc) << text;
  }

  void Revoke(const std::vector<std::string>& certificates) const {
    Write("lists/list.pem", *Authority().Revoke(certificates, kMachineNow, kMachineNow + absl::Hours(48)));
  }

  Caller Anna() const {
    return {.subject = "rektor.lind",
            .system = "skolportalen",
            .municipality = "0180",
            .authority = "utbildningsnamnden",
            .units = {"bredangsskolan"},
            .roles = {access::v1::REPORTER},
            .qualified = false,
            .expires = clock_.Now() + absl::Hours(1)};
  }

  std::string TokenOf(const Caller& caller, const std::string& certificate) const {
    const std::string thumbprint = certificate.empty() ? "" : ThumbprintOf(certificate);
    return Signer().Sign(caller, clock_.Now(), kIssuer, kAudience, thumbprint);
  }

  // Who calls with a certificate that bears `uri`, and a token of `caller` bound to it.
  absl::StatusOr<Caller> Call(const std::string& uri, const Caller& caller) {
    const std::string certificate = CertificateOf({uri});
    return authenticator_->Authenticate({.certificate = certificate, .token = TokenOf(caller, certificate)});
  }

  const std::string folder_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  clock::FakeClock clock_{absl::FromUnixSeconds(1'750'000'000)};
  clock::FakeClock machine_clock_{kMachineNow};
  std::shared_ptr<tls::RevocationLists> revocations_;
  std::unique_ptr<Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, TheBearerOfATokenBoundToTheCertificate) {
  const std::string certificate = CertificateOf({kSchools});
  const std::string token = TokenOf(Anna(), certificate);
  for (int i = 0; i < 2; ++i) {
    const auto caller = authenticator_->Authenticate({.certificate = certificate, .token = token});
    ASSERT_THAT(caller, IsOk());
    EXPECT_EQ(caller->subject, "rektor.lind");
    EXPECT_EQ(caller->system, "skolportalen");
    EXPECT_EQ(caller->acting_service, "");
    EXPECT_FALSE(caller->IsService());
  }
}

TEST_F(AuthenticatorTest, ATokenIsWorthNothingOnAnotherCertificate) {
  const std::string own = CertificateOf({kSchools});
  const std::string token = TokenOf(Anna(), own);
  EXPECT_THAT(authenticator_->Authenticate({.certificate = own, .token = token}), IsOk());
  for (const std::string& other :
       {CertificateOf({kSchools}), CertificateOf({kBoard}),
        CertificateOf({"spiffe://samverkan/system/skolportalen/municipality/0126"}), CertificateOf({kIntake})}) {
    EXPECT_THAT(authenticator_->Authenticate({.certificate = other, .token = token}),
                StatusIs(kUnauthenticated, "CERTIFICATE_MISMATCH"));
  }
}

TEST_F(AuthenticatorTest, ATokenThatIsNotBoundIsRefused) {
  const std::string certificate = CertificateOf({kSchools});
  EXPECT_THAT(authenticator_->Authenticate({.certificate = certificate, .token = TokenOf(Anna(), "")}),
              StatusIs(kUnauthenticated, "TOKEN_NOT_BOUND"));
  EXPECT_THAT(authenticator_->Authenticate({.certificate = certificate}), StatusIs(kUnauthenticated, "TOKEN_MISSING"));
}

TEST_F(AuthenticatorTest, ATokenClaimsNothingBeyondTheCertificate) {
  Caller caller = Anna();
  caller.system = "lifecare";
  EXPECT_THAT(Call(kSchools, caller), StatusIs(kUnauthenticated, "SYSTEM_MISMATCH"));
  EXPECT_THAT(Call(kBoard, caller), StatusIs(kUnauthenticated, "AUTHORITY_MISMATCH"));
  caller.authority = "";
  EXPECT_THAT(Call(kBoard, caller), StatusIs(kUnauthenticated, "AUTHORITY_MISMATCH"));
  caller.authority = "skarholmen";
  EXPECT_THAT(Call(kBoard, caller), IsOk());
  caller.municipality = "0126";
  EXPECT_THAT(Call(kBoard, caller), StatusIs(kUnauthenticated, "MUNICIPALITY_MISMATCH"));
}

TEST_F(AuthenticatorTest, ACertificateHasToNameSomebody) {
  for (const std::vector<std::string>& uris :
       std::vector<std::vector<std::string>>{{}, {"spiffe://elsewhere/service/intake"}, {kSchools, kIntake}}) {
    const std::string certificate = CertificateOf(uris);
    const auto caller =
        authenticator_->Authenticate({.certificate = certificate, .token = TokenOf(Anna(), certificate)});
    EXPECT_THAT(caller, StatusIs(kUnauthenticated, "CERTIFICATE_NAME"));
    EXPECT_EQ(PeerOf(caller.status()), "");
  }
  EXPECT_THAT(authenticator_->Authenticate({.certificate = "no certificate"}), Not(IsOk()));
}

TEST_F(AuthenticatorTest, AnExpiredCertificateCountsNoMoreOnAnOpenConnection) {
  const std::string certificate = CertificateOf({kSchools});
  const std::string token = TokenOf(Anna(), certificate);
  machine_clock_.Advance(absl::Hours(24));
  EXPECT_THAT(authenticator_->Authenticate({.certificate = certificate, .token = token}), IsOk());
  machine_clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(authenticator_->Authenticate({.certificate = certificate, .token = token}),
              StatusIs(kUnauthenticated, "CERTIFICATE_EXPIRED"));
}

TEST_F(AuthenticatorTest, ARevokedCertificateCountsNoMoreOnAnOpenConnection) {
  const std::string certificate = CertificateOf({kSchools});
  const std::string service = CertificateOf({kIntake});
  const std::string token = TokenOf(Anna(), certificate);
  EXPECT_THAT(authenticator_->Authenticate({.certificate = certificate, .token = token}), IsOk());
  EXPECT_THAT(authenticator_->Authenticate({.certificate = service}), IsOk());
  Revoke({certificate, service});
  ASSERT_OK(revocations_->Read());
  const auto refused = authenticator_->Authenticate({.certificate = certificate, .token = token});
  EXPECT_THAT(refused, StatusIs(kUnauthenticated, "CERTIFICATE_REVOKED"));
  EXPECT_EQ(PeerOf(refused.status()), "skolportalen/0180");
  EXPECT_THAT(authenticator_->Authenticate({.certificate = service}),
              StatusIs(kUnauthenticated, "CERTIFICATE_REVOKED"));
  machine_clock_.Advance(absl::Hours(49));
  EXPECT_THAT(authenticator_->Authenticate({.certificate = CertificateOf({kIntake})}), Not(IsOk()));
}

TEST_F(AuthenticatorTest, AServiceCallsForItself) {
  const auto caller = authenticator_->Authenticate({.certificate = CertificateOf({kIntake})});
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ(caller->subject, "intake");
  EXPECT_EQ(caller->system, "intake");
  EXPECT_TRUE(caller->IsService());
  EXPECT_THAT(caller->roles, ElementsAre(access::v1::SYSTEM));
}

TEST_F(AuthenticatorTest, ANamedServiceActsForACaller) {
  Caller anna = Anna();
  anna.qualified = true;
  anna.given_name = "Karin";
  anna.family_name = "Lind";
  const auto caller =
      authenticator_->Authenticate({.certificate = CertificateOf({kIntake}), .caller = WriteCaller(anna)});
  ASSERT_THAT(caller, IsOk());
  EXPECT_EQ(caller->subject, anna.subject);
  EXPECT_EQ(caller->system, anna.system);
  EXPECT_EQ(caller->municipality, anna.municipality);
  EXPECT_EQ(caller->authority, anna.authority);
  EXPECT_EQ(caller->units, anna.units);
  EXPECT_EQ(caller->roles, anna.roles);
  EXPECT_TRUE(caller->qualified);
  EXPECT_EQ(caller->given_name, "Karin");
  EXPECT_EQ(caller->family_name, "Lind");
  EXPECT_EQ(caller->acting_service, "intake");
}

TEST_F(AuthenticatorTest, NobodyElseActsForACaller) {
  Caller manager = Anna();
  manager.roles = {access::v1::UNIT_MANAGER};
  const auto service = authenticator_->Authenticate(
      {.certificate = CertificateOf({"spiffe://samverkan/service/forum"}), .caller = WriteCaller(manager)});
  ASSERT_THAT(service, IsOk());
  EXPECT_EQ(service->subject, "forum");
  EXPECT_EQ(service->acting_service, "");
  const std::string certificate = CertificateOf({kSchools});
  const auto system = authenticator_->Authenticate(
      {.certificate = certificate, .token = TokenOf(Anna(), certificate), .caller = WriteCaller(manager)});
  ASSERT_THAT(system, IsOk());
  EXPECT_THAT(system->roles, ElementsAre(access::v1::REPORTER));
  EXPECT_EQ(system->acting_service, "");
  const auto plaintext =
      authenticator_->Authenticate({.certificate = "", .token = TokenOf(Anna(), ""), .caller = WriteCaller(manager)});
  ASSERT_THAT(plaintext, IsOk());
  EXPECT_THAT(plaintext->roles, ElementsAre(access::v1::REPORTER));
}

TEST_F(AuthenticatorTest, WhomAServiceActsForIsWellFormed) {
  const std::string certificate = CertificateOf({kIntake});
  Caller nobody = Anna();
  nobody.municipality = "";
  Caller unspecified = Anna();
  unspecified.roles = {access::v1::ROLE_UNSPECIFIED};
  Caller no_role = Anna();
  no_role.roles = {};
  for (const std::string& value :
       {std::string("\xFF"), std::string(), WriteCaller(nobody), WriteCaller(unspecified), WriteCaller(no_role)}) {
    EXPECT_THAT(authenticator_->Authenticate({.certificate = certificate, .caller = value}),
                StatusIs(kUnauthenticated, "CALLER_MALFORMED"));
  }
}

TEST_F(AuthenticatorTest, WithoutTlsTheBearerOfAnyToken) {
  EXPECT_THAT(authenticator_->Authenticate({.certificate = "", .token = TokenOf(Anna(), "")}), IsOk());
  EXPECT_THAT(authenticator_->Authenticate({.certificate = ""}), StatusIs(kUnauthenticated, "TOKEN_MISSING"));
}

}  // namespace
}  // namespace samverkan::auth
