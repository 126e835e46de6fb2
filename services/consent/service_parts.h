#ifndef SAMVERKAN_SERVICES_CONSENT_SERVICE_PARTS_H_
#define SAMVERKAN_SERVICES_CONSENT_SERVICE_PARTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "libs/idempotency/request_log.h"
#include "libs/paging/page_token.h"
#include "libs/rules/rule_set.h"

// What the services of consent share.
namespace samverkan::consent {

// A value of references: all must outlive the services.
struct Parts {
  // The rules that ship.
  const rules::RuleSet& rules;
  const idempotency::RequestKeys& request_keys;
  const paging::PageTokens& page_tokens;
};

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

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_SERVICE_PARTS_H_
