#include "services/intake/intake_fixture.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/clock/clock.h"
#include "libs/pg/statement.h"
#include "libs/rpc/access_rule.h"
#include "libs/status/macros.h"
#include "services/intake/assessment.h"

namespace samverkan::intake::testing {
namespace {

constexpr pg::Statement kEntries = {"test_entries", "SELECT content FROM audit_entry ORDER BY sequence"};
constexpr pg::Statement kEvents = {"test_events", "SELECT content FROM event ORDER BY sequence"};

absl::Time Soon() { return clock::SystemClock().Now() + absl::Seconds(30); }

// A test that cannot get its parts cannot say anything.
template <typename T>
T Must(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << result.status() << std::endl;
  std::abort();
}

template <typename Message>
std::vector<Message> ReadAll(pg::Pool& pool, const pg::Statement& statement) {
  return Must(
      pool.Read(Soon(), statement.name, [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<Message>> {
        ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(statement));
        std::vector<Message> messages;
        for (const pg::Row row : rows) {
          ASSIGN_OR_RETURN(const pg::Bytes content, row.Get<pg::Bytes>(0));
          messages.emplace_back().ParseFromString(content.data);
        }
        return messages;
      }));
}

}  // namespace

rpc::CallContext CallOf(const auth::Caller& caller, std::string_view method, absl::Time now) {
  rpc::CallContext call;
  call.caller = caller;
  call.deadline = Soon();
  call.now = now;
  call.method = absl::StrCat("samverkan.intake.v1.", absl::string_view(method.data(), method.size()));
  const auto* const descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      absl::StrReplaceAll(call.method, {{"/", "."}}));
  if (descriptor == nullptr) {
    std::cerr << "no method " << call.method << std::endl;
    std::abort();
  }
  const rpc::AccessRule rule = Must(rpc::AccessRule::Of(*descriptor));
  call.role = rule.RoleOf(caller);
  call.action = rule.action();
  return call;
}

std::string NewRequestId() { return pg::Uuid::Random().ToString(); }

IntakeTest::IntakeTest()
    : pool_(Must(pg::Pool::Open(database_.ConninfoFor("intake"), 8))),
      writer_(Must(pg::CombiningWriter::Open(database_.ConninfoFor("intake"), {}))),
      reports_(std::make_unique<ReportStore>(*pool_, *writer_)),
      investigations_(std::make_unique<InvestigationStore>(*pool_, *writer_)),
      units_(Must(UnitDirectory::Load("deploy/directory"))) {}

Parts IntakeTest::parts() const { return {ShippedRules(), units_, request_keys_, page_tokens_, blind_index_key_}; }

std::string IntakeTest::SubmitReport(std::string_view identity_number, bool feedback_wanted) {
  ReceivedReports received;
  received.reports.push_back(ReceivedAt(now_, SchoolSubmission(identity_number, feedback_wanted)));
  received.reports.front().report.set_name(MakeName("0180", "reports", pg::Uuid::FromTime(now_)));
  received.blind_indexes.emplace_back(std::string(identity_number));
  received.feedback_clock_if_running = Must(FeedbackClockIfRunning(ShippedRules(), received.reports.front()));
  const rpc::CallContext call = CallOf(Reporter(), "ReportService/SubmitReport", now_);
  const auto request = Must(request_keys_.Of(call, NewRequestId(), v1::SubmitReportRequest()));
  return Must(reports_->Submit(call, request, received)).front();
}

absl::StatusOr<ReportRecord> IntakeTest::ChangeReport(std::string_view method, const std::string& report,
                                                      const ReportStore::Transition& transition) {
  const rpc::CallContext call = CallOf(Caseworker(), method, now_);
  const auto request = Must(request_keys_.Of(call, NewRequestId(), v1::GetReportRequest()));
  ASSIGN_OR_RETURN(ReportStore::Changed changed,
                   reports_->Change(call, *ParseName(report, "reports"), request, transition));
  return std::move(changed.record);
}

absl::StatusOr<std::string> IntakeTest::DecideReport(const std::string& report, v1::Decision::Outcome outcome) {
  v1::RecordProtectionAssessmentRequest assessment;
  assessment.set_need(v1::NO_IMMEDIATE_PROTECTION);
  assessment.set_reasons("Barnet är tryggt i skolan.");
  RETURN_IF_ERROR(ChangeReport("AssessmentService/RecordProtectionAssessment", report, [&](ReportRecord record) {
                    return RecordProtectionAssessment(std::move(record), assessment, ActAt(now_));
                  }).status());
  v1::DecideReportRequest decision;
  decision.set_outcome(outcome);
  decision.set_reasons("Oron behöver utredas.");
  const std::string opened = MakeName("0180", "investigations", pg::Uuid::FromTime(now_));
  ASSIGN_OR_RETURN(const ReportRecord decided,
                   ChangeReport("AssessmentService/DecideReport", report, [&](ReportRecord record) {
                     return Decide(ShippedRules(), std::move(record), decision, opened, ActAt(now_));
                   }));
  return decided.report.decision().investigation();
}

std::string IntakeTest::OpenInvestigation(std::string_view identity_number, bool feedback_wanted) {
  return Must(DecideReport(SubmitReport(identity_number, feedback_wanted), v1::Decision::OPENED));
}

std::vector<audit::v1::Entry> IntakeTest::AuditEntries() { return ReadAll<audit::v1::Entry>(*pool_, kEntries); }

std::vector<events::v1::Event> IntakeTest::Events() { return ReadAll<events::v1::Event>(*pool_, kEvents); }

int64_t IntakeTest::Count(const std::string& sql) {
  const auto value = database_.Value(sql);
  int64_t count = -1;
  if (!value.ok() || !absl::SimpleAtoi(*value, &count)) return -1;
  return count;
}

}  // namespace samverkan::intake::testing
