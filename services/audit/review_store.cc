#include "services/audit/review_store.h"

#include <array>
#include <limits>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/keys/hmac.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/audit/reasons.h"
#include "services/audit/sealed_part.h"

namespace samverkan::audit {
namespace {

constexpr pg::Statement kClaimRequest = {
    "claim_request", "SELECT fingerprint, resource FROM audit.claim_request($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr pg::Statement kListActs = {
    "list_acts",
    "SELECT index, act_time, action, outcome, role, signs, actor, children FROM audit.list_acts($1, $2, $3, $4)"};
constexpr pg::Statement kGetEntries = {"get_entries",
                                       "SELECT index, leaf, leaf_hash, record_time, data_key, body FROM "
                                       "audit.get_entries($1, $2, $3, $4) ORDER BY ordinal"};
constexpr pg::Statement kStoreSample = {
    "store_review_sample", "SELECT audit.store_review_sample($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"};
constexpr pg::Statement kListSamples = {
    "list_review_samples",
    "SELECT sample, draw_time, data_key, body, reviewed FROM audit.list_review_samples($1, $2, $3, $4, $5)"
    " ORDER BY draw_time DESC, sample DESC"};
constexpr pg::Statement kGetSample = {
    "get_review_sample", "SELECT taken, draw_time, data_key, body, reviewed FROM audit.get_review_sample($1, $2, $3)"};
constexpr pg::Statement kListItems = {
    "list_review_items",
    "SELECT item, index, drawing, signs, actor, outcome_keys, outcomes FROM audit.list_review_items($1, $2, $3, $4, $5)"
    " ORDER BY item"};
constexpr pg::Statement kLockItem = {"lock_review_item", "SELECT audit.lock_review_item($1, $2, $3, $4)"};
constexpr pg::Statement kRecordOutcome = {"record_review_outcome",
                                          "SELECT audit.record_review_outcome($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr pg::Statement kCountReviews = {
    "count_reviews", "SELECT drawing, signs, verdict, count FROM audit.count_reviews($1, $2, $3, $4, $5)"};
constexpr pg::Statement kListTouched = {
    "list_touched_children",
    "SELECT child, first_index, entries, first_time, last_time, actions, methods"
    " FROM audit.list_touched_children($1, $2, $3, $4, $5, $6, $7, $8, $9) ORDER BY first_index, child"};

// Private parts read at a time.
constexpr int64_t kBodyBytes = 1 << 21;

// What is read: in a transaction, of one authority, opened with the service's keys.
struct Reading {
  pg::ReadTransaction& transaction;
  sealing::KeyRing& keys;
  const Scope& scope;
  absl::Time deadline;
};

// ---- entries ----

// As many of the first entries of `indexes` as are of ordinary size together; at least one.
absl::StatusOr<std::vector<StoredEntry>> ReadEntries(const Reading& reading, const std::vector<int64_t>& indexes) {
  const pg::Params params(reading.scope.municipality, reading.scope.authority, indexes, kBodyBytes);
  ASSIGN_OR_RETURN(const pg::Rows rows, reading.transaction.Query(kGetEntries, params));
  std::vector<SealedEntry> entries;
  for (const pg::Row row : rows) {
    SealedEntry& sealed = entries.emplace_back();
    pg::Bytes leaf, leaf_hash;
    std::optional<pg::Uuid> data_key;
    std::optional<pg::Bytes> body;
    RETURN_IF_ERROR(row.Into(sealed.entry.index, leaf, leaf_hash, sealed.entry.record_time, data_key, body));
    sealed.entry.leaf = std::move(leaf.data);
    sealed.entry.leaf_hash = std::move(leaf_hash.data);
    if (data_key.has_value() && body.has_value()) sealed.body = {*data_key, std::move(*body)};
  }
  if (entries.empty() && !indexes.empty()) return status::Internal("an entry that was named is not in the log");
  return OpenEntries(reading.keys, std::move(entries), reading.deadline);
}

// Calls `use` with each of the entries in turn, without holding more than some of them.
template <typename Use>
absl::Status ForEachEntry(const Reading& reading, std::vector<int64_t> indexes, const Use& use) {
  while (!indexes.empty()) {
    ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries, ReadEntries(reading, indexes));
    for (const StoredEntry& entry : entries) {
      ASSIGN_OR_RETURN(const v1::LoggedEntry logged, ToLoggedEntry(entry));
      use(logged);
    }
    indexes.erase(indexes.begin(), indexes.begin() + static_cast<std::ptrdiff_t>(entries.size()));
  }
  return absl::OkStatus();
}

// ---- requests ----

// Nothing where the request is new; the name of what the first use made where it is not.
absl::StatusOr<std::optional<std::string>> Claim(pg::Transaction& transaction, const idempotency::Request& request,
                                                 const std::string& resource, const rpc::CallContext& call) {
  const pg::Params params(request.municipality, call.caller.authority, pg::Bytes{request.caller}, request.method,
                          request.id, pg::Bytes{request.fingerprint}, resource, call.now);
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kClaimRequest, params));
  if (rows.empty()) return std::nullopt;
  pg::Bytes fingerprint;
  std::string known;
  RETURN_IF_ERROR(rows[0].Into(fingerprint, known));
  if (!keys::Same(fingerprint.data, request.fingerprint)) return idempotency::Reused();
  return known;
}

