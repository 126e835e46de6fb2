#include "services/consent/consent_store.h"

#include <set>
#include <utility>

#include "libs/calendar/calendar.h"
#include "libs/outbox/audit_entry.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/consent/list_cursor.h"

namespace samverkan::consent {
namespace {

constexpr char kCollection[] = "consents";

// What a StoredConsent is read from; ReadConsent has the same order.
#define SAMVERKAN_CONSENT_COLUMNS                                                                               \
  "SELECT s.consent, s.data_key, s.authority, s.child, s.state, s.from_date, s.to_date, s.ask_time, s.version," \
  "       s.content"                                                                                            \
  "  FROM consent s"

constexpr pg::Statement kFindConsent = {"find_consent",
                                        SAMVERKAN_CONSENT_COLUMNS " WHERE s.municipality = $1 AND s.consent = $2"};

constexpr pg::Statement kFindConsentsOfChild = {
    "find_consents_of_child", SAMVERKAN_CONSENT_COLUMNS
    " WHERE s.municipality = $1 AND s.authority = $2 AND s.child = $3 ORDER BY s.ask_time, s.consent"};

// Those of a page: about children that the caller sees ($3 whether it sees all, $4 its units, $5
// itself), that let one of $6 be told, in the state $7 on the day $8, asked before ($9, $10).
#define SAMVERKAN_CONSENTS_OF_PAGE                                                                        \
  SAMVERKAN_CONSENT_COLUMNS                                                                               \
  "  JOIN child c ON c.municipality = s.municipality AND c.authority = s.authority AND c.child = s.child" \
  " WHERE s.municipality = $1 AND s.authority = $2"                                                       \
  "   AND ($3 OR c.unit_tags && $4::bytea[] OR c.assignee_tag = ANY($5::bytea[]))"                        \
  "   AND (cardinality($6::bytea[]) = 0 OR s.recipient_tags && $6::bytea[])"                              \
  "   AND ($7 = 0 OR $7 = CASE WHEN s.state = 2 AND s.to_date < $8 THEN 5 ELSE s.state END)"              \
  "   AND (s.ask_time, s.consent) < ($9, $10)"
#define SAMVERKAN_ORDER_OF_PAGE " ORDER BY s.ask_time DESC, s.consent DESC LIMIT $11"

constexpr pg::Statement kListConsents = {"list_consents", SAMVERKAN_CONSENTS_OF_PAGE SAMVERKAN_ORDER_OF_PAGE};
constexpr pg::Statement kListConsentsOfChild = {
    "list_consents_of_child", SAMVERKAN_CONSENTS_OF_PAGE " AND s.child = $12" SAMVERKAN_ORDER_OF_PAGE};

// In SQL they stand as numbers.
static_assert(v1::Consent::GIVEN == 2 && v1::Consent::EXPIRED == 5);

constexpr pg::Statement kInsertConsent = {
    "insert_consent",
    "INSERT INTO consent (municipality, consent, authority, child, state, giver_kind, recipient_tags, index_key,"
    "                     from_date, to_date, ask_time, data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5::bigint::smallint, $6::bigint::smallint, $7, $8, $9, $10, $11, $12, $13)"};

constexpr pg::Statement kStoreConsent = {
    "store_consent",
    "UPDATE consent SET state = $3::bigint::smallint, to_date = $4, content = $5, version = version + 1"
    "  WHERE municipality = $1 AND consent = $2"};

constexpr pg::Statement kFindHiddenAuthority = {"find_hidden_authority_of_consent",
                                                "SELECT authority_of_consent($1, $2)"};

// The columns `consent` and `data_key` of SAMVERKAN_CONSENT_COLUMNS.
constexpr int kConsentColumn = 0;
constexpr int kDataKeyColumn = 1;

sealing::Cell CellOf(const ResourceKey& id) {
  return {.column = "consent.consent.content", .municipality = id.municipality, .row = id.id};
}

// ---- reading ----

// A consent as it is stored.
struct StoredConsent {
  ConsentRecord record;
  // The child that it is about, by its own reference.
  ResourceKey child;
  // What its row is sealed with: the key that the child had when it was asked.
  sealing::DataKeyPtr key;
};

absl::StatusOr<StoredConsent> ReadConsent(const pg::Row& row, const std::string& municipality,
                                          sealing::DataKeyPtr key) {
  StoredConsent stored{.record = {}, .child = {municipality, {}}, .key = std::move(key)};
  ResourceKey id{municipality, {}};
  pg::Uuid data_key;
  std::string authority;
  int64_t state = 0;
  absl::CivilDay from_date, to_date;
  absl::Time ask_time;
  pg::Bytes sealed;
  RETURN_IF_ERROR(row.Into(id.id, data_key, authority, stored.child.id, state, from_date, to_date, ask_time,
                           stored.record.version, sealed));
  ASSIGN_OR_RETURN(const std::string content, stored.key->Open(CellOf(id), sealed));
  v1::Consent& consent = stored.record.consent;
  if (!consent.ParseFromString(content)) return status::Internal("a stored consent does not parse");
  consent.set_name(MakeName(municipality, kCollection, id.id));
  consent.set_authority(MakeName(municipality, "authorities", authority));
  consent.set_child(stored.child.id.ToString());
  consent.set_state(static_cast<v1::Consent::State>(state));
  consent.mutable_scope()->set_from_date(proto_time::FormatDay(from_date));
  consent.mutable_scope()->set_to_date(proto_time::FormatDay(to_date));
  *consent.mutable_ask_time() = proto_time::ToProto(ask_time);
  return stored;
}

// Those of `rows` in their order, without what has just been erased.
absl::StatusOr<std::vector<StoredConsent>> ReadConsents(const pg::Rows& rows, const StoreParts& parts,
                                                        const rpc::CallContext& call) {
  ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts.keys, call.deadline, rows, kConsentColumn, kDataKeyColumn));
  std::vector<StoredConsent> consents;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(kConsentColumn));
    const auto key = keys.find(id);
    if (key == keys.end()) continue;
    ASSIGN_OR_RETURN(consents.emplace_back(), ReadConsent(row, call.caller.municipality, key->second));
  }
  return consents;
}

