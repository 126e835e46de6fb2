#include "services/intake/investigation_step_store.h"

#include <map>
#include <optional>
#include <utility>

#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/emergency_access_store.h"
#include "services/intake/investigation_store.h"
#include "services/intake/list_cursor.h"
#include "services/intake/report_content.h"
#include "services/intake/staff_name_store.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";
constexpr char kCollection[] = "investigationSteps";
constexpr char kReports[] = "reports";
constexpr char kInvestigations[] = "investigations";

// What a StepParent is read from; ReadParent has the same order. Kinds and states are numbers
// of samverkan.intake.v1.InvestigationStep: 10 is a reference talk, of which 1 is planned and 2
// held; 12 a special representative, 2 appointed.
constexpr pg::Statement kFindInvestigation = {
    "find_investigation_of_steps",
    "SELECT v.authority, v.child, v.state, v.data_key, v.content,"
    "       EXISTS (SELECT FROM investigation_report p JOIN report r"
    "                 ON r.municipality = p.municipality AND r.report = p.report"
    "                 WHERE p.municipality = v.municipality AND p.investigation = v.investigation AND r.on_hold),"
    "       is_identity_protected(v.municipality, v.authority, v.child)," SAMVERKAN_EMERGENCY_ACCESS_TO(
        "v") ","
             "       (SELECT count(*) FROM investigation_step t WHERE t.municipality = v.municipality"
             "          AND t.investigation = v.investigation AND t.kind = 10 AND t.state IN (1, 2)),"
             "       ARRAY(SELECT t.investigation_step FROM investigation_step t"
             "               WHERE t.municipality = v.municipality AND t.investigation = v.investigation"
             "                 AND t.kind = 12 AND t.state = 2),"
             "       EXISTS (SELECT FROM investigation_step t WHERE t.municipality = v.municipality"
             "                 AND t.investigation = v.investigation AND t.concerned = 1),"
             "       EXISTS (SELECT FROM investigation_step t WHERE t.municipality = v.municipality"
             "                 AND t.investigation = v.investigation AND t.concerned = 2)"
             "  FROM investigation v WHERE v.municipality = $1 AND v.investigation = $2"};
// A report that the board only sent is another's.
constexpr pg::Statement kFindReport = {
    "find_report_of_steps",
    "SELECT r.authority, r.child, r.state, r.data_key, r.handling, r.on_hold,"
    "       is_identity_protected(r.municipality, r.authority, r.child)," SAMVERKAN_EMERGENCY_ACCESS_TO(
        "r") ","
             "       0::bigint, ARRAY[]::uuid[], false, false"
             "  FROM report r WHERE r.municipality = $1 AND r.report = $2 AND r.authority = scope_authority()"};

// Statements of their own, so that the read after them sees what it waited for.
constexpr pg::Statement kLockInvestigation = {
    "lock_investigation_of_steps",
    "SELECT 1::bigint FROM investigation WHERE municipality = $1 AND investigation = $2 FOR UPDATE"};
constexpr pg::Statement kLockReport = {
    "lock_report_of_steps", "SELECT 1::bigint FROM report WHERE municipality = $1 AND report = $2 FOR UPDATE"};

constexpr pg::Statement kNoteInInvestigation = {
    "note_step_in_investigation",
    "UPDATE investigation SET note_time = $3 WHERE municipality = $1 AND investigation = $2"};
constexpr pg::Statement kNoteInReport = {"note_step_in_report",
                                         "UPDATE report SET note_time = $3 WHERE municipality = $1 AND report = $2"};

constexpr pg::Statement kFindHiddenInvestigation = {"find_hidden_investigation_of_steps",
                                                    "SELECT authority_of_investigation($1, $2)"};
constexpr pg::Statement kFindHiddenReport = {"find_hidden_report_of_steps", "SELECT authority_of_report($1, $2)"};
constexpr pg::Statement kFindHiddenStep = {"find_hidden_authority_of_step",
                                           "SELECT authority_of_investigation_step($1, $2)"};

// What an InvestigationStepRecord is read from, beside its parent; ReadStep has the same order.
#define SAMVERKAN_INVESTIGATION_STEP_COLUMNS                                                            \
  "SELECT s.investigation_step, s.data_key, s.authority, s.child, s.report, s.investigation, s.state,"  \
  "       s.create_time, s.version, s.content, coalesce(s.asked_municipality, ''),"                     \
  "       coalesce(s.asked_authority, ''), is_identity_protected(s.municipality, s.authority, s.child)" \
  "  FROM investigation_step s"

