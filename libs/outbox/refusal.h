#ifndef SAMVERKAN_LIBS_OUTBOX_REFUSAL_H_
#define SAMVERKAN_LIBS_OUTBOX_REFUSAL_H_

#include <string>

#include "libs/outbox/outbox.h"
#include "libs/pg/combining_writer.h"
#include "libs/rpc/adapter.h"

namespace samverkan::outbox {

// Records refusals as audit entries of `producer`, with the outcome DENIED: durable before
// the caller hears of it. The entry names the resource that was asked for, and stands
// under the municipality and authority that answer for it; under the caller's own where
// there is no such resource.
// `writer` must outlive what is returned.
rpc::RefusalRecorder RecordRefusals(pg::CombiningWriter& writer, const Outbox& outbox, const std::string& producer);

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_REFUSAL_H_
