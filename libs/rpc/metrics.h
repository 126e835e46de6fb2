// What the RPC layer counts, for Prometheus. Names are part of the contract with
// dashboards and alerts:
//   samverkan_rpc_calls_total{method,code}     calls answered
//   samverkan_rpc_seconds{method}              time from arrival to answer
//   samverkan_rpc_waiting                      calls waiting for a worker
//   samverkan_rpc_refused_total{method,reason} calls refused: not authenticated,
//                                              not permitted, no room
#ifndef SAMVERKAN_LIBS_RPC_METRICS_H_
#define SAMVERKAN_LIBS_RPC_METRICS_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/support/status.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace samverkan::rpc {

class Metrics;

// The counters of one method, looked up once.
class MethodMetrics {
 public:
  // Counts an answered call. `waited` is from its arrival.
  void Count(grpc::StatusCode code, absl::Duration waited) const;
  // Counts a refusal. `reason` is one of the contract's, so that the number of
  // series stays bounded.
  void CountRefused(const std::string& reason) const;

 private:
  friend class Metrics;
  std::string method_;
  Metrics* metrics_ = nullptr;
  prometheus::Counter* succeeded_ = nullptr;
  prometheus::Histogram* seconds_ = nullptr;
};

// May be used by several threads at once. Outlives what it hands out.
class Metrics {
 public:
  explicit Metrics(std::shared_ptr<prometheus::Registry> registry);

  MethodMetrics ForMethod(const std::string& method);
  prometheus::Gauge& waiting() { return waiting_; }
  // Other parts of a service add their families here.
  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

 private:
  friend class MethodMetrics;
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Family<prometheus::Counter>& refused_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Gauge& waiting_;
};

// The canonical name of a code, "NOT_FOUND".
const std::string& CodeName(grpc::StatusCode code);

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_METRICS_H_
