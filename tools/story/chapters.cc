#include "tools/story/chapters.h"

#include <algorithm>

namespace samverkan::story {

intake::v1::Report First(const google::protobuf::RepeatedPtrField<intake::v1::Report>& reports) {
  return reports.empty() ? intake::v1::Report() : reports.Get(0);
}

bool Holds(const google::protobuf::RepeatedPtrField<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace samverkan::story
