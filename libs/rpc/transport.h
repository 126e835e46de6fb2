// What carries a service's calls: how it listens and calls others, and how it knows
// who calls. One for a process.
#ifndef SAMVERKAN_LIBS_RPC_TRANSPORT_H_
#define SAMVERKAN_LIBS_RPC_TRANSPORT_H_

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "libs/auth/authenticator.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/rpc/server.h"
#include "libs/tls/credentials.h"
#include "libs/tls/revocation_lists.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace samverkan::rpc {

// What a service's flags say (transport_flags.h).
struct TransportOptions {
  // As in ServerOptions.
  std::string listen = "127.0.0.1:0";
  std::string port_file;
  std::string metrics_listen = "127.0.0.1:0";
  // Development only: serves without TLS, on loopback alone, and takes tokens that are
  // bound to no certificate. Calls to other services go over TLS all the same.
  bool plaintext_loopback = false;
  // The service's own certificate, which names it, and whom it trusts. May be empty
  // where it serves in plaintext.
  tls::Files files;
  // Folder of the authorities' revocation lists; empty: no certificate is revoked.
  std::string revocation_lists;
  // How tokens are verified.
  auth::TokenVerifier::Options tokens;
  // The services that may act for a caller.
  std::set<std::string, std::less<>> acting_services;
  // How often lists are read and files are looked at.
  absl::Duration look_every = absl::Seconds(10);
};

// May be used by several threads at once, save Start and Stop.
//
//   auto transport = rpc::Transport::Open("intake", options, clock, logger);
//   auto server = rpc::Server::Create((*transport)->ServerOptions(), clock, logger);
//   (*server)->OnStop([&] { (*transport)->Stop(); });
//   (*transport)->Start(*(*server)->metrics().registry());
//
// From Start on it reads the revocation lists again and again, and looks whether files can
// still be used. Metrics:
//   samverkan_transport_fault{source}            1 where certificate, jwks, revocation_lists
//                                                or revoked_subjects cannot be read now
//   samverkan_certificate_remaining_seconds      until the own certificate expires
//   samverkan_revocation_list_remaining_seconds  until an authority is left without a list
class Transport {
 public:
  // INVALID_ARGUMENT or FAILED_PRECONDITION, for the log, where something cannot be used.
  // `service` is who the own certificate has to name; `clock` must outlive the transport.
  static absl::StatusOr<std::unique_ptr<Transport>> Open(std::string_view service, TransportOptions options,
                                                         const clock::Clock& clock, log::Logger logger);
  // Stops.
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Options of a server that listens so and asks this transport who calls; it must
  // outlive that server.
  rpc::ServerOptions ServerOptions() const;

  // A channel to another service of the suite at "host:port"; whoever answers there must
  // prove to be `service`. FAILED_PRECONDITION, for the log, without an own certificate.
  absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& target, std::string_view service) const;

  // Adds its metrics and begins to look.
  void Start(prometheus::Registry& registry);
  // May be called twice.
  void Stop();

 private:
  Transport(TransportOptions options, log::Logger logger) : options_(std::move(options)), logger_(std::move(logger)) {}

  absl::Status OpenParts(std::string_view service, const clock::Clock& clock);
  void Work();
  // One look at everything.
  void Look();
  void Note(const std::string& source, const absl::Status& status);

  const TransportOptions options_;
  const log::Logger logger_;
  // Certificates and lists hold in the machine's time, also where the service's clock is moved.
  const clock::SystemClock machine_clock_;
  std::shared_ptr<tls::RevocationLists> revocations_;
  std::unique_ptr<auth::Authenticator> authenticator_;

  prometheus::Family<prometheus::Gauge>* faults_ = nullptr;
  prometheus::Gauge* certificate_remaining_ = nullptr;
  prometheus::Gauge* list_remaining_ = nullptr;
  // What was last said of each source, so that a fault is said once.
  std::map<std::string, absl::Status> noted_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_TRANSPORT_H_
