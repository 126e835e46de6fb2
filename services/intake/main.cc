// The intake service: see README.md.

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/rpc/server.h"
#include "libs/rpc/transport_flags.h"
#include "libs/status/macros.h"
#include "services/intake/server.h"

ABSL_FLAG(std::string, database, "", "libpq connection string, as the role samverkan_intake");
ABSL_FLAG(std::string, jobs_database, "", "the same database, as the role samverkan_intake_jobs");
ABSL_FLAG(std::string, keys_database, "", "libpq connection string of the database of keys, as samverkan_intake");
ABSL_FLAG(std::string, key_encryption_keys, "", "list of key-encryption keys: libs/keys/key_list.h");
ABSL_FLAG(std::string, index_keys, "", "list of keys of the blind indexes: libs/keys/key_list.h");
ABSL_FLAG(std::string, signing_keys, "", "keys that exported decisions are signed with: libs/auth/signing_keys.h");
ABSL_FLAG(std::string, key_file, "", "the service's secret: libs/keys/key_file.h");
ABSL_FLAG(std::string, clock_file, "", "seconds by which the clock is moved; development only");
ABSL_FLAG(std::string, rules, "deploy/rules", "folder of the rule set");
ABSL_FLAG(std::string, directory, "deploy/directory", "folder of authorities and units");
ABSL_FLAG(std::string, audit, "", "host:port of the audit service");
ABSL_FLAG(std::string, consent, "", "host:port of the consent service");
ABSL_FLAG(absl::Duration, longest_backlog, absl::Hours(4),
          "reads of personal data are refused when audit entries have waited longer");
ABSL_FLAG(int, workers, 128, "calls worked on at a time");
ABSL_FLAG(int, connections, 8, "connections to PostgreSQL beside those of the hot path");

namespace {

samverkan::intake::ServerFlags Flags() {
  return {.transport = samverkan::rpc::TransportFlags(),
          .database = absl::GetFlag(FLAGS_database),
          .jobs_database = absl::GetFlag(FLAGS_jobs_database),
          .keys_database = absl::GetFlag(FLAGS_keys_database),
          .key_encryption_keys = absl::GetFlag(FLAGS_key_encryption_keys),
          .index_keys = absl::GetFlag(FLAGS_index_keys),
          .signing_keys = absl::GetFlag(FLAGS_signing_keys),
          .key_file = absl::GetFlag(FLAGS_key_file),
          .rules = absl::GetFlag(FLAGS_rules),
          .directory = absl::GetFlag(FLAGS_directory),
          .audit = absl::GetFlag(FLAGS_audit),
          .consent = absl::GetFlag(FLAGS_consent),
          .longest_backlog = absl::GetFlag(FLAGS_longest_backlog),
          .workers = absl::GetFlag(FLAGS_workers),
          .connections = absl::GetFlag(FLAGS_connections)};
}

}  // namespace

int main(int argc, char** argv) {
  samverkan::rpc::BlockStopSignals();
  absl::ParseCommandLine(argc, argv);
  const samverkan::clock::FileClock clock(absl::GetFlag(FLAGS_clock_file));
  const samverkan::log::Logger logger("intake", clock);
  const absl::Status status = samverkan::intake::Serve(Flags(), clock, logger);
  if (status.ok()) return EXIT_SUCCESS;
  logger.Log(samverkan::log::Severity::kError, "cannot serve", {{"cause", std::string(status.message())}});
  return EXIT_FAILURE;
}
