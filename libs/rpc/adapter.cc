#include "libs/rpc/adapter.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "grpc/grpc_security_constants.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "grpcpp/support/slice.h"
#include "libs/auth/acting_caller.h"
#include "libs/auth/token_refusal.h"
#include "libs/status/grpc.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::rpc {
namespace {

using google::protobuf::Message;

constexpr absl::Duration kRetryAfter = absl::Milliseconds(200);

std::string_view ViewOf(grpc::string_ref text) { return {text.data(), text.size()}; }

absl::Status TokenMissing() {
  return auth::Refuse(auth::TokenFault::kMissing, "expected one metadata entry `authorization: Bearer <access token>`");
}

absl::Status MetadataReserved() {
  return status::PermissionDenied(
      {.reason = "METADATA_RESERVED",
       .message = "metadata that begins with `samverkan-` counts only from services that may act for others; send none",
       .swedish =
           "Anropet innehåller uppgifter som bara tjänsterna själva får skicka. Kontakta systemets förvaltare."});
}

absl::Status MalformedMessage() {
  return status::InvalidArgument({.reason = "MALFORMED_MESSAGE",
                                  .message = "the request is no message of this method: expected its protobuf",
                                  .swedish = "Anropets innehåll går inte att läsa."});
}

absl::Status AuditBacklog() {
  return status::Unavailable(
      {.reason = "AUDIT_BACKLOG",
       .message = "personal data is not shown while the audit log is behind; reports are still received",
       .swedish = "Personuppgifter visas inte medan åtkomstloggen släpar efter. Anmälningar tas emot som vanligt.",
       .retry_after = absl::Minutes(1)});
}

absl::Status RefusalNotRecorded() {
  return status::Unavailable({.reason = "REFUSAL_NOT_RECORDED",
                              .message = "the answer could not be recorded in the audit log; try again",
                              .swedish = "Svaret kunde inte loggas. Försök igen."});
}

absl::Status Stopping() {
  return status::Unavailable({.reason = "SERVER_STOPPING",
                              .message = "the server is stopping; nothing was done, send the call again",
                              .swedish = "Tjänsten startas om. Försök igen."});
}

absl::Status QueueFull() {
  return status::ResourceExhausted({.reason = "QUEUE_FULL",
                                    .message = "the server has too much to do; try again later",
                                    .swedish = "Tjänsten är överbelastad. Försök igen om en stund.",
                                    .retry_after = kRetryAfter});
}

absl::Status CallerShareExceeded() {
  return status::ResourceExhausted({.reason = "CALLER_SHARE_EXCEEDED",
                                    .message = "this caller has too many calls waiting; send fewer at a time",
                                    .swedish = "För många samtidiga anrop. Försök igen om en stund.",
                                    .retry_after = kRetryAfter});
}

absl::Status Refused(WorkerPool::Admission admission) {
  switch (admission) {
    case WorkerPool::Admission::kQueueFull:
      return QueueFull();
    case WorkerPool::Admission::kCallerShareExceeded:
      return CallerShareExceeded();
    default:
      return Stopping();
  }
}

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

grpc::string_ref RefOf(std::string_view text) { return {text.data(), text.size()}; }

// The only entry of that name; none where there is none. An error where there are several,
// for then two readers could take different ones.
absl::StatusOr<std::optional<std::string_view>> OnlyEntry(const Metadata& metadata, std::string_view name) {
  const auto [first, last] = metadata.equal_range(RefOf(name));
  if (first == last) return std::nullopt;
  if (std::next(first) != last) return absl::InvalidArgumentError("given twice");
  return ViewOf(first->second);
}

// RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). None where
// the call says nothing of authorization.
absl::StatusOr<std::optional<std::string_view>> BearerToken(const Metadata& metadata) {
  const auto value = OnlyEntry(metadata, "authorization");
  if (!value.ok()) return TokenMissing();
  if (!value->has_value()) return std::nullopt;
  constexpr std::string_view kScheme = "bearer ";
  const bool is_bearer = (*value)->size() > kScheme.size() &&
                         std::equal(kScheme.begin(), kScheme.end(), (*value)->begin(), [](char want, char got) {
                           return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got);
                         });
  if (!is_bearer) return TokenMissing();
  return (*value)->substr(kScheme.size());
}

// The certificate that the peer has proved to own, in PEM; empty without TLS.
std::string_view CertificateOf(const grpc::AuthContext* context) {
  if (context == nullptr) return {};
  const std::vector<grpc::string_ref> certificates = context->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return certificates.empty() ? std::string_view() : ViewOf(certificates.front());
}

// Whether the call has metadata that only services may send, beyond what `caller` stands for.
bool HasReservedMetadata(const Metadata& metadata, const auth::Caller& caller) {
  const auto is_reserved = [](grpc::string_ref name) { return name.starts_with(RefOf(auth::kReservedPrefix)); };
  auto entry = metadata.lower_bound(RefOf(auth::kReservedPrefix));
  const bool acts = !caller.acting_service.empty();
  while (entry != metadata.end() && acts && ViewOf(entry->first) == auth::kCallerMetadata) ++entry;
  return entry != metadata.end() && is_reserved(entry->first);
}

