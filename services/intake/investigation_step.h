#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/investigation_step.pb.h"
#include "services/intake/access.h"
#include "services/intake/deadline.h"
#include "services/intake/report.h"

// Steps of an investigation: information asked for, talks, company, representatives, police
// reports, notices, contacts (rules P-015, P-022 to P-024, P-069, L-006; source 001, annex 3
// points 11 and 12, and annex 4). Pure functions; errors with the reasons that
// samverkan.intake.v1.InvestigationStepService names.
namespace samverkan::intake {

// The report or investigation that a step belongs to, as far as its steps depend on it.
struct StepParent {
  // Resource name.
  std::string name = {};
  Placement placement = {};
  // Reference of the child.
  std::string child = {};
  bool is_report = false;
  // v1::Report::State of a report, v1::Investigation::State of an investigation.
  int64_t state = 0;
  // Whether the report, or one of the investigation's, is on hold.
  bool on_hold = false;
  bool identity_protected = false;
  // Whether an emergency access of the caller opens it.
  bool emergency_access = false;
  // Reference talks planned or held.
  int64_t reference_talks = 0;
  // Names of the steps of special representatives that are appointed.
  std::vector<std::string> appointed_representatives = {};
  // Whether it is recorded that the child, or the guardians, were told, or are not to be told.
  bool child_noticed = false;
  bool guardians_noticed = false;
};

// A step with what decides who may see and change it.
struct InvestigationStepRecord {
  // All of it, save `etag` and `withheld`, which are filled in when it is shown. State
  // unspecified: it is about to be recorded for the first time.
  v1::InvestigationStep step;
  int64_t version = 1;
  // Without placement's unit and assignee where it was read for the unit that was asked.
  StepParent parent;
  // The unit that was asked for information; empty of other kinds.
  Sender asked = {};
};

// What a change made of a step.
struct InvestigationStepChange {
  InvestigationStepRecord after;
  Happening happening;
};

// Where the step's case is handled.
Jurisdiction JurisdictionOf(const StepParent& parent);

// A step that is not yet recorded.
InvestigationStepRecord NewStep(const std::string& name, const StepParent& parent);

// OK for those who handle the report or investigation. PERMISSION_DENIED, reason
// EMERGENCY_ACCESS_READS_ONLY, for one who may read it in an emergency; NOT_FOUND for
// everybody else: of the step where it is there, else of its parent.
absl::Status CheckMayHandle(const auth::Caller& caller, const InvestigationStepRecord& record);

// OK for whoever may read the steps of the parent: who handles it, or has declared an emergency
// access. NOT_FOUND for everybody else.
absl::Status CheckMayRead(const auth::Caller& caller, const StepParent& parent);

// Whether the caller reads the steps of the parent by an emergency access alone.
bool ReadsInEmergency(const auth::Caller& caller, const StepParent& parent);

// OK for one of the unit that was asked for information, as a reporter; NOT_FOUND for everybody
// else.
absl::Status CheckMayAnswer(const auth::Caller& caller, const InvestigationStepRecord& record);

// The step as the caller may see it at `time`: all for those of CheckMayRead, what it was asked
// for one of the unit asked; NOT_FOUND for everybody else. Where the child's identity is
// protected the whereabouts are withheld, save from those of MaySeeWhereabouts and the unit
// asked. Other errors: as WithholdWhereabouts.
absl::StatusOr<v1::InvestigationStep> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                              const InvestigationStepRecord& record, absl::Time time);

// Who is still to be told that the investigation was opened: nobody of a report, or of an
// investigation that is closed.
std::vector<v1::NoticeToConcerned::Concerned> NoticesOwed(const StepParent& parent);

// Asks `asked` for information, which is the request's unit.
absl::StatusOr<InvestigationStepChange> RequestInformation(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                           const v1::RequestInformationRequest& request,
                                                           const Sender& asked, const Act& act);
absl::StatusOr<InvestigationStepChange> HandOverInformation(InvestigationStepRecord record,
                                                            const v1::HandOverInformationRequest& request,
                                                            const Act& act);
absl::StatusOr<InvestigationStepChange> RemindOfInformation(InvestigationStepRecord record, const Act& act);
absl::StatusOr<InvestigationStepChange> WithdrawQuestions(InvestigationStepRecord record,
                                                          const v1::WithdrawQuestionsRequest& request, const Act& act);

// What may be recorded anew or go on: the record is a new step or one of the same kind.
absl::StatusOr<InvestigationStepChange> RecordReferenceTalk(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                            const v1::RecordReferenceTalkRequest& request,
                                                            const Act& act);
absl::StatusOr<InvestigationStepChange> RecordAccompaniment(InvestigationStepRecord record,
                                                            const v1::RecordAccompanimentRequest& request,
                                                            const Act& act);
absl::StatusOr<InvestigationStepChange> RecordSpecialRepresentative(
    InvestigationStepRecord record, const v1::RecordSpecialRepresentativeRequest& request, const Act& act);

// What is recorded once.
absl::StatusOr<InvestigationStepChange> ReportToPolice(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                       const v1::ReportToPoliceRequest& request, const Act& act);
absl::StatusOr<InvestigationStepChange> InformConcerned(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                        const v1::InformConcernedRequest& request, const Act& act);
absl::StatusOr<InvestigationStepChange> RecordContact(const rules::RuleSet& rules, InvestigationStepRecord record,
                                                      const v1::RecordContactRequest& request, const Act& act);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_STEP_H_
