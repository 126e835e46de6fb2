#include "libs/testing/postgres.h"

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/status/macros.h"
#include "libs/testing/command.h"

namespace samverkan::testing {
namespace {

constexpr char kBinaries[] = "/usr/lib/postgresql/15/bin/";
constexpr char kServerUser[] = "postgres";

// Waits until its input ends, which is when the test process closes it or dies; then
// does away with the server and its folder.
constexpr char kKeeper[] = R"(
  trap '' HUP INT TERM
  read -r unused
  pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
  if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
    for attempt in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
    kill -KILL "$pid" 2>/dev/null
  fi
  rm -rf "$1"
)";

constexpr char kSettings[] = R"(
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 200
shared_buffers = 64MB
timezone = 'UTC'
logging_collector = off
log_line_prefix = '%m [%p] %d '
)";

constexpr char kFastSettings[] = R"(
fsync = off
full_page_writes = off
)";

absl::StatusOr<std::string> RunAsServerUser(std::vector<std::string> arguments) {
  arguments[0] = absl::StrCat(kBinaries, arguments[0]);
  if (geteuid() == 0) {
    const std::string user = kServerUser;
    arguments.insert(arguments.begin(), {"setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"});
  }
  return RunCommand(arguments);
}

absl::StatusOr<std::string> MakeFolder() {
  char folder[] = "/tmp/samverkan-test-XXXXXX";
  if (mkdtemp(folder) == nullptr) return absl::InternalError("cannot make a folder in /tmp");
  if (geteuid() != 0) return std::string(folder);
  const passwd* const user = getpwnam(kServerUser);
  if (user == nullptr || chown(folder, user->pw_uid, user->pw_gid) != 0) {
    return absl::InternalError("cannot give a folder in /tmp to the user postgres");
  }
  return std::string(folder);
}

int SpawnKeeper(const std::string& folder, int input, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A session of its own: who kills the test's process group does not kill its keeper.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  const char* const argv[] = {"sh", "-c", kKeeper, "keeper", folder.c_str(), nullptr};
  const int error = posix_spawnp(pid, "sh", &actions, &attributes, const_cast<char**>(argv), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Postgres>> Postgres::Start(Durability durability) {
  ASSIGN_OR_RETURN(std::string folder, MakeFolder());
  std::unique_ptr<Postgres> postgres(new Postgres(std::move(folder)));
  RETURN_IF_ERROR(postgres->StartKeeper());
  RETURN_IF_ERROR(postgres->Initialize(durability));
  RETURN_IF_ERROR(postgres->StartAgain());
  return postgres;
}

Postgres::~Postgres() {
  if (keeper_pid_ < 0) return;
  close(keeper_pipe_);
  while (waitpid(keeper_pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

absl::Status Postgres::StartKeeper() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::InternalError("cannot make a pipe");
  const int error = SpawnKeeper(folder_, ends[0], &keeper_pid_);
  close(ends[0]);
  keeper_pipe_ = ends[1];
  return error == 0 ? absl::OkStatus() : absl::InternalError("cannot start the keeper of the test's PostgreSQL");
}

absl::Status Postgres::Initialize(Durability durability) {
  RETURN_IF_ERROR(RunAsServerUser({"initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                                   "--username=postgres", "--pgdata=" + folder_ + "/data"})
                      .status());
  std::ofstream settings(folder_ + "/data/postgresql.conf", std::ios::app);
  settings << absl::StrReplaceAll(kSettings, {{"$folder", folder_}});
  if (durability == Durability::kFast) settings << kFastSettings;
  settings.close();
  return settings ? absl::OkStatus() : absl::InternalError("cannot write postgresql.conf");
}

absl::Status Postgres::Stop() {
  return RunAsServerUser({"pg_ctl", "--pgdata=" + folder_ + "/data", "--mode=immediate", "--wait", "stop"}).status();
}

absl::Status Postgres::StartAgain() {
  return RunAsServerUser({"pg_ctl", "--pgdata=" + folder_ + "/data", "--log=" + folder_ + "/log", "--wait",
                          "--timeout=60", "start"})
      .status();
}

absl::Status Postgres::Restart() {
  RETURN_IF_ERROR(Stop());
  return StartAgain();
}

std::string Postgres::Conninfo(std::string_view database, std::string_view user) const {
  return absl::StrCat("host=", folder_, " dbname=", std::string(database), " user=", std::string(user));
}

std::string Postgres::SqitchTarget(std::string_view database) const {
  return absl::StrCat("db:pg://postgres@", absl::StrReplaceAll(folder_, {{"/", "%2F"}}), "/", std::string(database));
}

std::string Postgres::Log() const {
  std::ostringstream text;
  text << std::ifstream(folder_ + "/log").rdbuf();
  return text.str();
}

}  // namespace samverkan::testing
