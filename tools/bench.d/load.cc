#include "tools/bench.d/load.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/auth/peer_name.h"
#include "libs/clock/clock.h"
#include "libs/rpc/client.h"
#include "libs/tls/credentials.h"
#include "nlohmann/json.hpp"

ABSL_FLAG(std::string, target, "", "host:port of the service");
ABSL_FLAG(std::string, ca, "", "PEM file with the authority that the service's certificate is of");
ABSL_FLAG(std::string, certificate, "", "PEM file with the calling system's certificate");
ABSL_FLAG(std::string, key, "", "PEM file with its private key");
ABSL_FLAG(bool, plaintext, false, "without TLS, for a service on loopback that serves so");
ABSL_FLAG(absl::Duration, warm_up, absl::Seconds(1), "how long answers are not counted");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(5), "how long they are counted");
ABSL_FLAG(int64_t, calls, 0, "stop after so many calls instead");
ABSL_FLAG(double, rate, 0, "calls a second; 0: as many as are answered");
ABSL_FLAG(int, outstanding, 64, "calls under way at a time, without --rate");
ABSL_FLAG(int, channels, 8, "connections");

namespace samverkan::bench {
namespace {

constexpr absl::Duration kLongestCall = absl::Seconds(10);

absl::Time Now() { return clock::SystemClock().Now(); }

std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& service) {
  if (absl::GetFlag(FLAGS_plaintext)) return grpc::InsecureChannelCredentials();
  const tls::Files files = {.certificate = absl::GetFlag(FLAGS_certificate),
                            .key = absl::GetFlag(FLAGS_key),
                            .authorities = absl::GetFlag(FLAGS_ca)};
  return tls::ChannelCredentials(files, auth::ServiceUri(service), nullptr);
}

// What came back after the warm-up; every error counts, whenever it came.
class Record {
 public:
  void Add(const Call& call, absl::Time now, bool counts) {
    const std::string line = call.Line();
    if (!call.status.ok()) {
      ++errors_[absl::StrCat(call.status.error_code(), " ", call.status.error_message())];
    } else if (line.empty()) {
      ++errors_["an answer without what it should hold"];
    } else if (counts) {
      milliseconds_.push_back(absl::ToDoubleMilliseconds(now - call.start));
    }
    if (call.status.ok() && !line.empty()) lines_.push_back(line);
  }

  bool clean() const { return errors_.empty(); }
  const std::vector<std::string>& lines() const { return lines_; }

  void Print(absl::Duration counted) {
    std::sort(milliseconds_.begin(), milliseconds_.end());
    std::cout << nlohmann::json{{"ok", milliseconds_.size()},
                                {"seconds", absl::ToDoubleSeconds(counted)},
                                {"p50_ms", Quantile(0.50)},
                                {"p99_ms", Quantile(0.99)},
                                {"errors", errors_}}
              << "\n";
  }

 private:
  double Quantile(double part) const {
    if (milliseconds_.empty()) return 0;
    return milliseconds_[std::min(static_cast<size_t>(part * milliseconds_.size()), milliseconds_.size() - 1)];
  }

  std::vector<double> milliseconds_;
  std::vector<std::string> lines_;
  std::map<std::string, int64_t> errors_;
};

// When calls of an open loop should start: a Poisson process.
class Arrivals {
 public:
  Arrivals(absl::Time start, double rate) : next_(start), gap_(rate) {}

  absl::Time next() const { return next_; }
  void Advance() { next_ += absl::Seconds(gap_(random_)); }

 private:
  absl::Time next_;
  std::minstd_rand random_{20260112};
  std::exponential_distribution<double> gap_;
};

class Load {
 public:
  Load(Caller& caller, Record& record) : caller_(caller), record_(record) {}

  // Returns how long answers were counted.
  absl::Duration Run() {
    start_ = Now();
    counted_from_ = start_ + absl::GetFlag(FLAGS_warm_up);
    end_ = counted_from_ + absl::GetFlag(FLAGS_duration);
    if (absl::GetFlag(FLAGS_calls) > 0) counted_from_ = start_, end_ = absl::InfiniteFuture();
    absl::GetFlag(FLAGS_rate) > 0 ? RunOpen() : RunClosed();
    return std::min(Now(), end_) - counted_from_;
  }

 private:
  bool MayStart(absl::Time now) const {
    const int64_t most = absl::GetFlag(FLAGS_calls);
    return now < end_ && (most == 0 || started_ < most);
  }

  void Start(absl::Time start) {
    caller_.Start(start, queue_);
    ++started_;
    ++under_way_;
  }

  void RunClosed() {
    for (int i = 0; i < absl::GetFlag(FLAGS_outstanding) && MayStart(start_); ++i) Start(Now());
    while (under_way_ > 0) {
      void* tag = nullptr;
      bool ok = false;
      if (!queue_.Next(&tag, &ok)) return;
      const absl::Time now = Take(tag);
      if (MayStart(now)) Start(now);
    }
  }

  void RunOpen() {
    Arrivals arrivals(start_, absl::GetFlag(FLAGS_rate));
    while (under_way_ > 0 || MayStart(arrivals.next())) {
      const bool more = MayStart(arrivals.next());
      const absl::Time until = more ? arrivals.next() : absl::InfiniteFuture();
      void* tag = nullptr;
      bool ok = false;
      if (queue_.AsyncNext(&tag, &ok, absl::ToChronoTime(until)) == grpc::CompletionQueue::GOT_EVENT) Take(tag);
      for (; MayStart(arrivals.next()) && arrivals.next() <= Now(); arrivals.Advance()) Start(arrivals.next());
    }
  }

  absl::Time Take(void* tag) {
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    const absl::Time now = Now();
    --under_way_;
    // An open loop's calls count by when they should have started, else the slow ones
    // at the end would be left out.
    const absl::Time instant = absl::GetFlag(FLAGS_rate) > 0 ? call->start : now;
    record_.Add(*call, now, instant >= counted_from_ && instant < end_);
    return now;
  }

  Caller& caller_;
  Record& record_;
  grpc::CompletionQueue queue_;
  absl::Time start_, counted_from_, end_;
  int64_t started_ = 0;
  int64_t under_way_ = 0;
};

}  // namespace

std::vector<std::string> ReadLines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<std::shared_ptr<grpc::Channel>> OpenChannels(const std::string& service) {
  const auto credentials = Credentials(service);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < absl::GetFlag(FLAGS_channels); ++i) {
    grpc::ChannelArguments arguments;
    // Otherwise channels of equal arguments share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // Each call counts once.
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    channels.push_back(rpc::OpenChannel(absl::GetFlag(FLAGS_target), credentials, arguments));
  }
  return channels;
}

std::string AuthorizationOf(const std::string& token_file) {
  const std::vector<std::string> token = ReadLines(token_file);
  return "Bearer " + (token.empty() ? std::string() : token.front());
}

void Prepare(Call& call, absl::Time start, const std::string& authorization) {
  call.start = start;
  call.context.AddMetadata("authorization", authorization);
  call.context.set_deadline(absl::ToChronoTime(Now() + kLongestCall));
}

int RunLoad(Caller& caller, const std::string& lines_file) {
  Record record;
  record.Print(Load(caller, record).Run());
  if (!lines_file.empty()) {
    std::ofstream lines(lines_file);
    for (const std::string& line : record.lines()) lines << line << "\n";
  }
  return record.clean() ? 0 : 1;
}

}  // namespace samverkan::bench
