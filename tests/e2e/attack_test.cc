// Connections and tokens of somebody who is not who he says. Nothing is stored but the audit
// entry of a refusal where the caller is known; where the handshake fails, no handler is reached.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "libs/auth/acting_caller.h"
#include "libs/auth/development_key.h"
#include "libs/auth/peer_name.h"
#include "libs/auth/token_verifier.h"
#include "libs/tls/certificate.h"
#include "libs/tls/certificate_authority.h"
#include "tests/e2e/refusal_fixture.h"
#include "tests/e2e/start_fixture.h"
#include "tests/testing/await.h"
#include "tests/testing/child_process.h"

namespace samverkan::tests {
namespace {

using ::testing::HasSubstr;

constexpr char kSystemUri[] = "spiffe://samverkan/system/arendesystemet/municipality/0180";
constexpr absl::Duration kDay = absl::Hours(24);
// Within which a revocation has to count.
constexpr absl::Duration kMinute = absl::Minutes(1);

intake::v1::ListReportsRequest ListOfReports() {
  intake::v1::ListReportsRequest request;
  request.set_parent(kMunicipality);
  return request;
}

const Refusal kHandshake = {.code = absl::StatusCode::kUnavailable, .reason = "", .for_people = false};

Refusal Unauthenticated(const std::string& reason) { return {absl::StatusCode::kUnauthenticated, reason}; }

// Somebody's way to intake: a certificate and a connection of its own.
struct Peer {
  tls::Identity identity;
  std::string thumbprint;
  std::shared_ptr<grpc::Channel> channel;
};

class AttackTest : public RefusalTest {
 protected:
  const tls::CertificateAuthority& authority() const { return set_.certificates().authority(); }
  const std::string& trusted() const { return authority().identity().certificate; }

  // A channel that fails at once where it cannot connect.
  std::shared_ptr<grpc::Channel> Connect(const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    return grpc::CreateCustomChannel(set_.Address(ServiceSet::kIntake), credentials, arguments);
  }

  std::shared_ptr<grpc::Channel> ConnectWith(const tls::Identity& identity) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = trusted();
    options.pem_cert_chain = identity.certificate;
    options.pem_private_key = identity.key;
    return Connect(grpc::SslCredentials(options));
  }

  Peer PeerWith(const tls::Identity& identity) const {
    return {.identity = identity,
            .thumbprint = tls::ParseCertificate(identity.certificate)->thumbprint,
            .channel = ConnectWith(identity)};
  }

  static tls::Identity Issue(const tls::CertificateAuthority& issuer, const std::vector<std::string>& uris,
                             absl::Time not_before, absl::Time not_after) {
    return *issuer.Issue({.name = "angripare", .uris = uris, .not_before = not_before, .not_after = not_after});
  }

  // A peer with a good certificate that bears these URIs.
  Peer PeerNamed(const std::vector<std::string>& uris) const {
    return PeerWith(Issue(authority(), uris, now_ - kDay, now_ + kDay));
  }

  // A token for a caller of the set, bound to the peer's certificate.
  std::string TokenFor(const auth::Caller& caller, const Peer& peer) const {
    auth::Caller bearer = caller;
    bearer.expires = set_.Now() + absl::Minutes(10);
    return set_.signer().Sign(bearer, set_.Now(), auth::kDevelopmentIssuer, auth::kAudience, peer.thumbprint);
  }

  using Metadata = std::vector<std::pair<std::string, std::string>>;

  // Reads the report over the channel.
  Answer<intake::v1::Report> Read(const std::shared_ptr<grpc::Channel>& channel, const std::string& token,
                                  const Metadata& metadata = {}) const {
    Answer<intake::v1::Report> answer;
    grpc::ClientContext context;
    rpc::Prepare(clock::SystemClock().Now() + absl::Seconds(20), rpc::NewTrace(), context);
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
    intake::v1::GetReportRequest request;
    request.set_name(report_);
    const grpc::Status status = Reports(channel).GetReport(&context, request, &answer.response);
    answer.status = status::FromGrpc(status);
    answer.wire = status.error_message() + status.error_details();
    return answer;
  }

  // How many calls intake has answered, by its log.
  int64_t Calls() const {
    const std::vector<std::string> lines = absl::StrSplit(set_.LogOf(ServiceSet::kIntake), '\n');
    return std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("\"message\":\"call\"") != std::string::npos;
    });
  }

  void ExpectReadRefused(const Refusal& expected, const std::shared_ptr<grpc::Channel>& channel,
                         const std::string& token, const Metadata& metadata = {}) {
    SCOPED_TRACE(expected.reason);
    const Stored before = RefusalTest::Read();
    const int64_t calls = Calls();
    const auto answer = Read(channel, token, metadata);
    Check(expected, answer.status, answer.wire, before);
    EXPECT_EQ(Calls() - calls, expected.recorded ? 1 : 0) << "calls that reached a worker";
  }

  const absl::Time now_ = clock::SystemClock().Now();
  const std::string report_ = Submit();
};

