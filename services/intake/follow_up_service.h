#ifndef SAMVERKAN_SERVICES_INTAKE_FOLLOW_UP_SERVICE_H_
#define SAMVERKAN_SERVICES_INTAKE_FOLLOW_UP_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/service.h"
#include "samverkan/intake/v1/follow_up.pb.h"
#include "services/intake/investigation_part_calls.h"
#include "services/intake/investigation_part_store.h"
#include "services/intake/service_parts.h"

namespace samverkan::intake {

// samverkan.intake.v1.FollowUpService.
class FollowUpService {
 public:
  // The stores must outlive the service.
  FollowUpService(FollowUpStore& store, PlacementStore& placements, const Parts& parts)
      : placements_(placements), parts_(parts), calls_(store, parts, "followUps", "follow up") {}

  absl::StatusOr<v1::FollowUp> BeginFollowUp(const rpc::CallContext& call,
                                             const v1::BeginFollowUpRequest& request) const;
  absl::StatusOr<v1::FollowUp> RecordFollowUpNotice(const rpc::CallContext& call,
                                                    const v1::RecordFollowUpNoticeRequest& request) const;
  absl::StatusOr<v1::FollowUp> EndFollowUp(const rpc::CallContext& call, const v1::EndFollowUpRequest& request) const;
  absl::StatusOr<v1::FollowUp> GetFollowUp(const rpc::CallContext& call, const v1::GetFollowUpRequest& request) const;
  absl::StatusOr<v1::ListFollowUpsResponse> ListFollowUps(const rpc::CallContext& call,
                                                          const v1::ListFollowUpsRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  PlacementStore& placements_;
  const Parts parts_;
  const InvestigationPartCalls<v1::FollowUp> calls_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_FOLLOW_UP_SERVICE_H_
