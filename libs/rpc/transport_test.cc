#include "libs/rpc/transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "libs/auth/development_key.h"
#include "libs/auth/peer_name.h"
#include "libs/auth/token_verifier.h"
#include "libs/rpc/client.h"
#include "libs/rpc/testing/echo.grpc.pb.h"
#include "libs/status/grpc.h"
#include "libs/testing/status_matchers.h"
#include "libs/tls/certificate.h"
#include "libs/tls/certificate_authority.h"
#include "prometheus/text_serializer.h"

namespace samverkan::rpc {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;
using testing::v1::EchoRequest;
using testing::v1::EchoResponse;
using testing::v1::EchoService;

constexpr absl::Duration kDay = absl::Hours(24);
constexpr char kSystemUri[] = "spiffe://samverkan/system/lifecare/municipality/0180";

// Waits for what the transport does by itself.
bool Await(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    // lint: allow(sleep): between two looks at another thread
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

tls::CertificateAuthority NewAuthority() {
  const absl::Time now = clock::SystemClock().Now();
  return *tls::CertificateAuthority::Generate("Testorten", now - kDay, now + kDay);
}

// The service "intake" over TLS. Its files lie in a folder that a link names, so that all of
// them can be swapped at once.
class TransportTest : public ::testing::Test {
 protected:
  TransportTest() {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/crl");
    Use(Folder("first", first_));
    WriteFile(root_ + "/jwks.json", signer_.PublicJwks());
    Revoke({});
  }

  ~TransportTest() override {
    if (server_ != nullptr) server_->Stop();
  }

  static void WriteFile(const std::string& path, const std::string& text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::permissions(path + ".new", std::filesystem::perms::owner_all);
    std::filesystem::rename(path + ".new", path);
  }

  tls::Identity IssueService(const tls::CertificateAuthority& authority, const std::string& service) const {
    return *authority.Issue({.name = service,
                             .uris = {auth::ServiceUri(service)},
                             .addresses = {"127.0.0.1"},
                             .not_before = clock_.Now() - kDay,
                             .not_after = clock_.Now() + kDay});
  }

  static tls::Files FilesIn(const std::string& folder) {
    return {.certificate = folder + "/certificate.pem", .key = folder + "/key.pem", .authorities = folder + "/ca.pem"};
  }

  static tls::Files WriteFiles(const std::string& folder, const tls::Identity& identity,
                               const tls::CertificateAuthority& trusted) {
    std::filesystem::create_directories(folder);
    WriteFile(folder + "/certificate.pem", identity.certificate);
    WriteFile(folder + "/key.pem", identity.key);
    WriteFile(folder + "/ca.pem", trusted.identity().certificate);
    return FilesIn(folder);
  }

  // A folder with a new certificate of the service by `authority`, which alone it trusts.
  std::string Folder(const std::string& name, const tls::CertificateAuthority& authority) const {
    WriteFiles(root_ + "/" + name, IssueService(authority, "intake"), authority);
    return root_ + "/" + name;
  }

  // Swaps the folder that the service reads.
  void Use(const std::string& folder) const {
    std::filesystem::create_directory_symlink(folder, root_ + "/next");
    std::filesystem::rename(root_ + "/next", root_ + "/current");
  }

  void Revoke(const std::vector<std::string>& certificates) const {
    WriteFile(root_ + "/crl/list.pem", *first_.Revoke(certificates, clock_.Now(), clock_.Now() + kDay));
  }

  TransportOptions Options() const {
    TransportOptions options;
    options.metrics_listen.clear();
    options.files = FilesIn(root_ + "/current");
    options.tokens = {.jwks = root_ + "/jwks.json", .issuer = std::string(auth::kDevelopmentIssuer)};
    options.look_every = absl::Milliseconds(50);
    return options;
  }

  void Serve(const TransportOptions& options) {
    const log::Logger logger("test", clock_, log_);
    transport_ = *Transport::Open("intake", options, clock_, logger);
    rpc::ServerOptions server_options = transport_->ServerOptions();
    server_options.adapter.record_refusal = [](const auto&, const auto*, const auto&) { return absl::OkStatus(); };
    server_ = *Server::Create(server_options, clock_, logger);
    auto service = std::make_unique<Service>(DescriptorOf<EchoService>(), server_->adapter());
    for (const char* const method : {"Echo", "Show", "Decide"}) {
      service->Add(method, [this](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
        ++handled_;
        return EchoResponse();
      });
    }
    server_->Add(std::move(service));
    server_->OnStop([this] { transport_->Stop(); });
    transport_->Start(*server_->metrics().registry());
    ASSERT_OK(server_->Start());
  }

  // A system with a certificate of `authority`, and its connection.
  struct Client {
    std::string token;
    std::unique_ptr<EchoService::Stub> stub;
  };
  Client Connect(const tls::CertificateAuthority& authority) const {
    const tls::Identity identity = *authority.Issue({.name = "lifecare",
                                                     .uris = {kSystemUri},
                                                     .not_before = clock_.Now() - kDay,
                                                     .not_after = clock_.Now() + kDay});
    const tls::Files files =
        WriteFiles(root_ + "/client-" + tls::ParseCertificate(identity.certificate)->thumbprint, identity, authority);
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    auth::Caller caller;
    caller.subject = "anna";
    caller.system = "lifecare";
    caller.municipality = "0180";
    caller.roles = {access::v1::REPORTER};
    caller.expires = clock_.Now() + kDay;
    return {signer_.Sign(caller, clock_.Now(), auth::kDevelopmentIssuer, auth::kAudience,
                         tls::ParseCertificate(identity.certificate)->thumbprint),
            EchoService::NewStub(grpc::CreateCustomChannel(
                Target(), tls::ChannelCredentials(files, auth::ServiceUri("intake"), nullptr), arguments))};
  }

  std::string Target() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  absl::Status Call(const Client& client) const {
    grpc::ClientContext context;
    Prepare(client.token, clock_.Now() + absl::Seconds(20), NewTrace(), context);
    EchoResponse response;
    return status::FromGrpc(client.stub->Echo(&context, EchoRequest(), &response));
  }

  // Whether a new connection of such a client works.
  bool Connects(const tls::CertificateAuthority& authority) const { return Call(Connect(authority)).ok(); }

  std::string Metrics() const {
    return prometheus::TextSerializer().Serialize(server_->metrics().registry()->Collect());
  }

  const std::string root_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const clock::SystemClock clock_;
  const auth::TokenSigner signer_ = *auth::TokenSigner::Generate(auth::TokenSigner::Algorithm::kEs256);
  const tls::CertificateAuthority first_ = NewAuthority();
  const tls::CertificateAuthority second_ = NewAuthority();
  std::ostringstream log_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Server> server_;
  std::atomic<int> handled_ = 0;
};

// The version of TLS on which the server agrees with a client that offers only this one;
// empty where they do not agree.
std::string Handshake(int port, int version, const tls::Files& files) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  // OpenSSL offers no old version at a higher level.
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  SSL_CTX_use_certificate_file(context.get(), files.certificate.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  constexpr unsigned char kProtocols[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kProtocols, sizeof(kProtocols));
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(session.get(), connection);
  const std::string agreed = SSL_connect(session.get()) == 1 ? SSL_get_version(session.get()) : "";
  close(connection);
  return agreed;
}

TEST_F(TransportTest, Tls12AndTls13AndNothingOlder) {
  Serve(Options());
  const tls::Files files = FilesIn(root_ + "/current");
  EXPECT_EQ(Handshake(server_->port(), TLS1_VERSION, files), "");
  EXPECT_EQ(Handshake(server_->port(), TLS1_1_VERSION, files), "");
  EXPECT_EQ(Handshake(server_->port(), TLS1_2_VERSION, files), "TLSv1.2");
  EXPECT_EQ(Handshake(server_->port(), TLS1_3_VERSION, files), "TLSv1.3");
}

TEST_F(TransportTest, TakesANewCertificateAndAuthorityWhileAnOldConnectionGoesOn) {
  Serve(Options());
  const Client old = Connect(first_);
  ASSERT_OK(Call(old));
  EXPECT_THAT(Call(Connect(second_)), StatusIs(absl::StatusCode::kUnavailable));
  Use(Folder("second", second_));
  EXPECT_TRUE(Await([this] { return Connects(second_); }));
  EXPECT_OK(Call(old)) << "on the connection that was open";
  EXPECT_THAT(Call(Connect(first_)), StatusIs(absl::StatusCode::kUnavailable)) << "the authority is trusted no more";
}

TEST_F(TransportTest, GoesOnWhileItsFilesDoNotBelongTogether) {
  Serve(Options());
  const Client old = Connect(first_);
  ASSERT_OK(Call(old));
  const std::string key = root_ + "/first/key.pem";
  const tls::Identity other = IssueService(first_, "intake");
  for (const std::string& bad : {other.key, other.key.substr(0, 40), std::string()}) {
    WriteFile(key, bad);
    EXPECT_TRUE(Await([this] { return !Connects(first_); })) << "it is read within a second";
    EXPECT_OK(Call(old));
    EXPECT_TRUE(Await(
        [this] { return Metrics().find("samverkan_transport_fault{source=\"certificate\"} 1") != std::string::npos; }));
  }
  WriteFile(key, other.key);
  WriteFile(root_ + "/first/certificate.pem", other.certificate);
  EXPECT_TRUE(Await([this] { return Connects(first_); }));
  EXPECT_OK(Call(old));
  EXPECT_TRUE(Await(
      [this] { return Metrics().find("samverkan_transport_fault{source=\"certificate\"} 0") != std::string::npos; }));
}

TEST_F(TransportTest, CallsOnlyTheServiceThatItMeans) {
  Serve(Options());
  const tls::Files files = FilesIn(root_ + "/current");
  const auto call = [&](const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ClientContext context;
    Prepare(clock_.Now() + absl::Seconds(20), NewTrace(), context);
    EchoResponse response;
    return status::FromGrpc(
        EchoService::NewStub(grpc::CreateChannel(target, credentials))->Echo(&context, EchoRequest(), &response));
  };
  const auto intake = tls::ChannelCredentials(files, auth::ServiceUri("intake"), nullptr);
  // A service for itself: known, and refused by its role.
  EXPECT_THAT(call(Target(), intake), StatusIs(absl::StatusCode::kPermissionDenied, "ROLE_MISSING"));
  EXPECT_THAT(call(Target(), tls::ChannelCredentials(files, auth::ServiceUri("audit"), nullptr)),
              StatusIs(absl::StatusCode::kUnavailable));
  // The certificate does not name this host.
  EXPECT_THAT(call("localhost:" + std::to_string(server_->port()), intake), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(handled_, 0);
}

TEST_F(TransportTest, CallsNoServiceWhoseCertificateIsRevoked) {
  Serve(Options());
  std::ifstream file(root_ + "/current/certificate.pem");
  std::ostringstream certificate;
  certificate << file.rdbuf();
  const tls::Files files = FilesIn(root_ + "/current");
  const auto lists = *tls::RevocationLists::Open(root_ + "/crl", files.authorities, clock_);
  const auto call = [&] {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    grpc::ClientContext context;
    Prepare(clock_.Now() + absl::Seconds(20), NewTrace(), context);
    EchoResponse response;
    const auto channel = grpc::CreateCustomChannel(
        Target(), tls::ChannelCredentials(files, auth::ServiceUri("intake"), lists), arguments);
    return status::FromGrpc(EchoService::NewStub(channel)->Echo(&context, EchoRequest(), &response));
  };
  EXPECT_THAT(call(), StatusIs(absl::StatusCode::kPermissionDenied, "ROLE_MISSING"));
  Revoke({certificate.str()});
  ASSERT_OK(lists->Read());
  EXPECT_THAT(call(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(TransportTest, TellsWhatIsLeftOfItsCertificateAndLists) {
  TransportOptions options = Options();
  options.revocation_lists = root_ + "/crl";
  Serve(options);
  EXPECT_THAT(Metrics(), HasSubstr("samverkan_certificate_remaining_seconds 86"));
  EXPECT_THAT(Metrics(), HasSubstr("samverkan_revocation_list_remaining_seconds 86"));
  EXPECT_THAT(Metrics(), HasSubstr("samverkan_transport_fault{source=\"revocation_lists\"} 0"));
  WriteFile(root_ + "/crl/list.pem", "no list");
  EXPECT_TRUE(Await([this] {
    return Metrics().find("samverkan_transport_fault{source=\"revocation_lists\"} 1") != std::string::npos;
  }));
  EXPECT_TRUE(Connects(first_)) << "the list that was read before holds";
  server_->Stop();
  EXPECT_THAT(log_.str(), HasSubstr("\"source\":\"revocation_lists\""));
}

TEST_F(TransportTest, OpensWithTheServicesOwnCertificateOnly) {
  const log::Logger logger("test", clock_, log_);
  EXPECT_THAT(Transport::Open("audit", Options(), clock_, logger), StatusIs(absl::StatusCode::kFailedPrecondition));
  TransportOptions none = Options();
  none.files = {};
  EXPECT_THAT(Transport::Open("intake", none, clock_, logger), StatusIs(absl::StatusCode::kInvalidArgument));
  none.plaintext_loopback = true;
  ASSERT_OK_AND_ASSIGN(const auto plaintext, Transport::Open("intake", none, clock_, logger));
  EXPECT_THAT(plaintext->OpenChannel("127.0.0.1:1", "audit"), StatusIs(absl::StatusCode::kFailedPrecondition));
  const tls::Identity expired = *first_.Issue({.name = "intake",
                                               .uris = {auth::ServiceUri("intake")},
                                               .not_before = clock_.Now() - kDay,
                                               .not_after = clock_.Now() - absl::Seconds(1)});
  WriteFiles(root_ + "/first", expired, first_);
  EXPECT_THAT(Transport::Open("intake", Options(), clock_, logger), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace samverkan::rpc
