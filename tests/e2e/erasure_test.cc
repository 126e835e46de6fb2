// What is left of a child whose file was erased, also when an older backup comes back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "libs/testing/command.h"
#include "libs/testing/status_matchers.h"
#include "tests/e2e/erasure_fixture.h"

namespace samverkan::tests {
namespace {

using ::samverkan::testing::RunCommand;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

namespace v1 = intake::v1;

class ErasureTest : public ErasureFixture {
 protected:
  audit::v1::SearchEntriesResponse SearchByChild(const std::string& child) {
    audit::v1::SearchEntriesRequest request;
    request.set_child(child);
    return Do(Auditor(), &Audit::SearchEntries, request);
  }

  // All leaves of the log, from which every proof is made.
  std::string Leaves() {
    return set_->Value("SELECT string_agg(encode(leaf_hash, 'hex'), '' ORDER BY index) FROM audit.entry").value_or("");
  }
};

TEST_F(ErasureTest, TheLogForgetsTheChildAndKeepsItsLeaves) {
  const v1::Report report = NotOpened();
  ASSERT_OK_AND_ASSIGN(const v1::Report read, Get(report.name()));
  AwaitDelivery();
  EXPECT_THAT(SearchByChild(read.child()).entries(), Not(IsEmpty()));
  const std::string leaves = Leaves();
  ASSERT_THAT(leaves, Not(IsEmpty()));

  const v1::Erasure erasure = AwaitProposal();
  Approve(erasure, report);
  AwaitErased(erasure);

  EXPECT_THAT(SearchByChild(read.child()).entries(), IsEmpty());
  audit::v1::SearchEntriesRequest by_erasure;
  by_erasure.set_resource(erasure.name());
  const audit::v1::SearchEntriesResponse about = Do(Auditor(), &Audit::SearchEntries, by_erasure);
  bool told = false;
  for (const audit::v1::LoggedEntry& logged : about.entries()) {
    told |= logged.entry().action() == access::v1::ERASE && logged.entry().producer() == "audit";
  }
  EXPECT_TRUE(told) << "the log does not tell of the erasure";
  EXPECT_THAT(Leaves(), StartsWith(leaves));
}

TEST_F(ErasureTest, AnOlderBackupIsErasedAgainBeforeItIsServed) {
  const v1::Report report = NotOpened();
  const std::string backup = ::testing::TempDir() + "/intake.sql";
  const std::string database = set_->postgres().Conninfo("samverkan");
  ASSERT_OK(RunCommand({"pg_dump", "--schema=intake", "--file=" + backup, "--dbname=" + database}));
  Approve(AwaitProposal(), report);

  ASSERT_OK(set_->Terminate(ServiceSet::kIntake).status());
  ASSERT_OK(set_->Query("DROP SCHEMA intake CASCADE"));
  ASSERT_OK(RunCommand(
      {"psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=" + backup, "--dbname=" + database}));
  ASSERT_EQ(set_->Value("SELECT count(*) FROM intake.report").value_or(""), "1");
  ASSERT_OK(set_->StartAgain(ServiceSet::kIntake));
  EXPECT_EQ(set_->Value("SELECT count(*) FROM intake.report").value_or(""), "0");
  EXPECT_EQ(set_->Value("SELECT count(*) FROM intake.child").value_or(""), "0");
  EXPECT_TRUE(absl::StrContains(set_->LogOf(ServiceSet::kIntake), "erased again what an older backup held"));
  EXPECT_TRUE(absl::IsNotFound(Get(report.name()).status()));
}

}  // namespace
}  // namespace samverkan::tests
