#include "libs/auth/key_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "libs/auth/testing/https_server.h"
#include "libs/auth/token_signer.h"
#include "libs/clock/clock.h"
#include "libs/testing/status_matchers.h"
#include "libs/tls/development_certificates.h"

namespace samverkan::auth {
namespace {

using ::samverkan::auth::testing::HttpsServer;
using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

const auto kAwaited = StatusIs(absl::StatusCode::kUnavailable, "KEYS_AWAITED");

class KeyAddressTest : public ::testing::Test {
 protected:
  KeyAddressTest() { server_.AnswerBody(first_.PublicJwks()); }

  static tls::Files NewFiles() {
    // A connection that the other end closed must not end the test.
    std::signal(SIGPIPE, SIG_IGN);
    const std::string folder =
        ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder);
    return *tls::DevelopmentCertificates::Open(folder)->OfService("issuer");
  }

  static TokenSigner NewKey() { return *TokenSigner::Generate(TokenSigner::Algorithm::kEs256); }

  absl::StatusOr<std::unique_ptr<KeyAddress>> Open() const {
    return KeyAddress::Open(server_.Url(), files_.authorities, clock_);
  }

  bool Knows(KeyAddress& address, const TokenSigner& key) const {
    return address.Keys(clock_.Now())->Find(key.kid()) != nullptr;
  }

  // Waits for what the thread does by itself.
  static bool Await(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      // lint: allow(sleep): between two looks at another thread
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  const tls::Files files_ = NewFiles();
  HttpsServer server_{files_.certificate, files_.key};
  const TokenSigner first_ = NewKey();
  const TokenSigner second_ = NewKey();
  clock::FakeClock clock_{absl::FromUnixSeconds(1'750'000'000)};
};

TEST_F(KeyAddressTest, HasKeysFromTheStart) {
  ASSERT_OK_AND_ASSIGN(const auto address, Open());
  EXPECT_TRUE(Knows(*address, first_));
  EXPECT_OK(address->status());
  EXPECT_EQ(server_.requests(), 1);
}

TEST_F(KeyAddressTest, FetchesEveryFiveMinutes) {
  ASSERT_OK_AND_ASSIGN(const auto address, Open());
  server_.AnswerBody(second_.PublicJwks());
  clock_.Advance(absl::Minutes(5));
  EXPECT_TRUE(Await([&] { return Knows(*address, second_); }));
  EXPECT_FALSE(Knows(*address, first_));
  EXPECT_EQ(server_.requests(), 2);
}

TEST_F(KeyAddressTest, FetchesAtOnceForAnUnknownKeyButNotMoreOftenThanEveryTenSeconds) {
  ASSERT_OK_AND_ASSIGN(const auto address, Open());
  server_.AnswerBody(second_.PublicJwks());
  clock_.Advance(absl::Seconds(9));
  EXPECT_THAT(address->NewerKeys(clock_.Now()), IsOk());
  EXPECT_FALSE(Knows(*address, second_));
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(address->NewerKeys(clock_.Now()), kAwaited);
  EXPECT_TRUE(Await([&] { return Knows(*address, second_); }));
  for (int i = 0; i < 100; ++i) EXPECT_THAT(address->NewerKeys(clock_.Now()), IsOk());
  EXPECT_EQ(server_.requests(), 2);
}

TEST_F(KeyAddressTest, TheLastGoodSetStays) {
  ASSERT_OK_AND_ASSIGN(const auto address, Open());
  const std::string keys = second_.PublicJwks();
  const std::string huge = R"({"keys":[)" + std::string(2 << 20, ' ') + "]}";
  const auto with_length = [](const std::string& head, const std::string& body) {
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  int requests = 1;
  for (const std::string& bad :
       {with_length("HTTP/1.1 500 Error\r\n", keys), with_length("HTTP/1.1 200 OK\r\n", huge),
        with_length("HTTP/1.1 200 OK\r\n", "no keys"), with_length("HTTP/1.1 302 Found\r\nLocation: /keys\r\n", keys),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n") + keys.substr(0, 20)}) {
    server_.Answer(bad);
    // After a failure no more than ten seconds pass.
    clock_.Advance(requests == 1 ? absl::Minutes(5) : absl::Seconds(10));
    ++requests;
    EXPECT_TRUE(Await([&] { return server_.requests() == requests && !address->status().ok(); })) << bad.substr(0, 60);
    EXPECT_TRUE(Knows(*address, first_));
  }
  server_.AnswerBody(keys);
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Await([&] { return Knows(*address, second_); }));
  EXPECT_OK(address->status());
}

TEST_F(KeyAddressTest, NobodyWaitsForASilentServer) {
  ASSERT_OK_AND_ASSIGN(auto address, Open());
  server_.Answer("");
  clock_.Advance(absl::Minutes(5));
  EXPECT_TRUE(Await([&] { return server_.requests() == 2; }));
  EXPECT_TRUE(Knows(*address, first_));
  EXPECT_THAT(address->NewerKeys(clock_.Now()), kAwaited);
  const auto begin = std::chrono::steady_clock::now();
  address.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << "the fetch is not broken off";
}

TEST_F(KeyAddressTest, TakesHttpsOfATrustedServerOnly) {
  std::string plain = server_.Url();
  plain.erase(plain.find('s'), 1);
  for (const std::string& url : {plain, std::string("file:///etc/passwd"), std::string("HTTPS://127.0.0.1/")}) {
    EXPECT_THAT(KeyAddress::Open(url, files_.authorities, clock_), StatusIs(absl::StatusCode::kInvalidArgument)) << url;
  }
  EXPECT_THAT(KeyAddress::Open(server_.Url(), "", clock_), StatusIs(absl::StatusCode::kInvalidArgument));
  const std::string elsewhere = ::testing::TempDir() + "/elsewhere";
  std::filesystem::remove_all(elsewhere);
  ASSERT_OK_AND_ASSIGN(const auto others, tls::DevelopmentCertificates::Open(elsewhere));
  ASSERT_OK_AND_ASSIGN(const tls::Files other, others.OfService("issuer"));
  EXPECT_THAT(KeyAddress::Open(server_.Url(), other.authorities, clock_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(server_.requests(), 0);
}

TEST_F(KeyAddressTest, OpensOnlyWithKeys) {
  server_.AnswerBody("no keys");
  const auto address = Open();
  EXPECT_THAT(address, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(address.status().message()), HasSubstr(server_.Url()));
}

}  // namespace
}  // namespace samverkan::auth
