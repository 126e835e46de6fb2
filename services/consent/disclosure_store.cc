#include "services/consent/disclosure_store.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/calendar/calendar.h"
#include "libs/outbox/audit_entry.h"
#include "libs/outbox/outbox.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/consent/access.h"
#include "services/consent/child.h"
#include "services/consent/list_cursor.h"
#include "services/consent/store.pb.h"

namespace samverkan::consent {
namespace {

constexpr char kMade[] = "decision.made";
constexpr char kDecisions[] = "decisions";
constexpr char kDisclosures[] = "disclosures";
// What callers never see.
constexpr char kSuperseded[] = "SUPERSEDED";
// A child that changes this often while one decides is not decided on.
constexpr int kMostAttempts = 20;

// Joined by what they have in common, the authority.
constexpr pg::JoinedStatement kDecide = {
    {"decide_disclosures",
     "SELECT outcome, resources FROM decide_disclosures($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
     " $15, $16, $17, $18, $19, $20, $21)"},
    2};

constexpr pg::Statement kFindDecision = {"find_decision",
                                         "SELECT authority, child, data_key, content FROM decision"
                                         "  WHERE municipality = $1 AND decision = $2"};

constexpr pg::Statement kFindDecisionsOfChild = {
    "find_decisions_of_child",
    "SELECT decision, data_key, content FROM decision"
    "  WHERE municipality = $1 AND authority = $2 AND child = $3 ORDER BY decide_time, decision"};

constexpr pg::Statement kFindHiddenAuthority = {"find_hidden_authority_of_decision",
                                                "SELECT authority_of_decision($1, $2)"};

// Keep the child, and the rule set in force, as they are until the transaction ends.
constexpr pg::Statement kHoldChild = {
    "hold_child_for_disclosure",
    "SELECT 1::bigint FROM child WHERE municipality = $1 AND authority = $2 AND child = $3 FOR SHARE"};

constexpr pg::Statement kHoldActiveRuleSet = {
    "hold_active_rule_set",
    "SELECT 1::bigint FROM rule_set WHERE municipality = $1 AND version = $2 AND state = 2 FOR SHARE"};

constexpr pg::Statement kInsertDisclosure = {
    "insert_disclosure",
    "INSERT INTO disclosure (municipality, disclosure, authority, child, decision, disclose_time, data_key, content)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};

constexpr pg::Statement kFindDisclosure = {"find_disclosure",
                                           "SELECT disclosure, disclose_time, data_key, content FROM disclosure"
                                           "  WHERE municipality = $1 AND disclosure = $2"};

constexpr pg::Statement kListDisclosures = {
    "list_disclosures",
    "SELECT disclosure, disclose_time, data_key, content FROM disclosure"
    "  WHERE municipality = $1 AND authority = $2 AND child = $3 AND (disclose_time, disclosure) < ($4, $5)"
    "  ORDER BY disclose_time DESC, disclosure DESC LIMIT $6"};

constexpr pg::Statement kFindDisclosuresOfChild = {
    "find_disclosures_of_child",
    "SELECT disclosure, disclose_time, data_key, content FROM disclosure"
    "  WHERE municipality = $1 AND authority = $2 AND child = $3 ORDER BY disclose_time, disclosure"};

sealing::Cell DecisionCell(const ResourceKey& id) {
  return {.column = "consent.decision.content", .municipality = id.municipality, .row = id.id};
}

sealing::Cell DisclosureCell(const ResourceKey& id) {
  return {.column = "consent.disclosure.content", .municipality = id.municipality, .row = id.id};
}

absl::StatusOr<ResourceKey> IdOf(const std::string& name, const std::string& collection) {
  auto key = ParseName(name, collection);
  if (!key.has_value()) return status::Internal("a stored name is none");
  return *std::move(key);
}

// ---- decisions ----

absl::StatusOr<store::v1::StoredDecision> OpenDecision(const sealing::DataKey& key, const ResourceKey& id,
                                                       const pg::Bytes& sealed) {
  ASSIGN_OR_RETURN(const std::string content, key.Open(DecisionCell(id), sealed));
  store::v1::StoredDecision stored;
  if (stored.ParseFromString(content)) return stored;
  return status::Internal("a stored decision does not parse");
}

absl::StatusOr<DecisionRecord> RecordOf(store::v1::StoredDecision stored) {
  DecisionRecord record;
  record.decision = std::move(*stored.mutable_decision());
  record.system = stored.system();
  if (record.circumstances.ParseFromString(stored.circumstances())) return record;
  return status::Internal("the circumstances of a stored decision do not parse");
}

// NOT_FOUND, recorded with the authority that decided.
absl::Status Hidden(pg::ReadTransaction& transaction, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindHiddenAuthority, pg::Params(id.municipality, id.id)));
  ASSIGN_OR_RETURN(const auto authority, rows[0].Get<std::optional<std::string>>(0));
  if (!authority.has_value()) return NotFound("decision");
  return NotFound("decision", {.municipality = id.municipality, .authority = *authority});
}

absl::StatusOr<DecisionRecord> FindDecisionIn(pg::ReadTransaction& transaction, const StoreParts& parts,
                                              const rpc::CallContext& call, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindDecision, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return Hidden(transaction, id);
  std::string authority;
  pg::Uuid child, data_key;
  pg::Bytes sealed;
  RETURN_IF_ERROR(rows[0].Into(authority, child, data_key, sealed));
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, KeyOf(parts.keys, call.deadline, data_key, "decision"));
  ASSIGN_OR_RETURN(store::v1::StoredDecision stored, OpenDecision(*key, id, sealed));
  ASSIGN_OR_RETURN(DecisionRecord record, RecordOf(std::move(stored)));
  ASSIGN_OR_RETURN(record.child, ReadKnownChild(transaction, parts, call, child));
  return record;
}

