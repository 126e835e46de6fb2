#ifndef SAMVERKAN_SERVICES_INTAKE_SERVER_H_
#define SAMVERKAN_SERVICES_INTAKE_SERVER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/rpc/transport.h"

namespace samverkan::intake {

// What main.cc reads from its flags, which say what each is.
struct ServerFlags {
  rpc::TransportOptions transport;
  std::string database;
  std::string jobs_database;
  std::string keys_database;
  std::string key_encryption_keys;
  std::string index_keys;
  std::string signing_keys;
  std::string key_file;
  std::string rules;
  std::string directory;
  std::string audit;
  std::string consent;
  absl::Duration longest_backlog;
  int workers = 0;
  int connections = 0;
};

// Opens the parts in their order, serves until a stop signal, and closes them in the
// reverse order. An error says what kept it from serving.
absl::Status Serve(const ServerFlags& flags, const clock::Clock& clock, const log::Logger& logger);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_SERVER_H_
