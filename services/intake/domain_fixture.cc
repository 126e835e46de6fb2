#include "services/intake/domain_fixture.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "libs/calendar/calendar.h"
#include "services/intake/assessment.h"

namespace samverkan::intake::testing {
namespace {

// A test that cannot get its parts cannot say anything.
template <typename T>
T Must(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << result.status() << std::endl;
  std::abort();
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

Act ActAt(absl::Time time) { return {Caseworker().subject, time}; }

ReportRecord ReceivedAt(absl::Time time, const v1::Submission& submission, const std::string& authority) {
  return Must(Receive(ShippedRules(),
                      {.name = "municipalities/0180/reports/01968f00-0000-7000-8000-000000000002",
                       .authority = authority,
                       .unit = kBarnenheten,
                       .submission = submission,
                       .mandate = Mandate::kMandated,
                       .receive_time = time,
                       .first_receive_time = time},
                      SenderOf(Reporter())));
}

ReportRecord AssessedAt(absl::Time time, const v1::Submission& submission) {
  v1::RecordProtectionAssessmentRequest request;
  request.set_need(v1::NO_IMMEDIATE_PROTECTION);
  request.set_reasons("Barnet är tryggt i skolan.");
  return Must(RecordProtectionAssessment(ReceivedAt(time, submission), request, ActAt(time))).after;
}

absl::StatusOr<ReportChange> DecideAt(absl::Time time, ReportRecord record, v1::Decision::Outcome outcome) {
  v1::DecideReportRequest request;
  request.set_outcome(outcome);
  request.set_reasons("Oron behöver utredas.");
  return Decide(ShippedRules(), std::move(record), request, kOpened, ActAt(time));
}

PartParent OpenedParent() {
  PartParent parent;
  v1::Investigation& investigation = parent.investigation.investigation;
  investigation.set_name(kOpened);
  investigation.set_authority(kSkarholmen);
  investigation.set_unit(kBarnenheten);
  investigation.set_child("01968f00-0000-7000-8000-00000000000c");
  investigation.set_state(v1::Investigation::RUNNING);
  return parent;
}

v1::Deadline ClockOf(const ReportRecord& record, std::string_view clock) {
  for (const v1::Deadline& deadline : record.report.deadlines()) {
    if (deadline.clock() == clock) return deadline;
  }
  return {};
}

}  // namespace samverkan::intake::testing
