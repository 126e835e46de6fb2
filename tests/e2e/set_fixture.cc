#include "tests/e2e/set_fixture.h"

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>

namespace samverkan::tests {
namespace {

// Official test numbers, one for each report that a test makes.
constexpr const char* kChildren[] = {
    "201201172390", "201201222385", "201201272380", "201201312392", "201202172399", "201202222384", "201202252399",
    "201202272397", "201203152382", "201203162399", "201203242381", "201203292386", "201204092389", "201204132391",
    "201204212391", "201204282386", "201205142399", "201205292392", "201206192393", "201207212380", "201208182392",
    "201208212397", "201208262384", "201209062387", "201209082385", "201209222395", "201209282399"};

struct Shared {
  std::unique_ptr<ServiceSet> set;
  std::unique_ptr<Client> client;
};

// Ends with the program, as a function's static does.
const Shared& SharedSet() {
  static const Shared shared = [] {
    auto set = ServiceSet::Start({});
    if (!set.ok()) {
      std::fprintf(stderr, "%s\n", set.status().ToString().c_str());
      std::exit(EXIT_FAILURE);
    }
    auto client = std::make_unique<Client>(**set);
    return Shared{*std::move(set), std::move(client)};
  }();
  return shared;
}

}  // namespace

SetTest::SetTest() : set_(*SharedSet().set), client_(*SharedSet().client) {}

ServiceSet& SetTest::Breakable() { return *SharedSet().set; }

std::string NewChild() {
  static size_t next = 0;
  return kChildren[next++ % std::size(kChildren)];
}

std::string SetTest::Submit() {
  const auto answer = Do(Principal(), &Reports::SubmitReport, SchoolReport(NewChild()));
  return answer.reports_size() == 1 ? answer.reports(0).name() : "";
}

intake::v1::Report SetTest::Get(const std::string& name) {
  intake::v1::GetReportRequest request;
  request.set_name(name);
  return Do(Caseworker(), &Reports::GetReport, request);
}

intake::v1::Report SetTest::Assess(const std::string& name) {
  intake::v1::RecordProtectionAssessmentRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  request.set_etag(Get(name).etag());
  request.set_need(intake::v1::NO_IMMEDIATE_PROTECTION);
  request.set_reasons("Barnet är tryggt i dag.");
  return Do(Caseworker(), &Assessments::RecordProtectionAssessment, request);
}

intake::v1::Report SetTest::Decide(const std::string& name, intake::v1::Decision::Outcome outcome) {
  intake::v1::DecideReportRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  request.set_etag(Assess(name).etag());
  request.set_outcome(outcome);
  request.set_reasons("Oron behöver utredas.");
  return Do(Caseworker(), &Assessments::DecideReport, request);
}

intake::v1::Investigation SetTest::Investigate(bool closed) {
  intake::v1::GetInvestigationRequest get;
  get.set_name(Decide(Submit(), intake::v1::Decision::OPENED).decision().investigation());
  const intake::v1::Investigation running = Do(Caseworker(), &Investigations::GetInvestigation, get);
  if (!closed) return running;
  intake::v1::CloseInvestigationRequest close;
  close.set_name(running.name());
  close.set_request_id(NewRequestId());
  close.set_etag(running.etag());
  close.set_result(intake::v1::Closing::WITHOUT_MEASURE);
  close.set_reasons("Familjen har det stöd som behövs.");
  return Do(Caseworker(), &Investigations::CloseInvestigation, close);
}

intake::v1::Deadline SetTest::ClockOf(const intake::v1::Report& report, const std::string& clock) {
  for (const intake::v1::Deadline& deadline : report.deadlines()) {
    if (deadline.clock() == clock) return deadline;
  }
  return {};
}

}  // namespace samverkan::tests
