#ifndef SAMVERKAN_SERVICES_CONSENT_CONSENT_FIXTURE_H_
#define SAMVERKAN_SERVICES_CONSENT_CONSENT_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/idempotency/request_log.h"
#include "libs/outbox/outbox.h"
#include "libs/paging/page_token.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/pool.h"
#include "libs/pg/scope.h"
#include "libs/rpc/call_context.h"
#include "libs/rules/rule_set.h"
#include "libs/sealing/key_ring.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/testing/test_database.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/consent/v1/child.pb.h"
#include "samverkan/events/v1/events.pb.h"
#include "services/consent/child_service.h"
#include "services/consent/child_store.h"
#include "services/consent/service_parts.h"
#include "services/consent/store_parts.h"

// What the tests of consent share: people, days, children, and a database.
namespace samverkan::consent::testing {

inline constexpr char kSkarholmen[] = "municipalities/0180/authorities/skarholmen";
inline constexpr char kUtbildningsnamnden[] = "municipalities/0180/authorities/utbildningsnamnden";
inline constexpr char kBarnenheten[] = "municipalities/0180/units/barnenheten";
inline constexpr char kUngdomsenheten[] = "municipalities/0180/units/ungdomsenheten";

// Official test identity numbers of Skatteverket, never given to a person.
inline constexpr std::string_view kChildren[] = {"200801212390", "200802052381", "200802222380",
                                                 "200803072388", "200803302397", "200804162386"};

// An instant of legal time.
absl::Time At(absl::CivilDay day, int hour = 10);

// The rules that ship.
const rules::RuleSet& ShippedRules();

// A caller of Skärholmen with one role, who works in `units` (last parts of their names).
auth::Caller CallerOf(access::v1::Role role, const std::string& subject, const std::vector<std::string>& units);

auth::Caller Caseworker();    // u-eva, qualified, of barnenheten
auth::Caller UnitManager();   // u-maria, qualified, of barnenheten
auth::Caller Duty();          // u-jour, of no unit
auth::Caller Reporter();      // u-karin of Bredängsskolan, Utbildningsnämnden
auth::Caller IntakeItself();  // the service, by its certificate

// A call by `caller` of "ChildService/GetChild" or another method of consent, as the adapter would
// make it.
rpc::CallContext CallOf(const auth::Caller& caller, std::string_view method, absl::Time now);

// A new request id.
std::string NewRequestId();

// A request of Skärholmen's that registers a child of barnenheten, called Elsa Lind, with both
// parents.
v1::RegisterChildRequest RegistrationOf(std::string_view identity_number);

// Services' parts on a database of the test's own, reached as the service's own role.
class ConsentTest : public ::testing::Test {
 protected:
  ConsentTest();

  // The keys of all tests of the process.
  static sealing::KeyRing& Keys();

  // The parts that stores and services are made with.
  StoreParts store_parts() const;
  Parts parts() const;

  // Registers RegistrationOf the number, as the caseworker.
  v1::Child RegisterChild(std::string_view identity_number);

  // Everything that waits in the outbox, in the order of its writing.
  std::vector<audit::v1::Entry> AuditEntries();
  std::vector<events::v1::Event> Events();

  // A number that the superuser reads; -1 where it cannot.
  int64_t Count(const std::string& sql);

  absl::Time now_ = At(absl::CivilDay(2026, 3, 10));
  ::samverkan::testing::TestDatabase database_{"services/consent/schema"};
  std::unique_ptr<pg::Pool> pool_;
  // As the role of the service's jobs.
  std::unique_ptr<pg::Pool> job_pool_;
  std::unique_ptr<pg::CombiningWriter> writer_;
  const outbox::Outbox outbox_;
  const Tags tags_{sealing::testing::KeyListOf("i")};
  const idempotency::RequestKeys request_keys_{std::string(32, 'r')};
  const paging::PageTokens page_tokens_{std::string(32, 'p')};
  ChildStore children_{store_parts()};
  const ChildService child_service_{children_, parts()};
};

}  // namespace samverkan::consent::testing

#endif  // SAMVERKAN_SERVICES_CONSENT_CONSENT_FIXTURE_H_
