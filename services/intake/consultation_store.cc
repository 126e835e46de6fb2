#include "services/intake/consultation_store.h"

#include <array>
#include <utility>

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
#include "services/intake/list_cursor.h"
#include "services/intake/store.pb.h"

namespace samverkan::intake {
namespace {

constexpr char kProducer[] = "intake";
constexpr char kCollection[] = "consultations";

// What a ConsultationRecord is read from; ReadRecord has the same order.
#define SAMVERKAN_CONSULTATION_COLUMNS                                                       \
  "SELECT c.consultation, c.data_key, c.authority, c.asker_municipality, c.asker_authority," \
  "       c.create_time, c.version, c.content"                                               \
  "  FROM consultation c"

constexpr pg::Statement kFindConsultation = {
    "find_consultation", SAMVERKAN_CONSULTATION_COLUMNS " WHERE c.municipality = $1 AND c.consultation = $2"};

// A statement of its own, so that the read after it sees what it waited for.
constexpr pg::Statement kLockConsultation = {
    "lock_consultation", "SELECT 1::bigint FROM consultation WHERE municipality = $1 AND consultation = $2 FOR UPDATE"};

constexpr pg::Statement kInsertConsultation = {
    "insert_consultation",
    "INSERT INTO consultation (municipality, consultation, authority, asker_municipality, asker_authority,"
    "                          asker_unit_tag, asker_tag, index_key, create_time, data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};

constexpr pg::Statement kStoreConsultation = {
    "store_consultation",
    "UPDATE consultation SET content = $3, version = version + 1 WHERE municipality = $1 AND consultation = $2"};

// Either half goes along an index of its own and no further than a page.
constexpr pg::Statement kListConsultations = {
    "list_consultations",
    "(" SAMVERKAN_CONSULTATION_COLUMNS
    " WHERE $2 AND c.municipality = $1 AND c.authority = $3 AND (c.create_time, c.consultation) < ($6, $7)"
    " ORDER BY c.create_time DESC, c.consultation DESC LIMIT $8)"
    " UNION "
    "(" SAMVERKAN_CONSULTATION_COLUMNS
    " WHERE c.municipality = $1 AND c.asker_municipality = $9 AND c.asker_authority = $3"
    "   AND (c.asker_unit_tag = ANY($4::bytea[])"
    "        OR (c.asker_unit_tag IS NULL AND c.asker_tag = ANY($5::bytea[])))"
    "   AND (c.create_time, c.consultation) < ($6, $7)"
    " ORDER BY c.create_time DESC, c.consultation DESC LIMIT $8)"
    " ORDER BY create_time DESC, consultation DESC LIMIT $8"};

constexpr pg::Statement kFindAuthority = {
    "find_authority_of_consultation",
    "SELECT authority FROM consultation WHERE municipality = $1 AND consultation = $2"};
constexpr pg::Statement kFindHiddenAuthority = {"find_hidden_authority_of_consultation",
                                                "SELECT authority_of_consultation($1, $2)"};

// The column `data_key` of SAMVERKAN_CONSULTATION_COLUMNS.
constexpr int kDataKeyColumn = 1;

sealing::Cell CellOf(const ResourceKey& id) {
  return {.column = "intake.consultation.content", .municipality = id.municipality, .row = id.id};
}

absl::StatusOr<ConsultationRecord> ReadRecord(const pg::Row& row, const std::string& municipality,
                                              const sealing::DataKey& key) {
  ConsultationRecord record;
  ResourceKey id{municipality, {}};
  pg::Uuid data_key;
  std::string authority;
  absl::Time create_time;
  pg::Bytes sealed;
  Sender& asker = record.asker;
  RETURN_IF_ERROR(
      row.Into(id.id, data_key, authority, asker.municipality, asker.authority, create_time, record.version, sealed));
  ASSIGN_OR_RETURN(const std::string content, key.Open(CellOf(id), sealed));
  store::v1::AskedConsultation asked;
  if (!asked.ParseFromString(content)) return status::Internal("a stored consultation does not parse");
  asker.unit = asked.asker().unit();
  asker.subject = asked.asker().subject();
  asker.system = asked.asker().system();
  v1::Consultation& consultation = record.consultation;
  consultation = std::move(*asked.mutable_consultation());
  consultation.set_name(MakeName(municipality, kCollection, id.id));
  consultation.set_authority(MakeName(municipality, "authorities", authority));
  *consultation.mutable_create_time() = proto_time::ToProto(create_time);
  return record;
}

// A consultation, and the key that it is sealed with.
struct Found {
  ConsultationRecord record;
  sealing::DataKeyPtr key;
};

// NOT_FOUND, filed with the board that was asked.
absl::Status Hidden(pg::ReadTransaction& transaction, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindHiddenAuthority, pg::Params(id.municipality, id.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound("consultation");
  return NotFound("consultation", {.municipality = id.municipality, .authority = *authority});
}

absl::StatusOr<Found> FindIn(pg::ReadTransaction& transaction, sealing::KeyRing& keys, absl::Time deadline,
                             const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindConsultation, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return Hidden(transaction, id);
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  Found found;
  ASSIGN_OR_RETURN(found.key, KeyOf(keys, deadline, data_key, "consultation"));
  ASSIGN_OR_RETURN(found.record, ReadRecord(rows[0], id.municipality, *found.key));
  return found;
}

// Goes on within the scope of the board that was asked, where the caller's board may know
// of the consultation.
absl::Status EnterScopeOf(pg::ReadTransaction& transaction, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindAuthority, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return Hidden(transaction, id);
  pg::Scope scope{.municipality = id.municipality};
  ASSIGN_OR_RETURN(scope.authority, rows[0].Get<std::string>(0));
  return transaction.SetScope(scope);
}

absl::StatusOr<ResourceKey> IdOf(const std::string& name) {
  auto key = ParseName(name, kCollection);
  if (!key.has_value()) return status::Internal("a consultation has no name");
  return *std::move(key);
}

// What other columns hold is taken out before the rest is sealed as one.
pg::Bytes Seal(const sealing::DataKey& key, const ResourceKey& id, const ConsultationRecord& record) {
  store::v1::AskedConsultation asked;
  v1::Consultation& consultation = *asked.mutable_consultation();
  consultation = record.consultation;
  consultation.clear_name();
  consultation.clear_authority();
  consultation.clear_create_time();
  consultation.clear_etag();
  asked.mutable_asker()->set_unit(record.asker.unit);
  asked.mutable_asker()->set_subject(record.asker.subject);
  asked.mutable_asker()->set_system(record.asker.system);
  return key.Seal(CellOf(id), asked.SerializeAsString());
}

// A consultation is about no child that is known, so it stands in no child's file.
outbox::Touched TouchedBy(const ConsultationRecord& record) {
  const Jurisdiction jurisdiction = JurisdictionOf(record.consultation);
  return {.municipality = jurisdiction.municipality,
          .authority = jurisdiction.authority,
          .resources = {record.consultation.name()},
          .retention = audit::v1::OPERATION};
}

absl::Status StoreEvent(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                        const ConsultationChange& change) {
  outbox::Touched touched = TouchedBy(change.after);
  touched.detail = change.happening.type;
  RETURN_IF_ERROR(outbox::Append(
      transaction, outbox::MakeEvent(change.happening.type, change.after.consultation.name(), touched.municipality,
                                     touched.authority, call.now, change.happening.attributes)));
  return parts.outbox.Append(transaction, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched));
}

absl::Status Insert(pg::Transaction& transaction, const StoreParts& parts, absl::Time deadline, const ResourceKey& id,
                    const ConsultationRecord& record) {
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, parts.keys.Fresh(deadline));
  const Sender& asker = record.asker;
  const absl::Time created = proto_time::FromProto(record.consultation.create_time()).value_or(absl::UnixEpoch());
  return transaction
      .Execute(kInsertConsultation,
               pg::Params(id.municipality, id.id, JurisdictionOf(record.consultation).authority, asker.municipality,
                          asker.authority, parts.tags.SenderUnit(asker), parts.tags.SenderPerson(asker),
                          parts.tags.key_id(), created, key->id(), Seal(*key, id, record)))
      .status();
}

}  // namespace

absl::StatusOr<ConsultationStore::Changed> ConsultationStore::Create(const rpc::CallContext& call,
                                                                     const idempotency::Request& request,
                                                                     const ConsultationRecord& record) {
  ASSIGN_OR_RETURN(const ResourceKey id, IdOf(record.consultation.name()));
  const auto create = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    ASSIGN_OR_RETURN(const auto repeated,
                     idempotency::Claim(transaction, request, {record.consultation.name()}, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, IdOf(repeated->front()));
      ASSIGN_OR_RETURN(Found found, FindIn(transaction, parts_.keys, call.deadline, first));
      return Changed{std::move(found.record), true};
    }
    RETURN_IF_ERROR(Insert(transaction, parts_, call.deadline, id, record));
    RETURN_IF_ERROR(StoreEvent(transaction, parts_, call, {record, {"consultation.created", {}}}));
    return Changed{record, false};
  };
  // Whoever asks, it is stored with the board that is asked.
  const Jurisdiction asked = JurisdictionOf(record.consultation);
  return parts_.pool.Write({asked.municipality, asked.authority}, call.deadline, "create_consultation", create);
}

