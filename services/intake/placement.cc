#include "services/intake/placement.h"

#include <utility>

#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/protected_identity.h"
#include "services/intake/text.h"

namespace samverkan::intake {
namespace {

using proto_time::ToProto;

constexpr char kStartsAt[] = "placement_or_review";

absl::Status CheckRunning(const v1::Placement& placement) {
  if (placement.state() == v1::Placement::RUNNING) return absl::OkStatus();
  return status::FailedPrecondition(
      {"PLACEMENT_ENDED", "the placement has ended; record a new one", "Placeringen har upphört. Registrera en ny."});
}

absl::Status CheckDialogue(const v1::Placement& placement, const v1::EndPlacementRequest& request) {
  if (request.outcome() != v1::PlacementEnd::RETURNED_HOME || !placement.dialogues().empty()) return absl::OkStatus();
  if (!IsBlank(request.no_dialogue_reasons())) return absl::OkStatus();
  return status::FailedPrecondition(
      {"DIALOGUE_MISSING",
       "no dialogue before the return home is recorded; record it, or say in `no_dialogue_reasons` why",
       "Samtal inför hemgången saknas. Registrera det, eller ange varför det inte har hållits."});
}

PlacementChange Changed(PlacementRecord record, Happening happening) {
  PlacementChange change;
  change.after = std::move(record);
  change.happening = std::move(happening);
  return change;
}

}  // namespace

absl::StatusOr<v1::Placement> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                      const PlacementRecord& record, absl::Time time) {
  RETURN_IF_ERROR(CheckMayReadPart(caller, record.parent, "placement"));
  v1::Placement view = record.resource;
  view.set_etag(Etag(record.version));
  const InvestigationRecord& of = record.parent.investigation;
  if (of.identity_protected && !MaySeeWhereabouts(caller, PlacementOf(of.investigation))) {
    RETURN_IF_ERROR(WithholdWhereabouts(rules, JurisdictionOf(record.parent), time, view));
  }
  return view;
}

absl::StatusOr<PlacementChange> RecordPlacement(const rules::RuleSet& rules, const PartParent& parent,
                                                const v1::RecordPlacementRequest& request, const std::string& name,
                                                const Act& act) {
  PlacementRecord record = NewPart<v1::Placement>(parent, name, act);
  v1::Placement& placement = record.resource;
  placement.set_state(v1::Placement::RUNNING);
  placement.set_home(request.home());
  placement.set_ground(request.ground());
  placement.set_place(request.place());
  *placement.mutable_start_time() = request.start_time();
  placement.set_recorder(act.subject);
  const absl::Time start = proto_time::FromProto(request.start_time()).value_or(act.time);
  RETURN_IF_ERROR(
      AddClock(rules, kPlacementReview, kStartsAt, start, JurisdictionOf(parent), *placement.mutable_deadlines()));
  std::string basis = BasisOf(FindPending(placement.deadlines(), kPlacementReview));
  PlacementChange change = Changed(std::move(record), {"placement.recorded", {}});
  change.legal_basis = std::move(basis);
  return change;
}

absl::StatusOr<PlacementChange> ReviewPlacement(const rules::RuleSet& rules, PlacementRecord record,
                                                const v1::ReviewPlacementRequest& request, const Act& act) {
  v1::Placement& placement = record.resource;
  RETURN_IF_ERROR(CheckRunning(placement));
  v1::PlacementReview& review = *placement.add_reviews();
  review.set_verdict(request.verdict());
  review.set_reasons(request.reasons());
  *review.mutable_review_time() = ToProto(act.time);
  review.set_reviewer(act.subject);
  Deadlines& deadlines = *placement.mutable_deadlines();
  Meet(deadlines, kPlacementReview, act.time);
  RETURN_IF_ERROR(AddClock(rules, kPlacementReview, kStartsAt, act.time, JurisdictionOf(record.parent), deadlines));
  std::string basis = BasisOf(FindPending(deadlines, kPlacementReview));
  PlacementChange change = Changed(
      std::move(record), {"placement.reviewed", {{"verdict", v1::PlacementReview::Verdict_Name(request.verdict())}}});
  change.legal_basis = std::move(basis);
  return change;
}

absl::StatusOr<PlacementChange> RecordReturnHomeDialogue(PlacementRecord record,
                                                         const v1::RecordReturnHomeDialogueRequest& request,
                                                         const Act& act) {
  RETURN_IF_ERROR(CheckRunning(record.resource));
  v1::ReturnHomeDialogue& dialogue = *record.resource.add_dialogues();
  dialogue.set_content(request.content());
  dialogue.set_child_took_part(request.child_took_part());
  dialogue.set_guardians_took_part(request.guardians_took_part());
  *dialogue.mutable_hold_time() = request.hold_time();
  dialogue.set_recorder(act.subject);
  return Changed(std::move(record), {"placement.dialogue_recorded", {}});
}

absl::StatusOr<PlacementChange> EndPlacement(PlacementRecord record, const v1::EndPlacementRequest& request,
                                             const Act& act) {
  v1::Placement& placement = record.resource;
  RETURN_IF_ERROR(CheckRunning(placement));
  RETURN_IF_ERROR(CheckDialogue(placement, request));
  v1::PlacementEnd& end = *placement.mutable_end();
  end.set_outcome(request.outcome());
  end.set_reasons(request.reasons());
  end.set_no_dialogue_reasons(request.no_dialogue_reasons());
  *end.mutable_end_time() = ToProto(act.time);
  end.set_ender(act.subject);
  placement.set_state(v1::Placement::ENDED);
  EndAll(*placement.mutable_deadlines(), act.time);
  return Changed(std::move(record),
                 {"placement.ended", {{"outcome", v1::PlacementEnd::Outcome_Name(request.outcome())}}});
}

}  // namespace samverkan::intake
