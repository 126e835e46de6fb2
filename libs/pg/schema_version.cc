#include "libs/pg/schema_version.h"

#include "absl/strings/str_cat.h"
#include "libs/pg/statement.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::pg {
namespace {

constexpr Statement kFindSchemaVersion = {"find_schema_version", "SELECT version::bigint FROM schema_version"};

}  // namespace

absl::Status CheckSchemaVersion(Pool& pool, SchemaVersions understood, absl::Time deadline) {
  return pool.Read({}, deadline, "check_schema_version", [&](ReadTransaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const Rows rows, transaction.Query(kFindSchemaVersion));
    if (rows.empty()) return status::Internal("schema_version has no row");
    ASSIGN_OR_RETURN(const int64_t version, rows[0].Get<int64_t>(0));
    if (version >= understood.oldest && version <= understood.newest) return absl::OkStatus();
    return status::FailedPrecondition(
        {.reason = "SCHEMA_VERSION_UNKNOWN",
         .message = absl::StrCat("the schema has version ", version, "; this binary understands ", understood.oldest,
                                 " to ", understood.newest, "; deploy the service's schema, or a newer binary")});
  });
}

}  // namespace samverkan::pg
