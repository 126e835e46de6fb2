#ifndef SAMVERKAN_SERVICES_CONSENT_RETENTION_H_
#define SAMVERKAN_SERVICES_CONSENT_RETENTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/pg/scope.h"
#include "libs/rules/rule_set.h"
#include "samverkan/consent/v1/retention.pb.h"

// Which children may be erased when, and how an erasure goes on. Pure functions over values.
namespace samverkan::consent {

// A child with all that an authority knows of it, as far as retention asks.
struct ChildFile {
  pg::Scope authority = {};
  // Its own reference.
  std::string child = {};
  // Nothing where none of its numbers names a day.
  std::optional<absl::CivilDay> birth_day = {};
  // The legal day on which something was last noted about it: a change of it or of a consent, a hold,
  // a decision, or what was told of it.
  absl::CivilDay last_note = {};
  // Whether a report about it is on hold.
  bool on_hold = false;
};

// Who acts, and when.
struct Act {
  // Subject of the caller's token.
  std::string subject = {};
  absl::Time time;
};

// Why the child may be erased on `today`, by the rules of that day: the time of each rule has passed.
// Empty where it may not, or is there no more.
//
// Whether there is an investigation behind what is kept here is intake's to know and not told here, so
// both times must have passed: that of every file (P-080) and that of an investigation (P-081). Where
// no day of birth is known, the child is kept; so it is for ever in the research sample (P-084), and
// while a report about it is on hold. NOT_FOUND, reason NO_CLOCK_IN_FORCE, where the rule set has no
// rule for the day.
absl::StatusOr<std::vector<v1::ErasureGround>> ErasableOn(const rules::RuleSet& rules,
                                                          const std::optional<ChildFile>& file, absl::CivilDay today);

// No child of the board may be erased about which nothing was noted before this instant; infinitely
// long ago where no rule lets any go.
absl::StatusOr<absl::Time> NotedBefore(const rules::RuleSet& rules, const pg::Scope& authority, absl::CivilDay today);

// An erasure as it is stored.
struct ErasureRecord {
  // All of it, save `etag`, which is filled in when it is shown.
  v1::Erasure erasure;
  int64_t version = 1;
};

// A legal hold as it is stored.
struct LegalHoldRecord {
  v1::LegalHold hold;
  int64_t version = 1;
};

// A new proposal to erase the child on `grounds`.
ErasureRecord ProposeErasure(const ChildFile& file, const std::vector<v1::ErasureGround>& grounds,
                             const std::string& name, absl::Time now);

// Whether the proposal is what would be proposed now: the same times by the same rules.
bool RestsOn(const v1::Erasure& erasure, const std::vector<v1::ErasureGround>& grounds);

// The proposal approved. `grounds` is why the child may be erased now, `held` whether a legal hold is in
// force. FAILED_PRECONDITION: ERASURE_DECIDED, LEGAL_HOLD, ERASURE_OUTDATED.
absl::StatusOr<ErasureRecord> ApproveErasure(ErasureRecord record, const std::vector<v1::ErasureGround>& grounds,
                                             bool held, const std::string& reasons, const Act& act);

// An approved erasure that was carried out. It no longer names the child where that is `forgotten`.
ErasureRecord CompleteErasure(ErasureRecord record, bool forgotten, absl::Time now);

// A proposal that is not to be approved any more.
ErasureRecord LapseErasure(ErasureRecord record);

// A new legal hold.
LegalHoldRecord PlaceLegalHold(const v1::PlaceLegalHoldRequest& request, const std::string& name, const Act& act);

// The hold ended. FAILED_PRECONDITION, reason LEGAL_HOLD_RELEASED.
absl::StatusOr<LegalHoldRecord> ReleaseLegalHold(LegalHoldRecord record, const std::string& reasons, const Act& act);

// The legal basis of all its grounds, each once: "P-080, SoL 2025:400 16:1; P-081, ...".
std::string BasisOf(const v1::Erasure& erasure);

// The children that an audit entry about the erasure names: none once it is approved, for the log
// is erased before the erasure is marked as carried out, and what was read between would stay; and
// none of a lapsed one, whose child a later one may have erased.
std::vector<std::string> ChildrenToldOf(const v1::Erasure& erasure);

// As their readers see them.
v1::Erasure ViewOf(const ErasureRecord& record);
v1::LegalHold ViewOf(const LegalHoldRecord& record);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_RETENTION_H_
