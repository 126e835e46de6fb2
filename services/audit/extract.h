#ifndef SAMVERKAN_SERVICES_AUDIT_EXTRACT_H_
#define SAMVERKAN_SERVICES_AUDIT_EXTRACT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/outbox/audit_entry.h"
#include "libs/rules/rule_set.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/audit/v1/extract.pb.h"
#include "services/audit/search_tag.h"

// What of the log may be handed to a child or a guardian (registerutdrag, GDPR article 15; rule
// P-090). Pure functions over values.
namespace samverkan::audit {

// What the rule set must answer about extracts.
inline constexpr char kDataSubjectRights[] = "data_subject_rights";
inline constexpr char kReaderInExtract[] = "reader_in_extract";
inline constexpr char kReporterSecrecy[] = "secrecy_towards_reported_person";

// INVALID_ARGUMENT, naming every bad field.
absl::Status CheckExtract(const v1::ExtractEntriesRequest& request);

// What of `found`, entries about the request's child in the log of `scope`, may be handed to the
// request's recipient at `time`, in the order given, and what is withheld of it. Without
// `next_page_token`. NOT_FOUND, reason NO_RULE_IN_FORCE: then nothing is to be shown.
absl::StatusOr<v1::ExtractEntriesResponse> ExtractOf(const rules::RuleSet& rules, const Scope& scope,
                                                     const v1::ExtractEntriesRequest& request,
                                                     const std::vector<v1::LoggedEntry>& found, absl::Time time);

// What handing out `response` has touched.
outbox::Touched TouchedBy(const v1::ExtractEntriesRequest& request, const v1::ExtractEntriesResponse& response);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_EXTRACT_H_
