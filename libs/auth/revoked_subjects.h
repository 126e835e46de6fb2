#ifndef SAMVERKAN_LIBS_AUTH_REVOKED_SUBJECTS_H_
#define SAMVERKAN_LIBS_AUTH_REVOKED_SUBJECTS_H_

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/claims.h"
#include "libs/auth/watched_file.h"

namespace samverkan::auth {

// Whose tokens are no longer taken, by a file that is read again when it changes. Thread-safe.
//
//   # whoever has left, with the time from which on a new token is good again
//   subject lifecare/anna.berg 2026-01-12T09:00:00+01:00
//   token 5f2c9e0b71d34a6c
//
// A line is a person or account of a system (claims `azp` and `sub`), whose tokens of before
// that instant (claim `iat`) are refused, or one token (claim `jti`). Empty lines and lines
// that begin with # say nothing.
class RevokedSubjects {
 public:
  // FAILED_PRECONDITION, for the log, naming the line, where the file cannot be read.
  static absl::StatusOr<std::unique_ptr<RevokedSubjects>> Open(std::string path, absl::Time now);

  // UNAUTHENTICATED, reason REVOKED, for the claims of a token that is no longer taken. Looks
  // at the file where it was last looked at a second before `now` or earlier.
  absl::Status Check(const Claims& claims, absl::Time now);

  // What came of the last reading, for the log. After a bad one the lines before it stay.
  absl::Status status() const;

 private:
  struct Lines {
    // By system and subject; the latest instant of each.
    std::map<std::pair<std::string, std::string>, absl::Time> subjects;
    std::set<std::string> tokens;
  };

  explicit RevokedSubjects(std::string path) : file_(std::move(path)) {}

  static absl::StatusOr<Lines> Parse(std::string_view text);
  // They add what is said; false where it is not understood.
  static bool AddLine(std::string_view line, Lines& lines);
  static bool AddSubject(std::string_view text, Lines& lines);
  // Needs mutex_.
  void Look(absl::Time now);

  mutable std::mutex mutex_;
  WatchedFile file_;
  std::shared_ptr<const Lines> lines_ = std::make_shared<const Lines>();
  absl::Status status_;
};

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_REVOKED_SUBJECTS_H_
