#ifndef SAMVERKAN_SERVICES_AUDIT_SEARCH_QUESTION_H_
#define SAMVERKAN_SERVICES_AUDIT_SEARCH_QUESTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/outbox/audit_entry.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/search_tag.h"

// What a search asks and shows, as values.
namespace samverkan::audit {

// INVALID_ARGUMENT, naming every bad field of the question, or that there is none.
absl::Status CheckQuestion(const v1::SearchEntriesRequest& request);

// The tags to search for, the rarest first.
std::vector<std::string> TagsOf(const v1::SearchEntriesRequest& request, const Scope& scope, const SearchTags& tags);

// What a page token is bound to: the same bytes for the same question, on every page.
std::string FilterOf(const v1::SearchEntriesRequest& request);

// Takes entries off the end of `shown` until the children they name fit the one entry
// that this search leaves. One always fits. Says whether any was taken.
bool CutToOneEntry(std::vector<v1::LoggedEntry>& shown);

// What a search that showed `shown` has touched: the question, the entries, and every
// child that they name.
outbox::Touched TouchedBy(const v1::SearchEntriesRequest& request, const std::vector<v1::LoggedEntry>& shown);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_SEARCH_QUESTION_H_
