#ifndef SAMVERKAN_TESTS_TESTING_CHILD_PROCESS_H_
#define SAMVERKAN_TESTS_TESTING_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace samverkan::tests {

// A program that runs beside the test and never outlives it. For one thread: a program
// ends with the thread that started it.
class ChildProcess {
 public:
  // Starts `arguments[0]`, in the test's own folder, with its output appended to
  // `log_file`. INTERNAL where no process can be made; a program that is missing
  // ends at once with 127.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const std::vector<std::string>& arguments,
                                                             const std::string& log_file);

  // Kills it (SIGKILL) where it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t id() const { return pid_; }
  bool IsRunning();
  void Send(int signal);
  // Its exit code, or 128 and the signal that ended it; nothing where it still runs
  // after `limit`.
  std::optional<int> WaitForEnd(absl::Duration limit);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  const pid_t pid_;
  std::optional<int> ended_with_;
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_TESTING_CHILD_PROCESS_H_
