#ifndef SAMVERKAN_LIBS_PG_CALLER_SCOPE_H_
#define SAMVERKAN_LIBS_PG_CALLER_SCOPE_H_

#include "libs/auth/caller.h"
#include "libs/pg/scope.h"

namespace samverkan::pg {

// The scope of what a caller asks for: its own board.
inline Scope ScopeOf(const auth::Caller& caller) { return {caller.municipality, caller.authority}; }

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_CALLER_SCOPE_H_
