#ifndef SAMVERKAN_TOOLS_TOKEN_MAIN_TOKEN_COMMAND_H_
#define SAMVERKAN_TOOLS_TOKEN_MAIN_TOKEN_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

namespace samverkan::token_main {

// The command tools/token: writes an access token of a development set, and a line end, to
// `out`, or what is wrong to `error`. `arguments` are those after the command's name. Returns
// the exit code: 0; 1 where the set's folder cannot be used; 2 where an argument is wrong.
int RunTokenCommand(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& error);

}  // namespace samverkan::token_main

#endif  // SAMVERKAN_TOOLS_TOKEN_MAIN_TOKEN_COMMAND_H_
