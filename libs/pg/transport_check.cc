#include "libs/pg/transport_check.h"

#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "libs/status/status.h"

namespace samverkan::pg {
namespace {

// A path, an abstract socket, or none: libpq's own default folder.
bool IsUnixSocket(absl::string_view host) { return host.empty() || host.front() == '/' || host.front() == '@'; }

bool AreUnixSockets(const std::string& hosts) {
  const std::vector<absl::string_view> each = absl::StrSplit(hosts, ',');
  return std::all_of(each.begin(), each.end(), IsUnixSocket);
}

absl::Status Plaintext() {
  return status::FailedPrecondition(
      {.reason = "DATABASE_PLAINTEXT",
       .message = "the database's connection string names a host over TCP: it needs sslmode=verify-full, and "
                  "sslrootcert with the authority of the database's certificate; or name a Unix socket's folder"});
}

}  // namespace

absl::Status CheckTransport(const std::string& conninfo) {
  // Begins to connect, for only then does libpq say what it takes from elsewhere.
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectStart(conninfo.c_str()), &PQfinish);
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfo(connection.get()),
                                                                             &PQconninfoFree);
  if (options == nullptr) return status::Internal("libpq gives no memory");
  std::map<std::string_view, std::string> values;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    values[option->keyword] = option->val != nullptr ? option->val : "";
  }
  const bool is_local = values["hostaddr"].empty() && AreUnixSockets(values["host"]);
  return is_local || values["sslmode"] == "verify-full" ? absl::OkStatus() : Plaintext();
}

}  // namespace samverkan::pg
