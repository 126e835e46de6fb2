#include "services/intake/report_store.h"

#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/deadline_store.h"
#include "services/intake/emergency_access_store.h"
#include "services/intake/investigation_store.h"
#include "services/intake/list_cursor.h"
#include "services/intake/report_content.h"
#include "services/intake/staff_name_store.h"
#include "services/intake/submission_store.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";
constexpr char kDecideReport[] = "samverkan.intake.v1.AssessmentService/DecideReport";
// Below the 4 MiB that a client takes by default.
constexpr size_t kPageBytes = 2 << 20;

// What a ReportRecord is read from; ReadRecord has the same order. `emergency_access` says in SQL
// whether one of the caller opens the report `r`.
#define SAMVERKAN_REPORT_COLUMNS(emergency_access)                                                                 \
  "SELECT r.report, r.data_key, r.authority, r.child, r.state, r.sender_municipality, r.sender_authority,"         \
  "       r.receive_time, r.first_receive_time, r.version, r.submission, r.handling,"                              \
  "       f.state, f.ask_time, f.content, m.content,"                                                              \
  "       (SELECT v.investigation FROM investigation v WHERE v.municipality = r.municipality"                      \
  "          AND v.authority = r.authority AND v.child = r.child AND v.state = 1),"                                \
  "       ARRAY(SELECT s.report FROM report s WHERE s.municipality = r.municipality"                               \
  "          AND s.submission_group = r.submission_group AND s.report <> r.report ORDER BY s.report),"             \
  "       ARRAY(SELECT l.report FROM report l WHERE l.municipality = r.municipality AND l.authority = r.authority" \
  "          AND l.child = r.child AND l.report <> r.report ORDER BY l.receive_time, l.report),"                   \
  "       EXISTS (SELECT FROM report p WHERE p.municipality = r.municipality AND p.authority = r.authority"        \
  "          AND p.child = r.child AND p.identity_protected)," emergency_access                                    \
  "  FROM report r"                                                                                                \
  "  LEFT JOIN feedback f ON f.municipality = r.municipality AND f.report = r.report"                              \
  "  LEFT JOIN report_meeting m ON m.municipality = r.municipality AND m.report = r.report"

constexpr pg::Statement kFindReport = {
    "find_report",
    SAMVERKAN_REPORT_COLUMNS(SAMVERKAN_EMERGENCY_ACCESS_TO("r")) " WHERE r.municipality = $1 AND r.report = $2"};

// Whose a report is that the caller's board sees; and one that it does not.
constexpr pg::Statement kFindAuthority = {"find_authority_of_report",
                                          "SELECT authority FROM report WHERE municipality = $1 AND report = $2"};
constexpr pg::Statement kFindHiddenAuthority = {"find_hidden_authority_of_report",
                                                "SELECT authority_of_report($1, $2)"};

// A statement of its own, so that the read after it sees what it waited for.
constexpr pg::Statement kLockReport = {
    "lock_report", "SELECT 1::bigint FROM report WHERE municipality = $1 AND report = $2 FOR UPDATE"};

constexpr pg::Statement kListHandled = {
    "list_handled_reports", SAMVERKAN_REPORT_COLUMNS("false")
    " WHERE r.municipality = $1 AND r.authority = $2"
    "   AND ($3 OR r.unit_tag = ANY($4::bytea[]) OR r.assignee_tag = ANY($5::bytea[]))"
    "   AND ($6::uuid IS NULL OR r.child = $6) AND (r.receive_time, r.report) < ($7, $8)"
    "   AND (NOT $9 OR (f.report IS NOT NULL AND r.state <> 4)) AND ($10 = 0 OR f.state = $10)"
    " ORDER BY r.receive_time DESC, r.report DESC LIMIT $11"};

constexpr pg::Statement kListSent = {
    "list_sent_reports", SAMVERKAN_REPORT_COLUMNS("false")
    " WHERE r.municipality = $1 AND r.sender_municipality = $2 AND r.sender_authority = $3"
    "   AND (r.sender_unit_tag = ANY($4::bytea[])"
    "        OR (r.sender_unit_tag IS NULL AND r.sender_tag = ANY($5::bytea[])))"
    "   AND (r.receive_time, r.report) < ($6, $7)"
    "   AND (NOT $8 OR (f.report IS NOT NULL AND r.state <> 4)) AND ($9 = 0 OR f.state = $9)"
    " ORDER BY r.receive_time DESC, r.report DESC LIMIT $10"};

