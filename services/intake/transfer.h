#ifndef SAMVERKAN_SERVICES_INTAKE_TRANSFER_H_
#define SAMVERKAN_SERVICES_INTAKE_TRANSFER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/rules/rule_set.h"
#include "samverkan/intake/v1/transfer.pb.h"
#include "services/intake/deadline.h"
#include "services/intake/investigation_part.h"

// Transfers (överflyttningar) of a child's case to another authority. Pure functions; errors
// with the reasons that samverkan.intake.v1.TransferService names.
namespace samverkan::intake {

// The rule set's question about a child that moves (P-025).
inline constexpr char kChildMoves[] = "child_moves";

using TransferRecord = PartRecord<v1::Transfer>;
using TransferChange = PartChange<v1::Transfer>;

// The board that is asked.
Jurisdiction ReceiverOf(const v1::Transfer& transfer);

// Whether the caller works at the social services of the board that is asked.
bool IsReceiver(const auth::Caller& caller, const v1::Transfer& transfer);

// OK for who answers for the receiver; NOT_FOUND, reason TRANSFER_NOT_FOUND, for everybody else.
absl::Status CheckMayAnswer(const auth::Caller& caller, const TransferRecord& record);

// The transfer as the caller may see it at `time`: all for who may read the investigation, the
// request for the receiver, and what is handed over once the case is the receiver's. NOT_FOUND,
// reason TRANSFER_NOT_FOUND, for everybody else. Where the child's identity is protected the
// receiver is withheld, as with placements. Other errors: as WithholdWhereabouts.
absl::StatusOr<v1::Transfer> ViewFor(const rules::RuleSet& rules, const auth::Caller& caller,
                                     const TransferRecord& record, absl::Time time);

// A new request called `name`.
absl::StatusOr<TransferChange> RequestTransfer(const rules::RuleSet& rules, const PartParent& parent,
                                               const v1::RequestTransferRequest& request, const std::string& name,
                                               const Act& act);

// The changes.
absl::StatusOr<TransferChange> AnswerTransfer(TransferRecord record, const v1::AnswerTransferRequest& request,
                                              const Act& act);
absl::StatusOr<TransferChange> ApplyToInspectorate(const rules::RuleSet& rules, TransferRecord record,
                                                   const v1::ApplyToInspectorateRequest& request, const Act& act);
absl::StatusOr<TransferChange> RecordInspectorateDecision(TransferRecord record,
                                                          const v1::RecordInspectorateDecisionRequest& request,
                                                          const Act& act);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_TRANSFER_H_
