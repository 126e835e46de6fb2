#include "services/intake/feedback_service.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "libs/rpc/service.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/feedback.grpc.pb.h"
#include "services/intake/feedback.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

// The feedback of a report as the caller may see it.
absl::StatusOr<v1::Feedback> FeedbackViewFor(const auth::Caller& caller, const ReportRecord& record) {
  const bool handles = MayReadAsHandler(caller, record);
  if (!handles && !MaySeeAsSender(caller, record.sender)) return NotFound("report", PlacementOf(record.report));
  auto view = HandlerView(record);
  if (!view.has_value()) {
    return status::NotFound({.reason = "FEEDBACK_NOT_FOUND",
                             .message = "no feedback on the report was asked for or given",
                             .swedish = "Ingen återkoppling är begärd eller lämnad."});
  }
  return handles ? *std::move(view) : SenderView(*std::move(view));
}

void RequireTest(const v1::SuitabilityTest& test, v1::SuitabilityTest::Verdict verdict,
                 status::Violations& violations) {
  if (test.verdict() != verdict) {
    violations.Add("suitability_test.verdict", "expected " + v1::SuitabilityTest::Verdict_Name(verdict),
                   "Ange lämplighetsprövningens resultat.");
  }
  RequireText(test.reasons(), "suitability_test.reasons", violations);
}

// "P-056, OSL 10:1, 12:1-2", each rule once.
std::string LegalBasisOf(const consent::v1::DisclosureRecord& disclosure) {
  std::map<std::string, std::string> bases;
  for (const consent::v1::CategoryDecision& category : disclosure.categories()) {
    bases.emplace(category.rule(), category.legal_basis());
  }
  return absl::StrJoin(bases, "; ", absl::PairFormatter(", "));
}

}  // namespace

absl::StatusOr<v1::Feedback> FeedbackService::Change(const rpc::CallContext& call, const ResourceKey& key,
                                                     const idempotency::Request& request,
                                                     const ReportStore::Transition& transition) const {
  ASSIGN_OR_RETURN(const ReportStore::Changed changed, store_.Change(call, key, request, transition));
  ASSIGN_OR_RETURN(v1::Feedback view, FeedbackViewFor(call.caller, changed.record));
  if (changed.repeated) RETURN_IF_ERROR(store_.RecordRead(call, {&changed.record}, {}));
  return view;
}

absl::StatusOr<v1::Feedback> FeedbackService::RequestFeedback(const rpc::CallContext& call,
                                                              const v1::RequestFeedbackRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.parent(), "reports", "parent", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return Change(call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    if (!MaySeeAsSender(call.caller, record.sender)) return NotFound("report", PlacementOf(record.report));
    return intake::RequestFeedback(parts_.rules, std::move(record), ActOf(call));
  });
}