constexpr pg::Statement kFindStep = {"find_investigation_step", SAMVERKAN_INVESTIGATION_STEP_COLUMNS
                                     " WHERE s.municipality = $1 AND s.investigation_step = $2"};
constexpr pg::Statement kLockStep = {
    "lock_investigation_step",
    "SELECT 1::bigint FROM investigation_step WHERE municipality = $1 AND investigation_step = $2 FOR UPDATE"};
constexpr pg::Statement kListSteps = {"list_investigation_steps", SAMVERKAN_INVESTIGATION_STEP_COLUMNS
                                      " WHERE s.municipality = $1 AND s.authority = scope_authority()"
                                      "   AND (s.report = $2 OR s.investigation = $2)"
                                      "   AND (s.create_time, s.investigation_step) < ($3, $4)"
                                      " ORDER BY s.create_time DESC, s.investigation_step DESC LIMIT $5"};
constexpr pg::Statement kListAsked = {
    "list_asked_investigation_steps", SAMVERKAN_INVESTIGATION_STEP_COLUMNS
    " WHERE s.municipality = $1 AND s.asked_municipality = $2 AND s.asked_authority = $3"
    "   AND s.asked_unit_tag = ANY($4::bytea[]) AND (s.create_time, s.investigation_step) < ($5, $6)"
    " ORDER BY s.create_time DESC, s.investigation_step DESC LIMIT $7"};
constexpr pg::Statement kListOfChild = {"list_investigation_steps_of_child", SAMVERKAN_INVESTIGATION_STEP_COLUMNS
                                        " WHERE s.municipality = $1 AND s.authority = $2 AND s.child = $3"
                                        " ORDER BY s.create_time, s.investigation_step"};

constexpr pg::Statement kInsertStep = {
    "insert_investigation_step",
    "INSERT INTO investigation_step (municipality, investigation_step, authority, child, report, investigation, kind,"
    "                                state, concerned, asked_municipality, asked_authority, asked_unit_tag, index_key,"
    "                                create_time, data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7::bigint::smallint, $8::bigint::smallint, $9::bigint::smallint, $10, $11,"
    "          $12, $13, $14, $15, $16)"};
constexpr pg::Statement kStoreStep = {
    "store_investigation_step",
    "UPDATE investigation_step SET state = $3::bigint::smallint, content = $4, version = version + 1"
    "  WHERE municipality = $1 AND investigation_step = $2"};

constexpr pg::Statement kFindSubmissions = {"find_submissions_for_steps",
                                            "SELECT r.report, r.data_key, r.submission FROM report r"
                                            "  WHERE r.municipality = $1 AND r.authority = $2 AND r.child = $3"};

// The column `data_key` of SAMVERKAN_INVESTIGATION_STEP_COLUMNS.
constexpr int kDataKeyColumn = 1;

using ParentKey = InvestigationStepStore::ParentKey;

sealing::Cell CellOf(const ResourceKey& id) {
  return {.column = "intake.investigation_step.content", .municipality = id.municipality, .row = id.id};
}

const char* CollectionOf(const ParentKey& parent) { return parent.is_report ? kReports : kInvestigations; }

// ---- reading parents ----

// A report or investigation, and the key that it and its steps are sealed with.
struct FoundParent {
  StepParent parent;
  sealing::DataKeyPtr key;
};

// The unit and the assignee, which are sealed.
absl::Status OpenPlacement(const ParentKey& id, const sealing::DataKey& key, const pg::Bytes& content,
                           Placement& placement) {
  if (id.is_report) {
    ReportRecord record;
    RETURN_IF_ERROR(OpenHandling(key, id.key, content, record));
    placement.unit = LastPart(record.report.unit());
    placement.assignee = record.report.assignee();
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const v1::Investigation investigation, OpenInvestigation(key, id.key, content));
  placement.unit = LastPart(investigation.unit());
  placement.assignee = investigation.assignee();
  return absl::OkStatus();
}

