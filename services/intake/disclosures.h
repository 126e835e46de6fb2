#ifndef SAMVERKAN_SERVICES_INTAKE_DISCLOSURES_H_
#define SAMVERKAN_SERVICES_INTAKE_DISCLOSURES_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "libs/rpc/call_context.h"
#include "samverkan/consent/v1/disclosure.grpc.pb.h"

namespace samverkan::intake {

// What intake asks the consent service, on its caller's behalf. Intake goes on without it: only the
// steps that need a decision wait. May be used by any number of threads.
class Disclosures {
 public:
  explicit Disclosures(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(consent::v1::DisclosureService::NewStub(channel)) {}

  // A decision. UNAVAILABLE, reason CONSENT_UNAVAILABLE, where the consent service cannot be
  // reached; its own errors as they are.
  absl::StatusOr<consent::v1::Decision> FindDecision(const rpc::CallContext& call, const std::string& name) const;

  // Lets `message` out through a decision of the caller's own. Idempotent by `request_id`. Errors as
  // FindDecision.
  absl::StatusOr<consent::v1::DiscloseResponse> Disclose(const rpc::CallContext& call, const std::string& decision,
                                                         const std::string& request_id,
                                                         const google::protobuf::Message& message,
                                                         const std::string& free_text_check) const;

 private:
  const std::unique_ptr<consent::v1::DisclosureService::Stub> stub_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_DISCLOSURES_H_
