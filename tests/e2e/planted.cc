#include "tests/e2e/planted.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace samverkan::tests {
namespace {

constexpr size_t kPiece = 16;
// Hex or base64 of what is hex or base64 itself.
constexpr int kDeepest = 2;

bool IsContinuation(char octet) { return (static_cast<unsigned char>(octet) & 0xC0) == 0x80; }

std::string Mapped(std::string_view text, int options) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &mapped, static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(mapped, &std::free);
  return size < 0 ? std::string() : std::string(reinterpret_cast<const char*>(mapped), static_cast<size_t>(size));
}

// As names are compared: without case and marks.
std::string Folded(std::string_view text) {
  return Mapped(text, UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
}

std::vector<char32_t> CodePoints(std::string_view text) {
  std::vector<char32_t> points;
  for (size_t i = 0; i < text.size();) {
    utf8proc_int32_t point = 0;
    const auto read = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + i,
                                       static_cast<utf8proc_ssize_t>(text.size() - i), &point);
    if (read < 1) return {};
    points.push_back(static_cast<char32_t>(point));
    i += static_cast<size_t>(read);
  }
  return points;
}

// Empty where a letter is not in Latin-1.
std::string Latin1(const std::vector<char32_t>& points) {
  std::string octets;
  for (const char32_t point : points) {
    if (point > 0xFF) return {};
    octets += static_cast<char>(point);
  }
  return octets;
}

// Empty where a letter needs more than one unit.
std::string Utf16(const std::vector<char32_t>& points, bool big_endian) {
  std::string octets;
  for (const char32_t point : points) {
    if (point > 0xFFFF) return {};
    const auto high = static_cast<char>(point >> 8);
    const auto low = static_cast<char>(point & 0xFF);
    octets += big_endian ? high : low;
    octets += big_endian ? low : high;
  }
  return octets;
}

// Every letter beyond ASCII, by its number.
std::string EscapedPoints(const std::vector<char32_t>& points, const absl::FormatSpec<uint32_t>& format) {
  std::string octets;
  for (const char32_t point : points) {
    if (point < 0x80) {
      octets += static_cast<char>(point);
    } else {
      absl::StrAppendFormat(&octets, format, static_cast<uint32_t>(point));
    }
  }
  return octets;
}