// NOT_FOUND, recorded with the authority that asked.
absl::Status Hidden(pg::ReadTransaction& transaction, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindHiddenAuthority, pg::Params(id.municipality, id.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound("consent");
  return NotFound("consent", {.municipality = id.municipality, .authority = *authority});
}

absl::StatusOr<StoredConsent> FindConsent(pg::ReadTransaction& transaction, const StoreParts& parts,
                                          const rpc::CallContext& call, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindConsent, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return Hidden(transaction, id);
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(kDataKeyColumn));
  ASSIGN_OR_RETURN(sealing::DataKeyPtr key, KeyOf(parts.keys, call.deadline, data_key, "consent"));
  return ReadConsent(rows[0], id.municipality, std::move(key));
}

absl::StatusOr<ConsentStore::Stored> FindIn(pg::ReadTransaction& transaction, const StoreParts& parts,
                                            const rpc::CallContext& call, const ResourceKey& id) {
  ASSIGN_OR_RETURN(StoredConsent consent, FindConsent(transaction, parts, call, id));
  ASSIGN_OR_RETURN(StoredChild child, FindChild(transaction, parts, call, consent.child));
  return ConsentStore::Stored{std::move(child.record), std::move(consent.record)};
}

absl::StatusOr<std::vector<v1::Consent>> FindConsentsOf(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                        const rpc::CallContext& call, const StoredChild& child) {
  const pg::Scope authority = AuthorityOf(child.record.child);
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(kFindConsentsOfChild, pg::Params(authority.municipality, authority.authority, child.id)));
  ASSIGN_OR_RETURN(std::vector<StoredConsent> stored, ReadConsents(rows, parts, call));
  std::vector<v1::Consent> consents;
  for (StoredConsent& each : stored) consents.push_back(std::move(each.record.consent));
  return consents;
}

// ---- writing ----

absl::StatusOr<ResourceKey> KeyOfName(const std::string& name) {
  const auto key = ParseName(name, kCollection);
  if (!key.has_value()) return status::Internal("a request id names no consent");
  return *key;
}

