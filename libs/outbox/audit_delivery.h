#ifndef SAMVERKAN_LIBS_OUTBOX_AUDIT_DELIVERY_H_
#define SAMVERKAN_LIBS_OUTBOX_AUDIT_DELIVERY_H_

#include <memory>

#include "grpcpp/channel.h"
#include "libs/outbox/relay.h"

namespace samverkan::outbox {

// Delivers over `channel` to the audit service, which knows the service by its certificate. A
// batch that is not answered within ten seconds has failed and is sent again.
Relay::Deliver DeliverTo(const std::shared_ptr<grpc::Channel>& channel);

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_AUDIT_DELIVERY_H_
