#include "services/consent/access.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "libs/status/status.h"

namespace samverkan::consent {
namespace {

bool IsOf(const auth::Caller& caller, const Placement& placement) {
  return caller.municipality == placement.municipality && caller.authority == placement.authority;
}

bool WorksWithChildren(const auth::Caller& caller) {
  return caller.Has(access::v1::RECEPTION) || caller.Has(access::v1::CASEWORKER) ||
         caller.Has(access::v1::UNIT_MANAGER) || caller.Has(access::v1::REPORTER);
}

bool WorksInOneOf(const auth::Caller& caller, const std::vector<std::string>& units) {
  return std::any_of(units.begin(), units.end(), [&](const std::string& unit) {
    return std::find(caller.units.begin(), caller.units.end(), unit) != caller.units.end();
  });
}

bool IsAssigned(const auth::Caller& caller, const Placement& placement) {
  return !placement.assignee.empty() && placement.assignee == caller.subject;
}

}  // namespace

bool MaySee(const auth::Caller& caller, const Placement& placement) {
  if (!IsOf(caller, placement)) return false;
  if (caller.Has(access::v1::DUTY)) return true;
  return WorksWithChildren(caller) && (WorksInOneOf(caller, placement.units) || IsAssigned(caller, placement));
}

bool MaySeeWhereabouts(const auth::Caller& caller, const Placement& placement) {
  if (!IsOf(caller, placement)) return false;
  return caller.Has(access::v1::DUTY) || (WorksWithChildren(caller) && IsAssigned(caller, placement));
}

absl::Status NotFound(const std::string& what, const pg::Scope& owner) {
  const absl::Status not_found = status::NotFound({
      .reason = absl::AsciiStrToUpper(absl::StrReplaceAll(what, {{" ", "_"}})) + "_NOT_FOUND",
      .message = "there is no such " + what + ", or you may not know of it; check the name",
      .swedish = "Resursen finns inte, eller så saknar du behörighet. Kontrollera namnet.",
  });
  return status::Hidden(not_found, owner.municipality.empty() ? "" : owner.municipality + "/" + owner.authority);
}

absl::Status ChildChanging() {
  return status::Aborted({.reason = "CHILD_CHANGING",
                          .message = "what is known of the child changes at this moment; try again",
                          .swedish = "Uppgifterna om barnet ändras just nu. Försök igen."});
}

}  // namespace samverkan::consent