// How many categories got which answer: "DENY=1,PERMIT=2".
std::string CountAnswers(const v1::Decision& decision) {
  std::map<std::string, int> counts;
  for (const v1::CategoryDecision& category : decision.categories()) {
    ++counts[v1::CategoryDecision::Answer_Name(category.answer())];
  }
  return absl::StrJoin(counts, ",", absl::PairFormatter("="));
}

std::string LegalBasesOf(const google::protobuf::RepeatedPtrField<v1::CategoryDecision>& categories) {
  std::map<std::string, std::string> bases;
  for (const v1::CategoryDecision& category : categories) {
    if (!category.rule().empty()) bases.emplace(category.rule(), category.legal_basis());
  }
  return absl::StrJoin(bases, "; ", absl::PairFormatter(", "));
}

outbox::Touched TouchedOf(const KnownChild& child, const rpc::CallContext& call,
                          const std::vector<std::string>& resources) {
  return {.municipality = child.authority.municipality,
          .authority = child.authority.authority,
          .children = {child.id.ToString()},
          .resources = resources,
          .identity_protected = IsProtectedOn(child.record.child, calendar::LegalDay(call.now))};
}

// The parameters of decide_disclosures for one decision.
class NewDecision {
 public:
  NewDecision(const StoreParts& parts, const rpc::CallContext& call, const idempotency::Request& request,
              const KnownChild& child, const v1::Decision& decision)
      : parts_(parts), call_(call), request_(request), child_(child), decision_(decision) {}

  absl::StatusOr<pg::Params> Params(const ResourceKey& id) const {
    // The child's own: one that was destroyed with it seals nothing that is stored, for its row is gone.
    const sealing::DataKey& key = *child_.key;
    ASSIGN_OR_RETURN(const outbox::SealedEntry entry, parts_.outbox.Seal(Entry()));
    const events::v1::Event event =
        outbox::MakeEvent(kMade, decision_.name(), child_.authority.municipality, child_.authority.authority, call_.now,
                          {{"purpose", rules::v1::Disclosure::Purpose_Name(decision_.question().purpose())},
                           {"answers", CountAnswers(decision_)}});
    ASSIGN_OR_RETURN(const pg::Uuid event_id, pg::Uuid::Parse(event.id()));
    pg::Params params(child_.authority.municipality, child_.authority.authority);
    params.Add(Once(request_.municipality)).Add(Once(pg::Bytes{request_.caller})).Add(Once(request_.method));
    params.Add(Once(request_.id)).Add(Once(pg::Bytes{request_.fingerprint})).Add(Once(call_.now));
    params.Add(Once(id.id)).Add(Once(decision_.name())).Add(Once(child_.id)).Add(Once(child_.record.version));
    params.Add(Once(decision_.rule_set()));
    params.Add(Once(proto_time::FromProto(decision_.expire_time()).value_or(call_.now)));
    params.Add(Once(key.id())).Add(Once(key.Seal(DecisionCell(id), Content())));
    params.Add(Once(event_id)).Add(Once(pg::Bytes{event.SerializeAsString()}));
    params.Add(Once(entry.id)).Add(Once(entry.data_key)).Add(Once(entry.content));
    return params;
  }

