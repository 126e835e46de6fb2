// Holds handlers still until the test lets them go.
#ifndef SAMVERKAN_LIBS_RPC_TESTING_GATE_H_
#define SAMVERKAN_LIBS_RPC_TESTING_GATE_H_

#include <condition_variable>
#include <mutex>

namespace samverkan::rpc::testing {

// May be used by several threads at once.
class Gate {
 public:
  ~Gate() { Open(); }

  // Blocks until the gate is open. For handlers.
  void Pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }

  // Blocks until `count` have come to the gate, passed or not.
  void WaitForArrivals(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this, count] { return arrived_ >= count; });
  }

  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  int arrived() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  bool open_ = false;
};

}  // namespace samverkan::rpc::testing

#endif  // SAMVERKAN_LIBS_RPC_TESTING_GATE_H_
