#include "libs/outbox/audit_entry.h"

#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "libs/random/random.h"

namespace samverkan::outbox {
namespace {

constexpr int kSaltBytes = 32;
// The purpose of everything in these services (SoLPuL 2001:454); other purposes get a
// code when a service that has one is built.
constexpr char kPurpose[] = "child_protection";

audit::v1::Entry MakeEntry(const std::string& producer, const std::string& method, absl::Time now,
                           access::v1::Action action, audit::v1::Outcome outcome, const Touched& touched) {
  audit::v1::Entry entry;
  // Random: it stands in the leaf for ever, which knows no time finer than the day.
  entry.set_entry_id(pg::Uuid::Random().ToString());
  entry.set_producer(producer);
  entry.set_municipality(touched.municipality);
  entry.set_authority(touched.authority);
  entry.set_method(method);
  entry.set_action(action);
  entry.set_outcome(outcome);
  entry.set_purpose(kPurpose);
  entry.set_retention(touched.retention);
  audit::v1::PrivatePart& part = *entry.mutable_private_part();
  *part.mutable_time() = proto_time::ToProto(now);
  for (const std::string& child : touched.children) part.add_children(child);
  for (const std::string& resource : touched.resources) part.add_resources(resource);
  part.set_legal_basis(touched.legal_basis);
  part.set_request_id(touched.request_id);
  part.set_detail(touched.detail);
  for (const audit::v1::RiskSign sign : touched.risk_signs) part.add_risk_signs(sign);
  entry.mutable_salts()->set_subject(random::Octets(kSaltBytes));
  entry.mutable_salts()->set_actor(random::Octets(kSaltBytes));
  entry.mutable_salts()->set_detail(random::Octets(kSaltBytes));
  return entry;
}

}  // namespace

audit::v1::Entry MakeAuditEntry(const rpc::CallContext& call, const std::string& producer, audit::v1::Outcome outcome,
                                const Touched& touched) {
  audit::v1::Entry entry = MakeEntry(producer, call.method, call.now, call.action, outcome, touched);
  audit::v1::PrivatePart& part = *entry.mutable_private_part();
  part.set_trace_id(call.trace.trace_id);
  audit::v1::Actor& actor = *part.mutable_actor();
  actor.set_subject(call.caller.subject);
  actor.set_system(call.caller.system);
  actor.set_role(call.role);
  actor.set_municipality(call.caller.municipality);
  actor.set_authority(call.caller.authority);
  if (touched.identity_protected) return entry;
  for (const std::string& unit : call.caller.units) actor.add_units(unit);
  actor.set_acting_service(call.caller.acting_service);
  return entry;
}

}  // namespace samverkan::outbox
