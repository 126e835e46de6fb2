#ifndef SAMVERKAN_LIBS_IDENTITY_OFFICIAL_NUMBERS_H_
#define SAMVERKAN_LIBS_IDENTITY_OFFICIAL_NUMBERS_H_

#include <string>
#include <vector>

namespace samverkan::identity {

// The official test numbers (twelve digits) of testdata/test_identity_numbers.json. `kind`
// is "children", "adults", "centenarians" or "coordination". Ends the test when it cannot
// be read.
std::vector<std::string> OfficialNumbers(const std::string& kind);

// All four kinds.
std::vector<std::string> OfficialNumbers();

}  // namespace samverkan::identity

#endif  // SAMVERKAN_LIBS_IDENTITY_OFFICIAL_NUMBERS_H_
