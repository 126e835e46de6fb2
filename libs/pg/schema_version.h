// The version of a service's schema.
#ifndef SAMVERKAN_LIBS_PG_SCHEMA_VERSION_H_
#define SAMVERKAN_LIBS_PG_SCHEMA_VERSION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/pg/pool.h"

namespace samverkan::pg {

// The versions that a binary understands: one that is being replaced and one that
// replaces it run side by side (expand, migrate, contract).
struct SchemaVersions {
  int64_t oldest;
  int64_t newest;
};

// OK when the one row of the table schema_version, in the schema that the role's
// search_path names, lies among `understood`. FAILED_PRECONDITION, reason
// SCHEMA_VERSION_UNKNOWN, where it does not.
absl::Status CheckSchemaVersion(Pool& pool, SchemaVersions understood, absl::Time deadline);

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_SCHEMA_VERSION_H_
