#ifndef SAMVERKAN_LIBS_AUTH_CALLER_CHECK_H_
#define SAMVERKAN_LIBS_AUTH_CALLER_CHECK_H_

#include <string>

#include "libs/auth/caller.h"

namespace samverkan::auth {

// What is wrong with a caller who is no service, whoever says so: which claim has which form
// (RFC 9068 section 2.2 and Caller). Empty where nothing is.
std::string FaultOf(const Caller& caller);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_CALLER_CHECK_H_
