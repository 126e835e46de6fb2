#ifndef SAMVERKAN_LIBS_OUTBOX_AUDIT_DELIVERY_H_
#define SAMVERKAN_LIBS_OUTBOX_AUDIT_DELIVERY_H_

#include <string>

#include "libs/outbox/relay.h"

namespace samverkan::outbox {

// Delivers to the audit service at `target` ("host:port") with the token that
// `token_file` holds; the file is read for every batch, so a renewed token counts at
// once. A batch that is not answered within ten seconds has failed and is sent again.
Relay::Deliver DeliverTo(const std::string& target, const std::string& token_file);

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_AUDIT_DELIVERY_H_
