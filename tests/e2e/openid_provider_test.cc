// Tokens of a real OpenID provider, with its keys at its own address.

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "libs/auth/peer_name.h"
#include "libs/tls/credentials.h"
#include "tests/e2e/start_fixture.h"

namespace samverkan::tests {
namespace {

// The provider with a token of its own, bound to the certificate of the principal's system.
class OpenIdProviderTest : public StartTest {
 protected:
  void SetUp() override {
    const tls::Files own = *set_.certificates().OfService("provider");
    const std::string file = ::testing::TempDir() + "/issued";
    const std::string log = ::testing::TempDir() + "/provider.log";
    process_ = *ChildProcess::Start({"node", "tests/e2e/openid_provider.js", own.certificate, own.key, own.authorities,
                                     files_.certificate, files_.key, file},
                                    log);
    ASSERT_TRUE(Await(absl::Minutes(1), [&] {
      std::ifstream(file) >> issuer_ >> token_;
      return !token_.empty();
    })) << std::ifstream(log).rdbuf();
  }

  // Calls an intake that takes the provider's tokens, over a connection of the system.
  absl::Status List(const std::string& port, const auth::Caller& caller) const {
    Reports reports(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                            tls::ChannelCredentials(set_.FilesOf(caller), auth::ServiceUri("intake"), nullptr)));
    grpc::ClientContext context;
    rpc::Prepare(token_, clock::SystemClock().Now() + absl::Seconds(20), rpc::NewTrace(), context);
    intake::v1::ListReportsRequest request;
    request.set_parent(kMunicipality);
    intake::v1::ListReportsResponse response;
    return status::FromGrpc(reports.ListReports(&context, request, &response));
  }

  const tls::Files files_ = set_.FilesOf(Principal());
  std::string issuer_;
  std::string token_;
  std::unique_ptr<ChildProcess> process_;
};

TEST_F(OpenIdProviderTest, ItsTokenIsTakenOnTheCertificateThatItIsBoundTo) {
  // The provider's time is the machine's.
  const auto process =
      Start({"--clock_file=", "--issuer=" + issuer_, "--jwks=" + issuer_ + "/jwks", "--jwks_ca=" + files_.authorities});
  const std::string port = AwaitPort();
  EXPECT_OK(List(port, Principal()));
  EXPECT_THAT(List(port, Caseworker()),
              ::samverkan::testing::StatusIs(absl::StatusCode::kUnauthenticated, "CERTIFICATE_MISMATCH"));
}

}  // namespace
}  // namespace samverkan::tests
