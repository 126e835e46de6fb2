#include "libs/auth/acting_caller.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/auth/caller_check.h"
#include "libs/status/status.h"
#include "samverkan/access/v1/caller.pb.h"

namespace samverkan::auth {
namespace {

absl::Status Malformed(const std::string& what) {
  return status::Unauthenticated({.reason = "CALLER_MALFORMED",
                                  .message = absl::StrCat("the metadata samverkan-caller-bin is refused: ", what),
                                  .swedish = "Den anropande tjänsten säger inte rätt för vem den anropar."});
}

}  // namespace

std::string WriteCaller(const Caller& caller) {
  access::v1::Caller message;
  message.set_subject(caller.subject);
  message.set_system(caller.system);
  message.set_municipality(caller.municipality);
  message.set_authority(caller.authority);
  for (const std::string& unit : caller.units) message.add_units(unit);
  for (const access::v1::Role role : caller.roles) message.add_roles(role);
  message.set_qualified(caller.qualified);
  message.set_given_name(caller.given_name);
  message.set_family_name(caller.family_name);
  return message.SerializeAsString();
}

absl::StatusOr<Caller> ReadCaller(std::string_view value, std::string_view acting_service) {
  access::v1::Caller message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return Malformed("expected a samverkan.access.v1.Caller");
  }
  Caller caller;
  caller.subject = message.subject();
  caller.system = message.system();
  caller.municipality = message.municipality();
  caller.authority = message.authority();
  caller.units.assign(message.units().begin(), message.units().end());
  for (const int role : message.roles()) caller.roles.push_back(static_cast<access::v1::Role>(role));
  caller.qualified = message.qualified();
  // Whoever acts has checked the token, and calls no longer than it serves its own call.
  caller.expires = absl::InfiniteFuture();
  caller.given_name = message.given_name();
  caller.family_name = message.family_name();
  caller.acting_service = std::string(acting_service);
  if (const std::string fault = FaultOf(caller); !fault.empty()) return Malformed(absl::StrCat("expected ", fault));
  return caller;
}

}  // namespace samverkan::auth
