#include "libs/rpc/service.h"

#include <algorithm>

#include "grpcpp/impl/codegen/rpc_service_method.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"

namespace samverkan::rpc {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

std::string NameOf(const MethodDescriptor& method) { return method.service()->full_name() + "/" + method.name(); }

}  // namespace

Service::Service(const google::protobuf::ServiceDescriptor* descriptor, Adapter& adapter)
    : descriptor_(*descriptor), adapter_(adapter) {}

void Service::AddErased(const std::string& name, const Message& request, const Message& response,
                        ErasedHandler handler) {
  const MethodDescriptor* const descriptor = descriptor_.FindMethodByName(name);
  if (descriptor == nullptr) {
    faults_ += descriptor_.full_name() + " has no method " + name + "; ";
    return;
  }
  const absl::StatusOr<AccessRule> rule = AccessRule::Of(*descriptor);
  const std::string fault = rule.ok() ? FaultOf(*descriptor, request, response) : std::string(rule.status().message());
  if (!fault.empty()) {
    faults_ += fault + "; ";
    return;
  }
  const std::string full_name = NameOf(*descriptor);
  methods_.push_back({.name = full_name,
                      .path = "/" + full_name,
                      .rule = *rule,
                      .check = RequestCheck(*descriptor->input_type()),
                      .request = &request,
                      .response = &response,
                      .handler = std::move(handler),
                      .metrics = adapter_.metrics().ForMethod(full_name)});
  const Method& method = methods_.back();
  AddMethod(new grpc::internal::RpcServiceMethod(method.path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
  MarkMethodRawCallback(
      static_cast<int>(methods_.size()) - 1,
      new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
          [this, &method](grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes,
                          grpc::ByteBuffer* answer) { return adapter_.Serve(method, context, bytes, answer); }));
}

std::string Service::FaultOf(const MethodDescriptor& method, const Message& request, const Message& response) const {
  if (method.client_streaming() || method.server_streaming()) return NameOf(method) + " is a stream";
  if (method.input_type() != request.GetDescriptor()) return NameOf(method) + " has a handler for another request";
  if (method.output_type() != response.GetDescriptor()) return NameOf(method) + " has a handler with another response";
  if (IsAdded(method)) return NameOf(method) + " has two handlers";
  return "";
}

bool Service::IsAdded(const MethodDescriptor& method) const {
  return std::any_of(methods_.begin(), methods_.end(),
                     [&](const Method& added) { return added.name == NameOf(method); });
}

absl::Status Service::Check() const {
  std::string faults = faults_;
  for (int i = 0; i < descriptor_.method_count(); ++i) {
    const MethodDescriptor& method = *descriptor_.method(i);
    if (!IsAdded(method)) faults += NameOf(method) + " has no handler; ";
  }
  return faults.empty() ? absl::OkStatus() : absl::FailedPreconditionError(faults);
}

}  // namespace samverkan::rpc
