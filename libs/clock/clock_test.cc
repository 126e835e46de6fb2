#include "libs/clock/clock.h"

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace samverkan::clock {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

// A file of this test's own, empty of meaning until written.
class FileClockTest : public ::testing::Test {
 protected:
  FileClockTest()
      : path_(::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::remove(path_.c_str());
  }

  void Write(const std::string& text) { std::ofstream(path_, std::ios::trunc) << text; }

  // That `clock` stands `offset` away from the machine's own clock.
  static void ExpectOffset(const FileClock& clock, absl::Duration offset) {
    const absl::Time before = absl::Now();
    const absl::Time moved = clock.Now() - offset;
    EXPECT_THAT(moved, AllOf(Ge(before), Le(absl::Now())));
  }

  const std::string path_;
};

TEST(SystemClockTest, FollowsTheMachine) {
  const absl::Time before = absl::Now();
  const absl::Time now = SystemClock().Now();
  EXPECT_THAT(now, AllOf(Ge(before), Le(absl::Now())));
}

TEST(FakeClockTest, MovesOnlyWhenMoved) {
  const absl::Time start = absl::FromUnixSeconds(1'750'000'000);
  FakeClock clock(start);
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(absl::Hours(2));
  EXPECT_EQ(clock.Now(), start + absl::Hours(2));
  clock.Set(start - absl::Hours(1));
  EXPECT_EQ(clock.Now(), start - absl::Hours(1));
}

TEST(FakeClockTest, LosesNoStepOfManyThreads) {
  FakeClock clock(absl::UnixEpoch());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&clock] {
      for (int step = 0; step < 1000; ++step) clock.Advance(absl::Seconds(1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(clock.Now(), absl::UnixEpoch() + absl::Seconds(4000));
}

TEST_F(FileClockTest, IsTheMachinesClockWithoutAFile) { ExpectOffset(FileClock(path_), absl::ZeroDuration()); }

TEST_F(FileClockTest, FollowsEveryChangeOfTheFile) {
  const FileClock clock(path_);
  Write("86400\n");
  ExpectOffset(clock, absl::Hours(24));
  Write(" -3600 ");
  ExpectOffset(clock, -absl::Hours(1));
  Write("86401");
  ExpectOffset(clock, absl::Seconds(86401));
  std::remove(path_.c_str());
  ExpectOffset(clock, absl::ZeroDuration());
}

TEST_F(FileClockTest, SharesItsOffsetWithOthersOnTheSameFile) {
  const FileClock one(path_);
  const FileClock other(path_);
  Write("1000");
  ExpectOffset(one, absl::Seconds(1000));
  ExpectOffset(other, absl::Seconds(1000));
}

TEST_F(FileClockTest, KeepsTheLastOffsetWhileTheFileMakesNoSense) {
  const FileClock clock(path_);
  Write("500");
  ExpectOffset(clock, absl::Seconds(500));
  for (const char* nonsense : {"soon", "5.5", "99999999999999999999", "9223372036854775807", "1 2"}) {
    Write(nonsense);
    ExpectOffset(clock, absl::Seconds(500));
  }
}

TEST_F(FileClockTest, TakesAnEmptyFileAsNoOffset) {
  Write("");
  ExpectOffset(FileClock(path_), absl::ZeroDuration());
}

}  // namespace
}  // namespace samverkan::clock
