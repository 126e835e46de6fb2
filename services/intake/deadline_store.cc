#include "services/intake/deadline_store.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::intake {
namespace {

constexpr pg::Statement kFindDeadlines = {
    "find_deadlines",
    "SELECT subject, clock, rule, legal_basis, unverified, started_by, start_time, due_date, latest_date, state,"
    "       end_time, breach_time, extensions"
    "  FROM deadline WHERE municipality = $1 AND subject = $2 ORDER BY start_time, clock"};

constexpr pg::Statement kFindDeadlinesOf = {
    "find_deadlines_of",
    "SELECT subject, clock, rule, legal_basis, unverified, started_by, start_time, due_date, latest_date, state,"
    "       end_time, breach_time, extensions"
    "  FROM deadline WHERE municipality = $1 AND subject = ANY($2) ORDER BY start_time, clock"};

constexpr pg::Statement kFindPendingDeadlines = {
    "find_pending_deadlines",
    "SELECT subject, clock, rule, legal_basis, unverified, started_by, start_time, due_date, latest_date, state,"
    "       end_time, breach_time, extensions"
    "  FROM deadline WHERE municipality = $1 AND subject = ANY($2) AND state = 1 ORDER BY latest_date, clock"};

constexpr pg::Statement kStoreDeadline = {
    "store_deadline",
    "INSERT INTO deadline (municipality, subject, clock, start_time, authority, collection, rule, legal_basis,"
    "                      unverified, started_by, due_date, latest_date, state, end_time, breach_time, extensions)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::bigint::smallint, $14, $15, $16)"
    "  ON CONFLICT (municipality, subject, clock, start_time) DO UPDATE"
    "  SET due_date = excluded.due_date, latest_date = excluded.latest_date, state = excluded.state,"
    "      end_time = excluded.end_time, extensions = excluded.extensions,"
    "      breach_time = coalesce(deadline.breach_time, excluded.breach_time)"};

constexpr pg::Statement kMarkBreaches = {
    "mark_breaches",
    "WITH late AS ("
    "  SELECT municipality, subject, clock, start_time FROM deadline"
    "    WHERE state = 1 AND breach_time IS NULL AND latest_date < $1"
    "    ORDER BY latest_date LIMIT $3 FOR UPDATE SKIP LOCKED)"
    " UPDATE deadline AS d SET breach_time = $2 FROM late"
    "   WHERE d.municipality = late.municipality AND d.subject = late.subject AND d.clock = late.clock"
    "     AND d.start_time = late.start_time"
    " RETURNING d.municipality, d.authority, d.collection,"
    "   d.subject, d.clock, d.rule, d.legal_basis, d.unverified, d.started_by, d.start_time, d.due_date, d.latest_date,"
    "   d.state, d.end_time, d.breach_time"};

using OptionalDay = std::optional<absl::CivilDay>;
using OptionalTime = std::optional<absl::Time>;

std::string DayText(const OptionalDay& day) { return day.has_value() ? proto_time::FormatDay(*day) : std::string(); }

OptionalDay ParsedDay(const std::string& text) { return text.empty() ? OptionalDay() : proto_time::ParseDay(text); }

OptionalTime ParsedTime(bool set, const google::protobuf::Timestamp& time) {
  return set ? proto_time::FromProto(time) : OptionalTime();
}

// Which cell a clock's extensions stand in. `rest` must outlive it.
sealing::Cell CellOf(const std::string& municipality, const pg::Uuid& subject, const std::string& rest) {
  return {.column = "intake.deadline.extensions", .municipality = municipality, .row = subject, .rest = rest};
}

std::string RestOf(const std::string& clock, absl::Time start) {
  return absl::StrCat(clock, "/", absl::ToUnixMicros(start));
}

absl::Status OpenExtensions(const pg::Bytes& sealed, const std::string& municipality, const pg::Uuid& subject,
                            absl::Time start, const sealing::DataKey& key, v1::Deadline& deadline) {
  const std::string rest = RestOf(deadline.clock(), start);
  ASSIGN_OR_RETURN(const std::string content, key.Open(CellOf(municipality, subject, rest), sealed));
  v1::Deadline extensions;
  if (!extensions.ParseFromString(content)) return status::Internal("stored extensions do not parse");
  *deadline.mutable_extensions() = std::move(*extensions.mutable_extensions());
  return absl::OkStatus();
}

// Reads the columns from `first` on: clock, rule, …, breach_time.
absl::StatusOr<v1::Deadline> ReadDeadline(const pg::Row& row, int first) {
  v1::Deadline deadline;
  ASSIGN_OR_RETURN(*deadline.mutable_clock(), row.Get<std::string>(first));
  ASSIGN_OR_RETURN(*deadline.mutable_rule(), row.Get<std::string>(first + 1));
  ASSIGN_OR_RETURN(*deadline.mutable_legal_basis(), row.Get<std::string>(first + 2));
  ASSIGN_OR_RETURN(const bool unverified, row.Get<bool>(first + 3));
  deadline.set_unverified(unverified);
  ASSIGN_OR_RETURN(*deadline.mutable_started_by(), row.Get<std::string>(first + 4));
  ASSIGN_OR_RETURN(const absl::Time start, row.Get<absl::Time>(first + 5));
  *deadline.mutable_start_time() = proto_time::ToProto(start);
  ASSIGN_OR_RETURN(const OptionalDay due, row.Get<OptionalDay>(first + 6));
  deadline.set_due_date(DayText(due));
  ASSIGN_OR_RETURN(const OptionalDay latest, row.Get<OptionalDay>(first + 7));
  deadline.set_latest_date(DayText(latest));
  ASSIGN_OR_RETURN(const int64_t state, row.Get<int64_t>(first + 8));
  deadline.set_state(static_cast<v1::Deadline::State>(state));
  ASSIGN_OR_RETURN(const OptionalTime end, row.Get<OptionalTime>(first + 9));
  if (end.has_value()) *deadline.mutable_end_time() = proto_time::ToProto(*end);
  ASSIGN_OR_RETURN(const OptionalTime breach, row.Get<OptionalTime>(first + 10));
  if (breach.has_value()) *deadline.mutable_breach_time() = proto_time::ToProto(*breach);
  return deadline;
}

// The same with the extensions that follow.
absl::StatusOr<v1::Deadline> ReadWhole(const pg::Row& row, int first, const std::string& municipality,
                                       const pg::Uuid& subject, const sealing::DataKey& key) {
  ASSIGN_OR_RETURN(v1::Deadline deadline, ReadDeadline(row, first));
  ASSIGN_OR_RETURN(const auto sealed, row.Get<std::optional<pg::Bytes>>(first + 11));
  if (!sealed.has_value()) return deadline;
  ASSIGN_OR_RETURN(const absl::Time start, row.Get<absl::Time>(first + 5));
  RETURN_IF_ERROR(OpenExtensions(*sealed, municipality, subject, start, key, deadline));
  return deadline;
}

absl::StatusOr<std::map<pg::Uuid, Deadlines>> FindBySubject(pg::ReadTransaction& transaction,
                                                            const pg::Statement& statement,
                                                            const std::string& municipality,
                                                            const SubjectKeys& subjects) {
  std::vector<pg::Uuid> ids;
  for (const auto& [subject, key] : subjects) ids.push_back(subject);
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(statement, pg::Params(municipality, ids)));
  std::map<pg::Uuid, Deadlines> found;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(const pg::Uuid subject, row.Get<pg::Uuid>(0));
    ASSIGN_OR_RETURN(*found[subject].Add(), ReadWhole(row, 1, municipality, subject, *subjects.at(subject)));
  }
  return found;
}

