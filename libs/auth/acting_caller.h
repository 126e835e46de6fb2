#ifndef SAMVERKAN_LIBS_AUTH_ACTING_CALLER_H_
#define SAMVERKAN_LIBS_AUTH_ACTING_CALLER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libs/auth/caller.h"

// How a service tells another one for whom it calls: samverkan.access.v1.Caller.
namespace samverkan::auth {

// Name of the metadata that carries it. Keys that begin with the prefix are the suite's own.
inline constexpr std::string_view kCallerMetadata = "samverkan-caller-bin";
inline constexpr std::string_view kReservedPrefix = "samverkan-";

// The metadata's value for `caller`, who is not a service.
std::string WriteCaller(const Caller& caller);

// The caller that a service with that name acts for, by the metadata's value.
// UNAUTHENTICATED, reason CALLER_MALFORMED, where it is not what WriteCaller gives.
absl::StatusOr<Caller> ReadCaller(std::string_view value, std::string_view acting_service);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_ACTING_CALLER_H_
