#ifndef SAMVERKAN_SERVICES_AUDIT_REVIEW_STORE_H_
#define SAMVERKAN_SERVICES_AUDIT_REVIEW_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/idempotency/request_log.h"
#include "libs/pg/pool.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "libs/sealing/key_ring.h"
#include "samverkan/audit/v1/review.pb.h"
#include "services/audit/entry.h"
#include "services/audit/own_entry.h"
#include "services/audit/review.h"
#include "services/audit/search_tag.h"

namespace samverkan::audit {

// A sample that was asked for, or why there is none.
struct FoundSample {
  std::optional<v1::ReviewSample> sample;
  // Whether there is one of that name, be it another authority's.
  bool name_is_taken = false;
};

// Some items of a sample, in order, each with its entry.
struct ItemPage {
  std::vector<v1::ReviewItem> items;
  // Whether there are further ones.
  bool more = false;
};

// Where a list of samples goes on: they are ordered by time, newest first, then by id.
struct SamplePlace {
  absl::Time draw_time;
  pg::Uuid id;
};

struct SamplePage {
  std::vector<v1::ReviewSample> samples;
  bool more = false;
};

// Whose acts a breach is about, and where its answer goes on.
struct TouchedQuery {
  Scope scope;
  // Tags; absent where they do not matter.
  std::optional<std::string> actor;
  std::optional<std::string> system;
  // Of the act, [start, end).
  absl::Time start;
  absl::Time end;
  // Only children after this one: the first entry that names it, and its tag.
  int64_t after_index = -1;
  std::string after_child;
  int64_t limit = 0;
};

// A child that was touched, with its place in the answer.
struct TouchedRow {
  v1::TouchedChild child;
  int64_t first_index = 0;
  std::string tag;
};

struct TouchedPage {
  std::vector<TouchedRow> rows;
  bool more = false;
};

// All SQL about log reviews and breaches. Connections of its own, so that its long reads
// hold up neither appends nor searches. Everything is scoped by municipality and authority
// in the functions of schema/. May be used by several threads at once.
//
// Deadlines are of the machine's clock. Errors of the database are libs/pg's, of the keys
// libs/sealing's.
class ReviewStore {
 public:
  // `conninfo` as the role samverkan_audit. `entries` makes the entries that a change
  // leaves in its own transaction; it and `keys` must outlive the store.
  static absl::StatusOr<std::unique_ptr<ReviewStore>> Open(const std::string& conninfo, int connections,
                                                           sealing::KeyRing& keys, const OwnEntries& entries,
                                                           pg::ErrorLog log = {});

  // Draws by `order` from the log of the caller's authority and stores the sample.
  // `sample` says all that the draw itself does not give. A request that is repeated draws
  // nothing and gives the sample that the first one drew.
  absl::StatusOr<v1::ReviewSample> Draw(const rpc::CallContext& call, const idempotency::Request& request,
                                        const DrawOrder& order, const v1::ReviewSample& sample);

  absl::StatusOr<FoundSample> Find(const Scope& scope, const SampleKey& key, absl::Time deadline);

  // Samples from beyond `after` on; nothing there means from the newest.
  absl::StatusOr<SamplePage> List(const Scope& scope, const std::optional<SamplePlace>& after, int64_t limit,
                                  absl::Time deadline);

  // Items beyond the position `after`: at most `limit`, and as many as have entries of
  // ordinary size together.
  absl::StatusOr<ItemPage> ListItems(const Scope& scope, const SampleKey& key, int64_t after, int64_t limit,
                                     absl::Time deadline);

  // Adds an outcome to an item, where `check` allows it for the item as it is now. NOT_FOUND,
  // reason `REVIEW_ITEM_NOT_FOUND`. Its entry in the log names `legal_basis`. A request that is repeated changes
  // nothing and gives the item as it stands.
  using Check = std::function<absl::Status(const ReviewItemRecord&)>;
  absl::StatusOr<v1::ReviewItem> Record(const rpc::CallContext& call, const idempotency::Request& request,
                                        const ItemKey& key, const v1::ReviewOutcome& outcome,
                                        const std::string& legal_basis, const Check& check);

  // What was drawn in [start, end); of one unit, by its tag, where given.
  absl::StatusOr<v1::ReviewStatistics> Count(const Scope& scope, absl::Time start, absl::Time end,
                                             const std::optional<std::string>& unit, absl::Time deadline);

  // The children touched.
  absl::StatusOr<TouchedPage> ListTouched(const TouchedQuery& query, absl::Time deadline);

 private:
  ReviewStore(std::unique_ptr<pg::Pool> pool, sealing::KeyRing& keys, const OwnEntries& entries)
      : pool_(std::move(pool)), keys_(keys), entries_(entries) {}

  std::unique_ptr<pg::Pool> pool_;
  sealing::KeyRing& keys_;
  const OwnEntries& entries_;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_REVIEW_STORE_H_