bool IsSameClock(const v1::Deadline& a, const v1::Deadline& b) {
  return a.clock() == b.clock() && a.start_time().seconds() == b.start_time().seconds() &&
         a.start_time().nanos() == b.start_time().nanos();
}

bool IsUnchanged(const v1::Deadline& deadline, const Deadlines& before) {
  for (const v1::Deadline& other : before) {
    if (IsSameClock(other, deadline)) return other.SerializeAsString() == deadline.SerializeAsString();
  }
  return false;
}

bool WasBreached(const v1::Deadline& deadline, const Deadlines& before) {
  for (const v1::Deadline& other : before) {
    if (IsSameClock(other, deadline)) return other.has_breach_time();
  }
  return false;
}

std::optional<pg::Bytes> SealExtensions(const ResourceKey& subject, absl::Time start, const sealing::DataKey& key,
                                        const v1::Deadline& deadline) {
  if (deadline.extensions().empty()) return std::nullopt;
  v1::Deadline extensions;
  *extensions.mutable_extensions() = deadline.extensions();
  const std::string rest = RestOf(deadline.clock(), start);
  return key.Seal(CellOf(subject.municipality, subject.id, rest), extensions.SerializeAsString());
}

absl::Status StoreDeadline(pg::Transaction& transaction, const ResourceKey& subject, const sealing::DataKey& key,
                           const std::string& authority, const std::string& collection, const v1::Deadline& deadline) {
  const absl::Time start = proto_time::FromProto(deadline.start_time()).value_or(absl::UnixEpoch());
  return transaction
      .Execute(kStoreDeadline,
               pg::Params(subject.municipality, subject.id, deadline.clock(), start, authority, collection,
                          deadline.rule(), deadline.legal_basis(), deadline.unverified(), deadline.started_by(),
                          ParsedDay(deadline.due_date()), ParsedDay(deadline.latest_date()), int64_t{deadline.state()},
                          ParsedTime(deadline.has_end_time(), deadline.end_time()),
                          ParsedTime(deadline.has_breach_time(), deadline.breach_time()),
                          SealExtensions(subject, start, key, deadline)))
      .status();
}

}  // namespace