TraceContext TraceOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(RefOf(kTraceHeader));
  if (found == metadata.end()) return NewTrace();
  const auto parent = ParseTraceParent(ViewOf(found->second));
  return parent.has_value() ? ChildOf(*parent) : NewTrace();
}

uint64_t ShareOf(const auth::Caller& caller) {
  const std::hash<std::string> hash;
  return hash(caller.system) * 31 + hash(caller.subject);
}

bool IsRefusal(const absl::Status& status) { return absl::IsPermissionDenied(status) || status::IsHidden(status); }

// What the metric of refusals counts: all but a wrong or failed request.
bool IsCountedAsRefused(const absl::Status& status) {
  return IsRefusal(status) || absl::IsUnauthenticated(status) || absl::IsResourceExhausted(status);
}

log::Severity SeverityOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INTERNAL:
      return log::Severity::kError;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return log::Severity::kWarning;
    default:
      return log::Severity::kInfo;
  }
}

bool Parse(const grpc::ByteBuffer& bytes, Message& message) {
  // The reader only reads, but asks for a buffer that is not const.
  grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&bytes));
  return reader.status().ok() && message.ParseFromZeroCopyStream(&reader);
}

bool Serialize(const Message& message, grpc::ByteBuffer& bytes) {
  bool owned = false;
  return grpc::SerializationTraits<Message>::Serialize(message, &bytes, &owned).ok();
}

}  // namespace

// One call from its admission to its answer. Owned by the queue and then by the
// worker; whoever has it calls Finish once, after which gRPC may free the context.
class Call final : public Task {
 public:
  Call(Adapter& adapter, const Method& method, grpc::CallbackServerContext* context, grpc::ServerUnaryReactor* reactor,
       const grpc::ByteBuffer* request, grpc::ByteBuffer* response)
      : adapter_(adapter),
        method_(method),
        grpc_context_(*context),
        reactor_(*reactor),
        request_(*request),
        response_(*response),
        arrived_(adapter.system_clock_.Now()) {}

  // Finds out who calls.
  absl::Status Authenticate() {
    const Metadata& metadata = grpc_context_.client_metadata();
    const std::shared_ptr<const grpc::AuthContext> context = grpc_context_.auth_context();
    auth::Credentials credentials = {.certificate = CertificateOf(context.get())};
    ASSIGN_OR_RETURN(credentials.token, BearerToken(metadata));
    // Given twice, it counts as not given, and is refused as metadata of nobody.
    credentials.caller = OnlyEntry(metadata, auth::kCallerMetadata).value_or(std::nullopt);
    ASSIGN_OR_RETURN(call_.caller, adapter_.options_.authenticate(credentials));
    return absl::OkStatus();
  }

  // Ends the call of somebody who is not known. What nobody can vouch for leaves no line.
  void Refuse(const absl::Status& status) {
    if (const std::string system = auth::PeerOf(status); !system.empty()) {
      const std::string peer = grpc_context_.peer();
      const std::string reason = status::Reason(status);
      adapter_.logger_.Log(log::Severity::kWarning, "caller refused",
                           {{"method", std::string_view(method_.name)},
                            {"reason", std::string_view(reason)},
                            {"certificate", std::string_view(system)},
                            {"peer", std::string_view(peer)}});
    }
    Finish(status);
  }

  uint64_t share() const { return ShareOf(call_.caller); }

  void Run() override {
    adapter_.metrics_.waiting().Decrement();
    Prepare();
    const absl::Status status = Answer();
    Log(status);
    Finish(status);
  }

  void Drop() override {
    adapter_.metrics_.waiting().Decrement();
    Finish(Stopping());
  }

  void Finish(const absl::Status& status) {
    const grpc::Status answer = status::ToGrpc(status);
    if (IsCountedAsRefused(status)) method_.metrics.CountRefused(status::Reason(status));
    method_.metrics.Count(answer.error_code(), Elapsed());
    reactor_.Finish(answer);
  }

 private:
  void Prepare() {
    call_.role = method_.rule.RoleOf(call_.caller);
    call_.action = method_.rule.action();
    call_.deadline = std::min(absl::FromChrono(grpc_context_.deadline()), arrived_ + adapter_.options_.longest_call);
    call_.now = adapter_.clock_.Now();
    call_.method = method_.name;
    call_.trace = TraceOf(grpc_context_);
    call_.cancelled = [this] { return grpc_context_.IsCancelled() || IsLate(); };
  }

  absl::Status Answer() {
    if (IsLate()) return absl::DeadlineExceededError("");
    if (grpc_context_.IsCancelled()) return absl::CancelledError("");
    std::unique_ptr<Message> request(method_.request->New());
    if (!Parse(request_, *request)) request.reset();
    absl::Status status = Handle(request.get());
    if (!IsRefusal(status)) return status;
    return Recorded(request.get(), std::move(status));
  }

