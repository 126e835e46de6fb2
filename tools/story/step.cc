#include "tools/story/step.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "google/rpc/error_details.pb.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"

namespace samverkan::story {
namespace {

using intake::v1::Deadline;

std::string DayText(const std::optional<calendar::Limit>& limit, absl::CivilDay calendar::Limit::*day) {
  return limit.has_value() ? proto_time::FormatDay((*limit).*day) : std::string();
}

std::string StateText(Deadline::State state) {
  if (state == Deadline::PENDING) return "clock runs ";
  return state == Deadline::MET ? "clock met  " : "clock ended";
}

// "clock runs  decision_to_open      P-013, SoL 2025:400 20:2; due 2026-01-26, latest 2026-01-26"
std::string Describe(const Deadline& deadline) {
  std::string text = absl::StrFormat("%s %-21s %s, %s", StateText(deadline.state()), deadline.clock(), deadline.rule(),
                                     deadline.legal_basis());
  if (deadline.latest_date().empty()) {
    absl::StrAppend(&text, "; the law sets no day");
  } else {
    absl::StrAppend(&text, "; due ", deadline.due_date(), ", latest ", deadline.latest_date());
  }
  if (deadline.has_breach_time()) absl::StrAppend(&text, "; breached");
  if (deadline.unverified()) absl::StrAppend(&text, " (not verified in the statute)");
  return text;
}

// The payload of that type; an empty one where the status has none.
template <typename Payload>
Payload PayloadOf(const absl::Status& status) {
  Payload payload;
  const auto found = status.GetPayload(absl::StrCat("type.googleapis.com/", Payload::descriptor()->full_name()));
  if (found.has_value()) payload.ParseFromString(std::string(*found));
  return payload;
}

}  // namespace

Deadline FindClock(const Deadlines& deadlines, const std::string& clock) {
  Deadline found;
  for (const Deadline& deadline : deadlines) {
    if (deadline.clock() == clock) found = deadline;
  }
  return found;
}

Deadline FindFirstClock(const Deadlines& deadlines, const std::string& clock) {
  for (const Deadline& deadline : deadlines) {
    if (deadline.clock() == clock) return deadline;
  }
  return {};
}

Step& Step::Ok() { return Is("the call", call_.status.ok() ? "OK" : std::string(call_.status.ToString()), "OK"); }

Step& Step::Refused(absl::StatusCode code, const std::string& reason, const std::vector<std::string>& fields) {
  Is("the code", absl::StatusCodeToString(call_.status.code()), absl::StatusCodeToString(code));
  Is("the reason", status::Reason(call_.status), reason);
  return Is("the fields named", absl::StrJoin(status::InvalidFields(call_.status), " "), absl::StrJoin(fields, " "));
}

Step& Step::Is(const std::string& what, const std::string& came, const std::string& expected) {
  if (came != expected) faults_.push_back(absl::StrCat(what, ": expected '", expected, "', came '", came, "'"));
  return *this;
}

Step& Step::Holds(const std::string& what, bool came) {
  if (!came) faults_.push_back(absl::StrCat("expected that ", what, "; it is not so"));
  return *this;
}

Step& Step::Clock(const Deadline& deadline, const ClockIs& expected) {
  Is("the clock", deadline.clock(), expected.clock);
  Is("its state", Deadline::State_Name(deadline.state()), Deadline::State_Name(expected.state));
  Is("its rule", deadline.rule(), expected.rule);
  Is("its legal basis", deadline.legal_basis(), expected.legal_basis);
  Is("its due day", deadline.due_date(), DayText(expected.limit, &calendar::Limit::due));
  Is("its latest day", deadline.latest_date(), DayText(expected.limit, &calendar::Limit::latest));
  if (!deadline.clock().empty()) Show(Describe(deadline));
  return *this;
}

Step& Step::Conceals(const std::string& secret) {
  return Holds("the refusal does not repeat what must not be known",
               call_.status.ToString().find(secret) == std::string::npos);
}

Step& Step::ShowRefusal() {
  const auto bad = PayloadOf<google::rpc::BadRequest>(call_.status);
  const auto help = PayloadOf<google::rpc::Help>(call_.status);
  for (const auto& violation : bad.field_violations()) {
    Show(absl::StrCat(violation.field(), ": ", violation.description()));
  }
  for (const auto& link : help.links()) {
    Show(absl::StrCat("instead: ", link.description(), " (", link.url(), ")"));
  }
  return *this;
}

Step& Step::Says(const std::string& text) {
  return Holds(absl::StrCat("it says '", text, "'"), std::any_of(lines_.begin(), lines_.end(), [&](const auto& line) {
                 return line.find(text) != std::string::npos;
               }));
}

Step& Step::Show(std::string line) {
  lines_.push_back(std::move(line));
  return *this;
}

}  // namespace samverkan::story
