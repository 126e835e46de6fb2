#include "libs/auth/revoked_subjects.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/auth/token_refusal.h"
#include "libs/status/macros.h"

namespace samverkan::auth {

absl::StatusOr<std::unique_ptr<RevokedSubjects>> RevokedSubjects::Open(std::string path, absl::Time now) {
  std::unique_ptr<RevokedSubjects> revoked(new RevokedSubjects(std::move(path)));
  revoked->Look(now);
  RETURN_IF_ERROR(revoked->status());
  return revoked;
}

absl::Status RevokedSubjects::Check(const Claims& claims, absl::Time now) {
  std::shared_ptr<const Lines> lines;
  {
    const std::lock_guard lock(mutex_);
    if (file_.IsDue(now)) Look(now);
    lines = lines_;
  }
  const auto subject = lines->subjects.find({claims.caller.system, claims.caller.subject});
  const bool too_old = subject != lines->subjects.end() && claims.issued < subject->second;
  if (!too_old && !lines->tokens.contains(claims.id)) return absl::OkStatus();
  return Refuse(TokenFault::kRevoked, "its bearer or itself is revoked; see whoever administers the calling system");
}

absl::Status RevokedSubjects::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool RevokedSubjects::AddSubject(std::string_view text, Lines& lines) {
  // A subject may hold blanks and slashes, a system and an instant none.
  const size_t slash = text.find('/');
  const size_t blank = text.rfind(' ');
  if (slash == std::string_view::npos || blank == std::string_view::npos || slash == 0 || blank <= slash + 1) {
    return false;
  }
  const std::string_view instant = text.substr(blank + 1);
  absl::Time since;
  if (!absl::ParseTime(absl::RFC3339_full, {instant.data(), instant.size()}, &since, nullptr)) return false;
  const std::string system(text.substr(0, slash));
  const std::string subject(text.substr(slash + 1, blank - slash - 1));
  absl::Time& known = lines.subjects.try_emplace({system, subject}, absl::InfinitePast()).first->second;
  known = std::max(known, since);
  return true;
}

bool RevokedSubjects::AddLine(std::string_view line, Lines& lines) {
  constexpr std::string_view kToken = "token ";
  constexpr std::string_view kSubject = "subject ";
  if (line.empty() || line.starts_with('#')) return true;
  if (line.starts_with(kSubject)) return AddSubject(line.substr(kSubject.size()), lines);
  if (!line.starts_with(kToken)) return false;
  lines.tokens.emplace(line.substr(kToken.size()));
  return true;
}

absl::StatusOr<RevokedSubjects::Lines> RevokedSubjects::Parse(std::string_view text) {
  Lines lines;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    ++number;
    const absl::string_view stripped = absl::StripAsciiWhitespace(line);
    if (AddLine({stripped.data(), stripped.size()}, lines)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "line ", number, ": expected `subject <system>/<subject> <instant as RFC 3339>` or `token <jti>`"));
  }
  return lines;
}

void RevokedSubjects::Look(absl::Time now) {
  const std::optional<absl::StatusOr<std::string>> text = file_.Look(now);
  if (!text.has_value()) return;
  auto lines = text->ok() ? Parse(**text) : absl::StatusOr<Lines>(text->status());
  if (lines.ok()) {
    lines_ = std::make_shared<const Lines>(*std::move(lines));
    status_ = absl::OkStatus();
  } else {
    status_ =
        absl::FailedPreconditionError(absl::StrCat("revoked subjects ", file_.path(), ": ", lines.status().message()));
  }
}

}  // namespace samverkan::auth
