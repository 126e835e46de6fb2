#include "libs/rules/fault.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace samverkan::rules {
namespace {

// More are of no use to whoever mends them.
constexpr size_t kMostFaults = 1000;

}  // namespace

std::string Worded(const Fault& fault) {
  return absl::StrCat(fault.path, fault.path.empty() ? "" : ": ", fault.rule, fault.rule.empty() ? "" : ": ",
                      fault.fault);
}

FaultReport::FaultReport(std::vector<Fault>& faults, std::string path, std::string rule)
    : faults_(faults), path_(std::move(path)), rule_(std::move(rule)) {}

void FaultReport::Expect(bool holds, const std::string& fault, const std::string& weakens) {
  if (!holds && faults_.size() < kMostFaults)
    faults_.push_back({.path = path_, .rule = rule_, .fault = fault, .weakens = weakens});
}

}  // namespace samverkan::rules
