#include "services/intake/extract.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/disclosure/disclosure.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "services/intake/feedback.h"

namespace samverkan::intake {
namespace {

using data::v1::Category;

constexpr char kProtectedAddress[] = "protected_address";

constexpr char kChildSaid[] = "report.submission.concern.child_said";
constexpr char kChildDescription[] = "report.submission.child.description";
constexpr char kOrganisation[] = "report.submission.reporter.organisation";

// ---- what is hidden ----

// When something went on; the end is not within.
struct Span {
  absl::Time start;
  absl::Time end;
};

bool Overlap(const Span& a, const Span& b) { return a.start < b.end && b.start < a.end; }

absl::Time InstantOf(const google::protobuf::Timestamp& time) {
  return proto_time::FromProto(time).value_or(absl::InfinitePast());
}

absl::Time EndOf(bool ended, const google::protobuf::Timestamp& time) {
  return ended ? InstantOf(time) : absl::InfiniteFuture();
}

// From the receipt of a report until it is decided or forwarded.
Span HandlingOf(const v1::Report& report) {
  const absl::Time decided = EndOf(report.has_decision(), report.decision().decide_time());
  const absl::Time forwarded = EndOf(report.has_forwarding(), report.forwarding().forward_time());
  return {InstantOf(report.receive_time()), std::min(decided, forwarded)};
}

Span RunOf(const v1::Investigation& investigation) {
  return {InstantOf(investigation.open_time()),
          EndOf(investigation.has_closing(), investigation.closing().close_time())};
}

bool NamesAny(const google::protobuf::RepeatedPtrField<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool Tells(const v1::Report& report, const ChildRecords& records, const std::set<std::string>& hidden) {
  if (IsOnHold(report)) return true;
  return std::any_of(records.investigations.begin(), records.investigations.end(), [&](const auto& record) {
    const v1::Investigation& investigation = record.investigation;
    if (hidden.count(investigation.name()) == 0) return false;
    return NamesAny(investigation.reports(), report.name()) || Overlap(HandlingOf(report), RunOf(investigation));
  });
}

bool IsOpenedBySomethingHidden(const v1::Investigation& investigation, const std::set<std::string>& known,
                               const std::set<std::string>& hidden) {
  if (hidden.count(investigation.previous_investigation()) > 0) return true;
  if (investigation.reports().empty()) return false;
  return hidden.count(investigation.reports(0)) > 0 || known.count(investigation.reports(0)) == 0;
}

// ---- what is withheld ----

// What decides about the fields of one item.
struct Handing {
  const v1::ExtractChildRequest& request;
  bool identity_protected = false;
  bool reporter_may_be_named = false;
};

// What people wrote, and not which other resource they meant.
bool IsFreeText(const std::string& path, Category category) {
  if (path == "report.decision.investigation" || path == "investigation.reports" ||
      path == "investigation.previous_investigation") {
    return false;
  }
  return category == data::v1::CONCERN || category == data::v1::ASSESSMENT || category == data::v1::INVESTIGATION ||
         path == kChildDescription;
}

// What to ask the rule set about the rule that the field is withheld by; nothing where it may be
// handed out.
std::optional<std::string> WithheldBy(const Handing& handing, const std::string& path, Category category) {
  const bool tells_where = category == data::v1::WHEREABOUTS || category == data::v1::CONTACT || path == kOrganisation;
  if (handing.identity_protected && tells_where) return kProtectedAddress;
  if (category == data::v1::FAMILY) return kFamilySecrecy;
  const bool tells_reporter = category == data::v1::REPORTER_IDENTITY || category == data::v1::CONTACT;
  if (tells_reporter && !handing.reporter_may_be_named) return kReporterSecrecy;
  if (path == kChildSaid && handing.request.recipient() != v1::CHILD) return kChildTowardsGuardian;
  if (IsFreeText(path, category) && !handing.request.texts_reviewed()) return kFamilySecrecy;
  return std::nullopt;
}

absl::StatusOr<rules::Answer> AskRule(const rules::RuleSet& rules, const std::string& question,
                                      const Jurisdiction& jurisdiction, absl::Time time) {
  return rules.Ask(question, calendar::LegalDay(time), jurisdiction.municipality, jurisdiction.authority);
}

// Removes from the item what may not be handed out, and names it.
absl::Status Withhold(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                      const Handing& handing, v1::ExtractItem& item) {
  const auto may_stay = [&](const std::string& path, Category category) {
    return !WithheldBy(handing, path, category).has_value();
  };
  for (const auto& [path, category] : disclosure::KeepFields(may_stay, item)) {
    // What nobody can say what it holds is secret as all of the file is.
    const std::string question = WithheldBy(handing, path, category).value_or(kFamilySecrecy);
    ASSIGN_OR_RETURN(const rules::Answer answer, AskRule(rules, question, jurisdiction, time));
    v1::WithheldField& withheld = *item.add_withheld();
    withheld.set_field(path);
    withheld.set_category(category);
    withheld.set_rule(answer.rule->id());
    withheld.set_legal_basis(answer.version->legal_basis());
    withheld.set_rule_text(answer.rule->text());
  }
  return absl::OkStatus();
}

v1::ExtractItem ItemOf(const ReportRecord& record) {
  v1::ExtractItem item;
  *item.mutable_report() = record.report;
  item.mutable_report()->clear_linked_reports();
  item.mutable_report()->clear_etag();
  item.mutable_report()->set_identity_protected(record.identity_protected);
  if (const std::optional<v1::Feedback> feedback = HandlerView(record); feedback.has_value()) {
    *item.mutable_feedback() = *feedback;
    item.mutable_feedback()->clear_etag();
  }
  if (record.meeting.has_value()) {
    *item.mutable_report_meeting() = *record.meeting;
    item.mutable_report_meeting()->set_name(record.report.name() + "/meeting");
    item.mutable_report_meeting()->clear_etag();
  }
  return item;
}

// Without the names of reports that are `hidden`.
v1::ExtractItem ItemOf(const InvestigationRecord& record, const std::set<std::string>& hidden) {
  v1::ExtractItem item;
  v1::Investigation& investigation = *item.mutable_investigation();
  investigation = record.investigation;
  investigation.clear_etag();
  investigation.set_identity_protected(record.identity_protected);
  investigation.clear_reports();
  for (const std::string& report : record.investigation.reports()) {
    if (hidden.count(report) == 0) investigation.add_reports(report);
  }
  return item;
}

bool IsEarlier(const v1::ExtractItem& a, const v1::ExtractItem& b) {
  return std::make_pair(InstantOf(TimeOf(a)), NameOf(a)) < std::make_pair(InstantOf(TimeOf(b)), NameOf(b));
}

}  // namespace

std::set<std::string> HiddenFromGuardian(const ChildRecords& records) {
  std::set<std::string> known, hidden;
  for (const ReportRecord& record : records.reports) known.insert(record.report.name());
  // Each hidden resource may hide others.
  for (bool more = true; more;) {
    const size_t before = hidden.size();
    for (const ReportRecord& record : records.reports) {
      if (Tells(record.report, records, hidden)) hidden.insert(record.report.name());
    }
    for (const InvestigationRecord& record : records.investigations) {
      if (IsOpenedBySomethingHidden(record.investigation, known, hidden)) hidden.insert(record.investigation.name());
    }
    more = hidden.size() > before;
  }
  return hidden;
}

std::vector<std::string> HiddenResources(const ChildRecords& records) {
  const std::set<std::string> hidden = HiddenFromGuardian(records);
  std::vector<std::pair<absl::Time, std::string>> found;
  for (const ReportRecord& record : records.reports) {
    if (hidden.count(record.report.name()) == 0) continue;
    found.emplace_back(InstantOf(record.report.receive_time()), record.report.name());
  }
  for (const InvestigationRecord& record : records.investigations) {
    if (hidden.count(record.investigation.name()) == 0) continue;
    found.emplace_back(InstantOf(record.investigation.open_time()), record.investigation.name());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (const auto& [time, name] : found) names.push_back(name);
  return names;
}

absl::StatusOr<std::string> BasisOfExtract(const rules::RuleSet& rules, const Jurisdiction& jurisdiction,
                                           absl::Time time) {
  ASSIGN_OR_RETURN(const rules::Answer answer, AskRule(rules, kDataSubjectRights, jurisdiction, time));
  return absl::StrCat(answer.rule->id(), ", ", answer.version->legal_basis());
}

absl::StatusOr<std::vector<v1::ExtractItem>> ExtractOf(const rules::RuleSet& rules, const ChildRecords& records,
                                                       const v1::ExtractChildRequest& request, absl::Time time) {
  const bool to_child = request.recipient() == v1::CHILD;
  const std::set<std::string> hidden = to_child ? std::set<std::string>() : HiddenFromGuardian(records);
  std::vector<v1::ExtractItem> items;
  for (const ReportRecord& record : records.reports) {
    const std::string& name = record.report.name();
    if (hidden.count(name) > 0) continue;
    const Handing handing{request, record.identity_protected, NamesAny(request.reporters_without_danger(), name)};
    RETURN_IF_ERROR(Withhold(rules, records.jurisdiction, time, handing, items.emplace_back(ItemOf(record))));
  }
  for (const InvestigationRecord& record : records.investigations) {
    if (hidden.count(record.investigation.name()) > 0) continue;
    const Handing handing{request, record.identity_protected};
    RETURN_IF_ERROR(Withhold(rules, records.jurisdiction, time, handing, items.emplace_back(ItemOf(record, hidden))));
  }
  std::sort(items.begin(), items.end(), IsEarlier);
  return items;
}

const std::string& NameOf(const v1::ExtractItem& item) {
  return item.has_report() ? item.report().name() : item.investigation().name();
}

const google::protobuf::Timestamp& TimeOf(const v1::ExtractItem& item) {
  return item.has_report() ? item.report().receive_time() : item.investigation().open_time();
}

}  // namespace samverkan::intake