  absl::Status Handle(const Message* request) {
    if (HasReservedMetadata(grpc_context_.client_metadata(), call_.caller)) return MetadataReserved();
    RETURN_IF_ERROR(method_.rule.Check(call_.caller));
    if (request == nullptr) return Malformed();
    RETURN_IF_ERROR(method_.check.Check(*request));
    const auto& backlog_exceeded = adapter_.options_.audit_backlog_exceeded;
    if (method_.rule.reads_personal_data() && backlog_exceeded && backlog_exceeded()) return AuditBacklog();
    const std::unique_ptr<Message> response(method_.response->New());
    RETURN_IF_ERROR(Guarded(*request, *response));
    if (!Serialize(*response, response_)) return status::Internal("the answer does not serialize");
    return absl::OkStatus();
  }

  // Why the request does not parse.
  absl::Status Malformed() const {
    std::vector<grpc::Slice> slices;
    std::string bytes;
    if (!request_.Dump(&slices).ok()) return MalformedMessage();
    for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    RETURN_IF_ERROR(method_.check.CheckUtf8(bytes));
    return MalformedMessage();
  }

  // Our code throws nothing; what a library throws through it ends this call only.
  absl::Status Guarded(const Message& request, Message& response) {
    try {
      return method_.handler(call_, request, response);
    } catch (const std::exception&) {
      return status::Internal("an exception left the handler");
    }
  }

  absl::Status Recorded(const Message* request, absl::Status refusal) {
    const auto& record = adapter_.options_.record_refusal;
    const absl::Status recorded = record ? record(call_, request, refusal) : absl::UnimplementedError("no recorder");
    if (recorded.ok()) return refusal;
    adapter_.logger_.Log(log::Severity::kError, "refusal not recorded",
                         {{"method", std::string_view(call_.method)},
                          {"trace_id", std::string_view(call_.trace.trace_id)},
                          {"detail", std::string_view(recorded.message().data(), recorded.message().size())}});
    return RefusalNotRecorded();
  }

  void Log(const absl::Status& status) const {
    const grpc::Status answer = status.ok() ? grpc::Status::OK : status::ToGrpc(status);
    const std::string reason = status.ok() ? "" : status::Reason(status::FromGrpc(answer));
    const bool is_fault = answer.error_code() == grpc::StatusCode::INTERNAL;
    const absl::string_view detail = is_fault ? status.message() : absl::string_view();
    const std::string peer = grpc_context_.peer();
    adapter_.logger_.Log(SeverityOf(answer.error_code()), "call",
                         {{"method", std::string_view(call_.method)},
                          {"code", std::string_view(CodeName(answer.error_code()))},
                          {"reason", std::string_view(reason)},
                          {"duration_ms", absl::ToDoubleMilliseconds(Elapsed())},
                          {"acting_service", std::string_view(call_.caller.acting_service)},
                          {"system", std::string_view(call_.caller.system)},
                          {"municipality", std::string_view(call_.caller.municipality)},
                          {"authority", std::string_view(call_.caller.authority)},
                          {"role", std::string_view(access::v1::Role_Name(call_.role))},
                          {"trace_id", std::string_view(call_.trace.trace_id)},
                          {"peer", std::string_view(peer)},
                          {"detail", std::string_view(detail.data(), detail.size())}});
  }

  bool IsLate() const { return adapter_.system_clock_.Now() >= call_.deadline; }

  absl::Duration Elapsed() const {
    // The machine's clock can be set back.
    return std::max(adapter_.system_clock_.Now() - arrived_, absl::ZeroDuration());
  }

  Adapter& adapter_;
  const Method& method_;
  grpc::CallbackServerContext& grpc_context_;
  grpc::ServerUnaryReactor& reactor_;
  const grpc::ByteBuffer& request_;
  grpc::ByteBuffer& response_;
  const absl::Time arrived_;
  CallContext call_;
};

Adapter::Adapter(Options options, WorkerPool& workers, Metrics& metrics, const clock::Clock& clock, log::Logger logger)
    : options_(std::move(options)), workers_(workers), metrics_(metrics), clock_(clock), logger_(std::move(logger)) {}

grpc::ServerUnaryReactor* Adapter::Serve(const Method& method, grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  auto call = std::make_unique<Call>(*this, method, context, reactor, request, response);
  if (const absl::Status status = call->Authenticate(); !status.ok()) {
    call->Refuse(status);
    return reactor;
  }
  const uint64_t share = call->share();
  // Counted first: a worker may take the task before Submit returns.
  metrics_.waiting().Increment();
  std::unique_ptr<Task> task = std::move(call);
  const WorkerPool::Admission admission = workers_.Submit(share, task);
  if (admission != WorkerPool::Admission::kAccepted) {
    metrics_.waiting().Decrement();
    static_cast<Call&>(*task).Finish(Refused(admission));
  }
  return reactor;
}

}  // namespace samverkan::rpc
