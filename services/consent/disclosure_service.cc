#include "services/consent/disclosure_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/disclosure.grpc.pb.h"
#include "services/consent/access.h"
#include "services/consent/child.h"
#include "services/consent/disclosed_message.h"
#include "services/consent/disclosure.h"
#include "services/consent/explanation.h"
#include "services/consent/question.h"
#include "services/consent/request_fields.h"

namespace samverkan::consent {
namespace {

constexpr char kDecisions[] = "decisions";
constexpr char kDisclosures[] = "disclosures";
constexpr int kMostInBatch = 100;
// How long a message may be let out through a decision: rule S-008.
constexpr char kValidity[] = "decision_use";

// ---- decisions ----

status::Violations FaultsOf(const auth::Caller& caller, const v1::CheckDisclosureRequest& request,
                            const ReadyRules& active) {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  if (RequireMunicipality(request.parent(), violations) != caller.municipality && violations.empty()) {
    violations.Add("parent", "expected your own municipality", "Ange den egna kommunen.");
  }
  CheckQuestion(active.disclosure, caller, request.question(), violations);
  return violations;
}

status::Violations FaultsOf(const auth::Caller& caller, const v1::BatchCheckDisclosureRequest& batch,
                            const ReadyRules& active) {
  status::Violations violations;
  for (int i = 0; i < batch.requests_size(); ++i) {
    const status::Violations faults = FaultsOf(caller, batch.requests(i), active);
    for (const status::FieldViolation& fault : faults.violations()) {
      violations.Add(absl::StrCat("requests[", i, "].", fault.field), fault.description, fault.swedish);
    }
  }
  return violations;
}

absl::StatusOr<v1::Decision> Decide(const rpc::CallContext& call, const v1::Question& question, const std::string& name,
                                    const KnownChild& child, const ReadyRules& active) {
  RETURN_IF_ERROR(CheckMaySee(call.caller, child.record));
  const Evaluation evaluation = Evaluate(active.disclosure, question, child.circumstances, child.day);
  v1::Decision decision;
  decision.set_name(name);
  decision.set_authority(question.discloser().authority());
  *decision.mutable_question() = question;
  decision.mutable_question()->set_child(child.id.ToString());
  for (const CategoryEvaluation& category : evaluation.categories) *decision.add_categories() = DecisionOf(category);
  decision.set_rule_set(active.version);
  decision.set_day(proto_time::FormatDay(child.day));
  *decision.mutable_decide_time() = proto_time::ToProto(call.now);
  decision.set_decider(call.caller.subject);
  ASSIGN_OR_RETURN(const rules::Answer validity,
                   active.rule_set.Ask(kValidity, child.day, child.authority.municipality, child.authority.authority));
  ASSIGN_OR_RETURN(const int64_t hours, validity.Parameter("hours"));
  *decision.mutable_expire_time() = proto_time::ToProto(call.now + absl::Hours(hours));
  return decision;
}

// ---- disclosures ----

absl::Status CheckUsable(const rpc::CallContext& call, const DecisionRecord& record) {
  const v1::Decision& decision = record.decision;
  if (decision.decider() != call.caller.subject || record.system != call.caller.system) {
    return status::PermissionDenied({.reason = "OTHER_CALLER",
                                     .message = "the decision is somebody else's; check disclosure yourself",
                                     .swedish = "Beslutet är någon annans. Gör en egen prövning."});
  }
  if (proto_time::FromProto(decision.expire_time()).value_or(absl::InfinitePast()) > call.now) return absl::OkStatus();
  return status::FailedPrecondition({.reason = "DECISION_EXPIRED",
                                     .message = "the decision may be used no more; check disclosure again",
                                     .swedish = "Beslutet gäller inte längre. Gör en ny prövning."});
}

// Whether the question would be answered in the same way, with the same duties.
bool IsSame(const v1::CategoryDecision& then, const v1::CategoryDecision& now) {
  return then.answer() == now.answer() &&
         std::equal(then.duties().begin(), then.duties().end(), now.duties().begin(), now.duties().end());
}

// Whether each category that was permitted still is, by what is known now.
absl::Status CheckStillPermitted(const DecisionRecord& record, const ReadyRules& active) {
  const Evaluation now =
      Evaluate(active.disclosure, record.decision.question(), record.child->circumstances, record.child->day);
  for (size_t i = 0; i < now.categories.size(); ++i) {
    const v1::CategoryDecision& then = record.decision.categories(static_cast<int>(i));
    if (!IsPermitted(then) || IsSame(then, DecisionOf(now.categories[i]))) continue;
    return status::FailedPrecondition(
        {.reason = "DECISION_OUTDATED",
         .message = "the question would now be answered otherwise; check disclosure again",
         .swedish = "Förutsättningarna har ändrats. Gör en ny prövning."});
  }
  return absl::OkStatus();
}

v1::DisclosureRecord RecordOf(const rpc::CallContext& call, const v1::DiscloseRequest& request,
                              const DecisionRecord& record, const google::protobuf::Message& message) {
  v1::DisclosureRecord disclosure;
  disclosure.set_decision(record.decision.name());
  disclosure.set_child(record.child->id.ToString());
  *disclosure.mutable_recipient() = record.decision.question().recipient();
  disclosure.set_purpose(record.decision.question().purpose());
  for (const v1::CategoryDecision& category : record.decision.categories()) {
    if (IsPermitted(category)) *disclosure.add_categories() = category;
  }
  disclosure.set_message_type(message.GetDescriptor()->full_name());
  *disclosure.mutable_disclose_time() = proto_time::ToProto(call.now);
  disclosure.set_discloser(call.caller.subject);
  disclosure.set_free_text_check(request.free_text_check());
  disclosure.set_on_hold(record.child->record.child.on_hold());
  return disclosure;
}

}  // namespace

template <typename Request>
absl::Status DisclosureService::CheckFaults(const rpc::CallContext& call, const Request& request) const {
  ASSIGN_OR_RETURN(const ReadyRulesPtr remembered, rules_.Active(call, call.caller.municipality));
  if (FaultsOf(call.caller, request, *remembered).empty()) return absl::OkStatus();
  // Of tests and facts that are not known a newer rule set may know.
  ASSIGN_OR_RETURN(const ReadyRulesPtr active, rules_.ActiveNow(call, call.caller.municipality));
  return FaultsOf(call.caller, request, *active).ToStatus();
}

absl::StatusOr<v1::Decision> DisclosureService::CheckDisclosure(const rpc::CallContext& call,
                                                                const v1::CheckDisclosureRequest& request) const {
  RETURN_IF_ERROR(CheckFaults(call, request));
  return DecideAndStore(call, request);
}

absl::StatusOr<v1::Decision> DisclosureService::DecideAndStore(const rpc::CallContext& call,
                                                               const v1::CheckDisclosureRequest& request) const {
  RETURN_IF_ERROR(CheckCompetence(call.caller, request.question()));
  ASSIGN_OR_RETURN(const auto request_key, parts_.request_keys.Of(call, request.request_id(), request));
  const pg::Uuid id = pg::Uuid::FromTime(call.now);
  const std::string name = MakeName(call.caller.municipality, kDecisions, id);
  const v1::Question question = Signed(call, request.question());
  ASSIGN_OR_RETURN(
      DisclosureStore::Decided decided,
      store_.Store(call, id, question.child(), request_key, [&](const KnownChild& child, const ReadyRules& rules) {
        return Decide(call, question, name, child, rules);
      }));
  if (decided.repeated) {
    RETURN_IF_ERROR(CheckMaySee(call.caller, decided.child->record));
    RETURN_IF_ERROR(store_.RecordRead(call, *decided.child, {decided.decision.name()}));
  }
  return std::move(decided.decision);
}

absl::StatusOr<v1::BatchCheckDisclosureResponse> DisclosureService::BatchCheckDisclosure(
    const rpc::CallContext& call, const v1::BatchCheckDisclosureRequest& request) const {
  if (request.requests().empty() || request.requests_size() > kMostInBatch) {
    return status::InvalidArgument(std::vector<status::FieldViolation>{
        {"requests", absl::StrCat("expected 1 to ", kMostInBatch, " checks"), "Ange 1 till 100 prövningar."}});
  }
  v1::BatchCheckDisclosureRequest batch = request;
  for (v1::CheckDisclosureRequest& check : *batch.mutable_requests()) {
    if (check.parent().empty()) check.set_parent(batch.parent());
  }
  RETURN_IF_ERROR(CheckFaults(call, batch));
  v1::BatchCheckDisclosureResponse response;
  for (const v1::CheckDisclosureRequest& check : batch.requests()) {
    ASSIGN_OR_RETURN(*response.add_decisions(), DecideAndStore(call, check));
  }
  return response;
}

absl::StatusOr<v1::Decision> DisclosureService::GetDecision(const rpc::CallContext& call,
                                                            const v1::GetDecisionRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kDecisions, "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(DecisionRecord record, store_.Find(call, key));
  RETURN_IF_ERROR(CheckMaySee(call.caller, record.child->record));
  RETURN_IF_ERROR(store_.RecordRead(call, *record.child, {record.decision.name()}));
  return std::move(record.decision);
}

absl::StatusOr<v1::Explanation> DisclosureService::ExplainDecision(const rpc::CallContext& call,
                                                                   const v1::ExplainDecisionRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kDecisions, "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const DecisionRecord record, store_.Find(call, key));
  if (!call.caller.Has(access::v1::AUDITOR)) RETURN_IF_ERROR(CheckMaySee(call.caller, record.child->record));
  const v1::Decision& decision = record.decision;
  ASSIGN_OR_RETURN(const ReadyRulesPtr rules, rules_.Get(call, {key.municipality, decision.rule_set()}));
  const auto day = proto_time::ParseDay(decision.day());
  if (!day.has_value()) return status::Internal("a stored decision has no day");
  const Evaluation evaluation = Evaluate(rules->disclosure, decision.question(), record.circumstances, *day);
  v1::Explanation explanation = ExplanationOf(rules->disclosure, decision.question(), *day, evaluation);
  explanation.set_decision(decision.name());
  explanation.set_rule_set(decision.rule_set());
  explanation.set_day(decision.day());
  RETURN_IF_ERROR(store_.RecordRead(call, *record.child, {decision.name()}));
  return explanation;
}

absl::StatusOr<v1::DiscloseResponse> DisclosureService::Disclose(const rpc::CallContext& call,
                                                                 const v1::DiscloseRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kDecisions, "name", violations);
  LimitText(request.free_text_check(), "free_text_check", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto message, UnpackDisclosable(request.message()));
  ASSIGN_OR_RETURN(const auto request_key, parts_.request_keys.Of(call, request.request_id(), request));
  const auto release = [&](const DecisionRecord& record,
                           const ReadyRules& active) -> absl::StatusOr<v1::DisclosureRecord> {
    RETURN_IF_ERROR(CheckMaySee(call.caller, record.child->record));
    RETURN_IF_ERROR(CheckUsable(call, record));
    RETURN_IF_ERROR(CheckStillPermitted(record, active));
    RETURN_IF_ERROR(CheckAbout(*message, record.child->record.child));
    const std::unique_ptr<google::protobuf::Message> copy(message->New());
    copy->CopyFrom(*message);
    ASSIGN_OR_RETURN(const Filtered filtered, KeepPermitted(record.decision, *copy));
    RETURN_IF_ERROR(CheckFreeText(record.child->circumstances, filtered, request.free_text_check()));
    return RecordOf(call, request, record, *message);
  };
  ASSIGN_OR_RETURN(DisclosureStore::Released released,
                   store_.Disclose(call, pg::Uuid::FromTime(call.now), key, request_key, release));
  if (released.repeated) {
    RETURN_IF_ERROR(CheckMaySee(call.caller, released.decision.child->record));
    RETURN_IF_ERROR(store_.RecordRead(call, *released.decision.child, {released.disclosure.name()}));
  }
  ASSIGN_OR_RETURN(const Filtered filtered, KeepPermitted(released.decision.decision, *message));
  v1::DiscloseResponse response;
  response.mutable_message()->PackFrom(*message);
  *response.mutable_disclosure() = std::move(released.disclosure);
  for (const data::v1::Category category : filtered.withheld) response.add_withheld(category);
  return response;
}

