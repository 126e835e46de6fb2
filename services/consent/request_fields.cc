#include "services/consent/request_fields.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"

namespace samverkan::consent {
namespace {

bool IsBlank(const std::string& text) { return absl::StripAsciiWhitespace(text).empty(); }

int64_t CodePoints(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

void Limit(const std::string& text, int longest, const std::string& field, status::Violations& violations) {
  if (CodePoints(text) <= longest) return;
  violations.Add(field, absl::StrCat("expected at most ", longest, " characters; shorten the text"),
                 absl::StrCat("Högst ", longest, " tecken. Korta texten."));
}

void RequireNotBlank(const std::string& text, const std::string& field, status::Violations& violations) {
  if (IsBlank(text)) violations.Add(field, "expected a text that is not empty", "Fyll i fältet.");
}

}  // namespace

void LimitText(const std::string& text, const std::string& field, status::Violations& violations) {
  Limit(text, kLongestText, field, violations);
}

void RequireText(const std::string& text, const std::string& field, status::Violations& violations) {
  RequireNotBlank(text, field, violations);
  LimitText(text, field, violations);
}

void LimitName(const std::string& text, const std::string& field, status::Violations& violations) {
  Limit(text, kLongestName, field, violations);
}

void RequirePersonName(const std::string& text, const std::string& field, status::Violations& violations) {
  RequireNotBlank(text, field, violations);
  LimitName(text, field, violations);
}

void RequireEtag(const std::string& etag, status::Violations& violations) {
  if (etag.empty()) violations.Add("etag", "expected the etag of the resource as you read it", "Ange etag.");
}

void RequireChoice(int value, const std::string& field, const std::string& choices, status::Violations& violations) {
  if (value == 0) violations.Add(field, "expected one of " + choices, "Välj ett av alternativen.");
}

ResourceKey RequireName(const std::string& name, const std::string& collection, const std::string& field,
                        status::Violations& violations) {
  const auto key = ParseName(name, collection);
  if (key.has_value()) return *key;
  violations.Add(field, absl::StrCat("expected a resource name, `municipalities/{code}/", collection, "/{uuid}`"),
                 "Ange resursens namn.");
  return {};
}

void RequireOwnAuthority(const auth::Caller& caller, const std::string& parent, status::Violations& violations) {
  if (parent == MakeName(caller.municipality, "authorities", caller.authority)) return;
  violations.Add("parent", "expected your own authority, `municipalities/{code}/authorities/{authority}`",
                 "Ange den egna nämnden.");
}

pg::Uuid RequireChild(const std::string& child, const std::string& field, status::Violations& violations) {
  const absl::StatusOr<pg::Uuid> id = pg::Uuid::Parse(child);
  if (id.ok()) return *id;
  violations.Add(field, "expected the reference of a child, from `Child.name`", "Ange barnets referens.");
  return {};
}

std::string RequireMunicipality(const std::string& parent, status::Violations& violations) {
  const auto values = resource_name::Match("municipalities/{municipality}", parent);
  if (values.has_value()) return values->front();
  violations.Add("parent", "expected `municipalities/{code}` with the official code of four digits",
                 "Ange kommunens kod.");
  return {};
}

absl::CivilDay RequireDay(const std::string& text, const std::string& field, status::Violations& violations) {
  const auto day = proto_time::ParseDay(text);
  if (day.has_value()) return *day;
  violations.Add(field, "expected a date, as \"2026-01-23\"", "Ange ett datum, till exempel 2026-01-23.");
  return {};
}

void RequireEmpty(bool empty, const std::string& field, status::Violations& violations) {
  if (empty) return;
  violations.Add(field, "expected nothing: the service fills it in", "Lämna fältet tomt.");
}

}  // namespace samverkan::consent
