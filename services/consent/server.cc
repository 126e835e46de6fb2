#include "services/consent/server.h"

#include <memory>
#include <string_view>
#include <utility>

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
#include "services/consent/child_service.h"
#include "services/consent/child_store.h"
#include "services/consent/consent_service.h"
#include "services/consent/consent_store.h"
#include "services/consent/disclosure_service.h"
#include "services/consent/disclosure_store.h"
#include "services/consent/extract.h"
#include "services/consent/extract_service.h"
#include "services/consent/extract_store.h"
#include "services/consent/ready_rules.h"
#include "services/consent/retention_service.h"
#include "services/consent/retention_store.h"
#include "services/consent/retention_sweeper.h"
#include "services/consent/rule_service.h"
#include "services/consent/rule_set_store.h"
#include "services/consent/service_parts.h"
#include "services/consent/store_parts.h"

namespace samverkan::consent {
namespace {

constexpr pg::SchemaVersions kSchemaVersions = {.oldest = 1, .newest = 1};
constexpr absl::Duration kLongestCheck = absl::Seconds(10);
// Erasing years of children again, one after the other.
constexpr absl::Duration kLongestReplay = absl::Hours(1);
// The relay's and the sweeper's own, so that load cannot starve them.
constexpr int kJobConnections = 3;
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
  options.adapter.record_refusal = outbox::RecordRefusals(writer, outbox, kProducer);
  options.adapter.audit_backlog_exceeded = [&relay] { return relay->BacklogExceeded(); };
  return options;
}

// The stores and services of consent.
class Services {
 public:
  // All that is handed in must outlive the services, and they the server.
  Services(const StoreParts& store_parts, const Parts& parts)
      : children_(store_parts),
        child_service_(children_, parts),
        consents_(store_parts),
        consent_service_(consents_, parts),
        rule_sets_(store_parts, parts.rules),
        rule_service_(rule_sets_, parts),
        ready_rules_(rule_sets_),
        disclosures_(store_parts, ready_rules_),
        disclosure_service_(disclosures_, ready_rules_, parts),
        extracts_(store_parts),
        extract_service_(extracts_, parts),
        retention_(store_parts),
        retention_service_(retention_, parts),
        event_service_(store_parts.pool, parts.page_tokens) {}

  void AddTo(rpc::Server& server) const {
    rpc::Adapter& adapter = server.adapter();
    server.Add(child_service_.Serve(adapter));
    server.Add(consent_service_.Serve(adapter));
    server.Add(rule_service_.Serve(adapter));
    server.Add(disclosure_service_.Serve(adapter));
    server.Add(extract_service_.Serve(adapter));
    server.Add(retention_service_.Serve(adapter));
    server.Add(event_service_.Serve(adapter));
  }

 private:
  ChildStore children_;
  const ChildService child_service_;
  ConsentStore consents_;
  const ConsentService consent_service_;
  RuleSetStore rule_sets_;
  const RuleService rule_service_;
  ReadyRuleSets ready_rules_;
  DisclosureStore disclosures_;
  const DisclosureService disclosure_service_;
  ExtractStore extracts_;
  const ExtractService extract_service_;
  RetentionStore retention_;
  const RetentionService retention_service_;
  const outbox::EventService event_service_;
};

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

// The rule set that ships, with everything that consent asks it.
absl::StatusOr<rules::RuleSet> LoadRules(const std::string& folder) {
  ASSIGN_OR_RETURN(rules::RuleSet rules, rules::RuleSet::Load(folder));
  RETURN_IF_ERROR(rules.Expect({"consent_lifts_secrecy", "child_decides", "retention", "retention_child_investigation",
                                "retention_research_sample", kDataSubjectRights, kFamilySecrecy, kReporterSecrecy,
                                kChildTowardsGuardian, kProtectedAddress}));
  return rules;
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
  return std::make_unique<outbox::Relay>(kProducer, *databases.jobs, keys, clock, outbox::DeliverTo(audit),
                                         outbox::Relay::Options{.longest_backlog = flags.longest_backlog, .busy = busy},
                                         *server.metrics().registry(), logger);
}

// Serves until a stop signal, with all that works by itself beside the calls.
absl::Status Run(rpc::Server& server, rpc::Transport& transport, outbox::Relay& relay, RetentionSweeper& retention) {
  server.OnStop([&] { transport.Stop(); });
  server.OnStop([&] { retention.Stop(); });
  server.OnStop([&] { relay.Stop(); });
  transport.Start(*server.metrics().registry());
  RETURN_IF_ERROR(server.Start());
  relay.Start();
  retention.Start();
  server.RunUntilStopSignal();
  return absl::OkStatus();
}

}  // namespace

absl::Status Serve(const ServerFlags& flags, const clock::Clock& clock, const log::Logger& logger) {
  ASSIGN_OR_RETURN(const keys::KeyFile keys, keys::KeyFile::Load(flags.key_file));
  ASSIGN_OR_RETURN(const keys::KeyList index_keys, keys::KeyList::Load(flags.index_keys));
  ASSIGN_OR_RETURN(const rules::RuleSet rules, LoadRules(flags.rules));
  ASSIGN_OR_RETURN(const auto transport, rpc::Transport::Open(kProducer, flags.transport, clock, logger));
  ASSIGN_OR_RETURN(const auto audit, transport->OpenChannel(flags.audit, "audit"));
  const absl::Time deadline = clock::SystemClock().Now() + kLongestCheck;
  ASSIGN_OR_RETURN(const Databases databases, OpenDatabases(flags, logger, deadline));
  pg::CombiningWriter& writer = *databases.writer;
  ASSIGN_OR_RETURN(const auto key_ring, OpenKeyRing(flags, *databases.keys, logger));
  RetentionJobStore erasures(*databases.jobs, *key_ring);
  RETURN_IF_ERROR(ReplayErasures(erasures, logger));
  ASSIGN_OR_RETURN(sealing::DataKeyPtr outbox_key, key_ring->Fresh(deadline));
  const outbox::Outbox outbox(kProducer, std::move(outbox_key));
  const Tags tags(index_keys);

  // Made after the server, whose metrics it adds to; asked only by calls, after Start.
  std::unique_ptr<outbox::Relay> relay;
  ASSIGN_OR_RETURN(const auto server,
                   rpc::Server::Create(OptionsFor(flags, *transport, writer, outbox, relay), clock, logger));
  relay = MakeRelay(flags, databases, *key_ring, clock, audit, *server, logger);
  RetentionSweeper retention(erasures, rules, clock, outbox::EraseEntriesOver(audit), *server->metrics().registry(),
                             logger);

  const idempotency::RequestKeys request_keys(keys.Derive("consent/request-fingerprint"));
  const paging::PageTokens page_tokens(keys.Derive("consent/page-token"));
  const Services services({*databases.calls, writer, *key_ring, outbox, tags}, {rules, request_keys, page_tokens});
  services.AddTo(*server);
  server->OnStop([&] { key_ring->Stop(); });
  server->OnStop([&] { writer.Stop(); });
  return Run(*server, *transport, *relay, retention);
}

}  // namespace samverkan::consent
