#ifndef SAMVERKAN_LIBS_RULES_FAULT_H_
#define SAMVERKAN_LIBS_RULES_FAULT_H_

#include <string>
#include <vector>

// What can be wrong with a rule set.
namespace samverkan::rules {

// One thing that makes a rule set unusable.
struct Fault {
  // The file it stands in, "local/0180.textproto"; empty where the set was no folder, or where
  // it is no single file's.
  std::string path;
  // The rule's id; empty where it is none's.
  std::string rule;
  // What was expected.
  std::string fault;
  // The id of the rule that it would weaken; empty where it would none.
  std::string weakens;
};

// The fault in one line: "file: rule: what was expected".
std::string Worded(const Fault& fault);

// The faults of one rule, or of a file, on their way into a list.
class FaultReport {
 public:
  // Adds to `faults`, which must outlive this.
  FaultReport(std::vector<Fault>& faults, std::string path, std::string rule);

  // Notes `fault` unless `holds`, or there are a thousand; `weakens` as in `Fault`.
  void Expect(bool holds, const std::string& fault, const std::string& weakens = "");

 private:
  std::vector<Fault>& faults_;
  const std::string path_;
  const std::string rule_;
};

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_FAULT_H_
