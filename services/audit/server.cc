#include "services/audit/server.h"

#include <string_view>

#include "libs/idempotency/request_log.h"
#include "libs/keys/key_file.h"
#include "libs/paging/page_token.h"
#include "libs/pg/transport_check.h"
#include "libs/random/random.h"
#include "libs/rpc/server.h"
#include "libs/rpc/transport.h"
#include "libs/rules/rule_set.h"
#include "libs/status/macros.h"
#include "services/audit/entry_service.h"
#include "services/audit/entry_store.h"
#include "services/audit/erasure_store.h"
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
  RETURN_IF_ERROR(rules.Expect({kLogReviewQuestion, kLogControlQuestion, kBreachQuestion}));
  return rules;
}

}  // namespace

absl::Status Serve(const ServerFlags& flags, const clock::Clock& clock, const log::Logger& logger) {
  ASSIGN_OR_RETURN(const keys::KeyFile keys, keys::KeyFile::Load(flags.key_file));
  ASSIGN_OR_RETURN(const rules::RuleSet rules, LoadRules(flags.rules));
  ASSIGN_OR_RETURN(const auto transport, rpc::Transport::Open("audit", flags.transport, clock, logger));
  if (!flags.transport.plaintext_loopback) RETURN_IF_ERROR(pg::CheckTransport(flags.database));
  ASSIGN_OR_RETURN(const auto store, EntryStore::Open(flags.database, flags.workers, LogErrorsTo(logger)));
  RETURN_IF_ERROR(store->CheckReady(clock::SystemClock().Now() + kLongestCheck));

  const OwnEntries own_entries(*store, SearchTags(keys.Derive("audit/search-tag")));
  ASSIGN_OR_RETURN(const auto reviews,
                   ReviewStore::Open(flags.database, kReviewConnections, own_entries, LogErrorsTo(logger)));
  ASSIGN_OR_RETURN(const auto erasures,
                   ErasureStore::Open(flags.database, kErasureConnections, own_entries.tags(), LogErrorsTo(logger)));
  const paging::PageTokens page_tokens(keys.Derive("audit/page-token"));
  EntryService entry_service(*store, *erasures, own_entries, page_tokens);
  const ReviewService review_service(*reviews, own_entries, rules,
                                     idempotency::RequestKeys(keys.Derive("audit/request-fingerprint")), page_tokens,
                                     [] { return random::Octets(kSeedBytes); });

  ASSIGN_OR_RETURN(const auto server, rpc::Server::Create(OptionsFor(flags, *transport, entry_service), clock, logger));
  server->Add(Serve(entry_service, server->adapter()));
  server->Add(review_service.Serve(server->adapter()));
  server->OnStop([&] { transport->Stop(); });
  server->OnStop([&store = *store] { store.Stop(); });
  transport->Start(*server->metrics().registry());
  RETURN_IF_ERROR(server->Start());
  server->RunUntilStopSignal();
  return absl::OkStatus();
}

}  // namespace samverkan::audit
