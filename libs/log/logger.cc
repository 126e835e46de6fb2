#include "libs/log/logger.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/time.h"

namespace samverkan::log {
namespace {

spdlog::level::level_enum LevelOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return spdlog::level::debug;
    case Severity::kInfo:
      return spdlog::level::info;
    case Severity::kWarning:
      return spdlog::level::warn;
    case Severity::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "DEBUG";
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kError:
      return "ERROR";
  }
  return "ERROR";
}

std::shared_ptr<spdlog::logger> LinesTo(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  logger->set_pattern("%v");
  return logger;
}

bool NeedsNoEscape(char character) {
  return character >= 0x20 && character < 0x7f && character != '"' && character != '\\';
}

// Nearly every text is plain ASCII; only the others pay for the library.
void AppendText(std::string& line, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), NeedsNoEscape)) {
    line.append(1, '"').append(text).append(1, '"');
    return;
  }
  line += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <typename Number>
void AppendNumber(std::string& line, Number number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  line.append(digits, end);
}

void AppendValue(std::string& line, std::string_view value) { AppendText(line, value); }
void AppendValue(std::string& line, int64_t value) { AppendNumber(line, value); }
void AppendValue(std::string& line, bool value) { line += value ? "true" : "false"; }
void AppendValue(std::string& line, double value) {
  // JSON has no infinity.
  if (!std::isfinite(value)) {
    line += "null";
  } else {
    AppendNumber(line, value);
  }
}

// RFC 3339, UTC, microseconds. absl::FormatTime costs ten times as much.
void AppendTime(std::string& line, absl::Time time) {
  const absl::TimeZone::CivilInfo civil = absl::UTCTimeZone().At(time);
  const absl::CivilSecond& second = civil.cs;
  char text[40];
  const int length =
      std::snprintf(text, sizeof(text), "\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\"", static_cast<int>(second.year()),
                    second.month(), second.day(), second.hour(), second.minute(), second.second(),
                    static_cast<int>(absl::ToInt64Microseconds(civil.subsecond)));
  line.append(text, static_cast<size_t>(length));
}

}  // namespace

Logger::Logger(std::string service, const clock::Clock& clock)
    : Logger(std::move(service), clock, LinesTo(std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Logger::Logger(std::string service, const clock::Clock& clock, std::ostream& stream)
    : Logger(std::move(service), clock, LinesTo(std::make_shared<spdlog::sinks::ostream_sink_mt>(stream, true))) {}

Logger::Logger(std::string service, const clock::Clock& clock, std::shared_ptr<spdlog::logger> sink)
    : service_(std::move(service)), clock_(&clock), sink_(std::move(sink)) {}

void Logger::Log(Severity severity, std::string_view message, std::initializer_list<Field> fields) const {
  if (!sink_->should_log(LevelOf(severity))) return;
  std::string line;
  line.reserve(512);
  line += "{\"time\":";
  AppendTime(line, clock_->Now());
  line.append(",\"severity\":\"").append(NameOf(severity)).append("\",\"service\":");
  AppendText(line, service_);
  line += ",\"message\":";
  AppendText(line, message);
  for (const Field& field : fields) {
    line += ',';
    AppendText(line, field.key);
    line += ':';
    std::visit([&line](const auto& value) { AppendValue(line, value); }, field.value);
  }
  line += '}';
  sink_->log(LevelOf(severity), line);
}

}  // namespace samverkan::log
