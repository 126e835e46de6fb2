#include "tools/story/teller.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "libs/calendar/calendar.h"
#include "libs/status/status.h"

namespace samverkan::story {
namespace {

// Where the meaning of a step stands, and what is shown below it.
constexpr int kNumberWidth = 3;
constexpr int kTimeWidth = 16;
constexpr int kRoleWidth = 12;
constexpr int kPlaceWidth = 18;
constexpr int kMethodWidth = 26;
constexpr int kResultWidth = 22;

// Pads by characters, not by bytes.
std::string Padded(const std::string& text, size_t width) {
  const auto characters = static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  return characters < width ? text + std::string(width - characters, ' ') : text;
}

// A refusal by its reason; the code stands with the meaning.
std::string Result(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = status::Reason(status);
  return reason.empty() ? absl::StatusCodeToString(status.code()) : reason;
}

}  // namespace

void Teller::Chapter(const std::string& title) { out_ << "\n" << title << "\n"; }

void Teller::Tell(const Step& step) {
  const Call& call = step.call();
  const std::string indent(kNumberWidth + 1, ' ');
  std::string meaning = step.meaning();
  if (!call.status.ok()) absl::StrAppend(&meaning, " (", absl::StatusCodeToString(call.status.code()), ")");
  out_ << absl::StrFormat("%*d ", kNumberWidth, held_ + failed_ + 1)
       << Padded(absl::FormatTime("%Y-%m-%d %H:%M", call.time, calendar::Stockholm()), kTimeWidth) << "  "
       << Padded(access::v1::Role_Name(call.caller.role), kRoleWidth) << " " << Padded(call.caller.place, kPlaceWidth)
       << " " << Padded(call.method, kMethodWidth) << " " << Padded(Result(call.status), kResultWidth) << " " << meaning
       << "\n";
  for (const std::string& line : step.lines()) out_ << indent << std::string(kTimeWidth + 2, ' ') << line << "\n";
  for (const std::string& fault : step.faults()) out_ << indent << "FAILED: " << fault << "\n";
  out_.flush();
  ++(step.faults().empty() ? held_ : failed_);
  if (absl::IsUnavailable(call.status) || absl::IsDeadlineExceeded(call.status)) silenced_ = true;
}

bool Teller::End() const {
  if (silenced_) out_ << "\nA service did not answer in time; the rest of the story was left out.\n";
  out_ << absl::StrFormat("\nstory: %d steps held, %d failed\n", held_, failed_);
  return failed_ == 0 && !silenced_;
}

}  // namespace samverkan::story
