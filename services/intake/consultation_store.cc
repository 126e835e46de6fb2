#include "services/intake/consultation_store.h"

#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/list_cursor.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";
constexpr char kCollection[] = "consultations";

// What a ConsultationRecord is read from; ReadRecord has the same order.
#define SAMVERKAN_CONSULTATION_COLUMNS                                                         \
  "SELECT c.consultation, c.authority, c.asker_municipality, c.asker_authority, c.asker_unit," \
  "       c.asker_subject, c.asker_system, c.create_time, c.version, c.content"                \
  "  FROM consultation c"

constexpr pg::Statement kFindConsultation = {
    "find_consultation", SAMVERKAN_CONSULTATION_COLUMNS " WHERE c.municipality = $1 AND c.consultation = $2"};

// A statement of its own, so that the read after it sees what it waited for.
constexpr pg::Statement kLockConsultation = {
    "lock_consultation", "SELECT 1::bigint FROM consultation WHERE municipality = $1 AND consultation = $2 FOR UPDATE"};

constexpr pg::Statement kInsertConsultation = {
    "insert_consultation",
    "INSERT INTO consultation (municipality, consultation, authority, asker_municipality, asker_authority, asker_unit,"
    "                          asker_subject, asker_system, create_time, content)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};

constexpr pg::Statement kStoreConsultation = {
    "store_consultation",
    "UPDATE consultation SET content = $3, version = version + 1 WHERE municipality = $1 AND consultation = $2"};

// Either half goes along an index of its own and no further than a page.
constexpr pg::Statement kListConsultations = {
    "list_consultations",
    "(" SAMVERKAN_CONSULTATION_COLUMNS
    " WHERE $2 AND c.municipality = $1 AND c.authority = $3 AND (c.create_time, c.consultation) < ($7, $8)"
    " ORDER BY c.create_time DESC, c.consultation DESC LIMIT $9)"
    " UNION "
    "(" SAMVERKAN_CONSULTATION_COLUMNS
    " WHERE c.municipality = $1 AND c.asker_municipality = $10 AND c.asker_authority = $3"
    "   AND (c.asker_unit = ANY($4) OR (c.asker_unit = '' AND c.asker_subject = $5 AND c.asker_system = $6))"
    "   AND (c.create_time, c.consultation) < ($7, $8)"
    " ORDER BY c.create_time DESC, c.consultation DESC LIMIT $9)"
    " ORDER BY create_time DESC, consultation DESC LIMIT $9"};

absl::StatusOr<ConsultationRecord> ReadRecord(const pg::Row& row, const std::string& municipality) {
  ConsultationRecord record;
  pg::Uuid id;
  std::string authority;
  absl::Time create_time;
  pg::Bytes content;
  Sender& asker = record.asker;
  RETURN_IF_ERROR(row.Into(id, authority, asker.municipality, asker.authority, asker.unit, asker.subject, asker.system,
                           create_time, record.version, content));
  v1::Consultation& consultation = record.consultation;
  if (!consultation.ParseFromString(content.data)) return status::Internal("a stored consultation does not parse");
  consultation.set_name(MakeName(municipality, kCollection, id));
  consultation.set_authority(MakeName(municipality, "authorities", authority));
  *consultation.mutable_create_time() = proto_time::ToProto(create_time);
  return record;
}

absl::StatusOr<ConsultationRecord> FindIn(pg::ReadTransaction& transaction, const ResourceKey& key) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindConsultation, pg::Params(key.municipality, key.id)));
  if (rows.empty()) return NotFound("consultation");
  return ReadRecord(rows[0], key.municipality);
}

absl::StatusOr<ResourceKey> KeyOf(const std::string& name) {
  auto key = ParseName(name, kCollection);
  if (!key.has_value()) return status::Internal("a consultation has no name");
  return *std::move(key);
}

// What other columns hold is taken out before the rest is stored as one.
std::string Content(v1::Consultation consultation) {
  consultation.clear_name();
  consultation.clear_authority();
  consultation.clear_create_time();
  consultation.clear_etag();
  return consultation.SerializeAsString();
}

// A consultation is about no child that is known, so it stands in no child's file.
outbox::Touched TouchedBy(const ConsultationRecord& record) {
  const Jurisdiction jurisdiction = JurisdictionOf(record.consultation);
  return {.municipality = jurisdiction.municipality,
          .authority = jurisdiction.authority,
          .resources = {record.consultation.name()},
          .retention = audit::v1::OPERATION};
}

