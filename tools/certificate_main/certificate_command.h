#ifndef SAMVERKAN_TOOLS_CERTIFICATE_MAIN_CERTIFICATE_COMMAND_H_
#define SAMVERKAN_TOOLS_CERTIFICATE_MAIN_CERTIFICATE_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

namespace samverkan::certificate_main {

// The command tools/certificate: makes a certificate of a development set where it is missing
// and writes where it lies to `out`, as shell variables, or what is wrong to `error`.
// `arguments` are those after the command's name. Returns the exit code: 0; 1 where the set's
// folder cannot be used; 2 where an argument is wrong.
int RunCertificateCommand(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& error);

}  // namespace samverkan::certificate_main

#endif  // SAMVERKAN_TOOLS_CERTIFICATE_MAIN_CERTIFICATE_COMMAND_H_
