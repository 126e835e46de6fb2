#ifndef SAMVERKAN_SERVICES_INTAKE_REPORT_H_
#define SAMVERKAN_SERVICES_INTAKE_REPORT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/auth/caller.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/feedback.pb.h"
#include "samverkan/intake/v1/investigation.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "samverkan/intake/v1/report_meeting.pb.h"
#include "services/intake/access.h"
#include "services/intake/deadline.h"
#include "services/intake/submission.h"

// Concern reports: their states and what may happen in them. Pure functions over values.
namespace samverkan::intake {

// A report with all that hangs on it and is changed with it.
struct ReportRecord {
  // All of it, as one who handles it sees it, save `etag`, `sibling_reports` and
  // `linked_reports`, which are filled in when it is shown.
  v1::Report report;
  Sender sender;
  // Counts the changes; the etag is made of it.
  int64_t version = 1;
  std::optional<v1::Feedback> feedback;
  std::optional<v1::ReportMeeting> meeting;
  // Name of the investigation of the child that runs at the authority; empty where none.
  std::string running_investigation;
};

// Something that an event will tell. No personal data.
struct Happening {
  // "report.assessed"
  std::string type;
  std::map<std::string, std::string> attributes;
};

// Reports that are new at an authority: one submission, siblings linked.
struct ReceivedReports {
  // One a child, all of the same authority and unit.
  std::vector<ReportRecord> reports;
  // Whether the reports were forwarded here with clocks that go on: those take the place of
  // clocks of their own.
  bool forwarded = false;
  // The clock that each report gets if an investigation of its child runs: feedback is
  // then owed at once. Nothing where no feedback is asked for.
  std::optional<v1::Deadline> feedback_clock_if_running;
};

// What a change made of a report.
struct ReportChange {
  ReportRecord after;
  std::vector<Happening> happenings = {};
  // What the change rests on, for the audit entry; empty where no law says it.
  std::string legal_basis = {};
  // The investigation that the change opens.
  std::optional<v1::Investigation> opened = {};
  // The report that it becomes elsewhere.
  std::optional<ReceivedReports> forwarded = {};
};

// The attribute `unit` of an event about the report; none where the child's identity is
// protected.
std::map<std::string, std::string> UnitAttribute(const v1::Report& report);

// Where the report is handled.
Placement PlacementOf(const v1::Report& report);
Jurisdiction JurisdictionOf(const v1::Report& report);

// The last part of a resource name: "skarholmen" of "municipalities/0180/authorities/skarholmen".
std::string LastPart(const std::string& name);

// The etag of a version.
std::string Etag(int64_t version);

// OK where `etag` is empty or that of the record, else ABORTED, reason ETAG_MISMATCH.
absl::Status CheckEtag(const std::string& etag, int64_t version);

// NOT_FOUND where the caller may not handle the report.
absl::Status CheckMayHandle(const auth::Caller& caller, const ReportRecord& record);

// The report as the caller may see it: all for those who handle it, the submission and
// the receipt for its sender; NOT_FOUND for everybody else.
absl::StatusOr<v1::Report> ViewFor(const auth::Caller& caller, const ReportRecord& record);

// The report as the caller sees it after a change that it was allowed to make: as ViewFor,
// and all of it where the change took the report out of the caller's reach.
v1::Report ViewAfterChange(const auth::Caller& caller, const ReportRecord& record);

// What a new report is made of.
struct NewReport {
  std::string name = {};
  std::string authority = {};
  std::string unit = {};
  v1::Submission submission = {};
  Mandate mandate = Mandate::kNone;
  std::vector<std::string> formal_faults = {};
  absl::Time receive_time = {};
  absl::Time first_receive_time = {};
};

// A report at its receipt: on hold where the concern asks for it, its clocks started by
// the law of the day of first receipt, feedback and meeting noted as asked for.
absl::StatusOr<ReportRecord> Receive(const rules::RuleSet& rules, NewReport received, const Sender& sender);

// A report forwarded from another authority, at its receipt by `received.authority`: what
// the sender said and asked for, the clocks as they stand (they go on), and a hold. What
// the staff there wrote is secret between authorities and stays behind.
absl::StatusOr<ReportRecord> ReceiveForwarded(const rules::RuleSet& rules, NewReport received,
                                              const ReportRecord& from);

// Whether the entry is a concern report, and not an application or a referral: the clocks of
// reports and the right to feedback are for reports alone.
bool IsConcernReport(const v1::Report& report);

// OK unless the report was forwarded: then FAILED_PRECONDITION, reason REPORT_FORWARDED.
absl::Status CheckNotForwarded(const v1::Report& report);

// The meeting of a report under the rules of the day of its receipt: whether it is a must,
// and the legal basis. Its state is not set.
absl::StatusOr<v1::ReportMeeting> MeetingUnder(const rules::RuleSet& rules, const v1::Report& report);

// The feedback clock of a report about a child whose investigation runs already when the
// report is received: feedback is owed at once. Nothing where no feedback is asked for.
absl::StatusOr<std::optional<v1::Deadline>> FeedbackClockIfRunning(const rules::RuleSet& rules,
                                                                   const ReportRecord& record);

// The changes. Each returns FAILED_PRECONDITION with a stable reason where the report's
// state does not allow it; each is done by `act`.
// `from_sender`: whether the sender gives it, who sees its own supplements only.
absl::StatusOr<ReportChange> Supplement(ReportRecord record, const std::string& text, bool from_sender, const Act& act);
absl::StatusOr<ReportChange> ConfirmReceipt(ReportRecord record, const Act& act);
absl::StatusOr<ReportChange> Hold(const rules::RuleSet& rules, ReportRecord record, const std::string& reason,
                                  const Act& act);
absl::StatusOr<ReportChange> ReviewHold(const rules::RuleSet& rules, ReportRecord record, const std::string& reason,
                                        const Act& act);
absl::StatusOr<ReportChange> Release(ReportRecord record, const std::string& reason, const Act& act);
// Assigns the report to `assignee`; `unit` is where it then is, by resource name.
absl::StatusOr<ReportChange> Assign(ReportRecord record, const std::string& assignee, const std::string& unit,
                                    const Act& act);
// Takes the report to another unit of its authority, where it goes on as it is.
absl::StatusOr<ReportChange> MoveToUnit(ReportRecord record, const std::string& unit, const std::string& reason,
                                        const Act& act);
// Ends the report here: it is `forwarded_report` now.
absl::StatusOr<ReportChange> Forward(ReportRecord record, const std::string& forwarded_report,
                                     const std::string& reason, const Act& act);

// Whether a hold is in force.
bool IsOnHold(const v1::Report& report);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_REPORT_H_
