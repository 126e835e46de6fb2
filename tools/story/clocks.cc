#include "tools/story/clocks.h"

#include <string>

#include "libs/calendar/calendar.h"

namespace samverkan::story {
namespace {

using calendar::Span;

calendar::Limit Within(absl::Time start, Span span, bool moves_off_holidays) {
  return calendar::LimitFrom(calendar::LegalDay(start), span, moves_off_holidays);
}

ClockIs Running(const std::string& clock, const std::string& rule, const std::string& legal_basis,
                const calendar::Limit& limit) {
  return {.clock = clock, .rule = rule, .legal_basis = legal_basis, .limit = limit};
}

}  // namespace

ClockIs ProtectionAssessment(absl::Time received) {
  return Running("protection_assessment", "P-011", "SoL 2025:400 20:1", calendar::AtOnce(received));
}

ClockIs DecisionToOpen(absl::Time received) {
  return Running("decision_to_open", "P-013", "SoL 2025:400 20:2", Within(received, {14, Span::Unit::kDays}, true));
}

ClockIs Investigation(absl::Time opened) {
  return Running("investigation", "P-021", "SoL 2025:400 20:3", Within(opened, {4, Span::Unit::kMonths}, true));
}

ClockIs FeedbackAfter(absl::Time decided) {
  return Running("statutory_feedback", "P-032", "SoL 2025:400 19:6 (Lag 2025:1501)",
                 Within(decided, {1, Span::Unit::kWeeks}, true));
}

ClockIs FeedbackAtOnce(absl::Time asked) {
  return Running("statutory_feedback", "P-032", "SoL 2025:400 19:6 (Lag 2025:1501)", calendar::AtOnce(asked));
}

ClockIs HoldReview(absl::Time held) {
  return Running("hold_review", "S-002", "settable, no legal source", Within(held, {7, Span::Unit::kDays}, false));
}

ClockIs OldProtectionAssessment(absl::Time received) {
  return Running("protection_assessment", "P-010", "SoL 2001:453 11:1 a 1 st; prop. 2012/13:10 p. 60",
                 calendar::AtOnce(received));
}

ClockIs OldDecisionToOpen(absl::Time received) {
  return Running("decision_to_open", "P-012", "SoL 2001:453 11:1 a 2 st",
                 Within(received, {14, Span::Unit::kDays}, true));
}

ClockIs Met(ClockIs clock) {
  clock.state = intake::v1::Deadline::MET;
  return clock;
}

}  // namespace samverkan::story
