#ifndef SAMVERKAN_SERVICES_INTAKE_SERVICE_PARTS_H_
#define SAMVERKAN_SERVICES_INTAKE_SERVICE_PARTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/auth/caller.h"
#include "libs/idempotency/request_log.h"
#include "libs/paging/page_token.h"
#include "libs/rpc/call_context.h"
#include "libs/rules/rule_set.h"
#include "libs/status/status.h"
#include "services/intake/report_store.h"
#include "services/intake/unit_directory.h"

// What the services of intake share.
namespace samverkan::intake {

// A value of references: all must outlive the services.
struct Parts {
  const rules::RuleSet& rules;
  const UnitDirectory& units;
  const idempotency::RequestKeys& request_keys;
  const paging::PageTokens& page_tokens;
};

// The caller as the one who acts, now.
Act ActOf(const rpc::CallContext& call);

// OK where the caller handles the report and `etag`, if given, is fresh.
absl::Status CheckHandled(const rpc::CallContext& call, const ReportRecord& record, const std::string& etag);

// The caller's own board as `parent`: nobody looks through another's files.
void RequireOwnAuthority(const auth::Caller& caller, const std::string& parent, status::Violations& violations);

// OK where `unit` is a unit of `authority` that handles cases, both by resource name; else INVALID_ARGUMENT
// naming `field`.
absl::Status CheckUnitOf(const UnitDirectory& units, const std::string& unit, const std::string& authority,
                         const std::string& field);

// Changes a report and shows it to the caller. Whoever repeats a request sees it only if
// it still may.
absl::StatusOr<v1::Report> ChangeReport(const Parts& parts, ReportStore& store, const rpc::CallContext& call,
                                        const ResourceKey& key, const idempotency::Request& request,
                                        const ReportStore::Transition& transition);

// What a page token is bound to: the request without its paging fields.
template <typename Request>
std::string FilterOf(Request request) {
  request.clear_page_size();
  request.clear_page_token();
  return request.SerializeAsString();
}

// The cursor in `token`; empty for an empty token, which asks for the first page.
absl::StatusOr<std::string> OpenCursor(const paging::PageTokens& tokens, const paging::Binding& binding,
                                       const std::string& token);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_SERVICE_PARTS_H_
