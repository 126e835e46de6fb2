#include "services/consent/consent_service.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/paging/page_token.h"
#include "libs/pg/uuid.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/consent.grpc.pb.h"
#include "services/consent/consent.h"
#include "services/consent/request_fields.h"

namespace samverkan::consent {
namespace {

constexpr char kCollection[] = "consents";

ConsentAct ActOf(const rpc::CallContext& call) {
  return {.subject = call.caller.subject, .qualified = call.caller.qualified, .time = call.now};
}

absl::StatusOr<rules::Answer> AskRule(const Parts& parts, const rpc::CallContext& call, std::string_view question) {
  return parts.rules.Ask(question, calendar::LegalDay(call.now), call.caller.municipality, call.caller.authority);
}

// What the rules in force say of consents.
struct ConsentRules {
  // As ConsentChange has it.
  std::string legal_basis;
  // From which age the child is always heard (S-007).
  int deciding_age = 0;
};

absl::StatusOr<ConsentRules> RulesOf(const Parts& parts, const rpc::CallContext& call) {
  ASSIGN_OR_RETURN(const rules::Answer consent, AskRule(parts, call, "consent_lifts_secrecy"));
  ASSIGN_OR_RETURN(const rules::Answer child, AskRule(parts, call, "child_decides"));
  ASSIGN_OR_RETURN(const int64_t deciding_age, child.Parameter("deciding_age"));
  return ConsentRules{.legal_basis = absl::StrCat(consent.rule->id(), ", ", consent.version->legal_basis()),
                      .deciding_age = static_cast<int>(deciding_age)};
}

absl::StatusOr<ConsentChange> Resting(absl::StatusOr<ConsentChange> change, const ConsentRules& rules) {
  if (change.ok()) change->legal_basis = rules.legal_basis;
  return change;
}

// A child, or the caller's municipality, for all children that the caller sees.
std::optional<ResourceKey> RequireParent(const auth::Caller& caller, const std::string& parent,
                                         status::Violations& violations) {
  const auto child = ParseName(parent, "children");
  if (child.has_value() || parent == absl::StrCat("municipalities/", caller.municipality)) return child;
  violations.Add("parent",
                 "expected a child, `municipalities/{code}/children/{reference}`, or your municipality, "
                 "`municipalities/{code}`",
                 "Ange ett barn eller din kommun.");
  return std::nullopt;
}

void CheckRecipientFilter(const std::string& recipient, status::Violations& violations) {
  if (recipient.empty() || resource_name::Match("municipalities/{municipality}/authorities/{id}", recipient) ||
      resource_name::Match("municipalities/{municipality}/units/{id}", recipient)) {
    return;
  }
  violations.Add("recipient",
                 "expected an authority, `municipalities/{code}/authorities/{authority}`, a unit, "
                 "`municipalities/{code}/units/{unit}`, or nothing",
                 "Ange en nämnd, en enhet eller ingenting.");
}

}  // namespace

absl::StatusOr<v1::Consent> ConsentService::Shown(const rpc::CallContext& call,
                                                  const ConsentStore::Stored& stored) const {
  RETURN_IF_ERROR(CheckMaySeeConsents(call.caller, stored.child));
  RETURN_IF_ERROR(store_.RecordRead(call, stored));
  return ViewFor(call.caller, stored.child, stored.record, calendar::LegalDay(call.now));
}

absl::StatusOr<v1::Consent> ConsentService::Shown(const rpc::CallContext& call,
                                                  const ConsentStore::Changed& changed) const {
  if (changed.repeated) return Shown(call, changed.stored);
  return ViewFor(call.caller, changed.stored.child, changed.stored.record, calendar::LegalDay(call.now));
}

template <typename Request, typename Check, typename Change>
absl::StatusOr<v1::Consent> ConsentService::ChangeConsent(const rpc::CallContext& call, const Request& request,
                                                          const Check& check, const Change& change) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  idempotency::CheckRequestId(request.request_id(), violations);
  check(violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(const ConsentRules rules, RulesOf(parts_, call));
  ASSIGN_OR_RETURN(const ConsentStore::Changed changed,
                   store_.Change(call, key, id,
                                 [&](const ChildRecord& child, ConsentRecord record) -> absl::StatusOr<ConsentChange> {
                                   RETURN_IF_ERROR(CheckMaySeeConsents(call.caller, child));
                                   return Resting(change(child, std::move(record), rules), rules);
                                 }));
  return Shown(call, changed);
}

absl::StatusOr<v1::Consent> ConsentService::AskConsent(const rpc::CallContext& call,
                                                       const v1::AskConsentRequest& request) const {
  status::Violations violations;
  const ResourceKey child = RequireName(request.parent(), "children", "parent", violations);
  idempotency::CheckRequestId(request.request_id(), violations);
  CheckAsking(call.caller, request, call.now, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto request_key, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(const ConsentRules rules, RulesOf(parts_, call));
  const ResourceKey id{call.caller.municipality, pg::Uuid::FromTime(call.now)};
  const std::string name = MakeName(id.municipality, kCollection, id.id);
  ASSIGN_OR_RETURN(
      const ConsentStore::Changed asked,
      store_.Ask(
          call, child, id, request_key,
          [&](const ChildRecord& about, const std::vector<v1::Consent>& others) -> absl::StatusOr<ConsentChange> {
            RETURN_IF_ERROR(CheckMaySee(call.caller, about));
            return Resting(Ask(about, others, request, name, rules.deciding_age, ActOf(call)), rules);
          }));
  return Shown(call, asked);
}

absl::StatusOr<v1::Consent> ConsentService::RecordConsent(const rpc::CallContext& call,
                                                          const v1::RecordConsentRequest& request) const {
  return ChangeConsent(
      call, request, [&](status::Violations& violations) { CheckRecording(request, call.now, violations); },
      [&](const ChildRecord& child, ConsentRecord record, const ConsentRules& rules) -> absl::StatusOr<ConsentChange> {
        RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
        return Answer(child, std::move(record), request.answer(), rules.deciding_age, ActOf(call));
      });
}

absl::StatusOr<v1::Consent> ConsentService::RenewConsent(const rpc::CallContext& call,
                                                         const v1::RenewConsentRequest& request) const {
  return ChangeConsent(
      call, request, [&](status::Violations& violations) { CheckRenewal(request, violations); },
      [&](const ChildRecord& child, ConsentRecord record, const ConsentRules& rules) -> absl::StatusOr<ConsentChange> {
        RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
        return Renew(child, std::move(record), request, rules.deciding_age, ActOf(call));
      });
}

absl::StatusOr<v1::Consent> ConsentService::WithdrawConsent(const rpc::CallContext& call,
                                                            const v1::WithdrawConsentRequest& request) const {
  return ChangeConsent(
      call, request, [&](status::Violations& violations) { CheckWithdrawal(request, violations); },
      [&](const ChildRecord&, ConsentRecord record, const ConsentRules&) {
        return Withdraw(std::move(record), request, ActOf(call));
      });
}

absl::StatusOr<v1::Consent> ConsentService::GetConsent(const rpc::CallContext& call,
                                                       const v1::GetConsentRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ConsentStore::Stored stored, store_.Find(call, key));
  return Shown(call, stored);
}

absl::StatusOr<v1::ListConsentsResponse> ConsentService::ListConsents(const rpc::CallContext& call,
                                                                      const v1::ListConsentsRequest& request) const {
  ConsentStore::Filter filter{
      .recipient = request.recipient(), .state = request.state(), .day = calendar::LegalDay(call.now)};
  status::Violations violations;
  filter.child = RequireParent(call.caller, request.parent(), violations);
  CheckRecipientFilter(request.recipient(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(filter.page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(filter.cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const ConsentStore::Page page, store_.List(call, filter));
  v1::ListConsentsResponse response;
  for (const ConsentRecord& record : page.consents) {
    *response.add_consents() = ViewFor(call.caller, page.children.at(record.consent.child()), record, filter.day);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, page));
  return response;
}

std::unique_ptr<rpc::Service> ConsentService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::ConsentService>(), adapter);
  service->Add("AskConsent", this, &ConsentService::AskConsent);
  service->Add("RecordConsent", this, &ConsentService::RecordConsent);
  service->Add("RenewConsent", this, &ConsentService::RenewConsent);
  service->Add("WithdrawConsent", this, &ConsentService::WithdrawConsent);
  service->Add("GetConsent", this, &ConsentService::GetConsent);
  service->Add("ListConsents", this, &ConsentService::ListConsents);
  return service;
}

}  // namespace samverkan::consent
