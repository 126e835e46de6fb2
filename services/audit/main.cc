#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "libs/clock/clock.h"
#include "libs/keys/key_file.h"
#include "libs/log/logger.h"
#include "libs/pg/transport_check.h"
#include "libs/rpc/server.h"
#include "libs/rpc/transport.h"
#include "libs/rpc/transport_flags.h"
#include "libs/status/macros.h"
#include "services/audit/entry_service.h"
#include "services/audit/entry_store.h"

ABSL_FLAG(std::string, database, "", "libpq connection string, as the role samverkan_audit");
ABSL_FLAG(std::string, key_file, "", "the service's secret: libs/keys/key_file.h");
ABSL_FLAG(std::string, clock_file, "", "seconds by which the clock is moved; development only");
ABSL_FLAG(int, workers, 16, "calls worked on at a time");

namespace samverkan::audit {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;  // 256 entries of ordinary size

rpc::ServerOptions OptionsFor(EntryService& service, const rpc::Transport& transport) {
  rpc::ServerOptions options = transport.ServerOptions();
  options.workers.workers = absl::GetFlag(FLAGS_workers);
  options.max_message_bytes = kMaxMessageBytes;
  options.adapter.record_refusal = [&service](const auto& call, const auto* request, const auto& refusal) {
    return service.RecordRefusal(call, request, refusal);
  };
  return options;
}

absl::Status Run(const clock::Clock& clock, const log::Logger& logger) {
  // Without the server's text, which can hold values of rows.
  const auto log_error = [logger](const pg::DatabaseError& error, std::string_view) {
    logger.Log(log::Severity::kError, "database error", {{"sqlstate", error.sqlstate}, {"statement", error.statement}});
  };
  ASSIGN_OR_RETURN(const keys::KeyFile keys, keys::KeyFile::Load(absl::GetFlag(FLAGS_key_file)));
  const rpc::TransportOptions flags = rpc::TransportFlags();
  ASSIGN_OR_RETURN(const auto transport, rpc::Transport::Open("audit", flags, clock, logger));
  if (!flags.plaintext_loopback) RETURN_IF_ERROR(pg::CheckTransport(absl::GetFlag(FLAGS_database)));
  ASSIGN_OR_RETURN(const auto store,
                   EntryStore::Open(absl::GetFlag(FLAGS_database), absl::GetFlag(FLAGS_workers), log_error));
  RETURN_IF_ERROR(store->CheckReady(clock::SystemClock().Now() + absl::Seconds(10)));

  EntryService service(*store, SearchTags(keys.Derive("audit/search-tag")),
                       paging::PageTokens(keys.Derive("audit/page-token")));
  ASSIGN_OR_RETURN(const auto server, rpc::Server::Create(OptionsFor(service, *transport), clock, logger));
  server->Add(Serve(service, server->adapter()));
  server->OnStop([&] { transport->Stop(); });
  server->OnStop([&store = *store] { store.Stop(); });
  transport->Start(*server->metrics().registry());
  RETURN_IF_ERROR(server->Start());
  server->RunUntilStopSignal();
  return absl::OkStatus();
}

}  // namespace
}  // namespace samverkan::audit

int main(int argc, char** argv) {
  samverkan::rpc::BlockStopSignals();
  absl::ParseCommandLine(argc, argv);
  const samverkan::clock::FileClock clock(absl::GetFlag(FLAGS_clock_file));
  const samverkan::log::Logger logger("audit", clock);
  const absl::Status status = samverkan::audit::Run(clock, logger);
  if (status.ok()) return EXIT_SUCCESS;
  logger.Log(samverkan::log::Severity::kError, "cannot serve", {{"cause", std::string(status.message())}});
  return EXIT_FAILURE;
}