absl::StatusOr<FoundParent> ReadParent(const StoreParts& parts, const rpc::CallContext& call, const pg::Row& row,
                                       const ParentKey& id) {
  FoundParent found;
  StepParent& parent = found.parent;
  pg::Uuid child, data_key;
  pg::Bytes content;
  std::vector<pg::Uuid> representatives;
  parent.placement.municipality = id.key.municipality;
  RETURN_IF_ERROR(row.Into(parent.placement.authority, child, parent.state, data_key, content, parent.on_hold,
                           parent.identity_protected, parent.emergency_access, parent.reference_talks, representatives,
                           parent.child_noticed, parent.guardians_noticed));
  parent.name = MakeName(id.key.municipality, CollectionOf(id), id.key.id);
  parent.child = child.ToString();
  parent.is_report = id.is_report;
  for (const pg::Uuid& representative : representatives) {
    parent.appointed_representatives.push_back(MakeName(id.key.municipality, kCollection, representative));
  }
  ASSIGN_OR_RETURN(found.key, KeyOf(parts.keys, call.deadline, data_key, id.is_report ? "report" : "investigation"));
  RETURN_IF_ERROR(OpenPlacement(id, *found.key, content, parent.placement));
  return found;
}

// Nothing where the scope's board does not have it.
absl::StatusOr<std::optional<FoundParent>> LookForParent(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                         const rpc::CallContext& call, const ParentKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(id.is_report ? kFindReport : kFindInvestigation,
                                                          pg::Params(id.key.municipality, id.key.id,
                                                                     parts.tags.DeclarerOf(call.caller), call.now)));
  if (rows.empty()) return std::optional<FoundParent>();
  ASSIGN_OR_RETURN(FoundParent found, ReadParent(parts, call, rows[0], id));
  return std::optional<FoundParent>(std::move(found));
}

// NOT_FOUND, filed with the board that has it.
absl::Status Hidden(pg::ReadTransaction& transaction, const pg::Statement& statement, const std::string& what,
                    const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(statement, pg::Params(id.municipality, id.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound(what);
  return NotFound(what, {.municipality = id.municipality, .authority = *authority});
}

absl::StatusOr<FoundParent> FindParent(pg::ReadTransaction& transaction, const StoreParts& parts,
                                       const rpc::CallContext& call, const ParentKey& id) {
  ASSIGN_OR_RETURN(std::optional<FoundParent> found, LookForParent(transaction, parts, call, id));
  if (found.has_value()) return *std::move(found);
  return id.is_report ? Hidden(transaction, kFindHiddenReport, "report", id.key)
                      : Hidden(transaction, kFindHiddenInvestigation, "investigation", id.key);
}

absl::Status LockParent(pg::Transaction& transaction, const ParentKey& id) {
  return transaction.Query(id.is_report ? kLockReport : kLockInvestigation, pg::Params(id.key.municipality, id.key.id))
      .status();
}

// ---- reading steps ----

// A step, where it belongs, and the key that it is sealed with.
struct Found {
  InvestigationStepRecord record;
  ParentKey parent;
  sealing::DataKeyPtr key;
};

// A step with what is known of its parent without reading that.
absl::StatusOr<Found> ReadStep(const pg::Row& row, const std::string& municipality, sealing::DataKeyPtr key) {
  Found found;
  found.key = std::move(key);
  InvestigationStepRecord& record = found.record;
  ResourceKey id{municipality, {}};
  pg::Uuid data_key, child;
  std::optional<pg::Uuid> report, investigation;
  int64_t state = 0;
  absl::Time create_time;
  pg::Bytes sealed;
  StepParent& parent = record.parent;
  RETURN_IF_ERROR(row.Into(id.id, data_key, parent.placement.authority, child, report, investigation, state,
                           create_time, record.version, sealed, record.asked.municipality, record.asked.authority,
                           parent.identity_protected));
  ASSIGN_OR_RETURN(const std::string content, found.key->Open(CellOf(id), sealed));
  v1::InvestigationStep& step = record.step;
  if (!step.ParseFromString(content)) return status::Internal("a stored step does not parse");
  found.parent = {report.has_value(), {municipality, report.has_value() ? *report : *investigation}};
  parent.name = MakeName(municipality, CollectionOf(found.parent), found.parent.key.id);
  parent.is_report = report.has_value();
  parent.child = child.ToString();
  parent.placement.municipality = municipality;
  record.asked.unit = LastPart(step.information_request().unit());
  step.set_name(MakeName(municipality, kCollection, id.id));
  step.set_parent(parent.name);
  step.set_authority(MakeName(municipality, "authorities", parent.placement.authority));
  step.set_child(parent.child);
  step.set_state(static_cast<v1::InvestigationStep::State>(state));
  *step.mutable_create_time() = proto_time::ToProto(create_time);
  return found;
}

absl::StatusOr<Found> FindStep(pg::ReadTransaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                               const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindStep, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return Hidden(transaction, kFindHiddenStep, "investigation step", id);
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  ASSIGN_OR_RETURN(sealing::DataKeyPtr key, KeyOf(parts.keys, call.deadline, data_key, "investigation step"));
  ASSIGN_OR_RETURN(Found found, ReadStep(rows[0], id.municipality, std::move(key)));
  ASSIGN_OR_RETURN(std::optional<FoundParent> parent, LookForParent(transaction, parts, call, found.parent));
  if (parent.has_value()) found.record.parent = std::move(parent->parent);
  return found;
}

// Those of `rows` whose keys are not erased, without what their parents hold.
absl::StatusOr<std::vector<InvestigationStepRecord>> ReadSteps(const StoreParts& parts, const rpc::CallContext& call,
                                                               const pg::Rows& rows, const std::string& municipality) {
  ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts.keys, call.deadline, rows, 0, kDataKeyColumn));
  std::vector<InvestigationStepRecord> steps;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
    const auto key = keys.find(id);
    if (key == keys.end()) continue;
    ASSIGN_OR_RETURN(Found found, ReadStep(row, municipality, key->second));
    steps.push_back(std::move(found.record));
  }
  return steps;
}