// What other columns hold is taken out before the rest is sealed as one.
pg::Bytes Seal(const sealing::DataKey& key, const ResourceKey& id, v1::Consent consent) {
  consent.clear_name();
  consent.clear_authority();
  consent.clear_child();
  consent.clear_state();
  consent.clear_ask_time();
  consent.clear_etag();
  consent.mutable_scope()->clear_from_date();
  consent.mutable_scope()->clear_to_date();
  return key.Seal(CellOf(id), consent.SerializeAsString());
}

// Days of a request were checked before.
absl::CivilDay DayOf(const std::string& day) { return proto_time::ParseDay(day).value_or(absl::CivilDay()); }

std::vector<std::string> NamesOf(const v1::Recipient& recipient) {
  std::vector<std::string> names;
  for (const std::string* const name : {&recipient.authority(), &recipient.unit()}) {
    if (!name->empty()) names.push_back(*name);
  }
  return names;
}

absl::Status Insert(pg::Transaction& transaction, const StoreParts& parts, const StoredChild& child,
                    const ResourceKey& id, const v1::Consent& consent) {
  const pg::Scope authority = AuthorityOf(child.record.child);
  const v1::ConsentScope& scope = consent.scope();
  return transaction
      .Execute(kInsertConsent, pg::Params(id.municipality, id.id, authority.authority, child.id,
                                          int64_t{consent.state()}, int64_t{consent.giver().who_case()},
                                          parts.tags.Recipients(authority, NamesOf(scope.recipient())),
                                          parts.tags.key_id(), DayOf(scope.from_date()), DayOf(scope.to_date()),
                                          proto_time::FromProto(consent.ask_time()).value_or(absl::UnixEpoch()),
                                          child.key->id(), Seal(*child.key, id, consent)))
      .status();
}

absl::Status Store(pg::Transaction& transaction, const sealing::DataKey& key, const ResourceKey& id,
                   const v1::Consent& consent) {
  return transaction
      .Execute(kStoreConsent, pg::Params(id.municipality, id.id, int64_t{consent.state()},
                                         DayOf(consent.scope().to_date()), Seal(key, id, consent)))
      .status();
}

absl::Status AppendHappenings(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                              const idempotency::Request& request, const ChildRecord& child,
                              const ConsentChange& change) {
  for (const ConsentChange::Happening& happening : change.happenings) {
    outbox::Touched touched = TouchedBy(child, calendar::LegalDay(call.now), change.after.consent.name());
    touched.request_id = request.id.ToString();
    touched.legal_basis = change.legal_basis;
    RETURN_IF_ERROR(AppendChange(transaction, parts, call, happening.type, std::move(touched), happening.attributes));
  }
  return absl::OkStatus();
}

// ---- pages ----

// Pages are filled from where the last one ended.
class PageReader {
 public:
  PageReader(pg::ReadTransaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
             const ConsentStore::Filter& filter)
      : transaction_(transaction), parts_(parts), call_(call), filter_(filter) {}

  absl::StatusOr<ConsentStore::Page> Read() {
    ASSIGN_OR_RETURN(ListPlace place, ParseListCursor(filter_.cursor));
    RETURN_IF_ERROR(FindChildOfFilter());
    while (true) {
      ASSIGN_OR_RETURN(const pg::Rows rows, Query(place));
      ASSIGN_OR_RETURN(std::vector<StoredConsent> consents, ReadConsents(rows, parts_, call_));
      ASSIGN_OR_RETURN(const bool full, Take(std::move(consents)));
      // What was left out may have made room for more.
      if (full || rows.size() <= filter_.page_size) return std::move(page_);
      ASSIGN_OR_RETURN(place, PlaceOf(rows[rows.size() - 1]));
    }
  }