 private:
  template <typename T>
  static std::vector<T> Once(T value) {
    return {std::move(value)};
  }

  std::string Content() const {
    store::v1::StoredDecision stored;
    *stored.mutable_decision() = decision_;
    stored.set_circumstances(child_.circumstances.SerializeAsString());
    stored.set_system(call_.caller.system);
    return stored.SerializeAsString();
  }

  audit::v1::Entry Entry() const {
    outbox::Touched touched = TouchedOf(child_, call_, {decision_.name()});
    touched.legal_basis = LegalBasesOf(decision_.categories());
    touched.request_id = request_.id.ToString();
    touched.detail = kMade;
    return outbox::MakeAuditEntry(call_, kProducer, audit::v1::GRANTED, touched);
  }

  const StoreParts& parts_;
  const rpc::CallContext& call_;
  const idempotency::Request& request_;
  const KnownChild& child_;
  const v1::Decision& decision_;
};

struct Outcome {
  bool stale = false;
  // Of the first time, where the request is repeated.
  std::optional<std::string> first = {};
};

absl::StatusOr<Outcome> ReadOutcome(const pg::Rows& rows) {
  if (rows.size() != 1) return status::Internal("a decision did not get its outcome");
  std::string outcome;
  std::optional<std::vector<std::string>> resources;
  RETURN_IF_ERROR(rows[0].Into(outcome, resources));
  if (outcome == "CREATED") return Outcome{};
  if (outcome == "STALE") return Outcome{.stale = true};
  if (outcome == "REPEATED" && resources.has_value()) return Outcome{.first = resources->front()};
  return idempotency::Reused();
}

// ---- disclosures ----

absl::StatusOr<v1::DisclosureRecord> ReadDisclosure(const pg::Row& row, const std::string& municipality,
                                                    const sealing::DataKey& key) {
  ResourceKey id{municipality, {}};
  absl::Time time;
  pg::Uuid data_key;
  pg::Bytes sealed;
  RETURN_IF_ERROR(row.Into(id.id, time, data_key, sealed));
  ASSIGN_OR_RETURN(const std::string content, key.Open(DisclosureCell(id), sealed));
  v1::DisclosureRecord disclosure;
  if (!disclosure.ParseFromString(content)) return status::Internal("a stored disclosure does not parse");
  return disclosure;
}

absl::StatusOr<v1::DisclosureRecord> FindDisclosureIn(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                      const rpc::CallContext& call, const ResourceKey& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindDisclosure, pg::Params(id.municipality, id.id)));
  if (rows.empty()) return NotFound("disclosure");
  ASSIGN_OR_RETURN(const pg::Uuid data_key, rows[0].Get<pg::Uuid>(2));
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, KeyOf(parts.keys, call.deadline, data_key, "disclosure"));
  return ReadDisclosure(rows[0], id.municipality, *key);
}

// Keeps the child and the rule set as they are until the transaction ends. ABORTED, with a reason that
// callers never see, where they are others by now.
absl::Status Hold(pg::Transaction& transaction, const pg::Scope& authority, const pg::Uuid& child,
                  const RuleSetKey& active) {
  ASSIGN_OR_RETURN(const pg::Rows children,
                   transaction.Query(kHoldChild, pg::Params(authority.municipality, authority.authority, child)));
  ASSIGN_OR_RETURN(const pg::Rows rule_sets,
                   transaction.Query(kHoldActiveRuleSet, pg::Params(active.municipality, active.version)));
  if (!children.empty() && !rule_sets.empty()) return absl::OkStatus();
  return status::Aborted(
      {.reason = kSuperseded, .message = "the child was merged, or another rule set decides by now"});
}

absl::Status InsertDisclosure(pg::Transaction& transaction, const rpc::CallContext& call, const ResourceKey& id,
                              const KnownChild& child, const v1::DisclosureRecord& disclosure) {
  ASSIGN_OR_RETURN(const ResourceKey decision, IdOf(disclosure.decision(), kDecisions));
  return transaction
      .Execute(kInsertDisclosure,
               pg::Params(id.municipality, id.id, child.authority.authority, child.id, decision.id, call.now,
                          child.key->id(), child.key->Seal(DisclosureCell(id), disclosure.SerializeAsString())))
      .status();
}

