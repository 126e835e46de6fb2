#include "services/intake/access.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "libs/status/status.h"

namespace samverkan::intake {
namespace {

bool WorksIn(const auth::Caller& caller, const std::string& unit) {
  return std::find(caller.units.begin(), caller.units.end(), unit) != caller.units.end();
}

bool IsAssigned(const auth::Caller& caller, const Placement& placement) {
  return !placement.assignee.empty() && placement.assignee == caller.subject;
}

}  // namespace

Sender SenderOf(const auth::Caller& caller) {
  return {.municipality = caller.municipality,
          .authority = caller.authority,
          .unit = caller.units.empty() ? std::string() : caller.units.front(),
          .subject = caller.subject,
          .system = caller.system};
}

bool MayHandle(const auth::Caller& caller, const Placement& placement) {
  if (caller.municipality != placement.municipality || caller.authority != placement.authority) return false;
  if (caller.Has(access::v1::DUTY)) return true;
  return WorksAtSocialServices(caller) && (WorksIn(caller, placement.unit) || IsAssigned(caller, placement));
}

bool WorksAtSocialServices(const auth::Caller& caller) {
  return caller.Has(access::v1::RECEPTION) || caller.Has(access::v1::DUTY) || caller.Has(access::v1::CASEWORKER) ||
         caller.Has(access::v1::UNIT_MANAGER);
}

bool MaySeeWhereabouts(const auth::Caller& caller, const Placement& placement) {
  if (caller.municipality != placement.municipality || caller.authority != placement.authority) return false;
  return caller.Has(access::v1::DUTY) || (WorksAtSocialServices(caller) && IsAssigned(caller, placement));
}

bool BelongsToSender(const auth::Caller& caller, const Sender& sender) {
  if (caller.municipality != sender.municipality || caller.authority != sender.authority) return false;
  if (!sender.unit.empty()) return WorksIn(caller, sender.unit);
  return caller.subject == sender.subject && caller.system == sender.system;
}

bool MaySeeAsSender(const auth::Caller& caller, const Sender& sender) {
  return caller.Has(access::v1::REPORTER) && BelongsToSender(caller, sender);
}

bool IsSender(const auth::Caller& caller, const Sender& sender) {
  return MaySeeAsSender(caller, sender) && caller.subject == sender.subject && caller.system == sender.system;
}

absl::Status EmergencyAccessReadsOnly() {
  return status::PermissionDenied(
      {.reason = "EMERGENCY_ACCESS_READS_ONLY",
       .message = "an emergency access opens reading only; whoever handles the case changes it",
       .swedish = "Nödåtkomst ger bara rätt att läsa. Ändringar gör den som handlägger ärendet."});
}

absl::Status NotFound(const std::string& what, const Placement& owner) {
  const absl::Status not_found = status::NotFound({
      .reason = absl::AsciiStrToUpper(absl::StrReplaceAll(what, {{" ", "_"}})) + "_NOT_FOUND",
      .message = "there is no such " + what + ", or you may not know of it; check the name",
      .swedish = "Resursen finns inte, eller så saknar du behörighet. Kontrollera namnet.",
  });
  return status::Hidden(not_found, owner.municipality.empty() ? "" : owner.municipality + "/" + owner.authority);
}

}  // namespace samverkan::intake