TEST_F(AttackTest, AGoodCertificateAndTokenAreTaken) {
  const Peer peer = PeerNamed({kSystemUri});
  EXPECT_OK(Read(peer.channel, TokenFor(Caseworker(), peer)).status);
}

TEST_F(AttackTest, CertificateOfAForeignAuthority) {
  const auto foreign = *tls::CertificateAuthority::Generate("Samverkan development", now_ - kDay, now_ + kDay);
  const Peer peer = PeerWith(Issue(foreign, {kSystemUri}, now_ - kDay, now_ + kDay));
  ExpectReadRefused(kHandshake, peer.channel, TokenFor(Caseworker(), peer));
}

TEST_F(AttackTest, CertificateOutOfItsTime) {
  const Peer expired = PeerWith(Issue(authority(), {kSystemUri}, now_ - 2 * kDay, now_ - absl::Minutes(1)));
  ExpectReadRefused(kHandshake, expired.channel, TokenFor(Caseworker(), expired));
  const Peer early = PeerWith(Issue(authority(), {kSystemUri}, now_ + absl::Hours(1), now_ + kDay));
  ExpectReadRefused(kHandshake, early.channel, TokenFor(Caseworker(), early));
}

TEST_F(AttackTest, NoCertificateAndNoTls) {
  const std::string token = set_.TokenOf(Caseworker());
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = trusted();
  ExpectReadRefused(kHandshake, Connect(grpc::SslCredentials(options)), token);
  ExpectReadRefused(kHandshake, Connect(grpc::InsecureChannelCredentials()), token);
}

TEST_F(AttackTest, RevokedCertificate) {
  const Peer peer = PeerNamed({kSystemUri});
  const std::string token = TokenFor(Caseworker(), peer);
  ASSERT_OK(Read(peer.channel, token).status);
  ASSERT_OK(set_.RevokeCertificates({peer.identity.certificate}));
  EXPECT_TRUE(Await(kMinute, [&] { return !Read(peer.channel, token).status.ok(); }));
  ExpectReadRefused(Unauthenticated("CERTIFICATE_REVOKED"), peer.channel, token);
  EXPECT_THAT(set_.LogOf(ServiceSet::kIntake),
              HasSubstr("\"reason\":\"CERTIFICATE_REVOKED\",\"certificate\":\"arendesystemet/0180\""));
  ExpectReadRefused(kHandshake, ConnectWith(peer.identity), token);
  const Peer other = PeerNamed({kSystemUri});
  EXPECT_OK(Read(other.channel, TokenFor(Caseworker(), other)).status) << "others go on";
}

TEST_F(AttackTest, CertificateThatNamesNobody) {
  for (const std::vector<std::string>& uris : std::vector<std::vector<std::string>>{
           {},
           {"spiffe://elsewhere/system/arendesystemet/municipality/0180"},
           {"spiffe://samverkan/system/arendesystemet"},
           {kSystemUri, "spiffe://samverkan/service/intake"},
           {kSystemUri, "spiffe://samverkan/system/skolsystemet/municipality/0180"}}) {
    const Peer peer = PeerNamed(uris);
    ExpectReadRefused(Unauthenticated("CERTIFICATE_NAME"), peer.channel, TokenFor(Caseworker(), peer));
  }
}

// The token is another's in every way: of another certificate of the same system, of another
// system of the same municipality, of another municipality.
TEST_F(AttackTest, StolenToken) {
  const std::string stolen = set_.TokenOf(Caseworker());
  for (const char* const uri : {kSystemUri, "spiffe://samverkan/system/skolsystemet/municipality/0180",
                                "spiffe://samverkan/system/arendesystemet/municipality/0126"}) {
    ExpectReadRefused(Unauthenticated("CERTIFICATE_MISMATCH"), PeerNamed({uri}).channel, stolen);
  }
  EXPECT_OK(client_.With(Caseworker(), stolen, &Reports::ListReports, ListOfReports()).status) << "on its own";
}

