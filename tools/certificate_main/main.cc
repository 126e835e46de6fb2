#include <iostream>
#include <string>
#include <vector>

#include "tools/certificate_main/certificate_command.h"

int main(int argc, char** argv) {
  return samverkan::certificate_main::RunCertificateCommand(std::vector<std::string>(argv + 1, argv + argc), std::cout,
                                                            std::cerr);
}
