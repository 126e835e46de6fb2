#ifndef SAMVERKAN_TESTS_E2E_LEFT_BEHIND_H_
#define SAMVERKAN_TESTS_E2E_LEFT_BEHIND_H_

#include <string>
#include <vector>

#include "tests/testing/service_set.h"

// All that a set leaves behind where others than its callers can read it.
namespace samverkan::tests {

struct Trace {
  // "samverkan: intake.report", "log of intake".
  std::string place;
  std::string octets;
};

// Has PostgreSQL write to its log all that it can: every statement with all its parameters,
// durations, details of errors. More than any operator should; what is sealed before it is
// sent bears it.
void MakePostgresTalkative(const ServiceSet& set);

// What pg_dumpall gives, a trace for each table of each database and one for all else.
std::vector<Trace> DumpOf(const ServiceSet& set);

// The files of PostgreSQL's data folder after a checkpoint: tables, indexes, statistics,
// journal, with what was deleted and not overwritten yet.
std::vector<Trace> FilesOf(const ServiceSet& set);

// The log of PostgreSQL and of each service, and what the services tell of themselves: metrics,
// and the arguments and environment of their processes. All must run.
std::vector<Trace> LogsOf(const ServiceSet& set);
std::vector<Trace> ProcessesOf(const ServiceSet& set);

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_E2E_LEFT_BEHIND_H_
