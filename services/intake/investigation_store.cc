#include "services/intake/investigation_store.h"

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/sqlstate.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/deadline_store.h"
#include "services/intake/emergency_access_store.h"
#include "services/intake/investigation_part_store.h"
#include "services/intake/list_cursor.h"
#include "services/intake/report_content.h"
#include "services/intake/staff_name_store.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";
constexpr char kCollection[] = "investigations";

// What an InvestigationRecord is read from; ReadRecord has the same order. Feedback owed
// is that of feedback.state 2, samverkan.intake.v1.Feedback.OWED. `emergency_access` says in SQL
// whether one of the caller opens the investigation `v`.
#define SAMVERKAN_INVESTIGATION_COLUMNS(emergency_access)                                                       \
  "SELECT v.investigation, v.data_key, v.authority, v.child, v.state, v.open_time, v.version, v.content,"       \
  "       ARRAY(SELECT p.report FROM investigation_report p WHERE p.municipality = v.municipality"              \
  "          AND p.investigation = v.investigation ORDER BY p.addition),"                                       \
  "       ARRAY(SELECT p.report FROM investigation_report p"                                                    \
  "          JOIN feedback f ON f.municipality = p.municipality AND f.report = p.report AND f.state = 2"        \
  "          WHERE p.municipality = v.municipality AND p.investigation = v.investigation ORDER BY p.addition)," \
  "       (SELECT o.investigation FROM investigation o WHERE o.municipality = v.municipality"                   \
  "          AND o.authority = v.authority AND o.child = v.child AND o.state = 1),"                             \
  "       EXISTS (SELECT FROM report r WHERE r.municipality = v.municipality AND r.authority = v.authority"     \
  "          AND r.child = v.child AND r.identity_protected)," emergency_access "  FROM investigation v"

constexpr pg::Statement kFindInvestigation = {"find_investigation",
                                              SAMVERKAN_INVESTIGATION_COLUMNS(SAMVERKAN_EMERGENCY_ACCESS_TO(
                                                  "v")) " WHERE v.municipality = $1 AND v.investigation = $2"};

// A statement of its own, so that the read after it sees what it waited for.
constexpr pg::Statement kLockInvestigation = {
    "lock_investigation",
    "SELECT 1::bigint FROM investigation WHERE municipality = $1 AND investigation = $2 FOR UPDATE"};

constexpr pg::Statement kLockChild = {"lock_investigations_of_child",
                                      "SELECT 1::bigint FROM pg_advisory_xact_lock(hashtextextended($1, 0))"};

constexpr pg::Statement kListInvestigations = {
    "list_investigations", SAMVERKAN_INVESTIGATION_COLUMNS("false")
    " WHERE v.municipality = $1 AND v.authority = $2"
    "   AND (v.unit_tag = ANY($3::bytea[]) OR v.assignee_tag = ANY($4::bytea[]) OR $5)"
    "   AND (v.open_time, v.investigation) < ($6, $7)"
    " ORDER BY v.open_time DESC, v.investigation DESC LIMIT $8"};

constexpr pg::Statement kListOfChild = {"list_investigations_of_child",
                                        SAMVERKAN_INVESTIGATION_COLUMNS("false")
                                        " WHERE v.municipality = $1 AND v.authority = $2 AND v.child = $3"
                                        " ORDER BY v.open_time, v.investigation"};

constexpr pg::Statement kInsertInvestigation = {
    "insert_investigation",
    "INSERT INTO investigation (municipality, investigation, authority, unit_tag, child, state, open_time,"
    "                           note_time, assignee_tag, index_key, data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5, $6::bigint::smallint, $7, $7, $8, $9, $10, $11)"};

constexpr pg::Statement kInsertInvestigationReport = {
    "insert_investigation_report",
    "INSERT INTO investigation_report (municipality, investigation, report, authority)"
    "  VALUES ($1, $2, $3, scope_authority())"};

