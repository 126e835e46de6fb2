#include "services/intake/server.h"

#include <memory>
#include <string_view>
#include <utility>

#include "libs/auth/signing_keys.h"
#include "libs/idempotency/request_log.h"
#include "libs/keys/key_file.h"
#include "libs/keys/key_list.h"
#include "libs/outbox/audit_delivery.h"
#include "libs/outbox/audit_erasure.h"
#include "libs/outbox/event_service.h"
#include "libs/outbox/outbox.h"
#include "libs/outbox/refusal.h"
#include "libs/outbox/relay.h"
#include "libs/paging/page_token.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/pool.h"
#include "libs/pg/schema_version.h"
#include "libs/pg/transport_check.h"
#include "libs/rpc/server.h"
#include "libs/rpc/transport.h"
#include "libs/rules/rule_set.h"
#include "libs/sealing/key_ring.h"
#include "libs/status/macros.h"
#include "services/intake/assessment_service.h"
#include "services/intake/consent_sweeper.h"
#include "services/intake/consultation_service.h"
#include "services/intake/deadline_sweeper.h"
#include "services/intake/decision_service.h"
#include "services/intake/disclosures.h"
#include "services/intake/emergency_access_service.h"
#include "services/intake/extract.h"
#include "services/intake/extract_service.h"
#include "services/intake/extract_store.h"
#include "services/intake/feedback_service.h"
#include "services/intake/follow_up_service.h"
#include "services/intake/investigation_part_store.h"
#include "services/intake/investigation_service.h"
#include "services/intake/investigation_step_service.h"
#include "services/intake/placement_service.h"
#include "services/intake/report_meeting_service.h"
#include "services/intake/report_service.h"
#include "services/intake/retention_service.h"
#include "services/intake/retention_store.h"
#include "services/intake/retention_sweeper.h"
#include "services/intake/staff_name_store.h"
#include "services/intake/store_parts.h"
#include "services/intake/transfer_service.h"
#include "services/intake/unit_directory.h"

namespace samverkan::intake {
namespace {

constexpr char kService[] = "intake";
constexpr pg::SchemaVersions kSchemaVersions = {.oldest = 1, .newest = 1};
constexpr absl::Duration kLongestCheck = absl::Seconds(10);
// Erasing years of files again, one after the other.
constexpr absl::Duration kLongestReplay = absl::Hours(1);
// The relay's and the sweepers' own, so that load cannot starve them.
constexpr int kJobConnections = 4;
constexpr int kKeyConnections = 3;

pg::ErrorLog LogErrorsTo(const log::Logger& logger) {
  return [logger](const pg::DatabaseError& error, std::string_view message) {
    logger.Log(log::Severity::kError, "database error",
               {{"sqlstate", error.sqlstate}, {"statement", error.statement}, {"cause", message}});
  };
}

rpc::ServerOptions OptionsFor(const ServerFlags& flags, const rpc::Transport& transport, pg::CombiningWriter& writer,
                              const outbox::Outbox& outbox, const std::unique_ptr<outbox::Relay>& relay) {
  rpc::ServerOptions options = transport.ServerOptions();
  options.workers.workers = flags.workers;
  options.adapter.record_refusal = outbox::RecordRefusals(writer, outbox, kService);
  options.adapter.audit_backlog_exceeded = [&relay] { return relay->BacklogExceeded(); };
  return options;
}

// The stores and services of intake.
class Services {
 public:
  // All that is handed in must outlive the services, and they the server.
  Services(const StoreParts& store_parts, const auth::SigningKeys& signing_keys, const Disclosures& disclosures,
           const Parts& parts)
      : reports_(store_parts),
        investigations_(store_parts),
        consultations_(store_parts),
        emergency_accesses_(store_parts),
        placements_(store_parts),
        transfers_(store_parts),
        follow_ups_(store_parts),
        retention_(store_parts),
        steps_(store_parts),
        extracts_(store_parts, reports_, investigations_, {steps_, placements_, transfers_, follow_ups_}),
        report_service_(reports_, consultations_, parts),
        assessment_service_(reports_, parts),
        feedback_service_(reports_, disclosures, parts),
        report_meeting_service_(reports_, parts),
        investigation_service_(investigations_, parts),
        step_service_(steps_, parts),
        decision_service_(reports_, investigations_, signing_keys, parts),
        consultation_service_(consultations_, parts),
        emergency_access_service_(emergency_accesses_, parts),
        placement_service_(placements_, parts),
        transfer_service_(transfers_, parts),
        follow_up_service_(follow_ups_, placements_, parts),
        retention_service_(retention_, parts),
        extract_service_(extracts_, parts),
        event_service_(store_parts.pool, parts.page_tokens) {}

