#include "services/consent/rule_set_store.h"

#include <google/protobuf/util/message_differencer.h>

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "libs/outbox/audit_entry.h"
#include "libs/pg/statement.h"
#include "libs/pg/transaction.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/consent/access.h"

namespace samverkan::consent {
namespace {

constexpr char kWhat[] = "rule set";

// Rule sets in memory, some hundred kilobytes each.
constexpr size_t kMostRemembered = 400;

// What a RuleSetRecord is read from; ReadRecord has the same order.
#define SAMVERKAN_RULE_SET_COLUMNS "SELECT version, state, propose_time, activate_time, data_key, people"

constexpr pg::Statement kFindRuleSet = {
    "find_rule_set", SAMVERKAN_RULE_SET_COLUMNS ", content FROM rule_set WHERE municipality = $1 AND version = $2"};
constexpr pg::Statement kFindActive = {"find_active_rule_set", SAMVERKAN_RULE_SET_COLUMNS
                                       ", ''::bytea FROM rule_set WHERE municipality = $1 AND state = 2"};
constexpr pg::Statement kListRuleSets = {
    "list_rule_sets", SAMVERKAN_RULE_SET_COLUMNS
    ", ''::bytea FROM rule_set WHERE municipality = $1 AND (propose_time, version) < ($2, $3)"
    " ORDER BY propose_time DESC, version DESC LIMIT $4"};
constexpr pg::Statement kFindActiveVersion = {"find_active_version",
                                              "SELECT version FROM rule_set WHERE municipality = $1 AND state = 2"};
constexpr pg::Statement kFindContent = {"find_rule_set_content",
                                        "SELECT content FROM rule_set WHERE municipality = $1 AND version = $2"};

constexpr pg::Statement kInsertProposed = {
    "insert_rule_set",
    "INSERT INTO rule_set (municipality, version, state, content, propose_time, data_key, people)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (municipality, version) DO NOTHING"};
// Of two calls that come first, one stores it.
constexpr pg::Statement kInsertShipped = {
    "insert_shipped_rule_set",
    "INSERT INTO rule_set (municipality, version, state, content, propose_time, activate_time, data_key, people)"
    "  VALUES ($1, $2, $3, $4, $5, $5, $6, $7) ON CONFLICT DO NOTHING"};

// All of the municipality, so that two activations come one after the other. A statement of its own:
// the reads after it see what it waited for.
constexpr pg::Statement kLockRuleSets = {
    "lock_rule_sets", "SELECT 1::bigint FROM rule_set WHERE municipality = $1 ORDER BY version FOR UPDATE"};
constexpr pg::Statement kStoreRuleSet = {"store_rule_set",
                                         "UPDATE rule_set SET state = $3, activate_time = $4, people = $5"
                                         "  WHERE municipality = $1 AND version = $2"};

// The authority of a caller that belongs to none: rule sets are of the whole municipality, and
// their events are then told as such.
constexpr char kWholeMunicipality[] = "municipality";

pg::Scope ScopeOf(const rpc::CallContext& call, const std::string& municipality) {
  const std::string& authority = call.caller.authority;
  return {.municipality = municipality, .authority = authority.empty() ? kWholeMunicipality : authority};
}

pg::Scope ScopeOf(const rpc::CallContext& call) { return ScopeOf(call, call.caller.municipality); }

// Each rule set has a key of its own, which says the row.
sealing::Cell CellOf(const std::string& municipality, const pg::Uuid& data_key) {
  return {.column = "consent.rule_set.people", .municipality = municipality, .row = data_key};
}

pg::Bytes SealPeople(const sealing::DataKey& key, const RuleSetKey& id, const v1::RuleSetRecord& record) {
  v1::RuleSetRecord people;
  people.set_proposer(record.proposer());
  people.set_approver(record.approver());
  return key.Seal(CellOf(id.municipality, key.id()), people.SerializeAsString());
}

// A rule set, and the key that those who proposed and activated it are sealed with.
struct Found {
  v1::RuleSetRecord record;
  sealing::DataKeyPtr key;
};

absl::StatusOr<Found> ReadRecord(const pg::Row& row, const std::string& municipality, sealing::KeyRing& keys,
                                 absl::Time deadline) {
  std::string version;
  int64_t state = 0;
  absl::Time propose_time;
  std::optional<absl::Time> activate_time;
  pg::Uuid data_key;
  pg::Bytes people, content;
  RETURN_IF_ERROR(row.Into(version, state, propose_time, activate_time, data_key, people, content));
  Found found;
  ASSIGN_OR_RETURN(found.key, KeyOf(keys, deadline, data_key, kWhat));
  ASSIGN_OR_RETURN(const std::string opened, found.key->Open(CellOf(municipality, data_key), people));
  v1::RuleSetRecord& record = found.record;
  const bool parsed = record.ParseFromString(opened) && record.mutable_rule_set()->ParseFromString(content.data);
  if (!parsed) return status::Internal("a stored rule set does not parse");
  if (content.data.empty()) record.clear_rule_set();
  record.set_name(RuleSetName({municipality, version}));
  record.set_version(version);
  record.set_state(static_cast<v1::RuleSetRecord::State>(state));
  *record.mutable_propose_time() = proto_time::ToProto(propose_time);
  if (activate_time.has_value()) *record.mutable_activate_time() = proto_time::ToProto(*activate_time);
  return found;
}

absl::StatusOr<Found> FindIn(pg::ReadTransaction& transaction, sealing::KeyRing& keys, absl::Time deadline,
                             const RuleSetKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindRuleSet, pg::Params(id.municipality, id.version)));
  if (rows.empty()) return NotFound(kWhat);
  return ReadRecord(rows[0], id.municipality, keys, deadline);
}

