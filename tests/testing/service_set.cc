#include "tests/testing/service_set.h"

#include <postgresql/libpq-fe.h>
#include <signal.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/auth/development_key.h"
#include "libs/auth/peer_name.h"
#include "libs/auth/token_verifier.h"
#include "libs/rpc/client.h"
#include "libs/rpc/testing/calls.h"
#include "libs/status/macros.h"
#include "libs/testing/command.h"
#include "tests/testing/await.h"

namespace samverkan::tests {
namespace {

using ::samverkan::testing::Postgres;
using ::samverkan::testing::RunCommand;

constexpr char kDatabase[] = "samverkan";
constexpr char kKeyDatabase[] = "samverkan_keys";
constexpr char kKeysFolder[] = "keys";
constexpr char kAnyPort[] = "127.0.0.1:0";
constexpr absl::Duration kTokenLife = absl::Minutes(10);
constexpr absl::Duration kLongestStart = absl::Seconds(60);
// Longer than the services' own drain bound, after which they end themselves.
constexpr absl::Duration kLongestStop = absl::Seconds(60);
constexpr absl::Duration kRevocationListLife = absl::Hours(24);

// Whose system asks about health.
auth::Caller Operator() {
  auth::Caller caller;
  caller.system = "driften";
  caller.municipality = "0180";
  return caller;
}

// In the order in which they start.
constexpr ServiceSet::Service kServices[] = {ServiceSet::kAudit, ServiceSet::kConsent, ServiceSet::kIntake};

std::string NameOf(ServiceSet::Service service) {
  switch (service) {
    case ServiceSet::kAudit:
      return "audit";
    case ServiceSet::kConsent:
      return "consent";
    case ServiceSet::kIntake:
      return "intake";
  }
  return "";
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  const std::string unfinished = path + ".unfinished";
  std::ofstream file(unfinished);
  file << text << "\n";
  file.close();
  std::filesystem::permissions(unfinished, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const bool done = file && std::rename(unfinished.c_str(), path.c_str()) == 0;
  return done ? absl::OkStatus() : absl::InternalError("cannot write " + path);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServiceSet>> ServiceSet::Start(const Options& options) {
  char folder[] = "/tmp/samverkan-set-XXXXXX";
  if (mkdtemp(folder) == nullptr) return absl::InternalError("cannot make a folder in /tmp");
  ASSIGN_OR_RETURN(auth::TokenSigner signer, auth::OpenDevelopmentKey(absl::StrCat(folder, "/", kKeysFolder)));
  std::unique_ptr<ServiceSet> set(new ServiceSet(options, folder, std::move(signer)));
  RETURN_IF_ERROR(set->Open());
  return set;
}

ServiceSet::ServiceSet(Options options, std::string folder, auth::TokenSigner signer)
    : options_(options), folder_(std::move(folder)), signer_(std::move(signer)), clock_(PathOf("clock")) {}

ServiceSet::~ServiceSet() {
  processes_.clear();
  others_.clear();
  std::filesystem::remove_all(folder_);
}

absl::Status ServiceSet::Open() {
  RETURN_IF_ERROR(WriteFiles());
  ASSIGN_OR_RETURN(postgres_, Postgres::Start(Postgres::Durability::kDurable));
  for (const char* const database : {kDatabase, kKeyDatabase}) {
    RETURN_IF_ERROR(RunCommand({"psql", "--no-psqlrc", "--quiet", "--dbname=" + postgres_->Conninfo("postgres"),
                                absl::StrCat("--command=CREATE DATABASE ", database)})
                        .status());
  }
  for (const Service service : kServices) {
    RETURN_IF_ERROR(Deploy(NameOf(service) + "/schema", kDatabase));
    RETURN_IF_ERROR(Deploy(NameOf(service) + "/key_schema", kKeyDatabase));
    RETURN_IF_ERROR(StartAgain(service));
  }
  return absl::OkStatus();
}

absl::Status ServiceSet::Deploy(std::string_view schema, std::string_view database) const {
  const std::string folder = std::filesystem::absolute(absl::StrCat("services/", std::string(schema)));
  return RunCommand({"env", "SQITCH_FULLNAME=Test", "SQITCH_EMAIL=test@example.org", "sqitch", "--chdir", folder,
                     "deploy", postgres_->SqitchTarget(std::string(database))})
      .status();
}

absl::Status ServiceSet::WriteFiles() {
  MoveClockTo(options_.start);
  for (const Service service : kServices) {
    const std::string name = NameOf(service);
    ASSIGN_OR_RETURN(const std::string key, RunCommand({"openssl", "rand", "-base64", "32"}));
    RETURN_IF_ERROR(WriteFile(PathOf(name + ".key"), key));
    RETURN_IF_ERROR(WriteFile(PathOf(name + ".kek"), "kek-1 " + key));
    RETURN_IF_ERROR(WriteFile(PathOf(name + ".index"), "index-1 " + key));
    ASSIGN_OR_RETURN(const std::string signing,
                     RunCommand({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}));
    RETURN_IF_ERROR(WriteFile(PathOf(name + ".signing"), signing));
  }
  ASSIGN_OR_RETURN(certificates_, tls::DevelopmentCertificates::Open(PathOf("tls")));
  std::filesystem::create_directory(PathOf("crl"));
  RETURN_IF_ERROR(RevokeCertificates({}));
  return WriteRevokedSubjects("");
}

absl::Status ServiceSet::RevokeCertificates(const std::vector<std::string>& certificates) const {
  const absl::Time now = machine_clock_.Now();
  ASSIGN_OR_RETURN(const std::string list,
                   certificates_->authority().Revoke(certificates, now, now + kRevocationListLife));
  return WriteFile(PathOf("crl/list.pem"), list);
}

absl::Status ServiceSet::WriteRevokedSubjects(const std::string& lines) const {
  return WriteFile(PathOf("revoked"), lines);
}

std::string ServiceSet::keys_folder() const { return PathOf(kKeysFolder); }

std::string ServiceSet::PathOf(std::string_view name) const { return absl::StrCat(folder_, "/", std::string(name)); }

std::vector<std::string> ServiceSet::ArgumentsOf(Service service) const {
  const auto address = addresses_.find(service);
  return ArgumentsOf(service, NameOf(service), address == addresses_.end() ? kAnyPort : address->second);
}

std::vector<std::string> ServiceSet::ArgumentsOf(Service service, std::string_view instance,
                                                 const std::string& listen) const {
  const std::string name = NameOf(service);
  // Made before, so that nothing can fail here.
  const tls::Files files = certificates_->OfService(name).value();
  std::vector<std::string> arguments = {
      absl::StrCat("services/", name, "/", name),
      "--listen=" + listen,
      "--port_file=" + PathOf(absl::StrCat(std::string(instance), ".port")),
      "--metrics_listen=127.0.0.1:0",
      "--database=" + postgres_->Conninfo(kDatabase, "samverkan_" + name),
      "--jwks=" + keys_folder() + "/" + std::string(auth::kJwksFile),
      "--tls_certificate=" + files.certificate,
      "--tls_key=" + files.key,
      "--tls_ca=" + files.authorities,
      "--crl_folder=" + PathOf("crl"),
      "--revoked_subjects=" + PathOf("revoked"),
      "--acting_services=" + std::string(kActingService) + (service == kConsent ? ",intake" : ""),
      "--keys_database=" + postgres_->Conninfo(kKeyDatabase, "samverkan_" + name),
      "--key_encryption_keys=" + PathOf(name + ".kek"),
      "--key_file=" + PathOf(name + ".key"),
      "--clock_file=" + PathOf("clock"),
  };
  if (service == kAudit) return arguments;
  arguments.insert(arguments.end(), {"--jobs_database=" + postgres_->Conninfo(kDatabase, "samverkan_" + name + "_jobs"),
                                     "--index_keys=" + PathOf(name + ".index"), "--rules=deploy/rules",
                                     "--audit=" + addresses_.at(kAudit),
                                     "--longest_backlog=" + absl::FormatDuration(options_.longest_backlog)});
  if (service == kConsent) return arguments;
  arguments.insert(arguments.end(), {"--signing_keys=" + PathOf("intake.signing"), "--directory=deploy/directory",
                                     "--consent=" + addresses_.at(kConsent)});
  return arguments;
}

absl::Status ServiceSet::Launch(Service service) {
  const std::string name = NameOf(service);
  std::filesystem::remove(PathOf(name + ".port"));
  ASSIGN_OR_RETURN(processes_[service], ChildProcess::Start(ArgumentsOf(service), PathOf(name + ".log")));
  return absl::OkStatus();
}

absl::Status ServiceSet::AwaitServing(Service service) {
  ASSIGN_OR_RETURN(addresses_[service], AwaitServing(service, NameOf(service), *processes_.at(service)));
  return absl::OkStatus();
}

absl::StatusOr<std::string> ServiceSet::AwaitServing(Service service, std::string_view name,
                                                     ChildProcess& process) const {
  const std::string port_file = PathOf(absl::StrCat(std::string(name), ".port"));
  std::string port;
  Await(kLongestStart, [&] {
    std::ifstream(port_file) >> port;
    return !port.empty() || !process.IsRunning();
  });
  if (port.empty())
    return absl::UnavailableError(absl::StrCat(std::string(name), " does not start:\n", LogOf(service)));
  const std::string address = "127.0.0.1:" + port;
  const auto channel = OpenChannel(service, address, Operator());
  const bool serving = Await(kLongestStart, [&] {
    return rpc::testing::CheckHealth(channel, "") == rpc::testing::Health::kServing || !process.IsRunning();
  });
  if (serving && process.IsRunning()) return address;
  return absl::UnavailableError(absl::StrCat(std::string(name), " does not serve:\n", LogOf(service)));
}

absl::Status ServiceSet::StartAgain(Service service) {
  RETURN_IF_ERROR(Launch(service));
  return AwaitServing(service);
}

absl::StatusOr<std::string> ServiceSet::StartAnother(Service service) {
  const std::string name = absl::StrCat(NameOf(service), "-", others_.size() + 2);
  ASSIGN_OR_RETURN(auto process, ChildProcess::Start(ArgumentsOf(service, name, kAnyPort), PathOf(name + ".log")));
  others_.push_back(std::move(process));
  return AwaitServing(service, name, *others_.back());
}

void ServiceSet::Kill(Service service) { processes_.at(service).reset(); }

void ServiceSet::BeginToTerminate(Service service) { processes_.at(service)->Send(SIGTERM); }

absl::StatusOr<int> ServiceSet::Terminate(Service service) {
  BeginToTerminate(service);
  const auto ended_with = processes_.at(service)->WaitForEnd(kLongestStop);
  if (ended_with.has_value()) return *ended_with;
  return absl::DeadlineExceededError(NameOf(service) + " does not stop:\n" + LogOf(service));
}

std::shared_ptr<grpc::Channel> ServiceSet::OpenChannel(Service service, const auth::Caller& caller) const {
  return OpenChannel(service, Address(service), caller);
}

std::shared_ptr<grpc::Channel> ServiceSet::OpenChannel(Service service, const std::string& address,
                                                       const auth::Caller& caller) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  return rpc::OpenChannel(address, CredentialsOf(caller, service), arguments);
}

std::shared_ptr<grpc::ChannelCredentials> ServiceSet::CredentialsOf(const auth::Caller& caller, Service service) const {
  return tls::ChannelCredentials(FilesOf(caller), auth::ServiceUri(NameOf(service)), nullptr);
}

tls::Files ServiceSet::FilesOf(const auth::Caller& caller) const {
  return certificates_->OfSystem(caller.system, caller.municipality).value();
}

std::string ServiceSet::ThumbprintOf(const auth::Caller& caller) const {
  const std::lock_guard lock(mutex_);
  std::string& thumbprint = thumbprints_[{caller.system, caller.municipality}];
  if (thumbprint.empty()) thumbprint = tls::CheckFiles(FilesOf(caller))->thumbprint;
  return thumbprint;
}

absl::StatusOr<std::vector<std::vector<std::string>>> ServiceSet::Query(const std::string& sql) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> session(PQconnectdb(postgres_->Conninfo(kDatabase).c_str()),
                                                             &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(session.get(), sql.c_str()), &PQclear);
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK && PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    return absl::InternalError(absl::StrCat(PQerrorMessage(session.get()), " in: ", sql));
  }
  std::vector<std::vector<std::string>> rows(PQntuples(result.get()));
  for (size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      rows[row].emplace_back(PQgetvalue(result.get(), static_cast<int>(row), column));
    }
  }
  return rows;
}

absl::StatusOr<std::string> ServiceSet::Value(const std::string& sql) const {
  ASSIGN_OR_RETURN(const auto rows, Query(sql));
  if (rows.empty() || rows.front().empty()) return absl::NotFoundError("no row from: " + sql);
  return rows.front().front();
}

void ServiceSet::MoveClockTo(absl::Time now) const {
  // Rounded up, so that the set's time is at least `now`.
  const absl::Duration ahead = absl::Ceil(now - machine_clock_.Now(), absl::Seconds(1));
  WriteFile(PathOf("clock"), absl::StrCat(absl::ToInt64Seconds(ahead))).IgnoreError();
}

std::string ServiceSet::TokenOf(const auth::Caller& caller) const {
  auth::Caller bearer = caller;
  bearer.expires = Now() + kTokenLife;
  return signer_.Sign(bearer, Now(), auth::kDevelopmentIssuer, auth::kAudience, ThumbprintOf(caller));
}

std::string ServiceSet::LogOf(Service service) const { return ReadFile(PathOf(NameOf(service) + ".log")); }

}  // namespace samverkan::tests