  void AddTo(rpc::Server& server) const {
    rpc::Adapter& adapter = server.adapter();
    server.Add(report_service_.Serve(adapter));
    server.Add(assessment_service_.Serve(adapter));
    server.Add(feedback_service_.Serve(adapter));
    server.Add(report_meeting_service_.Serve(adapter));
    server.Add(investigation_service_.Serve(adapter));
    server.Add(step_service_.Serve(adapter));
    server.Add(decision_service_.Serve(adapter));
    server.Add(consultation_service_.Serve(adapter));
    server.Add(emergency_access_service_.Serve(adapter));
    server.Add(placement_service_.Serve(adapter));
    server.Add(transfer_service_.Serve(adapter));
    server.Add(follow_up_service_.Serve(adapter));
    server.Add(retention_service_.Serve(adapter));
    server.Add(extract_service_.Serve(adapter));
    server.Add(event_service_.Serve(adapter));
  }

 private:
  ReportStore reports_;
  InvestigationStore investigations_;
  ConsultationStore consultations_;
  EmergencyAccessStore emergency_accesses_;
  PlacementStore placements_;
  TransferStore transfers_;
  FollowUpStore follow_ups_;
  RetentionStore retention_;
  InvestigationStepStore steps_;
  ExtractStore extracts_;
  const ReportService report_service_;
  const AssessmentService assessment_service_;
  const FeedbackService feedback_service_;
  const ReportMeetingService report_meeting_service_;
  const InvestigationService investigation_service_;
  const InvestigationStepService step_service_;
  const DecisionService decision_service_;
  const ConsultationService consultation_service_;
  const EmergencyAccessService emergency_access_service_;
  const PlacementService placement_service_;
  const TransferService transfer_service_;
  const FollowUpService follow_up_service_;
  const RetentionService retention_service_;
  const ExtractService extract_service_;
  const outbox::EventService event_service_;
};

// The rule set, with everything that intake asks it.
absl::StatusOr<rules::RuleSet> LoadRules(const std::string& folder) {
  ASSIGN_OR_RETURN(rules::RuleSet rules, rules::RuleSet::Load(folder));
  RETURN_IF_ERROR(rules.Expect({std::string(kProtectionAssessment),
                                std::string(kDecisionToOpen),
                                std::string(kStatutoryFeedback),
                                std::string(kHoldReview),
                                "investigation_length",
                                "report_meeting",
                                "duty_to_report",
                                "protected_identity_marking",
                                "protected_address",
                                "emergency_access",
                                "retention",
                                "duty_to_hand_over_information",
                                "inform_concerned",
                                "contacts_before_opening",
                                "talk_with_child",
                                "reference_talk",
                                "police_crime_against_child",
                                "police_other_crime",
                                "retention_never_erased",
                                kPlacementReview,
                                kChildMoves,
                                kFollowUpAfterClosing,
                                kFollowUpAfterLvu,
                                kDataSubjectRights,
                                kFamilySecrecy,
                                kReporterSecrecy,
                                kChildTowardsGuardian}));
  return rules;
}

absl::Status CheckDatabases(const ServerFlags& flags) {
  if (flags.transport.plaintext_loopback) return absl::OkStatus();
  for (const std::string& conninfo : {flags.database, flags.jobs_database, flags.keys_database}) {
    RETURN_IF_ERROR(pg::CheckTransport(conninfo));
  }
  return absl::OkStatus();
}

// The connections to PostgreSQL: the pool that answers calls, that of the jobs, that of the keys'
// own database, and the writer.
struct Databases {
  std::unique_ptr<pg::Pool> calls;
  std::unique_ptr<pg::Pool> jobs;
  std::unique_ptr<pg::Pool> keys;
  std::unique_ptr<pg::CombiningWriter> writer;
};

// Fails unless they can be reached safely and have the schema that this program was made for.
absl::StatusOr<Databases> OpenDatabases(const ServerFlags& flags, const log::Logger& logger, absl::Time deadline) {
  RETURN_IF_ERROR(CheckDatabases(flags));
  Databases databases;
  ASSIGN_OR_RETURN(databases.calls, pg::Pool::Open(flags.database, flags.connections, LogErrorsTo(logger)));
  ASSIGN_OR_RETURN(databases.jobs, pg::Pool::Open(flags.jobs_database, kJobConnections, LogErrorsTo(logger)));
  ASSIGN_OR_RETURN(databases.keys, pg::Pool::Open(flags.keys_database, kKeyConnections, LogErrorsTo(logger)));
  // One connection: more of what waits shares a statement and a commit than on two.
  ASSIGN_OR_RETURN(databases.writer,
                   pg::CombiningWriter::Open(flags.database, {.connections = 1, .log = LogErrorsTo(logger)}));
  RETURN_IF_ERROR(pg::CheckSchemaVersion(*databases.calls, kSchemaVersions, deadline));
  RETURN_IF_ERROR(pg::CheckSchemaVersion(*databases.keys, kSchemaVersions, deadline));
  return databases;
}

absl::StatusOr<std::unique_ptr<sealing::KeyRing>> OpenKeyRing(const ServerFlags& flags, pg::Pool& keys,
                                                              const log::Logger& logger) {
  ASSIGN_OR_RETURN(keys::KeyList key_encryption_keys, keys::KeyList::Load(flags.key_encryption_keys));
  return sealing::KeyRing::Open(keys, sealing::KeyEncryptionKeys(std::move(key_encryption_keys)), logger);
}

// What was erased since the backup that a database comes from is erased again before anything
// is served.
absl::Status ReplayErasures(RetentionJobStore& store, const log::Logger& logger) {
  ASSIGN_OR_RETURN(const int64_t repeated, store.Replay(clock::SystemClock().Now() + kLongestReplay));
  if (repeated > 0) {
    logger.Log(log::Severity::kWarning, "erased again what an older backup held", {{"erasures", repeated}});
  }
  return absl::OkStatus();
}

// The relay of the outbox to the audit service; what is handed in must outlive it.
std::unique_ptr<outbox::Relay> MakeRelay(const ServerFlags& flags, const Databases& databases, sealing::KeyRing& keys,
                                         const clock::Clock& clock, const std::shared_ptr<grpc::Channel>& audit,
                                         rpc::Server& server, const log::Logger& logger) {
  const auto busy = [&writer = *databases.writer] { return writer.Waiting() > 0; };
  return std::make_unique<outbox::Relay>(kService, *databases.jobs, keys, clock, outbox::DeliverTo(audit),
                                         outbox::Relay::Options{.longest_backlog = flags.longest_backlog, .busy = busy},
                                         *server.metrics().registry(), logger);
}

// What calls write and are sealed with ends after them.
void StopAfterCalls(rpc::Server& server, sealing::KeyRing& keys, pg::CombiningWriter& writer) {
  server.OnStop([&] { keys.Stop(); });
  server.OnStop([&] { writer.Stop(); });
}

// Serves until a stop signal, with all that works by itself beside the calls.
absl::Status Run(rpc::Server& server, rpc::Transport& transport, outbox::Relay& relay, DeadlineSweeper& deadlines,
                 ConsentSweeper& consents, RetentionSweeper& retention) {
  server.OnStop([&] { transport.Stop(); });
  server.OnStop([&] { retention.Stop(); });
  server.OnStop([&] { consents.Stop(); });
  server.OnStop([&] { deadlines.Stop(); });
  server.OnStop([&] { relay.Stop(); });
  transport.Start(*server.metrics().registry());
  RETURN_IF_ERROR(server.Start());
  relay.Start();
  deadlines.Start();
  consents.Start();
  retention.Start();
  server.RunUntilStopSignal();
  return absl::OkStatus();
}

}  // namespace

absl::Status Serve(const ServerFlags& flags, const clock::Clock& clock, const log::Logger& logger) {
  ASSIGN_OR_RETURN(const keys::KeyFile keys, keys::KeyFile::Load(flags.key_file));
  ASSIGN_OR_RETURN(const keys::KeyList index_keys, keys::KeyList::Load(flags.index_keys));
  ASSIGN_OR_RETURN(const auth::SigningKeys signing_keys, auth::SigningKeys::Load(flags.signing_keys));
  ASSIGN_OR_RETURN(const rules::RuleSet rules, LoadRules(flags.rules));
  ASSIGN_OR_RETURN(const UnitDirectory units, UnitDirectory::Load(flags.directory));
  ASSIGN_OR_RETURN(const auto transport, rpc::Transport::Open(kService, flags.transport, clock, logger));
  ASSIGN_OR_RETURN(const auto audit, transport->OpenChannel(flags.audit, "audit"));
  ASSIGN_OR_RETURN(const auto consent, transport->OpenChannel(flags.consent, "consent"));
  const absl::Time deadline = clock::SystemClock().Now() + kLongestCheck;
  ASSIGN_OR_RETURN(const Databases databases, OpenDatabases(flags, logger, deadline));
  pg::CombiningWriter& writer = *databases.writer;
  ASSIGN_OR_RETURN(const auto key_ring, OpenKeyRing(flags, *databases.keys, logger));
  RetentionJobStore erasures(*databases.jobs, *key_ring);
  RETURN_IF_ERROR(ReplayErasures(erasures, logger));
  ASSIGN_OR_RETURN(sealing::DataKeyPtr outbox_key, key_ring->Fresh(deadline));
  const outbox::Outbox outbox(kService, std::move(outbox_key));
  const Tags tags(index_keys);

  // Made after the server, whose metrics it adds to; asked only by calls, after Start.
  std::unique_ptr<outbox::Relay> relay;
  ASSIGN_OR_RETURN(const auto server,
                   rpc::Server::Create(OptionsFor(flags, *transport, writer, outbox, relay), clock, logger));
  relay = MakeRelay(flags, databases, *key_ring, clock, audit, *server, logger);
  DeadlineSweeper deadlines(*databases.jobs, clock, *server->metrics().registry(), logger);
  ConsentSweeper consents(*databases.jobs, TellConsent(consent), *server->metrics().registry(), logger);
  RetentionSweeper retention(erasures, rules, clock, outbox::EraseEntriesOver(audit), *server->metrics().registry(),
                             logger);

  const idempotency::RequestKeys request_keys(keys.Derive("intake/request-fingerprint"));
  const paging::PageTokens page_tokens(keys.Derive("intake/page-token"));
  StaffNameStore staff_names(*databases.calls, tags);
  const Disclosures disclosures(consent);
  const Services services({*databases.calls, writer, *key_ring, outbox, tags, staff_names}, signing_keys, disclosures,
                          {rules, units, request_keys, page_tokens});
  services.AddTo(*server);
  StopAfterCalls(*server, *key_ring, writer);
  return Run(*server, *transport, *relay, deadlines, consents, retention);
}

}  // namespace samverkan::intake