// As an identity provider could err, or be deceived.
TEST_F(AttackTest, TokenBeyondItsCertificate) {
  const Peer other_system = PeerNamed({"spiffe://samverkan/system/skolsystemet/municipality/0180"});
  ExpectReadRefused(Unauthenticated("SYSTEM_MISMATCH"), other_system.channel, TokenFor(Caseworker(), other_system));
  const Peer other_town = PeerNamed({"spiffe://samverkan/system/arendesystemet/municipality/0126"});
  ExpectReadRefused(Unauthenticated("MUNICIPALITY_MISMATCH"), other_town.channel, TokenFor(Caseworker(), other_town));
  const Peer other_board = PeerNamed({absl::StrCat(kSystemUri, "/authority/alvsjo")});
  ExpectReadRefused(Unauthenticated("AUTHORITY_MISMATCH"), other_board.channel, TokenFor(Caseworker(), other_board));
  const Peer own_board =
      PeerNamed({absl::StrCat(kSystemUri, "/authority/alvsjo"), absl::StrCat(kSystemUri, "/authority/skarholmen")});
  EXPECT_OK(Read(own_board.channel, TokenFor(Caseworker(), own_board)).status);
}

TEST_F(AttackTest, TokenThatIsBoundToNothing) {
  Peer peer = PeerNamed({kSystemUri});
  peer.thumbprint.clear();
  ExpectReadRefused(Unauthenticated("TOKEN_NOT_BOUND"), peer.channel, TokenFor(Caseworker(), peer));
  ExpectReadRefused(Unauthenticated("TOKEN_MISSING"), peer.channel, "");
}

// A service's certificate in the hands of a system: it carries no tokens, and by itself may read nothing.
TEST_F(AttackTest, CertificateOfAService) {
  const Peer peer = PeerNamed({auth::ServiceUri("followup")});
  ExpectReadRefused(Unauthenticated("CERTIFICATE_MISMATCH"), peer.channel, TokenFor(Caseworker(), peer));
  ExpectReadRefused({absl::StatusCode::kPermissionDenied, "ROLE_MISSING", {}, true}, peer.channel, "");
  EXPECT_TRUE(Await(kMinute, [&] { return set_.Value("SELECT count(*) FROM intake.audit_entry").value_or("") == "0"; }))
      << "the entry of a refused service holds up all others";
  EXPECT_EQ(set_.Value("SELECT count(*) FROM audit.entry WHERE municipality = ''").value_or(""), "1");
}

TEST_F(AttackTest, RoleByMetadata) {
  const Refusal reserved = {absl::StatusCode::kPermissionDenied, "METADATA_RESERVED", {}, true};
  const std::string manager = auth::WriteCaller(ReceptionManager());
  const std::string name(auth::kCallerMetadata);
  const Peer school = PeerNamed({"spiffe://samverkan/system/skolsystemet/municipality/0180"});
  const std::string token = TokenFor(OtherPrincipal(), school);
  ExpectReadRefused(reserved, school.channel, token, {{name, manager}});
  ExpectReadRefused(reserved, school.channel, token, {{"samverkan-role", "UNIT_MANAGER"}});
  ExpectReadRefused(Unauthenticated("TOKEN_MISSING"), school.channel, "", {{name, manager}});
  const Peer service = PeerNamed({auth::ServiceUri("followup")});
  ExpectReadRefused(reserved, service.channel, "", {{name, manager}});
  // What nobody listens to changes nothing.
  ExpectReadRefused(
      Hidden("REPORT"), school.channel, token,
      {{"roles", "UNIT_MANAGER"}, {"role", "CASEWORKER"}, {"authority", "skarholmen"}, {"sub", "petra.ek"}});
}

TEST_F(AttackTest, AServiceThatMayActForItsCallersIsNamedBesideThem) {
  const Peer forum = PeerNamed({auth::ServiceUri(ServiceSet::kActingService)});
  const std::string name(auth::kCallerMetadata);
  EXPECT_OK(Read(forum.channel, "", {{name, auth::WriteCaller(Caseworker())}}).status);
  ExpectReadRefused(Hidden("REPORT"), forum.channel, "", {{name, auth::WriteCaller(OtherBoard())}});
  ExpectReadRefused(Unauthenticated("CALLER_MALFORMED"), forum.channel, "", {{name, "nobody"}});
  EXPECT_THAT(set_.LogOf(ServiceSet::kIntake), HasSubstr("\"acting_service\":\"forum\""));
  audit::v1::SearchEntriesRequest search;
  search.set_resource(report_);
  const auto is_named = [](const audit::v1::LoggedEntry& logged) {
    const audit::v1::Actor& actor = logged.entry().private_part().actor();
    return actor.acting_service() == ServiceSet::kActingService && actor.subject() == Caseworker().subject;
  };
  EXPECT_TRUE(Await(kMinute, [&] {
    const auto found = client_.As(Auditor(), &Audit::SearchEntries, search).response;
    return std::any_of(found.entries().begin(), found.entries().end(), is_named);
  }));
}

