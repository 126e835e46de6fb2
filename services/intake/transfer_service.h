#ifndef SAMVERKAN_SERVICES_INTAKE_TRANSFER_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_TRANSFER_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/transfer.pb.h"
#include "services/intake/investigation_part_calls.h"
#include "services/intake/investigation_part_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.TransferService.
class TransferService {
 public:
  // `store` must outlive the service.
  TransferService(TransferStore& store, const Parts& parts)
      : store_(store), parts_(parts), calls_(store, parts, "transfers", "transfer") {}

  absl::StatusOr<v1::Transfer> RequestTransfer(const rpc::CallContext& call,
                                               const v1::RequestTransferRequest& request) const;
  absl::StatusOr<v1::Transfer> AnswerTransfer(const rpc::CallContext& call,
                                              const v1::AnswerTransferRequest& request) const;
  absl::StatusOr<v1::Transfer> ApplyToInspectorate(const rpc::CallContext& call,
                                                   const v1::ApplyToInspectorateRequest& request) const;
  absl::StatusOr<v1::Transfer> RecordInspectorateDecision(const rpc::CallContext& call,
                                                          const v1::RecordInspectorateDecisionRequest& request) const;
  absl::StatusOr<v1::Transfer> GetTransfer(const rpc::CallContext& call, const v1::GetTransferRequest& request) const;
  absl::StatusOr<v1::ListTransfersResponse> ListTransfers(const rpc::CallContext& call,
                                                          const v1::ListTransfersRequest& request) const;
  absl::StatusOr<v1::ListReceivedTransfersResponse> ListReceivedTransfers(
      const rpc::CallContext& call, const v1::ListReceivedTransfersRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  TransferStore& store_;
  const Parts parts_;
  const InvestigationPartCalls<v1::Transfer> calls_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_TRANSFER_SERVICE_H_
