#include "libs/clock/clock.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"

namespace samverkan::clock {
namespace {

// Two changes within one tick of the file system's clock leave the same stamp, so a file
// that was changed just now is read whatever its stamp says.
constexpr absl::Duration kTick = absl::Milliseconds(100);

constexpr int64_t kMostSeconds = int64_t{1000} * 366 * 24 * 60 * 60;

// The offset that the file at `path` holds; nullopt where it cannot be understood.
std::optional<absl::Duration> ReadOffset(const std::string& path) {
  errno = 0;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (file == nullptr) {
    return errno == ENOENT ? std::make_optional(absl::ZeroDuration()) : std::nullopt;
  }
  char buffer[64];
  const size_t size = std::fread(buffer, 1, sizeof(buffer), file.get());
  const absl::string_view text = absl::StripAsciiWhitespace(absl::string_view(buffer, size));
  if (text.empty()) return absl::ZeroDuration();
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(text, &seconds) || seconds > kMostSeconds || seconds < -kMostSeconds) return std::nullopt;
  return absl::Seconds(seconds);
}

}  // namespace

absl::Time SystemClock::Now() const { return absl::Now(); }

absl::Time FakeClock::Now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void FakeClock::Set(absl::Time now) {
  const std::lock_guard lock(mutex_);
  now_ = now;
}

void FakeClock::Advance(absl::Duration step) {
  const std::lock_guard lock(mutex_);
  now_ += step;
}

FileClock::FileClock(std::string path) : path_(std::move(path)) {}

absl::Time FileClock::Now() const {
  const absl::Time now = absl::Now();
  // Every call of a service asks several times: looking is cheap, reading is not.
  const Stamp stamp = StampOf(path_);
  const std::lock_guard lock(mutex_);
  if (stamp != stamp_ || now < stamp.modified + kTick) {
    stamp_ = stamp;
    offset_ = ReadOffset(path_).value_or(offset_);
  }
  return now + offset_;
}

FileClock::Stamp FileClock::StampOf(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {found.st_ino, found.st_size, absl::TimeFromTimespec(found.st_mtim)};
}

}  // namespace samverkan::clock
