#include "services/audit/server.h"

#include <memory>
#include <string_view>
#include <utility>

#include "libs/idempotency/request_log.h"
#include "libs/keys/key_file.h"
#include "libs/keys/key_list.h"
#include "libs/paging/page_token.h"
#include "libs/pg/pool.h"
#include "libs/pg/schema_version.h"
#include "libs/pg/transport_check.h"
#include "libs/random/random.h"
#include "libs/rpc/server.h"
#include "libs/rpc/transport.h"
#include "libs/rules/rule_set.h"
#include "libs/sealing/key_ring.h"
#include "libs/status/macros.h"
#include "services/audit/entry_service.h"
#include "services/audit/entry_store.h"
#include "services/audit/erasure_store.h"
#include "services/audit/extract.h"
#include "services/audit/extract_service.h"
#include "services/audit/own_entry.h"
#include "services/audit/review.h"
#include "services/audit/review_service.h"
#include "services/audit/review_store.h"

namespace samverkan::audit {
namespace {

constexpr absl::Duration kLongestCheck = absl::Seconds(10);
constexpr int kMaxMessageBytes = 4 << 20;  // 256 entries of ordinary size
// Drawing a sample reads for seconds: so many at a time, others wait.
constexpr int kReviewConnections = 4;
constexpr int kSeedBytes = 32;
constexpr int kErasureConnections = 2;
constexpr int kKeyConnections = 4;
constexpr absl::Duration kLongestReplay = absl::Hours(1);
constexpr pg::SchemaVersions kKeySchemaVersions = {.oldest = 1, .newest = 1};

pg::ErrorLog LogErrorsTo(const log::Logger& logger) {
  // Without the server's text, which can hold values of rows.
  return [logger](const pg::DatabaseError& error, std::string_view) {
    logger.Log(log::Severity::kError, "database error", {{"sqlstate", error.sqlstate}, {"statement", error.statement}});
  };
}

rpc::ServerOptions OptionsFor(const ServerFlags& flags, const rpc::Transport& transport, EntryService& service) {
  rpc::ServerOptions options = transport.ServerOptions();
  options.workers.workers = flags.workers;
  options.max_message_bytes = kMaxMessageBytes;
  options.adapter.record_refusal = [&service](const auto& call, const auto* request, const auto& refusal) {
    return service.RecordRefusal(call, request, refusal);
  };
  return options;
}

// The rule set, with everything that audit asks it.
absl::StatusOr<rules::RuleSet> LoadRules(const std::string& folder) {
  ASSIGN_OR_RETURN(rules::RuleSet rules, rules::RuleSet::Load(folder));
  RETURN_IF_ERROR(
      rules.Expect({kLogReviewQuestion, kLogControlQuestion, kBreachQuestion, kReaderInExtract, kReporterSecrecy}));
  return rules;
}

absl::Status CheckDatabases(const ServerFlags& flags) {
  if (flags.transport.plaintext_loopback) return absl::OkStatus();
  RETURN_IF_ERROR(pg::CheckTransport(flags.database));
  return pg::CheckTransport(flags.keys_database);
}

// The database of keys. Fails unless it can be reached and has the schema that this program was
// made for.
absl::StatusOr<std::unique_ptr<pg::Pool>> OpenKeys(const ServerFlags& flags, const log::Logger& logger) {
  ASSIGN_OR_RETURN(auto pool, pg::Pool::Open(flags.keys_database, kKeyConnections, LogErrorsTo(logger)));
  RETURN_IF_ERROR(pg::CheckSchemaVersion(*pool, kKeySchemaVersions, clock::SystemClock().Now() + kLongestCheck));
  return pool;
}

absl::StatusOr<std::unique_ptr<sealing::KeyRing>> OpenKeyRing(const ServerFlags& flags, pg::Pool& keys,
                                                              const log::Logger& logger) {
  ASSIGN_OR_RETURN(keys::KeyList key_encryption_keys, keys::KeyList::Load(flags.key_encryption_keys));
  return sealing::KeyRing::Open(keys, sealing::KeyEncryptionKeys(std::move(key_encryption_keys)), logger);
}

// What was erased since the backup that a database comes from is erased again before anything
// is served.
absl::Status ReplayErasures(ErasureStore& store, const log::Logger& logger) {
  ASSIGN_OR_RETURN(const int64_t repeated, store.Replay(clock::SystemClock().Now() + kLongestReplay));
  if (repeated > 0) {
    logger.Log(log::Severity::kWarning, "erased again what an older backup held", {{"destructions", repeated}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Serve(const ServerFlags& flags, const clock::Clock& clock, const log::Logger& logger) {
  ASSIGN_OR_RETURN(const keys::KeyFile keys, keys::KeyFile::Load(flags.key_file));
  ASSIGN_OR_RETURN(const rules::RuleSet rules, LoadRules(flags.rules));
  ASSIGN_OR_RETURN(const auto transport, rpc::Transport::Open("audit", flags.transport, clock, logger));
  RETURN_IF_ERROR(CheckDatabases(flags));
  ASSIGN_OR_RETURN(const auto key_pool, OpenKeys(flags, logger));
  ASSIGN_OR_RETURN(const auto key_ring, OpenKeyRing(flags, *key_pool, logger));
  ASSIGN_OR_RETURN(const auto store, EntryStore::Open(flags.database, flags.workers, *key_ring, LogErrorsTo(logger)));
  RETURN_IF_ERROR(store->CheckReady(clock::SystemClock().Now() + kLongestCheck));

  const OwnEntries own_entries(*store, SearchTags(keys.Derive("audit/search-tag")));
  ASSIGN_OR_RETURN(const auto reviews,
                   ReviewStore::Open(flags.database, kReviewConnections, *key_ring, own_entries, LogErrorsTo(logger)));
  ASSIGN_OR_RETURN(const auto erasures, ErasureStore::Open(flags.database, kErasureConnections, *key_ring,
                                                           own_entries.tags(), LogErrorsTo(logger)));
  RETURN_IF_ERROR(ReplayErasures(*erasures, logger));
  const paging::PageTokens page_tokens(keys.Derive("audit/page-token"));
  EntryService entry_service(*store, *erasures, own_entries, page_tokens);
  const ReviewService review_service(*reviews, own_entries, rules,
                                     idempotency::RequestKeys(keys.Derive("audit/request-fingerprint")), page_tokens,
                                     [] { return random::Octets(kSeedBytes); });
  const ExtractService extract_service(*store, own_entries, rules, page_tokens);

  ASSIGN_OR_RETURN(const auto server, rpc::Server::Create(OptionsFor(flags, *transport, entry_service), clock, logger));
  server->Add(Serve(entry_service, server->adapter()));
  server->Add(review_service.Serve(server->adapter()));
  server->Add(extract_service.Serve(server->adapter()));
  server->OnStop([&] { transport->Stop(); });
  server->OnStop([&] { key_ring->Stop(); });
  server->OnStop([&store = *store] { store.Stop(); });
  transport->Start(*server->metrics().registry());
  RETURN_IF_ERROR(server->Start());
  server->RunUntilStopSignal();
  return absl::OkStatus();
}

}  // namespace samverkan::audit
