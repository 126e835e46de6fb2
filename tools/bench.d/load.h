#ifndef SAMVERKAN_TOOLS_BENCH_D_LOAD_H_
#define SAMVERKAN_TOOLS_BENCH_D_LOAD_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/async_unary_call.h"
#include "grpcpp/support/status.h"

// What the programs share that call a service as many clients at once would, for the figures of
// tools/bench.
//
// Without --rate, closed loop: --outstanding calls are always under way. With it, open loop: calls
// start at random instants (as pgbench --rate chooses them) whether or not earlier ones were
// answered, and a call's time counts from the instant it should have started at. What is answered
// within --warm_up is not counted.
namespace samverkan::bench {

// The lines of a file.
std::vector<std::string> ReadLines(const std::string& path);

// --channels connections to `service` at --target, as the system of --certificate.
std::vector<std::shared_ptr<grpc::Channel>> OpenChannels(const std::string& service);

// What the token of a file is sent as, in the metadata `authorization`.
std::string AuthorizationOf(const std::string& token_file);

// One call under way; lives from its start to its answer.
class Call {
 public:
  virtual ~Call() = default;
  // What it was answered with, as --names keeps it; empty where the answer lacks what it should hold.
  virtual std::string Line() const = 0;

  grpc::ClientContext context;
  grpc::Status status;
  absl::Time start;
};

// Starts calls, one after the other.
class Caller {
 public:
  virtual ~Caller() = default;
  // Starts the next call; its time counts from `start`. `queue` gives back the `Call`, then the
  // receiver's.
  virtual void Start(absl::Time start, grpc::CompletionQueue& queue) = 0;
};

// Sets up a call that begins at `start`.
void Prepare(Call& call, absl::Time start, const std::string& authorization);

// Calls one method, in turn over the connections.
template <typename Stub, typename Request, typename Response>
class MethodCaller final : public Caller {
 public:
  using Method = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*)(grpc::ClientContext*,
                                                                                      const Request&,
                                                                                      grpc::CompletionQueue*);

  // `next` makes the request of the call with a number, from 0, and `authorization` says by whom it is
  // called; `line` as Call::Line.
  MethodCaller(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
               std::function<const std::string&(size_t)> authorization, Method method,
               std::function<const Request&(size_t)> next, std::function<std::string(const Response&)> line)
      : authorization_(std::move(authorization)), method_(method), next_(std::move(next)), line_(std::move(line)) {
    for (const auto& channel : channels) stubs_.push_back(std::make_unique<Stub>(channel));
  }

  void Start(absl::Time start, grpc::CompletionQueue& queue) override {
    auto call = std::make_unique<UnderWay>(*this);
    Prepare(*call, start, authorization_(made_));
    Stub& stub = *stubs_[made_ % stubs_.size()];
    call->reader = (stub.*method_)(&call->context, next_(made_++), &queue);
    UnderWay* const waiting = call.release();
    waiting->reader->Finish(&waiting->response, &waiting->status, static_cast<Call*>(waiting));
  }

 private:
  class UnderWay final : public Call {
   public:
    explicit UnderWay(const MethodCaller& caller) : caller_(caller) {}
    std::string Line() const override { return caller_.line_(response); }

    Response response;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;

   private:
    const MethodCaller& caller_;
  };

  const std::function<const std::string&(size_t)> authorization_;
  const Method method_;
  const std::function<const Request&(size_t)> next_;
  const std::function<std::string(const Response&)> line_;
  std::vector<std::unique_ptr<Stub>> stubs_;
  size_t made_ = 0;
};

// Makes the calls that the flags ask for and prints one JSON line:
//   {"ok": …, "seconds": …, "p50_ms": …, "p99_ms": …, "errors": {"UNAVAILABLE …": …}}
// What calls were answered with goes to `lines_file`, where that is not empty. Returns the exit code:
// 1 when a call was not answered OK.
int RunLoad(Caller& caller, const std::string& lines_file);

}  // namespace samverkan::bench

#endif  // SAMVERKAN_TOOLS_BENCH_D_LOAD_H_
