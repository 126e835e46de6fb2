#ifndef SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_STORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/idempotency/request_log.h"
#include "libs/rpc/call_context.h"
#include "services/intake/emergency_access.h"
#include "services/intake/names.h"
#include "services/intake/store_parts.h"

// Whether an emergency access of the caller opens `row`, the alias of a report or an
// investigation, in the statement that finds it: $3 are the caller's tags (Tags::DeclarerOf), $4
// is the instant.
#define SAMVERKAN_EMERGENCY_ACCESS_TO(row)                                    \
  "       EXISTS (SELECT FROM emergency_access e WHERE e.municipality = " row \
  ".municipality"                                                             \
  "          AND e.authority = " row ".authority AND e.child = " row          \
  ".child AND e.declarer_tag = ANY($3::bytea[])"                              \
  "          AND e.expire_time > $4)"

namespace samverkan::intake {

// All SQL of emergency accesses, as ReportStore of reports.
class EmergencyAccessStore {
 public:
  explicit EmergencyAccessStore(const StoreParts& parts) : parts_(parts) {}

  // By what a child of the caller's board is found: one of these.
  struct ChildQuestion {
    // 12 digits.
    std::string identity_digits = {};
    std::optional<ResourceKey> report = {};
    std::optional<ResourceKey> investigation = {};
  };
  // What a declaration about a child is; runs in the transaction, perhaps several times.
  using Declaring = std::function<absl::StatusOr<EmergencyAccessChange>(const KnownChild&)>;
  // A declared emergency and its child.
  struct Declared {
    EmergencyAccessRecord record;
    KnownChild child;
    // Whether the request was a repeated one, which changed nothing and left no audit entry.
    bool repeated = false;
  };
  // Stores a new emergency access called `id` about the child; returns that of the first time
  // where the request is repeated. NOT_FOUND, reason CHILD_NOT_FOUND, where the board has
  // neither a report nor an investigation of such a child.
  absl::StatusOr<Declared> Declare(const rpc::CallContext& call, const ResourceKey& id,
                                   const idempotency::Request& request, const ChildQuestion& question,
                                   const Declaring& declaring);

  // What a change does to an emergency access; runs in the transaction, perhaps several times.
  using Transition = std::function<absl::StatusOr<EmergencyAccessChange>(EmergencyAccessRecord)>;
  // An emergency access after a change.
  struct Changed {
    EmergencyAccessRecord record;
    // As in `Declared`: then whoever repeats it may see the access only if it still may.
    bool repeated = false;
  };
  // Changes an emergency access of the caller's board. NOT_FOUND, reason
  // EMERGENCY_ACCESS_NOT_FOUND.
  absl::StatusOr<Changed> Change(const rpc::CallContext& call, const ResourceKey& id,
                                 const idempotency::Request& request, const Transition& transition);

  struct Filter {
    // Only in this state; 0 for all.
    int state = 0;
    int32_t page_size = 0;
    std::string cursor = {};
  };
  struct Page {
    std::vector<EmergencyAccessRecord> accesses;
    // Where the next page goes on; empty on the last.
    std::string next_cursor;
  };
  // Those of the caller's board: all to its auditors, to others those about children whom their
  // units handle. Unreviewed ones first, each part newest first.
  absl::StatusOr<Page> List(const rpc::CallContext& call, const Filter& filter);

  // Appends the audit entries of a read that shows these; returns when they are durable.
  absl::Status RecordRead(const rpc::CallContext& call, const std::vector<const EmergencyAccessRecord*>& shown);

 private:
  const StoreParts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_EMERGENCY_ACCESS_STORE_H_
