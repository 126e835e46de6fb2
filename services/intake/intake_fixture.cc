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

constexpr pg::Statement kEntries = {
    "test_entries", "SELECT municipality, entry, children, data_key, content FROM audit_entry ORDER BY sequence"};
constexpr pg::Statement kEvents = {"test_events", "SELECT content FROM event ORDER BY sequence"};

absl::Time Soon() { return clock::SystemClock().Now() + absl::Seconds(30); }

// A test that cannot get its parts cannot say anything.
template <typename T>
T Must(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << result.status() << std::endl;
  std::abort();
}

absl::StatusOr<audit::v1::Entry> ReadEntry(const pg::Row& row, sealing::KeyRing& keys) {
  std::string municipality;
  pg::Uuid id, data_key;
  std::vector<pg::Uuid> children;
  pg::Bytes content;
  RETURN_IF_ERROR(row.Into(municipality, id, children, data_key, content));
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, keys.Find(data_key, Soon()));
  const std::string column = outbox::ColumnOf("intake");
  ASSIGN_OR_RETURN(const std::string opened, key->Open(outbox::CellOf(column, municipality, id), content));
  audit::v1::Entry entry;
  entry.ParseFromString(opened);
  return entry;
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
      job_pool_(Must(pg::Pool::Open(database_.ConninfoFor("intake_jobs"), 3))),
      writer_(Must(pg::CombiningWriter::Open(database_.ConninfoFor("intake"), {}))),
      outbox_("intake", Must(Keys().Fresh(Soon()))),
      reports_(std::make_unique<ReportStore>(store_parts())),
      investigations_(std::make_unique<InvestigationStore>(store_parts())),
      units_(Must(UnitDirectory::Load("deploy/directory"))) {}

sealing::KeyRing& IntakeTest::Keys() {
  static sealing::testing::TestKeyRing keys("intake");
  return keys.ring();
}

StoreParts IntakeTest::store_parts() const { return {*pool_, *writer_, Keys(), outbox_, tags_}; }

Parts IntakeTest::parts() const { return {ShippedRules(), units_, request_keys_, page_tokens_}; }

std::string IntakeTest::SubmitReport(std::string_view identity_number, bool feedback_wanted) {
  ReceivedReports received;
  received.reports.push_back(ReceivedAt(now_, SchoolSubmission(identity_number, feedback_wanted)));
  received.reports.front().report.set_name(MakeName("0180", "reports", pg::Uuid::FromTime(now_)));
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

std::vector<audit::v1::Entry> IntakeTest::AuditEntries() {
  const auto read = [](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<audit::v1::Entry>> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kEntries));
    std::vector<audit::v1::Entry> entries;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(entries.emplace_back(), ReadEntry(row, Keys()));
    }
    return entries;
  };
  return Must(job_pool_->Read({}, Soon(), kEntries.name, read));
}

std::vector<events::v1::Event> IntakeTest::Events() {
  const auto read = [](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<events::v1::Event>> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kEvents));
    std::vector<events::v1::Event> events;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(const pg::Bytes content, row.Get<pg::Bytes>(0));
      events.emplace_back().ParseFromString(content.data);
    }
    return events;
  };
  return Must(job_pool_->Read({}, Soon(), kEvents.name, read));
}

int64_t IntakeTest::Count(const std::string& sql) {
  const auto value = database_.Value(sql);
  int64_t count = -1;
  if (!value.ok() || !absl::SimpleAtoi(*value, &count)) return -1;
  return count;
}

}  // namespace samverkan::intake::testing