// Of one row more than the page holds.
InvestigationStepStore::Page PageOf(std::vector<InvestigationStepRecord> steps, int32_t page_size) {
  InvestigationStepStore::Page page;
  page.steps = std::move(steps);
  if (page.steps.size() > static_cast<size_t>(page_size)) {
    page.steps.resize(static_cast<size_t>(page_size));
    page.next_cursor = MakeListCursor(page.steps.back().step.create_time(), page.steps.back().step.name());
  }
  return page;
}

// The names in a child's reports at the caller's board: for the risk signs of reading.
absl::StatusOr<NamesInFile> FindNames(const StoreParts& parts, const rpc::CallContext& call, const pg::Uuid& child) {
  const std::string& municipality = call.caller.municipality;
  const auto find = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<NamesInFile> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kFindSubmissions, pg::Params(municipality, call.caller.authority, child)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts.keys, call.deadline, rows, 0, 1));
    NamesInFile names;
    for (const pg::Row row : rows) {
      pg::Uuid report, data_key;
      pg::Bytes sealed;
      RETURN_IF_ERROR(row.Into(report, data_key, sealed));
      const auto key = keys.find(report);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(const v1::Submission submission, OpenSubmission(*key->second, {municipality, report}, sealed));
      AddNames(submission, names);
    }
    return names;
  };
  return parts.pool.Read(pg::ScopeOf(call.caller), call.deadline, kFindSubmissions.name, find);
}

// ---- writing ----

absl::StatusOr<ResourceKey> IdOf(const std::string& name) {
  auto key = ParseName(name, kCollection);
  if (!key.has_value()) return status::Internal("a step has no name");
  return *std::move(key);
}

// What other columns hold is taken out before the rest is sealed as one.
pg::Bytes Seal(const sealing::DataKey& key, const ResourceKey& id, v1::InvestigationStep step) {
  step.clear_name();
  step.clear_parent();
  step.clear_authority();
  step.clear_child();
  step.clear_state();
  step.clear_create_time();
  return key.Seal(CellOf(id), step.SerializeAsString());
}

