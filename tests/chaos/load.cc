#include "tests/chaos/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/clock/clock.h"
#include "libs/rpc/client.h"
#include "libs/rpc/trace_context.h"
#include "libs/status/grpc.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "samverkan/intake/v1/report.grpc.pb.h"
#include "tests/testing/await.h"
#include "tests/testing/cast.h"
#include "tests/testing/client.h"

namespace samverkan::tests {
namespace {

constexpr int kClients = 8;
constexpr absl::Duration kLongestWait = absl::Minutes(1);
constexpr absl::Duration kLongestCall = absl::Seconds(5);
constexpr std::chrono::milliseconds kPauseAfterFailure{10};
constexpr const char* kChildren[] = {"201201172390", "201201222385", "201201272380", "201201312392",
                                     "201202172399", "201202222384", "201202252399", "201202272397"};

// A connection of the client's own.
std::shared_ptr<grpc::Channel> Connect(const ServiceSet& set, Load::Retries retries) {
  grpc::ChannelArguments arguments;
  if (retries != Load::Retries::kPublished) arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  return rpc::OpenChannel(set.Address(ServiceSet::kIntake), set.CredentialsOf(Principal(), ServiceSet::kIntake),
                          arguments);
}

// What a client may answer by sending the same call again.
bool MayRepeat(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsAborted(status) ||
         absl::IsResourceExhausted(status);
}

std::string OutcomeOf(const absl::Status& status) {
  return absl::StrCat(absl::StatusCodeToString(status.code()), " ", status::Reason(status));
}

int64_t Number(const ServiceSet& set, const std::string& sql) {
  int64_t number = -1;
  EXPECT_TRUE(absl::SimpleAtoi(set.Value(sql).value_or(""), &number)) << sql;
  return number;
}

// How many entries of the whole log name each resource, as an auditor finds them.
std::map<std::string, int> EntriesByResource(const ServiceSet& set) {
  std::map<std::string, int> counts;
  const Client client(set);
  audit::v1::SearchEntriesRequest request;
  request.mutable_start_time()->set_seconds(0);
  request.set_page_size(1000);
  do {
    const auto answer = client.As(Auditor(), &Audit::SearchEntries, request);
    EXPECT_OK(answer.status);
    for (const audit::v1::LoggedEntry& logged : answer.response.entries()) {
      for (const std::string& resource : logged.entry().private_part().resources()) ++counts[resource];
    }
    request.set_page_token(answer.response.next_page_token());
  } while (!request.page_token().empty());
  return counts;
}

}  // namespace

// One client, in a thread of its own.
class Load::School {
 public:
  School(Load& load, const ServiceSet& set, uint64_t seed, Retries retries)
      : load_(load), set_(set), random_(seed), reports_(intake::v1::ReportService::NewStub(Connect(set, retries))) {}

  void Work() {
    while (!load_.stopping()) {
      const intake::v1::SubmitReportRequest request = NewReport();
      const std::string report = Submit(request);
      if (report.empty()) return;
      load_.Acknowledge(report, request.request_id());
      if (Read(report)) load_.AcknowledgeRead(report);
      // Repeated although it was acknowledged, as a client does that died in between.
      if (Chance(4) && Submit(request) != report) load_.Fail("a repeated request gave another report");
    }
  }

 private:
  bool Chance(int one_in) { return std::uniform_int_distribution<int>(1, one_in)(random_) == 1; }

  intake::v1::SubmitReportRequest NewReport() {
    intake::v1::SubmitReportRequest request = SchoolReport("");
    if (Chance(3)) {
      request.mutable_submission()->mutable_child()->set_identity_number(
          kChildren[std::uniform_int_distribution<size_t>(0, std::size(kChildren) - 1)(random_)]);
    } else {
      request.mutable_submission()->mutable_child()->set_description("Flicka i gul jacka, går i trean.");
    }
    return request;
  }

  // The report's name; empty where the request was never acknowledged.
  std::string Submit(const intake::v1::SubmitReportRequest& request) {
    intake::v1::SubmitReportResponse response;
    const bool acknowledged =
        Repeat([&](grpc::ClientContext& context) { return reports_->SubmitReport(&context, request, &response); });
    return acknowledged && response.reports_size() == 1 ? response.reports(0).name() : "";
  }

  bool Read(const std::string& report) {
    intake::v1::GetReportRequest request;
    request.set_name(report);
    intake::v1::Report response;
    return Repeat([&](grpc::ClientContext& context) { return reports_->GetReport(&context, request, &response); });
  }

  // Sends until it succeeds; a service that is away comes back.
  template <typename Send>
  bool Repeat(const Send& send) {
    const absl::Time end = clock_.Now() + kLongestWait;
    while (clock_.Now() < end) {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);
      rpc::Prepare(set_.TokenOf(Principal()), clock_.Now() + kLongestCall, rpc::NewTrace(), context);
      const absl::Status status = status::FromGrpc(send(context));
      load_.Count(OutcomeOf(status));
      if (status.ok()) return true;
      if (!MayRepeat(status)) {
        load_.Fail(status.ToString());
        return false;
      }
      // lint: allow(sleep): what a client does between two attempts
      std::this_thread::sleep_for(kPauseAfterFailure);
    }
    load_.Fail("a call was not acknowledged within a minute");
    return false;
  }