constexpr pg::Statement kListOfChild = {"list_reports_of_child", SAMVERKAN_REPORT_COLUMNS("false")
                                        " WHERE r.municipality = $1 AND r.authority = $2 AND r.child = $3"
                                        " ORDER BY r.receive_time, r.report"};

constexpr pg::Statement kStoreReport = {
    "store_report",
    "UPDATE report SET unit_tag = $3, state = $4::bigint::smallint, on_hold = $5, assignee_tag = $6, handling = $7,"
    "       note_time = $8,"
    "       version = version + 1"
    "  WHERE municipality = $1 AND report = $2"};

// A mark holds for all reports of the child.
constexpr pg::Statement kMarkProtectedIdentity = {
    "mark_protected_identity",
    "UPDATE report SET identity_protected = $4 WHERE municipality = $1 AND authority = $2 AND child = $3"};

constexpr pg::Statement kStoreFeedback = {
    "store_feedback",
    "INSERT INTO feedback (municipality, report, authority, state, ask_time, content)"
    "  VALUES ($1, $2, scope_authority(), $3::bigint::smallint, $4, $5)"
    "  ON CONFLICT (municipality, report) DO UPDATE"
    "  SET state = excluded.state, ask_time = excluded.ask_time, content = excluded.content"};

constexpr pg::Statement kStoreMeeting = {
    "store_report_meeting",
    "INSERT INTO report_meeting (municipality, report, authority, state, content)"
    "  VALUES ($1, $2, scope_authority(), $3::bigint::smallint, $4)"
    "  ON CONFLICT (municipality, report) DO UPDATE SET state = excluded.state, content = excluded.content"};

// Who handles it is sealed in `content`.
constexpr pg::Statement kListWork = {
    "list_work_items",
    "WITH item AS ("
    "  SELECT 'reports' AS collection, r.report AS id, r.child, r.receive_time, r.assignee_tag IS NULL AS unassigned,"
    "         r.acute, r.on_hold, r.state = 1 AS is_new, r.state IN (1, 2) AS open,"
    "         coalesce(f.state = 2, false) AS feedback_owed, false AS to_review, false AS notice_owed, r.data_key,"
    "         r.handling AS content"
    "    FROM report r LEFT JOIN feedback f ON f.municipality = r.municipality AND f.report = r.report"
    "    WHERE r.municipality = $1 AND r.authority = $2 AND r.unit_tag = ANY($3::bytea[]) AND r.state <> 4"
    "      AND (r.state IN (1, 2) OR r.on_hold OR f.state = 2)"
    "  UNION ALL"
    "  SELECT 'investigations', v.investigation, v.child, v.open_time, v.assignee_tag IS NULL, false, false, false, "
    "true,"
    "         false, false,"
    "         (SELECT count(DISTINCT t.concerned) < 2 FROM investigation_step t WHERE t.municipality = v.municipality"
    "            AND t.investigation = v.investigation AND t.concerned IS NOT NULL), v.data_key, v.content"
    "    FROM investigation v"
    "    WHERE v.municipality = $1 AND v.authority = $2 AND v.unit_tag = ANY($3::bytea[]) AND v.state = 1"
    "  UNION ALL"
    "  SELECT 'emergencyAccesses', e.emergency_access, e.child, e.declare_time, false, false, false, false, false,"
    "         false, true, false, e.data_key, e.content"
    "    FROM emergency_access e"
    "    WHERE $10 AND e.municipality = $1 AND e.authority = $2 AND e.state = 1"
    "      AND child_is_handled_by(e.municipality, e.authority, e.child, $3::bytea[])"
    "  UNION ALL"
    "  SELECT h.collection, h.id, h.child, h.create_time, false, false, false, false, false, false, false, false,"
    "         h.data_key, v.content"
    "    FROM (SELECT 'placements' AS collection, placement AS id, municipality, investigation, child, create_time,"
    "                 data_key, authority FROM placement WHERE state = 1"
    "          UNION ALL SELECT 'transfers', transfer, municipality, investigation, child, create_time, data_key,"
    "                 authority FROM transfer WHERE state IN (1, 4)"
    "          UNION ALL SELECT 'followUps', follow_up, municipality, investigation, child, create_time, data_key,"
    "                 authority FROM follow_up WHERE state = 1) AS h"
    "    JOIN investigation v ON v.municipality = h.municipality AND v.investigation = h.investigation"
    "    WHERE h.municipality = $1 AND h.authority = $2 AND v.unit_tag = ANY($3::bytea[])),"
    " timed AS ("
    "  SELECT item.*, coalesce(d.latest, '9999-12-31'::date) AS latest, coalesce(d.overdue, false) AS overdue,"
    "         coalesce(d.due, false) AS due"
    "    FROM item LEFT JOIN LATERAL ("
    "      SELECT min(d.latest_date) AS latest, bool_or(d.latest_date < $5) AS overdue,"
    "             bool_or(d.due_date <= $5 AND d.latest_date >= $5) AS due"
    "        FROM deadline d WHERE d.municipality = $1 AND d.subject = item.id AND d.state = 1) AS d ON true)"
    " SELECT collection, id, receive_time, acute, on_hold, is_new, open AND unassigned, due, overdue, feedback_owed,"
    "        to_review, notice_owed, latest, child, data_key, content,"
    "        EXISTS (SELECT FROM report p WHERE p.municipality = $1 AND p.authority = $2 AND p.child = timed.child"
    "          AND p.identity_protected)"
    "  FROM timed"
    "  WHERE CASE $4 WHEN 0 THEN true WHEN 1 THEN is_new WHEN 2 THEN open AND unassigned WHEN 3 THEN due"
    "                WHEN 4 THEN overdue WHEN 5 THEN feedback_owed WHEN 6 THEN on_hold WHEN 7 THEN to_review"
    "                ELSE notice_owed END"
    "    AND (latest, receive_time, id) > ($6, $7, $8)"
    "  ORDER BY latest, receive_time, id LIMIT $9"};

