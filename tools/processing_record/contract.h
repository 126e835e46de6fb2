#ifndef SAMVERKAN_TOOLS_PROCESSING_RECORD_CONTRACT_H_
#define SAMVERKAN_TOOLS_PROCESSING_RECORD_CONTRACT_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "samverkan/access/v1/access.pb.h"
#include "samverkan/data/v1/data.pb.h"

// What the contract's annotations say about personal data.
namespace samverkan::processing_record {

using Categories = std::set<data::v1::Category>;

// A method that shows personal data.
struct Method {
  // "samverkan.intake.v1".
  std::string package;
  // "ReportService/GetReport".
  std::string name;
  // Who may call it.
  std::vector<access::v1::Role> roles;
  // The categories that its answer can hold.
  Categories shown;
};

struct Contract {
  // By package, the categories of personal data that its messages can hold. All packages
  // of the suite.
  std::map<std::string, Categories> held;
  // In the order of the files.
  std::vector<Method> methods;
};

// The contract in `descriptors`, a serialized google.protobuf.FileDescriptorSet with its
// imports. INVALID_ARGUMENT where it is none.
absl::StatusOr<Contract> ReadContract(const std::string& descriptors);

}  // namespace samverkan::processing_record

#endif  // SAMVERKAN_TOOLS_PROCESSING_RECORD_CONTRACT_H_
