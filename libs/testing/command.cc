#include "libs/testing/command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace samverkan::testing {
namespace {

// Into a file and not a pipe: a server that the program leaves behind inherits it,
// and a pipe would then never end.
absl::StatusOr<int> OutputFile() {
  const int file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return absl::InternalError("cannot make a file in /tmp");
  return file;
}

std::string ReadFromStart(int file) {
  std::string text;
  char buffer[4096];
  lseek(file, 0, SEEK_SET);
  for (ssize_t count; (count = read(file, buffer, sizeof(buffer))) > 0;) text.append(buffer, count);
  return text;
}

int Spawn(const std::vector<std::string>& arguments, int output, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // The working folder may be one that the server's user cannot enter.
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const int error = posix_spawnp(pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

absl::StatusOr<std::string> RunCommand(const std::vector<std::string>& arguments) {
  const absl::StatusOr<int> output = OutputFile();
  if (!output.ok()) return output.status();
  pid_t pid = 0;
  int state = -1;
  if (Spawn(arguments, *output, &pid) == 0) {
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
    }
  }
  std::string text = ReadFromStart(*output);
  close(*output);
  if (state != 0) return absl::InternalError(absl::StrCat(absl::StrJoin(arguments, " "), " failed:\n", text));
  return text;
}

}  // namespace samverkan::testing
