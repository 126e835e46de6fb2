#ifndef SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_STORE_H_
#define SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/idempotency/request_log.h"
#include "libs/pg/transaction.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "services/consent/known_children.h"
#include "services/consent/names.h"
#include "services/consent/ready_rules.h"
#include "services/consent/store_parts.h"

namespace samverkan::consent {

// A decision with what it rests on.
struct DecisionRecord {
  v1::Decision decision;
  // What was known of the child.
  v1::Circumstances circumstances;
  // The system that the decider works through.
  std::string system = {};
  // The child as it is now.
  KnownChildPtr child = {};
};

// What was decided about a child, and what was told, earliest first; `child` is its own reference. In
// the transaction that found the child. Without what has just been erased, and decisions without
// the child as it is now.
absl::StatusOr<std::vector<DecisionRecord>> DecisionsOf(pg::ReadTransaction& transaction, const StoreParts& parts,
                                                        const rpc::CallContext& call, const pg::Uuid& child);
absl::StatusOr<std::vector<v1::DisclosureRecord>> DisclosuresOf(pg::ReadTransaction& transaction,
                                                                const StoreParts& parts, const rpc::CallContext& call,
                                                                const pg::Uuid& child);

// All SQL of decisions and disclosures.
//
// A decision is stored before anybody is told of it, guarded by the version of its child and by the
// rule set in force: where either changed since they were read, everything is read and decided
// again. So a decision that begins after a withdrawal was acknowledged never rests on the withdrawn
// consent, and those that overlap are ordered by commit, on any number of instances.
class DisclosureStore {
 public:
  // All that is handed in must outlive the store.
  DisclosureStore(const StoreParts& parts, ReadyRuleSets& rules);
  DisclosureStore(const DisclosureStore&) = delete;
  DisclosureStore& operator=(const DisclosureStore&) = delete;

  // Decides on what is known of a child; pure, for it may be called several times.
  using Decide = std::function<absl::StatusOr<v1::Decision>(const KnownChild&, const ReadyRules&)>;

  struct Decided {
    v1::Decision decision;
    // The child as it was decided on; as it is now, where the request was repeated.
    KnownChildPtr child;
    // Whether the request was repeated: the decision is that of the first time.
    bool repeated = false;
  };

  // Decides and stores under `id`, with its event and audit entry. NOT_FOUND where the child is not
  // there; ABORTED, reason CHILD_CHANGING, where it changes faster than it can be decided on.
  absl::StatusOr<Decided> Store(const rpc::CallContext& call, const pg::Uuid& id, const std::string& child,
                                const idempotency::Request& request, const Decide& decide);

  // A decision. NOT_FOUND where there is none that the caller's authority may see.
  absl::StatusOr<DecisionRecord> Find(const rpc::CallContext& call, const ResourceKey& id);

  // What a decision lets out, now: pure, as `Decide`.
  using Release = std::function<absl::StatusOr<v1::DisclosureRecord>(const DecisionRecord&, const ReadyRules&)>;

  struct Released {
    DecisionRecord decision;
    v1::DisclosureRecord disclosure;
    bool repeated = false;
  };

  // Records under `id` what a decision lets out, with its event and audit entry; the child and the
  // active rule set do not change meanwhile.
  absl::StatusOr<Released> Disclose(const rpc::CallContext& call, const pg::Uuid& id, const ResourceKey& decision,
                                    const idempotency::Request& request, const Release& release);

  struct Page {
    KnownChildPtr child;
    std::vector<v1::DisclosureRecord> disclosures;
    // Empty on the last page.
    std::string next_cursor;
  };

  // What was told about a child, latest first.
  absl::StatusOr<Page> List(const rpc::CallContext& call, const ResourceKey& child, int32_t page_size,
                            const std::string& cursor);

  // Records, before the answer leaves, that the caller was shown these resources of a child.
  absl::Status RecordRead(const rpc::CallContext& call, const KnownChild& child,
                          const std::vector<std::string>& resources);

 private:
  // Discloses by `rules`; ABORTED where they decide no more.
  absl::StatusOr<Released> DiscloseBy(const ReadyRules& rules, const rpc::CallContext& call, const pg::Uuid& id,
                                      const ResourceKey& decision, const idempotency::Request& request,
                                      const Release& release);

  const StoreParts parts_;
  ReadyRuleSets& rules_;
  KnownChildren children_;
};

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_DISCLOSURE_STORE_H_
