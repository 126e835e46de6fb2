#include "libs/idempotency/request_log.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "libs/keys/hmac.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::idempotency {
namespace {

constexpr pg::Statement kClaim = {
    "request_claim",
    "INSERT INTO request (municipality, caller, method, request, owner_municipality, owner_authority, fingerprint,"
    "                     resources, create_time)"
    "  VALUES ($1, $2, $3, $4, scope_municipality(), scope_authority(), $5, $6, $7) ON CONFLICT DO NOTHING"};

// A statement of its own: what the claim above waited for is invisible to itself.
constexpr pg::Statement kFind = {"request_find",
                                 "SELECT fingerprint, resources FROM request"
                                 "  WHERE municipality = $1 AND caller = $2 AND method = $3 AND request = $4"};

// Map entries in a fixed order, so that the same content has the same bytes.
std::string Deterministic(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&output);
  output.Trim();
  return bytes;
}

}  // namespace

void CheckRequestId(const std::string& request_id, status::Violations& violations) {
  if (pg::Uuid::Parse(request_id).ok()) return;
  violations.Add("request_id", "expected a UUID that you choose for this request, and repeat when you repeat it",
                 "Ange ett UUID som är unikt för anropet.");
}

absl::StatusOr<Request> RequestKeys::Of(const rpc::CallContext& call, const std::string& request_id,
                                        const google::protobuf::Message& content) const {
  const auto id = pg::Uuid::Parse(request_id);
  if (!id.ok()) {
    status::Violations violations;
    CheckRequestId(request_id, violations);
    return violations.ToStatus();
  }
  return Request{.municipality = call.caller.municipality,
                 .caller = keys::HmacSha256(key_, "caller/" + call.caller.system + "/" + call.caller.subject),
                 .method = call.method,
                 .id = *id,
                 .fingerprint = keys::HmacSha256(key_, Deterministic(content))};
}

absl::StatusOr<std::optional<std::vector<std::string>>> Claim(pg::Transaction& transaction, const Request& request,
                                                              const std::vector<std::string>& resources,
                                                              absl::Time now) {
  ASSIGN_OR_RETURN(
      const pg::Rows claimed,
      transaction.Execute(kClaim, pg::Params(request.municipality, pg::Bytes{request.caller}, request.method,
                                             request.id, pg::Bytes{request.fingerprint}, resources, now)));
  if (claimed.affected() == 1) return std::nullopt;
  ASSIGN_OR_RETURN(const pg::Rows found,
                   transaction.Query(
                       kFind, pg::Params(request.municipality, pg::Bytes{request.caller}, request.method, request.id)));
  // Taken, and out of sight: it was used for the data of another board.
  if (found.empty()) return Reused();
  pg::Bytes fingerprint;
  std::vector<std::string> known;
  RETURN_IF_ERROR(found[0].Into(fingerprint, known));
  if (!keys::Same(fingerprint.data, request.fingerprint)) return Reused();
  return known;
}

absl::Status Reused() {
  return status::AlreadyExists({.reason = "REQUEST_ID_REUSED",
                                .message = "the request_id was used with other content; choose a new one",
                                .swedish = "Anropets id har redan använts med annat innehåll. Välj ett nytt."});
}

}  // namespace samverkan::idempotency
