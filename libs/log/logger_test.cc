#include "libs/log/logger.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace samverkan::log {
namespace {

class LoggerTest : public testing::Test {
 protected:
  std::vector<nlohmann::json> Lines() const {
    std::vector<nlohmann::json> lines;
    std::istringstream text(stream_.str());
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  clock::FakeClock clock_{absl::FromUnixMicros(1'750'000'000'000'042)};
  std::ostringstream stream_;
  Logger logger_{"intake", clock_, stream_};
};

TEST_F(LoggerTest, WritesOneObjectALine) {
  logger_.Log(Severity::kInfo, "call",
              {{"code", std::string_view("OK")},
               {"count", int64_t{3}},
               {"ms", 1.5},
               {"late", true},
               {"reason", std::string_view()}});
  EXPECT_EQ(
      stream_.str(),
      "{\"time\":\"2025-06-15T15:06:40.000042Z\",\"severity\":\"info\",\"service\":\"intake\",\"message\":\"call\","
      "\"code\":\"OK\",\"count\":3,\"ms\":1.5,\"late\":true}\n");
}

TEST_F(LoggerTest, StaysJsonWhateverTheTextHolds) {
  const std::string nasty = "quote \" backslash \\ newline \n NUL " + std::string(1, '\0') + " å \xff end";
  logger_.Log(Severity::kError, nasty, {{"nasty", std::string_view(nasty)}, {"infinite", std::nan("")}});
  ASSERT_EQ(Lines().size(), 1u);
  const nlohmann::json line = Lines()[0];
  const std::string expected = "quote \" backslash \\ newline \n NUL " + std::string(1, '\0') + " å \xEF\xBF\xBD end";
  EXPECT_EQ(line["nasty"], expected);
  EXPECT_EQ(line["message"], expected);
  EXPECT_TRUE(line["infinite"].is_null());
  EXPECT_EQ(line["severity"], "error");
}

TEST_F(LoggerTest, DropsDebug) {
  logger_.Log(Severity::kDebug, "detail");
  EXPECT_EQ(stream_.str(), "");
}

TEST_F(LoggerTest, ThreadsDoNotTearLines) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = logger_] {
      for (int j = 0; j < 250; ++j) copy.Log(Severity::kWarning, "busy", {{"j", int64_t{j}}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Lines().size(), 1000u);
}

}  // namespace
}  // namespace samverkan::log
