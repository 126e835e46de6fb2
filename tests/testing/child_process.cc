#include "tests/testing/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/testing/await.h"

namespace samverkan::tests {
namespace {

constexpr absl::Duration kLongestKill = absl::Seconds(30);

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const std::vector<std::string>& arguments,
                                                                  const std::string& log_file) {
  // setpriv becomes the program: it stays one process, and dies with the test.
  std::vector<const char*> argv = {"setpriv", "--pdeathsig", "KILL", "--"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv.front(), &actions, nullptr, const_cast<char* const*>(argv.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::InternalError("cannot start " + arguments.front());
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() {
  Send(SIGKILL);
  WaitForEnd(kLongestKill);
}

bool ChildProcess::IsRunning() {
  if (ended_with_.has_value()) return false;
  int state = 0;
  if (waitpid(pid_, &state, WNOHANG) != pid_) return true;
  ended_with_ = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  return false;
}

void ChildProcess::Send(int signal) {
  // Not to a process that has ended: its number may be another's by now.
  if (IsRunning()) kill(pid_, signal);
}

std::optional<int> ChildProcess::WaitForEnd(absl::Duration limit) {
  Await(limit, [this] { return !IsRunning(); });
  return ended_with_;
}

}  // namespace samverkan::tests
