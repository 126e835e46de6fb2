#include "tests/testing/client.h"

namespace samverkan::tests {

std::shared_ptr<grpc::Channel> Client::ChannelOf(const auth::Caller& caller, ServiceSet::Service service) const {
  const Connection& connection = ConnectionOf(caller);
  switch (service) {
    case ServiceSet::kAudit:
      return connection.audit;
    case ServiceSet::kConsent:
      return connection.consent;
    case ServiceSet::kIntake:
      return connection.intake;
  }
  return nullptr;
}

const Client::Connection& Client::ConnectionOf(const auth::Caller& caller) const {
  const std::lock_guard lock(mutex_);
  Connection& connection = connections_[{caller.system, caller.municipality}];
  if (connection.intake != nullptr) return connection;
  const auto intake = connection.intake = set_.OpenChannel(ServiceSet::kIntake, caller);
  const auto consent = connection.consent = set_.OpenChannel(ServiceSet::kConsent, caller);
  const auto audit = connection.audit = set_.OpenChannel(ServiceSet::kAudit, caller);
  connection.stubs = {intake::v1::ConsultationService::NewStub(intake),
                      intake::v1::ReportService::NewStub(intake),
                      intake::v1::AssessmentService::NewStub(intake),
                      intake::v1::ReportMeetingService::NewStub(intake),
                      intake::v1::FeedbackService::NewStub(intake),
                      intake::v1::InvestigationService::NewStub(intake),
                      intake::v1::InvestigationStepService::NewStub(intake),
                      intake::v1::EmergencyAccessService::NewStub(intake),
                      intake::v1::RetentionService::NewStub(intake),
                      intake::v1::ExtractService::NewStub(intake),
                      intake::v1::DecisionService::NewStub(intake),
                      events::v1::EventService::NewStub(intake),
                      consent::v1::ChildService::NewStub(consent),
                      consent::v1::ConsentService::NewStub(consent),
                      consent::v1::DisclosureService::NewStub(consent),
                      consent::v1::RuleService::NewStub(consent),
                      audit::v1::AuditService::NewStub(audit),
                      audit::v1::ExtractService::NewStub(audit),
                      audit::v1::ReviewService::NewStub(audit),
                      intake::v1::PlacementService::NewStub(intake),
                      intake::v1::TransferService::NewStub(intake),
                      intake::v1::FollowUpService::NewStub(intake),
                      consent::v1::ExtractService::NewStub(consent),
                      consent::v1::RetentionService::NewStub(consent)};
  return connection;
}

}  // namespace samverkan::tests
