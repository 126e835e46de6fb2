#ifndef SAMVERKAN_LIBS_CLOCK_CLOCK_H_
#define SAMVERKAN_LIBS_CLOCK_CLOCK_H_

#include <cstdint>
#include <mutex>
#include <string>

#include "absl/time/time.h"

namespace samverkan::clock {

// The only way to learn what time it is. Everything else is handed a Clock or an
// instant. All clocks here may be used by several threads at once.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's own clock.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// A clock that stands still until it is moved, for tests.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time start) : now_(start) {}

  absl::Time Now() const override;
  void Set(absl::Time now);
  void Advance(absl::Duration step);

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
};

// The machine's clock moved by the whole seconds that a text file holds, such as
// "86400" or "-3600". For development sets only: all processes that name the same
// file share one moved clock.
//
// The file is looked at again on every call, so a change counts from the next Now().
// No file, or an empty one, means no offset. A file that holds anything else, or a number
// beyond a thousand years, is treated as being written just now: the last offset stays.
class FileClock final : public Clock {
 public:
  explicit FileClock(std::string path);

  absl::Time Now() const override;

 private:
  // What a changed file differs in.
  struct Stamp {
    uint64_t inode = 0;
    int64_t size = -1;
    absl::Time modified;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  static Stamp StampOf(const std::string& path);

  const std::string path_;
  mutable std::mutex mutex_;
  mutable Stamp stamp_;
  mutable absl::Duration offset_;
};

}  // namespace samverkan::clock

#endif  // SAMVERKAN_LIBS_CLOCK_CLOCK_H_