 private:
  absl::Status FindChildOfFilter() {
    if (!filter_.child.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(StoredChild child, FindChild(transaction_, parts_, call_, *filter_.child));
    RETURN_IF_ERROR(CheckMaySee(call_.caller, child.record));
    child_ = child.id;
    page_.child = child.id.ToString();
    page_.children.emplace(child.id.ToString(), std::move(child.record));
    return absl::OkStatus();
  }

  absl::StatusOr<pg::Rows> Query(const ListPlace& after) {
    const auth::Caller& caller = call_.caller;
    const pg::Scope authority = pg::ScopeOf(caller);
    std::vector<pg::Bytes> recipient;
    if (!filter_.recipient.empty()) recipient = parts_.tags.RecipientOf(authority, filter_.recipient);
    pg::Params params(authority.municipality, authority.authority, caller.Has(access::v1::DUTY),
                      parts_.tags.UnitsOf(caller), parts_.tags.AssigneeOf(caller), recipient, int64_t{filter_.state},
                      filter_.day, after.time, after.id, int64_t{filter_.page_size} + 1);
    if (!child_.has_value()) return transaction_.Query(kListConsents, params);
    return transaction_.Query(kListConsentsOfChild, params.Add(*child_));
  }

  static absl::StatusOr<ListPlace> PlaceOf(const pg::Row& row) {
    ListPlace place;
    ASSIGN_OR_RETURN(place.id, row.Get<pg::Uuid>(kConsentColumn));
    ASSIGN_OR_RETURN(place.time, row.Get<absl::Time>(kAskTimeColumn));
    return place;
  }

  // Adds what is to be shown; true when the page is full and more follows.
  absl::StatusOr<bool> Take(std::vector<StoredConsent> consents) {
    for (StoredConsent& consent : consents) {
      ASSIGN_OR_RETURN(const ChildRecord* const child, ChildOf(consent));
      if (!MayBeShown(*child)) continue;
      if (page_.consents.size() == static_cast<size_t>(filter_.page_size)) {
        const v1::Consent& last = page_.consents.back().consent;
        page_.next_cursor = MakeListCursor(last.ask_time(), last.name());
        return true;
      }
      page_.consents.push_back(std::move(consent.record));
    }
    return false;
  }

  absl::StatusOr<const ChildRecord*> ChildOf(const StoredConsent& consent) {
    const std::string reference = consent.child.id.ToString();
    const auto known = page_.children.find(reference);
    if (known != page_.children.end()) return &known->second;
    ASSIGN_OR_RETURN(StoredChild child, FindChild(transaction_, parts_, call_, consent.child));
    return &page_.children.emplace(reference, std::move(child.record)).first->second;
  }

  // What is read statement by statement may change between two of them.
  bool MayBeShown(const ChildRecord& child) const {
    if (!MaySee(call_.caller, PlacementOf(child.child))) return false;
    return !IsByUnit() || MaySeeUnits(call_.caller, child, filter_.day);
  }

  bool IsByUnit() const { return filter_.recipient.find("/units/") != std::string::npos; }

  static constexpr int kAskTimeColumn = 7;

  pg::ReadTransaction& transaction_;
  const StoreParts& parts_;
  const rpc::CallContext& call_;
  const ConsentStore::Filter& filter_;
  std::optional<pg::Uuid> child_;
  ConsentStore::Page page_;
};

}  // namespace

absl::StatusOr<std::vector<v1::Consent>> ConsentsOf(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                    const rpc::CallContext& call, const StoredChild& child) {
  ASSIGN_OR_RETURN(std::vector<v1::Consent> consents, FindConsentsOf(transaction, parts, call, child));
  for (v1::Consent& consent : consents) consent = WithoutWords(std::move(consent));
  return consents;
}

absl::StatusOr<std::vector<v1::Consent>> ConsentsInWordsOf(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                           const rpc::CallContext& call, const StoredChild& child) {
  return FindConsentsOf(transaction, parts, call, child);
}

absl::StatusOr<ConsentStore::Changed> ConsentStore::Ask(const rpc::CallContext& call, const ResourceKey& child,
                                                        const ResourceKey& id, const idempotency::Request& request,
                                                        const Asking& asking) {
  const auto ask = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {MakeName(id.municipality, kCollection, id.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, KeyOfName(repeated->front()));
      ASSIGN_OR_RETURN(Stored stored, FindIn(transaction, parts_, call, first));
      return Changed{std::move(stored), true};
    }
    ASSIGN_OR_RETURN(StoredChild about, LockChild(transaction, parts_, call, child));
    ASSIGN_OR_RETURN(const std::vector<v1::Consent> others, FindConsentsOf(transaction, parts_, call, about));
    ASSIGN_OR_RETURN(ConsentChange change, asking(about.record, others));
    RETURN_IF_ERROR(Insert(transaction, parts_, about, id, change.after.consent));
    RETURN_IF_ERROR(AppendHappenings(transaction, parts_, call, request, about.record, change));
    return Changed{{std::move(about.record), std::move(change.after)}, false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "ask_consent", ask);
}