// Leaves the entry of a change, as its transaction's last act.
absl::Status Leave(pg::Transaction& transaction, sealing::KeyRing& keys, const rpc::CallContext& call,
                   const OwnEntries& entries, const idempotency::Request& request, outbox::Touched touched) {
  touched.request_id = request.id.ToString();
  ASSIGN_OR_RETURN(const NewEntry entry, entries.Make(call, ScopeOf(call), v1::GRANTED, touched));
  return AppendEntries(transaction, keys, {entry}, call.now, call.deadline).status();
}

// ---- samples ----

// What does not stand in a column of its own.
std::string BodyOf(v1::ReviewSample sample) {
  sample.clear_name();
  sample.clear_draw_time();
  sample.clear_reviewed_count();
  return sample.SerializeAsString();
}

absl::StatusOr<v1::ReviewSample> ToSample(const Reading& reading, const SampleKey& key, absl::Time draw_time,
                                          const Sealed& body, int64_t reviewed) {
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr data_key, reading.keys.Find(body.data_key, reading.deadline));
  ASSIGN_OR_RETURN(const auto opened, Open(data_key, PlaceOfSample(key), body.octets));
  v1::ReviewSample sample;
  if (!sample.ParseFromString(*opened)) return status::Internal("a stored review sample does not parse");
  sample.set_name(SampleName(key));
  *sample.mutable_draw_time() = proto_time::ToProto(draw_time);
  sample.set_reviewed_count(static_cast<int32_t>(reviewed));
  return sample;
}

absl::StatusOr<FoundSample> FindIn(const Reading& reading, const SampleKey& key) {
  ASSIGN_OR_RETURN(const pg::Rows rows, reading.transaction.Query(
                                            kGetSample, pg::Params(key.municipality, reading.scope.authority, key.id)));
  if (rows.size() != 1) return status::Internal("get_review_sample did not give one row");
  FoundSample found;
  std::optional<absl::Time> draw_time;
  std::optional<pg::Uuid> data_key;
  std::optional<pg::Bytes> body;
  int64_t reviewed = 0;
  RETURN_IF_ERROR(rows[0].Into(found.name_is_taken, draw_time, data_key, body, reviewed));
  if (!draw_time.has_value() || !data_key.has_value() || !body.has_value()) return found;
  if (key.municipality != reading.scope.municipality) return found;
  ASSIGN_OR_RETURN(found.sample, ToSample(reading, key, *draw_time, {*data_key, std::move(*body)}, reviewed));
  return found;
}

absl::StatusOr<std::vector<Act>> ReadActs(pg::ReadTransaction& transaction, const Scope& scope, absl::CivilDay day) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kListActs, pg::Params(scope.municipality, scope.authority, calendar::StartOf(day),
                                                           calendar::StartOf(day + 1))));
  std::vector<Act> acts;
  acts.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) {
    Act act;
    int64_t action = 0, outcome = 0, role = 0, signs = 0;
    pg::Bytes actor;
    std::vector<pg::Bytes> children;
    RETURN_IF_ERROR(row.Into(act.index, act.time, action, outcome, role, signs, actor, children));
    act.action = static_cast<access::v1::Action>(action);
    act.outcome = static_cast<v1::Outcome>(outcome);
    act.role = static_cast<access::v1::Role>(role);
    act.signs = RiskSigns(signs);
    act.actor = std::move(actor.data);
    for (pg::Bytes& child : children) act.children.push_back(std::move(child.data));
    acts.push_back(std::move(act));
  }
  return acts;
}

