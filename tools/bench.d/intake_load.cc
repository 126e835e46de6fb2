// Calls intake as many clients at once would, for tools/bench.d/intake_figures.py.
//
//   intake_load --call=submit --target=HOST:PORT --token_file=F --children=F …
//       new reports, each with a request id of its own, about one child after the other;
//       --names=F gets the names of the reports
//   intake_load --call=get --target=HOST:PORT --token_file=F --names=F …
//       reads of those reports, one after the other
//
// Without --rate, closed loop: --outstanding calls are always under way. With it, open
// loop: calls start at random instants (as pgbench --rate chooses them) whether or not
// earlier ones were answered, and a call's time counts from the instant it should have
// started at. What is answered within --warm_up is not counted. Prints one JSON line:
//   {"ok": …, "seconds": …, "p50_ms": …, "p99_ms": …, "errors": {"UNAVAILABLE …": …}}
// Exit code 1 when a call was not answered OK.

#include <algorithm>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/auth/peer_name.h"
#include "libs/clock/clock.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/client.h"
#include "libs/tls/credentials.h"
#include "nlohmann/json.hpp"
#include "samverkan/intake/v1/report.grpc.pb.h"

ABSL_FLAG(std::string, call, "submit", "submit or get");
ABSL_FLAG(std::string, target, "", "host:port of intake");
ABSL_FLAG(std::string, ca, "", "PEM file with the authority that intake's certificate is of");
ABSL_FLAG(std::string, certificate, "", "PEM file with the calling system's certificate");
ABSL_FLAG(std::string, key, "", "PEM file with its private key");
ABSL_FLAG(bool, plaintext, false, "without TLS, for an intake on loopback that serves so");
ABSL_FLAG(std::string, token_file, "", "file with the access token, bound to the certificate");
ABSL_FLAG(std::string, parent, "municipalities/0180/authorities/skarholmen", "authority that receives the reports");
ABSL_FLAG(std::string, children, "", "file with identity numbers, one a line");
ABSL_FLAG(std::string, names, "", "file with names of reports, one a line");
ABSL_FLAG(absl::Duration, warm_up, absl::Seconds(1), "how long answers are not counted");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(5), "how long they are counted");
ABSL_FLAG(int64_t, calls, 0, "stop after so many calls instead");
ABSL_FLAG(double, rate, 0, "calls a second; 0: as many as are answered");
ABSL_FLAG(int, outstanding, 64, "calls under way at a time, without --rate");
ABSL_FLAG(int, channels, 8, "connections");

namespace samverkan::bench {
namespace {

using intake::v1::GetReportRequest;
using intake::v1::Report;
using intake::v1::ReportService;
using intake::v1::SubmitReportRequest;
using intake::v1::SubmitReportResponse;

constexpr absl::Duration kLongestCall = absl::Seconds(10);

absl::Time Now() { return clock::SystemClock().Now(); }

std::vector<std::string> ReadLines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// A school's report as the routine asks for it: about 600 bytes of text, a report
// meeting and feedback wanted.
SubmitReportRequest ReportOfASchool(const std::string& parent) {
  SubmitReportRequest request;
  request.set_parent(parent);
  auto& submission = *request.mutable_submission();
  submission.set_kind(intake::v1::CONCERN_REPORT);
  submission.set_form(intake::v1::WRITTEN);
  auto& reporter = *submission.mutable_reporter();
  reporter.set_category("school");
  reporter.set_person_name("Karin Lind");
  reporter.set_title("rektor");
  reporter.set_organisation("Bredängsskolan");
  submission.mutable_child()->set_given_name("Elsa");
  submission.mutable_child()->set_school("Bredängsskolan");
  submission.mutable_guardians_told()->set_told("Rektor berättade för mamma vid ett möte på skolan samma dag.");
  auto& concern = *submission.mutable_concern();
  concern.set_what("Eleven har varit borta mer än hälften av höstens skoldagar och är ofta hungrig på morgonen.");
  concern.set_history(
      "Skolan har känt familjen i fyra år. Oron har vuxit sedan i våras, då frånvaron började: först enstaka morgnar, "
      "sedan hela veckor. Eleven har slutat att delta i idrott och är oftast ensam på rasterna.");
  concern.set_home_contact("Tre möten med mamma under hösten; pappa har inte gått att nå.");
  concern.set_tried("Anpassad studiegång, frukost på skolan och samtal med kuratorn.");
  concern.set_child_said("\"Ingen är hemma på kvällarna.\"");
  submission.set_report_meeting_wanted(true);
  submission.set_feedback_wanted(true);
  submission.mutable_contact_person()->set_function("Elevhälsan, Bredängsskolan");
  submission.mutable_contact_person()->set_email("elevhalsan@bredangsskolan.example");
  submission.mutable_signature()->set_person_name("Karin Lind");
  submission.mutable_signature()->set_title("rektor");
  return request;
}

// One call under way; lives from its start to its answer.
class Call {
 public:
  virtual ~Call() = default;
  // Name of the report that was made or shown.
  virtual std::string ReportName() const = 0;

