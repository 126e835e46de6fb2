#include "libs/log/logger.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
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

// The library formats the line's start, for it remembers the text of the second.
std::shared_ptr<spdlog::logger> LinesTo(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  auto formatter = std::make_unique<spdlog::pattern_formatter>(
      "{\"time\":\"%Y-%m-%dT%H:%M:%S.%fZ\",\"severity\":\"%l\",%v}", spdlog::pattern_time_type::utc);
  logger->set_formatter(std::move(formatter));
  return logger;
}

constexpr std::array<unsigned char, 256> CharactersToEscape() {
  std::array<unsigned char, 256> escaped{};
  for (size_t c = 0; c < escaped.size(); ++c) escaped[c] = c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
  return escaped;
}

bool NeedsEscape(std::string_view text) {
  static constexpr std::array<unsigned char, 256> kEscaped = CharactersToEscape();
  unsigned char any = 0;
  for (const char c : text) any |= kEscaped[static_cast<unsigned char>(c)];
  return any != 0;
}

// Nearly every text is plain ASCII; only the others pay for the library.
void AppendText(std::string& line, std::string_view text) {
  if (NeedsEscape(text)) {
    line += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    line.append(1, '"').append(text).append(1, '"');
  }
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

bool IsEmpty(const Field& field) {
  const auto* const text = std::get_if<std::string_view>(&field.value);
  return text != nullptr && text->empty();
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
  std::string line = "\"service\":";
  line.reserve(512);
  AppendText(line, service_);
  line += ",\"message\":";
  AppendText(line, message);
  for (const Field& field : fields) {
    if (IsEmpty(field)) continue;
    line.append(",\"").append(field.key).append("\":");
    std::visit([&line](const auto& value) { AppendValue(line, value); }, field.value);
  }
  sink_->log(absl::ToChronoTime(clock_->Now()), spdlog::source_loc{}, LevelOf(severity), line);
}

}  // namespace samverkan::log