absl::StatusOr<std::optional<std::string>> FindActiveVersion(pg::ReadTransaction& transaction,
                                                             const std::string& municipality) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindActiveVersion, pg::Params(municipality)));
  if (rows.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(std::string version, rows[0].Get<std::string>(0));
  return version;
}

absl::Status Store(pg::Transaction& transaction, const RuleSetKey& id, const sealing::DataKey& key,
                   const v1::RuleSetRecord& record) {
  const absl::Time activated = proto_time::FromProto(record.activate_time()).value_or(absl::UnixEpoch());
  return transaction
      .Execute(kStoreRuleSet, pg::Params(id.municipality, id.version, static_cast<int64_t>(record.state()), activated,
                                         SealPeople(key, id, record)))
      .status();
}

// Whether it was new.
absl::StatusOr<bool> Insert(pg::Transaction& transaction, const pg::Statement& statement, const sealing::DataKey& key,
                            const std::string& municipality, const v1::RuleSetRecord& record) {
  const absl::Time proposed = proto_time::FromProto(record.propose_time()).value_or(absl::UnixEpoch());
  ASSIGN_OR_RETURN(
      const pg::Rows inserted,
      transaction.Execute(statement, pg::Params(municipality, record.version(), static_cast<int64_t>(record.state()),
                                                pg::Bytes{record.rule_set().SerializeAsString()}, proposed, key.id(),
                                                SealPeople(key, {municipality, record.version()}, record))));
  return inserted.affected() > 0;
}

absl::Status Exists(const v1::RuleSetRecord& record) {
  return status::AlreadyExists({.reason = "RULE_SET_EXISTS",
                                .message = "the municipality has this rule set already; activate " + record.name(),
                                .swedish = "Kommunen har redan regeluppsättningen.",
                                .metadata = {{"name", record.name()}}});
}

outbox::Touched TouchedBy(const rpc::CallContext& call, std::vector<std::string> names) {
  const pg::Scope scope = ScopeOf(call);
  return {.municipality = scope.municipality,
          .authority = scope.authority,
          .resources = std::move(names),
          .retention = audit::v1::OPERATION};
}

// Where a list goes on: the time in microseconds, and the version.
std::string CursorAfter(const v1::RuleSetRecord& record) {
  const absl::Time proposed = proto_time::FromProto(record.propose_time()).value_or(absl::UnixEpoch());
  return absl::StrCat(absl::ToUnixMicros(proposed), "/", record.version());
}