  grpc::ClientContext context;
  grpc::Status status;
  absl::Time start;
};

template <typename Response>
class CallWith final : public Call {
 public:
  std::string ReportName() const override {
    if constexpr (std::is_same_v<Response, Report>) {
      return response.name();
    } else {
      return response.reports_size() == 1 ? response.reports(0).name() : std::string();
    }
  }

  Response response;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
};

std::shared_ptr<grpc::ChannelCredentials> Credentials() {
  if (absl::GetFlag(FLAGS_plaintext)) return grpc::InsecureChannelCredentials();
  const tls::Files files = {.certificate = absl::GetFlag(FLAGS_certificate),
                            .key = absl::GetFlag(FLAGS_key),
                            .authorities = absl::GetFlag(FLAGS_ca)};
  return tls::ChannelCredentials(files, auth::ServiceUri("intake"), nullptr);
}

// Makes calls of one kind over several connections.
class Caller {
 public:
  explicit Caller(std::vector<std::string> items)
      : items_(std::move(items)), is_get_(absl::GetFlag(FLAGS_call) == "get") {
    const std::vector<std::string> token = ReadLines(absl::GetFlag(FLAGS_token_file));
    authorization_ = "Bearer " + (token.empty() ? std::string() : token.front());
    submit_ = ReportOfASchool(absl::GetFlag(FLAGS_parent));
    const auto credentials = Credentials();
    for (int i = 0; i < absl::GetFlag(FLAGS_channels); ++i) {
      grpc::ChannelArguments arguments;
      // Otherwise channels of equal arguments share one connection.
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      // Each call counts once.
      arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
      stubs_.push_back(ReportService::NewStub(rpc::OpenChannel(absl::GetFlag(FLAGS_target), credentials, arguments)));
    }
  }

  // Starts the next call; its time counts from `start`. `queue` gives it back.
  void Start(absl::Time start, grpc::CompletionQueue& queue) {
    const std::string& item = items_[made_ % items_.size()];
    ReportService::Stub& stub = *stubs_[made_++ % stubs_.size()];
    if (is_get_) {
      get_.set_name(item);
      Send<Report>(start, queue,
                   [&](grpc::ClientContext* context) { return stub.AsyncGetReport(context, get_, &queue); });
      return;
    }
    submit_.set_request_id(pg::Uuid::Random().ToString());
    submit_.mutable_submission()->mutable_child()->set_identity_number(item);
    Send<SubmitReportResponse>(
        start, queue, [&](grpc::ClientContext* context) { return stub.AsyncSubmitReport(context, submit_, &queue); });
  }

 private:
  template <typename Response, typename F>
  void Send(absl::Time start, grpc::CompletionQueue&, const F& send) {
    auto call = std::make_unique<CallWith<Response>>();
    call->start = start;
    call->context.AddMetadata("authorization", authorization_);
    call->context.set_deadline(absl::ToChronoTime(Now() + kLongestCall));
    call->reader = send(&call->context);
    CallWith<Response>* const waiting = call.release();
    waiting->reader->Finish(&waiting->response, &waiting->status, static_cast<Call*>(waiting));
  }

  const std::vector<std::string> items_;
  const bool is_get_;
  std::string authorization_;
  std::vector<std::unique_ptr<ReportService::Stub>> stubs_;
  SubmitReportRequest submit_;
  GetReportRequest get_;
  size_t made_ = 0;
};

// What came back after the warm-up; every error counts, whenever it came.
class Record {
 public:
  void Add(const Call& call, absl::Time now, bool counts) {
    const std::string name = call.ReportName();
    if (!call.status.ok()) {
      ++errors_[absl::StrCat(call.status.error_code(), " ", call.status.error_message())];
    } else if (name.empty()) {
      ++errors_["an answer without its report"];
    } else if (counts) {
      milliseconds_.push_back(absl::ToDoubleMilliseconds(now - call.start));
    }
    if (call.status.ok() && !name.empty()) names_.push_back(name);
  }

  bool clean() const { return errors_.empty(); }
  const std::vector<std::string>& names() const { return names_; }

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
  std::vector<std::string> names_;
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

int Run() {
  const bool is_get = absl::GetFlag(FLAGS_call) == "get";
  std::vector<std::string> items = ReadLines(absl::GetFlag(is_get ? FLAGS_names : FLAGS_children));
  if (items.empty()) {
    std::cerr << "intake_load: nothing to call about; see --children and --names\n";
    return 2;
  }
  Caller caller(std::move(items));
  Record record;
  record.Print(Load(caller, record).Run());
  if (!is_get && !absl::GetFlag(FLAGS_names).empty()) {
    std::ofstream names(absl::GetFlag(FLAGS_names));
    for (const std::string& name : record.names()) names << name << "\n";
  }
  return record.clean() ? 0 : 1;
}

}  // namespace
}  // namespace samverkan::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return samverkan::bench::Run();
}
