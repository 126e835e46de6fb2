#ifndef SAMVERKAN_LIBS_STATUS_FIELD_PATH_H_
#define SAMVERKAN_LIBS_STATUS_FIELD_PATH_H_

#include <string>
#include <string_view>

namespace samverkan::status {

// Where in a message a field is. Made on the way down a message, each pointing to the one
// around it, and told as text only where something is wrong: most messages are sound.
struct FieldPath {
  // Outlives this one; null for a field of the request itself.
  const FieldPath* around = nullptr;
  std::string_view name;
  // Place in a repeated field; kSingle where it is none.
  int index = kSingle;

  static constexpr int kSingle = -1;

  // "siblings[0].identity_number".
  std::string ToString() const {
    std::string text = around == nullptr ? std::string() : around->ToString() + ".";
    text += name;
    if (index != kSingle) text += "[" + std::to_string(index) + "]";
    return text;
  }
};

}  // namespace samverkan::status

#endif  // SAMVERKAN_LIBS_STATUS_FIELD_PATH_H_
