#ifndef SAMVERKAN_LIBS_RULES_FILES_H_
#define SAMVERKAN_LIBS_RULES_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "samverkan/rules/v1/rule_set.pb.h"

namespace samverkan::rules {

// One file of a rule set's folder.
struct RuleFile {
  // Path within the folder, "national/time.textproto".
  std::string path;
  v1::RuleSet content;
};

// All files of a folder.
struct RuleFolder {
  // In the order of their paths.
  std::vector<RuleFile> files;
  // The first 12 hexadecimal digits of the SHA-256 over all paths and contents, or over the
  // canonical content of one that was no folder.
  std::string fingerprint;
};

// Reads every *.textproto below `directory`, hidden folders aside. Fails with
// FAILED_PRECONDITION, reason RULE_SET_INVALID, where the folder cannot be read or holds no
// such file, or where a file is no RuleSet: the message names file, line and rule.
absl::StatusOr<RuleFolder> ReadFolder(const std::string& directory);

// Questions by key and rules by id, so that it does not matter in which order they were written.
v1::RuleSet Canonical(v1::RuleSet content);

// The canonical content as a folder of one file that has no path.
RuleFolder FolderOf(v1::RuleSet content);

// The error of a rule set that cannot be used.
absl::Status InvalidRuleSet(const std::vector<std::string>& faults);

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_FILES_H_
