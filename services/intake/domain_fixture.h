#ifndef SAMVERKAN_SERVICES_INTAKE_DOMAIN_FIXTURE_H_
#define SAMVERKAN_SERVICES_INTAKE_DOMAIN_FIXTURE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/report.pb.h"
#include "services/intake/investigation_part.h"
#include "services/intake/report.h"

// What the tests of intake share: people, days and reports.
namespace samverkan::intake::testing {

inline constexpr char kSkarholmen[] = "municipalities/0180/authorities/skarholmen";
inline constexpr char kHasselbyVallingby[] = "municipalities/0180/authorities/hasselby-vallingby";
inline constexpr char kBarnenheten[] = "municipalities/0180/units/barnenheten";
inline constexpr char kUngdomsenheten[] = "municipalities/0180/units/ungdomsenheten";

// Official test identity numbers of Skatteverket, never given to a person.
inline constexpr std::string_view kChildren[] = {"200801212390", "200802052381", "200802222380",
                                                 "200803072388", "200803302397", "200804162386"};

// The investigation that decisions open.
inline constexpr char kOpened[] = "municipalities/0180/investigations/01968f00-0000-7000-8000-000000000001";

// An instant of legal time.
absl::Time At(absl::CivilDay day, int hour = 10);

// The rules that ship.
const rules::RuleSet& ShippedRules();

// A caller of Skärholmen with one role, who works in `units` (last parts of their names).
auth::Caller CallerOf(access::v1::Role role, const std::string& subject, const std::vector<std::string>& units);

auth::Caller Caseworker();   // qualified, of barnenheten
auth::Caller UnitManager();  // qualified, of barnenheten
auth::Caller Reporter();     // of Bredängsskolan, Utbildningsnämnden

// A school's report without formal faults, that asks for feedback where `feedback_wanted`.
v1::Submission SchoolSubmission(std::string_view identity_number, bool feedback_wanted = false);

// What the caseworker does at `time`.
Act ActAt(absl::Time time);

// A report of `submission` at its receipt by `authority`, in barnenheten.
ReportRecord ReceivedAt(absl::Time time, const v1::Submission& submission, const std::string& authority = kSkarholmen);

// A report that was assessed when it was received.
ReportRecord AssessedAt(absl::Time time, const v1::Submission& submission);

// What a decision at `time` makes of a report; an investigation that it opens is kOpened.
absl::StatusOr<ReportChange> DecideAt(absl::Time time, ReportRecord record, v1::Decision::Outcome outcome);

// The investigation kOpened of barnenheten, running, as what hangs on it knows it.
PartParent OpenedParent();

// The clock of that name, running or not; an empty one where there is none.
v1::Deadline ClockOf(const ReportRecord& record, std::string_view clock);

}  // namespace samverkan::intake::testing

#endif  // SAMVERKAN_SERVICES_INTAKE_DOMAIN_FIXTURE_H_
