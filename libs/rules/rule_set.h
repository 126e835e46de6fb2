#ifndef SAMVERKAN_LIBS_RULES_RULE_SET_H_
#define SAMVERKAN_LIBS_RULES_RULE_SET_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "libs/rules/fault.h"
#include "samverkan/rules/v1/rule_set.pb.h"

// The rules that the suite follows, asked by question and day.
//
// What the law says stands in data (deploy/rules, proto samverkan.rules.v1). Code knows
// the questions, and the names of clocks, events and parameters, but no paragraph, number
// of days or date: it asks, and keeps what was answered with what it decided.
namespace samverkan::rules {

// What the rule set says to a question. Its pointers are never null, and hold as long as
// the RuleSet that was asked, or any copy of it.
struct Answer {
  // The rule that governs: the strictest by obligation, and among equals the broadest.
  const v1::Rule* rule = nullptr;
  // Its version in force on the day asked: legal basis, grades.
  const v1::Version* version = nullptr;
  // Whether text or date of `version` is less than read in the statute: show it so.
  bool marked = false;
  // Whether a lawyer must decide: the text of an applied rule is inferred or unverified,
  // or the rule says so. Such an answer never permits anything.
  bool needs_legal_review = false;
  // The other rules in force for the place asked, broadest first.
  std::vector<const v1::Rule*> others;
  // The numbers of all these rules; where two set one, the narrowest counts.
  std::map<std::string, int64_t> parameters;
  // Which rule set answered: RuleSet::version().
  std::string rule_set_version;

  // The number called `name`; INTERNAL where the rules hold none.
  absl::StatusOr<int64_t> Parameter(const std::string& name) const;
};

// A clock in force. Pointers as in `Answer`.
struct ClockAnswer {
  // The clock: the strictest one in force for the place asked.
  const v1::Clock* clock = nullptr;
  // The rule that sets it, and its version in force.
  const v1::Rule* rule = nullptr;
  const v1::Version* version = nullptr;
  // As in `Answer`.
  bool marked = false;
  bool needs_legal_review = false;
  // The hour from which a start counts for the next day where the clock is at once;
  // 0 otherwise.
  int late_hour = 0;
  std::string rule_set_version;
};

// Whether a category of reporters has a duty to report.
struct MandatedReporter {
  enum class Verdict { kYes, kNo, kLegalReview };

  Verdict verdict = Verdict::kNo;
  // What it rests on: the rule that lists the category, or where none does, the rule of
  // the duty. Pointers as in `Answer`.
  const v1::Rule* rule = nullptr;
  const v1::Version* version = nullptr;
};

struct RuleFolder;

// A loaded rule set: an immutable value, cheap to copy, asked from any thread.
class RuleSet {
 public:
  // Loads the *.textproto files below `directory`. Fails with FAILED_PRECONDITION, reason
  // RULE_SET_INVALID, naming every fault with its file and rule.
  static absl::StatusOr<RuleSet> Load(const std::string& directory);

  // The rule set of one message, checked as `Load` checks; errors as there.
  static absl::StatusOr<RuleSet> Of(const v1::RuleSet& content);

  // The same of content that passed the checks when it was stored. They are not made again: what
  // was decided by it must stay explainable when they have grown stricter. FAILED_PRECONDITION,
  // reason RULE_SET_INVALID, where a later version of the service stored a field in it that this
  // one does not know.
  static absl::StatusOr<RuleSet> OfChecked(const v1::RuleSet& content);

  // What makes `Of` refuse `content`: the first thousand faults.
  static std::vector<Fault> FaultsOf(const v1::RuleSet& content);

  // Which rule set this is, its version and a fingerprint, so that a local change shows:
  // "2026.1+3f9ac1d2e0b4" of the files of a folder, "2026.1-3f9ac1d2e0b4" of the content of a
  // message, whatever the order of its questions and rules.
  const std::string& version() const;

  // All of it in one message.
  v1::RuleSet Content() const;

  // The same rule set as `Of` makes it of `Content`, with that version.
  RuleSet Whole() const;

  // All rules, in the order of file and place.
  std::vector<const v1::Rule*> Rules() const;

  // OK where the set knows all of `questions`; FAILED_PRECONDITION, reason RULE_SET_INVALID,
  // naming those that it lacks. A service that starts checks all that it will ask.
  absl::Status Expect(const std::vector<std::string>& questions) const;

  // What holds on `day` in a municipality ("0180") and an authority in it
  // ("hasselby-vallingby"); empty asks for the national rules, or the municipality's.
  // NOT_FOUND, reason NO_RULE_IN_FORCE, where no rule is in force that day; INTERNAL where
  // no such question exists.
  absl::StatusOr<Answer> Ask(std::string_view question, absl::CivilDay day, std::string_view municipality = "",
                             std::string_view authority = "") const;

  // The clock that the event `starts_at` starts by the rules in force on `day`, which is
  // the event's own legal day: a clock takes the law of that day (rule S-003). For what is
  // kept or erased today, counted from an older event (retention), `day` is today. Errors
  // as `Ask`, and NOT_FOUND, reason NO_CLOCK_IN_FORCE, where no rule has such a clock.
  absl::StatusOr<ClockAnswer> AskClock(std::string_view question, std::string_view starts_at, absl::CivilDay day,
                                       std::string_view municipality = "", std::string_view authority = "") const;

  // Whether reporters of `category` ("school") have a duty to report on `day`.
  // INVALID_ARGUMENT, reason REPORTER_CATEGORY_UNKNOWN, for a category that no rule has
  // ever listed; NOT_FOUND, reason NO_RULE_IN_FORCE, where no duty was in force.
  absl::StatusOr<MandatedReporter> IsMandatedReporter(std::string_view category, absl::CivilDay day) const;

 private:
  struct Contents;
  struct InForce;

  static RuleSet MadeOf(const v1::RuleSet& content);
  static RuleSet Made(RuleFolder folder, std::string version);
  explicit RuleSet(std::shared_ptr<const Contents> contents);
  absl::StatusOr<std::vector<InForce>> Find(std::string_view question, absl::CivilDay day,
                                            std::string_view municipality, std::string_view authority) const;

  std::shared_ptr<const Contents> contents_;
};

}  // namespace samverkan::rules

#endif  // SAMVERKAN_LIBS_RULES_RULE_SET_H_
