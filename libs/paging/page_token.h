#ifndef SAMVERKAN_LIBS_PAGING_PAGE_TOKEN_H_
#define SAMVERKAN_LIBS_PAGING_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/auth/caller.h"

namespace samverkan::paging {

// What a page token is bound to: it opens only for the same of all these.
struct Binding {
  // The method that pages, "samverkan.audit.v1.AuditService/SearchEntries".
  std::string method;
  // Who got the token. Bound are the person, the system, the municipality and the
  // authority; roles, units and the token's life are checked anew on every page.
  const auth::Caller& caller;
  // The rest of the request in any encoding that is the same for the same question,
  // without page_size (AIP-158 lets it change) and page_token.
  std::string filter;
};

// Makes and opens page tokens (AIP-158): opaque to the caller, signed with
// HMAC-SHA-256, and usable by nobody but who got them, for the same question. They
// hold no secret and do not expire: a page shows what may be seen when it is asked
// for. May be used by several threads at once.
class PageTokens {
 public:
  // `key` is 32 bytes of KeyFile::Derive("<service>/page-token").
  explicit PageTokens(std::string key) : key_(std::move(key)) {}

  // The token for the page that goes on after `cursor`. The cursor is readable by the
  // caller, so it holds nothing that the caller may not know.
  std::string Seal(const Binding& binding, std::string_view cursor) const;

  // The cursor of `token`. INVALID_ARGUMENT, reason `PAGE_TOKEN_INVALID`, with the
  // field `page_token`, where it was not sealed with this key for this binding.
  absl::StatusOr<std::string> Open(const Binding& binding, std::string_view token) const;

 private:
  std::string Sign(const Binding& binding, std::string_view cursor) const;

  std::string key_;
};

// How many rows a page has, by AIP-158: 0 means `standard`, more than `most` is cut
// to it, less than 0 is INVALID_ARGUMENT naming the field `page_size`.
absl::StatusOr<int32_t> PageSize(int32_t asked, int32_t standard = 100, int32_t most = 1000);

}  // namespace samverkan::paging

#endif  // SAMVERKAN_LIBS_PAGING_PAGE_TOKEN_H_