absl::StatusOr<ConsentStore::Changed> ConsentStore::Change(const rpc::CallContext& call, const ResourceKey& id,
                                                           const idempotency::Request& request,
                                                           const Transition& transition) {
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    const std::vector<std::string> resources = {MakeName(id.municipality, kCollection, id.id)};
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, resources, call.now));
    ASSIGN_OR_RETURN(Stored stored, FindIn(transaction, parts_, call, id));
    if (repeated.has_value()) return Changed{std::move(stored), true};
    // Nothing changes a withdrawn one any more, so it can be read before anything is locked.
    if (stored.record.consent.state() == v1::Consent::WITHDRAWN) {
      RETURN_IF_ERROR(transition(stored.child, stored.record).status());
      return Changed{std::move(stored), true};
    }
    const ResourceKey child{id.municipality, *pg::Uuid::Parse(stored.record.consent.child())};
    ASSIGN_OR_RETURN(StoredChild about, LockChild(transaction, parts_, call, child));
    ASSIGN_OR_RETURN(StoredConsent before, FindConsent(transaction, parts_, call, id));
    ASSIGN_OR_RETURN(const ConsentChange change, transition(about.record, std::move(before.record)));
    RETURN_IF_ERROR(Store(transaction, *before.key, id, change.after.consent));
    RETURN_IF_ERROR(AppendHappenings(transaction, parts_, call, request, about.record, change));
    ASSIGN_OR_RETURN(StoredConsent after, FindConsent(transaction, parts_, call, id));
    return Changed{{std::move(about.record), std::move(after.record)}, false};
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "change_consent", change);
}

absl::StatusOr<ConsentStore::Stored> ConsentStore::Find(const rpc::CallContext& call, const ResourceKey& id) {
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "find_consent",
                          [&](pg::ReadTransaction& transaction) { return FindIn(transaction, parts_, call, id); });
}

absl::StatusOr<ConsentStore::Page> ConsentStore::List(const rpc::CallContext& call, const Filter& filter) {
  return parts_.pool.Read(
      pg::ScopeOf(call.caller), call.deadline, "list_consents",
      [&](pg::ReadTransaction& transaction) { return PageReader(transaction, parts_, call, filter).Read(); });
}

absl::Status ConsentStore::RecordRead(const rpc::CallContext& call, const Stored& shown) {
  return AppendRead(parts_, call, TouchedBy(shown.child, calendar::LegalDay(call.now), shown.record.consent.name()));
}

absl::Status ConsentStore::RecordRead(const rpc::CallContext& call, const Page& shown) {
  const absl::CivilDay today = calendar::LegalDay(call.now);
  // Those whose identity is protected apart: their entry does not tell the reader's units.
  std::map<bool, outbox::Touched> touched;
  const auto touched_with = [&](bool is_protected) -> outbox::Touched& {
    outbox::Touched& its = touched[is_protected];
    its.municipality = call.caller.municipality;
    its.authority = call.caller.authority;
    its.identity_protected = is_protected;
    return its;
  };
  const auto touched_of = [&](const std::string& child) -> outbox::Touched& {
    return touched_with(IsProtectedOn(shown.children.at(child).child, today));
  };
  std::set<std::string> children;
  if (!shown.child.empty()) children.insert(shown.child);
  for (const ConsentRecord& record : shown.consents) {
    children.insert(record.consent.child());
    touched_of(record.consent.child()).resources.push_back(record.consent.name());
  }
  for (const std::string& child : children) touched_of(child).children.push_back(child);
  if (!shown.child.empty()) {
    std::vector<std::string>& resources = touched_of(shown.child).resources;
    resources.insert(resources.begin(), shown.children.at(shown.child).child.name());
  }
  if (touched.empty()) touched_with(false);
  for (const auto& [is_protected, its] : touched) RETURN_IF_ERROR(AppendRead(parts_, call, its));
  return absl::OkStatus();
}

}  // namespace samverkan::consent
