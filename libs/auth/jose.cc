#include "libs/auth/jose.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"

namespace samverkan::auth {

Json ParseJsonObject(std::string_view text) {
  Json json(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
  return json_is_object(json.get()) ? std::move(json) : nullptr;
}

std::optional<std::string_view> StringMember(const json_t* object, const char* name) {
  const json_t* const member = json_object_get(object, name);
  if (!json_is_string(member)) return std::nullopt;
  return std::string_view(json_string_value(member), json_string_length(member));
}

Json JsonString(std::string_view text) { return Json(json_stringn(text.data(), text.size())); }

void SetMember(json_t* object, const char* name, Json value) { json_object_set_new(object, name, value.release()); }

std::string JsonText(const json_t* json) {
  const std::unique_ptr<char, decltype(&std::free)> text(json_dumps(json, JSON_COMPACT), &std::free);
  return text.get();
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(absl::string_view(text.data(), text.size()), &bytes)) return std::nullopt;
  // Abseil takes padding, white space and stray bits at the end; writing it again shows them.
  if (absl::WebSafeBase64Escape(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace samverkan::auth
