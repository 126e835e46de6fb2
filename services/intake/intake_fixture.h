#ifndef SAMVERKAN_SERVICES_INTAKE_INTAKE_FIXTURE_H_
#define SAMVERKAN_SERVICES_INTAKE_INTAKE_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/idempotency/request_log.h"
#include "libs/outbox/outbox.h"
#include "libs/paging/page_token.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/pool.h"
#include "libs/rpc/call_context.h"
#include "libs/sealing/key_ring.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/testing/test_database.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/events/v1/events.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "services/intake/domain_fixture.h"
#include "services/intake/investigation_store.h"
#include "services/intake/report_store.h"
#include "services/intake/service_parts.h"
#include "services/intake/store_parts.h"
#include "services/intake/unit_directory.h"

// What the tests of intake with a database share.
namespace samverkan::intake::testing {

// A call by `caller` of "ReportService/GetReport" or another method of intake, as the
// adapter would make it.
rpc::CallContext CallOf(const auth::Caller& caller, std::string_view method, absl::Time now);

// A new request id.
std::string NewRequestId();

// Services' parts on a database of the test's own, reached as the service's own role.
class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest();

  // The keys of all tests of the process.
  static sealing::KeyRing& Keys();

  // The parts that stores and services are made with.
  StoreParts store_parts() const;
  Parts parts() const;

  // Stores a report of barnenheten that was received `now_`, and returns its name.
  std::string SubmitReport(std::string_view identity_number, bool feedback_wanted = false);

  // Changes a report as Caseworker() does in that call.
  absl::StatusOr<ReportRecord> ChangeReport(std::string_view method, const std::string& report,
                                            const ReportStore::Transition& transition);

  // Assesses and decides the report, and returns the name of the investigation that it
  // opened or was added to.
  absl::StatusOr<std::string> DecideReport(const std::string& report, v1::Decision::Outcome outcome);

  // Submits and decides a report; returns the name of the investigation opened.
  std::string OpenInvestigation(std::string_view identity_number, bool feedback_wanted = false);

  // Everything that waits in the outbox, in the order of its writing.
  std::vector<audit::v1::Entry> AuditEntries();
  std::vector<events::v1::Event> Events();

  // A number that the superuser reads; -1 where it cannot.
  int64_t Count(const std::string& sql);

  absl::Time now_ = At(absl::CivilDay(2026, 3, 10));
  ::samverkan::testing::TestDatabase database_{"services/intake/schema"};
  std::unique_ptr<pg::Pool> pool_;
  // As the role of the service's jobs.
  std::unique_ptr<pg::Pool> job_pool_;
  std::unique_ptr<pg::CombiningWriter> writer_;
  const outbox::Outbox outbox_;
  const Tags tags_{sealing::testing::KeyListOf("i")};
  std::unique_ptr<ReportStore> reports_;
  std::unique_ptr<InvestigationStore> investigations_;
  const UnitDirectory units_;
  const idempotency::RequestKeys request_keys_{std::string(32, 'r')};
  const paging::PageTokens page_tokens_{std::string(32, 'p')};
};

}  // namespace samverkan::intake::testing

#endif  // SAMVERKAN_SERVICES_INTAKE_INTAKE_FIXTURE_H_
