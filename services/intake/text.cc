#include "services/intake/text.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace samverkan::intake {

bool IsBlank(const std::string& text) { return absl::StripAsciiWhitespace(text).empty(); }

int64_t CodePoints(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

}  // namespace samverkan::intake
