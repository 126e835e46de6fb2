#ifndef SAMVERKAN_LIBS_IDEMPOTENCY_REQUEST_LOG_H_
#define SAMVERKAN_LIBS_IDEMPOTENCY_REQUEST_LOG_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "libs/pg/transaction.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "libs/status/status.h"

// Repeated requests (AIP-155): the same request_id with the same content gives the same
// resource and outcome; with other content it is refused. The table stands in each
// service's schema (libs/idempotency/schema).
namespace samverkan::idempotency {

// One use of a request id: it is scoped to the caller and the method.
struct Request {
  // The caller's own.
  std::string municipality;
  // Keyed hash of who calls, 32 bytes.
  std::string caller;
  std::string method;
  pg::Uuid id;
  // Keyed hash of the content, 32 bytes.
  std::string fingerprint;
};

// Adds what is wrong where the text is no UUID, for callers who get all faults at once.
void CheckRequestId(const std::string& request_id, status::Violations& violations);

// Makes Requests. Holds the key of their hashes; may be used by several threads.
class RequestKeys {
 public:
  // `key` is 32 bytes of KeyFile::Derive("<service>/request-fingerprint").
  explicit RequestKeys(std::string key) : key_(std::move(key)) {}

  // The use that `call` makes of `request_id` for `content`. INVALID_ARGUMENT naming the
  // field `request_id` where it is not a UUID.
  absl::StatusOr<Request> Of(const rpc::CallContext& call, const std::string& request_id,
                             const google::protobuf::Message& content) const;

 private:
  std::string key_;
};

// Claims the request id in the transaction of its change, whose scope is that of the data
// that it changes: before any change.
// Nothing where it is new: go on. The resources of the first use where it is repeated:
// change nothing, and answer with them as they now stand. ALREADY_EXISTS, reason
// REQUEST_ID_REUSED, where the content is another.
absl::StatusOr<std::optional<std::vector<std::string>>> Claim(pg::Transaction& transaction, const Request& request,
                                                              const std::vector<std::string>& resources,
                                                              absl::Time now);

// The refusal of a request id used with other content.
absl::Status Reused();

}  // namespace samverkan::idempotency

#endif  // SAMVERKAN_LIBS_IDEMPOTENCY_REQUEST_LOG_H_
