#include "services/consent/service_parts.h"

namespace samverkan::consent {

absl::StatusOr<std::string> OpenCursor(const paging::PageTokens& tokens, const paging::Binding& binding,
                                       const std::string& token) {
  if (token.empty()) return std::string();
  return tokens.Open(binding, token);
}

}  // namespace samverkan::consent
