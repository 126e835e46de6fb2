#ifndef SAMVERKAN_LIBS_IDENTITY_DIGIT_SCRIPTS_H_
#define SAMVERKAN_LIBS_IDENTITY_DIGIT_SCRIPTS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

// Reading digits in whatever script they are written.
namespace samverkan::identity {

// What a character can be to a number written in free text.
enum class CharacterKind : uint8_t {
  kDigit,
  // White space, line ends among it.
  kSpace,
  // Dashes, hyphens, minus and plus signs, full stops, slashes, underscores.
  kMark,
  // Takes no room: zero-width and formatting characters, combining marks, controls.
  kInvisible,
  kOther,
};

struct Character {
  CharacterKind kind = CharacterKind::kOther;
  // 0-9 for a digit.
  uint8_t value = 0;
  // How many bytes it takes, at least 1.
  uint8_t size = 1;
};

// The character at the start of `utf8`, which must not be empty. A byte that begins no
// well-formed character counts as one character of kind kOther.
Character ReadCharacter(std::string_view utf8);

}  // namespace samverkan::identity

#endif  // SAMVERKAN_LIBS_IDENTITY_DIGIT_SCRIPTS_H_