// ---- reading ----

absl::Status AddNames(const std::string& municipality, const std::vector<pg::Uuid>& ids,
                      google::protobuf::RepeatedPtrField<std::string>& names) {
  for (const pg::Uuid& id : ids) *names.Add() = MakeName(municipality, "reports", id);
  return absl::OkStatus();
}

// The sealed columns of what hangs on a report.
struct SealedParts {
  std::optional<int64_t> feedback_state;
  std::optional<absl::Time> ask_time;
  std::optional<pg::Bytes> feedback, meeting;
};

absl::Status OpenParts(const sealing::DataKey& key, const ResourceKey& id, const SealedParts& parts,
                       ReportRecord& record) {
  if (parts.meeting.has_value()) {
    ASSIGN_OR_RETURN(record.meeting, OpenMeeting(key, id, *parts.meeting));
  }
  if (!parts.feedback_state.has_value() || !parts.feedback.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(record.feedback, OpenFeedback(key, id, *parts.feedback));
  record.feedback->set_state(static_cast<v1::Feedback::State>(*parts.feedback_state));
  if (parts.ask_time.has_value()) *record.feedback->mutable_ask_time() = proto_time::ToProto(*parts.ask_time);
  return absl::OkStatus();
}

absl::StatusOr<ReportRecord> ReadRecord(const pg::Row& row, const std::string& municipality,
                                        const sealing::DataKey& key) {
  ReportRecord record;
  ResourceKey id{municipality, {}};
  pg::Uuid data_key, child;
  std::string authority;
  int64_t state = 0;
  absl::Time receive_time, first_receive_time;
  pg::Bytes submission, handling;
  SealedParts parts;
  std::optional<pg::Uuid> running;
  std::vector<pg::Uuid> siblings, linked;
  Sender& sender = record.sender;
  RETURN_IF_ERROR(row.Into(id.id, data_key, authority, child, state, sender.municipality, sender.authority,
                           receive_time, first_receive_time, record.version, submission, handling, parts.feedback_state,
                           parts.ask_time, parts.feedback, parts.meeting, running, siblings, linked,
                           record.identity_protected, record.emergency_access));
  RETURN_IF_ERROR(OpenHandling(key, id, handling, record));
  v1::Report& report = record.report;
  ASSIGN_OR_RETURN(*report.mutable_submission(), OpenSubmission(key, id, submission));
  report.set_name(MakeName(municipality, "reports", id.id));
  report.set_authority(MakeName(municipality, "authorities", authority));
  report.set_child(child.ToString());
  report.set_state(static_cast<v1::Report::State>(state));
  *report.mutable_receive_time() = proto_time::ToProto(receive_time);
  *report.mutable_first_receive_time() = proto_time::ToProto(first_receive_time);
  RETURN_IF_ERROR(AddNames(municipality, siblings, *report.mutable_sibling_reports()));
  RETURN_IF_ERROR(AddNames(municipality, linked, *report.mutable_linked_reports()));
  RETURN_IF_ERROR(OpenParts(key, id, parts, record));
  if (running.has_value()) record.running_investigation = MakeName(municipality, "investigations", *running);
  return record;
}

// The column `data_key` of SAMVERKAN_REPORT_COLUMNS.
constexpr int kDataKeyColumn = 1;

// A report, and the key that all of it is sealed with.
struct Found {
  ReportRecord record;
  sealing::DataKeyPtr key;
};

// NOT_FOUND, filed with the board whose report it is, where the transaction's scope has
// none such.
absl::Status Hidden(pg::ReadTransaction& transaction, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindHiddenAuthority, pg::Params(id.municipality, id.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound("report");
  return NotFound("report", {.municipality = id.municipality, .authority = *authority});
}

absl::StatusOr<Found> FindIn(pg::ReadTransaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                             const ResourceKey& id) {
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(kFindReport, pg::Params(id.municipality, id.id, parts.tags.DeclarerOf(call.caller), call.now)));
  if (rows.empty()) return Hidden(transaction, id);
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  Found found;
  ASSIGN_OR_RETURN(found.key, KeyOf(parts.keys, call.deadline, data_key, "report"));
  ASSIGN_OR_RETURN(found.record, ReadRecord(rows[0], id.municipality, *found.key));
  ASSIGN_OR_RETURN(*found.record.report.mutable_deadlines(), FindDeadlines(transaction, id, *found.key));
  return found;
}

// Goes on within the scope of the board that has the report, where the caller's board may
// know of it: because it is that board, or sent it.
absl::Status EnterScopeOf(pg::ReadTransaction& transaction, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindAuthority, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return Hidden(transaction, id);
  pg::Scope scope{.municipality = id.municipality};
  ASSIGN_OR_RETURN(scope.authority, rows[0].Get<std::string>(0));
  return transaction.SetScope(scope);
}

// ---- writing ----

outbox::Touched TouchedBy(const ReportRecord& record) {
  const Jurisdiction jurisdiction = JurisdictionOf(record.report);
  outbox::Touched touched{.municipality = jurisdiction.municipality,
                          .authority = jurisdiction.authority,
                          .identity_protected = record.identity_protected};
  if (!record.report.child().empty()) touched.children.push_back(record.report.child());
  touched.resources.push_back(record.report.name());
  return touched;
}

absl::Status StoreMeeting(pg::Transaction& transaction, const ResourceKey& id, const sealing::DataKey& key,
                          const ReportRecord& record) {
  if (!record.meeting.has_value()) return absl::OkStatus();
  return transaction
      .Execute(kStoreMeeting, pg::Params(id.municipality, id.id, int64_t{record.meeting->state()},
                                         SealMeeting(key, id, *record.meeting)))
      .status();
}

absl::Status StoreFeedbackAndMeeting(pg::Transaction& transaction, const ResourceKey& id, const sealing::DataKey& key,
                                     const ReportRecord& record) {
  if (record.feedback.has_value()) {
    const v1::Feedback& feedback = *record.feedback;
    const auto asked =
        feedback.has_ask_time() ? proto_time::FromProto(feedback.ask_time()) : std::optional<absl::Time>();
    RETURN_IF_ERROR(transaction
                        .Execute(kStoreFeedback, pg::Params(id.municipality, id.id, int64_t{feedback.state()}, asked,
                                                            SealFeedback(key, id, feedback)))
                        .status());
  }
  return StoreMeeting(transaction, id, key, record);
}

absl::Status StoreEvents(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                         const idempotency::Request& request, const ReportChange& change) {
  const Jurisdiction jurisdiction = JurisdictionOf(change.after.report);
  for (const Happening& happening : change.happenings) {
    RETURN_IF_ERROR(outbox::Append(
        transaction, outbox::MakeEvent(happening.type, change.after.report.name(), jurisdiction.municipality,
                                       jurisdiction.authority, call.now, happening.attributes)));
  }
  outbox::Touched touched = TouchedBy(change.after);
  touched.legal_basis = change.legal_basis;
  touched.request_id = request.id.ToString();
  if (!change.happenings.empty()) touched.detail = change.happenings.back().type;
  const v1::Report& report = change.after.report;
  if (call.method == kDecideReport && !report.decision().investigation().empty()) {
    touched.resources.push_back(report.decision().investigation());
  }
  if (change.forwarded.has_value()) touched.resources.push_back(report.forwarding().report());
  return parts.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

absl::Status StoreInvestigation(pg::Transaction& transaction, const StoreParts& parts, absl::Time deadline,
                                const ReportChange& change, const std::string& running_before) {
  if (change.opened.has_value()) return InsertInvestigation(transaction, parts, deadline, *change.opened);
  const v1::Report& report = change.after.report;
  if (report.decision().outcome() != v1::Decision::ADDED_TO_RUNNING || running_before.empty()) return absl::OkStatus();
  return AddReportToInvestigation(transaction, running_before, report.name());
}

absl::Status StoreReport(pg::Transaction& transaction, const StoreParts& parts, const ResourceKey& id,
                         const sealing::DataKey& key, const ReportRecord& record, absl::Time now) {
  const v1::Report& report = record.report;
  const Placement placement = PlacementOf(report);
  return transaction
      .Execute(kStoreReport,
               pg::Params(id.municipality, id.id, parts.tags.Unit(placement), int64_t{report.state()}, IsOnHold(report),
                          parts.tags.Assignee(placement), SealHandling(key, id, report, record.sender), now))
      .status();
}

// Keeps whether the child's identity is protected, where the change marked it.
absl::Status StoreMark(pg::Transaction& transaction, const ReportRecord& before, const ReportRecord& after) {
  if (before.identity_protected == after.identity_protected) return absl::OkStatus();
  const Jurisdiction jurisdiction = JurisdictionOf(after.report);
  ASSIGN_OR_RETURN(const pg::Uuid child, pg::Uuid::Parse(after.report.child()));
  return transaction
      .Execute(kMarkProtectedIdentity,
               pg::Params(jurisdiction.municipality, jurisdiction.authority, child, after.identity_protected))
      .status();
}

absl::Status StoreChange(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                         const idempotency::Request& request, const ResourceKey& id, const Found& before,
                         const ReportChange& change) {
  // Nothing happened: nobody's etag goes stale.
  if (change.happenings.empty()) return StoreEvents(transaction, parts, call, request, change);
  const v1::Report& report = change.after.report;
  const v1::Report& report_before = before.record.report;
  RETURN_IF_ERROR(StoreReport(transaction, parts, id, *before.key, change.after, call.now));
  RETURN_IF_ERROR(StoreMark(transaction, before.record, change.after));
  RETURN_IF_ERROR(StoreDeadlines(transaction, id, *before.key, JurisdictionOf(report).authority, "reports",
                                 report_before.deadlines(), report.deadlines()));
  RETURN_IF_ERROR(StoreFeedbackAndMeeting(transaction, id, *before.key, change.after));
  if (!report_before.has_decision() && report.has_decision()) {
    RETURN_IF_ERROR(StoreInvestigation(transaction, parts, call.deadline, change, before.record.running_investigation));
  }
  return StoreEvents(transaction, parts, call, request, change);
}

// A forwarded report is a submission at its destination, in the same transaction and
// under the same request id, told apart by its method. The transaction ends in the scope of
// the destination.
absl::Status StoreForwarded(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                            idempotency::Request request, const ReportChange& change) {
  if (!change.forwarded.has_value()) return absl::OkStatus();
  const std::vector<ReportRecord>& reports = change.forwarded->reports;
  request.method += "#destination";
  ASSIGN_OR_RETURN(const auto keys, StoreSubmissionIn(transaction, parts, call, request, *change.forwarded));
  const Jurisdiction destination = JurisdictionOf(reports.front().report);
  RETURN_IF_ERROR(transaction.SetScope({destination.municipality, destination.authority}));
  // The clocks go on as they stand, with what was met, extended or breached.
  for (size_t i = 0; i < reports.size(); ++i) {
    const auto id = ParseName(reports[i].report.name(), "reports");
    RETURN_IF_ERROR(
        InsertDeadlines(transaction, *id, *keys[i], destination.authority, "reports", reports[i].report.deadlines()));
    RETURN_IF_ERROR(StoreMeeting(transaction, *id, *keys[i], reports[i]));
  }
  return absl::OkStatus();
}

// ---- pages ----

// Columns of kListWork.
constexpr int kWorkItemIdColumn = 1;
constexpr int kWorkItemKeyColumn = 13;

struct WorkPlace {
  absl::CivilDay latest = absl::CivilDay(1, 1, 1);
  absl::Time receive_time = absl::FromUnixSeconds(-62135596800);
  pg::Uuid id;
};

absl::StatusOr<WorkPlace> ParseWorkCursor(const std::string& cursor) {
  WorkPlace place;
  if (cursor.empty()) return place;
  const std::vector<std::string> parts = absl::StrSplit(cursor, '/');
  int64_t microseconds = 0;
  const auto day = proto_time::ParseDay(parts[0]);
  if (parts.size() != 3 || !day.has_value() || !absl::SimpleAtoi(parts[1], &microseconds)) {
    return status::Internal("a sealed cursor does not parse");
  }
  ASSIGN_OR_RETURN(place.id, pg::Uuid::Parse(parts[2]));
  place.latest = *day;
  place.receive_time = absl::FromUnixMicros(microseconds);
  return place;
}

absl::StatusOr<std::string> AssigneeOf(const std::string& collection, const ResourceKey& id,
                                       const sealing::DataKey& key, const pg::Bytes& content) {
  if (collection == "investigations") {
    ASSIGN_OR_RETURN(const v1::Investigation investigation, OpenInvestigation(key, id, content));
    return investigation.assignee();
  }
  // An emergency access is every manager's; what hangs on an investigation, its caseworker's.
  if (collection != "reports") return std::string();
  ReportRecord record;
  RETURN_IF_ERROR(OpenHandling(key, id, content, record));
  return record.report.assignee();
}

absl::StatusOr<ReportStore::Work> ReadWork(const pg::Row& row, const std::string& municipality, const SubjectKeys& keys,
                                           WorkPlace& place) {
  ReportStore::Work work;
  v1::WorkItem& item = work.item;
  std::string collection;
  pg::Uuid data_key, child;
  pg::Bytes content;
  bool acute = false, on_hold = false, is_new = false, unassigned = false, due = false, overdue = false, owed = false,
       to_review = false, notice_owed = false;
  RETURN_IF_ERROR(row.Into(collection, place.id, place.receive_time, acute, on_hold, is_new, unassigned, due, overdue,
                           owed, to_review, notice_owed, place.latest, child, data_key, content,
                           work.identity_protected));
  work.child = child.ToString();
  item.set_resource(MakeName(municipality, collection, place.id));
  if (const auto key = keys.find(place.id); key != keys.end()) {
    ASSIGN_OR_RETURN(*item.mutable_assignee(), AssigneeOf(collection, {municipality, place.id}, *key->second, content));
  }
  item.set_acute(acute);
  item.set_on_hold(on_hold);
  *item.mutable_receive_time() = proto_time::ToProto(place.receive_time);
  const std::pair<bool, v1::WorkItem::ToDo> to_do[] = {{is_new, v1::WorkItem::NEW},
                                                       {unassigned, v1::WorkItem::UNASSIGNED},
                                                       {due, v1::WorkItem::DUE_TODAY},
                                                       {overdue, v1::WorkItem::OVERDUE},
                                                       {owed, v1::WorkItem::FEEDBACK_OWED},
                                                       {on_hold, v1::WorkItem::REVIEW_HOLD},
                                                       {to_review, v1::WorkItem::REVIEW_EMERGENCY_ACCESS},
                                                       {notice_owed, v1::WorkItem::INFORM_CONCERNED}};
  for (const auto& [applies, what] : to_do) {
    if (applies) item.add_to_do(what);
  }
  return work;
}

absl::StatusOr<pg::Rows> QueryList(pg::ReadTransaction& transaction, const Tags& tags, const auth::Caller& caller,
                                   const ReportStore::Filter& filter) {
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(filter.cursor));
  const int64_t limit = int64_t{filter.page_size} + 1;
  const int64_t feedback_state = filter.feedback_state;
  if (!WorksAtSocialServices(caller)) {
    return transaction.Query(kListSent, pg::Params(filter.municipality, caller.municipality, caller.authority,
                                                   tags.SenderUnitsOf(caller), tags.SenderOf(caller), before.time,
                                                   before.id, filter.with_feedback, feedback_state, limit));
  }
  if (caller.municipality != filter.municipality) return NotFound("report");
  std::optional<pg::Uuid> child;
  if (!filter.child.empty()) {
    ASSIGN_OR_RETURN(child, pg::Uuid::Parse(filter.child));
  }
  return transaction.Query(kListHandled, pg::Params(filter.municipality, caller.authority, caller.Has(access::v1::DUTY),
                                                    tags.UnitsOf(caller), tags.AssigneeOf(caller), child, before.time,
                                                    before.id, filter.with_feedback, feedback_state, limit));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReportStore::Submit(const rpc::CallContext& call,
                                                             const idempotency::Request& request,
                                                             ReceivedReports received) {
  return StoreSubmission(parts_, call, request, std::move(received));
}

absl::StatusOr<ReportRecord> ReportStore::Find(const rpc::CallContext& call, const ResourceKey& id) {
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "find_report",
                          [&](pg::ReadTransaction& transaction) -> absl::StatusOr<ReportRecord> {
                            ASSIGN_OR_RETURN(Found found, FindIn(transaction, parts_, call, id));
                            return std::move(found.record);
                          });
}

absl::StatusOr<ReportStore::Changed> ReportStore::Change(const rpc::CallContext& call, const ResourceKey& id,
                                                         const idempotency::Request& request,
                                                         const Transition& transition) {
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {MakeName(id.municipality, "reports", id.id)};
    RETURN_IF_ERROR(EnterScopeOf(transaction, id));
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    RETURN_IF_ERROR(transaction.Query(kLockReport, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(Found before, FindIn(transaction, parts_, call, id));
    if (repeated.has_value()) {
      RETURN_IF_ERROR(parts_.outbox.Append(
          transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, TouchedBy(before.record))));
      return Changed{std::move(before.record), true};
    }
    ASSIGN_OR_RETURN(const ReportChange change, transition(before.record));
    RETURN_IF_ERROR(StoreChange(transaction, parts_, call, request, id, before, change));
    ASSIGN_OR_RETURN(Found after, FindIn(transaction, parts_, call, id));
    RETURN_IF_ERROR(StoreForwarded(transaction, parts_, call, request, change));
    return Changed{std::move(after.record), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "change_report", change);
}

absl::StatusOr<ReportStore::Page> ReportStore::List(const rpc::CallContext& call, const Filter& filter) {
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(const pg::Rows rows, QueryList(transaction, parts_.tags, call.caller, filter));
    ASSIGN_OR_RETURN(SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, kDataKeyColumn));
    Page page;
    std::vector<pg::Uuid> ids;
    size_t bytes = 0;
    for (const pg::Row row : rows) {
      if (static_cast<int32_t>(page.reports.size()) == filter.page_size || bytes > kPageBytes) {
        const v1::Report& last = page.reports.back().report;
        page.next_cursor = MakeListCursor(last.receive_time(), last.name());
        break;
      }
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(ReportRecord record, ReadRecord(row, filter.municipality, *key->second));
      bytes += record.report.ByteSizeLong();
      page.reports.push_back(std::move(record));
      ids.push_back(id);
    }
    ASSIGN_OR_RETURN(auto deadlines, FindDeadlinesOf(transaction, filter.municipality, keys));
    for (size_t i = 0; i < ids.size(); ++i) *page.reports[i].report.mutable_deadlines() = deadlines[ids[i]];
    return page;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "list_reports", list);
}

