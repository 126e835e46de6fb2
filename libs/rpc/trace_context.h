// W3C Trace Context (https://www.w3.org/TR/trace-context/): which calls belong
// together, across services.
#ifndef SAMVERKAN_LIBS_RPC_TRACE_CONTEXT_H_
#define SAMVERKAN_LIBS_RPC_TRACE_CONTEXT_H_

#include <optional>
#include <string>
#include <string_view>

namespace samverkan::rpc {

// Name of the metadata key that carries a trace context.
inline constexpr std::string_view kTraceHeader = "traceparent";

// One step of a trace. Lower-case hex digits, never all zero.
struct TraceContext {
  // 32 digits, the same in all calls that one event caused.
  std::string trace_id;
  // 16 digits, this step's own.
  std::string span_id;
  // Whether somebody upstream records the trace.
  bool sampled = false;
};

// The context that a `traceparent` value carries; nothing when it is malformed by
// the letter of the recommendation (section 3.2). Versions after 00 are read as far
// as 00 goes.
std::optional<TraceContext> ParseTraceParent(std::string_view text);

// The `traceparent` value of a context, version 00.
std::string FormatTraceParent(const TraceContext& trace);

// A trace of its own, with random ids. Not for secrets.
TraceContext NewTrace();

// The next step of `trace`: the same trace, a span id of its own.
TraceContext ChildOf(const TraceContext& trace);

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_TRACE_CONTEXT_H_