// The tags of the units that each actor of these entries belonged to. An entry whose
// private part is gone by now has no place.
absl::StatusOr<std::map<int64_t, std::vector<std::string>>> UnitsOf(const Reading& reading, const SearchTags& tags,
                                                                    const std::vector<DrawnAct>& drawn) {
  std::vector<int64_t> indexes;
  for (const DrawnAct& act : drawn) indexes.push_back(act.index);
  std::map<int64_t, std::vector<std::string>> units;
  RETURN_IF_ERROR(ForEachEntry(reading, std::move(indexes), [&](const v1::LoggedEntry& logged) {
    if (!logged.entry().has_private_part()) return;
    std::vector<std::string>& of_entry = units[logged.index()];
    for (const std::string& unit : logged.entry().private_part().actor().units()) {
      of_entry.push_back(tags.Of(SearchTags::Kind::kUnit, reading.scope, unit));
    }
  }));
  return units;
}

// What `store_review_sample` takes of the items: one array for each column.
struct ItemColumns {
  std::vector<int64_t> indexes, drawings, signs;
  std::vector<pg::Bytes> actors;
  std::vector<int64_t> unit_ordinals;
  std::vector<pg::Bytes> units;

  void Add(const DrawnAct& act, const std::vector<std::string>& unit_tags) {
    indexes.push_back(act.index);
    drawings.push_back(act.drawing);
    signs.push_back(act.signs.bits());
    actors.push_back({act.actor});
    for (const std::string& unit : unit_tags) {
      unit_ordinals.push_back(static_cast<int64_t>(indexes.size()));
      units.push_back({unit});
    }
  }
};

absl::Status StoreSample(pg::Transaction& transaction, const Reading& reading, const SearchTags& tags,
                         const SampleKey& key, absl::Time now, const audit::Draw& draw, v1::ReviewSample sample) {
  const std::vector<DrawnAct> drawn = draw.Drawn();
  ASSIGN_OR_RETURN(const auto units, UnitsOf(reading, tags, drawn));
  ItemColumns columns;
  for (const DrawnAct& act : drawn) {
    const auto found = units.find(act.index);
    if (found != units.end()) columns.Add(act, found->second);
  }
  sample.set_drawable_count(draw.drawable());
  sample.set_risky_count(draw.risky());
  sample.set_item_count(static_cast<int32_t>(columns.indexes.size()));
  ASSIGN_OR_RETURN(const Sealed body,
                   Seal(reading.keys, PlaceOfSample(key), BodyOf(std::move(sample)), reading.deadline));
  const pg::Params params(key.municipality, reading.scope.authority, key.id, now, body.data_key, body.octets,
                          columns.indexes, columns.drawings, columns.signs, columns.actors, columns.unit_ordinals,
                          columns.units);
  return transaction.Execute(kStoreSample, params).status();
}

// ---- items ----

