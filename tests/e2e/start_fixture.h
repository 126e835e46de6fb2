#ifndef SAMVERKAN_TESTS_E2E_START_FIXTURE_H_
#define SAMVERKAN_TESTS_E2E_START_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/set_fixture.h"
#include "tests/testing/await.h"
#include "tests/testing/child_process.h"

namespace samverkan::tests {

// Another intake beside that of the set, with flags of the test.
class StartTest : public SetTest {
 protected:
  // Starts it with these flags on top of the set's.
  std::unique_ptr<ChildProcess> Start(const std::vector<std::string>& flags) {
    std::filesystem::remove(port_file_);
    std::filesystem::remove(log_);
    std::vector<std::string> arguments = set_.ArgumentsOf(ServiceSet::kIntake);
    arguments.insert(arguments.end(), {"--listen=127.0.0.1:0", "--port_file=" + port_file_});
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    auto process = ChildProcess::Start(arguments, log_);
    EXPECT_OK(process);
    return *std::move(process);
  }

  // The port that it serves on; empty where it does not within a minute.
  std::string AwaitPort() const {
    std::string port;
    EXPECT_TRUE(Await(absl::Minutes(1), [&] {
      std::ifstream(port_file_) >> port;
      return !port.empty();
    })) << Log();
    return port;
  }

  std::string Log() const {
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }

  const std::string port_file_ = ::testing::TempDir() + "/intake.port";
  const std::string log_ = ::testing::TempDir() + "/intake.log";
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_E2E_START_FIXTURE_H_