absl::Status TellOfDisclosure(pg::Transaction& transaction, const StoreParts& parts, const rpc::CallContext& call,
                              const idempotency::Request& request, const KnownChild& child,
                              const v1::DisclosureRecord& disclosure) {
  outbox::Touched touched = TouchedOf(child, call, {disclosure.name(), disclosure.decision()});
  touched.legal_basis = LegalBasesOf(disclosure.categories());
  touched.request_id = request.id.ToString();
  return AppendChange(transaction, parts, call, "disclosure.made", std::move(touched),
                      {{"purpose", rules::v1::Disclosure::Purpose_Name(disclosure.purpose())},
                       {"party", rules::v1::Disclosure::Party_Name(disclosure.recipient().party())}});
}

}  // namespace

absl::StatusOr<std::vector<DecisionRecord>> DecisionsOf(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                        const rpc::CallContext& call, const pg::Uuid& child) {
  const auth::Caller& caller = call.caller;
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   transaction.Query(kFindDecisionsOfChild, pg::Params(caller.municipality, caller.authority, child)));
  ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts.keys, call.deadline, rows, 0, 1));
  std::vector<DecisionRecord> records;
  for (const pg::Row row : rows) {
    ResourceKey id{caller.municipality, {}};
    pg::Uuid data_key;
    pg::Bytes sealed;
    RETURN_IF_ERROR(row.Into(id.id, data_key, sealed));
    const auto key = keys.find(id.id);
    if (key == keys.end()) continue;
    ASSIGN_OR_RETURN(store::v1::StoredDecision stored, OpenDecision(*key->second, id, sealed));
    ASSIGN_OR_RETURN(records.emplace_back(), RecordOf(std::move(stored)));
  }
  return records;
}

absl::StatusOr<std::vector<v1::DisclosureRecord>> DisclosuresOf(pg::ReadTransaction& transaction,
                                                                const StoreParts& parts, const rpc::CallContext& call,
                                                                const pg::Uuid& child) {
  const auth::Caller& caller = call.caller;
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindDisclosuresOfChild,
                                                          pg::Params(caller.municipality, caller.authority, child)));
  ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts.keys, call.deadline, rows, 0, 2));
  std::vector<v1::DisclosureRecord> disclosures;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
    const auto key = keys.find(id);
    if (key == keys.end()) continue;
    ASSIGN_OR_RETURN(disclosures.emplace_back(), ReadDisclosure(row, caller.municipality, *key->second));
  }
  return disclosures;
}

DisclosureStore::DisclosureStore(const StoreParts& parts, ReadyRuleSets& rules)
    : parts_(parts), rules_(rules), children_(parts_) {}

absl::StatusOr<DisclosureStore::Decided> DisclosureStore::Store(const rpc::CallContext& call, const pg::Uuid& id,
                                                                const std::string& child,
                                                                const idempotency::Request& request,
                                                                const Decide& decide) {
  const ResourceKey key{call.caller.municipality, id};
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const KnownChildPtr known, children_.Get(call, child));
    ASSIGN_OR_RETURN(const ReadyRulesPtr rules, rules_.Active(call, call.caller.municipality));
    absl::StatusOr<v1::Decision> decision = decide(*known, *rules);
    if (!decision.ok() && attempt == 0) {
      // Who may see the child may have changed since it was remembered.
      children_.Forget(call, child);
      continue;
    }
    RETURN_IF_ERROR(decision.status());
    ASSIGN_OR_RETURN(pg::Params params, NewDecision(parts_, call, request, *known, *decision).Params(key));
    ASSIGN_OR_RETURN(const pg::Rows rows, parts_.writer.Execute(kDecide, std::move(params), "", call.deadline));
    ASSIGN_OR_RETURN(const Outcome outcome, ReadOutcome(rows));
    if (outcome.first.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, IdOf(*outcome.first, kDecisions));
      ASSIGN_OR_RETURN(DecisionRecord record, Find(call, first));
      return Decided{std::move(record.decision), record.child, true};
    }
    if (!outcome.stale) {
      children_.Confirm(call, child, known);
      return Decided{*std::move(decision), known, false};
    }
    children_.Forget(call, child);
    RETURN_IF_ERROR(rules_.ActiveNow(call, call.caller.municipality).status());
  }
  return ChildChanging();
}

