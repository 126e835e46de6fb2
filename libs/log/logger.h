// The log: one JSON object a line on standard error, for machines to collect.
//
// A line holds no personal data: no name, identity number, free text, token or
// header value. Messages of the contract go through Redacted (redact.h) first.
#ifndef SAMVERKAN_LIBS_LOG_LOGGER_H_
#define SAMVERKAN_LIBS_LOG_LOGGER_H_

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "libs/clock/clock.h"

namespace spdlog {
class logger;
}  // namespace spdlog

namespace samverkan::log {

enum class Severity { kDebug, kInfo, kWarning, kError };

// One fact of a line. Views its text; lives as long as the call to Log.
struct Field {
  // A fixed name in lower_snake_case, written as it is.
  std::string_view key;
  std::variant<std::string_view, int64_t, double, bool> value;
};

// Writes lines. A small value: copy it freely, hand it to what needs to log. May
// be used by several threads at once; a line is never torn.
class Logger {
 public:
  // Writes to standard error. `service` stands in every line; `clock` must outlive
  // the logger and all its copies.
  Logger(std::string service, const clock::Clock& clock);

  // Writes to `stream`, which must outlive the logger and all its copies. For tests.
  Logger(std::string service, const clock::Clock& clock, std::ostream& stream);

  // Writes {"time", "severity", "service", "message", fields…} as one line; severity
  // is debug, info, warning or error, time is UTC. Fields with an empty text are left
  // out.
  // `message` is a fixed text; what varies stands in the fields. Bytes that are not
  // UTF-8 are replaced. Debug lines are dropped.
  void Log(Severity severity, std::string_view message, std::initializer_list<Field> fields = {}) const;

 private:
  Logger(std::string service, const clock::Clock& clock, std::shared_ptr<spdlog::logger> sink);

  std::string service_;
  const clock::Clock* clock_;
  std::shared_ptr<spdlog::logger> sink_;
};

}  // namespace samverkan::log

#endif  // SAMVERKAN_LIBS_LOG_LOGGER_H_
