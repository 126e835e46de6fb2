// Prints the record of processing activities: tools/processing-record.

#include <google/protobuf/text_format.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "libs/rules/rule_set.h"
#include "libs/status/macros.h"
#include "tools/processing_record/contract.h"
#include "tools/processing_record/record.h"

namespace samverkan::processing_record {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  std::stringstream contents;
  if (file) contents << file.rdbuf();
  if (!file || !contents) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return contents.str();
}

absl::StatusOr<std::string> RecordOf(const std::string& contract_file, const std::string& rules_folder,
                                     const std::string& processing_file) {
  ASSIGN_OR_RETURN(const std::string descriptors, ReadFile(contract_file));
  ASSIGN_OR_RETURN(const Contract contract, ReadContract(descriptors));
  ASSIGN_OR_RETURN(const rules::RuleSet rules, rules::RuleSet::Load(rules_folder));
  ASSIGN_OR_RETURN(const std::string text, ReadFile(processing_file));
  processing::v1::Processing processing;
  if (!google::protobuf::TextFormat::ParseFromString(text, &processing)) {
    return absl::InvalidArgumentError(absl::StrCat(processing_file, " cannot be read"));
  }
  return MakeRecord(contract, rules, processing);
}

}  // namespace
}  // namespace samverkan::processing_record

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: processing_record <contract.binpb> <rules folder> <processing.textproto>\n";
    return 2;
  }
  const auto record = samverkan::processing_record::RecordOf(argv[1], argv[2], argv[3]);
  if (!record.ok()) {
    std::cerr << record.status().message() << "\n";
    return EXIT_FAILURE;
  }
  std::cout << *record;
  return EXIT_SUCCESS;
}
