#include "services/audit/extract.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::audit {
namespace {

constexpr size_t kLongestChild = 128;
constexpr size_t kLongestResource = 512;
constexpr int kMostHidden = 2000;

void CheckHidden(const v1::ExtractEntriesRequest& request, status::Violations& violations) {
  if (request.recipient() == v1::GUARDIAN && !request.has_hidden()) {
    violations.Add("hidden", "expected what each service lists as hidden from a guardian, also where that is nothing.",
                   "Ange vad tjänsterna döljer för en vårdnadshavare, även om det inte är något.");
  }
  if (request.recipient() == v1::CHILD && request.has_hidden()) {
    violations.Add("hidden", "expected nothing for the child: nothing is hidden from it.",
                   "Lämna tomt för barnet: inget döljs för barnet.");
  }
  const auto& names = request.hidden().names();
  const auto is_bad = [](const std::string& name) { return name.empty() || name.size() > kLongestResource; };
  if (names.size() > kMostHidden || std::any_of(names.begin(), names.end(), is_bad)) {
    violations.Add(
        "hidden.names",
        absl::StrCat("expected at most ", kMostHidden, " resource names of 1 to ", kLongestResource, " bytes."),
        absl::StrCat("Ange högst ", kMostHidden, " resursnamn."));
  }
}

// Whether the entry touched the resource or something below it: its meeting, its feedback.
bool Touches(const v1::LoggedEntry& entry, const std::string& hidden) {
  const auto& resources = entry.entry().private_part().resources();
  return std::any_of(resources.begin(), resources.end(), [&](const std::string& resource) {
    return resource == hidden || absl::StartsWith(resource, hidden + "/");
  });
}

bool MayBeTold(const v1::LoggedEntry& entry, const v1::ExtractEntriesRequest& request) {
  if (!entry.entry().has_private_part() || entry.entry().outcome() != v1::GRANTED) return false;
  const auto& hidden = request.hidden().names();
  return std::none_of(hidden.begin(), hidden.end(), [&](const std::string& name) { return Touches(entry, name); });
}

bool IsOfReporter(const v1::LoggedEntry& entry) {
  return entry.entry().private_part().actor().role() == access::v1::REPORTER;
}

v1::ExtractedEntry Extracted(const v1::LoggedEntry& logged) {
  const v1::Entry& entry = logged.entry();
  const v1::Actor& actor = entry.private_part().actor();
  v1::ExtractedEntry extracted;
  extracted.set_name(logged.name());
  *extracted.mutable_time() = entry.private_part().time();
  extracted.set_role(actor.role());
  extracted.set_method(entry.method());
  extracted.set_action(entry.action());
  extracted.set_purpose(entry.purpose());
  extracted.set_legal_basis(entry.private_part().legal_basis());
  if (IsOfReporter(logged)) return extracted;
  extracted.set_system(actor.system());
  if (!actor.municipality().empty() && !actor.authority().empty()) {
    extracted.set_authority(absl::StrCat("municipalities/", actor.municipality(), "/authorities/", actor.authority()));
  }
  return extracted;
}

absl::StatusOr<rules::Answer> AskRule(const rules::RuleSet& rules, const char* question, const Scope& scope,
                                      absl::Time time) {
  return rules.Ask(question, calendar::LegalDay(time), scope.municipality, scope.authority);
}

void Name(const std::string& what, const rules::Answer& answer, v1::ExtractEntriesResponse& response) {
  v1::WithheldFromEntries& withheld = *response.add_withheld();
  withheld.set_what(what);
  withheld.set_rule(answer.rule->id());
  withheld.set_legal_basis(answer.version->legal_basis());
  withheld.set_rule_text(answer.rule->text());
}

}  // namespace

absl::Status CheckExtract(const v1::ExtractEntriesRequest& request) {
  status::Violations violations;
  if (request.child().empty() || request.child().size() > kLongestChild) {
    violations.Add("child", absl::StrCat("expected the reference of a child, 1 to ", kLongestChild, " bytes."),
                   "Ange barnets referens.");
  }
  if (request.recipient() != v1::CHILD && request.recipient() != v1::GUARDIAN) {
    violations.Add("recipient", "expected CHILD or GUARDIAN.", "Ange CHILD eller GUARDIAN.");
  }
  CheckHidden(request, violations);
  return violations.ToStatus();
}

absl::StatusOr<v1::ExtractEntriesResponse> ExtractOf(const rules::RuleSet& rules, const Scope& scope,
                                                     const v1::ExtractEntriesRequest& request,
                                                     const std::vector<v1::LoggedEntry>& found, absl::Time time) {
  ASSIGN_OR_RETURN(const rules::Answer right, AskRule(rules, kDataSubjectRights, scope, time));
  ASSIGN_OR_RETURN(const rules::Answer reader, AskRule(rules, kReaderInExtract, scope, time));
  ASSIGN_OR_RETURN(const rules::Answer reporter, AskRule(rules, kReporterSecrecy, scope, time));
  v1::ExtractEntriesResponse response;
  response.set_legal_basis(absl::StrCat(right.rule->id(), ", ", right.version->legal_basis()));
  bool names_reporter = false;
  for (const v1::LoggedEntry& entry : found) {
    if (!MayBeTold(entry, request)) continue;
    names_reporter |= IsOfReporter(entry);
    *response.add_entries() = Extracted(entry);
  }
  if (!response.entries().empty()) Name("person_and_unit", reader, response);
  if (names_reporter) Name("reporter", reporter, response);
  return response;
}

outbox::Touched TouchedBy(const v1::ExtractEntriesRequest& request, const v1::ExtractEntriesResponse& response) {
  outbox::Touched touched;
  touched.children = {request.child()};
  for (const v1::ExtractedEntry& entry : response.entries()) touched.resources.push_back(entry.name());
  touched.legal_basis = response.legal_basis();
  touched.detail = absl::StrCat("extract to ", v1::ExtractRecipient_Name(request.recipient()));
  if (!request.page_token().empty()) absl::StrAppend(&touched.detail, "; a further page");
  return touched;
}

}  // namespace samverkan::audit
