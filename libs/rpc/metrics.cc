#include "libs/rpc/metrics.h"

#include <array>
#include <utility>

namespace samverkan::rpc {
namespace {

prometheus::Histogram::BucketBoundaries Buckets() {
  return {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30};
}

}  // namespace

const std::string& CodeName(grpc::StatusCode code) {
  static const auto* const kNames = new std::array<std::string, 17>{
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<size_t>(code);
  return index < kNames->size() ? (*kNames)[index] : (*kNames)[grpc::StatusCode::UNKNOWN];
}

void MethodMetrics::Count(grpc::StatusCode code, absl::Duration waited) const {
  if (code == grpc::StatusCode::OK) {
    succeeded_->Increment();
  } else {
    metrics_->calls_.Add({{"method", method_}, {"code", CodeName(code)}}).Increment();
  }
  seconds_->Observe(absl::ToDoubleSeconds(waited));
}

void MethodMetrics::CountRefused(const std::string& reason) const {
  metrics_->refused_.Add({{"method", method_}, {"reason", reason}}).Increment();
}

Metrics::Metrics(std::shared_ptr<prometheus::Registry> registry)
    : registry_(std::move(registry)),
      calls_(prometheus::BuildCounter()
                 .Name("samverkan_rpc_calls_total")
                 .Help("Calls answered, by method and code")
                 .Register(*registry_)),
      refused_(prometheus::BuildCounter()
                   .Name("samverkan_rpc_refused_total")
                   .Help("Calls refused, by method and reason")
                   .Register(*registry_)),
      seconds_(prometheus::BuildHistogram()
                   .Name("samverkan_rpc_seconds")
                   .Help("Seconds from a call's arrival to its answer")
                   .Register(*registry_)),
      waiting_(prometheus::BuildGauge()
                   .Name("samverkan_rpc_waiting")
                   .Help("Calls waiting for a worker")
                   .Register(*registry_)
                   .Add({})) {}

MethodMetrics Metrics::ForMethod(const std::string& method) {
  MethodMetrics metrics;
  metrics.method_ = method;
  metrics.metrics_ = this;
  metrics.succeeded_ = &calls_.Add({{"method", method}, {"code", "OK"}});
  metrics.seconds_ = &seconds_.Add({{"method", method}}, Buckets());
  return metrics;
}

}  // namespace samverkan::rpc
