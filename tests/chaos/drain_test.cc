// SIGTERM while calls are served.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "libs/testing/status_matchers.h"
#include "tests/chaos/load.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {
namespace {

TEST(DrainTest, EveryAcceptedCallIsAnsweredOrSafeToRepeat) {
  ASSERT_OK_AND_ASSIGN(const auto set, ServiceSet::Start({}));
  Load load(*set, ChosenSeed(), Load::Retries::kPublished);
  for (int cycle = 0; cycle < 5; ++cycle) {
    ASSERT_TRUE(load.AwaitAcknowledged(100)) << "cycle " << cycle;
    ASSERT_OK_AND_ASSIGN(const int ended_with, set->Terminate(ServiceSet::kIntake));
    EXPECT_EQ(ended_with, 0);
    ASSERT_OK(set->StartAgain(ServiceSet::kIntake));
  }
  ASSERT_TRUE(load.AwaitAcknowledged(100));
  load.Stop();
  load.ExpectNothingLostOrDoubled();
  for (const auto& [outcome, count] : load.outcomes()) {
    EXPECT_TRUE(absl::StartsWith(outcome, "OK ") || absl::StartsWith(outcome, "UNAVAILABLE "))
        << count << " calls ended with " << outcome;
  }
}

}  // namespace
}  // namespace samverkan::tests
