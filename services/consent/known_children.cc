#include "services/consent/known_children.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/clock/clock.h"
#include "libs/pg/caller_scope.h"
#include "libs/status/macros.h"
#include "services/consent/child_store.h"
#include "services/consent/consent_store.h"

namespace samverkan::consent {
namespace {

std::string KeyOf(const rpc::CallContext& call, const std::string& reference) {
  return absl::StrCat(call.caller.municipality, "/", call.caller.authority, "/", reference);
}

}  // namespace

absl::StatusOr<KnownChildPtr> ReadKnownChild(pg::ReadTransaction& transaction, const StoreParts& parts,
                                             const rpc::CallContext& call, const pg::Uuid& reference) {
  auto known = std::make_shared<KnownChild>();
  // The version first: what is read after it is no older.
  ASSIGN_OR_RETURN(const StoredChild found, FindChild(transaction, parts, call, {call.caller.municipality, reference}));
  known->authority = pg::ScopeOf(call.caller);
  known->id = found.id;
  known->record = found.record;
  known->key = found.key;
  known->day = calendar::LegalDay(call.now);
  ASSIGN_OR_RETURN(std::vector<v1::Consent> consents, ConsentsOf(transaction, parts, call, found));
  known->circumstances = CircumstancesOf(found.record, std::move(consents), known->day);
  return KnownChildPtr(std::move(known));
}

absl::StatusOr<KnownChildPtr> KnownChildren::Get(const rpc::CallContext& call, const std::string& reference) {
  const std::string key = KeyOf(call, reference);
  if (KnownChildPtr child = Recall(key, calendar::LegalDay(call.now)); child != nullptr) return child;
  ASSIGN_OR_RETURN(const pg::Uuid id, pg::Uuid::Parse(reference));
  ASSIGN_OR_RETURN(KnownChildPtr child, parts_.pool.Read(pg::ScopeOf(call.caller), call.deadline, "read_known_child",
                                                         [&](pg::ReadTransaction& transaction) {
                                                           return ReadKnownChild(transaction, parts_, call, id);
                                                         }));
  Remember(key, child);
  return child;
}

void KnownChildren::Confirm(const rpc::CallContext& call, const std::string& reference, const KnownChildPtr& child) {
  const absl::Time now = clock::SystemClock().Now();
  const std::lock_guard lock(mutex_);
  const auto found = remembered_.find(KeyOf(call, reference));
  // Somebody may have forgotten it, or read it again, since.
  if (found != remembered_.end() && found->second.child == child) found->second.until = now + kRemembered;
}

void KnownChildren::Forget(const rpc::CallContext& call, const std::string& reference) {
  const std::lock_guard lock(mutex_);
  remembered_.erase(KeyOf(call, reference));
}

KnownChildPtr KnownChildren::Recall(const std::string& key, absl::CivilDay day) {
  const absl::Time now = clock::SystemClock().Now();
  const std::lock_guard lock(mutex_);
  const auto found = remembered_.find(key);
  if (found == remembered_.end()) return nullptr;
  if (found->second.until > now && found->second.child->day == day) return found->second.child;
  remembered_.erase(found);
  return nullptr;
}

void KnownChildren::Remember(const std::string& key, KnownChildPtr child) {
  const absl::Time now = clock::SystemClock().Now();
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kMost) {
    // Those whose time is up; where there are none, all: what is forgotten is only read again.
    for (auto entry = remembered_.begin(); entry != remembered_.end();) {
      entry = entry->second.until <= now ? remembered_.erase(entry) : std::next(entry);
    }
    if (remembered_.size() >= kMost) remembered_.clear();
  }
  remembered_[key] = {std::move(child), now + kRemembered};
}

}  // namespace samverkan::consent
