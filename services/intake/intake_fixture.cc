#include "services/intake/intake_fixture.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/calendar/calendar.h"
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

absl::Time At(absl::CivilDay day, int hour) {
  return absl::FromCivil(absl::CivilHour(day) + hour, calendar::Stockholm());
}

const rules::RuleSet& ShippedRules() {
  static const rules::RuleSet* const rules = new rules::RuleSet(Must(rules::RuleSet::Load("deploy/rules")));
  return *rules;
}

auth::Caller CallerOf(access::v1::Role role, const std::string& subject, const std::vector<std::string>& units) {
  auth::Caller caller;
  caller.subject = subject;
  caller.system = "treserva";
  caller.municipality = "0180";
  caller.authority = "skarholmen";
  caller.units = units;
  caller.roles = {role};
  return caller;
}

auth::Caller Caseworker() {
  auth::Caller caller = CallerOf(access::v1::CASEWORKER, "u-eva", {"barnenheten"});
  caller.qualified = true;
  return caller;
}

auth::Caller UnitManager() {
  auth::Caller caller = CallerOf(access::v1::UNIT_MANAGER, "u-karin", {"barnenheten"});
  caller.qualified = true;
  return caller;
}

auth::Caller Reporter() {
  auth::Caller caller = CallerOf(access::v1::REPORTER, "u-lars", {"bredangsskolan"});
  caller.system = "skolplattformen";
  caller.authority = "utbildningsnamnden";
  return caller;
}

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

v1::Submission SchoolSubmission(std::string_view identity_number, bool feedback_wanted) {
  v1::Submission submission;
  submission.set_kind(v1::CONCERN_REPORT);
  submission.set_form(v1::WRITTEN);
  submission.mutable_reporter()->set_category("school");
  submission.mutable_reporter()->set_person_name("Lars Rektorsson");
  submission.mutable_child()->set_identity_number(std::string(identity_number));
  submission.mutable_child()->set_given_name("Kim");
  submission.mutable_guardians_told()->set_told("Vid ett möte på skolan.");
  submission.mutable_concern()->set_what("Kommer ofta hungrig till skolan.");
  submission.set_feedback_wanted(feedback_wanted);
  submission.mutable_contact_person()->set_function("elevhälsan, Bredängsskolan");
  submission.mutable_contact_person()->set_email("elevhalsan@example.invalid");
  submission.mutable_signature()->set_person_name("Lars Rektorsson");
  return submission;
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
  const NewReport report{.name = MakeName("0180", "reports", pg::Uuid::FromTime(now_)),
                         .authority = kSkarholmen,
                         .unit = kBarnenheten,
                         .submission = SchoolSubmission(identity_number, feedback_wanted),
                         .mandate = Mandate::kMandated,
                         .receive_time = now_,
                         .first_receive_time = now_};
  ReceivedReports received;
  received.reports.push_back(Must(Receive(ShippedRules(), report, SenderOf(Reporter()))));
  received.blind_indexes.emplace_back(std::string(identity_number));
  received.feedback_clock_if_running = Must(FeedbackClockIfRunning(ShippedRules(), received.reports.front()));
  const rpc::CallContext call = CallOf(Reporter(), "ReportService/SubmitReport", now_);
  const auto request = Must(request_keys_.Of(call, NewRequestId(), report.submission));
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
  const Act act{Caseworker().subject, now_};
  v1::RecordProtectionAssessmentRequest assessment;
  assessment.set_need(v1::NO_IMMEDIATE_PROTECTION);
  assessment.set_reasons("Barnet är tryggt i skolan.");
  RETURN_IF_ERROR(ChangeReport("AssessmentService/RecordProtectionAssessment", report, [&](ReportRecord record) {
                    return RecordProtectionAssessment(std::move(record), assessment, act);
                  }).status());
  v1::DecideReportRequest decision;
  decision.set_outcome(outcome);
  decision.set_reasons("Oron behöver utredas.");
  const std::string opened = MakeName("0180", "investigations", pg::Uuid::FromTime(now_));
  ASSIGN_OR_RETURN(const ReportRecord decided,
                   ChangeReport("AssessmentService/DecideReport", report, [&](ReportRecord record) {
                     return Decide(ShippedRules(), std::move(record), decision, opened, act);
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