constexpr pg::Statement kStoreInvestigation = {
    "store_investigation",
    "UPDATE investigation SET unit_tag = $3, state = $4::bigint::smallint, assignee_tag = $5, content = $6,"
    "       note_time = $7,"
    "       version = version + 1"
    "  WHERE municipality = $1 AND investigation = $2"};

// A closing that goes on at the same time is waited for, and then nothing is touched.
constexpr pg::Statement kTouchRunning = {"touch_running_investigation",
                                         "UPDATE investigation SET version = version + 1"
                                         "  WHERE municipality = $1 AND investigation = $2 AND state = 1"};

constexpr pg::Statement kFindSubmissions = {
    "find_submissions_of_investigations",
    "SELECT p.investigation, r.report, r.data_key, r.submission"
    "  FROM investigation_report p JOIN report r ON r.municipality = p.municipality AND r.report = p.report"
    "  WHERE p.municipality = $1 AND p.investigation = ANY($2)"};

constexpr pg::Statement kFindHiddenAuthority = {"find_hidden_authority_of_investigation",
                                                "SELECT authority_of_investigation($1, $2)"};

// The column `data_key` of SAMVERKAN_INVESTIGATION_COLUMNS.
constexpr int kDataKeyColumn = 1;

sealing::Cell CellOf(const ResourceKey& id) {
  return {.column = "intake.investigation.content", .municipality = id.municipality, .row = id.id};
}

// ---- reading ----

std::vector<std::string> ReportNames(const std::string& municipality, const std::vector<pg::Uuid>& ids) {
  std::vector<std::string> names;
  for (const pg::Uuid& id : ids) names.push_back(MakeName(municipality, "reports", id));
  return names;
}

absl::StatusOr<InvestigationRecord> ReadRecord(pg::ReadTransaction& transaction, const pg::Row& row,
                                               const std::string& municipality, const sealing::DataKey& key) {
  InvestigationRecord record;
  ResourceKey id{municipality, {}};
  pg::Uuid data_key, child;
  std::string authority;
  int64_t state = 0;
  absl::Time open_time;
  pg::Bytes content;
  std::vector<pg::Uuid> reports, feedback_owed;
  std::optional<pg::Uuid> running;
  RETURN_IF_ERROR(row.Into(id.id, data_key, authority, child, state, open_time, record.version, content, reports,
                           feedback_owed, running, record.identity_protected, record.emergency_access));
  v1::Investigation& investigation = record.investigation;
  ASSIGN_OR_RETURN(investigation, OpenInvestigation(key, id, content));
  investigation.set_name(MakeName(municipality, kCollection, id.id));
  investigation.set_authority(MakeName(municipality, "authorities", authority));
  investigation.set_child(child.ToString());
  investigation.set_state(static_cast<v1::Investigation::State>(state));
  *investigation.mutable_open_time() = proto_time::ToProto(open_time);
  for (const std::string& report : ReportNames(municipality, reports)) investigation.add_reports(report);
  record.feedback_owed = ReportNames(municipality, feedback_owed);
  if (running.has_value()) record.running_investigation = MakeName(municipality, kCollection, *running);
  ASSIGN_OR_RETURN(const Deadlines deadlines, FindDeadlines(transaction, id, key));
  if (!deadlines.empty()) *investigation.mutable_deadline() = deadlines[0];
  return record;
}

