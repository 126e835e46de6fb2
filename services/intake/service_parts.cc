#include "services/intake/service_parts.h"

#include <vector>

#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/names.h"

namespace samverkan::intake {

Act ActOf(const rpc::CallContext& call) { return {call.caller.subject, call.now}; }

absl::Status CheckHandled(const rpc::CallContext& call, const ReportRecord& record, const std::string& etag) {
  RETURN_IF_ERROR(CheckMayHandle(call.caller, record));
  return CheckEtag(etag, record.version);
}

void RequireOwnAuthority(const auth::Caller& caller, const std::string& parent, status::Violations& violations) {
  if (parent == MakeName(caller.municipality, "authorities", caller.authority)) return;
  violations.Add("parent", "expected your own authority, `municipalities/{code}/authorities/{authority}`",
                 "Ange den egna nämnden.");
}

absl::Status CheckUnitOf(const UnitDirectory& units, const std::string& unit, const std::string& authority,
                         const std::string& field) {
  const directory::v1::Unit* const found = units.FindHandlingUnit(unit);
  if (found != nullptr && found->authority() == authority) return absl::OkStatus();
  return status::InvalidArgument(std::vector<status::FieldViolation>{
      {field, "expected a unit of the same authority that handles cases, `municipalities/{code}/units/{unit}`",
       "Ange en enhet inom samma nämnd."}});
}

absl::StatusOr<v1::Report> ChangeReport(const Parts& parts, ReportStore& store, const rpc::CallContext& call,
                                        const ResourceKey& key, const idempotency::Request& request,
                                        const ReportStore::Transition& transition) {
  ASSIGN_OR_RETURN(const ReportStore::Changed changed, store.Change(call, key, request, transition));
  if (!changed.repeated) return ViewAfterChange(parts.rules, call.caller, changed.record, call.now);
  ASSIGN_OR_RETURN(v1::Report view, ViewFor(parts.rules, call.caller, changed.record, call.now));
  RETURN_IF_ERROR(store.RecordRead(call, {&changed.record}, {}));
  return view;
}

absl::StatusOr<std::string> OpenCursor(const paging::PageTokens& tokens, const paging::Binding& binding,
                                       const std::string& token) {
  if (token.empty()) return std::string();
  return tokens.Open(binding, token);
}

}  // namespace samverkan::intake