absl::StatusOr<DecisionRecord> DisclosureStore::Find(const rpc::CallContext& call, const ResourceKey& id) {
  return parts_.pool.Read(
      pg::ScopeOf(call.caller), call.deadline, kFindDecision.name,
      [&](pg::ReadTransaction& transaction) { return FindDecisionIn(transaction, parts_, call, id); });
}

absl::StatusOr<DisclosureStore::Released> DisclosureStore::Disclose(const rpc::CallContext& call, const pg::Uuid& id,
                                                                    const ResourceKey& decision,
                                                                    const idempotency::Request& request,
                                                                    const Release& release) {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const ReadyRulesPtr rules, attempt == 0 ? rules_.Active(call, call.caller.municipality)
                                                             : rules_.ActiveNow(call, call.caller.municipality));
    absl::StatusOr<Released> released = DiscloseBy(*rules, call, id, decision, request, release);
    if (status::Reason(released.status()) != kSuperseded) return released;
  }
  return ChildChanging();
}

absl::StatusOr<DisclosureStore::Released> DisclosureStore::DiscloseBy(const ReadyRules& rules,
                                                                      const rpc::CallContext& call, const pg::Uuid& id,
                                                                      const ResourceKey& decision,
                                                                      const idempotency::Request& request,
                                                                      const Release& release) {
  const ResourceKey key{call.caller.municipality, id};
  const auto disclose = [&](pg::Transaction& transaction) -> absl::StatusOr<Released> {
    const std::string name = MakeName(key.municipality, kDisclosures, key.id);
    ASSIGN_OR_RETURN(const auto repeated, idempotency::Claim(transaction, request, {name}, call.now));
    Released released;
    ASSIGN_OR_RETURN(released.decision, FindDecisionIn(transaction, parts_, call, decision));
    if (repeated.has_value()) {
      ASSIGN_OR_RETURN(const ResourceKey first, IdOf(repeated->front(), kDisclosures));
      ASSIGN_OR_RETURN(released.disclosure, FindDisclosureIn(transaction, parts_, call, first));
      released.repeated = true;
      return released;
    }
    RETURN_IF_ERROR(
        Hold(transaction, pg::ScopeOf(call.caller), released.decision.child->id, {key.municipality, rules.version}));
    // Read again: it may have changed before it was held.
    ASSIGN_OR_RETURN(released.decision, FindDecisionIn(transaction, parts_, call, decision));
    const KnownChild& child = *released.decision.child;
    ASSIGN_OR_RETURN(released.disclosure, release(released.decision, rules));
    released.disclosure.set_name(name);
    RETURN_IF_ERROR(InsertDisclosure(transaction, call, key, child, released.disclosure));
    RETURN_IF_ERROR(TellOfDisclosure(transaction, parts_, call, request, child, released.disclosure));
    return released;
  };
  return parts_.pool.Write(pg::ScopeOf(call.caller), call.deadline, "disclose", disclose);
}

absl::StatusOr<DisclosureStore::Page> DisclosureStore::List(const rpc::CallContext& call, const ResourceKey& child,
                                                            int32_t page_size, const std::string& cursor) {
  ASSIGN_OR_RETURN(const ListPlace before, ParseListCursor(cursor));
  const auto list = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<Page> {
    Page page;
    ASSIGN_OR_RETURN(page.child, ReadKnownChild(transaction, parts_, call, child.id));
    ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(kListDisclosures, pg::Params(child.municipality, call.caller.authority, page.child->id,
                                                       before.time, before.id, int64_t{page_size} + 1)));
    ASSIGN_OR_RETURN(const SubjectKeys keys, KeysOf(parts_.keys, call.deadline, rows, 0, 2));
    for (const pg::Row row : rows) {
      if (page.disclosures.size() == static_cast<size_t>(page_size)) {
        page.next_cursor = MakeListCursor(page.disclosures.back().disclose_time(), page.disclosures.back().name());
        break;
      }
      ASSIGN_OR_RETURN(const pg::Uuid id, row.Get<pg::Uuid>(0));
      const auto key = keys.find(id);
      if (key == keys.end()) continue;
      ASSIGN_OR_RETURN(page.disclosures.emplace_back(), ReadDisclosure(row, child.municipality, *key->second));
    }
    return page;
  };
  return parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, kListDisclosures.name, list);
}

absl::Status DisclosureStore::RecordRead(const rpc::CallContext& call, const KnownChild& child,
                                         const std::vector<std::string>& resources) {
  return AppendRead(parts_, call, TouchedOf(child, call, resources));
}

}  // namespace samverkan::consent
