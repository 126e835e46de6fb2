#include "libs/tls/development_certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/testing/status_matchers.h"
#include "libs/tls/certificate.h"
#include "libs/tls/credentials.h"
#include "libs/tls/revocation_lists.h"

namespace samverkan::tls {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DevelopmentCertificatesTest : public ::testing::Test {
 protected:
  DevelopmentCertificatesTest() { std::filesystem::remove_all(folder_); }

  absl::StatusOr<DevelopmentCertificates> Open() const { return DevelopmentCertificates::Open(folder_); }

  static mode_t ModeOf(const std::string& path) {
    struct stat seen = {};
    return stat(path.c_str(), &seen) == 0 ? seen.st_mode & 07777 : 0;
  }

  const std::string folder_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name() + "/tls";
};

TEST_F(DevelopmentCertificatesTest, NamesServicesAndSystems) {
  ASSERT_OK_AND_ASSIGN(const auto certificates, Open());
  ASSERT_OK_AND_ASSIGN(const Files service, certificates.OfService("intake"));
  ASSERT_OK_AND_ASSIGN(const Files system, certificates.OfSystem("skolportalen", "0180"));
  ASSERT_OK_AND_ASSIGN(const Certificate of_service, CheckFiles(service));
  ASSERT_OK_AND_ASSIGN(const Certificate of_system, CheckFiles(system));
  EXPECT_THAT(of_service.uris, ElementsAre("spiffe://samverkan/service/intake"));
  EXPECT_THAT(of_system.uris, ElementsAre("spiffe://samverkan/system/skolportalen/municipality/0180"));
  EXPECT_EQ(of_service.issuer, of_system.issuer);
}

TEST_F(DevelopmentCertificatesTest, OnlyTheOwnerReadsAKey) {
  ASSERT_OK_AND_ASSIGN(const auto certificates, Open());
  ASSERT_OK_AND_ASSIGN(const Files system, certificates.OfSystem("skolportalen", "0180"));
  EXPECT_EQ(ModeOf(system.key), 0600u);
  EXPECT_EQ(ModeOf(folder_ + "/ca/key.pem"), 0600u);
  EXPECT_EQ(ModeOf(folder_), 0700u);
}

TEST_F(DevelopmentCertificatesTest, MakesEachOnceHoweverManyAsk) {
  std::vector<std::future<std::string>> asked;
  for (int i = 0; i < 8; ++i) {
    asked.push_back(std::async(std::launch::async, [this] {
      const auto certificates = Open();
      if (!certificates.ok()) return std::string(certificates.status().message());
      const auto files = certificates->OfSystem("skolportalen", "0180");
      if (!files.ok()) return std::string(files.status().message());
      return CheckFiles(*files)->thumbprint;
    }));
  }
  const std::string first = asked.front().get();
  EXPECT_EQ(first.size(), 43u) << first;
  for (size_t i = 1; i < asked.size(); ++i) EXPECT_EQ(asked[i].get(), first);
}

TEST_F(DevelopmentCertificatesTest, RevokesACertificateAndMakesAnother) {
  ASSERT_OK_AND_ASSIGN(const auto certificates, Open());
  ASSERT_OK_AND_ASSIGN(const Files files, certificates.OfSystem("skolportalen", "0180"));
  ASSERT_OK_AND_ASSIGN(const Certificate first, CheckFiles(files));
  const clock::SystemClock clock;
  ASSERT_OK_AND_ASSIGN(const auto lists, RevocationLists::Open(certificates.crl_folder(), files.authorities, clock));
  EXPECT_OK(lists->Check(first));
  ASSERT_OK(certificates.Revoke("skolportalen", "0180"));
  EXPECT_THAT(certificates.Revoke("skolportalen", "0180"), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_OK(lists->Read());
  EXPECT_THAT(lists->Check(first), StatusIs(absl::StatusCode::kUnauthenticated, "CERTIFICATE_REVOKED"));
  ASSERT_OK(certificates.OfSystem("skolportalen", "0180"));
  ASSERT_OK_AND_ASSIGN(const Certificate second, CheckFiles(files));
  EXPECT_NE(second.thumbprint, first.thumbprint);
  EXPECT_OK(lists->Check(second));
  ASSERT_OK(certificates.Revoke("skolportalen", "0180"));
  ASSERT_OK(lists->Read());
  EXPECT_THAT(lists->Check(first), StatusIs(absl::StatusCode::kUnauthenticated)) << "still";
}

TEST_F(DevelopmentCertificatesTest, RefusesNamesThatAreNone) {
  ASSERT_OK_AND_ASSIGN(const auto certificates, Open());
  for (const char* const system : {"", "../intake", "Skolportalen", "two words", "a/b"}) {
    EXPECT_THAT(certificates.OfSystem(system, "0180"), StatusIs(absl::StatusCode::kInvalidArgument)) << system;
  }
  EXPECT_THAT(certificates.OfSystem("skolportalen", "180"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(DevelopmentCertificatesTest, CheckFilesSaysWhatIsWrong) {
  ASSERT_OK_AND_ASSIGN(const auto certificates, Open());
  ASSERT_OK_AND_ASSIGN(const Files good, certificates.OfService("intake"));
  ASSERT_OK_AND_ASSIGN(const Files other, certificates.OfService("audit"));
  const std::string open = folder_ + "/open.pem";
  std::filesystem::copy(good.key, open);
  std::filesystem::permissions(open, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const std::vector<std::pair<Files, std::string>> bad = {
      {{good.certificate, other.key, good.authorities}, "is not the key of"},
      {{good.key, good.key, good.authorities}, "holds no certificate"},
      {{good.certificate, good.certificate, good.authorities}, "is no private key"},
      {{good.certificate, open, good.authorities}, "others"},
      {{good.certificate, good.key, folder_ + "/nothing"}, "cannot be read"},
  };
  for (const auto& [files, what] : bad) {
    const auto checked = CheckFiles(files);
    EXPECT_THAT(checked, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(checked.status().message()), HasSubstr(what));
  }
}

}  // namespace
}  // namespace samverkan::tls