absl::Status StoreEvent(pg::Transaction& transaction, const rpc::CallContext& call, const ConsultationChange& change) {
  outbox::Touched touched = TouchedBy(change.after);
  touched.detail = change.happening.type;
  RETURN_IF_ERROR(outbox::Append(
      transaction, outbox::MakeEvent(change.happening.type, change.after.consultation.name(), touched.municipality,
                                     touched.authority, call.now, change.happening.attributes)));
  return outbox::Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

absl::Status Insert(pg::Transaction& transaction, const ResourceKey& key, const ConsultationRecord& record) {
  const Sender& asker = record.asker;
  const absl::Time created = proto_time::FromProto(record.consultation.create_time()).value_or(absl::UnixEpoch());
  return transaction
      .Execute(kInsertConsultation, pg::Params(key.municipality, key.id, JurisdictionOf(record.consultation).authority,
                                               asker.municipality, asker.authority, asker.unit, asker.subject,
                                               asker.system, created, pg::Bytes{Content(record.consultation)}))
      .status();
}

}  // namespace

absl::StatusOr<ConsultationStore::Changed> ConsultationStore::Create(const rpc::CallContext& call,
                                                                     const idempotency::Request& request,
                                                                     const ConsultationRecord& record) {
  ASSIGN_OR_RETURN(const ResourceKey key, KeyOf(record.consultation.name()));
  return pool_.Write(
      call.deadline, "create_consultation", [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
        ASSIGN_OR_RETURN(const auto repeated,
                         idempotency::Claim(transaction, request, {record.consultation.name()}, call.now));
        if (repeated.has_value()) {
          ASSIGN_OR_RETURN(const ResourceKey first, KeyOf(repeated->front()));
          ASSIGN_OR_RETURN(ConsultationRecord found, FindIn(transaction, first));
          return Changed{std::move(found), true};
        }
        RETURN_IF_ERROR(Insert(transaction, key, record));
        RETURN_IF_ERROR(StoreEvent(transaction, call, {record, {"consultation.created", {}}}));
        return Changed{record, false};
      });
}

absl::StatusOr<ConsultationRecord> ConsultationStore::Find(absl::Time deadline, const ResourceKey& key) {
  return pool_.Read(deadline, "find_consultation",
                    [&](pg::ReadTransaction& transaction) { return FindIn(transaction, key); });
}

absl::StatusOr<ConsultationStore::Changed> ConsultationStore::Change(const rpc::CallContext& call,
                                                                     const ResourceKey& key,
                                                                     const idempotency::Request& request,
                                                                     const Transition& transition) {
  return pool_.Write(
      call.deadline, "change_consultation", [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
        const std::vector<std::string> resources = {MakeName(key.municipality, kCollection, key.id)};
        ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
        RETURN_IF_ERROR(transaction.Query(kLockConsultation, pg::Params(key.municipality, key.id)).status());
        ASSIGN_OR_RETURN(ConsultationRecord before, FindIn(transaction, key));
        if (repeated.has_value()) return Changed{std::move(before), true};
        ASSIGN_OR_RETURN(const ConsultationChange change, transition(std::move(before)));
        RETURN_IF_ERROR(transaction
                            .Execute(kStoreConsultation, pg::Params(key.municipality, key.id,
                                                                    pg::Bytes{Content(change.after.consultation)}))
                            .status());
        RETURN_IF_ERROR(StoreEvent(transaction, call, change));
        ASSIGN_OR_RETURN(ConsultationRecord after, FindIn(transaction, key));
        return Changed{std::move(after), false};
      });
}

absl::StatusOr<ConsultationStore::Page> ConsultationStore::List(const rpc::CallContext& call,
                                                                const std::string& municipality, int32_t page_size,
                                                                const std::string& cursor) {
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const auth::Caller& caller = call.caller;
  const bool staff = IsStaffOf(caller, {municipality, caller.authority});
  return pool_.Read(call.deadline, "list_consultations", [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(kListConsultations,
                          pg::Params(municipality, staff, caller.authority, caller.units, caller.subject, caller.system,
                                     before.time, before.id, int64_t{page_size} + 1, caller.municipality)));
    Page page;
    for (const pg::Row row : rows) {
      if (page.consultations.size() == static_cast<size_t>(page_size)) {
        page.next_cursor = MakeListCursor(page.consultations.back().consultation.create_time(),
                                          page.consultations.back().consultation.name());
        break;
      }
      ASSIGN_OR_RETURN(ConsultationRecord record, ReadRecord(row, municipality));
      page.consultations.push_back(std::move(record));
    }
    return page;
  });
}

absl::Status ConsultationStore::RecordRead(const rpc::CallContext& call,
                                           const std::vector<const ConsultationRecord*>& shown) {
  outbox::Touched touched{
      .municipality = call.caller.municipality, .authority = call.caller.authority, .retention = audit::v1::OPERATION};
  for (const ConsultationRecord* const record : shown) {
    const Jurisdiction jurisdiction = JurisdictionOf(record->consultation);
    touched.municipality = jurisdiction.municipality;
    touched.authority = jurisdiction.authority;
    touched.resources.push_back(record->consultation.name());
  }
  return outbox::Append(writer_, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched), call.deadline);
}

}  // namespace samverkan::intake
