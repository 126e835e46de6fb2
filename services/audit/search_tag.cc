#include "services/audit/search_tag.h"

#include "libs/keys/hmac.h"

namespace samverkan::audit {
namespace {

constexpr size_t kTagSize = 16;

// The length stands before the text, so that no two meanings give the same bytes.
void AppendText(std::string& bytes, std::string_view text) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(text.size() >> shift));
  bytes.append(text);
}

}  // namespace

std::string SearchTags::Of(Kind kind, const Scope& scope, std::string_view value) const {
  std::string bytes(1, static_cast<char>(kind));
  AppendText(bytes, scope.municipality);
  AppendText(bytes, scope.authority);
  AppendText(bytes, value);
  return keys::HmacSha256(key_, bytes).substr(0, kTagSize);
}

}  // namespace samverkan::audit
