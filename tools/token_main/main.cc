#include <iostream>
#include <string>
#include <vector>

#include "tools/token_main/token_command.h"

int main(int argc, char** argv) {
  return samverkan::token_main::RunTokenCommand(std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr);
}
