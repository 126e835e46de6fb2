#ifndef SAMVERKAN_SERVICES_INTAKE_EXTRACT_H_
#define SAMVERKAN_SERVICES_INTAKE_EXTRACT_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/extract.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/investigation.h"
#include "services/intake/investigation_step.h"
#include "services/intake/report.h"

// What of a child's file may be handed to the child or a guardian (registerutdrag, GDPR
// article 15; rule P-090). Pure functions over values.
namespace samverkan::intake {

// What the extract rests on: what the rule set must answer.
inline constexpr char kDataSubjectRights[] = "data_subject_rights";
inline constexpr char kFamilySecrecy[] = "social_services_secrecy";
inline constexpr char kReporterSecrecy[] = "secrecy_towards_reported_person";
inline constexpr char kChildTowardsGuardian[] = "consent_for_child";

// All that a board keeps about one child.
struct ChildRecords {
  Jurisdiction jurisdiction = {};
  // Oldest received, oldest opened first.
  std::vector<ReportRecord> reports = {};
  std::vector<InvestigationRecord> investigations = {};
  // Oldest recorded first. One of a report or investigation that is not here came after they
  // were read.
  std::vector<InvestigationStepRecord> steps = {};
  // What hangs on the investigations, oldest recorded first.
  std::vector<v1::Placement> placements = {};
  std::vector<v1::Transfer> transfers = {};
  std::vector<v1::FollowUp> follow_ups = {};
};

// Names of what a guardian's extract says nothing about: reports on hold; investigations that
// such a report opened, or that follow such an investigation; and reports that were being
// handled while such an investigation ran, for a clock that never started, feedback that is
// owed already or a decision would tell of it. An investigation whose first report is not among
// the records counts as opened by one on hold: it came after they were read. With them what hangs
// on them, and a follow-up that such an investigation ended; and of others the steps that tell of
// a police report which the guardians do not know of.
std::set<std::string> HiddenFromGuardian(const ChildRecords& records);

// The same, oldest first.
std::vector<std::string> HiddenResources(const ChildRecords& records);

// The rule that gives the right to an extract at `time`, "P-090, GDPR 2016/679; …".
// NOT_FOUND, reason NO_RULE_IN_FORCE.
absl::StatusOr<std::string> BasisOfExtract(const rules::RuleSet& rules, const Jurisdiction& jurisdiction,
                                           absl::Time time);

// All that may be handed to the request's recipient at `time`, oldest first, with what is
// withheld of each; samverkan.intake.v1.ExtractService says what. NOT_FOUND, reason
// NO_RULE_IN_FORCE, where a rule that it must name is not in force: then nothing is to be shown.
absl::StatusOr<std::vector<v1::ExtractItem>> ExtractOf(const rules::RuleSet& rules, const ChildRecords& records,
                                                       const v1::ExtractChildRequest& request, absl::Time time);

// Of an item: the name of its report or investigation, and when that was received or opened.
const std::string& NameOf(const v1::ExtractItem& item);
const google::protobuf::Timestamp& TimeOf(const v1::ExtractItem& item);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_EXTRACT_H_