// The outcomes of an item; empty is one whose key is destroyed: it came back from an older backup.
absl::Status OpenOutcomes(const Reading& reading, const std::vector<pg::Uuid>& data_keys,
                          const std::vector<pg::Bytes>& outcomes, ReviewItemRecord& record) {
  ASSIGN_OR_RETURN(const std::vector<sealing::DataKeyPtr> keys, reading.keys.FindAll(data_keys, reading.deadline));
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Place place = PlaceOfOutcome(record.key, static_cast<int64_t>(i) + 1);
    ASSIGN_OR_RETURN(const auto opened, Open(keys[i], place, outcomes[i]));
    if (!record.outcomes.emplace_back().ParseFromString(opened.value_or(""))) {
      return status::Internal("a stored review outcome does not parse");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ReviewItemRecord>> ReadItems(const Reading& reading, const SampleKey& key, int64_t after,
                                                        int64_t limit) {
  const pg::Params params(reading.scope.municipality, reading.scope.authority, key.id, after, limit);
  ASSIGN_OR_RETURN(const pg::Rows rows, reading.transaction.Query(kListItems, params));
  std::vector<ReviewItemRecord> records;
  for (const pg::Row row : rows) {
    ReviewItemRecord record;
    record.key.sample = key;
    int64_t drawing = 0, signs = 0;
    pg::Bytes actor;
    std::vector<pg::Uuid> outcome_keys;
    std::vector<pg::Bytes> outcomes;
    RETURN_IF_ERROR(row.Into(record.key.position, record.index, drawing, signs, actor, outcome_keys, outcomes));
    record.drawing = static_cast<v1::ReviewItem::Drawing>(drawing);
    record.signs = RiskSigns(signs);
    record.actor = std::move(actor.data);
    RETURN_IF_ERROR(OpenOutcomes(reading, outcome_keys, outcomes, record));
    records.push_back(std::move(record));
  }
  return records;
}

absl::Status ItemNotFound() {
  return status::NotFound({.reason = kReviewItemNotFound,
                           .message = "There is no such item in the samples of your authority.",
                           .swedish = "Det finns ingen sådan post i din nämnds stickprov."});
}

absl::StatusOr<ReviewItemRecord> FindItem(const Reading& reading, const ItemKey& key) {
  ASSIGN_OR_RETURN(const FoundSample sample, FindIn(reading, key.sample));
  if (!sample.sample.has_value()) return sample.name_is_taken ? status::Hidden(ItemNotFound()) : ItemNotFound();
  ASSIGN_OR_RETURN(std::vector<ReviewItemRecord> items, ReadItems(reading, key.sample, key.position - 1, 1));
  if (items.empty() || items.front().key.position != key.position) return ItemNotFound();
  return std::move(items.front());
}

absl::StatusOr<v1::ReviewItem> WithEntry(const Reading& reading, const ReviewItemRecord& record) {
  ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries, ReadEntries(reading, {record.index}));
  return ToReviewItem(record, entries.front());
}

absl::Status AddOutcome(pg::Transaction& transaction, const Reading& reading, const v1::ReviewOutcome& outcome,
                        ReviewItemRecord& record) {
  record.outcomes.push_back(outcome);
  const ItemKey& key = record.key;
  const auto number = static_cast<int64_t>(record.outcomes.size());
  ASSIGN_OR_RETURN(const Sealed body,
                   Seal(reading.keys, PlaceOfOutcome(key, number), outcome.SerializeAsString(), reading.deadline));
  const pg::Params params(reading.scope.municipality, reading.scope.authority, key.sample.id, key.position, number,
                          int64_t{outcome.verdict()}, body.data_key, body.octets);
  return transaction.Execute(kRecordOutcome, params).status();
}

// ---- a breach ----

absl::StatusOr<TouchedRow> ReadTouched(const pg::Row& row) {
  TouchedRow touched;
  pg::Bytes tag;
  int64_t entries = 0;
  absl::Time first_time, last_time;
  std::vector<int64_t> actions;
  std::vector<std::string> methods;
  RETURN_IF_ERROR(row.Into(tag, touched.first_index, entries, first_time, last_time, actions, methods));
  touched.tag = std::move(tag.data);
  v1::TouchedChild& child = touched.child;
  child.set_entry_count(entries);
  *child.mutable_first_time() = proto_time::ToProto(first_time);
  *child.mutable_last_time() = proto_time::ToProto(last_time);
  for (const int64_t action : actions) child.add_actions(static_cast<access::v1::Action>(action));
  for (const std::string& method : methods) child.add_methods(method);
  return touched;
}

// Finds out which child each tag stands for, in the entry that first names it.
absl::Status NameChildren(const Reading& reading, const SearchTags& tags, std::vector<TouchedRow>& rows) {
  std::map<int64_t, std::map<std::string, v1::TouchedChild*>> wanted;
  for (TouchedRow& row : rows) wanted[row.first_index][row.tag] = &row.child;
  std::vector<int64_t> indexes;
  for (const auto& [index, children] : wanted) indexes.push_back(index);
  return ForEachEntry(reading, std::move(indexes), [&](const v1::LoggedEntry& logged) {
    auto& children = wanted[logged.index()];
    for (const std::string& child : logged.entry().private_part().children()) {
      const auto found = children.find(tags.Of(SearchTags::Kind::kChild, reading.scope, child));
      if (found != children.end()) found->second->set_child(child);
    }
  });
}

std::optional<pg::Bytes> AsBytes(const std::optional<std::string>& tag) {
  return tag.has_value() ? std::optional(pg::Bytes{*tag}) : std::nullopt;
}

// Takes the one row more that was asked for off `rows`. Says whether it was there.
template <typename Row>
bool TakeOffFurther(std::vector<Row>& rows, int64_t limit) {
  if (static_cast<int64_t>(rows.size()) <= limit) return false;
  rows.resize(static_cast<size_t>(limit));
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReviewStore>> ReviewStore::Open(const std::string& conninfo, int connections,
                                                               sealing::KeyRing& keys, const OwnEntries& entries,
                                                               pg::ErrorLog log) {
  ASSIGN_OR_RETURN(std::unique_ptr<pg::Pool> pool, pg::Pool::Open(conninfo, connections, std::move(log)));
  return std::unique_ptr<ReviewStore>(new ReviewStore(std::move(pool), keys, entries));
}

absl::StatusOr<v1::ReviewSample> ReviewStore::Draw(const rpc::CallContext& call, const idempotency::Request& request,
                                                   const DrawOrder& order, const v1::ReviewSample& sample) {
  using Result = absl::StatusOr<v1::ReviewSample>;
  const Scope scope = ScopeOf(call);
  const SampleKey new_key = {scope.municipality, pg::Uuid::FromTime(call.now)};
  return pool_->Write({}, call.deadline, "draw_review_sample", [&](pg::Transaction& transaction) -> Result {
    const Reading reading{transaction, keys_, scope, call.deadline};
    ASSIGN_OR_RETURN(const auto repeated, Claim(transaction, request, SampleName(new_key), call));
    const SampleKey key = repeated.has_value() ? ParseSampleName(*repeated).value_or(new_key) : new_key;
    if (!repeated.has_value()) {
      audit::Draw draw(order);
      for (absl::CivilDay day = order.first_day; day <= order.last_day; ++day) {
        if (call.Cancelled()) return absl::CancelledError();
        ASSIGN_OR_RETURN(const std::vector<Act> acts, ReadActs(transaction, scope, day));
        draw.AddDay(acts);
      }
      RETURN_IF_ERROR(StoreSample(transaction, reading, entries_.tags(), key, call.now, draw, sample));
    }
    ASSIGN_OR_RETURN(const FoundSample found, FindIn(reading, key));
    if (!found.sample.has_value()) return status::Internal("a sample that was drawn is not there");
    outbox::Touched touched;
    touched.resources = {found.sample->name()};
    touched.legal_basis = found.sample->legal_basis();
    RETURN_IF_ERROR(Leave(transaction, keys_, call, entries_, request, std::move(touched)));
    return *found.sample;
  });
}

absl::StatusOr<FoundSample> ReviewStore::Find(const Scope& scope, const SampleKey& key, absl::Time deadline) {
  return pool_->Read({}, deadline, "find_review_sample", [&](pg::ReadTransaction& transaction) {
    return FindIn({transaction, keys_, scope, deadline}, key);
  });
}

absl::StatusOr<SamplePage> ReviewStore::List(const Scope& scope, const std::optional<SamplePlace>& after, int64_t limit,
                                             absl::Time deadline) {
  using Result = absl::StatusOr<SamplePage>;
  const SamplePlace place = after.value_or(SamplePlace{absl::InfiniteFuture(), pg::Uuid()});
  const pg::Params params(scope.municipality, scope.authority, place.draw_time, place.id, limit + 1);
  return pool_->Read({}, deadline, "list_review_samples", [&](pg::ReadTransaction& transaction) -> Result {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kListSamples, params));
    SamplePage page;
    for (const pg::Row row : rows) {
      SampleKey key = {scope.municipality, pg::Uuid()};
      absl::Time draw_time;
      Sealed body;
      int64_t reviewed = 0;
      RETURN_IF_ERROR(row.Into(key.id, draw_time, body.data_key, body.octets, reviewed));
      ASSIGN_OR_RETURN(page.samples.emplace_back(),
                       ToSample({transaction, keys_, scope, deadline}, key, draw_time, body, reviewed));
    }
    page.more = TakeOffFurther(page.samples, limit);
    return page;
  });
}

