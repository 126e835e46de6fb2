// Running a program to its end.
#ifndef SAMVERKAN_LIBS_TESTING_COMMAND_H_
#define SAMVERKAN_LIBS_TESTING_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace samverkan::testing {

// Runs `arguments[0]`, found in PATH, from the root folder, waits for its end and returns what it wrote.
// INTERNAL with its output when it cannot be started or ends with another code than 0.
absl::StatusOr<std::string> RunCommand(const std::vector<std::string>& arguments);

}  // namespace samverkan::testing

#endif  // SAMVERKAN_LIBS_TESTING_COMMAND_H_
