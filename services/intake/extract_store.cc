#include "services/intake/extract_store.h"

#include <set>
#include <utility>

#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/status/macros.h"
#include "services/intake/access.h"
#include "services/intake/risk_signs.h"
#include "services/intake/staff_name_store.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";

// One report or investigation is read where another unit has it than the reader's: each counts.
std::vector<Placement> PlacementsOf(const ChildRecords& records) {
  std::vector<Placement> placements;
  for (const ReportRecord& record : records.reports) placements.push_back(PlacementOf(record.report));
  for (const InvestigationRecord& record : records.investigations) {
    placements.push_back(PlacementOf(record.investigation));
  }
  return placements;
}

bool IsProtected(const ChildRecords& records) {
  // It holds for all of a child's reports and investigations at a board alike.
  if (!records.reports.empty()) return records.reports.front().identity_protected;
  return !records.investigations.empty() && records.investigations.front().identity_protected;
}

}  // namespace

absl::StatusOr<ChildRecords> ExtractStore::Find(const rpc::CallContext& call, const pg::Uuid& child) {
  ChildRecords records{.jurisdiction = {call.caller.municipality, call.caller.authority}};
  // In this order: a report that comes between leaves an investigation whose opening report is
  // not known, which counts as hidden. What hangs on an investigation that came after these were
  // read is left out with it.
  ASSIGN_OR_RETURN(records.reports, reports_.ListOfChild(call, child));
  ASSIGN_OR_RETURN(records.investigations, investigations_.ListOfChild(call, child));
  if (records.reports.empty() && records.investigations.empty()) return NotFound("child");
  ASSIGN_OR_RETURN(records.steps, part_stores_.steps.ListOfChild(call, child));
  ASSIGN_OR_RETURN(records.placements, part_stores_.placements.ListOfChild(call, child));
  ASSIGN_OR_RETURN(records.transfers, part_stores_.transfers.ListOfChild(call, child));
  ASSIGN_OR_RETURN(records.follow_ups, part_stores_.follow_ups.ListOfChild(call, child));
  return records;
}

absl::Status ExtractStore::RecordRead(const rpc::CallContext& call, const ChildRecords& records, const Shown& shown) {
  outbox::Touched touched{.municipality = records.jurisdiction.municipality,
                          .authority = records.jurisdiction.authority,
                          .children = {shown.child},
                          .resources = shown.resources,
                          .legal_basis = shown.legal_basis,
                          .detail = shown.detail,
                          .identity_protected = IsProtected(records)};
  NamesInFile names;
  for (const ReportRecord& record : records.reports) AddNames(record.report.submission(), names);
  for (const Placement& placement : PlacementsOf(records)) {
    ASSIGN_OR_RETURN(const auto signs, parts_.staff_names.SignsOf(call, {.placement = placement, .names = names}));
    touched.risk_signs.insert(signs.begin(), signs.end());
  }
  const auto entry = outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched);
  return parts_.outbox.Append(parts_.writer, entry, call.deadline);
}

}  // namespace samverkan::intake
