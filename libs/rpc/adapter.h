// Between gRPC and the handlers: everything that every call of every method goes
// through, in one place and in this order.
//
//   on gRPC's thread  certificate and token -> caller (UNAUTHENTICATED), room in the
//                     queue (RESOURCE_EXHAUSTED)
//   on a worker       still wanted (CANCELLED, DEADLINE_EXCEEDED), access rule and
//                     no metadata that only services may send (PERMISSION_DENIED),
//                     message parses and is sound (INVALID_ARGUMENT), audit backlog
//                     (UNAVAILABLE), handler
//   before answering  refusal recorded, metrics, log line
//
// A refusal waits for a worker like any call, because recording it does.
#ifndef SAMVERKAN_LIBS_RPC_ADAPTER_H_
#define SAMVERKAN_LIBS_RPC_ADAPTER_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "libs/auth/authenticator.h"
#include "libs/auth/caller.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/rpc/access_rule.h"
#include "libs/rpc/call_context.h"
#include "libs/rpc/metrics.h"
#include "libs/rpc/request_check.h"
#include "libs/rpc/worker_pool.h"

namespace samverkan::rpc {

// Who calls, or UNAUTHENTICATED with a reason: auth::Authenticator. Runs on gRPC's
// threads: must not block.
using Authenticator = std::function<absl::StatusOr<auth::Caller>(const auth::Credentials& credentials)>;

// Records durably that a known caller was refused. `request` is null when it did
// not parse. The status is the refusal, with the mark of a hidden one
// (status::IsHidden). Runs on a worker, may block; an error makes the call end
// UNAVAILABLE, reason REFUSAL_NOT_RECORDED.
using RefusalRecorder =
    std::function<absl::Status(const CallContext&, const google::protobuf::Message* request, const absl::Status&)>;

// One method that is served. Made by Service when the method is added.
struct Method {
  // "samverkan.intake.v1.ReportService/GetReport".
  std::string name;
  // The same with a slash before it, as HTTP/2 has it.
  std::string path;
  AccessRule rule;
  RequestCheck check;
  // Of the generated types; live for ever.
  const google::protobuf::Message* request = nullptr;
  const google::protobuf::Message* response = nullptr;
  // Fills the response; both messages are of the types above.
  std::function<absl::Status(const CallContext&, const google::protobuf::Message&, google::protobuf::Message&)> handler;
  MethodMetrics metrics;
};

class Adapter {
 public:
  struct Options {
    // Required.
    Authenticator authenticate;
    // Required: without it every refusal ends UNAVAILABLE.
    RefusalRecorder record_refusal;
    // Whether audit entries have waited too long; then methods that read personal
    // data are refused with UNAVAILABLE, reason AUDIT_BACKLOG. None means never.
    std::function<bool()> audit_backlog_exceeded;
    // No call is worked on for longer, whatever deadline the client has set.
    absl::Duration longest_call = absl::Seconds(30);
  };

  // `workers`, `metrics` and `clock` must outlive the adapter. `clock` gives
  // CallContext::now.
  Adapter(Options options, WorkerPool& workers, Metrics& metrics, const clock::Clock& clock, log::Logger logger);

  // Serves one call. gRPC calls this, through Service; never blocks.
  grpc::ServerUnaryReactor* Serve(const Method& method, grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request, grpc::ByteBuffer* response);

  Metrics& metrics() { return metrics_; }

 private:
  friend class Call;

  const Options options_;
  WorkerPool& workers_;
  Metrics& metrics_;
  const clock::Clock& clock_;
  const log::Logger logger_;
  // Deadlines and durations are of the machine's time, also where `clock_` is moved.
  const clock::SystemClock system_clock_;
};

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_ADAPTER_H_
