#include "services/audit/search_question.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "services/audit/entry.h"
#include "services/audit/risk_sign.h"

namespace samverkan::audit {
namespace {

constexpr size_t kLongestChild = 128;
constexpr size_t kLongestActor = 256;
constexpr size_t kLongestResource = 512;

void CheckLength(const std::string& field, const std::string& text, size_t longest, status::Violations& violations) {
  if (text.size() <= longest) return;
  violations.Add(field, absl::StrCat("expected at most ", longest, " bytes."),
                 absl::StrCat("Ange högst ", longest, " byte."));
}

// The instant of a time that was given; a violation where it is none.
std::optional<absl::Time> CheckTime(const std::string& field, bool given, const google::protobuf::Timestamp& timestamp,
                                    status::Violations& violations) {
  if (!given) return std::nullopt;
  const std::optional<absl::Time> time = proto_time::FromProto(timestamp);
  if (!time.has_value()) {
    violations.Add(field, "expected an instant of the years 1 to 9999.", "Ange en tidpunkt under åren 1 till 9999.");
  }
  return time;
}

void AddChildren(const v1::LoggedEntry& entry, std::set<std::string>& children) {
  for (const std::string& child : entry.entry().private_part().children()) children.insert(child);
}

// The question in the words of the log. The child and the resource stand elsewhere.
std::string DetailOf(const v1::SearchEntriesRequest& request) {
  std::vector<std::string> parts;
  const auto time = [](const google::protobuf::Timestamp& timestamp) {
    return absl::FormatTime(absl::RFC3339_full, proto_time::FromProto(timestamp).value_or(absl::InfinitePast()),
                            absl::UTCTimeZone());
  };
  if (!request.child().empty()) parts.push_back("child");
  if (!request.actor().empty()) parts.push_back(absl::StrCat("actor ", request.actor()));
  if (!request.resource().empty()) parts.push_back("resource");
  if (request.has_start_time()) parts.push_back(absl::StrCat("from ", time(request.start_time())));
  if (request.has_end_time()) parts.push_back(absl::StrCat("before ", time(request.end_time())));
  for (const int sign : request.risk_signs()) parts.push_back(v1::RiskSign_Name(sign));
  if (!request.page_token().empty()) parts.push_back("a further page");
  return absl::StrCat("searched by: ", absl::StrJoin(parts, ", "));
}

}  // namespace

absl::Status CheckQuestion(const v1::SearchEntriesRequest& request) {
  status::Violations violations;
  CheckLength("child", request.child(), kLongestChild, violations);
  CheckLength("actor", request.actor(), kLongestActor, violations);
  CheckLength("resource", request.resource(), kLongestResource, violations);
  const auto start = CheckTime("start_time", request.has_start_time(), request.start_time(), violations);
  const auto end = CheckTime("end_time", request.has_end_time(), request.end_time(), violations);
  if (start.has_value() && end.has_value() && *start >= *end) {
    violations.Add("end_time", "expected an instant after start_time.", "Ange en tidpunkt efter start_time.");
  }
  const auto told = [](int sign) { return IsTold(static_cast<v1::RiskSign>(sign)); };
  if (!std::all_of(request.risk_signs().begin(), request.risk_signs().end(), told)) {
    violations.Add("risk_signs", "expected SAME_NAME, COLLEAGUE, NO_ASSIGNMENT, EMERGENCY_ACCESS.",
                   "Ange SAME_NAME, COLLEAGUE, NO_ASSIGNMENT, EMERGENCY_ACCESS.");
  }
  const bool asks = !request.child().empty() || !request.actor().empty() || !request.resource().empty() ||
                    !request.risk_signs().empty() || request.has_start_time() || request.has_end_time();
  if (!asks) {
    violations.Add("child", "expected at least one of child, actor, resource, risk_signs, start_time and end_time.",
                   "Ange minst ett av child, actor, resource, risk_signs, start_time och end_time.");
  }
  return violations.ToStatus();
}

std::vector<std::string> TagsOf(const v1::SearchEntriesRequest& request, const Scope& scope, const SearchTags& tags) {
  std::vector<std::string> wanted;
  const auto add = [&](SearchTags::Kind kind, const std::string& value) {
    if (!value.empty()) wanted.push_back(tags.Of(kind, scope, value));
  };
  add(SearchTags::Kind::kResource, request.resource());
  add(SearchTags::Kind::kChild, request.child());
  add(SearchTags::Kind::kActor, request.actor());
  return wanted;
}

std::string FilterOf(const v1::SearchEntriesRequest& request) {
  // Without maps and unknown fields, one version serializes one message one way; a
  // token that does not outlive an upgrade costs its holder one repeated question.
  v1::SearchEntriesRequest filter = request;
  filter.clear_page_size();
  filter.clear_page_token();
  filter.DiscardUnknownFields();
  return filter.SerializeAsString();
}

bool CutToOneEntry(std::vector<v1::LoggedEntry>& shown) {
  std::set<std::string> children;
  for (size_t i = 0; i < shown.size(); ++i) {
    AddChildren(shown[i], children);
    if (i == 0 || children.size() <= static_cast<size_t>(kMostChildren)) continue;
    shown.resize(i);
    return true;
  }
  return false;
}

outbox::Touched TouchedBy(const v1::SearchEntriesRequest& request, const std::vector<v1::LoggedEntry>& shown) {
  std::set<std::string> children;
  if (!request.child().empty()) children.insert(request.child());
  outbox::Touched touched;
  if (!request.resource().empty()) touched.resources.push_back(request.resource());
  for (const v1::LoggedEntry& entry : shown) {
    AddChildren(entry, children);
    touched.resources.push_back(entry.name());
  }
  touched.children.assign(children.begin(), children.end());
  touched.detail = DetailOf(request);
  return touched;
}

}  // namespace samverkan::audit
