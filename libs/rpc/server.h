// The one bootstrap of every service's main.
//
//   int main(…) {
//     rpc::BlockStopSignals();                       // before any thread is made
//     …pools, checks of the schema…
//     auto server = rpc::Server::Create(options, clock, logger);
//     (*server)->Add(std::make_unique<rpc::Service>(…));
//     (*server)->OnStop([&] { relay.Stop(); });      // stopped in reverse order
//     RETURN_IF_ERROR((*server)->Start());
//     (*server)->RunUntilStopSignal();
//   }
#ifndef SAMVERKAN_LIBS_RPC_SERVER_H_
#define SAMVERKAN_LIBS_RPC_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/rpc/adapter.h"
#include "libs/rpc/metrics.h"
#include "libs/rpc/service.h"
#include "libs/rpc/worker_pool.h"
#include "prometheus/exposer.h"
#include "prometheus/registry.h"

namespace samverkan::rpc {

// Blocks SIGTERM and SIGINT in the calling thread and all it makes, so that
// RunUntilStopSignal can wait for them. First line of main.
void BlockStopSignals();

struct ServerOptions {
  // Where to listen, "127.0.0.1:0"; port 0 takes a free one.
  std::string listen = "127.0.0.1:0";
  // How to (tls::ServerCredentials). None means plaintext, on loopback addresses only.
  std::shared_ptr<grpc::ServerCredentials> credentials;
  // Where to write the bound port, one line; empty writes none.
  std::string port_file;
  // Where Prometheus reads, loopback only; port 0 takes a free one, empty serves none.
  std::string metrics_listen = "127.0.0.1:0";
  WorkerPool::Options workers;
  Adapter::Options adapter;
  // Larger requests get RESOURCE_EXHAUSTED.
  int max_message_bytes = 1 << 20;
  // All metadata of a call; more gets RESOURCE_EXHAUSTED.
  int max_metadata_bytes = 16 << 10;
  // How long accepted calls may go on after a stop signal. What is left then ends
  // UNAVAILABLE.
  absl::Duration drain_bound = absl::Seconds(20);
};

// Exit status when the drain bound has passed and a handler still does not return.
inline constexpr int kStuckExitStatus = 3;
// How long after the drain bound the process is ended with it.
inline constexpr absl::Duration kStuckGrace = absl::Seconds(2);

// Serves gRPC with health, reflection and metrics. Health says NOT_SERVING until
// Start has succeeded and from the moment a stop begins, for every service and for
// the whole server (""). Not thread-safe, save that Stop may be called from any
// thread.
class Server {
 public:
  // Opens the worker pool and the metrics port. INVALID_ARGUMENT for a metrics address
  // that is not loopback, and for such an address to listen on in plaintext;
  // UNAVAILABLE when the metrics port is taken. `clock` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Create(ServerOptions options, const clock::Clock& clock,
                                                        log::Logger logger);
  // Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // What services are built on.
  Adapter& adapter() { return *adapter_; }
  // Where other parts add metrics.
  Metrics& metrics() { return metrics_; }

  // Takes a service to serve. Before Start.
  void Add(std::unique_ptr<Service> service);

  // Registers what is to be closed when the server stops. Closed in reverse order,
  // after the last call has been answered.
  void OnStop(std::function<void()> close);

  // Binds and serves. FAILED_PRECONDITION when a service is incomplete
  // (Service::Check), UNAVAILABLE when the port is taken or the port file cannot be
  // written.
  absl::Status Start();

  // The bound ports; valid after Start. 0 where no metrics are served.
  int port() const { return port_; }
  int metrics_port() const;

  // Waits for SIGTERM or SIGINT, then stops.
  void RunUntilStopSignal();

  // NOT_SERVING first; then no new connections, and the calls already accepted are
  // answered, until the drain bound; what still waits for a worker then, and what
  // still runs, ends UNAVAILABLE. Then the parts of OnStop. If a handler does not
  // return within kStuckGrace of the bound, the process exits with
  // kStuckExitStatus. A client's open stream of health (Health.Watch) holds the
  // drain until its bound. Does nothing the second time.
  void Stop();

 private:
  Server(ServerOptions options, const clock::Clock& clock, log::Logger logger,
         std::unique_ptr<prometheus::Exposer> exposer);

  absl::Status BuildAndBind();
  absl::Status WritePortFile() const;
  void SetServing(bool serving);
  void Drain();

  const ServerOptions options_;
  const log::Logger logger_;
  std::unique_ptr<prometheus::Exposer> exposer_;
  Metrics metrics_;
  WorkerPool workers_;
  std::unique_ptr<Adapter> adapter_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<std::function<void()>> close_stack_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::once_flag stopped_;
};

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_SERVER_H_
