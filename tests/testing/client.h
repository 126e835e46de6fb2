#ifndef SAMVERKAN_TESTS_TESTING_CLIENT_H_
#define SAMVERKAN_TESTS_TESTING_CLIENT_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "libs/auth/caller.h"
#include "libs/clock/clock.h"
#include "libs/rpc/client.h"
#include "libs/rpc/trace_context.h"
#include "libs/status/grpc.h"
#include "samverkan/audit/v1/audit.grpc.pb.h"
#include "samverkan/audit/v1/extract.grpc.pb.h"
#include "samverkan/audit/v1/review.grpc.pb.h"
#include "samverkan/consent/v1/child.grpc.pb.h"
#include "samverkan/consent/v1/consent.grpc.pb.h"
#include "samverkan/consent/v1/disclosure.grpc.pb.h"
#include "samverkan/consent/v1/extract.grpc.pb.h"
#include "samverkan/consent/v1/retention.grpc.pb.h"
#include "samverkan/consent/v1/rule.grpc.pb.h"
#include "samverkan/events/v1/events.grpc.pb.h"
#include "samverkan/intake/v1/assessment.grpc.pb.h"
#include "samverkan/intake/v1/consultation.grpc.pb.h"
#include "samverkan/intake/v1/decision.grpc.pb.h"
#include "samverkan/intake/v1/emergency_access.grpc.pb.h"
#include "samverkan/intake/v1/extract.grpc.pb.h"
#include "samverkan/intake/v1/feedback.grpc.pb.h"
#include "samverkan/intake/v1/follow_up.grpc.pb.h"
#include "samverkan/intake/v1/investigation.grpc.pb.h"
#include "samverkan/intake/v1/investigation_step.grpc.pb.h"
#include "samverkan/intake/v1/placement.grpc.pb.h"
#include "samverkan/intake/v1/report.grpc.pb.h"
#include "samverkan/intake/v1/report_meeting.grpc.pb.h"
#include "samverkan/intake/v1/retention.grpc.pb.h"
#include "samverkan/intake/v1/transfer.grpc.pb.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {

// The services by short names: `&Reports::SubmitReport`.
using Consultations = intake::v1::ConsultationService::Stub;
using Reports = intake::v1::ReportService::Stub;
using Assessments = intake::v1::AssessmentService::Stub;
using Meetings = intake::v1::ReportMeetingService::Stub;
using FeedbackCalls = intake::v1::FeedbackService::Stub;
using Investigations = intake::v1::InvestigationService::Stub;
using InvestigationSteps = intake::v1::InvestigationStepService::Stub;
using EmergencyAccesses = intake::v1::EmergencyAccessService::Stub;
using Placements = intake::v1::PlacementService::Stub;
using Transfers = intake::v1::TransferService::Stub;
using FollowUps = intake::v1::FollowUpService::Stub;
using Retention = intake::v1::RetentionService::Stub;
using Extracts = intake::v1::ExtractService::Stub;
using Decisions = intake::v1::DecisionService::Stub;
using Children = consent::v1::ChildService::Stub;
using Consents = consent::v1::ConsentService::Stub;
using Disclosures = consent::v1::DisclosureService::Stub;
using RuleSets = consent::v1::RuleService::Stub;
using ConsentExtracts = consent::v1::ExtractService::Stub;
using ConsentRetention = consent::v1::RetentionService::Stub;
using Events = events::v1::EventService::Stub;
using Audit = audit::v1::AuditService::Stub;
using Reviews = audit::v1::ReviewService::Stub;
using LogExtracts = audit::v1::ExtractService::Stub;

// What came back of one call.
template <typename Response>
struct Answer {
  absl::Status status;
  // All of an error that went over the wire.
  std::string wire;
  Response response;
};

// Calls the services of a set, each caller over a connection of its system. May be used by
// several threads.
class Client {
 public:
  // `set` must outlive the client.
  explicit Client(const ServiceSet& set) : set_(set) {}

  // The channel of the caller's system to a service.
  std::shared_ptr<grpc::Channel> ChannelOf(const auth::Caller& caller, ServiceSet::Service service) const;

  // Calls a method as `caller`, with a token that was just issued.
  template <typename Stub, typename Request, typename Response>
  Answer<Response> As(const auth::Caller& caller,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request, absl::Duration limit = absl::Seconds(20)) const {
    return With(caller, set_.TokenOf(caller), method, request, limit);
  }

  // The same with any token, over the connection of the caller's system.
  template <typename Stub, typename Request, typename Response>
  Answer<Response> With(const auth::Caller& caller, const std::string& token,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                        const Request& request, absl::Duration limit = absl::Seconds(20)) const {
    Answer<Response> answer;
    grpc::ClientContext context;
    rpc::Prepare(token, clock::SystemClock().Now() + limit, rpc::NewTrace(), context);
    Stub& stub = *std::get<std::unique_ptr<Stub>>(ConnectionOf(caller).stubs);
    const grpc::Status status = (stub.*method)(&context, request, &answer.response);
    answer.status = status::FromGrpc(status);
    answer.wire = status.error_message() + status.error_details();
    return answer;
  }

 private:
  // Of one system of one municipality.
  struct Connection {
    std::shared_ptr<grpc::Channel> intake;
    std::shared_ptr<grpc::Channel> consent;
    std::shared_ptr<grpc::Channel> audit;
    std::tuple<std::unique_ptr<Consultations>, std::unique_ptr<Reports>, std::unique_ptr<Assessments>,
               std::unique_ptr<Meetings>, std::unique_ptr<FeedbackCalls>, std::unique_ptr<Investigations>,
               std::unique_ptr<InvestigationSteps>, std::unique_ptr<EmergencyAccesses>, std::unique_ptr<Retention>,
               std::unique_ptr<Extracts>, std::unique_ptr<Decisions>, std::unique_ptr<Events>,
               std::unique_ptr<Children>, std::unique_ptr<Consents>, std::unique_ptr<Disclosures>,
               std::unique_ptr<RuleSets>, std::unique_ptr<Audit>, std::unique_ptr<LogExtracts>,
               std::unique_ptr<Reviews>, std::unique_ptr<Placements>, std::unique_ptr<Transfers>,
               std::unique_ptr<FollowUps>, std::unique_ptr<ConsentExtracts>, std::unique_ptr<ConsentRetention>>
        stubs;
  };

  const Connection& ConnectionOf(const auth::Caller& caller) const;

  const ServiceSet& set_;
  mutable std::mutex mutex_;
  // By system and municipality.
  mutable std::map<std::pair<std::string, std::string>, Connection> connections_;
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_TESTING_CLIENT_H_
