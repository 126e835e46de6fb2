#include "libs/rpc/server.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "google/protobuf/stubs/logging.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/server_builder.h"
#include "libs/rpc/connection.h"
#include "libs/status/macros.h"

namespace samverkan::rpc {
namespace {

// Between dropping what waits and cutting what runs, so that the answers get out.
constexpr absl::Duration kFlush = absl::Milliseconds(100);

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

bool IsLoopback(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return false;
  const std::string host = address.substr(0, colon);
  return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

absl::Status NotLoopback(const std::string& what, const std::string& address) {
  return absl::InvalidArgumentError(what + " is \"" + address +
                                    "\"; without TLS expected a loopback address: 127.0.0.1:<port>, "
                                    "[::1]:<port> or localhost:<port>");
}

// gRPC's and protobuf's own messages can quote header values and field contents:
// where they come from is enough to find them.
void LogPlace(const char* library, const char* file, int line) {
  std::fprintf(stderr, "{\"severity\":\"warning\",\"message\":\"%s\",\"file\":\"%s\",\"line\":%d}\n", library, file,
               line);
}

void LogGrpc(gpr_log_func_args* arguments) {
  if (arguments->severity == GPR_LOG_SEVERITY_ERROR) LogPlace("gRPC", arguments->file, arguments->line);
}

// Every malformed message would be a line; its call's line says it already.
void LogProtobuf(google::protobuf::LogLevel level, const char* file, int line, const std::string&) {
  if (level == google::protobuf::LOGLEVEL_FATAL) LogPlace("protobuf", file, line);
}

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

void SetConnectionLife(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(kKeepaliveTime));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(kKeepaliveTimeout));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(kShortestPingInterval));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(kConnectionAge));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(kConnectionAgeGrace));
}

// Runs `at_bound` after `bound` and ends the process after `grace` more, unless it
// is destroyed first.
class Watchdog {
 public:
  Watchdog(absl::Duration bound, absl::Duration grace, std::function<void()> at_bound, log::Logger logger)
      : thread_([this, bound, grace, at_bound = std::move(at_bound), logger = std::move(logger)] {
          if (WaitedFor(bound)) return;
          at_bound();
          if (WaitedFor(grace)) return;
          logger.Log(log::Severity::kError, "a call does not end; ending the process");
          std::_Exit(kStuckExitStatus);
        }) {}

  ~Watchdog() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  // Whether it was called off within `duration`.
  bool WaitedFor(absl::Duration duration) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoNanoseconds(duration), [this] { return done_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<prometheus::Exposer>> Expose(const std::string& address) {
  if (address.empty()) return std::unique_ptr<prometheus::Exposer>();
  // The library throws where the port is taken.
  try {
    return std::make_unique<prometheus::Exposer>(address, 1);
  } catch (const std::exception&) {
    return absl::UnavailableError("cannot serve metrics on " + address + "; is the port taken?");
  }
}

}  // namespace

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

absl::StatusOr<std::unique_ptr<Server>> Server::Create(ServerOptions options, const clock::Clock& clock,
                                                       log::Logger logger) {
  if (options.credentials == nullptr && !IsLoopback(options.listen)) {
    return NotLoopback("the address to listen on", options.listen);
  }
  if (!options.metrics_listen.empty() && !IsLoopback(options.metrics_listen)) {
    return NotLoopback("the metrics address", options.metrics_listen);
  }
  gpr_set_log_function(&LogGrpc);
  // The distribution's Abseil looks for cycles of locks, a help for who writes it: each lock
  // of gRPC would pay for it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  google::protobuf::SetLogHandler(&LogProtobuf);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  ASSIGN_OR_RETURN(auto exposer, Expose(options.metrics_listen));
  return std::unique_ptr<Server>(new Server(std::move(options), clock, std::move(logger), std::move(exposer)));
}

Server::Server(ServerOptions options, const clock::Clock& clock, log::Logger logger,
               std::unique_ptr<prometheus::Exposer> exposer)
    : options_(std::move(options)),
      logger_(std::move(logger)),
      exposer_(std::move(exposer)),
      metrics_(std::make_shared<prometheus::Registry>()),
      workers_(options_.workers),
      adapter_(std::make_unique<Adapter>(options_.adapter, workers_, metrics_, clock, logger_)) {
  if (exposer_ != nullptr) exposer_->RegisterCollectable(metrics_.registry());
}

Server::~Server() { Stop(); }

void Server::Add(std::unique_ptr<Service> service) { services_.push_back(std::move(service)); }

void Server::OnStop(std::function<void()> close) { close_stack_.push_back(std::move(close)); }

int Server::metrics_port() const { return exposer_ != nullptr ? exposer_->GetListeningPorts().front() : 0; }

absl::Status Server::Start() {
  for (const auto& service : services_) RETURN_IF_ERROR(service->Check());
  RETURN_IF_ERROR(BuildAndBind());
  RETURN_IF_ERROR(WritePortFile());
  SetServing(true);
  logger_.Log(log::Severity::kInfo, "serving", {{"port", int64_t{port_}}, {"metrics_port", int64_t{metrics_port()}}});
  return absl::OkStatus();
}

absl::Status Server::BuildAndBind() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options_.listen,
                           options_.credentials != nullptr ? options_.credentials : grpc::InsecureServerCredentials(),
                           &port_);
  builder.SetMaxReceiveMessageSize(options_.max_message_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options_.max_metadata_bytes);
  // Two servers on one port would share its connections without a word.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  SetConnectionLife(builder);
  for (const auto& service : services_) builder.RegisterService(service.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    server_.reset();
    return absl::UnavailableError("cannot listen on " + options_.listen + "; is the port taken?");
  }
  SetServing(false);
  return absl::OkStatus();
}

absl::Status Server::WritePortFile() const {
  if (options_.port_file.empty()) return absl::OkStatus();
  // Renamed into place: who waits for the file never reads half of it.
  const std::string unfinished = options_.port_file + ".tmp";
  {
    std::ofstream file(unfinished);
    file << port_ << "\n";
    if (!file.flush()) return absl::UnavailableError("cannot write the port file " + options_.port_file);
  }
  if (std::rename(unfinished.c_str(), options_.port_file.c_str()) != 0) {
    return absl::UnavailableError("cannot write the port file " + options_.port_file);
  }
  return absl::OkStatus();
}

void Server::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* const health = server_->GetHealthCheckService();
  for (const auto& service : services_) health->SetServingStatus(service->name(), serving);
  // "" and every name that is set.
  health->SetServingStatus(serving);
}

void Server::RunUntilStopSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  logger_.Log(log::Severity::kInfo, "stopping", {{"signal", int64_t{signal}}});
  Stop();
}

void Server::Stop() {
  std::call_once(stopped_, [this] {
    if (server_ != nullptr) Drain();
    workers_.Join();
    for (auto close = close_stack_.rbegin(); close != close_stack_.rend(); ++close) (*close)();
    logger_.Log(log::Severity::kInfo, "stopped");
  });
}

void Server::Drain() {
  SetServing(false);
  const Watchdog watchdog(
      options_.drain_bound, kStuckGrace, [this] { workers_.Close(); }, logger_);
  // The wire has its own deadline, on the machine's clock.
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(options_.drain_bound + kFlush));
  workers_.Join();
}

}  // namespace samverkan::rpc