absl::StatusOr<ConsultationRecord> ConsultationStore::Find(const rpc::CallContext& call, const ResourceKey& id) {
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "find_consultation",
                          [&](pg::ReadTransaction& transaction) -> absl::StatusOr<ConsultationRecord> {
                            ASSIGN_OR_RETURN(Found found, FindIn(transaction, parts_.keys, call.deadline, id));
                            return std::move(found.record);
                          });
}

absl::StatusOr<ConsultationStore::Changed> ConsultationStore::Change(const rpc::CallContext& call,
                                                                     const ResourceKey& id,
                                                                     const idempotency::Request& request,
                                                                     const Transition& transition) {
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {MakeName(id.municipality, kCollection, id.id)};
    RETURN_IF_ERROR(EnterScopeOf(transaction, id));
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    RETURN_IF_ERROR(transaction.Query(kLockConsultation, pg::Params(id.municipality, id.id)).status());
    ASSIGN_OR_RETURN(Found before, FindIn(transaction, parts_.keys, call.deadline, id));
    if (repeated.has_value()) return Changed{std::move(before.record), true};
    ASSIGN_OR_RETURN(const ConsultationChange change, transition(std::move(before.record)));
    RETURN_IF_ERROR(
        transaction.Execute(kStoreConsultation, pg::Params(id.municipality, id.id, Seal(*before.key, id, change.after)))
            .status());
    RETURN_IF_ERROR(StoreEvent(transaction, parts_, call, change));
    ASSIGN_OR_RETURN(Found after, FindIn(transaction, parts_.keys, call.deadline, id));
    return Changed{std::move(after.record), false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "change_consultation", change);
}