absl::StatusOr<std::pair<absl::Time, std::string>> ParseCursor(const std::string& cursor) {
  if (cursor.empty()) return std::pair(absl::InfiniteFuture(), std::string());
  const std::vector<std::string> parts = absl::StrSplit(cursor, '/');
  int64_t microseconds = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &microseconds)) {
    return status::Internal("a sealed cursor does not parse");
  }
  return std::pair(absl::FromUnixMicros(microseconds), parts[1]);
}

}  // namespace

absl::Status RuleSetStore::StoreShipped(const rpc::CallContext& call, const std::string& municipality) {
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, parts_.keys.Fresh(call.deadline));
  const v1::RuleSetRecord record = Shipped(shipped_, municipality, call.now);
  return parts_.pool.Write(ScopeOf(call, municipality), call.deadline, kInsertShipped.name,
                           [&](pg::Transaction& transaction) {
                             return Insert(transaction, kInsertShipped, *key, municipality, record).status();
                           });
}

absl::StatusOr<std::string> RuleSetStore::ActiveVersion(const rpc::CallContext& call, const std::string& municipality) {
  const auto read = [&](pg::ReadTransaction& transaction) { return FindActiveVersion(transaction, municipality); };
  const pg::Scope scope = ScopeOf(call, municipality);
  ASSIGN_OR_RETURN(auto active, parts_.pool.Read(scope, call.deadline, kFindActiveVersion.name, read));
  if (active.has_value()) return *std::move(active);
  RETURN_IF_ERROR(StoreShipped(call, municipality));
  ASSIGN_OR_RETURN(active, parts_.pool.Read(scope, call.deadline, kFindActiveVersion.name, read));
  if (!active.has_value()) return status::Internal("a municipality has no active rule set");
  return *std::move(active);
}

absl::StatusOr<rules::RuleSet> RuleSetStore::ActiveRules(const rpc::CallContext& call,
                                                         const std::string& municipality) {
  ASSIGN_OR_RETURN(const std::string version, ActiveVersion(call, municipality));
  return RulesOf(call, {municipality, version});
}

absl::StatusOr<rules::RuleSet> RuleSetStore::RulesOf(const rpc::CallContext& call, const RuleSetKey& key) {
  const std::pair<std::string, std::string> place(key.municipality, key.version);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = remembered_.find(place);
    if (found != remembered_.end()) return found->second;
  }
  const auto read = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<pg::Bytes> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindContent, pg::Params(key.municipality, key.version)));
    if (rows.empty()) return NotFound(kWhat);
    return rows[0].Get<pg::Bytes>(0);
  };
  ASSIGN_OR_RETURN(const pg::Bytes stored,
                   parts_.pool.Read(ScopeOf(call, key.municipality), call.deadline, kFindContent.name, read));
  rules::v1::RuleSet content;
  if (!content.ParseFromString(stored.data)) return status::Internal("a stored rule set does not parse");
  ASSIGN_OR_RETURN(const rules::RuleSet rules, rules::RuleSet::OfChecked(content));
  if (rules.version() != key.version) return status::Internal("a stored rule set is not what its version says");
  // Most municipalities have the shipped one: they share its memory.
  const bool is_shipped = google::protobuf::util::MessageDifferencer::Equals(content, shipped_.Content());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_.emplace(place, is_shipped ? shipped_ : rules);
  return rules;
}

absl::StatusOr<RuleSetStore::Changed> RuleSetStore::Propose(const rpc::CallContext& call,
                                                            const idempotency::Request& request,
                                                            const v1::RuleSetRecord& record) {
  const RuleSetKey id{call.caller.municipality, record.version()};
  RETURN_IF_ERROR(ActiveVersion(call, id.municipality).status());
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, parts_.keys.Fresh(call.deadline));
  const auto propose = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, {record.name()}, call.now));
    if (!repeated.has_value()) {
      ASSIGN_OR_RETURN(const bool is_new, Insert(transaction, kInsertProposed, *key, id.municipality, record));
      if (!is_new) return Exists(record);
      RETURN_IF_ERROR(AppendChange(transaction, parts_, call, "rule_set.proposed", TouchedBy(call, {record.name()})));
    }
    ASSIGN_OR_RETURN(Found found, FindIn(transaction, parts_.keys, call.deadline, id));
    return Changed{std::move(found.record), repeated.has_value()};
  };
  return parts_.pool.Write(ScopeOf(call), call.deadline, "propose_rule_set", propose);
}