std::optional<std::string> Optional(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

absl::Status Insert(pg::Transaction& transaction, const StoreParts& parts, const ParentKey& parent,
                    const sealing::DataKey& key, const ResourceKey& id, const InvestigationStepRecord& record) {
  const v1::InvestigationStep& step = record.step;
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(step.child()));
  const std::optional<pg::Uuid> report = parent.is_report ? std::optional(parent.key.id) : std::nullopt;
  const std::optional<pg::Uuid> investigation = parent.is_report ? std::nullopt : std::optional(parent.key.id);
  const std::optional<int64_t> concerned =
      step.has_notice_to_concerned() ? std::optional<int64_t>(step.notice_to_concerned().concerned()) : std::nullopt;
  const absl::Time created = proto_time::FromProto(step.create_time()).value_or(absl::UnixEpoch());
  return transaction
      .Execute(kInsertStep, pg::Params(id.municipality, id.id, record.parent.placement.authority, child, report,
                                       investigation, int64_t{step.kind_case()}, int64_t{step.state()}, concerned,
                                       Optional(record.asked.municipality), Optional(record.asked.authority),
                                       parts.tags.SenderUnit(record.asked), parts.tags.key_id(), created, key.id(),
                                       Seal(key, id, step)))
      .status();
}

outbox::Touched TouchedBy(const InvestigationStepRecord& record) {
  return {.municipality = record.parent.placement.municipality,
          .authority = record.parent.placement.authority,
          .children = {record.parent.child},
          // Whatever is kept from somebody of the case is kept of its steps too.
          .resources = {record.step.name(), record.parent.name},
          .legal_basis = record.step.legal_basis(),
          .identity_protected = record.parent.identity_protected};
}

absl::Status StoreEvent(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                        const idempotency::Request& request, const InvestigationStepChange& change) {
  outbox::Touched touched = TouchedBy(change.after);
  touched.request_id = request.id.ToString();
  touched.detail = change.happening.type;
  RETURN_IF_ERROR(outbox::Append(
      transaction, outbox::MakeEvent(change.happening.type, change.after.step.name(), touched.municipality,
                                     touched.authority, call.now, change.happening.attributes)));
  return parts.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

// A step is a note in the file, for how long it is kept.
absl::Status Note(pg::Transaction& transaction, const ParentKey& parent, absl::Time now) {
  return transaction
      .Execute(parent.is_report ? kNoteInReport : kNoteInInvestigation,
               pg::Params(parent.key.municipality, parent.key.id, now))
      .status();
}

}  // namespace

absl::StatusOr<InvestigationStepStore::Changed> InvestigationStepStore::Add(const rpc::CallContext& call,
                                                                            const ParentKey& parent,
                                                                            const ResourceKey& id,
                                                                            const idempotency::Request& request,
                                                                            const Transition& transition) {
  const std::string name = MakeName(id.municipality, kCollection, id.id);
  const auto add = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {name,
                                                MakeName(parent.key.municipality, CollectionOf(parent), parent.key.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, IdOf(repeated->front()));
      ASSIGN_OR_RETURN(Found found, FindStep(transaction, parts_, call, first));
      return Changed{std::move(found.record), true};
    }
    RETURN_IF_ERROR(LockParent(transaction, parent));
    ASSIGN_OR_RETURN(const FoundParent found, FindParent(transaction, parts_, call, parent));
    ASSIGN_OR_RETURN(InvestigationStepChange change, transition(NewStep(name, found.parent)));
    RETURN_IF_ERROR(Insert(transaction, parts_, parent, *found.key, id, change.after));
    RETURN_IF_ERROR(Note(transaction, parent, call.now));
    RETURN_IF_ERROR(StoreEvent(transaction, parts_, call, request, change));
    return Changed{std::move(change.after), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, kInsertStep.name, add);
}