  Load& load_;
  const ServiceSet& set_;
  const clock::SystemClock clock_;
  std::mt19937_64 random_;
  const std::unique_ptr<intake::v1::ReportService::Stub> reports_;
};

Load::Load(const ServiceSet& set, uint64_t seed, Retries retries) : set_(set) {
  for (int i = 0; i < kClients; ++i) {
    clients_.emplace_back(
        [this, retries, client_seed = seed + i] { School(*this, set_, client_seed, retries).Work(); });
  }
}

Load::~Load() { Stop(); }

void Load::Stop() {
  stopping_ = true;
  for (std::thread& client : clients_) client.join();
  clients_.clear();
}

bool Load::AwaitAcknowledged(int count) {
  std::unique_lock lock(mutex_);
  const int64_t goal = acknowledged_count_ + count;
  return acknowledged_.wait_for(lock, absl::ToChronoMilliseconds(kLongestWait),
                                [&] { return acknowledged_count_ >= goal; });
}

void Load::Count(const std::string& outcome) {
  const std::lock_guard lock(mutex_);
  ++outcomes_[outcome];
}

void Load::Acknowledge(const std::string& report, const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  const bool is_new = ledger_.try_emplace(report, Acknowledged{request_id, 0}).second;
  if (!is_new) faults_.push_back("two requests were acknowledged with one report");
  ++acknowledged_count_;
  acknowledged_.notify_all();
}

void Load::AcknowledgeRead(const std::string& report) {
  const std::lock_guard lock(mutex_);
  ++ledger_[report].reads;
  ++acknowledged_count_;
  acknowledged_.notify_all();
}

void Load::Fail(const std::string& fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(fault);
}

std::map<std::string, int> Load::outcomes() const {
  const std::lock_guard lock(mutex_);
  return outcomes_;
}

void Load::ExpectNothingLostOrDoubled() const {
  EXPECT_THAT(faults_, ::testing::IsEmpty());
  ASSERT_TRUE(AwaitDrained(set_)) << "audit entries still wait";
  ExpectReports();
  ExpectEvents();
  ExpectAuditEntries();
  for (const auto& [outcome, count] : outcomes()) std::printf("%6d  %s\n", count, outcome.c_str());
  std::printf("%6zu  reports acknowledged, each stored once\n", ledger_.size());
}

void Load::ExpectReports() const {
  const auto rows = set_.Query("SELECT 'municipalities/' || municipality || '/reports/' || report FROM intake.report");
  ASSERT_OK(rows.status());
  std::set<std::string> stored;
  for (const auto& row : *rows) stored.insert(row[0]);
  for (const auto& [report, acknowledged] : ledger_) EXPECT_EQ(stored.erase(report), 1u) << "lost: " << report;
  EXPECT_THAT(stored, ::testing::IsEmpty()) << "stored and never acknowledged, so doubled";
  EXPECT_EQ(Number(set_, "SELECT count(*) FROM intake.request"), static_cast<int64_t>(ledger_.size()));
  EXPECT_EQ(Number(set_, "SELECT count(*) FROM intake.deadline"), 2 * static_cast<int64_t>(ledger_.size()));
}

void Load::ExpectEvents() const {
  const auto reports = static_cast<int64_t>(ledger_.size());
  EXPECT_EQ(Number(set_, "SELECT count(*) FROM intake.event"), reports);
  EXPECT_TRUE(Await(kLongestWait, [&] {
    return Number(set_, "SELECT count(DISTINCT position) FROM intake.event") == reports;
  })) << "events without a position";
  EXPECT_EQ(Number(set_, "SELECT max(position) FROM intake.event"), reports) << "positions are not dense";
}

void Load::ExpectAuditEntries() const {
  const int64_t size = Number(set_, "SELECT size FROM audit.log_state");
  EXPECT_EQ(Number(set_, "SELECT count(*) FROM audit.private_part"), size);
  EXPECT_EQ(Number(set_, "SELECT count(*) FROM audit.entry_key"), size);
  EXPECT_EQ(Number(set_, "SELECT max(index) + 1 FROM audit.entry"), size);
  std::map<std::string, int> touched = EntriesByResource(set_);
  for (const auto& [report, acknowledged] : ledger_) {
    EXPECT_GE(touched[report], 1 + acknowledged.reads) << "not in the audit log: " << report;
  }
}

uint64_t ChosenSeed() {
  const char* const chosen = std::getenv("SAMVERKAN_CHAOS_SEED");
  uint64_t seed = 0;
  if (chosen == nullptr || !absl::SimpleAtoi(chosen, &seed)) seed = std::random_device()();
  std::printf("SAMVERKAN_CHAOS_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

bool AwaitDrained(const ServiceSet& set) {
  return Await(kLongestWait, [&] { return Number(set, "SELECT count(*) FROM intake.audit_entry") == 0; });
}

}  // namespace samverkan::tests
