#include "libs/rpc/transport.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/auth/peer_name.h"
#include "libs/rpc/client.h"
#include "libs/status/macros.h"

namespace samverkan::rpc {
namespace {

absl::Status CheckOwnCertificate(const tls::Files& files, std::string_view service, absl::Time now) {
  ASSIGN_OR_RETURN(const tls::Certificate certificate, tls::CheckFiles(files));
  if (now < certificate.not_before || now > certificate.not_after) {
    return absl::FailedPreconditionError(absl::StrCat(files.certificate, " is not in its time"));
  }
  const absl::StatusOr<auth::PeerName> name = auth::ReadPeerName(certificate.uris);
  if (name.ok() && name->service == service) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(files.certificate, " is not the certificate of ", auth::ServiceUri(service)));
}

prometheus::Gauge& AddGauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> Transport::Open(std::string_view service, TransportOptions options,
                                                           const clock::Clock& clock, log::Logger logger) {
  std::unique_ptr<Transport> transport(new Transport(std::move(options), std::move(logger)));
  RETURN_IF_ERROR(transport->OpenParts(service, clock));
  return transport;
}

absl::Status Transport::OpenParts(std::string_view service, const clock::Clock& clock) {
  if (options_.files.certificate.empty() && !options_.plaintext_loopback) {
    return absl::InvalidArgumentError("serving needs --tls_certificate, --tls_key and --tls_ca");
  }
  if (!options_.files.certificate.empty()) {
    RETURN_IF_ERROR(CheckOwnCertificate(options_.files, service, machine_clock_.Now()));
  }
  if (!options_.revocation_lists.empty()) {
    ASSIGN_OR_RETURN(revocations_,
                     tls::RevocationLists::Open(options_.revocation_lists, options_.files.authorities, machine_clock_));
  }
  ASSIGN_OR_RETURN(authenticator_, auth::Authenticator::Open({.tokens = options_.tokens,
                                                              .revocations = revocations_,
                                                              .acting_services = options_.acting_services},
                                                             clock, machine_clock_));
  return absl::OkStatus();
}

Transport::~Transport() { Stop(); }

rpc::ServerOptions Transport::ServerOptions() const {
  rpc::ServerOptions options;
  options.listen = options_.listen;
  options.port_file = options_.port_file;
  options.metrics_listen = options_.metrics_listen;
  if (!options_.plaintext_loopback) options.credentials = tls::ServerCredentials(options_.files, revocations_);
  options.adapter.authenticate = [this](const auth::Credentials& credentials) {
    return authenticator_->Authenticate(credentials);
  };
  return options;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Transport::OpenChannel(const std::string& target,
                                                                      std::string_view service) const {
  if (options_.files.certificate.empty()) {
    return absl::FailedPreconditionError("calling another service needs an own certificate: --tls_certificate");
  }
  return rpc::OpenChannel(target, tls::ChannelCredentials(options_.files, auth::ServiceUri(service), revocations_));
}

void Transport::Start(prometheus::Registry& registry) {
  faults_ = &prometheus::BuildGauge()
                 .Name("samverkan_transport_fault")
                 .Help("1 where what the transport reads cannot be used now")
                 .Register(registry);
  certificate_remaining_ = &AddGauge(registry, "samverkan_certificate_remaining_seconds",
                                     "Seconds until the service's own certificate expires");
  if (revocations_ != nullptr) {
    list_remaining_ = &AddGauge(registry, "samverkan_revocation_list_remaining_seconds",
                                "Seconds until an authority is left without a revocation list");
  }
  Look();
  thread_ = std::thread([this] { Work(); });
}

void Transport::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Transport::Work() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, absl::ToChronoNanoseconds(options_.look_every), [this] { return stopping_; })) {
    lock.unlock();
    Look();
    lock.lock();
  }
}

void Transport::Look() {
  const absl::Time now = machine_clock_.Now();
  if (!options_.files.certificate.empty()) {
    const absl::StatusOr<tls::Certificate> own = tls::CheckFiles(options_.files);
    Note("certificate", own.status());
    if (own.ok()) certificate_remaining_->Set(absl::ToDoubleSeconds(own->not_after - now));
  }
  Note("jwks", authenticator_->tokens().KeysStatus());
  Note("revoked_subjects", authenticator_->tokens().RevokedSubjectsStatus());
  if (revocations_ == nullptr) return;
  Note("revocation_lists", revocations_->Read());
  list_remaining_->Set(absl::ToDoubleSeconds(revocations_->ExpireTime() - now));
}

void Transport::Note(const std::string& source, const absl::Status& status) {
  faults_->Add({{"source", source}}).Set(status.ok() ? 0 : 1);
  absl::Status& noted = noted_[source];
  if (noted == status) return;
  noted = status;
  const std::string cause(status.message());
  if (status.ok()) {
    logger_.Log(log::Severity::kInfo, "read again", {{"source", std::string_view(source)}});
  } else {
    logger_.Log(log::Severity::kError, "cannot be read; what was read before counts",
                {{"source", std::string_view(source)}, {"cause", std::string_view(cause)}});
  }
}

}  // namespace samverkan::rpc
