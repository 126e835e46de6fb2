#include "services/intake/emergency_access.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/identity/identity_number.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

// More than anybody reads of one act.
constexpr int kMostReviews = 20;

bool IsOf(const auth::Caller& caller, const Jurisdiction& jurisdiction) {
  return caller.municipality == jurisdiction.municipality && caller.authority == jurisdiction.authority;
}

absl::Status Hidden(const EmergencyAccessRecord& record) {
  const Jurisdiction jurisdiction = JurisdictionOf(record.access);
  return NotFound("emergency access", {.municipality = jurisdiction.municipality, .authority = jurisdiction.authority});
}

bool LeadsUnitOf(const auth::Caller& caller, const EmergencyAccessRecord& record) {
  return IsOf(caller, JurisdictionOf(record.access)) && caller.Has(access::v1::UNIT_MANAGER) &&
         record.handled_by_caller;
}

}  // namespace

std::string RequireIdentityDigits(const v1::DeclareEmergencyAccessRequest& request, absl::CivilDay today,
                                  status::Violations& violations) {
  if (request.child_case() == v1::DeclareEmergencyAccessRequest::CHILD_NOT_SET) {
    violations.Add("child", "expected `identity_number`, `report` or `investigation`",
                   "Ange barnets personnummer, en anmälan eller en utredning.");
  }
  if (!request.has_identity_number()) return {};
  const auto number = identity::IdentityNumber::Parse(request.identity_number(), today);
  if (number.ok()) return number->digits();
  violations.Add("identity_number", std::string(number.status().message()),
                 std::string(identity::SwedishText(number.status())));
  return {};
}

Jurisdiction JurisdictionOf(const v1::EmergencyAccess& access) {
  const auto authority = resource_name::Match("municipalities/{municipality}/authorities/{id}", access.authority());
  if (!authority.has_value()) return {};
  return {authority->front(), authority->back()};
}

absl::StatusOr<EmergencyAccessChange> Declare(const rules::RuleSet& rules,
                                              const v1::DeclareEmergencyAccessRequest& request, const KnownChild& child,
                                              const Declaration& declaration) {
  const auth::Caller& caller = declaration.caller;
  ASSIGN_OR_RETURN(const rules::Answer answer, rules.Ask("emergency_access", calendar::LegalDay(declaration.time),
                                                         caller.municipality, caller.authority));
  ASSIGN_OR_RETURN(const int64_t hours, answer.Parameter("hours"));
  EmergencyAccessChange change;
  change.legal_basis = absl::StrCat(answer.rule->id(), ", ", answer.version->legal_basis());
  change.happening = {"emergency_access.declared", {}};
  change.after.identity_protected = child.identity_protected;
  v1::EmergencyAccess& access = change.after.access;
  access.set_name(declaration.name);
  access.set_authority(request.parent());
  access.set_child(child.child);
  access.set_reason(request.reason());
  access.set_declarer(caller.subject);
  access.set_system(caller.system);
  access.set_role(declaration.role);
  *access.mutable_declare_time() = ToProto(declaration.time);
  *access.mutable_expire_time() = ToProto(declaration.time + absl::Hours(hours));
  access.set_legal_basis(change.legal_basis);
  access.set_state(v1::EmergencyAccess::UNREVIEWED);
  return change;
}

absl::Status CheckMaySee(const auth::Caller& caller, const EmergencyAccessRecord& record) {
  const bool audits = caller.Has(access::v1::AUDITOR) && IsOf(caller, JurisdictionOf(record.access));
  return audits || LeadsUnitOf(caller, record) ? absl::OkStatus() : Hidden(record);
}

absl::Status CheckMayReview(const auth::Caller& caller, const EmergencyAccessRecord& record) {
  if (!LeadsUnitOf(caller, record)) return Hidden(record);
  if (caller.subject != record.access.declarer()) return absl::OkStatus();
  return status::PermissionDenied({.reason = "OWN_ACTION",
                                   .message = "another manager reviews what you declared yourself",
                                   .swedish = "En annan chef granskar den nödåtkomst som du själv har begärt."});
}

v1::EmergencyAccess View(const EmergencyAccessRecord& record) {
  v1::EmergencyAccess view = record.access;
  view.set_etag(Etag(record.version));
  return view;
}

v1::EmergencyAccess DeclaredView(const EmergencyAccessRecord& record, const KnownChild& child, absl::Time time) {
  v1::EmergencyAccess view = View(record);
  if (proto_time::FromProto(view.expire_time()).value_or(absl::InfinitePast()) <= time) return view;
  for (const std::string& report : child.reports) view.add_reports(report);
  for (const std::string& investigation : child.investigations) view.add_investigations(investigation);
  return view;
}

absl::StatusOr<EmergencyAccessChange> Review(EmergencyAccessRecord record,
                                             const v1::ReviewEmergencyAccessRequest& request, const Act& act) {
  if (record.access.reviews_size() >= kMostReviews) {
    return status::FailedPrecondition({"TOO_MANY_REVIEWS", "the access holds all the reviews that it can",
                                       "Nödåtkomsten kan inte granskas fler gånger."});
  }
  v1::EmergencyAccessReview& review = *record.access.add_reviews();
  review.set_verdict(request.verdict());
  review.set_note(request.note());
  review.set_reviewer(act.subject);
  *review.mutable_review_time() = ToProto(act.time);
  record.access.set_state(v1::EmergencyAccess::REVIEWED);
  EmergencyAccessChange change;
  change.after = std::move(record);
  change.happening = {"emergency_access.reviewed", {}};
  return change;
}

}  // namespace samverkan::intake
