#ifndef SAMVERKAN_TESTS_TESTING_SERVICE_SET_H_
#define SAMVERKAN_TESTS_TESTING_SERVICE_SET_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "libs/auth/caller.h"
#include "libs/auth/token_signer.h"
#include "libs/clock/clock.h"
#include "libs/testing/postgres.h"
#include "libs/tls/credentials.h"
#include "libs/tls/development_certificates.h"
#include "tests/testing/child_process.h"

namespace samverkan::tests {

// The services of the suite as they run in operation: processes of their own, on a real
// PostgreSQL of the test's own (fsync on: the services refuse another), with one clock that
// the test can move.
//
//   ASSERT_OK_AND_ASSIGN(const auto set, ServiceSet::Start({}));
//   auto reports = intake::v1::ReportService::NewStub(set->OpenChannel(ServiceSet::kIntake, Principal()));
//
// All connections are mutual TLS: the set has an authority of its own, revocation lists and a
// file of revoked subjects, which revoke nobody at first.
//
// The Bazel test lists //tests/testing:service_set_data in `data` and has tags = ["local"].
// Faults are for one thread; everything const may be used by several.
class ServiceSet {
 public:
  enum Service { kAudit, kConsent, kIntake };
  // The service whose certificate may act for callers; no process of the set has it.
  static constexpr std::string_view kActingService = "forum";

  struct Options {
    // Reads of personal data are refused when audit entries have waited longer.
    absl::Duration longest_backlog = absl::Hours(4);
    // Where the set's clock starts: a Monday morning, by default.
    absl::Time start = absl::FromUnixSeconds(1768204800);  // 2026-01-12T09:00:00+01:00
  };

  // Returns when all services say that they serve.
  static absl::StatusOr<std::unique_ptr<ServiceSet>> Start(const Options& options);
  // Kills what runs and forgets everything stored.
  ~ServiceSet();
  ServiceSet(const ServiceSet&) = delete;
  ServiceSet& operator=(const ServiceSet&) = delete;

  // "127.0.0.1:port", the same after a restart.
  const std::string& Address(Service service) const { return addresses_.at(service); }
  // A channel of the caller's system. Finds the service again within moments of its restart.
  // Retries as the published service config says.
  std::shared_ptr<grpc::Channel> OpenChannel(Service service, const auth::Caller& caller) const;
  // The same to one instance of the service, by its address.
  std::shared_ptr<grpc::Channel> OpenChannel(Service service, const std::string& address,
                                             const auth::Caller& caller) const;
  // How the caller's system connects to the service.
  std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const auth::Caller& caller, Service service) const;

  // kill -9.
  void Kill(Service service);
  // Asks it to stop (SIGTERM), and returns what it exits with.
  absl::StatusOr<int> Terminate(Service service);
  void BeginToTerminate(Service service);
  // Starts a service that was ended: the first returns at once, the second when it serves.
  absl::Status Launch(Service service);
  absl::Status AwaitServing(Service service);
  absl::Status StartAgain(Service service);
  // Starts one more instance of the service on the same databases, for as long as the set lives.
  // Its address, when it serves.
  absl::StatusOr<std::string> StartAnother(Service service);

  ::samverkan::testing::Postgres& postgres() const { return *postgres_; }
  // Rows of a query by the superuser, as text; NULL is empty.
  absl::StatusOr<std::vector<std::vector<std::string>>> Query(const std::string& sql) const;
  // First column of the first row. NOT_FOUND without a row.
  absl::StatusOr<std::string> Value(const std::string& sql) const;

  // The set's time. Moving it forward is all that the services bear.
  absl::Time Now() const { return clock_.Now(); }
  void MoveClockTo(absl::Time now) const;

  // The certificate of the caller's system for its municipality, made when first asked for.
  tls::Files FilesOf(const auth::Caller& caller) const;
  // Its thumbprint, to bind a token to.
  std::string ThumbprintOf(const auth::Caller& caller) const;
  // The authority of all certificates.
  const tls::DevelopmentCertificates& certificates() const { return *certificates_; }
  // Publishes the list that revokes these certificates, in PEM, and no other. The services
  // read it within ten seconds.
  absl::Status RevokeCertificates(const std::vector<std::string>& certificates) const;
  // Replaces the lines that revoke subjects and tokens. They count within a second of the set's time.
  absl::Status WriteRevokedSubjects(const std::string& lines) const;

  // A token for `caller`, issued now and bound to the certificate of its system, that holds
  // for ten minutes.
  std::string TokenOf(const auth::Caller& caller) const;
  // The key that the set trusts, for tokens that it must refuse.
  const auth::TokenSigner& signer() const { return signer_; }

  // What another program needs to call the services and to move their clock: the clock's file,
  // the folder of the key that tokens are signed with, and that of the certificates.
  std::string clock_file() const { return PathOf("clock"); }
  std::string keys_folder() const;
  std::string tls_folder() const { return PathOf("tls"); }
  // The file that holds a service's secrets: "intake.key", "intake.kek", "intake.index".
  std::string SecretFile(std::string_view name) const { return PathOf(name); }

  // The process of a service that runs.
  pid_t ProcessOf(Service service) const { return processes_.at(service)->id(); }

  // The arguments that the service is started with.
  std::vector<std::string> ArgumentsOf(Service service) const;

  // All that the service has written to its log.
  std::string LogOf(Service service) const;

 private:
  ServiceSet(Options options, std::string folder, auth::TokenSigner signer);

  absl::Status Open();
  // `schema` is a folder of services/.
  absl::Status Deploy(std::string_view schema, std::string_view database) const;
  absl::Status WriteFiles();
  std::string PathOf(std::string_view name) const;
  // What an instance is started with; `name` is that of its files.
  std::vector<std::string> ArgumentsOf(Service service, std::string_view name, const std::string& listen) const;
  // The address of an instance that was started, when it serves.
  absl::StatusOr<std::string> AwaitServing(Service service, std::string_view name, ChildProcess& process) const;

  const Options options_;
  const std::string folder_;
  const auth::TokenSigner signer_;
  const clock::SystemClock machine_clock_;
  const clock::FileClock clock_;
  std::optional<tls::DevelopmentCertificates> certificates_;
  mutable std::mutex mutex_;
  // By system and municipality.
  mutable std::map<std::pair<std::string, std::string>, std::string> thumbprints_;
  std::unique_ptr<::samverkan::testing::Postgres> postgres_;
  std::map<Service, std::string> addresses_;
  std::map<Service, std::unique_ptr<ChildProcess>> processes_;
  // Beside the first of each service.
  std::vector<std::unique_ptr<ChildProcess>> others_;
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_TESTING_SERVICE_SET_H_