absl::StatusOr<RuleSetStore::Changed> RuleSetStore::Activate(const rpc::CallContext& call,
                                                             const idempotency::Request& request, const RuleSetKey& key,
                                                             const Transition& activate) {
  RETURN_IF_ERROR(ActiveVersion(call, call.caller.municipality).status());
  const auto change = [&](pg::Transaction& transaction) -> absl::StatusOr<Changed> {
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, {RuleSetName(key)}, call.now));
    RETURN_IF_ERROR(transaction.Query(kLockRuleSets, pg::Params(key.municipality)).status());
    ASSIGN_OR_RETURN(Found found, FindIn(transaction, parts_.keys, call.deadline, key));
    if (repeated.has_value()) return Changed{std::move(found.record), true};
    ASSIGN_OR_RETURN(v1::RuleSetRecord after, activate(std::move(found.record)));
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindActive, pg::Params(key.municipality)));
    if (rows.empty()) return status::Internal("a municipality has no active rule set");
    ASSIGN_OR_RETURN(Found before, ReadRecord(rows[0], key.municipality, parts_.keys, call.deadline));
    const std::string superseded = before.record.version();
    RETURN_IF_ERROR(
        Store(transaction, {key.municipality, superseded}, *before.key, Supersede(std::move(before.record))));
    RETURN_IF_ERROR(Store(transaction, key, *found.key, after));
    RETURN_IF_ERROR(AppendChange(transaction, parts_, call, "rule_set.activated", TouchedBy(call, {after.name()}),
                                 {{"superseded", superseded}}));
    return Changed{std::move(after), false};
  };
  return parts_.pool.Write(ScopeOf(call), call.deadline, "activate_rule_set", change);
}

absl::StatusOr<v1::RuleSetRecord> RuleSetStore::Find(const rpc::CallContext& call, const RuleSetKey& key) {
  RETURN_IF_ERROR(ActiveVersion(call, call.caller.municipality).status());
  const auto find = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<v1::RuleSetRecord> {
    ASSIGN_OR_RETURN(Found found, FindIn(transaction, parts_.keys, call.deadline, key));
    return std::move(found.record);
  };
  return parts_.pool.Read(ScopeOf(call), call.deadline, kFindRuleSet.name, find);
}

absl::StatusOr<RuleSetStore::Page> RuleSetStore::List(const rpc::CallContext& call, int32_t page_size,
                                                      const std::string& cursor) {
  const std::string& municipality = call.caller.municipality;
  RETURN_IF_ERROR(ActiveVersion(call, municipality).status());
  ASSIGN_OR_RETURN(const auto before, ParseCursor(cursor));
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    ASSIGN_OR_RETURN(const pg::Rows rows,
                     transaction.Query(kListRuleSets,
                                       pg::Params(municipality, before.first, before.second, int64_t{page_size} + 1)));
    Page page;
    for (const pg::Row row : rows) {
      if (page.rule_sets.size() == static_cast<size_t>(page_size)) {
        page.next_cursor = CursorAfter(page.rule_sets.back());
        break;
      }
      ASSIGN_OR_RETURN(Found found, ReadRecord(row, municipality, parts_.keys, call.deadline));
      page.rule_sets.push_back(std::move(found.record));
    }
    return page;
  };
  return parts_.pool.Read(ScopeOf(call), call.deadline, kListRuleSets.name, list);
}

absl::Status RuleSetStore::RecordRead(const rpc::CallContext& call, const std::vector<std::string>& names) {
  return AppendRead(parts_, call, TouchedBy(call, names));
}

}  // namespace samverkan::consent