absl::StatusOr<ConsultationStore::Page> ConsultationStore::List(const rpc::CallContext& call,
                                                                const std::string& municipality, int32_t page_size,
                                                                const std::string& cursor) {
  ASSIGN_OR_RETURN(const auto before, ParseListCursor(cursor));
  const auth::Caller& caller = call.caller;
  const bool staff = IsStaffOf(caller, {municipality, caller.authority});
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(kListConsultations,
                          pg::Params(municipality, staff, caller.authority, parts_.tags.SenderUnitsOf(caller),
                                     parts_.tags.SenderOf(caller), before.time, before.id, int64_t{page_size} + 1,
                                     caller.municipality)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, kDataKeyColumn));
    Page page;
    for (const pg::Row row : rows) {
      if (page.consultations.size() == static_cast<size_t>(page_size)) {
        page.next_cursor = MakeListCursor(page.consultations.back().consultation.create_time(),
                                          page.consultations.back().consultation.name());
        break;
      }
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(ConsultationRecord record, ReadRecord(row, municipality, *key->second));
      page.consultations.push_back(std::move(record));
    }
    return page;
  };
  return parts_.pool.Read(pg::ScopeOf(caller), call.deadline, "list_consultations", list);
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
  return parts_.outbox.Append(parts_.writer, outbox::MakeAuditEntry(call, kProducer, audit::v1::GRANTED, touched),
                              call.deadline);
}

}  // namespace samverkan::intake
