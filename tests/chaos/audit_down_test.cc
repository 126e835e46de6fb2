// The audit service is away.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "libs/testing/status_matchers.h"
#include "tests/chaos/load.h"
#include "tests/testing/await.h"
#include "tests/testing/cast.h"
#include "tests/testing/client.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {
namespace {

using ::samverkan::testing::StatusIs;

TEST(AuditDownTest, IntakeGoesOnAndTheBacklogDrainsInOrder) {
  ASSERT_OK_AND_ASSIGN(const auto set, ServiceSet::Start({}));
  Load load(*set, ChosenSeed());
  ASSERT_TRUE(load.AwaitAcknowledged(50));
  set->Kill(ServiceSet::kAudit);
  ASSERT_TRUE(load.AwaitAcknowledged(1000)) << "intake does not go on";
  load.Stop();
  ASSERT_OK_AND_ASSIGN(const auto waiting, set->Query("SELECT entry FROM intake.audit_entry ORDER BY sequence"));
  EXPECT_GE(waiting.size(), 1000u) << "more than one batch waits";

  ASSERT_OK(set->StartAgain(ServiceSet::kAudit));
  ASSERT_TRUE(AwaitDrained(*set));
  ASSERT_OK_AND_ASSIGN(const auto recorded, set->Query("SELECT entry, index FROM audit.entry_key"));
  std::map<std::string, int> index_of;
  for (const auto& row : recorded) ASSERT_TRUE(absl::SimpleAtoi(row[1], &index_of[row[0]]));
  int last = -1;
  for (const auto& row : waiting) {
    ASSERT_EQ(index_of.count(row[0]), 1u) << "lost";
    EXPECT_GT(index_of[row[0]], last) << "out of order";
    last = index_of[row[0]];
  }
  load.ExpectNothingLostOrDoubled();
}

TEST(AuditDownTest, PastTheBoundReadsAreRefusedAndReportsTaken) {
  ASSERT_OK_AND_ASSIGN(const auto set, ServiceSet::Start({.longest_backlog = absl::Seconds(1)}));
  const Client client(*set);
  const auto first = client.As(Principal(), &Reports::SubmitReport, SchoolReport());
  ASSERT_OK(first.status);
  set->Kill(ServiceSet::kAudit);
  intake::v1::GetReportRequest read;
  read.set_name(first.response.reports(0).name());
  absl::Status status;
  Await(absl::Minutes(1), [&] {
    status = client.As(Principal(), &Reports::GetReport, read).status;
    return !status.ok();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "AUDIT_BACKLOG"));
  EXPECT_OK(client.As(Principal(), &Reports::SubmitReport, SchoolReport(kSibling)).status);

  ASSERT_OK(set->StartAgain(ServiceSet::kAudit));
  EXPECT_TRUE(Await(absl::Minutes(1), [&] { return client.As(Principal(), &Reports::GetReport, read).status.ok(); }))
      << "reads stay refused";
}

}  // namespace
}  // namespace samverkan::tests