TEST_F(AttackTest, RevokedPersonAndToken) {
  auth::Caller leaving = Caseworker();
  leaving.subject = "nils.ek";
  const std::string token = set_.TokenOf(leaving);
  ASSERT_OK(client_.With(leaving, token, &Reports::ListReports, ListOfReports()).status);
  const auto is_refused = [&] {
    return !client_.With(leaving, token, &Reports::ListReports, ListOfReports()).status.ok();
  };
  // The token is of this second.
  set_.MoveClockTo(set_.Now() + absl::Seconds(2));
  ASSERT_OK(set_.WriteRevokedSubjects("subject arendesystemet/nils.ek " +
                                      absl::FormatTime(absl::RFC3339_sec, set_.Now(), absl::UTCTimeZone())));
  EXPECT_TRUE(Await(kMinute, is_refused));
  ExpectTokenRefused(Unauthenticated("REVOKED"), leaving, token, &Reports::ListReports, ListOfReports());
  set_.MoveClockTo(set_.Now() + absl::Seconds(2));
  EXPECT_OK(client_.As(leaving, &Reports::ListReports, ListOfReports()).status) << "with a new token";
  EXPECT_OK(client_.As(Caseworker(), &Reports::ListReports, ListOfReports()).status);
}

// What a service does not start with, and what it says then.
class BadStartTest : public StartTest {
 protected:
  void ExpectNoStart(const std::vector<std::string>& flags, const std::string& cause) {
    const auto process = Start(flags);
    EXPECT_EQ(process->WaitForEnd(kMinute), 1) << flags.front();
    EXPECT_THAT(Log(), HasSubstr("cannot serve"));
    EXPECT_THAT(Log(), HasSubstr(cause));
    EXPECT_FALSE(std::filesystem::exists(port_file_));
  }
};

TEST_F(BadStartTest, PlaintextIsForLoopbackOnly) {
  for (const char* const address : {"0.0.0.0:0", "[::]:0", "10.0.0.1:7000"}) {
    ExpectNoStart({"--plaintext_loopback", absl::StrCat("--listen=", address)}, "expected a loopback address");
  }
  ExpectNoStart({"--metrics_listen=0.0.0.0:0"}, "expected a loopback address");
}

TEST_F(BadStartTest, PlaintextOnLoopbackTakesUnboundTokens) {
  const auto process = Start({"--plaintext_loopback"});
  const std::string port = AwaitPort();
  auth::Caller caller = Caseworker();
  caller.expires = set_.Now() + absl::Minutes(10);
  grpc::ClientContext context;
  rpc::Prepare(set_.signer().Sign(caller, set_.Now(), auth::kDevelopmentIssuer, auth::kAudience),
               clock::SystemClock().Now() + absl::Seconds(20), rpc::NewTrace(), context);
  intake::v1::ListReportsResponse response;
  Reports reports(grpc::CreateChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials()));
  EXPECT_OK(status::FromGrpc(reports.ListReports(&context, ListOfReports(), &response)));
}

TEST_F(BadStartTest, ACertificateOfItsOwn) {
  ASSERT_OK_AND_ASSIGN(const tls::Files audit, set_.certificates().OfService("audit"));
  ExpectNoStart({"--tls_certificate="}, "serving needs --tls_certificate");
  ExpectNoStart({"--tls_certificate=" + audit.certificate}, "is not the key of");
  ExpectNoStart({"--tls_certificate=" + audit.certificate, "--tls_key=" + audit.key},
                "is not the certificate of spiffe://samverkan/service/intake");
  ExpectNoStart({"--tls_ca=" + port_file_}, "cannot be read");
}

TEST_F(BadStartTest, SafeSources) {
  ExpectNoStart({"--database=host=127.0.0.1 dbname=samverkan user=samverkan_intake"}, "sslmode=verify-full");
  ExpectNoStart({"--database=host=127.0.0.1 sslmode=require"}, "sslmode=verify-full");
  ExpectNoStart({"--crl_folder=" + port_file_}, "has no revocation list");
  ExpectNoStart({"--revoked_subjects=" + port_file_}, "missing");
  ExpectNoStart({"--jwks=http://127.0.0.1/keys"}, "over https only");
}

}  // namespace
}  // namespace samverkan::tests
