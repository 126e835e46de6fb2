#include "libs/rpc/worker_pool.h"

#include <utility>

namespace samverkan::rpc {

WorkerPool::WorkerPool(const Options& options) : options_(options) {
  for (int i = 0; i < options_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    Worker& worker = *workers_.back();
    worker.thread = std::thread([this, &worker] { Work(worker); });
  }
}

WorkerPool::~WorkerPool() { Join(); }

WorkerPool::Admission WorkerPool::Submit(uint64_t caller, std::unique_ptr<Task>& task) {
  Worker* to_wake = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return Admission::kClosed;
    if (queue_.size() >= options_.queue_limit) return Admission::kQueueFull;
    size_t& waiting = waiting_by_caller_[caller];
    if (waiting >= options_.caller_share) return Admission::kCallerShareExceeded;
    ++waiting;
    queue_.push_back({caller, std::move(task)});
    to_wake = NextToWake();
  }
  if (to_wake != nullptr) to_wake->wake.notify_one();
  return Admission::kAccepted;
}

void WorkerPool::Close() {
  std::deque<Waiting> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    dropped.swap(queue_);
    waiting_by_caller_.clear();
    for (const auto& worker : workers_) worker->wake.notify_one();
  }
  for (const Waiting& waiting : dropped) waiting.task->Drop();
}

void WorkerPool::Join() {
  Close();
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

size_t WorkerPool::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return queue_.size();
}

void WorkerPool::Work(Worker& worker) {
  while (const std::unique_ptr<Task> task = Take(worker)) task->Run();
}

std::unique_ptr<Task> WorkerPool::Take(Worker& worker) {
  Worker* to_wake = nullptr;
  std::unique_ptr<Task> task;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (queue_.empty() && !closed_) {
      // Under load the next call is a moment away: letting gRPC's threads run first
      // saves parking and being woken, half of all context switches.
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    }
    while (queue_.empty()) {
      if (closed_) return nullptr;
      worker.woken = false;
      parked_.push_back(&worker);
      worker.wake.wait(lock, [&] { return worker.woken || closed_; });
      if (worker.woken) wake_in_flight_ = false;
    }
    task = std::move(queue_.front().task);
    Forget(queue_.front().caller);
    queue_.pop_front();
    // The woken wakes the next, so that Submit never pays for more than one.
    to_wake = NextToWake();
  }
  if (to_wake != nullptr) to_wake->wake.notify_one();
  return task;
}

WorkerPool::Worker* WorkerPool::NextToWake() {
  if (queue_.empty() || parked_.empty() || wake_in_flight_) return nullptr;
  Worker* const worker = parked_.back();
  parked_.pop_back();
  worker->woken = true;
  wake_in_flight_ = true;
  return worker;
}

void WorkerPool::Forget(uint64_t caller) {
  const auto found = waiting_by_caller_.find(caller);
  if (--found->second == 0) waiting_by_caller_.erase(found);
}

}  // namespace samverkan::rpc
