// The access rule of a method (samverkan.access.v1.rule), made ready for checking.
#ifndef SAMVERKAN_LIBS_RPC_ACCESS_RULE_H_
#define SAMVERKAN_LIBS_RPC_ACCESS_RULE_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "libs/auth/caller.h"
#include "samverkan/access/v1/access.pb.h"

namespace samverkan::rpc {

// Read once, when the method is registered.
class AccessRule {
 public:
  // The rule in the method's options. FAILED_PRECONDITION when there is none, when
  // it names no role, or an unspecified role or action.
  static absl::StatusOr<AccessRule> Of(const google::protobuf::MethodDescriptor& method);

  // The first role of the rule that `caller` holds; ROLE_UNSPECIFIED when none.
  access::v1::Role RoleOf(const auth::Caller& caller) const;

  // OK, or PERMISSION_DENIED with reason ROLE_MISSING or NOT_QUALIFIED.
  absl::Status Check(const auth::Caller& caller) const;

  bool reads_personal_data() const { return reads_personal_data_; }
  access::v1::Action action() const { return action_; }

 private:
  std::vector<access::v1::Role> roles_;
  bool qualified_ = false;
  bool reads_personal_data_ = false;
  access::v1::Action action_ = access::v1::ACTION_UNSPECIFIED;
};

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_ACCESS_RULE_H_