absl::StatusOr<ItemPage> ReviewStore::ListItems(const Scope& scope, const SampleKey& key, int64_t after, int64_t limit,
                                                absl::Time deadline) {
  using Result = absl::StatusOr<ItemPage>;
  return pool_->Read({}, deadline, "list_review_items", [&](pg::ReadTransaction& transaction) -> Result {
    const Reading reading{transaction, keys_, scope, deadline};
    ASSIGN_OR_RETURN(std::vector<ReviewItemRecord> records, ReadItems(reading, key, after, limit + 1));
    ItemPage page;
    page.more = TakeOffFurther(records, limit);
    std::vector<int64_t> indexes;
    for (const ReviewItemRecord& record : records) indexes.push_back(record.index);
    ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries, ReadEntries(reading, indexes));
    for (size_t i = 0; i < entries.size(); ++i) {
      ASSIGN_OR_RETURN(page.items.emplace_back(), ToReviewItem(records[i], entries[i]));
    }
    page.more = page.more || entries.size() < records.size();
    return page;
  });
}

absl::StatusOr<v1::ReviewItem> ReviewStore::Record(const rpc::CallContext& call, const idempotency::Request& request,
                                                   const ItemKey& key, const v1::ReviewOutcome& outcome,
                                                   const std::string& legal_basis, const Check& check) {
  using Result = absl::StatusOr<v1::ReviewItem>;
  const Scope scope = ScopeOf(call);
  return pool_->Write({}, call.deadline, "record_review_outcome", [&](pg::Transaction& transaction) -> Result {
    const Reading reading{transaction, keys_, scope, call.deadline};
    ASSIGN_OR_RETURN(const auto repeated, Claim(transaction, request, ItemName(key), call));
    // A statement of its own, so that the read after it sees what it waited for.
    RETURN_IF_ERROR(
        transaction.Execute(kLockItem, pg::Params(scope.municipality, scope.authority, key.sample.id, key.position))
            .status());
    ASSIGN_OR_RETURN(ReviewItemRecord record, FindItem(reading, key));
    if (!repeated.has_value()) {
      RETURN_IF_ERROR(check(record));
      RETURN_IF_ERROR(AddOutcome(transaction, reading, outcome, record));
    }
    ASSIGN_OR_RETURN(v1::ReviewItem item, WithEntry(reading, record));
    outbox::Touched touched;
    touched.resources = {item.name(), item.entry().name()};
    const auto& children = item.entry().entry().private_part().children();
    touched.children.assign(children.begin(), children.end());
    touched.legal_basis = legal_basis;
    touched.detail = v1::ReviewOutcome::Verdict_Name(outcome.verdict());
    RETURN_IF_ERROR(Leave(transaction, keys_, call, entries_, request, std::move(touched)));
    return item;
  });
}

