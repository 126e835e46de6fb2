#include "services/intake/protected_identity.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/disclosure/disclosure.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::intake {
namespace {

disclosure::Categories RemoveWhereabouts(google::protobuf::Message& shown) {
  return disclosure::KeepOnly(disclosure::AllBut({data::v1::WHEREABOUTS, data::v1::CONTACT}), shown);
}

absl::StatusOr<rules::Answer> AskRule(const rules::RuleSet& rules, std::string_view question,
                                      const Jurisdiction& jurisdiction, absl::Time time) {
  return rules.Ask(question, calendar::LegalDay(time), jurisdiction.municipality, jurisdiction.authority);
}

template <typename Shown>
absl::Status Name(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                  const disclosure::Categories& categories, Shown& shown) {
  ASSIGN_OR_RETURN(const rules::Answer answer, AskRule(rules, "protected_address", jurisdiction, time));
  for (const data::v1::Category category : categories) {
    v1::Withheld& withheld = *shown.add_withheld();
    withheld.set_category(category);
    withheld.set_rule(answer.rule->id());
    withheld.set_legal_basis(answer.version->legal_basis());
  }
  return absl::OkStatus();
}

absl::Status CheckChanges(bool is_protected, v1::ProtectedIdentityMark::Protection protection) {
  if (is_protected != (protection == v1::ProtectedIdentityMark::PROTECTED)) return absl::OkStatus();
  if (is_protected) {
    return status::FailedPrecondition({"ALREADY_PROTECTED", "the child's identity is protected already",
                                       "Barnets personuppgifter är redan skyddade."});
  }
  return status::FailedPrecondition(
      {"NOT_PROTECTED", "the child's identity is not protected", "Barnets personuppgifter är inte skyddade."});
}

}  // namespace

absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::Report& shown) {
  disclosure::Categories removed = RemoveWhereabouts(shown);
  // A school that reports says where its pupil is.
  if (!shown.submission().reporter().organisation().empty()) {
    shown.mutable_submission()->mutable_reporter()->clear_organisation();
    removed.insert(data::v1::REPORTER_IDENTITY);
  }
  return Name(rules, jurisdiction, time, removed, shown);
}

absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::Investigation& shown) {
  return Name(rules, jurisdiction, time, RemoveWhereabouts(shown), shown);
}

absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::ReportMeeting& shown) {
  return Name(rules, jurisdiction, time, RemoveWhereabouts(shown), shown);
}

absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::InvestigationStep& shown) {
  return Name(rules, jurisdiction, time, RemoveWhereabouts(shown), shown);
}

absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::Placement& shown) {
  return Name(rules, jurisdiction, time, RemoveWhereabouts(shown), shown);
}

absl::Status WithholdWhereabouts(const rules::RuleSet& rules, const Jurisdiction& jurisdiction, absl::Time time,
                                 v1::Transfer& shown) {
  return Name(rules, jurisdiction, time, RemoveWhereabouts(shown), shown);
}

absl::StatusOr<ReportChange> MarkProtectedIdentity(const rules::RuleSet& rules, ReportRecord record,
                                                   const v1::MarkProtectedIdentityRequest& request, const Act& act) {
  RETURN_IF_ERROR(CheckChanges(record.identity_protected, request.protection()));
  ASSIGN_OR_RETURN(const rules::Answer answer,
                   AskRule(rules, "protected_identity_marking", JurisdictionOf(record.report), act.time));
  ReportChange change;
  change.legal_basis = absl::StrCat(answer.rule->id(), ", ", answer.version->legal_basis());
  v1::ProtectedIdentityMark& mark = *record.report.add_protected_identity_marks();
  mark.set_protection(request.protection());
  mark.set_reason(request.reason());
  *mark.mutable_mark_time() = proto_time::ToProto(act.time);
  mark.set_marker(act.subject);
  mark.set_legal_basis(change.legal_basis);
  record.identity_protected = request.protection() == v1::ProtectedIdentityMark::PROTECTED;
  change.after = std::move(record);
  change.happenings.push_back({"report.protected_identity_marked", {}});
  return change;
}

}  // namespace samverkan::intake
