#include "libs/paging/page_token.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "google/rpc/error_details.pb.h"
#include "libs/keys/hmac.h"
#include "libs/status/status.h"

namespace samverkan::paging {
namespace {

// Counts up when the layout changes, so that older tokens are refused, not misread.
constexpr char kVersion = 1;
constexpr size_t kSignatureSize = 32;
// Longer ones are not ours; refusing them first keeps hostile input cheap.
constexpr size_t kLongestToken = 4096;

// The length stands before the text, so that no two bindings sign the same bytes.
void AppendPart(std::string& bytes, std::string_view part) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(uint64_t{part.size()} >> shift));
  bytes.append(part);
}

absl::Status Invalid() {
  constexpr char kSwedish[] = "Sidmarkören gäller inte för den här frågan. Ställ frågan på nytt utan sidmarkör.";
  const status::Error error = {
      .reason = "PAGE_TOKEN_INVALID",
      .message =
          "page_token was not given to this caller for this request. Send the token of the last answer "
          "unchanged, with the same other fields, or start over without one.",
      .swedish = kSwedish};
  absl::Status refused = status::InvalidArgument(error);
  google::rpc::BadRequest fields;
  google::rpc::BadRequest::FieldViolation& violation = *fields.add_field_violations();
  violation.set_field("page_token");
  violation.set_description(error.message);
  refused.SetPayload("type.googleapis.com/google.rpc.BadRequest", absl::Cord(fields.SerializeAsString()));
  return refused;
}

}  // namespace

std::string PageTokens::Sign(const Binding& binding, std::string_view cursor) const {
  std::string bytes(1, kVersion);
  for (const std::string_view part :
       {std::string_view(binding.method), std::string_view(binding.caller.subject),
        std::string_view(binding.caller.system), std::string_view(binding.caller.municipality),
        std::string_view(binding.caller.authority), std::string_view(binding.filter), cursor}) {
    AppendPart(bytes, part);
  }
  return keys::HmacSha256(key_, bytes);
}

std::string PageTokens::Seal(const Binding& binding, std::string_view cursor) const {
  std::string bytes(1, kVersion);
  bytes.append(Sign(binding, cursor));
  bytes.append(cursor);
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::string> PageTokens::Open(const Binding& binding, std::string_view token) const {
  std::string bytes;
  if (token.size() > kLongestToken) return Invalid();
  if (!absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &bytes)) return Invalid();
  // Unused bits at the end would give one token many spellings.
  if (absl::WebSafeBase64Escape(bytes) != token) return Invalid();
  if (bytes.size() < 1 + kSignatureSize || bytes[0] != kVersion) return Invalid();
  const std::string_view signature = std::string_view(bytes).substr(1, kSignatureSize);
  const std::string_view cursor = std::string_view(bytes).substr(1 + kSignatureSize);
  if (!keys::Same(signature, Sign(binding, cursor))) return Invalid();
  return std::string(cursor);
}

absl::StatusOr<int32_t> PageSize(int32_t asked, int32_t standard, int32_t most) {
  if (asked < 0) {
    return status::InvalidArgument({{.field = "page_size",
                                     .description = "expected 0 (the standard size) or more.",
                                     .swedish = "Ange 0 (normal storlek) eller mer."}});
  }
  return asked == 0 ? standard : std::min(asked, most);
}

}  // namespace samverkan::paging
