#include "services/intake/access.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "libs/status/status.h"

namespace samverkan::intake {
namespace {

bool WorksIn(const auth::Caller& caller, const std::string& unit) {
  return std::find(caller.units.begin(), caller.units.end(), unit) != caller.units.end();
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
  const bool social_services =
      caller.Has(access::v1::RECEPTION) || caller.Has(access::v1::CASEWORKER) || caller.Has(access::v1::UNIT_MANAGER);
  if (!social_services) return false;
  return WorksIn(caller, placement.unit) || (!placement.assignee.empty() && placement.assignee == caller.subject);
}

bool BelongsToSender(const auth::Caller& caller, const Sender& sender) {
  if (caller.municipality != sender.municipality || caller.authority != sender.authority) return false;
  if (!sender.unit.empty()) return WorksIn(caller, sender.unit);
  return caller.subject == sender.subject && caller.system == sender.system;
}

bool MaySeeAsSender(const auth::Caller& caller, const Sender& sender) {
  return caller.Has(access::v1::REPORTER) && BelongsToSender(caller, sender);
}

absl::Status NotFound(const std::string& what, const Placement& owner) {
  const absl::Status not_found = status::NotFound({
      .reason = absl::AsciiStrToUpper(what) + "_NOT_FOUND",
      .message = "there is no such " + what + ", or you may not know of it; check the name",
      .swedish = "Resursen finns inte, eller så saknar du behörighet. Kontrollera namnet.",
  });
  return status::Hidden(not_found, owner.municipality.empty() ? "" : owner.municipality + "/" + owner.authority);
}

}  // namespace samverkan::intake
