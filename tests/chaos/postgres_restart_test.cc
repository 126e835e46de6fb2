// PostgreSQL crashes and recovers while calls are served.

#include <gtest/gtest.h>

#include "libs/testing/status_matchers.h"
#include "tests/chaos/load.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {
namespace {

TEST(PostgresRestartTest, CallsInFlightSucceedOrCanBeRepeated) {
  ASSERT_OK_AND_ASSIGN(const auto set, ServiceSet::Start({}));
  Load load(*set, ChosenSeed());
  for (int cycle = 0; cycle < 4; ++cycle) {
    ASSERT_TRUE(load.AwaitAcknowledged(100)) << "cycle " << cycle;
    ASSERT_OK(set->postgres().Restart());
  }
  ASSERT_TRUE(load.AwaitAcknowledged(100));
  load.Stop();
  load.ExpectNothingLostOrDoubled();
}

}  // namespace
}  // namespace samverkan::tests
