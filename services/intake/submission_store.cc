#include "services/intake/submission_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "libs/calendar/calendar.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/names.h"
#include "services/intake/report_content.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";

// Joined by what they have in common, the authority.
constexpr pg::JoinedStatement kSubmit = {
    {"submit_reports",
     "SELECT outcome, resources FROM submit_reports($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
     " $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37,"
     " $38, $39, $40, $41, $42, $43, $44, $45, $46)"},
    2};

// The parameters of submit_reports, in its order.
class Submission {
 public:
  Submission(const StoreParts& parts, const rpc::CallContext& call, const idempotency::Request& request,
             ReceivedReports received)
      : parts_(parts),
        call_(call),
        request_(request),
        received_(std::move(received)),
        first_(received_.reports.front()),
        jurisdiction_(JurisdictionOf(first_.report)),
        group_(pg::Uuid::FromTime(call.now)) {}

  absl::StatusOr<pg::Params> Params() {
    pg::Params params(jurisdiction_.municipality, jurisdiction_.authority);
    RETURN_IF_ERROR(CollectReports());
    RETURN_IF_ERROR(AddSubmission(params));
    AddReports(params);
    AddSender(params);
    AddContents(params);
    AddDeadlines(params);
    return params;
  }

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<pg::Uuid>& data_keys() const { return data_keys_; }

 private:
  template <typename T>
  static std::vector<T> Once(T value) {
    return {std::move(value)};
  }

  // What all reports of the submission have in common.
  template <typename T>
  std::vector<T> ForEach(const T& value) const {
    return std::vector<T>(received_.reports.size(), value);
  }

  absl::Status CollectReports() {
    for (ReportRecord& record : received_.reports) {
      const auto key = ParseName(record.report.name(), "reports");
      if (!key.has_value()) return status::Internal("a new report has no name");
      names_.push_back(record.report.name());
      ids_.push_back(key->id);
      children_.push_back(pg::Uuid::Random());
      CollectBlindIndexes(record.report.submission().child());
      RETURN_IF_ERROR(CollectContents(*key, record));
      RETURN_IF_ERROR(CollectEvent(record.report));
      CollectDeadlines(key->id, record.report);
    }
    return absl::OkStatus();
  }

  // A child that nobody could name gets none.
  void CollectBlindIndexes(const v1::Child& child) {
    const std::string digits = IdentityDigits(child, calendar::LegalDay(call_.now));
    std::optional<pg::Bytes> index, old_index;
    if (!digits.empty()) {
      std::vector<pg::Bytes> tags = parts_.tags.Child(jurisdiction_.municipality, jurisdiction_.authority, digits);
      index = std::move(tags.front());
      if (tags.size() > 1) old_index = std::move(tags[1]);
    }
    blind_indexes_.push_back(std::move(index));
    old_blind_indexes_.push_back(std::move(old_index));
  }