absl::StatusOr<Deadlines> FindDeadlines(pg::ReadTransaction& transaction, const ResourceKey& subject,
                                        const sealing::DataKey& key) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kFindDeadlines, pg::Params(subject.municipality, subject.id)));
  Deadlines deadlines;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(*deadlines.Add(), ReadWhole(row, 1, subject.municipality, subject.id, key));
  }
  return deadlines;
}

absl::StatusOr<std::map<pg::Uuid, Deadlines>> FindDeadlinesOf(pg::ReadTransaction& transaction,
                                                              const std::string& municipality,
                                                              const SubjectKeys& subjects) {
  return FindBySubject(transaction, kFindDeadlinesOf, municipality, subjects);
}

absl::StatusOr<std::map<pg::Uuid, Deadlines>> FindPendingDeadlines(pg::ReadTransaction& transaction,
                                                                   const std::string& municipality,
                                                                   const SubjectKeys& subjects) {
  return FindBySubject(transaction, kFindPendingDeadlines, municipality, subjects);
}

absl::Status StoreDeadlines(pg::Transaction& transaction, const ResourceKey& subject, const sealing::DataKey& key,
                            const std::string& authority, const std::string& collection, const Deadlines& before,
                            const Deadlines& after) {
  for (const v1::Deadline& deadline : after) {
    if (IsUnchanged(deadline, before)) continue;
    RETURN_IF_ERROR(StoreDeadline(transaction, subject, key, authority, collection, deadline));
    if (!deadline.has_breach_time() || WasBreached(deadline, before)) continue;
    const Breach breach{subject.municipality, authority, MakeName(subject.municipality, collection, subject.id),
                        deadline};
    RETURN_IF_ERROR(TellOfBreach(transaction, breach));
  }
  return absl::OkStatus();
}

absl::Status InsertDeadlines(pg::Transaction& transaction, const ResourceKey& subject, const sealing::DataKey& key,
                             const std::string& authority, const std::string& collection, const Deadlines& deadlines) {
  for (const v1::Deadline& deadline : deadlines) {
    RETURN_IF_ERROR(StoreDeadline(transaction, subject, key, authority, collection, deadline));
  }
  return absl::OkStatus();
}

absl::Status TellOfBreach(pg::Transaction& transaction, const Breach& breach) {
  const absl::Time time = proto_time::FromProto(breach.deadline.breach_time()).value_or(absl::UnixEpoch());
  return outbox::Append(
      transaction, outbox::MakeEvent("deadline.breached", breach.resource, breach.municipality, breach.authority, time,
                                     {{"clock", breach.deadline.clock()},
                                      {"rule", breach.deadline.rule()},
                                      {"legal_basis", breach.deadline.legal_basis()},
                                      {"latest_date", breach.deadline.latest_date()}}));
}

absl::StatusOr<std::vector<Breach>> MarkBreaches(pg::Transaction& transaction, absl::CivilDay today, absl::Time now,
                                                 int64_t most) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kMarkBreaches, pg::Params(today, now, most)));
  std::vector<Breach> breaches;
  for (const pg::Row row : rows) {
    Breach breach;
    ASSIGN_OR_RETURN(breach.municipality, row.Get<std::string>(0));
    ASSIGN_OR_RETURN(breach.authority, row.Get<std::string>(1));
    ASSIGN_OR_RETURN(const std::string collection, row.Get<std::string>(2));
    ASSIGN_OR_RETURN(const pg::Uuid subject, row.Get<pg::Uuid>(3));
    breach.resource = MakeName(breach.municipality, collection, subject);
    ASSIGN_OR_RETURN(breach.deadline, ReadDeadline(row, 4));
    breaches.push_back(std::move(breach));
  }
  return breaches;
}

}  // namespace samverkan::intake