absl::StatusOr<v1::ListDisclosuresResponse> DisclosureService::ListDisclosures(
    const rpc::CallContext& call, const v1::ListDisclosuresRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.parent(), "children", "parent", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(DisclosureStore::Page page, store_.List(call, key, page_size, cursor));
  if (!call.caller.Has(access::v1::AUDITOR)) RETURN_IF_ERROR(CheckMaySee(call.caller, page.child->record));
  v1::ListDisclosuresResponse response;
  std::vector<std::string> shown = {request.parent()};
  for (v1::DisclosureRecord& disclosure : page.disclosures) {
    shown.push_back(disclosure.name());
    *response.add_disclosures() = std::move(disclosure);
  }
  if (!page.next_cursor.empty()) response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  RETURN_IF_ERROR(store_.RecordRead(call, *page.child, shown));
  return response;
}

absl::StatusOr<v1::Explanation> DisclosureService::SimulateDisclosure(
    const rpc::CallContext& call, const v1::SimulateDisclosureRequest& request) const {
  status::Violations violations;
  const std::string municipality = RequireMunicipality(request.parent(), violations);
  if (!request.day().empty()) RequireDay(request.day(), "day", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ReadyRulesPtr rules, request.rule_set().empty()
                                                  ? rules_.ActiveNow(call, call.caller.municipality)
                                                  : rules_.Get(call, {call.caller.municipality, request.rule_set()}));
  CheckSimulation(rules->disclosure, municipality, request.question(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  const absl::CivilDay day = proto_time::ParseDay(request.day()).value_or(calendar::LegalDay(call.now));
  const Evaluation evaluation = Evaluate(rules->disclosure, request.question(), request.circumstances(), day);
  v1::Explanation explanation = ExplanationOf(rules->disclosure, request.question(), day, evaluation);
  explanation.set_rule_set(rules->version);
  explanation.set_day(proto_time::FormatDay(day));
  return explanation;
}

std::unique_ptr<rpc::Service> DisclosureService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::DisclosureService>(), adapter);
  service->Add("CheckDisclosure", this, &DisclosureService::CheckDisclosure);
  service->Add("BatchCheckDisclosure", this, &DisclosureService::BatchCheckDisclosure);
  service->Add("GetDecision", this, &DisclosureService::GetDecision);
  service->Add("ExplainDecision", this, &DisclosureService::ExplainDecision);
  service->Add("Disclose", this, &DisclosureService::Disclose);
  service->Add("ListDisclosures", this, &DisclosureService::ListDisclosures);
  service->Add("SimulateDisclosure", this, &DisclosureService::SimulateDisclosure);
  return service;
}

}  // namespace samverkan::consent
