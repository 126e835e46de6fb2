#include "services/consent/consent_fixture.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.h"
#include "libs/calendar/calendar.h"
#include "libs/clock/clock.h"
#include "libs/pg/statement.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/access_rule.h"
#include "libs/status/macros.h"

namespace samverkan::consent::testing {
namespace {

constexpr pg::Statement kEntries = {"test_entries",
                                    "SELECT municipality, entry, data_key, content FROM audit_entry ORDER BY sequence"};
constexpr pg::Statement kEvents = {"test_events", "SELECT content FROM event ORDER BY sequence"};

absl::Time Soon() { return clock::SystemClock().Now() + absl::Seconds(30); }

// A test that cannot get its parts cannot say anything.
template <typename T>
T Must(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << result.status() << std::endl;
  std::abort();
}

absl::StatusOr<audit::v1::Entry> ReadEntry(const pg::Row& row, sealing::KeyRing& keys) {
  std::string municipality;
  pg::Uuid id, data_key;
  pg::Bytes content;
  RETURN_IF_ERROR(row.Into(municipality, id, data_key, content));
  ASSIGN_OR_RETURN(const sealing::DataKeyPtr key, keys.Find(data_key, Soon()));
  const std::string column = outbox::ColumnOf(kProducer);
  ASSIGN_OR_RETURN(const std::string opened, key->Open(outbox::CellOf(column, municipality, id), content));
  audit::v1::Entry entry;
  entry.ParseFromString(opened);
  return entry;
}

void AddParent(const std::string& name, v1::RegisterChildRequest& request) {
  v1::Guardian& guardian = *request.add_guardians();
  guardian.set_person_name(name);
  guardian.set_kind(v1::Guardian::PARENT);
  guardian.set_from_date("2008-01-21");
}

}  // namespace

absl::Time At(absl::CivilDay day, int hour) { return calendar::StartOf(day) + absl::Hours(hour); }

const rules::RuleSet& ShippedRules() {
  static const auto* const rules = new rules::RuleSet(Must(rules::RuleSet::Load("deploy/rules")));
  return *rules;
}

auth::Caller CallerOf(access::v1::Role role, const std::string& subject, const std::vector<std::string>& units) {
  return {.subject = subject,
          .system = "treserva",
          .municipality = "0180",
          .authority = "skarholmen",
          .units = units,
          .roles = {role},
          .expires = absl::InfiniteFuture()};
}

auth::Caller Caseworker() {
  auth::Caller caller = CallerOf(access::v1::CASEWORKER, "u-eva", {"barnenheten"});
  caller.qualified = true;
  return caller;
}

auth::Caller UnitManager() {
  auth::Caller caller = CallerOf(access::v1::UNIT_MANAGER, "u-maria", {"barnenheten"});
  caller.qualified = true;
  return caller;
}

auth::Caller Duty() { return CallerOf(access::v1::DUTY, "u-jour", {}); }

auth::Caller Reporter() {
  auth::Caller caller = CallerOf(access::v1::REPORTER, "u-karin", {"bredangsskolan"});
  caller.system = "skolportalen";
  caller.authority = "utbildningsnamnden";
  return caller;
}

auth::Caller IntakeItself() {
  return {.subject = "intake",
          .system = "intake",
          .municipality = "",
          .authority = "",
          .units = {},
          .roles = {access::v1::SYSTEM},
          .expires = absl::InfiniteFuture()};
}

rpc::CallContext CallOf(const auth::Caller& caller, std::string_view method, absl::Time now) {
  rpc::CallContext call;
  call.caller = caller;
  call.deadline = Soon();
  call.now = now;
  call.method = absl::StrCat("samverkan.consent.v1.", absl::string_view(method.data(), method.size()));
  const auto* const descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      absl::StrReplaceAll(call.method, {{"/", "."}}));
  if (descriptor == nullptr) {
    std::cerr << "no method " << call.method << std::endl;
    std::abort();
  }
  const rpc::AccessRule rule = Must(rpc::AccessRule::Of(*descriptor));
  call.role = rule.RoleOf(caller);
  call.action = rule.action();
  return call;
}

std::string NewRequestId() { return pg::Uuid::Random().ToString(); }

v1::RegisterChildRequest RegistrationOf(std::string_view identity_number) {
  v1::RegisterChildRequest request;
  request.set_parent(kSkarholmen);
  request.set_request_id(NewRequestId());
  request.set_identity_number(std::string(identity_number));
  request.set_given_name("Elsa");
  request.set_family_name("Lind");
  request.add_units(kBarnenheten);
  AddParent("Sara Lind", request);
  AddParent("Per Ek", request);
  return request;
}

ConsentTest::ConsentTest()
    : pool_(Must(pg::Pool::Open(database_.ConninfoFor("consent"), 8))),
      job_pool_(Must(pg::Pool::Open(database_.ConninfoFor("consent_jobs"), 3))),
      writer_(Must(pg::CombiningWriter::Open(database_.ConninfoFor("consent"), {}))),
      outbox_(kProducer, Must(Keys().Fresh(Soon()))) {}

sealing::KeyRing& ConsentTest::Keys() {
  static sealing::testing::TestKeyRing keys("consent");
  return keys.ring();
}

StoreParts ConsentTest::store_parts() const { return {*pool_, *writer_, Keys(), outbox_, tags_}; }

Parts ConsentTest::parts() const { return {ShippedRules(), request_keys_, page_tokens_}; }

v1::Child ConsentTest::RegisterChild(std::string_view identity_number) {
  return Must(child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_),
                                           RegistrationOf(identity_number)));
}

std::vector<audit::v1::Entry> ConsentTest::AuditEntries() {
  const auto read = [](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<audit::v1::Entry>> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kEntries));
    std::vector<audit::v1::Entry> entries;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(entries.emplace_back(), ReadEntry(row, Keys()));
    }
    return entries;
  };
  return Must(job_pool_->Read({}, Soon(), kEntries.name, read));
}

std::vector<events::v1::Event> ConsentTest::Events() {
  const auto read = [](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<events::v1::Event>> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kEvents));
    std::vector<events::v1::Event> events;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(const pg::Bytes content, row.Get<pg::Bytes>(0));
      events.emplace_back().ParseFromString(content.data);
    }
    return events;
  };
  return Must(job_pool_->Read({}, Soon(), kEvents.name, read));
}

int64_t ConsentTest::Count(const std::string& sql) {
  const auto value = database_.Value(sql);
  int64_t count = -1;
  if (!value.ok() || !absl::SimpleAtoi(*value, &count)) return -1;
  return count;
}

}  // namespace samverkan::consent::testing
