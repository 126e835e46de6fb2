// kill -9 at random instants. How often: SAMVERKAN_KILL_CYCLES, or 10; tests/chaos/run_100
// does it a hundred times.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "absl/strings/numbers.h"
#include "libs/testing/status_matchers.h"
#include "tests/chaos/load.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {
namespace {

int Cycles() {
  const char* const chosen = std::getenv("SAMVERKAN_KILL_CYCLES");
  int cycles = 0;
  return chosen != nullptr && absl::SimpleAtoi(chosen, &cycles) ? cycles : 10;
}

// Between no call and some hundred after the start: while it starts, recovers and works.
TEST(KillTest, IntakeKilledAtAnyInstantLosesNothingAndDoublesNothing) {
  const uint64_t seed = ChosenSeed();
  std::mt19937_64 random(seed);
  ASSERT_OK_AND_ASSIGN(const auto set, ServiceSet::Start({}));
  Load load(*set, seed);
  for (int cycle = 0; cycle < Cycles(); ++cycle) {
    const int calls = std::uniform_int_distribution<int>(0, 150)(random);
    ASSERT_TRUE(load.AwaitAcknowledged(calls)) << "cycle " << cycle;
    set->Kill(ServiceSet::kIntake);
    ASSERT_OK(set->Launch(ServiceSet::kIntake));
  }
  ASSERT_OK(set->AwaitServing(ServiceSet::kIntake));
  ASSERT_TRUE(load.AwaitAcknowledged(100));
  load.Stop();
  load.ExpectNothingLostOrDoubled();
}

// The relay is cut off between delivering and forgetting what it delivered.
TEST(KillTest, AuditKilledAtAnyInstantGetsEachEntryOnce) {
  const uint64_t seed = ChosenSeed();
  std::mt19937_64 random(seed);
  ASSERT_OK_AND_ASSIGN(const auto set, ServiceSet::Start({}));
  Load load(*set, seed);
  for (int cycle = 0; cycle < Cycles() / 2; ++cycle) {
    const int calls = std::uniform_int_distribution<int>(0, 150)(random);
    ASSERT_TRUE(load.AwaitAcknowledged(calls)) << "cycle " << cycle;
    set->Kill(ServiceSet::kAudit);
    ASSERT_OK(set->StartAgain(ServiceSet::kAudit));
  }
  load.Stop();
  load.ExpectNothingLostOrDoubled();
}

}  // namespace
}  // namespace samverkan::tests
