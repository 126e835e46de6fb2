#include "services/intake/transfer_service.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/transfer.grpc.pb.h"
#include "services/intake/request_fields.h"
#include "services/intake/transfer.h"

namespace samverkan::intake {
namespace {

// As reports, that only boards with a reception get.
absl::Status CheckReceiver(const UnitDirectory& units, const auth::Caller& caller, const std::string& receiver) {
  const bool own = receiver == MakeName(caller.municipality, "authorities", caller.authority);
  if (!own && units.ReceptionOf(receiver) != nullptr) return absl::OkStatus();
  return status::InvalidArgument(std::vector<status::FieldViolation>{
      {"receiver", "expected another authority that receives reports, `municipalities/{code}/authorities/{authority}`",
       "Ange en annan nämnd som tar emot anmälningar."}});
}

}  // namespace

absl::StatusOr<v1::Transfer> TransferService::RequestTransfer(const rpc::CallContext& call,
                                                              const v1::RequestTransferRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey investigation = RequireName(request.parent(), "investigations", "parent", violations);
  RequireText(request.reasons(), "reasons", violations);
  LimitText(request.handover(), "handover", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  RETURN_IF_ERROR(CheckReceiver(parts_.units, call.caller, request.receiver()));
  return calls_.Add(call, investigation, request, [&](const PartParent& parent, const std::string& name) {
    return intake::RequestTransfer(parts_.rules, parent, request, name, ActOf(call));
  });
}

absl::StatusOr<v1::Transfer> TransferService::AnswerTransfer(const rpc::CallContext& call,
                                                             const v1::AnswerTransferRequest& request) const {
  status::Violations violations;
  const ResourceKey key = calls_.RequireChange(request, violations);
  RequireChoice(request.verdict(), "verdict", "ACCEPTED, REFUSED", violations);
  if (request.verdict() == v1::TransferAnswer::REFUSED) {
    RequireText(request.reasons(), "reasons", violations);
  } else {
    LimitText(request.reasons(), "reasons", violations);
  }
  RETURN_IF_ERROR(violations.ToStatus());
  const auto check = [&](const TransferRecord& record) { return CheckMayAnswer(call.caller, record); };
  return calls_.ChangeBy(call, key, request, check, [&](TransferRecord record) {
    return intake::AnswerTransfer(std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Transfer> TransferService::ApplyToInspectorate(const rpc::CallContext& call,
                                                                  const v1::ApplyToInspectorateRequest& request) const {
  status::Violations violations;
  const ResourceKey key = calls_.RequireChange(request, violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return calls_.Change(call, key, request, [&](TransferRecord record) {
    return intake::ApplyToInspectorate(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Transfer> TransferService::RecordInspectorateDecision(
    const rpc::CallContext& call, const v1::RecordInspectorateDecisionRequest& request) const {
  status::Violations violations;
  const ResourceKey key = calls_.RequireChange(request, violations);
  RequireChoice(request.outcome(), "outcome", "TRANSFERRED, NOT_TRANSFERRED", violations);
  RequireText(request.reasons(), "reasons", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return calls_.Change(call, key, request, [&](TransferRecord record) {
    return intake::RecordInspectorateDecision(std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::Transfer> TransferService::GetTransfer(const rpc::CallContext& call,
                                                          const v1::GetTransferRequest& request) const {
  return calls_.Get(call, request.name());
}

absl::StatusOr<v1::ListTransfersResponse> TransferService::ListTransfers(
    const rpc::CallContext& call, const v1::ListTransfersRequest& request) const {
  v1::ListTransfersResponse response;
  RETURN_IF_ERROR(calls_.List(call, request, response, *response.mutable_transfers()));
  return response;
}

absl::StatusOr<v1::ListReceivedTransfersResponse> TransferService::ListReceivedTransfers(
    const rpc::CallContext& call, const v1::ListReceivedTransfersRequest& request) const {
  status::Violations violations;
  RequireOwnAuthority(call.caller, request.parent(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 20, 50));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const TransferStore::Page page, store_.ListReceived(call, page_size, cursor));
  v1::ListReceivedTransfersResponse response;
  RETURN_IF_ERROR(calls_.Show(call, page, *response.mutable_transfers()));
  if (!page.next_cursor.empty()) response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  RETURN_IF_ERROR(calls_.RecordRead(call, page, nullptr));
  return response;
}

std::unique_ptr<rpc::Service> TransferService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::TransferService>(), adapter);
  service->Add("RequestTransfer", this, &TransferService::RequestTransfer);
  service->Add("AnswerTransfer", this, &TransferService::AnswerTransfer);
  service->Add("ApplyToInspectorate", this, &TransferService::ApplyToInspectorate);
  service->Add("RecordInspectorateDecision", this, &TransferService::RecordInspectorateDecision);
  service->Add("GetTransfer", this, &TransferService::GetTransfer);
  service->Add("ListTransfers", this, &TransferService::ListTransfers);
  service->Add("ListReceivedTransfers", this, &TransferService::ListReceivedTransfers);
  return service;
}

}  // namespace samverkan::intake