// NOT_FOUND, filed with the board whose investigation it is.
absl::Status Hidden(pg::ReadTransaction& transaction, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindHiddenAuthority, pg::Params(id.municipality, id.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound("investigation");
  return NotFound("investigation", {.municipality = id.municipality, .authority = *authority});
}

// The names in the reports of investigations of the caller's board, by the investigation's name:
// for the risk signs of reading them.
absl::StatusOr<std::map<std::string, NamesInFile>> FindNames(const StoreParts& parts, const rpc::CallContext& call,
                                                             const std::vector<const InvestigationRecord*>& shown) {
  std::vector<pg::Uuid> ids;
  for (const InvestigationRecord* const record : shown) {
    ASSIGN_OR_RETURN(ids.emplace_back(), pg::Uuid::Parse(LastPart(record->investigation.name())));
  }
  const std::string& municipality = call.caller.municipality;
  using NamesByInvestigation = std::map<std::string, NamesInFile>;
  const auto find = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<NamesByInvestigation> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindSubmissions, pg::Params(municipality, ids)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts.keys, call.deadline, rows, 1, 2));
    NamesByInvestigation names;
    for (const pg::Row row : rows) {
      pg::Uuid investigation, report, data_key;
      pg::Bytes sealed;
      RETURN_IF_ERROR(row.Into(investigation, report, data_key, sealed));
      const auto key = keys.find(report);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(const v1::Submission submission, OpenSubmission(*key->second, {municipality, report}, sealed));
      AddNames(submission, names[MakeName(municipality, kCollection, investigation)]);
    }
    return names;
  };
  return parts.pool.Read(pg::ScopeOf(call.caller), call.deadline, kFindSubmissions.name, find);
}

// ---- writing ----

// What other columns and tables hold is taken out before the rest is sealed as one.
pg::Bytes SealInvestigation(const sealing::DataKey& key, const ResourceKey& id, v1::Investigation investigation) {
  investigation.clear_name();
  investigation.clear_authority();
  investigation.clear_child();
  investigation.clear_state();
  investigation.clear_open_time();
  investigation.clear_reports();
  investigation.clear_deadline();
  investigation.clear_etag();
  return key.Seal(CellOf(id), investigation.SerializeAsString());
}

Deadlines ClockOf(const v1::Investigation& investigation) {
  Deadlines deadlines;
  if (investigation.has_deadline()) *deadlines.Add() = investigation.deadline();
  return deadlines;
}

absl::StatusOr<ResourceKey> IdOf(const std::string& name, const std::string& collection) {
  auto key = ParseName(name, collection);
  if (!key.has_value()) return status::Internal("a resource of ours has no name");
  return *std::move(key);
}

absl::Status InsertReport(pg::Transaction& transaction, const ResourceKey& investigation, const std::string& report) {
  ASSIGN_OR_RETURN(const ResourceKey key, IdOf(report, "reports"));
  return transaction
      .Execute(kInsertInvestigationReport, pg::Params(investigation.municipality, investigation.id, key.id))
      .status();
}

absl::Status StoreEvents(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                         const idempotency::Request& request, const InvestigationChange& change) {
  const v1::Investigation& investigation = change.after.investigation;
  const Placement placement = PlacementOf(investigation);
  for (const Happening& happening : change.happenings) {
    RETURN_IF_ERROR(
        outbox::Append(transaction, outbox::MakeEvent(happening.type, investigation.name(), placement.municipality,
                                                      placement.authority, call.now, happening.attributes)));
  }
  outbox::Touched touched{.municipality = placement.municipality,
                          .authority = placement.authority,
                          .children = {investigation.child()},
                          .resources = {investigation.name()},
                          .legal_basis = change.legal_basis,
                          .request_id = request.id.ToString(),
                          .identity_protected = change.after.identity_protected};
  if (change.opened.has_value()) touched.resources.push_back(change.opened->name());
  if (!change.happenings.empty()) touched.detail = change.happenings.back().type;
  return parts.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

absl::Status StoreChange(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                         const idempotency::Request& request, const ResourceKey& id, const FoundInvestigation& before,
                         const InvestigationChange& change) {
  const v1::Investigation& after = change.after.investigation;
  const Placement placement = PlacementOf(after);
  RETURN_IF_ERROR(transaction
                      .Execute(kStoreInvestigation, pg::Params(id.municipality, id.id, parts.tags.Unit(placement),
                                                               int64_t{after.state()}, parts.tags.Assignee(placement),
                                                               SealInvestigation(*before.key, id, after), call.now))
                      .status());
  RETURN_IF_ERROR(StoreDeadlines(transaction, id, *before.key, placement.authority, kCollection,
                                 ClockOf(before.record.investigation), ClockOf(after)));
  if (change.opened.has_value()) {
    RETURN_IF_ERROR(InsertInvestigation(transaction, parts, call.deadline, *change.opened));
  }
  return StoreEvents(transaction, parts, call, request, change);
}

}  // namespace

