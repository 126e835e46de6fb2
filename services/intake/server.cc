#include "services/intake/server.h"

#include <memory>
#include <string_view>
#include <utility>

#include "libs/auth/token_verifier.h"
#include "libs/idempotency/request_log.h"
#include "libs/keys/key_file.h"
#include "libs/outbox/audit_delivery.h"
#include "libs/outbox/event_service.h"
#include "libs/outbox/refusal.h"
#include "libs/outbox/relay.h"
#include "libs/paging/page_token.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/pool.h"
#include "libs/pg/schema_version.h"
#include "libs/rpc/server.h"
#include "libs/rules/rule_set.h"
#include "libs/status/macros.h"
#include "services/intake/assessment_service.h"
#include "services/intake/consultation_service.h"
#include "services/intake/deadline_sweeper.h"
#include "services/intake/feedback_service.h"
#include "services/intake/investigation_service.h"
#include "services/intake/report_meeting_service.h"
#include "services/intake/report_service.h"
#include "services/intake/unit_directory.h"

namespace samverkan::intake {
namespace {

constexpr pg::SchemaVersions kSchemaVersions = {.oldest = 1, .newest = 1};
constexpr absl::Duration kLongestCheck = absl::Seconds(10);
// The relay's and the sweeper's own, so that load cannot starve them.
constexpr int kJobConnections = 3;

pg::ErrorLog LogErrorsTo(const log::Logger& logger) {
  return [logger](const pg::DatabaseError& error, std::string_view message) {
    logger.Log(log::Severity::kError, "database error",
               {{"sqlstate", error.sqlstate}, {"statement", error.statement}, {"cause", message}});
  };
}

rpc::ServerOptions OptionsFor(const ServerFlags& flags, auth::TokenVerifier& verifier, pg::CombiningWriter& writer,
                              const std::unique_ptr<outbox::Relay>& relay) {
  rpc::ServerOptions options;
  options.listen = flags.listen;
  options.port_file = flags.port_file;
  options.metrics_listen = flags.metrics_listen;
  options.workers.workers = flags.workers;
  options.adapter.authenticate = [&verifier](std::string_view token) { return verifier.Verify(token); };
  options.adapter.record_refusal = outbox::RecordRefusals(writer, "intake");
  options.adapter.audit_backlog_exceeded = [&relay] { return relay->BacklogExceeded(); };
  return options;
}

}  // namespace

absl::Status Serve(const ServerFlags& flags, const clock::Clock& clock, const log::Logger& logger) {
  ASSIGN_OR_RETURN(const keys::KeyFile keys, keys::KeyFile::Load(flags.key_file));
  ASSIGN_OR_RETURN(const rules::RuleSet rules, rules::RuleSet::Load(flags.rules));
  RETURN_IF_ERROR(
      rules.Expect({std::string(kProtectionAssessment), std::string(kDecisionToOpen), std::string(kStatutoryFeedback),
                    std::string(kHoldReview), "investigation_length", "report_meeting", "duty_to_report"}));
  ASSIGN_OR_RETURN(const UnitDirectory units, UnitDirectory::Load(flags.directory));
  ASSIGN_OR_RETURN(const auto verifier,
                   auth::TokenVerifier::Open({.jwks_file = flags.jwks, .issuer = flags.issuer}, clock));
  ASSIGN_OR_RETURN(const auto pool, pg::Pool::Open(flags.database, flags.connections, LogErrorsTo(logger)));
  ASSIGN_OR_RETURN(const auto job_pool, pg::Pool::Open(flags.database, kJobConnections, LogErrorsTo(logger)));
  ASSIGN_OR_RETURN(const auto writer, pg::CombiningWriter::Open(flags.database, {.log = LogErrorsTo(logger)}));
  RETURN_IF_ERROR(pg::CheckSchemaVersion(*pool, kSchemaVersions, clock::SystemClock().Now() + kLongestCheck));

  // Made after the server, whose metrics it adds to; asked only by calls, after Start.
  std::unique_ptr<outbox::Relay> relay;
  ASSIGN_OR_RETURN(const auto server, rpc::Server::Create(OptionsFor(flags, *verifier, *writer, relay), clock, logger));
  relay = std::make_unique<outbox::Relay>(*job_pool, clock, outbox::DeliverTo(flags.audit, flags.service_token_file),
                                          outbox::Relay::Options{.longest_backlog = flags.longest_backlog},
                                          *server->metrics().registry(), logger);
  DeadlineSweeper sweeper(*job_pool, clock, *server->metrics().registry(), logger);

  const idempotency::RequestKeys request_keys(keys.Derive("intake/request-fingerprint"));
  const paging::PageTokens page_tokens(keys.Derive("intake/page-token"));
  const std::string blind_index_key = keys.Derive("intake/blind-index");
  const Parts parts{rules, units, request_keys, page_tokens, blind_index_key};
  ReportStore reports(*pool, *writer);
  InvestigationStore investigations(*pool, *writer);
  ConsultationStore consultations(*pool, *writer);
  const ReportService report_service(reports, consultations, parts);
  const AssessmentService assessment_service(reports, parts);
  const FeedbackService feedback_service(reports, parts);
  const ReportMeetingService report_meeting_service(reports, parts);
  const InvestigationService investigation_service(investigations, parts);
  const ConsultationService consultation_service(consultations, parts);
  const outbox::EventService event_service(*pool, page_tokens);

  rpc::Adapter& adapter = server->adapter();
  server->Add(report_service.Serve(adapter));
  server->Add(assessment_service.Serve(adapter));
  server->Add(feedback_service.Serve(adapter));
  server->Add(report_meeting_service.Serve(adapter));
  server->Add(investigation_service.Serve(adapter));
  server->Add(consultation_service.Serve(adapter));
  server->Add(event_service.Serve(adapter));
  server->OnStop([&] { writer->Stop(); });
  server->OnStop([&] { sweeper.Stop(); });
  server->OnStop([&] { relay->Stop(); });
  RETURN_IF_ERROR(server->Start());
  relay->Start();
  sweeper.Start();
  server->RunUntilStopSignal();
  return absl::OkStatus();
}

}  // namespace samverkan::intake