absl::StatusOr<std::vector<ReportRecord>> ReportStore::ListOfChild(const rpc::CallContext& call,
                                                                   const pg::Uuid& child) {
  const std::string& municipality = call.caller.municipality;
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<ReportRecord>> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListOfChild, pg::Params(municipality, call.caller.authority, child)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, kDataKeyColumn));
    ASSIGN_OR_RETURN(auto deadlines, FindDeadlinesOf(transaction, municipality, keys));
    std::vector<ReportRecord> reports;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(reports.emplace_back(), ReadRecord(row, municipality, *key->second));
      *reports.back().report.mutable_deadlines() = deadlines[id];
    }
    return reports;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, kListOfChild.name, list);
}

absl::StatusOr<ReportStore::WorkPage> ReportStore::ListWork(const rpc::CallContext& call, const WorkFilter& filter) {
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<WorkPage> {
    ASSIGN_OR_RETURN(WorkPlace place, ParseWorkCursor(filter.cursor));
    ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(kListWork,
                          pg::Params(filter.municipality, filter.authority,
                                     parts_.tags.UnitOf(filter.municipality, filter.authority, filter.unit),
                                     int64_t{filter.to_do}, filter.today, place.latest, place.receive_time, place.id,
                                     int64_t{filter.page_size} + 1, call.caller.Has(access::v1::UNIT_MANAGER))));
    ASSIGN_OR_RETURN(const SubjectKeys keys,
                     KeysOf(parts_.keys, call.deadline, rows, kWorkItemIdColumn, kWorkItemKeyColumn));
    WorkPage page;
    std::vector<pg::Uuid> ids;
    for (const pg::Row row : rows) {
      if (static_cast<int32_t>(page.works.size()) == filter.page_size) {
        page.next_cursor = absl::StrCat(proto_time::FormatDay(place.latest), "/",
                                        absl::ToUnixMicros(place.receive_time), "/", place.id.ToString());
        break;
      }
      ASSIGN_OR_RETURN(page.works.emplace_back(), ReadWork(row, filter.municipality, keys, place));
      ids.push_back(place.id);
    }
    ASSIGN_OR_RETURN(auto deadlines, FindPendingDeadlines(transaction, filter.municipality, keys));
    for (size_t i = 0; i < ids.size(); ++i) *page.works[i].item.mutable_deadlines() = deadlines[ids[i]];
    return page;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "list_work_items", list);
}

