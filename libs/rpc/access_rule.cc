#include "libs/rpc/access_rule.h"

#include <string>

#include "libs/status/status.h"

namespace samverkan::rpc {
namespace {

absl::Status RoleMissing(const std::vector<access::v1::Role>& roles) {
  std::string names;
  for (const access::v1::Role role : roles) {
    if (!names.empty()) names += ", ";
    names += access::v1::Role_Name(role);
  }
  return status::PermissionDenied({.reason = "ROLE_MISSING",
                                   .message = "the caller needs one of the roles " + names,
                                   .swedish = "Det krävs någon av rollerna " + names + ".",
                                   .metadata = {{"roles", names}}});
}

absl::Status NotQualified() {
  return status::PermissionDenied(
      {.reason = "NOT_QUALIFIED",
       .message = "only a caller with the claim `qualified` may do this (rule P-017)",
       .swedish = "Det krävs socionomexamen och tillräcklig erfarenhet för att fatta det här beslutet."});
}

}  // namespace

absl::StatusOr<AccessRule> AccessRule::Of(const google::protobuf::MethodDescriptor& method) {
  const access::v1::Rule& declared = method.options().GetExtension(access::v1::rule);
  if (declared.roles().empty() || declared.action() == access::v1::ACTION_UNSPECIFIED) {
    return absl::FailedPreconditionError(method.full_name() + " has no complete (samverkan.access.v1.rule)");
  }
  AccessRule rule;
  for (const int role : declared.roles()) {
    if (role == access::v1::ROLE_UNSPECIFIED || !access::v1::Role_IsValid(role)) {
      return absl::FailedPreconditionError(method.full_name() + " grants a role that is none");
    }
    rule.roles_.push_back(static_cast<access::v1::Role>(role));
  }
  rule.qualified_ = declared.qualified();
  rule.reads_personal_data_ = declared.reads_personal_data();
  rule.action_ = declared.action();
  return rule;
}

access::v1::Role AccessRule::RoleOf(const auth::Caller& caller) const {
  for (const access::v1::Role role : roles_) {
    if (caller.Has(role)) return role;
  }
  return access::v1::ROLE_UNSPECIFIED;
}

absl::Status AccessRule::Check(const auth::Caller& caller) const {
  if (RoleOf(caller) == access::v1::ROLE_UNSPECIFIED) return RoleMissing(roles_);
  if (qualified_ && !caller.qualified) return NotQualified();
  return absl::OkStatus();
}

}  // namespace samverkan::rpc
