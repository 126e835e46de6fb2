#ifndef SAMVERKAN_TOOLS_STORY_STEP_H_
#define SAMVERKAN_TOOLS_STORY_STEP_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/repeated_field.h"
#include "libs/calendar/calendar.h"
#include "samverkan/intake/v1/deadline.pb.h"
#include "tools/story/stage.h"

namespace samverkan::story {

using Deadlines = google::protobuf::RepeatedPtrField<intake::v1::Deadline>;

// What a legal clock should be.
struct ClockIs {
  std::string clock;
  intake::v1::Deadline::State state = intake::v1::Deadline::PENDING;
  // The rule and its legal basis on the day that the clock started.
  std::string rule;
  std::string legal_basis;
  // Nothing where the law sets no limit.
  std::optional<calendar::Limit> limit;
};

// The last and the first clock of that name; an empty one where there is none.
intake::v1::Deadline FindClock(const Deadlines& deadlines, const std::string& clock);
intake::v1::Deadline FindFirstClock(const Deadlines& deadlines, const std::string& clock);

// One step of the story: a call, what it means, and what had to come of it.
class Step {
 public:
  // `meaning` says in words what happened.
  Step(const Call& call, std::string meaning) : call_(call), meaning_(std::move(meaning)) {}

  // Expects the call to have succeeded.
  Step& Ok();
  // Expects a refusal with that code and reason, and that it names just these fields.
  Step& Refused(absl::StatusCode code, const std::string& reason, const std::vector<std::string>& fields = {});
  // Expects two texts to be the same.
  Step& Is(const std::string& what, const std::string& came, const std::string& expected);
  // Expects `came`, said in words as `what`.
  Step& Holds(const std::string& what, bool came);
  // Expects the clock to be so, and shows it below the step.
  Step& Clock(const intake::v1::Deadline& deadline, const ClockIs& expected);
  // Expects the refusal not to repeat `secret`.
  Step& Conceals(const std::string& secret);
  // Shows below the step what a refusal says of each field, and where to turn instead.
  Step& ShowRefusal();
  // Expects one of the lines shown so far to hold `text`.
  Step& Says(const std::string& text);
  // Shows a line below the step.
  Step& Show(std::string line);

  const Call& call() const { return call_; }
  const std::string& meaning() const { return meaning_; }
  // What is shown below the step.
  const std::vector<std::string>& lines() const { return lines_; }
  // "clock state: expected MET, came PENDING"
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  Call call_;
  std::string meaning_;
  std::vector<std::string> lines_;
  std::vector<std::string> faults_;
};

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_STEP_H_
