// The flags that every service has in common: addresses, certificates, tokens.
#ifndef SAMVERKAN_LIBS_RPC_TRANSPORT_FLAGS_H_
#define SAMVERKAN_LIBS_RPC_TRANSPORT_FLAGS_H_

#include "libs/rpc/transport.h"

namespace samverkan::rpc {

// What the command line says, after absl::ParseCommandLine. Linking this library gives a
// program the flags.
TransportOptions TransportFlags();

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_TRANSPORT_FLAGS_H_
