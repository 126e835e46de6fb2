#include "libs/status/status.h"

#include <utility>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"

namespace samverkan::status {
namespace {

// Bytes. gRPC clients take 8 KiB of metadata by default, and all of an error travels
// there, partly in base64.
constexpr size_t kMostText = 1000;
constexpr size_t kMostViolations = 2000;

constexpr char kHiddenMark[] = "samverkan.internal/hidden";

template <typename Message>
std::string TypeUrl() {
  return "type.googleapis.com/" + Message::descriptor()->full_name();
}

template <typename Message>
void Attach(absl::Status& status, const Message& message) {
  status.SetPayload(TypeUrl<Message>(), absl::Cord(message.SerializeAsString()));
}

template <typename Message>
Message Attached(const absl::Status& status) {
  Message message;
  const auto payload = status.GetPayload(TypeUrl<Message>());
  if (payload.has_value() && !message.ParseFromString(std::string(*payload))) message.Clear();
  return message;
}

google::rpc::RetryInfo RetryInfoOf(absl::Duration delay) {
  google::rpc::RetryInfo info;
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(delay);
  info.mutable_retry_delay()->set_seconds(nanoseconds / 1'000'000'000);
  info.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
  return info;
}

std::string Joined(const std::vector<FieldViolation>& violations, std::string FieldViolation::*text) {
  std::string joined;
  for (const FieldViolation& violation : violations) {
    if ((violation.*text).empty()) continue;
    if (joined.size() + violation.field.size() + (violation.*text).size() > kMostText) return joined + "; …";
    if (!joined.empty()) joined += joined.back() == '.' ? " " : "; ";
    joined += violation.field + ": " + violation.*text;
  }
  return joined;
}

google::rpc::BadRequest BadRequestOf(const std::vector<FieldViolation>& violations) {
  google::rpc::BadRequest bad_request;
  for (const FieldViolation& violation : violations) {
    auto* const added = bad_request.add_field_violations();
    added->set_field(violation.field);
    added->set_description(violation.description);
    if (bad_request.ByteSizeLong() > kMostViolations) {
      bad_request.mutable_field_violations()->RemoveLast();
      break;
    }
  }
  return bad_request;
}

}  // namespace

absl::Status Make(absl::StatusCode code, const Error& error) {
  absl::Status status(code, error.message);
  google::rpc::ErrorInfo info;
  info.set_reason(error.reason);
  info.set_domain(std::string(kDomain));
  for (const auto& [key, value] : error.metadata) (*info.mutable_metadata())[key] = value;
  Attach(status, info);
  if (!error.swedish.empty()) {
    google::rpc::LocalizedMessage localized;
    localized.set_locale("sv-SE");
    localized.set_message(error.swedish);
    Attach(status, localized);
  }
  if (error.retry_after.has_value()) Attach(status, RetryInfoOf(*error.retry_after));
  return status;
}

absl::Status InvalidArgument(const Error& error) { return Make(absl::StatusCode::kInvalidArgument, error); }
absl::Status NotFound(const Error& error) { return Make(absl::StatusCode::kNotFound, error); }
absl::Status AlreadyExists(const Error& error) { return Make(absl::StatusCode::kAlreadyExists, error); }
absl::Status PermissionDenied(const Error& error) { return Make(absl::StatusCode::kPermissionDenied, error); }
absl::Status Unauthenticated(const Error& error) { return Make(absl::StatusCode::kUnauthenticated, error); }
absl::Status ResourceExhausted(const Error& error) { return Make(absl::StatusCode::kResourceExhausted, error); }
absl::Status FailedPrecondition(const Error& error) { return Make(absl::StatusCode::kFailedPrecondition, error); }
absl::Status Aborted(const Error& error) { return Make(absl::StatusCode::kAborted, error); }
absl::Status DataLoss(const Error& error) { return Make(absl::StatusCode::kDataLoss, error); }
absl::Status OutOfRange(const Error& error) { return Make(absl::StatusCode::kOutOfRange, error); }
absl::Status Unimplemented(const Error& error) { return Make(absl::StatusCode::kUnimplemented, error); }
absl::Status Unavailable(const Error& error) { return Make(absl::StatusCode::kUnavailable, error); }
absl::Status DeadlineExceeded(const Error& error) { return Make(absl::StatusCode::kDeadlineExceeded, error); }
absl::Status Cancelled(const Error& error) { return Make(absl::StatusCode::kCancelled, error); }

absl::Status Internal(std::string_view detail) {
  return absl::Status(absl::StatusCode::kInternal, absl::string_view(detail.data(), detail.size()));
}

absl::Status InvalidArgument(const std::vector<FieldViolation>& violations) {
  absl::Status status = InvalidArgument(Error{.reason = "FIELD_INVALID",
                                              .message = Joined(violations, &FieldViolation::description),
                                              .swedish = Joined(violations, &FieldViolation::swedish)});
  Attach(status, BadRequestOf(violations));
  return status;
}

void Violations::Add(std::string field, std::string description, std::string swedish) {
  violations_.push_back({std::move(field), std::move(description), std::move(swedish)});
}

absl::Status Violations::ToStatus() const {
  return violations_.empty() ? absl::OkStatus() : InvalidArgument(violations_);
}

std::string Reason(const absl::Status& status) { return Attached<google::rpc::ErrorInfo>(status).reason(); }

std::map<std::string, std::string> Metadata(const absl::Status& status) {
  const auto info = Attached<google::rpc::ErrorInfo>(status);
  return {info.metadata().begin(), info.metadata().end()};
}

std::vector<std::string> InvalidFields(const absl::Status& status) {
  std::vector<std::string> fields;
  const auto bad_request = Attached<google::rpc::BadRequest>(status);
  for (const auto& violation : bad_request.field_violations()) {
    fields.push_back(violation.field());
  }
  return fields;
}

absl::Status WithViolations(absl::Status status, const std::vector<FieldViolation>& violations) {
  if (!status.ok()) Attach(status, BadRequestOf(violations));
  return status;
}

absl::Status WithHelp(absl::Status status, std::string_view description, std::string_view url) {
  google::rpc::Help help;
  auto* const link = help.add_links();
  link->set_description(std::string(description));
  link->set_url(std::string(url));
  Attach(status, help);
  return status;
}

absl::Status Hidden(absl::Status status, std::string_view owner) {
  if (absl::IsNotFound(status))
    status.SetPayload(kHiddenMark, absl::Cord(absl::string_view(owner.data(), owner.size())));
  return status;
}

std::string HiddenOwner(const absl::Status& status) {
  const auto payload = status.GetPayload(kHiddenMark);
  return payload.has_value() ? std::string(*payload) : std::string();
}

bool IsHidden(const absl::Status& status) { return status.GetPayload(kHiddenMark).has_value(); }

}  // namespace samverkan::status
