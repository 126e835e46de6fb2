#ifndef SAMVERKAN_SERVICES_INTAKE_RETENTION_H_
#define SAMVERKAN_SERVICES_INTAKE_RETENTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/retention.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/report.h"

// What may be erased when, and how an erasure goes on. Pure functions over values.
namespace samverkan::intake {

// A report or an investigation, as far as retention asks.
struct FilePart {
  // Resource name.
  std::string resource = {};
  // The legal day on which something was last noted in it.
  absl::CivilDay last_note = {};
  // Whether nothing is due in it any more: the report is decided or forwarded, the
  // investigation closed.
  bool ended = false;
  // The investigation that it is, or that a report belongs to, by resource name; empty for
  // a report on which none was opened.
  std::string investigation = {};
};

// All that an authority keeps about one child.
struct ChildFile {
  Jurisdiction jurisdiction = {};
  // Reference of the child.
  std::string child = {};
  // Nothing where the child's number is not known or names no day.
  std::optional<absl::CivilDay> birth_day = {};
  // Whether the child was ever placed outside its home.
  bool placed = false;
  std::vector<FilePart> parts = {};
};

// What of the file may be erased on `today`, by the rules of that day, with its ground each;
// empty where nothing may. An investigation and its reports go together or not at all
// (P-081); a report that led to none goes by itself (P-082). Kept for ever are the investigations
// of a child that was placed, with their reports (P-083), and the files of the research sample
// (P-084). Where no day of birth is known, what hangs on it is
// kept. NOT_FOUND, reason NO_CLOCK_IN_FORCE, where the rule set has no rule for the day.
absl::StatusOr<std::vector<v1::ErasureGround>> ErasableOn(const rules::RuleSet& rules, const ChildFile& file,
                                                          absl::CivilDay today);

// No file of the board may be erased, not even in part, in which nothing was noted before
// this instant; infinitely long ago where no rule lets anything go.
absl::StatusOr<absl::Time> NotedBefore(const rules::RuleSet& rules, const Jurisdiction& jurisdiction,
                                       absl::CivilDay today);

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

// A new proposal to erase `grounds` of the file.
ErasureRecord ProposeErasure(const ChildFile& file, std::vector<v1::ErasureGround> grounds, const std::string& name,
                             absl::Time now);

// Whether the proposal is what would be proposed now of `file`: the same resources, each by the
// same rule, and as much of the child.
bool RestsOn(const v1::Erasure& erasure, const ChildFile& file, const std::vector<v1::ErasureGround>& grounds);

// The proposal approved. `file` is what is kept about the child now, `grounds` what of it may be
// erased, `held` whether a legal hold is in force. FAILED_PRECONDITION: ERASURE_DECIDED,
// LEGAL_HOLD, ERASURE_OUTDATED.
absl::StatusOr<ErasureRecord> ApproveErasure(ErasureRecord record, const ChildFile& file,
                                             const std::vector<v1::ErasureGround>& grounds, bool held,
                                             const std::string& reasons, const Act& act);

// An approved erasure that was carried out. It no longer names the child where that is
// `forgotten`.
ErasureRecord CompleteErasure(ErasureRecord record, bool forgotten, absl::Time now);

// A proposal that is not to be approved any more.
ErasureRecord LapseErasure(ErasureRecord record);

// A new legal hold.
LegalHoldRecord PlaceLegalHold(const v1::PlaceLegalHoldRequest& request, const std::string& name, const Act& act);

// The hold ended. FAILED_PRECONDITION, reason LEGAL_HOLD_RELEASED.
absl::StatusOr<LegalHoldRecord> ReleaseLegalHold(LegalHoldRecord record, const std::string& reasons, const Act& act);

// The legal basis of all its grounds, each once: "P-082, SoL 2025:400 16:2 a 2 st".
std::string BasisOf(const v1::Erasure& erasure);

// The children that an audit entry about the erasure names: none once it is approved, for the log
// is erased before the erasure is marked as carried out, and what was read between would stay; and
// none of a lapsed one, whose child a later one may have erased.
std::vector<std::string> ChildrenToldOf(const v1::Erasure& erasure);

// As their readers see them.
v1::Erasure ViewOf(const ErasureRecord& record);
v1::LegalHold ViewOf(const LegalHoldRecord& record);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_RETENTION_H_
