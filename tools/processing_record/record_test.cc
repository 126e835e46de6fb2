#include "tools/processing_record/record.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::processing_record {
namespace {

using ::samverkan::testing::StatusIs;

std::string Read(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::stringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

// What the command prints, and how it ended.
struct Printed {
  std::string text;
  int exit_status = -1;
};

Printed Print(const std::string& arguments) {
  const std::string command = "tools/processing_record/processing_record " + arguments + " 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), [](FILE*) { return 0; });
  Printed printed;
  char buffer[4096];
  while (const size_t size = fread(buffer, 1, sizeof(buffer), pipe.get())) printed.text.append(buffer, size);
  printed.exit_status = pclose(pipe.get());
  return printed;
}

// The shipped sources, to be changed.
class RecordTest : public ::testing::Test {
 protected:
  RecordTest() {
    absl::StatusOr<Contract> contract = ReadContract(Read("proto/contract.binpb"));
    EXPECT_OK(contract);
    if (contract.ok()) contract_ = *std::move(contract);
    EXPECT_TRUE(
        google::protobuf::TextFormat::ParseFromString(Read("deploy/processing/processing.textproto"), &processing_));
  }

  absl::StatusOr<std::string> Make() const {
    const absl::StatusOr<rules::RuleSet> rules = rules::RuleSet::Load("deploy/rules");
    if (!rules.ok()) return rules.status();
    return MakeRecord(contract_, *rules, processing_);
  }

  // Expects that there is no record, and that `fault` is told.
  void ExpectFault(const std::string& fault) const {
    const absl::StatusOr<std::string> record = Make();
    EXPECT_THAT(record, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_TRUE(absl::StrContains(record.status().message(), fault)) << record.status().message();
  }

  processing::v1::Purpose& PurposeOf(const std::string& code) {
    for (processing::v1::Purpose& purpose : *processing_.mutable_purposes()) {
      if (purpose.code() == code) return purpose;
    }
    ADD_FAILURE() << code;
    return *processing_.add_purposes();
  }

  Contract contract_;
  processing::v1::Processing processing_;
};

TEST_F(RecordTest, IsKeptAsTheToolPrintsIt) {
  const Printed printed = Print("proto/contract.binpb deploy/rules deploy/processing/processing.textproto");
  EXPECT_EQ(printed.exit_status, 0);
  EXPECT_TRUE(Read("docs/processing-record.md") == printed.text)
      << "run: tools/processing-record >docs/processing-record.md";
}

// Each of article 30(1) a to g.
TEST_F(RecordTest, SaysWhatTheArticleWants) {
  ASSERT_OK_AND_ASSIGN(const std::string record, Make());
  for (const char* const said :
       {"| Skärholmens stadsdelsnämnd | registrator@", "### child_protection", "- barn / *children*",
        "| CONCERN | oron: vad som setts", "| UNIT_MANAGER | enhetschefer", "annan nämnd som en felställd anmälan",
        "## Transfers outside the EEA (tredjelandsöverföring)\n\nInga.", "| P-080 | ", "SoL 2025:400 16:1",
        "| P-090 | ", "text statute, dates inferred", "krypterade i databasen"}) {
    EXPECT_TRUE(absl::StrContains(record, said)) << said;
  }
}

TEST_F(RecordTest, FindsRecipientsInTheContract) {
  ASSERT_OK_AND_ASSIGN(const std::string record, Make());
  EXPECT_TRUE(
      absl::StrContains(record, "| `samverkan.audit.v1.ReviewService/ListTouchedChildren` | AUDITOR | IDENTITY |"))
      << record;
  for (Method& method : contract_.methods) {
    if (method.name == "ReviewService/ListTouchedChildren") method.roles = {access::v1::UNIT_MANAGER};
  }
  ASSERT_OK_AND_ASSIGN(const std::string changed, Make());
  EXPECT_TRUE(absl::StrContains(changed,
                                "*who the child is: name, identity or coordination number, date of birth, "
                                "reference* | no | UNIT_MANAGER, AUDITOR |"))
      << changed;
}

TEST_F(RecordTest, RefusesDataThatNoPurposeNeeds) {
  contract_.held["samverkan.audit.v1"].insert(data::v1::WHEREABOUTS);
  ExpectFault("samverkan.audit.v1: WHEREABOUTS is needed by no purpose");
}

TEST_F(RecordTest, RefusesANeedThatNothingHolds) {
  PurposeOf("log_review").add_categories(data::v1::WHEREABOUTS);
  ExpectFault("log_review: nothing holds WHEREABOUTS in its packages");
}

TEST_F(RecordTest, RefusesWhatItHasNoWordsFor) {
  processing_.clear_categories();
  processing_.clear_roles();
  ExpectFault("CONCERN: no words");
  ExpectFault("AUDITOR: no words, and AuditService/GetEntry shows it data");
}

TEST_F(RecordTest, RefusesARuleThatTheRuleSetLacks) {
  PurposeOf("log_review").add_retention_rules("P-999");
  ExpectFault("log_review: there is no rule P-999");
}

TEST_F(RecordTest, RefusesToLeaveOutWhatTheArticleWants) {
  PurposeOf("feedback").clear_data_subjects();
  PurposeOf("feedback").clear_retention_rules();
  PurposeOf("feedback").clear_legal_basis_rules();
  processing_.clear_controllers();
  processing_.clear_transfers();
  processing_.clear_security_measures();
  for (const char* const fault :
       {"feedback: no data_subjects", "feedback: no retention_rules", "feedback: no legal_basis_rules",
        "no controllers", "no transfers", "no security_measures"}) {
    ExpectFault(fault);
  }
}

TEST(Contract, IsRefusedWhereItIsNone) {
  EXPECT_THAT(ReadContract("no descriptors"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Command, NamesTheFileThatItCannotRead) {
  const Printed printed = Print("proto/contract.binpb deploy/rules deploy/processing/none.textproto");
  EXPECT_NE(printed.exit_status, 0);
  EXPECT_EQ(printed.text, "cannot read deploy/processing/none.textproto\n");
}

}  // namespace
}  // namespace samverkan::processing_record
