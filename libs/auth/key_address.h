#ifndef SAMVERKAN_LIBS_AUTH_KEY_ADDRESS_H_
#define SAMVERKAN_LIBS_AUTH_KEY_ADDRESS_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/key_set.h"
#include "libs/auth/key_source.h"
#include "libs/clock/clock.h"

namespace samverkan::auth {

// A JWKS that is fetched over HTTPS by a thread of its own: every five minutes, ten seconds
// after it has failed, and at once when a token names an unknown key, but never more often
// than every ten seconds. The last good set stays in force.
//
// An answer counts with status 200, at most 1 MiB, within ten seconds; redirections are not
// followed.
class KeyAddress final : public KeySource {
 public:
  // Fetches once and waits for it. INVALID_ARGUMENT unless `url` is an https address and
  // `authorities` is given; FAILED_PRECONDITION where nothing good comes. `authorities` is a
  // PEM file of those that may have issued the server's certificate. `clock` is the machine's and must outlive this.
  static absl::StatusOr<std::unique_ptr<KeyAddress>> Open(std::string url, std::string authorities,
                                                          const clock::Clock& clock);
  // Breaks a fetch off.
  ~KeyAddress() override;

  // `now` does not matter to either: the network has the machine's time.
  std::shared_ptr<const KeySet> Keys(absl::Time now) override;
  absl::StatusOr<std::shared_ptr<const KeySet>> NewerKeys(absl::Time now) override;
  absl::Status status() const override;

 private:
  KeyAddress(std::string url, std::string authorities, const clock::Clock& clock);

  void Work();
  void FetchOnce();
  absl::StatusOr<std::string> Fetch() const;

  const std::string url_;
  const std::string authorities_;
  const clock::Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const KeySet> keys_ = std::make_shared<const KeySet>();
  absl::Status status_ = absl::FailedPreconditionError("not fetched yet");
  // When the last fetch began, and when the next one will.
  absl::Time begun_ = absl::InfinitePast();
  absl::Time next_ = absl::InfinitePast();
  bool fetching_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_KEY_ADDRESS_H_
