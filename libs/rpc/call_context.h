// What a handler knows about the call it serves, besides the request.
#ifndef SAMVERKAN_LIBS_RPC_CALL_CONTEXT_H_
#define SAMVERKAN_LIBS_RPC_CALL_CONTEXT_H_

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/rpc/trace_context.h"
#include "samverkan/access/v1/access.pb.h"

namespace samverkan::rpc {

// A plain value, made by the adapter for one call. Valid until the handler returns;
// never keep it. Tests make their own.
struct CallContext {
  // Who calls, verified; holds at least one role of the method's rule, and the
  // claim `qualified` where the rule asks for it. In a refusal that is being
  // recorded it may hold neither.
  auth::Caller caller;

  // The role of the caller that the call rests on: the first of the method's rule
  // that the caller holds. ROLE_UNSPECIFIED when it holds none.
  access::v1::Role role = access::v1::ROLE_UNSPECIFIED;

  // What the call does, by the method's rule.
  access::v1::Action action = access::v1::ACTION_UNSPECIFIED;

  // When the caller ceases to wait, or the server's own bound if that is sooner. On
  // the machine's clock (clock::SystemClock), never on a moved one: it is for
  // waiting, not for law.
  absl::Time deadline = absl::InfiniteFuture();

  // The instant of the call for everything legal and stored, from the service's
  // clock. One value for the whole call, so that all it does has the same time.
  absl::Time now;

  // "samverkan.intake.v1.ReportService/GetReport".
  std::string method;

  // The trace that the call belongs to, with a span id of its own.
  TraceContext trace;

  // Set by the adapter; see Cancelled().
  std::function<bool()> cancelled;

  // Whether nobody waits for the answer any more: the caller has cancelled or the
  // deadline has passed. Ask before waiting for something and before committing.
  bool Cancelled() const { return cancelled && cancelled(); }
};

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_CALL_CONTEXT_H_
