#ifndef SAMVERKAN_LIBS_PG_SCOPE_H_
#define SAMVERKAN_LIBS_PG_SCOPE_H_

#include <string>

namespace samverkan::pg {

// Whose rows a transaction may touch: row-level security in each service's schema lets
// through what belongs to this board (nämnd) of this municipality, and what a policy of the
// table says besides. It stands behind the services' own checks, for the day that one of
// them is forgotten.
//
// Lives in the settings samverkan.municipality and samverkan.authority, for one transaction;
// no later one on the connection finds it. An empty scope lets nothing through.
struct Scope {
  // Official code, "0180".
  std::string municipality = {};
  std::string authority = {};
};

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_SCOPE_H_
