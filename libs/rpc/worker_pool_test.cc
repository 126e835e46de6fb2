#include "libs/rpc/worker_pool.h"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace samverkan::rpc {
namespace {

constexpr uint64_t kAnna = 1;
constexpr uint64_t kBo = 2;

class FunctionTask final : public Task {
 public:
  explicit FunctionTask(
      std::function<void()> run, std::function<void()> drop = [] {})
      : run_(std::move(run)), drop_(std::move(drop)) {}
  void Run() override { run_(); }
  void Drop() override { drop_(); }

 private:
  std::function<void()> run_;
  std::function<void()> drop_;
};

WorkerPool::Admission Submit(
    WorkerPool& pool, uint64_t caller, std::function<void()> run, std::function<void()> drop = [] {}) {
  std::unique_ptr<Task> task = std::make_unique<FunctionTask>(std::move(run), std::move(drop));
  return pool.Submit(caller, task);
}

// Occupies all workers of a pool until it is released.
class Blocker {
 public:
  Blocker(WorkerPool& pool, int workers) {
    std::vector<std::future<void>> started;
    for (int i = 0; i < workers; ++i) {
      auto running = std::make_shared<std::promise<void>>();
      started.push_back(running->get_future());
      Submit(pool, 99, [running, gate = gate_] {
        running->set_value();
        gate.wait();
      });
    }
    for (auto& future : started) future.wait();
  }
  ~Blocker() { Release(); }
  void Release() {
    if (!std::exchange(released_, true)) open_.set_value();
  }

 private:
  std::promise<void> open_;
  std::shared_future<void> gate_ = open_.get_future().share();
  bool released_ = false;
};

TEST(WorkerPoolTest, RunsEveryTaskOfManyThreads) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool({.workers = 4, .queue_limit = 100'000, .caller_share = 100'000});
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 5000; ++j)
          Submit(
              pool, kAnna, [&] { ++ran; }, [&] { ran += 1'000'000; });
      });
    }
    for (std::thread& thread : threads) thread.join();
    // Closing would drop what still waits.
    while (ran.load() < 4 * 5000) std::this_thread::yield();
  }
  EXPECT_EQ(ran.load(), 4 * 5000);
}

TEST(WorkerPoolTest, UsesAllWorkersWhenTasksBlock) {
  WorkerPool pool({.workers = 4, .queue_limit = 16, .caller_share = 16});
  // Returns only when four tasks run at the same time.
  Blocker blocker(pool, 4);
  EXPECT_EQ(pool.waiting(), 0u);
}

TEST(WorkerPoolTest, RefusesBeyondTheQueueAtOnce) {
  WorkerPool pool({.workers = 1, .queue_limit = 2, .caller_share = 2});
  Blocker blocker(pool, 1);
  EXPECT_EQ(Submit(pool, kAnna, [] {}), WorkerPool::Admission::kAccepted);
  EXPECT_EQ(Submit(pool, kBo, [] {}), WorkerPool::Admission::kAccepted);
  EXPECT_EQ(Submit(pool, 3, [] {}), WorkerPool::Admission::kQueueFull);
  EXPECT_EQ(pool.waiting(), 2u);
}

TEST(WorkerPoolTest, ACallerCannotHoldMoreThanItsShare) {
  WorkerPool pool({.workers = 1, .queue_limit = 10, .caller_share = 2});
  Blocker blocker(pool, 1);
  EXPECT_EQ(Submit(pool, kAnna, [] {}), WorkerPool::Admission::kAccepted);
  EXPECT_EQ(Submit(pool, kAnna, [] {}), WorkerPool::Admission::kAccepted);
  EXPECT_EQ(Submit(pool, kAnna, [] {}), WorkerPool::Admission::kCallerShareExceeded);
  EXPECT_EQ(Submit(pool, kBo, [] {}), WorkerPool::Admission::kAccepted);
}

TEST(WorkerPoolTest, ShareIsFreeAgainWhenTasksAreTaken) {
  WorkerPool pool({.workers = 1, .queue_limit = 10, .caller_share = 1});
  for (int i = 0; i < 100; ++i) {
    std::promise<void> ran;
    ASSERT_EQ(Submit(pool, kAnna, [&] { ran.set_value(); }), WorkerPool::Admission::kAccepted);
    ran.get_future().wait();
  }
}

TEST(WorkerPoolTest, RefusedTaskStaysWithTheCaller) {
  WorkerPool pool({.workers = 1, .queue_limit = 0, .caller_share = 1});
  std::unique_ptr<Task> task = std::make_unique<FunctionTask>([] {});
  EXPECT_EQ(pool.Submit(kAnna, task), WorkerPool::Admission::kQueueFull);
  EXPECT_NE(task, nullptr);
}

TEST(WorkerPoolTest, CloseDropsWhatWaitsAndLetsTheRunningEnd) {
  WorkerPool pool({.workers = 1, .queue_limit = 10, .caller_share = 10});
  Blocker blocker(pool, 1);
  std::atomic<int> ran = 0;
  std::atomic<int> dropped = 0;
  for (int i = 0; i < 3; ++i)
    Submit(
        pool, kAnna, [&] { ++ran; }, [&] { ++dropped; });
  pool.Close();
  EXPECT_EQ(dropped.load(), 3);
  EXPECT_EQ(Submit(pool, kAnna, [] {}), WorkerPool::Admission::kClosed);
  blocker.Release();
  pool.Join();
  EXPECT_EQ(ran.load(), 0);
}

}  // namespace
}  // namespace samverkan::rpc
