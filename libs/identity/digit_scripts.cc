#include "libs/identity/digit_scripts.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace samverkan::identity {
namespace {

// The zeros of all decimal digits (general category Nd) of Unicode 17; nine more follow each.
constexpr char32_t kZeros[] = {
    0x0030,  0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,  0x0C66,  0x0CE6,  0x0D66,
    0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,
    0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30,
    0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730,
    0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11DE0, 0x11F50, 0x16130, 0x16A60, 0x16AC0, 0x16B50, 0x16D70,
    0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
};

struct DigitRun {
  char32_t first;
  char32_t last;
  uint8_t first_value;
};

// What people and programs write for digits though Unicode has them in other categories:
// raised, lowered, circled, bracketed and dotted digits and the Chinese ones.
constexpr DigitRun kOtherDigits[] = {
    {0x00B2, 0x00B3, 2},   {0x00B9, 0x00B9, 1},   {0x2070, 0x2070, 0},   {0x2074, 0x2079, 4},   {0x2080, 0x2089, 0},
    {0x2460, 0x2468, 1},   {0x2474, 0x247C, 1},   {0x2488, 0x2490, 1},   {0x24EA, 0x24EA, 0},   {0x24F5, 0x24FD, 1},
    {0x24FF, 0x24FF, 0},   {0x2776, 0x277E, 1},   {0x2780, 0x2788, 1},   {0x278A, 0x2792, 1},   {0x3007, 0x3007, 0},
    {0x4E00, 0x4E00, 1},   {0x4E03, 0x4E03, 7},   {0x4E09, 0x4E09, 3},   {0x4E5D, 0x4E5D, 9},   {0x4E8C, 0x4E8C, 2},
    {0x4E94, 0x4E94, 5},   {0x516B, 0x516B, 8},   {0x516D, 0x516D, 6},   {0x56DB, 0x56DB, 4},   {0x96F6, 0x96F6, 0},
    {0x1F100, 0x1F100, 0}, {0x1F101, 0x1F10A, 0}, {0x1F10B, 0x1F10B, 0}, {0x1F10C, 0x1F10C, 0},
};

struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kSpaces[] = {
    {0x0009, 0x000D}, {0x0020, 0x0020}, {0x0085, 0x0085}, {0x00A0, 0x00A0}, {0x1680, 0x1680}, {0x2000, 0x200A},
    {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x2800, 0x2800}, {0x3000, 0x3000},
};

// Dashes (category Pd) and what looks like one; plus signs; full stops, slashes and low lines.
constexpr Range kMarks[] = {
    {0x002B, 0x002B},   {0x002D, 0x002F},   {0x005F, 0x005F}, {0x00B7, 0x00B7}, {0x02D7, 0x02D7}, {0x058A, 0x058A},
    {0x05BE, 0x05BE},   {0x06D4, 0x06D4},   {0x1400, 0x1400}, {0x1806, 0x1806}, {0x2010, 0x2015}, {0x2024, 0x2024},
    {0x2043, 0x2044},   {0x207A, 0x207B},   {0x208A, 0x208B}, {0x2212, 0x2212}, {0x2215, 0x2215}, {0x2500, 0x2501},
    {0x2795, 0x2796},   {0x2E17, 0x2E17},   {0x2E1A, 0x2E1A}, {0x2E3A, 0x2E3B}, {0x2E40, 0x2E40}, {0x2E5D, 0x2E5D},
    {0x301C, 0x301C},   {0x3030, 0x3030},   {0x30A0, 0x30A0}, {0x30FC, 0x30FC}, {0xFB29, 0xFB29}, {0xFE31, 0xFE33},
    {0xFE58, 0xFE58},   {0xFE62, 0xFE63},   {0xFF0B, 0xFF0B}, {0xFF0D, 0xFF0F}, {0xFF3F, 0xFF3F}, {0xFF70, 0xFF70},
    {0x10D6E, 0x10D6E}, {0x10EAD, 0x10EAD},
};

// Controls, format characters (category Cf), fillers, variation selectors and the marks
// that combine with the character before them, such as the frame of a keycap.
constexpr Range kInvisible[] = {
    {0x0000, 0x0008},   {0x000E, 0x001F},   {0x007F, 0x0084},   {0x0086, 0x009F},   {0x00AD, 0x00AD},
    {0x0300, 0x036F},   {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},
    {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
    {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF},   {0x200B, 0x200F},   {0x202A, 0x202E},   {0x2060, 0x206F},
    {0x20D0, 0x20FF},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static_assert(std::ranges::is_sorted(kZeros));
static_assert(std::ranges::is_sorted(kOtherDigits, {}, &DigitRun::first));
static_assert(std::ranges::is_sorted(kSpaces, {}, &Range::first));
static_assert(std::ranges::is_sorted(kMarks, {}, &Range::first));
static_assert(std::ranges::is_sorted(kInvisible, {}, &Range::first));

// The entry of a sorted table that covers `code_point`; null where none does.
template <typename Entry, size_t kSize>
constexpr const Entry* Find(const Entry (&table)[kSize], char32_t code_point) {
  const Entry* const entry = std::lower_bound(std::begin(table), std::end(table), code_point,
                                              [](const Entry& each, char32_t wanted) { return each.last < wanted; });
  return entry != std::end(table) && entry->first <= code_point ? entry : nullptr;
}

// 0-9, or -1 where `code_point` is no digit.
constexpr int DigitValue(char32_t code_point) {
  const char32_t* const after = std::upper_bound(std::begin(kZeros), std::end(kZeros), code_point);
  if (after != std::begin(kZeros) && code_point - *std::prev(after) < 10) {
    return static_cast<int>(code_point - *std::prev(after));
  }
  const DigitRun* const run = Find(kOtherDigits, code_point);
  return run == nullptr ? -1 : static_cast<int>(code_point - run->first + run->first_value);
}

struct Decoded {
  char32_t code_point = 0;
  // 0 where the bytes are not well-formed.
  uint8_t size = 0;
};

// The first character of `utf8`, which is not ASCII (RFC 3629).
Decoded Decode(std::string_view utf8) {
  const auto byte = [utf8](size_t i) { return static_cast<unsigned char>(utf8[i]); };
  const unsigned char lead = byte(0);
  const uint8_t size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || utf8.size() < size) return {};
  char32_t code_point = lead & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < kSmallest[size] || code_point > 0x10FFFF || surrogate) return {};
  return {code_point, size};
}

constexpr CharacterKind KindOf(char32_t code_point) {
  if (Find(kSpaces, code_point) != nullptr) return CharacterKind::kSpace;
  if (Find(kMarks, code_point) != nullptr) return CharacterKind::kMark;
  if (Find(kInvisible, code_point) != nullptr) return CharacterKind::kInvisible;
  return CharacterKind::kOther;
}

constexpr Character Classify(char32_t code_point, uint8_t size) {
  const int value = DigitValue(code_point);
  if (value >= 0) return {.kind = CharacterKind::kDigit, .value = static_cast<uint8_t>(value), .size = size};
  return {.kind = KindOf(code_point), .value = 0, .size = size};
}

// Nearly all of a text is ASCII: looked up, not searched for.
constexpr auto kAscii = [] {
  std::array<Character, 0x80> characters;
  for (size_t i = 0; i < characters.size(); ++i) characters[i] = Classify(static_cast<char32_t>(i), 1);
  return characters;
}();

}  // namespace

Character ReadCharacter(std::string_view utf8) {
  const auto first = static_cast<unsigned char>(utf8.front());
  if (first < kAscii.size()) return kAscii[first];
  const Decoded decoded = Decode(utf8);
  return decoded.size == 0 ? Character() : Classify(decoded.code_point, decoded.size);
}

}  // namespace samverkan::identity
