// One service of the contract, built from its descriptor and plain functions.
#ifndef SAMVERKAN_LIBS_RPC_SERVICE_H_
#define SAMVERKAN_LIBS_RPC_SERVICE_H_

#include <deque>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "libs/rpc/adapter.h"
#include "libs/rpc/call_context.h"

namespace samverkan::rpc {

// Which messages a handler takes and gives.
template <typename Handler>
struct HandlerTraits : HandlerTraits<decltype(&Handler::operator())> {};
template <typename Handler, typename RequestType, typename ResponseType>
struct HandlerTraits<absl::StatusOr<ResponseType> (Handler::*)(const CallContext&, const RequestType&) const> {
  using Request = RequestType;
  using Response = ResponseType;
};

// The descriptor of a service that protoc's gRPC plugin has generated.
template <typename GeneratedService>
const google::protobuf::ServiceDescriptor* DescriptorOf() {
  return google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(GeneratedService::service_full_name());
}

// Registers with gRPC what the generated service would, but takes messages as raw
// bytes, so that one that does not parse is answered by us (INVALID_ARGUMENT,
// reason MALFORMED_MESSAGE) and not by a bare UNIMPLEMENTED.
//
//   Service service(DescriptorOf<ReportService>(), adapter);
//   service.Add("GetReport", [&](const CallContext& call, const GetReportRequest& request) -> absl::StatusOr<Report> {
//     …
//   });
//   RETURN_IF_ERROR(service.Check());
//
// Unary methods only. Handlers run on workers, several at once, and may block.
class Service final : public grpc::Service {
 public:
  // `descriptor` is a generated one; `adapter` must outlive the service.
  Service(const google::protobuf::ServiceDescriptor* descriptor, Adapter& adapter);

  // Gives the method its handler. A mistake (no such method, other messages, no
  // access rule, given twice) is kept and told by Check().
  template <typename Handler>
  void Add(const std::string& method, Handler handler) {
    using Request = typename HandlerTraits<Handler>::Request;
    using Response = typename HandlerTraits<Handler>::Response;
    AddErased(method, Request::default_instance(), Response::default_instance(),
              [handler = std::move(handler)](const CallContext& call, const google::protobuf::Message& request,
                                             google::protobuf::Message& response) -> absl::Status {
                absl::StatusOr<Response> answer = handler(call, static_cast<const Request&>(request));
                if (!answer.ok()) return std::move(answer).status();
                static_cast<Response&>(response) = *std::move(answer);
                return absl::OkStatus();
              });
  }

  // The same with a member function of `object`, which must outlive the service:
  // `service.Add("GetReport", this, &ReportService::GetReport);`
  template <typename Object, typename Request, typename Response>
  void Add(const std::string& method, const Object* object,
           absl::StatusOr<Response> (Object::*member)(const CallContext&, const Request&) const) {
    Add(method, [object, member](const CallContext& call, const Request& request) -> absl::StatusOr<Response> {
      return (object->*member)(call, request);
    });
  }

  // OK when every method of the descriptor has a handler and an access rule and
  // nothing else was added; else FAILED_PRECONDITION with what is wrong. A server
  // does not start with a service that is not OK.
  absl::Status Check() const;

  // "samverkan.intake.v1.ReportService".
  const std::string& name() const { return descriptor_.full_name(); }

 private:
  using ErasedHandler = decltype(Method::handler);

  void AddErased(const std::string& name, const google::protobuf::Message& request,
                 const google::protobuf::Message& response, ErasedHandler handler);
  // What is wrong with adding such a method; empty when nothing.
  std::string FaultOf(const google::protobuf::MethodDescriptor& method, const google::protobuf::Message& request,
                      const google::protobuf::Message& response) const;
  bool IsAdded(const google::protobuf::MethodDescriptor& method) const;

  const google::protobuf::ServiceDescriptor& descriptor_;
  Adapter& adapter_;
  // A deque, because gRPC and the calls keep pointers to its elements.
  std::deque<Method> methods_;
  std::string faults_;
};

}  // namespace samverkan::rpc

#endif  // SAMVERKAN_LIBS_RPC_SERVICE_H_
