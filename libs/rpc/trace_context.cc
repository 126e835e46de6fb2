#include "libs/rpc/trace_context.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace samverkan::rpc {
namespace {

// "00-" + trace id + "-" + span id + "-" + flags.
constexpr size_t kLength = 2 + 1 + 32 + 1 + 16 + 1 + 2;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) {
  return IsHex(text) && std::any_of(text.begin(), text.end(), [](char c) { return c != '0'; });
}

void AppendHex(std::string& text, uint64_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 16> digits;
  for (size_t i = 0; i < digits.size(); ++i) digits[i] = kDigits[(number >> (60 - 4 * i)) & 0xf];
  text.append(digits.data(), digits.size());
}

uint64_t RandomNonZero() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  const uint64_t number = generator();
  return number != 0 ? number : 1;
}

std::string RandomSpanId() {
  std::string id;
  AppendHex(id, RandomNonZero());
  return id;
}

}  // namespace

std::optional<TraceContext> ParseTraceParent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  const std::string_view flags = text.substr(53, 2);
  if (!IsHex(version) || version == "ff" || !IsHex(flags)) return std::nullopt;
  if (text.size() > kLength && (version == "00" || text[kLength] != '-')) return std::nullopt;
  const std::string_view trace_id = text.substr(3, 32);
  const std::string_view span_id = text.substr(36, 16);
  if (!IsId(trace_id) || !IsId(span_id)) return std::nullopt;
  // The lowest bit of the flags; an odd digit, and of the letters b, d and f.
  const char low = flags[1];
  const bool sampled = low <= '9' ? (low - '0') % 2 == 1 : (low - 'a') % 2 == 1;
  return TraceContext{std::string(trace_id), std::string(span_id), sampled};
}

std::string FormatTraceParent(const TraceContext& trace) {
  std::string text;
  text.reserve(kLength);
  text.append("00-").append(trace.trace_id).append("-").append(trace.span_id);
  text += trace.sampled ? "-01" : "-00";
  return text;
}

TraceContext NewTrace() {
  TraceContext trace;
  trace.trace_id.reserve(32);
  AppendHex(trace.trace_id, RandomNonZero());
  AppendHex(trace.trace_id, RandomNonZero());
  trace.span_id = RandomSpanId();
  return trace;
}

TraceContext ChildOf(const TraceContext& trace) { return {trace.trace_id, RandomSpanId(), trace.sampled}; }

}  // namespace samverkan::rpc
