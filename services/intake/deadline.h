#ifndef SAMVERKAN_SERVICES_INTAKE_DEADLINE_H_
#define SAMVERKAN_SERVICES_INTAKE_DEADLINE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/deadline.pb.h"

// Legal clocks: how they start, are met, extended and breached. Pure functions; the law
// comes from the rule set.
namespace samverkan::intake {

// Names of the rule set's questions, clocks and starting events that intake asks for.
inline constexpr std::string_view kProtectionAssessment = "protection_assessment";
inline constexpr std::string_view kDecisionToOpen = "decision_to_open";
inline constexpr std::string_view kStatutoryFeedback = "statutory_feedback";
inline constexpr std::string_view kHoldReview = "hold_review";

// Whose rules hold: a municipality ("0180") and an authority in it ("skarholmen").
struct Jurisdiction {
  std::string municipality = {};
  std::string authority = {};
};

// Who acts, and when.
struct Act {
  // Subject of the caller's token.
  std::string subject = {};
  absl::Time time;
};

using Deadlines = google::protobuf::RepeatedPtrField<v1::Deadline>;

// The clock that `starts_at` starts at `start` under `question`, by the law of that day.
// NOT_FOUND where no law sets it.
absl::StatusOr<v1::Deadline> StartClock(const rules::RuleSet& rules, std::string_view question,
                                        std::string_view starts_at, absl::Time start, const Jurisdiction& jurisdiction);

// As StartClock, added to `deadlines`. A clock that no law sets is not added: that is no
// fault.
absl::Status AddClock(const rules::RuleSet& rules, std::string_view question, std::string_view starts_at,
                      absl::Time start, const Jurisdiction& jurisdiction, Deadlines& deadlines);

// The running clock of that name; null where none runs.
v1::Deadline* FindPending(Deadlines& deadlines, std::string_view clock);
const v1::Deadline* FindPending(const Deadlines& deadlines, std::string_view clock);

// Meets the running clock of that name: what it asks for was done at `time`. No effect
// where none runs. Done after the latest day it is a breach as well, as with EndAll and
// Extend.
void Meet(Deadlines& deadlines, std::string_view clock, absl::Time time);
void Meet(v1::Deadline& deadline, absl::Time time);

// Ends every running clock: what they ask for fell away.
void EndAll(Deadlines& deadlines, absl::Time time);

// What an extension asks for.
struct ExtensionRequest {
  std::string ground;
  std::string reasons;
  std::string latest_date;
};

// Extends a running clock. `legal_ground` is the only ground that its law knows; empty
// means none. FAILED_PRECONDITION, reason NO_LEGAL_GROUND, for another one;
// INVALID_ARGUMENT where the new day is no date, or not after the present latest one. A
// breach stays a breach.
absl::Status Extend(v1::Deadline& deadline, const ExtensionRequest& request, const std::string& legal_ground,
                    const Act& act);

// The ground that alone extends `deadline`, by the law it was started under; empty where
// nothing does.
absl::StatusOr<std::string> LegalGround(const rules::RuleSet& rules, std::string_view question,
                                        const v1::Deadline& deadline, const Jurisdiction& jurisdiction);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_DEADLINE_H_
