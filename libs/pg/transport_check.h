#ifndef SAMVERKAN_LIBS_PG_TRANSPORT_CHECK_H_
#define SAMVERKAN_LIBS_PG_TRANSPORT_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace samverkan::pg {

// OK where no byte between here and the database can be read or changed on its way: `conninfo`
// names Unix sockets only, or says `sslmode=verify-full`. Environment variables and service
// files count as libpq counts them. FAILED_PRECONDITION, reason DATABASE_PLAINTEXT, otherwise.
absl::Status CheckTransport(const std::string& conninfo);

}  // namespace samverkan::pg

#endif  // SAMVERKAN_LIBS_PG_TRANSPORT_CHECK_H_
