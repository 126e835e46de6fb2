#include "libs/tls/revocation_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libs/clock/clock.h"
#include "libs/testing/status_matchers.h"
#include "libs/tls/certificate_authority.h"

namespace samverkan::tls {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'750'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

CertificateAuthority NewAuthority(const std::string& name) {
  return *CertificateAuthority::Generate(name, kStart - kDay, kStart + 365 * kDay);
}

class RevocationListsTest : public ::testing::Test {
 protected:
  RevocationListsTest() {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(folder_);
    Trust({&authority_});
    Write("list.pem", List({}));
  }

  static void WriteFile(const std::string& path, const std::string& text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  }

  void Trust(const std::vector<const CertificateAuthority*>& authorities) const {
    std::string text;
    for (const CertificateAuthority* const authority : authorities) text += authority->identity().certificate;
    WriteFile(authorities_, text);
  }

  void Write(const std::string& name, const std::string& text) const { WriteFile(folder_ + "/" + name, text); }

  // A list of now, for a day.
  std::string List(const std::vector<std::string>& revoked) const { return ListBy(authority_, revoked); }

  std::string ListBy(const CertificateAuthority& authority, const std::vector<std::string>& revoked) const {
    return *authority.Revoke(revoked, clock_.Now(), clock_.Now() + kDay);
  }

  static std::string NewCertificateBy(const CertificateAuthority& authority) {
    return authority.Issue({.name = "lifecare", .not_before = kStart, .not_after = kStart + kDay})->certificate;
  }

  absl::StatusOr<std::shared_ptr<RevocationLists>> Open() const {
    return RevocationLists::Open(folder_, authorities_, clock_);
  }

  // What a service does every ten seconds.
  static absl::Status Look(RevocationLists& lists, const std::string& certificate) {
    lists.Read().IgnoreError();
    return Check(lists, certificate);
  }

  static absl::Status Check(const RevocationLists& lists, const std::string& certificate) {
    return lists.Check(*ParseCertificate(certificate));
  }

  const std::string root_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string folder_ = root_ + "/lists";
  const std::string authorities_ = root_ + "/authorities.pem";
  clock::FakeClock clock_{kStart};
  const CertificateAuthority authority_ = NewAuthority("Testorten");
  const std::string certificate_ = NewCertificateBy(authority_);
};

const auto kRevoked = StatusIs(absl::StatusCode::kUnauthenticated, "CERTIFICATE_REVOKED");
const auto kUnknown = StatusIs(absl::StatusCode::kUnavailable, "REVOCATION_UNKNOWN");

TEST_F(RevocationListsTest, ARevocationCountsWithTheNextReading) {
  ASSERT_OK_AND_ASSIGN(const auto lists, Open());
  EXPECT_OK(Check(*lists, certificate_));
  Write("list.pem", List({certificate_}));
  EXPECT_THAT(Look(*lists, certificate_), kRevoked);
  EXPECT_OK(Check(*lists, NewCertificateBy(authority_))) << "another certificate of the same authority";
}

TEST_F(RevocationListsTest, EveryFileAndEveryListInItCounts) {
  const CertificateAuthority second = NewAuthority("Grannkommunen");
  const std::string certificate = NewCertificateBy(second);
  Trust({&authority_, &second});
  Write("list.pem", List({certificate_}) + ListBy(second, {}));
  ASSERT_OK_AND_ASSIGN(const auto lists, Open());
  EXPECT_THAT(Check(*lists, certificate_), kRevoked);
  EXPECT_OK(Check(*lists, certificate));
  clock_.Advance(absl::Seconds(1));
  Write("another.crl", ListBy(second, {certificate}));
  EXPECT_THAT(Look(*lists, certificate), kRevoked);
}

TEST_F(RevocationListsTest, WithoutAListInForceNobodyIsTaken) {
  ASSERT_OK_AND_ASSIGN(const auto lists, Open());
  EXPECT_EQ(lists->ExpireTime(), kStart + kDay);
  clock_.Advance(kDay);
  EXPECT_OK(Look(*lists, certificate_));
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Check(*lists, certificate_), kUnknown);
  EXPECT_THAT(lists->Read(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(lists->ExpireTime(), absl::InfinitePast());
  Write("list.pem", List({}));
  EXPECT_OK(Look(*lists, certificate_));
  EXPECT_THAT(Check(*lists, NewCertificateBy(NewAuthority("Okänd"))), kUnknown);
}

TEST_F(RevocationListsTest, ABadFileChangesNothingWhileTheLastGoodListHolds) {
  Write("list.pem", List({certificate_}));
  ASSERT_OK_AND_ASSIGN(const auto lists, Open());
  clock_.Advance(absl::Hours(1));
  const std::string good = List({});
  // Of the same name, but another key.
  const std::string forged = ListBy(NewAuthority("Testorten"), {});
  for (const std::string& bad : {std::string(), std::string("no list"), good.substr(0, good.size() / 2), forged}) {
    Write("list.pem", bad);
    EXPECT_THAT(lists->Read(), StatusIs(absl::StatusCode::kFailedPrecondition)) << bad;
    EXPECT_THAT(Check(*lists, certificate_), kRevoked) << bad;
  }
  std::filesystem::remove_all(folder_);
  EXPECT_THAT(Look(*lists, certificate_), kRevoked);
  clock_.Advance(kDay);
  EXPECT_THAT(Look(*lists, NewCertificateBy(authority_)), kUnknown);
}

TEST_F(RevocationListsTest, AnOlderListGivesNobodyBack) {
  const std::string old = List({});
  clock_.Advance(absl::Hours(1));
  Write("list.pem", List({certificate_}));
  ASSERT_OK_AND_ASSIGN(const auto lists, Open());
  Write("list.pem", old);
  EXPECT_THAT(Look(*lists, certificate_), kRevoked);
}

TEST_F(RevocationListsTest, AListOfTheFutureIsNotInForce) {
  const auto ahead = [this](absl::Duration by) {
    return *authority_.Revoke({certificate_}, clock_.Now() + by, clock_.Now() + by + kDay);
  };
  ASSERT_OK_AND_ASSIGN(const auto lists, Open());
  Write("list.pem", ahead(absl::Minutes(2)));
  EXPECT_OK(Look(*lists, certificate_));
  Write("list.pem", ahead(absl::Seconds(30)));
  EXPECT_THAT(Look(*lists, certificate_), kRevoked) << "clocks may differ by a minute";
}

TEST_F(RevocationListsTest, SaysAtStartWhatIsMissing) {
  Write("list.pem", ListBy(NewAuthority("Testorten"), {}));
  auto lists = Open();
  EXPECT_THAT(lists, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(lists.status().message()), HasSubstr("list.pem is not signed by"));
  EXPECT_THAT(std::string(lists.status().message()), HasSubstr("Testorten has no revocation list"));
  WriteFile(authorities_, "");
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr("holds no certificate of an authority"));
  std::filesystem::remove_all(folder_);
  EXPECT_THAT(std::string(Open().status().message()), HasSubstr(folder_ + " cannot be read"));
}

}  // namespace
}  // namespace samverkan::tls