absl::StatusOr<InvestigationStepStore::Changed> InvestigationStepStore::Change(const rpc::CallContext& call,
                                                                               const ResourceKey& id,
                                                                               const idempotency::Request& request,
                                                                               const Transition& transition) {
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    ASSIGN_OR_RETURN(const Found seen, FindStep(transaction, parts_, call, id));
    // The board that was asked goes on within that of the investigation.
    const Jurisdiction jurisdiction = JurisdictionOf(seen.record.parent);
    RETURN_IF_ERROR(
        transaction.SetScope({.municipality = jurisdiction.municipality, .authority = jurisdiction.authority}));
    const std::vector<std::string> resources = {seen.record.step.name(), seen.record.parent.name};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    RETURN_IF_ERROR(LockParent(transaction, seen.parent));
    RETURN_IF_ERROR(transaction.Query(kLockStep, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(Found before, FindStep(transaction, parts_, call, id));
    if (repeated.has_value()) return Changed{std::move(before.record), true};
    ASSIGN_OR_RETURN(InvestigationStepChange change, transition(std::move(before.record)));
    const v1::InvestigationStep& step = change.after.step;
    RETURN_IF_ERROR(
        transaction
            .Execute(kStoreStep, pg::Params(id.municipality, id.id, int64_t{step.state()}, Seal(*before.key, id, step)))
            .status());
    RETURN_IF_ERROR(Note(transaction, seen.parent, call.now));
    RETURN_IF_ERROR(StoreEvent(transaction, parts_, call, request, change));
    change.after.version += 1;
    return Changed{std::move(change.after), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "change_investigation_step", change);
}

absl::StatusOr<InvestigationStepRecord> InvestigationStepStore::Find(const rpc::CallContext& call,
                                                                     const ResourceKey& id) {
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, kFindStep.name,
                          [&](pg::ReadTransaction& transaction) -> absl::StatusOr<InvestigationStepRecord> {
                            ASSIGN_OR_RETURN(Found found, FindStep(transaction, parts_, call, id));
                            return std::move(found.record);
                          });
}

absl::StatusOr<InvestigationStepStore::Page> InvestigationStepStore::List(const rpc::CallContext& call,
                                                                          const ParentKey& parent, int32_t page_size,
                                                                          const std::string& cursor) {
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(FoundParent found, FindParent(transaction, parts_, call, parent));
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListSteps, pg::Params(parent.key.municipality, parent.key.id, before.time,
                                                              before.id, int64_t{page_size} + 1)));
    ASSIGN_OR_RETURN(auto steps, ReadSteps(parts_, call, rows, parent.key.municipality));
    for (InvestigationStepRecord& record : steps) record.parent = found.parent;
    Page page = PageOf(std::move(steps), page_size);
    page.parent = std::move(found.parent);
    return page;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, kListSteps.name, list);
}

absl::StatusOr<InvestigationStepStore::Page> InvestigationStepStore::ListAsked(const rpc::CallContext& call,
                                                                               const std::string& municipality,
                                                                               int32_t page_size,
                                                                               const std::string& cursor) {
  const auth::Caller& caller = call.caller;
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListAsked, pg::Params(municipality, caller.municipality, caller.authority,
                                                              parts_.tags.SenderUnitsOf(caller), before.time, before.id,
                                                              int64_t{page_size} + 1)));
    ASSIGN_OR_RETURN(auto steps, ReadSteps(parts_, call, rows, municipality));
    return PageOf(std::move(steps), page_size);
  };
  return parts_.pool.Read(pg::ScopeOf(caller), call.deadline, kListAsked.name, list);
}

absl::StatusOr<std::vector<InvestigationStepRecord>> InvestigationStepStore::ListOfChild(const rpc::CallContext& call,
                                                                                         const pg::Uuid& child) {
  const std::string& municipality = call.caller.municipality;
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<InvestigationStepRecord>> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListOfChild, pg::Params(municipality, call.caller.authority, child)));
    return ReadSteps(parts_, call, rows, municipality);
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, kListOfChild.name, list);
}

absl::Status InvestigationStepStore::RecordRead(const rpc::CallContext& call,
                                                const std::vector<const InvestigationStepRecord*>& shown,
                                                const StepParent& parent) {
  TouchedByRead touched(call);
  std::map<std::string, StepParent> parents;
  if (!parent.name.empty()) parents[parent.name] = parent;
  for (const InvestigationStepRecord* const record : shown) {
    touched.At(JurisdictionOf(record->parent), record->parent.identity_protected)
        .resources.push_back(record->step.name());
    parents[record->parent.name] = record->parent;
  }
  for (const auto& [name, each] : parents) {
    outbox::Touched& its = touched.At(JurisdictionOf(each), each.identity_protected);
    its.resources.push_back(name);
    its.children.push_back(each.child);
    FileRead read{.placement = each.placement, .by_emergency_access = ReadsInEmergency(call.caller, each)};
    if (WorksAtSocialServices(call.caller)) {
      ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(each.child));
      ASSIGN_OR_RETURN(read.names, FindNames(parts_, call, child));
    }
    ASSIGN_OR_RETURN(const auto signs, parts_.staff_names.SignsOf(call, std::move(read)));
    its.risk_signs.insert(signs.begin(), signs.end());
  }
  return touched.Append(parts_, {});
}

}  // namespace samverkan::intake