absl::Status ReportStore::RecordRead(const rpc::CallContext& call, const std::vector<const ReportRecord*>& shown,
                                     const std::vector<std::string>& resources) {
  // One entry an authority: each finds in its own log what was shown of its children.
  TouchedByRead touched(call);
  for (const ReportRecord* const record : shown) {
    outbox::Touched& its = touched.At(JurisdictionOf(record->report), record->identity_protected);
    its.children.push_back(record->report.child());
    its.resources.push_back(record->report.name());
    FileRead read{.placement = PlacementOf(record->report),
                  .by_emergency_access = ReadsInEmergency(call.caller, *record)};
    AddNames(record->report.submission(), read.names);
    ASSIGN_OR_RETURN(const auto signs, parts_.staff_names.SignsOf(call, std::move(read)));
    its.risk_signs.insert(signs.begin(), signs.end());
  }
  return touched.Append(parts_, resources);
}

absl::Status ReportStore::RecordWork(const rpc::CallContext& call, const std::string& unit, const WorkPage& page) {
  const Jurisdiction jurisdiction{call.caller.municipality, call.caller.authority};
  TouchedByRead touched(call);
  touched.At(jurisdiction, /*identity_protected=*/false).resources.push_back(unit);
  for (const Work& work : page.works) {
    outbox::Touched& its = touched.At(jurisdiction, work.identity_protected);
    its.children.push_back(work.child);
    its.resources.push_back(work.item.resource());
  }
  return touched.Append(parts_, {});
}

}  // namespace samverkan::intake