  // Each report has a key of its own, for each child can be erased for itself.
  absl::Status CollectContents(const ResourceKey& id, ReportRecord& record) {
    ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, parts_.keys.Fresh(call_.deadline));
    data_keys_.push_back(key->id());
    submissions_.push_back(SealSubmission(*key, id, record.report.submission()));
    // The submission is most of the report, and not copied only to be left out.
    v1::Submission* const submission = record.report.release_submission();
    handlings_.push_back(SealHandling(*key, id, record.report, record.sender));
    record.report.set_allocated_submission(submission);
    feedback_.push_back(record.feedback.has_value() ? std::optional(SealFeedback(*key, id, *record.feedback))
                                                    : std::nullopt);
    meetings_.push_back(record.meeting.has_value() ? std::optional(SealMeeting(*key, id, *record.meeting))
                                                   : std::nullopt);
    return absl::OkStatus();
  }

  absl::Status CollectEvent(const v1::Report& report) {
    const auto event = outbox::MakeEvent("report.received", report.name(), jurisdiction_.municipality,
                                         jurisdiction_.authority, call_.now, EventAttributes());
    ASSIGN_OR_RETURN(const pg::Uuid id, pg::Uuid::Parse(event.id()));
    events_.push_back(id);
    event_contents_.push_back(pg::Bytes{event.SerializeAsString()});
    return absl::OkStatus();
  }

  std::map<std::string, std::string> EventAttributes() const {
    const v1::Report& report = first_.report;
    std::map<std::string, std::string> attributes = UnitAttribute(report);
    attributes["kind"] = v1::EntryKind_Name(report.submission().kind());
    // What the reception wrote instead of a category can be anything.
    const auto& faults = report.formal_faults();
    const bool known = std::find(faults.begin(), faults.end(), "REPORTER_CATEGORY_UNKNOWN") == faults.end();
    attributes["reporter_category"] = known ? report.submission().reporter().category() : "unknown";
    return attributes;
  }

  // No decision is needed where an investigation runs already; feedback is then owed at once.
  void CollectDeadlines(const pg::Uuid& id, const v1::Report& report) {
    if (!received_.forwarded) {
      for (const v1::Deadline& deadline : report.deadlines()) {
        CollectDeadline(id, deadline, deadline.clock() == kDecisionToOpen ? "IF_NOT_RUNNING" : "ALWAYS");
      }
    }
    if (received_.feedback_clock_if_running.has_value()) {
      CollectDeadline(id, *received_.feedback_clock_if_running, "IF_RUNNING");
    }
  }

  void CollectDeadline(const pg::Uuid& report, const v1::Deadline& deadline, const std::string& condition) {
    subjects_.push_back(report);
    clocks_.push_back(deadline.clock());
    rules_.push_back(deadline.rule());
    legal_bases_.push_back(deadline.legal_basis());
    unverified_.push_back(deadline.unverified());
    started_by_.push_back(deadline.started_by());
    starts_.push_back(proto_time::FromProto(deadline.start_time()).value_or(call_.now));
    due_.push_back(proto_time::ParseDay(deadline.due_date()));
    latest_.push_back(proto_time::ParseDay(deadline.latest_date()));
    conditions_.push_back(condition);
  }

  absl::Status AddSubmission(pg::Params& params) const {
    const auto entry = outbox::MakeAuditEntry(call_, kProducer, audit::v1::GRANTED,
                                              {.municipality = jurisdiction_.municipality,
                                               .authority = jurisdiction_.authority,
                                               .resources = names_,
                                               .request_id = request_.id.ToString()});
    ASSIGN_OR_RETURN(const outbox::SealedEntry sealed, parts_.outbox.Seal(entry));
    params.Add(Once(group_)).Add(Once(request_.municipality)).Add(Once(pg::Bytes{request_.caller}));
    params.Add(Once(request_.method)).Add(Once(request_.id)).Add(Once(pg::Bytes{request_.fingerprint}));
    params.Add(Once(call_.now)).Add(Once(sealed.id)).Add(Once(sealed.data_key)).Add(Once(sealed.content));
    return absl::OkStatus();
  }

  void AddReports(pg::Params& params) const {
    const Placement placement = PlacementOf(first_.report);
    params.Add(ForEach(group_)).Add(ids_).Add(names_).Add(ForEach(parts_.tags.Unit(placement))).Add(children_);
    params.Add(ForEach(parts_.tags.key_id())).Add(blind_indexes_).Add(old_blind_indexes_);
    params.Add(ForEach(IsOnHold(first_.report))).Add(ForEach(first_.report.submission().concern().acute()));
  }

  void AddSender(pg::Params& params) const {
    const Sender& sender = first_.sender;
    params.Add(ForEach(sender.municipality)).Add(ForEach(sender.authority));
    params.Add(ForEach(parts_.tags.SenderUnit(sender))).Add(ForEach(parts_.tags.SenderPerson(sender)));
    params.Add(ForEach(proto_time::FromProto(first_.report.receive_time()).value_or(call_.now)));
    params.Add(ForEach(proto_time::FromProto(first_.report.first_receive_time()).value_or(call_.now)));
  }

  void AddContents(pg::Params& params) const {
    params.Add(data_keys_).Add(submissions_).Add(handlings_).Add(feedback_).Add(meetings_);
    params.Add(events_).Add(ForEach(call_.now)).Add(event_contents_);
  }

  void AddDeadlines(pg::Params& params) const {
    params.Add(subjects_).Add(clocks_).Add(rules_).Add(legal_bases_).Add(unverified_).Add(started_by_);
    params.Add(starts_).Add(due_).Add(latest_).Add(conditions_);
  }

  const StoreParts& parts_;
  const rpc::CallContext& call_;
  const idempotency::Request& request_;
  ReceivedReports received_;
  const ReportRecord& first_;
  const Jurisdiction jurisdiction_;
  const pg::Uuid group_;
  std::vector<std::string> names_, clocks_, rules_, legal_bases_, started_by_, conditions_;
  std::vector<pg::Uuid> ids_, children_, data_keys_, events_, subjects_;
  std::vector<std::optional<pg::Bytes>> blind_indexes_, old_blind_indexes_, feedback_, meetings_;
  std::vector<pg::Bytes> submissions_, handlings_, event_contents_;
  std::vector<bool> unverified_;
  std::vector<absl::Time> starts_;
  std::vector<std::optional<absl::CivilDay>> due_, latest_;
};

// The names of what the request made, now or the first time.
absl::StatusOr<std::vector<std::string>> ReadNames(const pg::Rows& rows, const std::vector<std::string>& own) {
  if (rows.size() != 1) return status::Internal("a submission did not get its outcome");
  std::string outcome;
  std::optional<std::vector<std::string>> known;
  RETURN_IF_ERROR(rows[0].Into(outcome, known));
  if (outcome == "CREATED") return own;
  if (outcome == "REPEATED" && known.has_value()) return *std::move(known);
  return idempotency::Reused();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> StoreSubmission(const StoreParts& parts, const rpc::CallContext& call,
                                                         const idempotency::Request& request,
                                                         ReceivedReports received) {
  Submission submission(parts, call, request, std::move(received));
  ASSIGN_OR_RETURN(pg::Params params, submission.Params());
  ASSIGN_OR_RETURN(const pg::Rows rows, parts.writer.Execute(kSubmit, std::move(params), "", call.deadline));
  return ReadNames(rows, submission.names());
}

absl::StatusOr<std::vector<sealing::DataKeyPtr>> StoreSubmissionIn(pg::Transaction& transaction,
                                                                   const StoreParts& parts,
                                                                   const rpc::CallContext& call,
                                                                   const idempotency::Request& request,
                                                                   ReceivedReports received) {
  Submission submission(parts, call, request, std::move(received));
  ASSIGN_OR_RETURN(const pg::Params params, submission.Params());
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kSubmit.statement, params));
  RETURN_IF_ERROR(ReadNames(rows, submission.names()).status());
  return parts.keys.FindAll(submission.data_keys(), call.deadline);
}

}  // namespace samverkan::intake
