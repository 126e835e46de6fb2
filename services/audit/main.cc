// The audit service: see README.md.

#include <cstdlib>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/rpc/server.h"
#include "libs/rpc/transport_flags.h"
#include "services/audit/server.h"

ABSL_FLAG(std::string, database, "", "libpq connection string, as the role samverkan_audit");
ABSL_FLAG(std::string, keys_database, "", "the same for the database of keys");
ABSL_FLAG(std::string, key_encryption_keys, "", "the keys that wrap data keys: libs/sealing/key_encryption_keys.h");
ABSL_FLAG(std::string, key_file, "", "the service's secret: libs/keys/key_file.h");
ABSL_FLAG(std::string, clock_file, "", "seconds by which the clock is moved; development only");
ABSL_FLAG(std::string, rules, "deploy/rules", "folder of the rule set");
ABSL_FLAG(int, workers, 16, "calls worked on at a time");

namespace {

samverkan::audit::ServerFlags Flags() {
  return {.transport = samverkan::rpc::TransportFlags(),
          .database = absl::GetFlag(FLAGS_database),
          .keys_database = absl::GetFlag(FLAGS_keys_database),
          .key_encryption_keys = absl::GetFlag(FLAGS_key_encryption_keys),
          .key_file = absl::GetFlag(FLAGS_key_file),
          .rules = absl::GetFlag(FLAGS_rules),
          .workers = absl::GetFlag(FLAGS_workers)};
}

}  // namespace

int main(int argc, char** argv) {
  samverkan::rpc::BlockStopSignals();
  absl::ParseCommandLine(argc, argv);
  const samverkan::clock::FileClock clock(absl::GetFlag(FLAGS_clock_file));
  const samverkan::log::Logger logger("audit", clock);
  const absl::Status status = samverkan::audit::Serve(Flags(), clock, logger);
  if (status.ok()) return EXIT_SUCCESS;
  logger.Log(samverkan::log::Severity::kError, "cannot serve", {{"cause", std::string(status.message())}});
  return EXIT_FAILURE;
}