absl::StatusOr<v1::Investigation> OpenInvestigation(const sealing::DataKey& key, const ResourceKey& id,
                                                    const pg::Bytes& sealed) {
  ASSIGN_OR_RETURN(const std::string content, key.Open(CellOf(id), sealed));
  v1::Investigation investigation;
  if (investigation.ParseFromString(content)) return investigation;
  return status::Internal("a stored investigation does not parse");
}

absl::Status InsertInvestigation(pg::Transaction& transaction, const StoreParts& parts, absl::Time deadline,
                                 const v1::Investigation& investigation) {
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(investigation.name(), kCollection));
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(investigation.child()));
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, parts.keys.Fresh(deadline));
  const Placement placement = PlacementOf(investigation);
  const absl::Time opened = proto_time::FromProto(investigation.open_time()).value_or(absl::UnixEpoch());
  RETURN_IF_ERROR(LockInvestigationsOfChild(transaction, investigation.child()));
  const absl::Status inserted =
      transaction
          .Execute(kInsertInvestigation,
                   pg::Params(id.municipality, id.id, placement.authority, parts.tags.Unit(placement), child,
                              int64_t{investigation.state()}, opened, parts.tags.Assignee(placement),
                              parts.tags.key_id(), key->id(), SealInvestigation(*key, id, investigation)))
          .status();
  if (pg::ConstraintOf(inserted) == "investigation_running") {
    return status::FailedPrecondition({.reason = "INVESTIGATION_RUNNING",
                                       .message = "another investigation of the child is running; go on with that one",
                                       .swedish = "En annan utredning om barnet pågår redan. Fortsätt i den."});
  }
  RETURN_IF_ERROR(inserted);
  for (const std::string& report : investigation.reports()) {
    RETURN_IF_ERROR(InsertReport(transaction, id, report));
  }
  RETURN_IF_ERROR(EndFollowUps(transaction, parts, deadline, investigation));
  return StoreDeadlines(transaction, id, *key, placement.authority, kCollection, {}, ClockOf(investigation));
}

absl::Status AddReportToInvestigation(pg::Transaction& transaction, const std::string& investigation,
                                      const std::string& report) {
  ASSIGN_OR_RETURN(const ResourceKey key, IdOf(investigation, kCollection));
  ASSIGN_OR_RETURN(const pg::Rows touched, transaction.Execute(kTouchRunning, pg::Params(key.municipality, key.id)));
  if (touched.affected() == 0) {
    return status::FailedPrecondition({.reason = "NO_RUNNING_INVESTIGATION",
                                       .message = "no investigation of the child is running any more; decide anew",
                                       .swedish = "Ingen utredning om barnet pågår längre. Fatta ett nytt beslut."});
  }
  return InsertReport(transaction, key, report);
}

absl::StatusOr<FoundInvestigation> FindInvestigation(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                     const rpc::CallContext& call, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kFindInvestigation,
                                     pg::Params(id.municipality, id.id, parts.tags.DeclarerOf(call.caller), call.now)));
  if (rows.empty()) return Hidden(transaction, id);
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  FoundInvestigation found;
  ASSIGN_OR_RETURN(found.key, KeyOf(parts.keys, call.deadline, data_key, "investigation"));
  ASSIGN_OR_RETURN(found.record, ReadRecord(transaction, rows[0], id.municipality, *found.key));
  return found;
}

absl::Status LockInvestigationsOfChild(pg::Transaction& transaction, const std::string& child) {
  return transaction.Query(kLockChild, pg::Params(child)).status();
}

absl::StatusOr<InvestigationRecord> InvestigationStore::Find(const rpc::CallContext& call, const ResourceKey& id) {
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "find_investigation",
                          [&](pg::ReadTransaction& transaction) -> absl::StatusOr<InvestigationRecord> {
                            ASSIGN_OR_RETURN(FoundInvestigation found,
                                             FindInvestigation(transaction, parts_, call, id));
                            return std::move(found.record);
                          });
}