absl::StatusOr<v1::ReviewStatistics> ReviewStore::Count(const Scope& scope, absl::Time start, absl::Time end,
                                                        const std::optional<std::string>& unit, absl::Time deadline) {
  using Result = absl::StatusOr<v1::ReviewStatistics>;
  const pg::Params params(scope.municipality, scope.authority, start, end, AsBytes(unit));
  return pool_->Read({}, deadline, "count_reviews", [&](pg::ReadTransaction& transaction) -> Result {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kCountReviews, params));
    int64_t samples = 0;
    std::vector<ReviewCount> counts;
    for (const pg::Row row : rows) {
      std::optional<int64_t> drawing, signs, verdict;
      int64_t count = 0;
      RETURN_IF_ERROR(row.Into(drawing, signs, verdict, count));
      if (!drawing.has_value()) {
        samples = count;
        continue;
      }
      counts.push_back({.drawing = static_cast<v1::ReviewItem::Drawing>(*drawing),
                        .signs = RiskSigns(signs.value_or(0)),
                        .verdict = static_cast<v1::ReviewOutcome::Verdict>(verdict.value_or(0)),
                        .count = count});
    }
    return StatisticsOf(samples, counts);
  });
}

absl::StatusOr<TouchedPage> ReviewStore::ListTouched(const TouchedQuery& query, absl::Time deadline) {
  using Result = absl::StatusOr<TouchedPage>;
  const pg::Params params(query.scope.municipality, query.scope.authority, AsBytes(query.actor), AsBytes(query.system),
                          query.start, query.end, query.after_index, pg::Bytes{query.after_child}, query.limit + 1);
  return pool_->Read({}, deadline, "list_touched_children", [&](pg::ReadTransaction& transaction) -> Result {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kListTouched, params));
    TouchedPage page;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(page.rows.emplace_back(), ReadTouched(row));
    }
    page.more = TakeOffFurther(page.rows, query.limit);
    RETURN_IF_ERROR(NameChildren({transaction, keys_, query.scope, deadline}, entries_.tags(), page.rows));
    return page;
  });
}

}  // namespace samverkan::audit
