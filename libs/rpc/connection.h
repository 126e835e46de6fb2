// How connections live. Servers and clients must agree: a client that pings more
// often than its server tolerates is cut off (gRPC's doc/keepalive.md).
#ifndef SAMVERKAN_LIBS_RPC_CONNECTION_H_
#define SAMVERKAN_LIBS_RPC_CONNECTION_H_

#include "absl/time/time.h"

namespace samverkan::rpc {

// A side that has heard nothing for so long, while calls are open, asks.
inline constexpr absl::Duration kKeepaliveTime = absl::Seconds(60);
// No answer within this: the connection is dead.
inline constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(20);
// Servers tolerate pings no more often than this.
inline constexpr absl::Duration kShortestPingInterval = absl::Seconds(30);
// Servers ask clients to reconnect after this, so that new instances get work.
inline constexpr absl::Duration kConnectionAge = absl::Minutes(15);
// Longer than any call may take.
inline constexpr absl::Duration kConnectionAgeGrace = absl::Minutes(1);

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_CONNECTION_H_
