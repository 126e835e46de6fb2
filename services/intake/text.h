#ifndef SAMVERKAN_SERVICES_INTAKE_TEXT_H_
#define SAMVERKAN_SERVICES_INTAKE_TEXT_H_

#include <cstdint>
#include <string>

// What the checks of intake ask about a text.
namespace samverkan::intake {

// Whether the text says nothing: empty, or white space only.
bool IsBlank(const std::string& text);

// How many code points a UTF-8 text has.
int64_t CodePoints(const std::string& text);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_TEXT_H_
