#ifndef SAMVERKAN_SERVICES_INTAKE_SERVER_H_
#define SAMVERKAN_SERVICES_INTAKE_SERVER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"

namespace samverkan::intake {

// What main.cc reads from its flags, which say what each is.
struct ServerFlags {
  std::string listen;
  std::string port_file;
  std::string metrics_listen;
  std::string database;
  std::string jobs_database;
  std::string keys_database;
  std::string key_encryption_keys;
  std::string index_keys;
  std::string jwks;
  std::string issuer;
  std::string key_file;
  std::string rules;
  std::string directory;
  std::string audit;
  std::string service_token_file;
  absl::Duration longest_backlog;
  int workers = 0;
  int connections = 0;
};

// Opens the parts in their order, serves until a stop signal, and closes them in the
// reverse order. An error says what kept it from serving.
absl::Status Serve(const ServerFlags& flags, const clock::Clock& clock, const log::Logger& logger);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_SERVER_H_
