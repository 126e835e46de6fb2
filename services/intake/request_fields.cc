#include "services/intake/request_fields.h"

#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "services/intake/text.h"

namespace samverkan::intake {
void LimitText(const std::string& text, const std::string& field, status::Violations& violations) {
  if (CodePoints(text) <= kLongestText) return;
  violations.Add(field, absl::StrCat("expected at most ", kLongestText, " characters; shorten the text"),
                 absl::StrCat("Högst ", kLongestText, " tecken. Korta texten."));
}

void RequireText(const std::string& text, const std::string& field, status::Violations& violations) {
  if (IsBlank(text)) {
    violations.Add(field, "expected a text that is not empty", "Fyll i fältet.");
  }
  LimitText(text, field, violations);
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

pg::Uuid RequireChild(const std::string& child, const std::string& field, status::Violations& violations) {
  const absl::StatusOr<pg::Uuid> id = pg::Uuid::Parse(child);
  if (id.ok()) return *id;
  violations.Add(field, "expected the reference of a child, from `Report.child`", "Ange barnets referens.");
  return {};
}

std::string RequireMunicipality(const std::string& parent, status::Violations& violations) {
  const auto values = resource_name::Match("municipalities/{municipality}", parent);
  if (values.has_value()) return values->front();
  violations.Add("parent", "expected `municipalities/{code}` with the official code of four digits",
                 "Ange kommunens kod.");
  return {};
}

void RequireDay(const std::string& text, const std::string& field, status::Violations& violations) {
  if (proto_time::ParseDay(text).has_value()) return;
  violations.Add(field, "expected a date, as \"2026-01-23\"", "Ange ett datum, till exempel 2026-01-23.");
}

absl::Time RequireTime(bool given, const google::protobuf::Timestamp& time, const std::string& field,
                       absl::Time earliest, absl::Time latest, status::Violations& violations) {
  const auto parsed = given ? proto_time::FromProto(time) : std::nullopt;
  if (parsed.has_value() && *parsed >= earliest && *parsed <= latest) return *parsed;
  violations.Add(
      field,
      absl::StrCat("expected an instant from ", absl::FormatTime(earliest, absl::UTCTimeZone()), " to ",
                   latest == absl::InfiniteFuture() ? "any later time" : absl::FormatTime(latest, absl::UTCTimeZone())),
      "Ange en rimlig tidpunkt.");
  return earliest;
}

}  // namespace samverkan::intake
