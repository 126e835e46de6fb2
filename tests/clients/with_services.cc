// Runs a client of another language against the real services: with_services PROGRAM...
//
// The program finds in its environment SAMVERKAN_INTAKE and SAMVERKAN_AUDIT (host:port),
// SAMVERKAN_CA, SAMVERKAN_CERT and SAMVERKAN_KEY (PEM files: whom to trust, and the certificate
// of a school's system), and SAMVERKAN_TOKEN, the token of a school's reporter that is bound to
// it. Ends as the program does.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "tests/testing/cast.h"
#include "tests/testing/service_set.h"

int main(int argc, char** argv) {
  using samverkan::tests::ServiceSet;
  if (argc < 2) return EXIT_FAILURE;
  const auto set = ServiceSet::Start({});
  if (!set.ok()) {
    std::fprintf(stderr, "%s\n", set.status().ToString().c_str());
    return EXIT_FAILURE;
  }
  setenv("SAMVERKAN_INTAKE", (*set)->Address(ServiceSet::kIntake).c_str(), 1);
  setenv("SAMVERKAN_AUDIT", (*set)->Address(ServiceSet::kAudit).c_str(), 1);
  const samverkan::tls::Files files = (*set)->FilesOf(samverkan::tests::Principal());
  setenv("SAMVERKAN_CA", files.authorities.c_str(), 1);
  setenv("SAMVERKAN_CERT", files.certificate.c_str(), 1);
  setenv("SAMVERKAN_KEY", files.key.c_str(), 1);
  setenv("SAMVERKAN_TOKEN", (*set)->TokenOf(samverkan::tests::Principal()).c_str(), 1);
  pid_t pid = 0;
  if (posix_spawnp(&pid, argv[1], nullptr, nullptr, argv + 1, environ) != 0) {
    std::fprintf(stderr, "cannot start %s; tools/setup --node installs what the clients need\n", argv[1]);
    return EXIT_FAILURE;
  }
  int state = 0;
  while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(state) ? WEXITSTATUS(state) : EXIT_FAILURE;
}