absl::StatusOr<v1::Feedback> FeedbackService::GiveFeedback(const rpc::CallContext& call,
                                                           const v1::GiveFeedbackRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.parent(), "reports", "parent", violations);
  RequireEtag(request.etag(), violations);
  RequireTest(request.suitability_test(), v1::SuitabilityTest::SUITABLE, violations);
  LimitText(request.extended_text(), "extended_text", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return Change(call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return intake::GiveFeedback(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Feedback> FeedbackService::TellFamilyAnswer(const rpc::CallContext& call,
                                                               const v1::TellFamilyAnswerRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.parent(), "reports", "parent", violations);
  RequireEtag(request.etag(), violations);
  RequireChoice(request.answer(), "answer", "MORE_CAN_BE_TOLD, NO_MORE", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return Change(call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return intake::TellFamilyAnswer(std::move(record), request.answer(), ActOf(call));
  });
}

absl::StatusOr<v1::Feedback> FeedbackService::GiveExtendedFeedback(
    const rpc::CallContext& call, const v1::GiveExtendedFeedbackRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.parent(), "reports", "parent", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.decision(), "decision", violations);
  LimitText(request.caseworker(), "caseworker", violations);
  if (request.caseworker().empty()) RequireText(request.text(), "text", violations);
  LimitText(request.text(), "text", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(const ReportRecord report, store_.Find(call, key));
  RETURN_IF_ERROR(CheckMayHandle(call.caller, report));
  // Asked before the transaction, which waits for no other service. A stale etag lets nothing out; of
  // a repeated request it says nothing.
  const absl::Status handled = CheckHandled(call, report, request.etag());
  const absl::StatusOr<v1::ExtendedFeedback> told = handled.ok() ? LetOut(call, report, request) : handled;
  return Change(call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(told.status());
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return intake::GiveExtendedFeedback(std::move(record), *told, ActOf(call));
  });
}

absl::StatusOr<v1::ExtendedFeedback> FeedbackService::LetOut(const rpc::CallContext& call, const ReportRecord& report,
                                                             const v1::GiveExtendedFeedbackRequest& request) const {
  ASSIGN_OR_RETURN(const consent::v1::Decision decision, disclosures_.FindDecision(call, request.decision()));
  RETURN_IF_ERROR(CheckDecisionFits(decision, report, request));
  v1::ExtendedFeedback told;
  told.set_child(report.report.child());
  told.set_text(request.text());
  told.set_caseworker(request.caseworker());
  ASSIGN_OR_RETURN(
      const consent::v1::DiscloseResponse released,
      disclosures_.Disclose(call, request.decision(), request.request_id(), told, request.free_text_check()));
  if (!released.message().UnpackTo(&told)) return status::Internal("the consent service answered with another message");
  told.set_disclosure(released.disclosure().name());
  told.set_legal_basis(LegalBasisOf(released.disclosure()));
  return told;
}

absl::StatusOr<v1::Feedback> FeedbackService::RefuseFeedback(const rpc::CallContext& call,
                                                             const v1::RefuseFeedbackRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.parent(), "reports", "parent", violations);
  RequireEtag(request.etag(), violations);
  RequireTest(request.suitability_test(), v1::SuitabilityTest::UNSUITABLE, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const auto id, parts_.request_keys.Of(call, request.request_id(), request));
  return Change(call, key, id, [&](ReportRecord record) -> absl::StatusOr<ReportChange> {
    RETURN_IF_ERROR(CheckHandled(call, record, request.etag()));
    return intake::RefuseFeedback(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::ListFeedbackResponse> FeedbackService::ListOfReport(const rpc::CallContext& call,
                                                                       const ResourceKey& key,
                                                                       v1::Feedback::State state) const {
  ASSIGN_OR_RETURN(const ReportRecord record, store_.Find(call, key));
  v1::ListFeedbackResponse response;
  auto view = FeedbackViewFor(call.caller, record);
  if (status::IsHidden(view.status())) return view.status();
  if (view.ok() && (state == v1::Feedback::STATE_UNSPECIFIED || view->state() == state)) {
    *response.add_feedback() = *std::move(view);
  }
  RETURN_IF_ERROR(store_.RecordRead(call, {&record}, {}));
  return response;
}

absl::StatusOr<v1::ListFeedbackResponse> FeedbackService::ListFeedback(const rpc::CallContext& call,
                                                                       const v1::ListFeedbackRequest& request) const {
  if (const auto report = ParseName(request.parent(), "reports"); report.has_value()) {
    return ListOfReport(call, *report, request.state());
  }
  status::Violations violations;
  ReportStore::Filter filter{.municipality = RequireMunicipality(request.parent(), violations), .with_feedback = true};
  RETURN_IF_ERROR(violations.ToStatus());
  // To a reporter owed feedback shows as asked for, so it cannot be told apart by asking.
  if (call.role != access::v1::REPORTER) filter.feedback_state = request.state();
  ASSIGN_OR_RETURN(filter.page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(filter.cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const ReportStore::Page page, store_.List(call, filter));
  v1::ListFeedbackResponse response;
  std::vector<const ReportRecord*> shown;
  for (const ReportRecord& record : page.reports) {
    ASSIGN_OR_RETURN(v1::Feedback view, FeedbackViewFor(call.caller, record));
    if (request.state() != v1::Feedback::STATE_UNSPECIFIED && view.state() != request.state()) continue;
    *response.add_feedback() = std::move(view);
    shown.push_back(&record);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  RETURN_IF_ERROR(store_.RecordRead(call, shown, {}));
  return response;
}

std::unique_ptr<rpc::Service> FeedbackService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::FeedbackService>(), adapter);
  service->Add("RequestFeedback", this, &FeedbackService::RequestFeedback);
  service->Add("GiveFeedback", this, &FeedbackService::GiveFeedback);
  service->Add("TellFamilyAnswer", this, &FeedbackService::TellFamilyAnswer);
  service->Add("GiveExtendedFeedback", this, &FeedbackService::GiveExtendedFeedback);
  service->Add("RefuseFeedback", this, &FeedbackService::RefuseFeedback);
  service->Add("ListFeedback", this, &FeedbackService::ListFeedback);
  return service;
}

}  // namespace samverkan::intake
