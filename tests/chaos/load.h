#ifndef SAMVERKAN_TESTS_CHAOS_LOAD_H_
#define SAMVERKAN_TESTS_CHAOS_LOAD_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {

// Schools that report, and look at what they reported, while services fail. Each client
// repeats a call with the same request_id until it is acknowledged, and the ledger keeps
// what was: it knows what the services must know, whatever happened to them.
class Load {
 public:
  enum class Retries {
    kOwn,        // every failure shows, and the client repeats the call itself
    kPublished,  // as the service config says that we publish; then as above
  };

  // Starts the clients. `set` must outlive the load. The same seed makes the same calls,
  // in an order that depends on the machine.
  Load(const ServiceSet& set, uint64_t seed, Retries retries = Retries::kOwn);
  // Stops.
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Waits until `count` more calls have been acknowledged; false after a minute.
  bool AwaitAcknowledged(int count);

  // Ends the clients, after the calls that they have begun were acknowledged.
  void Stop();

  // Expects, after Stop, that the set holds what was acknowledged and nothing more: each
  // report once, with its clocks, its event and its audit entries; that each read left its
  // entry; that the calls failed in no way that forbids to repeat them.
  void ExpectNothingLostOrDoubled() const;

  // How often each code and reason came, "UNAVAILABLE SERVER_STOPPING".
  std::map<std::string, int> outcomes() const;

 private:
  class School;

  // A report that was acknowledged.
  struct Acknowledged {
    std::string request_id;
    // How many reads of it were acknowledged.
    int reads = 0;
  };

  void Count(const std::string& outcome);
  void Acknowledge(const std::string& report, const std::string& request_id);
  void AcknowledgeRead(const std::string& report);
  // Notes what must not happen.
  void Fail(const std::string& fault);
  bool stopping() const { return stopping_.load(); }

  void ExpectReports() const;
  void ExpectEvents() const;
  void ExpectAuditEntries() const;

  const ServiceSet& set_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable acknowledged_;
  int64_t acknowledged_count_ = 0;
  std::map<std::string, Acknowledged> ledger_;
  std::map<std::string, int> outcomes_;
  std::vector<std::string> faults_;
  std::vector<std::thread> clients_;
};

// The seed of SAMVERKAN_CHAOS_SEED, or a new one; printed, so that a failed run can be
// had again.
uint64_t ChosenSeed();

// Waits until the audit service has everything; false after a minute.
bool AwaitDrained(const ServiceSet& set);

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_CHAOS_LOAD_H_
