#include "libs/status/grpc.h"

#include <array>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "google/rpc/status.pb.h"
#include "libs/status/status.h"

namespace samverkan::status {
namespace {

// In the order in which they are sent.
constexpr std::array<const char*, 5> kPayloads = {
    "type.googleapis.com/google.rpc.ErrorInfo", "type.googleapis.com/google.rpc.BadRequest",
    "type.googleapis.com/google.rpc.RetryInfo", "type.googleapis.com/google.rpc.LocalizedMessage",
    "type.googleapis.com/google.rpc.Help",
};

Error FixedError(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kCancelled:
      return {"CANCELLED", "the call was cancelled", "Anropet avbröts."};
    case absl::StatusCode::kDeadlineExceeded:
      return {"DEADLINE_EXCEEDED", "the call took longer than its deadline", "Anropet tog för lång tid."};
    case absl::StatusCode::kUnavailable:
      return {"UNAVAILABLE", "the service cannot answer now; try again", "Tjänsten kan inte svara nu. Försök igen."};
    default:
      return {absl::StatusCodeToString(code), "the call was refused", "Anropet avvisades."};
  }
}

bool IsFaultOfOurs(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

absl::Status Presentable(const absl::Status& status) {
  if (IsFaultOfOurs(status.code())) {
    return Make(absl::StatusCode::kInternal, {"INTERNAL", "internal error; it has been logged, quote the trace id",
                                              "Internt fel. Felet är loggat, ange spårnumret vid felanmälan."});
  }
  if (Reason(status).empty()) return Make(status.code(), FixedError(status.code()));
  return status;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::Status presentable = Presentable(status);
  google::rpc::Status details;
  details.set_code(static_cast<int>(presentable.code()));
  details.set_message(std::string(presentable.message()));
  for (const char* const url : kPayloads) {
    const auto payload = presentable.GetPayload(url);
    if (!payload.has_value()) continue;
    auto* any = details.add_details();
    any->set_type_url(url);
    any->set_value(std::string(*payload));
  }
  return grpc::Status(static_cast<grpc::StatusCode>(details.code()), details.message(), details.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return result;
  for (auto& any : *details.mutable_details()) result.SetPayload(any.type_url(), absl::Cord(any.value()));
  return result;
}

}  // namespace samverkan::status
