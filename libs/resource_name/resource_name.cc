#include "libs/resource_name/resource_name.h"

#include <algorithm>

namespace samverkan::resource_name {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

bool IsMunicipality(std::string_view text) {
  return text.size() == 4 && std::all_of(text.begin(), text.end(), IsDigit);
}

// More digits could be an identity number.
constexpr int kMostDigitsInId = 9;

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 63 && IsLower(text.front()) &&
         std::count_if(text.begin(), text.end(), IsDigit) <= kMostDigitsInId &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 18 && std::all_of(text.begin(), text.end(), IsDigit) &&
         (text.size() == 1 || text.front() != '0');
}

bool Fits(std::string_view variable, std::string_view value) {
  if (variable == "{municipality}") return IsMunicipality(value);
  if (variable == "{id}") return IsId(value);
  if (variable == "{uuid}") return IsUuid(value);
  if (variable == "{number}") return IsNumber(value);
  return false;
}

// The part of `text` before the next slash, which is taken off.
std::string_view TakeSegment(std::string_view& text) {
  const size_t slash = text.find('/');
  const std::string_view segment = text.substr(0, slash);
  text = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  return segment;
}

}  // namespace

std::optional<std::vector<std::string>> Match(std::string_view pattern, std::string_view name) {
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(name.begin(), name.end(), '/')) return std::nullopt;
  std::vector<std::string> values;
  while (!pattern.empty()) {
    const std::string_view expected = TakeSegment(pattern);
    const std::string_view found = TakeSegment(name);
    if (expected.front() != '{') {
      if (expected != found) return std::nullopt;
    } else if (Fits(expected, found)) {
      values.emplace_back(found);
    } else {
      return std::nullopt;
    }
  }
  return values;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHexDigit(text[i])) return false;
  }
  return true;
}

}  // namespace samverkan::resource_name
