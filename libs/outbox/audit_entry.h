#ifndef SAMVERKAN_LIBS_OUTBOX_AUDIT_ENTRY_H_
#define SAMVERKAN_LIBS_OUTBOX_AUDIT_ENTRY_H_

#include <set>
#include <string>
#include <vector>

#include "libs/rpc/call_context.h"
#include "samverkan/audit/v1/audit.pb.h"

// Makes the audit entry of a call.
namespace samverkan::outbox {

// What a call touched.
struct Touched {
  // Whose data it is: a municipality ("0180") and an authority in it ("skarholmen").
  std::string municipality;
  std::string authority;
  // References of the children; may be empty where only the transaction knows them.
  std::vector<std::string> children = {};
  // Resource names, the one asked for first.
  std::vector<std::string> resources = {};
  // What it rests on, "P-013, SoL 2025:400 20:2".
  std::string legal_basis = {};
  // The caller's request id, where the call had one.
  std::string request_id = {};
  // Code of what happened or why it was refused; no free text of a request.
  std::string detail = {};
  audit::v1::RetentionClass retention = audit::v1::CHILD_FILE;
  // Signs that the act may be unwarranted, as far as the service can tell them.
  std::set<audit::v1::RiskSign> risk_signs = {};
  // Whether the identity of one of the children is protected: the actor's units, which could
  // tell where the child is, are then left out.
  bool identity_protected = false;
};

// The entry of `call`, by `producer` ("intake"): with an identity and salts of its own,
// minted now, so that whoever delivers it any number of times delivers the same.
audit::v1::Entry MakeAuditEntry(const rpc::CallContext& call, const std::string& producer, audit::v1::Outcome outcome,
                                const Touched& touched);

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_AUDIT_ENTRY_H_
