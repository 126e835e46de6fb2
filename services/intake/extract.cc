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
constexpr char kChildSaidInContact[] = "steps.contact.child_said";
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

// Names of reports and investigations with a police report that the guardians were not told of.
std::set<std::string> WithSecretPoliceReport(const ChildRecords& records) {
  std::set<std::string> names;
  for (const InvestigationStepRecord& record : records.steps) {
    const bool secret = record.step.has_police_report() && !record.step.police_report().guardians_told();
    if (secret) names.insert(record.step.parent());
  }
  return names;
}

bool TellsOfPolice(const v1::InvestigationStep& step) {
  return step.has_police_report() || step.has_accompaniment() || step.has_special_representative();
}

void HideSteps(const ChildRecords& records, std::set<std::string>& hidden) {
  const std::set<std::string> secret = WithSecretPoliceReport(records);
  for (const InvestigationStepRecord& record : records.steps) {
    const v1::InvestigationStep& step = record.step;
    const bool tells = TellsOfPolice(step) && secret.count(step.parent()) > 0;
    if (tells || hidden.count(step.parent()) > 0) hidden.insert(step.name());
  }
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
      path == "investigation.previous_investigation" || path == "follow_ups.placement" ||
      path == "follow_ups.end.new_investigation") {
    return false;
  }
  // An address can be secret from a guardian (LVU 14 §): a text to read through.
  if (path == "placements.place") return true;
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
  if ((path == kChildSaid || path == kChildSaidInContact) && handing.request.recipient() != v1::CHILD)
    return kChildTowardsGuardian;
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

// Those of the investigation that are not hidden, without what the investigation itself tells.
template <typename Part>
void AddParts(const std::vector<Part>& parts, const std::string& investigation, const std::set<std::string>& hidden,
              google::protobuf::RepeatedPtrField<Part>& added) {
  for (const Part& part : parts) {
    if (part.investigation() != investigation || hidden.count(part.name()) > 0) continue;
    Part& shown = *added.Add();
    shown = part;
    shown.clear_investigation();
    shown.clear_child();
  }
}

// Without the names of reports that are `hidden`.
v1::ExtractItem ItemOf(const InvestigationRecord& record, const ChildRecords& records,
                       const std::set<std::string>& hidden) {
  v1::ExtractItem item;
  v1::Investigation& investigation = *item.mutable_investigation();
  investigation = record.investigation;
  investigation.clear_etag();
  investigation.set_identity_protected(record.identity_protected);
  investigation.clear_reports();
  for (const std::string& report : record.investigation.reports()) {
    if (hidden.count(report) == 0) investigation.add_reports(report);
  }
  AddParts(records.placements, investigation.name(), hidden, *item.mutable_placements());
  AddParts(records.transfers, investigation.name(), hidden, *item.mutable_transfers());
  AddParts(records.follow_ups, investigation.name(), hidden, *item.mutable_follow_ups());
  return item;
}

// Adds the steps of the report or investigation that may be told of.
void AddSteps(const ChildRecords& records, const std::set<std::string>& hidden, v1::ExtractItem& item) {
  for (const InvestigationStepRecord& record : records.steps) {
    if (record.step.parent() == NameOf(item) && hidden.count(record.step.name()) == 0) *item.add_steps() = record.step;
  }
}

// Of what hangs on investigations: names of those whose investigation is hidden.
template <typename Part>
void AddHidden(const std::vector<Part>& parts, std::set<std::string>& hidden) {
  for (const Part& part : parts) {
    if (hidden.count(part.investigation()) > 0) hidden.insert(part.name());
  }
}

// Its name, where it is hidden, by the time that it was recorded.
template <typename Part>
void AddFound(const std::vector<Part>& parts, const std::set<std::string>& hidden,
              std::vector<std::pair<absl::Time, std::string>>& found) {
  for (const Part& part : parts) {
    if (hidden.count(part.name()) > 0) found.emplace_back(InstantOf(part.create_time()), part.name());
  }
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
  HideSteps(records, hidden);
  AddHidden(records.placements, hidden);
  AddHidden(records.transfers, hidden);
  for (const v1::FollowUp& follow_up : records.follow_ups) {
    if (hidden.count(follow_up.end().new_investigation()) > 0) hidden.insert(follow_up.name());
  }
  AddHidden(records.follow_ups, hidden);
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
  for (const InvestigationStepRecord& record : records.steps) {
    if (hidden.count(record.step.name()) == 0) continue;
    found.emplace_back(InstantOf(record.step.create_time()), record.step.name());
  }
  AddFound(records.placements, hidden, found);
  AddFound(records.transfers, hidden, found);
  AddFound(records.follow_ups, hidden, found);
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
    AddSteps(records, hidden, items.emplace_back(ItemOf(record)));
    RETURN_IF_ERROR(Withhold(rules, records.jurisdiction, time, handing, items.back()));
  }
  for (const InvestigationRecord& record : records.investigations) {
    if (hidden.count(record.investigation.name()) > 0) continue;
    const Handing handing{request, record.identity_protected};
    AddSteps(records, hidden, items.emplace_back(ItemOf(record, records, hidden)));
    RETURN_IF_ERROR(Withhold(rules, records.jurisdiction, time, handing, items.back()));
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
