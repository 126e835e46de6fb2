#include "libs/identity/official_numbers.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace samverkan::identity {

std::vector<std::string> OfficialNumbers(const std::string& kind) {
  std::ifstream file("libs/identity/testdata/test_identity_numbers.json");
  return nlohmann::json::parse(file).at(kind).get<std::vector<std::string>>();
}

std::vector<std::string> OfficialNumbers() {
  std::vector<std::string> all;
  for (const char* const kind : {"children", "adults", "centenarians", "coordination"}) {
    for (std::string& number : OfficialNumbers(kind)) all.push_back(std::move(number));
  }
  return all;
}

}  // namespace samverkan::identity
