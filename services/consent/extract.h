#ifndef SAMVERKAN_SERVICES_CONSENT_EXTRACT_H_
#define SAMVERKAN_SERVICES_CONSENT_EXTRACT_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "libs/pg/scope.h"
#include "libs/rules/rule_set.h"
#include "samverkan/consent/v1/extract.pb.h"

// What of what is kept about a child may be handed to the child or a guardian (registerutdrag, GDPR
// article 15; rule P-090). Pure functions over values.
namespace samverkan::consent {

// What the extract rests on: what the rule set must answer.
inline constexpr char kDataSubjectRights[] = "data_subject_rights";
inline constexpr char kFamilySecrecy[] = "social_services_secrecy";
inline constexpr char kReporterSecrecy[] = "secrecy_towards_reported_person";
inline constexpr char kChildTowardsGuardian[] = "consent_for_child";
inline constexpr char kProtectedAddress[] = "protected_address";

// All that an authority keeps about one child.
struct ChildRecords {
  pg::Scope authority = {};
  // All of it, as one who sees it all.
  v1::Child child = {};
  // Earliest asked first, with all that was written.
  std::vector<v1::Consent> consents = {};
  // A decision, and what was known of the child then.
  struct Decided {
    v1::Decision decision;
    v1::Circumstances circumstances;
  };
  // Earliest made first.
  std::vector<Decided> decisions = {};
  // Earliest made first. One whose decision is not here came after the decisions were read.
  std::vector<v1::DisclosureRecord> disclosures = {};
};

// Names of what an extract for `guardian`, a reference as in Child.guardians, says nothing about;
// empty asks for what is hidden from any guardian. samverkan.consent.v1.ExtractService says what. A
// disclosure whose decision is not among the records is hidden too, and the child itself where all else
// is.
std::set<std::string> HiddenFromGuardian(const ChildRecords& records, const std::string& guardian);

// The same, oldest first.
std::vector<std::string> HiddenResources(const ChildRecords& records, const std::string& guardian);

// OK for the child, and for a guardian who has custody at `time`; FAILED_PRECONDITION, reason
// NOT_A_GUARDIAN, otherwise.
absl::Status CheckRecipientOfExtract(const v1::Child& child, const v1::ExtractChildRequest& request, absl::Time time);

// The rule that gives the right to an extract at `time`, "P-090, GDPR 2016/679; …".
// NOT_FOUND, reason NO_RULE_IN_FORCE.
absl::StatusOr<std::string> BasisOfExtract(const rules::RuleSet& rules, const pg::Scope& authority, absl::Time time);

// All that may be handed to the request's recipient at `time`, the child first and then oldest
// first, with what is withheld of each; samverkan.consent.v1.ExtractService says what. NOT_FOUND,
// reason NO_RULE_IN_FORCE, where a rule that it must name is not in force: then nothing is to be
// shown.
absl::StatusOr<std::vector<v1::ExtractItem>> ExtractOf(const rules::RuleSet& rules, const ChildRecords& records,
                                                       const v1::ExtractChildRequest& request, absl::Time time);

// Of an item: its name, and when it was asked or made; before all, of the child.
const std::string& NameOf(const v1::ExtractItem& item);
const google::protobuf::Timestamp& TimeOf(const v1::ExtractItem& item);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_EXTRACT_H_