// Every octet beyond ASCII.
std::string EscapedOctets(std::string_view text, const absl::FormatSpec<uint32_t>& format) {
  std::string octets;
  for (const char c : text) {
    if (static_cast<signed char>(c) >= 0) {
      octets += c;
    } else {
      absl::StrAppendFormat(&octets, format, uint32_t{static_cast<unsigned char>(c)});
    }
  }
  return octets;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr std::array<int8_t, 256> Base64Digits() {
  std::array<int8_t, 256> digits{};
  for (int8_t& digit : digits) digit = -1;
  for (int i = 0; i < 26; ++i) {
    digits[static_cast<size_t>('A' + i)] = static_cast<int8_t>(i);
    digits[static_cast<size_t>('a' + i)] = static_cast<int8_t>(26 + i);
  }
  for (int i = 0; i < 10; ++i) digits[static_cast<size_t>('0' + i)] = static_cast<int8_t>(52 + i);
  digits['+'] = digits['-'] = 62;
  digits['/'] = digits['_'] = 63;
  return digits;
}

int Base64Digit(char c) {
  static constexpr std::array<int8_t, 256> kDigits = Base64Digits();
  return kDigits[static_cast<unsigned char>(c)];
}

std::string DecodedHex(std::string_view run) {
  std::string octets;
  octets.reserve(run.size() / 2);
  for (size_t i = 0; i + 1 < run.size(); i += 2) {
    octets += static_cast<char>(HexDigit(run[i]) * 16 + HexDigit(run[i + 1]));
  }
  return octets;
}

std::string DecodedBase64(std::string_view run) {
  std::string octets;
  octets.reserve(run.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : run) {
    bits = bits << 6 | static_cast<uint32_t>(Base64Digit(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets += static_cast<char>(bits >> count & 0xFF);
  }
  return octets;
}

// Calls `found` with the place of each run of digits that is long enough to hold a text.
template <typename Digit, typename Found>
void ForEachRun(std::string_view octets, size_t shortest, const Digit& digit, const Found& found) {
  for (size_t begin = 0; begin < octets.size();) {
    size_t end = begin;
    while (end < octets.size() && digit(octets[end]) >= 0) ++end;
    if (end - begin >= shortest) found(begin, octets.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

bool PlantedTexts::Add(std::string_view text) {
  const std::string folded = Folded(text);
  const auto allows = [&](const std::string& allowed) { return absl::StrContains(Folded(allowed), folded); };
  if (text.size() < kShortest || std::any_of(allowed_.begin(), allowed_.end(), allows)) return false;
  const std::string known(text);
  if (!texts_.insert(known).second) return true;
  std::set<std::string> forms = {known};
  AddEncodings(known, known, "");
  const std::string lower = Mapped(text, UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE);
  if (forms.insert(lower).second) AddEncodings(lower, known, " in lower case");
  if (forms.insert(folded).second) AddEncodings(folded, known, " without marks");
  return true;
}

void PlantedTexts::AddWithParts(std::string_view text) {
  if (text.size() < 2 * kPiece) {
    Add(text);
    return;
  }
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(begin + kPiece, text.size());
    while (end < text.size() && IsContinuation(text[end])) ++end;
    Add(text.substr(begin, end - begin));
    begin = end;
  }
}

void PlantedTexts::AddIdentityNumber(std::string_view digits) {
  const std::string date(digits.substr(0, 8));
  const std::string birth_number(digits.substr(8));
  for (const char* const between : {"", "-", "+", " "}) {
    Add(absl::StrCat(date, between, birth_number));
    Add(absl::StrCat(date.substr(2), between, birth_number));
  }
}

void PlantedTexts::AddPattern(std::string octets, const std::string& text, const std::string& encoding) {
  if (octets.size() < kShortest) return;
  uint32_t beginning = 0;
  std::memcpy(&beginning, octets.data(), sizeof(beginning));
  by_beginning_[beginning].push_back(patterns_.size());
  beginnings_.set(beginning & 0xFFFF);
  patterns_.push_back({std::move(octets), text, encoding});
}

void PlantedTexts::AddEncodings(const std::string& form, const std::string& text, const std::string& suffix) {
  const std::vector<char32_t> points = CodePoints(form);
  AddPattern(form, text, "UTF-8" + suffix);
  AddPattern(Utf16(points, /*big_endian=*/false), text, "UTF-16LE" + suffix);
  AddPattern(Utf16(points, /*big_endian=*/true), text, "UTF-16BE" + suffix);
  if (points.size() == form.size()) return;
  AddPattern(Latin1(points), text, "Latin-1" + suffix);
  AddPattern(EscapedPoints(points, absl::FormatSpec<uint32_t>("\\u%04x")), text, "JSON escapes" + suffix);
  AddPattern(EscapedPoints(points, absl::FormatSpec<uint32_t>("\\u%04X")), text, "JSON escapes" + suffix);
  AddPattern(EscapedPoints(points, absl::FormatSpec<uint32_t>("\\x%02x")), text, "Latin-1 in C escapes" + suffix);
  AddPattern(EscapedPoints(points, absl::FormatSpec<uint32_t>("\\%03o")), text, "Latin-1 in octal escapes" + suffix);
  AddPattern(EscapedOctets(form, absl::FormatSpec<uint32_t>("\\x%02x")), text, "C escapes" + suffix);
  AddPattern(EscapedOctets(form, absl::FormatSpec<uint32_t>("\\%03o")), text, "octal escapes" + suffix);
  AddPattern(EscapedOctets(form, absl::FormatSpec<uint32_t>("%%%02X")), text, "percent escapes" + suffix);
  AddPattern(EscapedOctets(form, absl::FormatSpec<uint32_t>("%%%02x")), text, "percent escapes" + suffix);
}

std::vector<PlantedTexts::Find> PlantedTexts::FindIn(std::string_view octets) const {
  Finds finds;
  Search(octets, "", 0, 0, finds);
  std::vector<Find> all;
  for (auto& [key, find] : finds) all.push_back(std::move(find));
  return all;
}

void PlantedTexts::Search(std::string_view octets, const std::string& wrapping, int depth, size_t base,
                          Finds& finds) const {
  for (size_t i = 0; i + kShortest <= octets.size(); ++i) {
    uint16_t two = 0;
    std::memcpy(&two, octets.data() + i, sizeof(two));
    if (!beginnings_.test(two)) continue;
    uint32_t four = 0;
    std::memcpy(&four, octets.data() + i, sizeof(four));
    const auto candidates = by_beginning_.find(four);
    if (candidates == by_beginning_.end()) continue;
    for (const size_t candidate : candidates->second) {
      const Pattern& pattern = patterns_[candidate];
      if (octets.compare(i, pattern.octets.size(), pattern.octets) != 0) continue;
      const std::string encoding = wrapping + pattern.encoding;
      Find& find = finds.try_emplace({pattern.text, encoding}, Find{pattern.text, encoding, depth == 0 ? i : base, 0})
                       .first->second;
      ++find.count;
    }
  }
  if (depth == kDeepest) return;
  SearchHex(octets, wrapping, depth, base, finds);
  SearchBase64(octets, wrapping, depth, base, finds);
}

void PlantedTexts::SearchHex(std::string_view octets, const std::string& wrapping, int depth, size_t base,
                             Finds& finds) const {
  ForEachRun(octets, 2 * kShortest, &HexDigit, [&](size_t place, std::string_view run) {
    for (size_t first = 0; first < 2; ++first) {
      Search(DecodedHex(run.substr(first)), wrapping + "hex of ", depth + 1, depth == 0 ? place : base, finds);
    }
  });
}

void PlantedTexts::SearchBase64(std::string_view octets, const std::string& wrapping, int depth, size_t base,
                                Finds& finds) const {
  ForEachRun(octets, 4 * kShortest / 3, &Base64Digit, [&](size_t place, std::string_view run) {
    for (size_t first = 0; first < 4; ++first) {
      Search(DecodedBase64(run.substr(first)), wrapping + "base64 of ", depth + 1, depth == 0 ? place : base, finds);
    }
  });
}

}  // namespace samverkan::tests
