#ifndef SAMVERKAN_LIBS_OUTBOX_EVENT_SERVICE_H_
#define SAMVERKAN_LIBS_OUTBOX_EVENT_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/paging/page_token.h"
#include "libs/pg/pool.h"
#include "libs/rpc/call_context.h"
#include "libs/rpc/service.h"
#include "samverkan/events/v1/events.pb.h"

namespace samverkan::outbox {

// samverkan.events.v1.EventService over a service's outbox: the same in every service.
class EventService {
 public:
  // `pool` must outlive the service.
  EventService(pg::Pool& pool, paging::PageTokens tokens) : pool_(pool), tokens_(std::move(tokens)) {}

  absl::StatusOr<events::v1::ListEventsResponse> ListEvents(const rpc::CallContext& call,
                                                            const events::v1::ListEventsRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  pg::Pool& pool_;
  const paging::PageTokens tokens_;
};

}  // namespace samverkan::outbox

#endif  // SAMVERKAN_LIBS_OUTBOX_EVENT_SERVICE_H_
