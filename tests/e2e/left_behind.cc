#include "tests/e2e/left_behind.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/testing/command.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::tests {
namespace {

using ::samverkan::testing::RunCommand;

constexpr const char* kTalkative[] = {
    "log_statement = 'all'",           "log_min_duration_statement = 0",
    "log_parameter_max_length = -1",   "log_parameter_max_length_on_error = -1",
    "log_error_verbosity = 'verbose'", "log_min_error_statement = 'debug1'",
    "log_min_messages = 'debug1'",     "log_connections = on",
    "log_disconnections = on",         "log_lock_waits = on",
};

constexpr ServiceSet::Service kServices[] = {ServiceSet::kAudit, ServiceSet::kConsent, ServiceSet::kIntake};

std::string NameOf(ServiceSet::Service service) {
  if (service == ServiceSet::kAudit) return "audit";
  return service == ServiceSet::kConsent ? "consent" : "intake";
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// The text between two others; empty where they are not there.
std::string Between(std::string_view text, std::string_view before, std::string_view after) {
  const size_t begin = text.rfind(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  return std::string(text.substr(0, text.find_first_of(after)));
}

std::string MetricsOf(const ServiceSet& set, ServiceSet::Service service) {
  const std::string port = Between(set.LogOf(service), "\"metrics_port\":", ",}");
  const auto answer =
      RunCommand({"bash", "-c",
                  "exec 3<>/dev/tcp/127.0.0.1/$0 && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3", port});
  EXPECT_OK(answer);
  return answer.value_or("");
}

}  // namespace

void MakePostgresTalkative(const ServiceSet& set) {
  for (const char* const setting : kTalkative) EXPECT_OK(set.Query(absl::StrCat("ALTER SYSTEM SET ", setting)));
  EXPECT_OK(set.Query("SELECT pg_reload_conf()"));
}

std::vector<Trace> DumpOf(const ServiceSet& set) {
  const auto dump = RunCommand({"pg_dumpall", "--dbname=" + set.postgres().Conninfo("postgres")});
  EXPECT_OK(dump);
  std::vector<Trace> traces;
  std::string database, rest, *current = &rest;
  for (const absl::string_view line : absl::StrSplit(dump.value_or(""), '\n')) {
    absl::string_view told = line;
    if (current == &rest && absl::ConsumePrefix(&told, "\\connect ")) database = std::string(told);
    if (current == &rest && absl::ConsumePrefix(&told, "COPY ")) {
      traces.push_back({absl::StrCat(database, ": ", told.substr(0, told.find(' '))), ""});
      current = &traces.back().octets;
      continue;
    }
    absl::StrAppend(current, line, "\n");
    if (line == "\\.") current = &rest;
  }
  traces.push_back({"definitions of the dump", rest});
  return traces;
}

std::vector<Trace> FilesOf(const ServiceSet& set) {
  EXPECT_OK(set.Query("CHECKPOINT"));
  const auto folder = set.Value("SHOW data_directory");
  EXPECT_OK(folder);
  std::vector<Trace> traces;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.value_or("/nowhere"))) {
    if (!entry.is_regular_file()) continue;
    traces.push_back(
        {absl::StrCat("file ", std::filesystem::relative(entry.path(), *folder).string()), ReadFile(entry.path())});
  }
  return traces;
}

std::vector<Trace> LogsOf(const ServiceSet& set) {
  std::vector<Trace> traces = {{"log of PostgreSQL", set.postgres().Log()}};
  for (const ServiceSet::Service service : kServices) {
    traces.push_back({"log of " + NameOf(service), set.LogOf(service)});
  }
  return traces;
}

std::vector<Trace> ProcessesOf(const ServiceSet& set) {
  std::vector<Trace> traces;
  for (const ServiceSet::Service service : kServices) {
    const std::string process = absl::StrCat("/proc/", set.ProcessOf(service), "/");
    traces.push_back({"metrics of " + NameOf(service), MetricsOf(set, service)});
    traces.push_back({"arguments of " + NameOf(service), ReadFile(process + "cmdline")});
    traces.push_back({"environment of " + NameOf(service), ReadFile(process + "environ")});
  }
  return traces;
}

}  // namespace samverkan::tests
