#include "libs/tls/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "libs/testing/command.h"
#include "libs/testing/status_matchers.h"
#include "libs/tls/certificate_authority.h"

namespace samverkan::tls {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'750'000'000);
constexpr absl::Time kEnd = absl::FromUnixSeconds(1'750'086'400);

const CertificateAuthority& Authority() {
  static const CertificateAuthority authority = *CertificateAuthority::Generate("Testorten", kStart, kEnd);
  return authority;
}

TEST(ParseCertificateTest, ReadsWhatItSays) {
  const std::string uri = "spiffe://samverkan/system/lifecare/municipality/0180";
  ASSERT_OK_AND_ASSIGN(const Identity identity, Authority().Issue({.name = "lifecare",
                                                                   .uris = {uri, "urn:second"},
                                                                   .dns = {"localhost"},
                                                                   .addresses = {"127.0.0.1"},
                                                                   .not_before = kStart,
                                                                   .not_after = kEnd}));
  ASSERT_OK_AND_ASSIGN(const Certificate certificate, ParseCertificate(identity.certificate));
  ASSERT_OK_AND_ASSIGN(const Certificate authority, ParseCertificate(Authority().identity().certificate));
  EXPECT_THAT(certificate.uris, ElementsAre(uri, "urn:second"));
  EXPECT_EQ(certificate.issuer, authority.subject);
  EXPECT_NE(certificate.serial, authority.serial);
  EXPECT_EQ(certificate.not_before, kStart);
  EXPECT_EQ(certificate.not_after, kEnd);
  EXPECT_THAT(authority.uris, IsEmpty());
}

// As anybody else computes `x5t#S256`: of the DER, which PEM holds in base64.
TEST(ParseCertificateTest, GivesTheThumbprintOfTheStandard) {
  const std::string& pem = Authority().identity().certificate;
  const std::string path = ::testing::TempDir() + "/certificate.pem";
  std::ofstream(path) << pem;
  ASSERT_OK_AND_ASSIGN(std::string printed, ::samverkan::testing::RunCommand(
                                                {"openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"}));
  printed = printed.substr(printed.find('=') + 1);
  std::erase(printed, ':');
  std::erase(printed, '\n');
  ASSERT_OK_AND_ASSIGN(const Certificate certificate, ParseCertificate(pem));
  EXPECT_EQ(certificate.thumbprint, absl::WebSafeBase64Escape(absl::HexStringToBytes(printed)));
}

TEST(ParseCertificateTest, RefusesWhatIsNone) {
  for (const std::string& text : {std::string(), std::string("-----BEGIN CERTIFICATE-----"), Authority().identity().key,
                                  Authority().identity().certificate.substr(0, 200)}) {
    EXPECT_THAT(ParseCertificate(text), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace samverkan::tls