absl::StatusOr<InvestigationStore::Changed> InvestigationStore::Change(const rpc::CallContext& call,
                                                                       const ResourceKey& id, const ResourceKey& result,
                                                                       const idempotency::Request& request,
                                                                       const Transition& transition) {
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {MakeName(result.municipality, kCollection, result.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first_result, IdOf(repeated->front(), kCollection));
      ASSIGN_OR_RETURN(FoundInvestigation first, FindInvestigation(transaction, parts_, call, first_result));
      return Changed{std::move(first.record), true};
    }
    RETURN_IF_ERROR(transaction.Query(kLockInvestigation, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(const FoundInvestigation before, FindInvestigation(transaction, parts_, call, id));
    ASSIGN_OR_RETURN(const InvestigationChange change, transition(before.record));
    RETURN_IF_ERROR(StoreChange(transaction, parts_, call, request, id, before, change));
    ASSIGN_OR_RETURN(FoundInvestigation after, FindInvestigation(transaction, parts_, call, result));
    return Changed{std::move(after.record), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "change_investigation", change);
}

absl::StatusOr<InvestigationStore::Page> InvestigationStore::List(const rpc::CallContext& call,
                                                                  const std::string& municipality, int32_t page_size,
                                                                  const std::string& cursor) {
  const auth::Caller& caller = call.caller;
  if (caller.municipality != municipality) return NotFound("investigation");
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(kListInvestigations, pg::Params(municipality, caller.authority, parts_.tags.UnitsOf(caller),
                                                          parts_.tags.AssigneeOf(caller), caller.Has(access::v1::DUTY),
                                                          before.time, before.id, int64_t{page_size} + 1)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, kDataKeyColumn));
    Page page;
    for (const pg::Row row : rows) {
      if (page.investigations.size() == static_cast<size_t>(page_size)) {
        page.next_cursor = MakeListCursor(page.investigations.back().investigation.open_time(),
                                          page.investigations.back().investigation.name());
        break;
      }
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(InvestigationRecord record, ReadRecord(transaction, row, municipality, *key->second));
      page.investigations.push_back(std::move(record));
    }
    return page;
  };
  return parts_.pool.Read(pg::ScopeOf(caller), call.deadline, "list_investigations", list);
}

absl::StatusOr<std::vector<InvestigationRecord>> InvestigationStore::ListOfChild(const rpc::CallContext& call,
                                                                                 const pg::Uuid& child) {
  const std::string& municipality = call.caller.municipality;
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<InvestigationRecord>> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListOfChild, pg::Params(municipality, call.caller.authority, child)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, kDataKeyColumn));
    std::vector<InvestigationRecord> investigations;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(investigations.emplace_back(), ReadRecord(transaction, row, municipality, *key->second));
    }
    return investigations;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, kListOfChild.name, list);
}

absl::Status InvestigationStore::RecordRead(const rpc::CallContext& call,
                                            const std::vector<const InvestigationRecord*>& shown,
                                            const std::vector<std::string>& resources) {
  ASSIGN_OR_RETURN(auto names, FindNames(parts_, call, shown));
  TouchedByRead touched(call);
  for (const InvestigationRecord* const record : shown) {
    const v1::Investigation& investigation = record->investigation;
    outbox::Touched& its = touched.At({call.caller.municipality, call.caller.authority}, record->identity_protected);
    its.children.push_back(investigation.child());
    its.resources.push_back(investigation.name());
    FileRead read{.placement = PlacementOf(investigation),
                  .by_emergency_access = ReadsInEmergency(call.caller, *record),
                  .names = std::move(names[investigation.name()])};
    ASSIGN_OR_RETURN(const auto signs, parts_.staff_names.SignsOf(call, std::move(read)));
    its.risk_signs.insert(signs.begin(), signs.end());
  }
  return touched.Append(parts_, resources);
}

}  // namespace samverkan::intake
