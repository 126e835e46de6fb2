#include "services/intake/disclosures.h"

#include "grpcpp/client_context.h"
#include "libs/rpc/client.h"
#include "libs/status/grpc.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::intake {
namespace {

// What gRPC says of a service that is down has no reason; what a service says of itself has.
absl::Status ToCaller(const grpc::Status& answered) {
  absl::Status status = status::FromGrpc(answered);
  const bool unreachable = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  if (!unreachable) return status;
  return status::Unavailable(
      {.reason = "CONSENT_UNAVAILABLE",
       .message =
           "the consent service cannot be reached; what needs its decision waits: send the call again later. The "
           "three statutory facts can be told without it",
       .swedish = "Samtyckestjänsten kan inte nås. Det som kräver dess beslut får vänta; försök igen senare. De tre "
                  "uppgifter som får lämnas utan samtycke kan lämnas nu."});
}

}  // namespace

absl::StatusOr<consent::v1::Decision> Disclosures::FindDecision(const rpc::CallContext& call,
                                                                const std::string& name) const {
  grpc::ClientContext context;
  rpc::Prepare(call, context);
  // Says at once that it is down, while the caller still waits.
  context.set_wait_for_ready(false);
  consent::v1::GetDecisionRequest request;
  request.set_name(name);
  consent::v1::Decision decision;
  RETURN_IF_ERROR(ToCaller(stub_->GetDecision(&context, request, &decision)));
  return decision;
}

absl::StatusOr<consent::v1::DiscloseResponse> Disclosures::Disclose(const rpc::CallContext& call,
                                                                    const std::string& decision,
                                                                    const std::string& request_id,
                                                                    const google::protobuf::Message& message,
                                                                    const std::string& free_text_check) const {
  grpc::ClientContext context;
  rpc::Prepare(call, context);
  context.set_wait_for_ready(false);
  consent::v1::DiscloseRequest request;
  request.set_name(decision);
  request.set_request_id(request_id);
  request.mutable_message()->PackFrom(message);
  request.set_free_text_check(free_text_check);
  consent::v1::DiscloseResponse response;
  RETURN_IF_ERROR(ToCaller(stub_->Disclose(&context, request, &response)));
  return response;
}

}  // namespace samverkan::intake
