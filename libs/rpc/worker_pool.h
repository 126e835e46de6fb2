// The threads that run handlers, behind a bounded queue.
#ifndef SAMVERKAN_LIBS_RPC_WORKER_POOL_H_
#define SAMVERKAN_LIBS_RPC_WORKER_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace samverkan::rpc {

// Something to run on a worker. Exactly one of Run and Drop is called, once.
class Task {
 public:
  virtual ~Task() = default;
  // Does the work. On a worker; may block.
  virtual void Run() = 0;
  // Gives the work up because the pool is closing. Must not block.
  virtual void Drop() = 0;
};

// A fixed number of threads and a queue that refuses rather than grows.
//
// Idle workers are woken last in, first out, at most one wake in flight: under load
// the same few threads stay awake, which costs a third less than a condition
// variable shared by all. May be used by several threads at once.
class WorkerPool {
 public:
  struct Options {
    // Threads, at least 1.
    int workers = 8;
    // Most tasks that wait, all callers together.
    size_t queue_limit = 1024;
    // Most tasks of one caller that wait.
    size_t caller_share = 256;
  };

  enum class Admission {
    kAccepted,
    // The queue is full.
    kQueueFull,
    // The caller has its share waiting already.
    kCallerShareExceeded,
    // The pool is closed.
    kClosed,
  };

  explicit WorkerPool(const Options& options);
  // Closes and joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Queues `task` for a worker. `caller` identifies who it is for (a hash will do).
  // Takes the task only when it answers kAccepted; never blocks, never runs it.
  Admission Submit(uint64_t caller, std::unique_ptr<Task>& task);

  // Refuses new tasks from now on and drops those that wait. Those that run go on.
  void Close();

  // Closes and waits for the tasks that run. Not from a worker.
  void Join();

  // How many tasks wait now.
  size_t waiting() const;

 private:
  struct Worker {
    std::condition_variable wake;
    bool woken = false;
    std::thread thread;
  };
  struct Waiting {
    uint64_t caller;
    std::unique_ptr<Task> task;
  };

  void Work(Worker& worker);
  // The next task, or none when the pool closes.
  std::unique_ptr<Task> Take(Worker& worker);
  // The worker to wake for what waits, if any. Needs the lock.
  Worker* NextToWake();
  void Forget(uint64_t caller);

  const Options options_;
  mutable std::mutex mutex_;
  std::deque<Waiting> queue_;
  std::unordered_map<uint64_t, size_t> waiting_by_caller_;
  std::vector<Worker*> parked_;
  bool wake_in_flight_ = false;
  bool closed_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_WORKER_POOL_H_
