#ifndef SAMVERKAN_TOOLS_STORY_STAGE_H_
#define SAMVERKAN_TOOLS_STORY_STAGE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/client_context.h"
#include "libs/auth/token_signer.h"
#include "libs/clock/clock.h"
#include "libs/status/grpc.h"
#include "libs/tls/credentials.h"
#include "libs/tls/development_certificates.h"
#include "samverkan/audit/v1/audit.grpc.pb.h"
#include "samverkan/audit/v1/extract.grpc.pb.h"
#include "samverkan/consent/v1/child.grpc.pb.h"
#include "samverkan/consent/v1/consent.grpc.pb.h"
#include "samverkan/consent/v1/disclosure.grpc.pb.h"
#include "samverkan/events/v1/events.grpc.pb.h"
#include "samverkan/intake/v1/assessment.grpc.pb.h"
#include "samverkan/intake/v1/consultation.grpc.pb.h"
#include "samverkan/intake/v1/decision.grpc.pb.h"
#include "samverkan/intake/v1/emergency_access.grpc.pb.h"
#include "samverkan/intake/v1/extract.grpc.pb.h"
#include "samverkan/intake/v1/feedback.grpc.pb.h"
#include "samverkan/intake/v1/investigation.grpc.pb.h"
#include "samverkan/intake/v1/investigation_step.grpc.pb.h"
#include "samverkan/intake/v1/report.grpc.pb.h"
#include "samverkan/intake/v1/report_meeting.grpc.pb.h"
#include "samverkan/intake/v1/retention.grpc.pb.h"
#include "tools/story/cast.h"

namespace samverkan::story {

// The services that the story calls, by short names: `&Reports::SubmitReport`.
using Consultations = intake::v1::ConsultationService::Stub;
using Reports = intake::v1::ReportService::Stub;
using Assessments = intake::v1::AssessmentService::Stub;
using Meetings = intake::v1::ReportMeetingService::Stub;
using FeedbackCalls = intake::v1::FeedbackService::Stub;
using Investigations = intake::v1::InvestigationService::Stub;
using InvestigationSteps = intake::v1::InvestigationStepService::Stub;
using EmergencyAccesses = intake::v1::EmergencyAccessService::Stub;
using Retention = intake::v1::RetentionService::Stub;
using Extracts = intake::v1::ExtractService::Stub;
using Decisions = intake::v1::DecisionService::Stub;
using Children = consent::v1::ChildService::Stub;
using Consents = consent::v1::ConsentService::Stub;
using Disclosures = consent::v1::DisclosureService::Stub;
using Events = events::v1::EventService::Stub;
using Audit = audit::v1::AuditService::Stub;
using LogExtracts = audit::v1::ExtractService::Stub;

// What one call came to.
struct Call {
  Person caller;
  // "SubmitReport"
  std::string method;
  // When it was made, on the set's clock.
  absl::Time time;
  absl::Status status;
};

template <typename Response>
struct Answer : Call {
  // Empty where the call was refused.
  Response response;
};

// A running development set: its services, its clock, and the authority whose tokens it
// takes. For one thread.
class Stage {
 public:
  struct Options {
    // "host:port"
    std::string intake;
    std::string consent;
    std::string audit;
    // What all processes of the set read their time from (clock::FileClock).
    std::string clock_file;
    // Folder with the key of the authority whose tokens the set takes.
    std::string keys;
    // Folder of the set's certificates (tls::DevelopmentCertificates).
    std::string tls;
    // Is shown every request before it is sent, and every answer; may be empty.
    std::function<void(const google::protobuf::Message&)> witness = {};
  };

  static absl::StatusOr<std::unique_ptr<Stage>> Open(const Options& options);

  // The set's time, and how to move it. It is never moved back.
  absl::Time Now() const { return clock_.Now(); }
  void Set(absl::Time now);
  void Pass(absl::Duration duration) { Set(Now() + duration); }
  // To that time of day, today or, where that has passed, tomorrow.
  void GoTo(int hour, int minute);
  // To nine o'clock of the first ordinary weekday that is at least `days` ahead.
  void GoToMorning(int days);

  // Calls a method of a service as `caller`, with a token that was just issued, over a
  // connection of its system. After a call that no service answered in time, all end as it did,
  // without being made.
  template <typename Stub, typename Request, typename Response>
  Answer<Response> As(const Person& caller,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
    return WithTokenOf(caller, caller, method, request);
  }

  // The same with the token of `bearer`, which `caller` has got hold of.
  template <typename Stub, typename Request, typename Response>
  Answer<Response> WithTokenOf(const Person& bearer, const Person& caller,
                               grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                               const Request& request) {
    Answer<Response> answer{{caller, MethodName(*Request::descriptor()), Now(), silence_}, {}};
    if (!silence_.ok()) return answer;
    const absl::StatusOr<const Connection*> connection = ConnectionOf(caller);
    const absl::StatusOr<std::string> token = TokenOf(bearer);
    answer.status = silence_ = connection.ok() ? token.status() : connection.status();
    if (!silence_.ok()) return answer;
    grpc::ClientContext context;
    Prepare(*token, context);
    Stub& stub = *std::get<std::unique_ptr<Stub>>((*connection)->stubs);
    if (options_.witness) options_.witness(request);
    answer.status = status::FromGrpc((stub.*method)(&context, request, &answer.response));
    if (options_.witness) options_.witness(answer.response);
    if (absl::IsUnavailable(answer.status) || absl::IsDeadlineExceeded(answer.status)) silence_ = answer.status;
    return answer;
  }

  // Tries until `done` returns true, for what the set does by itself within a moment; ever
  // more seldom, and gives up after ten seconds of the machine's time.
  bool Await(const std::function<bool()>& done) const;

 private:
  // Of one system in one municipality to all services.
  struct Connection {
    // Of its certificate.
    std::string thumbprint;
    std::tuple<std::unique_ptr<Consultations>, std::unique_ptr<Reports>, std::unique_ptr<Assessments>,
               std::unique_ptr<Meetings>, std::unique_ptr<FeedbackCalls>, std::unique_ptr<Investigations>,
               std::unique_ptr<EmergencyAccesses>, std::unique_ptr<Retention>, std::unique_ptr<Extracts>,
               std::unique_ptr<Decisions>, std::unique_ptr<InvestigationSteps>, std::unique_ptr<Children>,
               std::unique_ptr<Consents>, std::unique_ptr<Disclosures>, std::unique_ptr<Events>, std::unique_ptr<Audit>,
               std::unique_ptr<LogExtracts>>
        stubs;
  };

  Stage(const Options& options, auth::TokenSigner signer, tls::DevelopmentCertificates certificates);

  static std::string MethodName(const google::protobuf::Descriptor& request);
  void Prepare(const std::string& token, grpc::ClientContext& context) const;
  absl::StatusOr<const Connection*> ConnectionOf(const Person& person);
  absl::StatusOr<Connection> Connect(const tls::Files& files) const;
  absl::StatusOr<std::string> TokenOf(const Person& person);

  const Options options_;
  const auth::TokenSigner signer_;
  const tls::DevelopmentCertificates certificates_;
  const clock::SystemClock machine_clock_;
  const clock::FileClock clock_;
  // OK while the services answer.
  absl::Status silence_;
  // By system and municipality.
  std::map<std::pair<std::string, std::string>, Connection> connections_;
};

// A new UUID for `request_id`.
std::string NewRequestId();

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_STAGE_H_
