#ifndef SAMVERKAN_TOOLS_STORY_CLOCKS_H_
#define SAMVERKAN_TOOLS_STORY_CLOCKS_H_

#include "absl/time/time.h"
#include "tools/story/step.h"

// What the law says in 2026 of the clocks in the story: what the services have to come to
// by their rule set.
namespace samverkan::story {

ClockIs ProtectionAssessment(absl::Time received);
ClockIs DecisionToOpen(absl::Time received);
ClockIs Investigation(absl::Time opened);
// Feedback that was asked for before the decision.
ClockIs FeedbackAfter(absl::Time decided);
// Feedback that is asked for while an investigation runs.
ClockIs FeedbackAtOnce(absl::Time asked);
ClockIs HoldReview(absl::Time held);

// The same two as the law was until 2025-06-30.
ClockIs OldProtectionAssessment(absl::Time received);
ClockIs OldDecisionToOpen(absl::Time received);

// The clock, met.
ClockIs Met(ClockIs clock);

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_CLOCKS_H_
