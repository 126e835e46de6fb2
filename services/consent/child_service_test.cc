#include "services/consent/child_service.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/pg/caller_scope.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/consent/consent_fixture.h"
#include "services/consent/names.h"

namespace samverkan::consent {
namespace {

using rules::v1::Disclosure;
using ::samverkan::testing::StatusIs;
using testing::CallerOf;
using testing::CallOf;
using testing::Caseworker;
using testing::Duty;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IntakeItself;
using ::testing::IsEmpty;
using testing::kBarnenheten;
using testing::kChildren;
using testing::kSkarholmen;
using testing::kUngdomsenheten;
using testing::kUtbildningsnamnden;
using testing::NewRequestId;
using ::testing::Not;
using testing::RegistrationOf;
using testing::Reporter;
using testing::UnitManager;
using ::testing::UnorderedElementsAre;

constexpr char kReport[] = "municipalities/0180/reports/01968f00-0000-7000-8000-00000000000a";

class ChildServiceTest : public testing::ConsentTest {
 protected:
  absl::StatusOr<v1::Child> Register(const auth::Caller& caller, const v1::RegisterChildRequest& request) {
    return child_service_.RegisterChild(CallOf(caller, "ChildService/RegisterChild", now_), request);
  }

  absl::StatusOr<v1::Child> Get(const auth::Caller& caller, const std::string& name) {
    v1::GetChildRequest request;
    request.set_name(name);
    return child_service_.GetChild(CallOf(caller, "ChildService/GetChild", now_), request);
  }

  absl::StatusOr<v1::Child> FindByNumber(const auth::Caller& caller, std::string_view number) {
    v1::FindChildRequest request;
    request.set_parent(MakeName(caller.municipality, "authorities", caller.authority));
    request.set_identity_number(std::string(number));
    return child_service_.FindChild(CallOf(caller, "ChildService/FindChild", now_), request);
  }

  absl::StatusOr<v1::Child> ChangeNumber(const v1::Child& child, std::string_view number,
                                         v1::IdentityNumber::Cause cause) {
    v1::ChangeIdentityNumberRequest request = ChangeOf<v1::ChangeIdentityNumberRequest>(child);
    request.mutable_identity_number()->set_identity_number(std::string(number));
    request.mutable_identity_number()->set_from_date("2026-03-10");
    request.mutable_identity_number()->set_cause(cause);
    return child_service_.ChangeIdentityNumber(CallOf(Caseworker(), "ChildService/ChangeIdentityNumber", now_),
                                               request);
  }

  absl::StatusOr<v1::Child> Protect(const v1::Child& child, Disclosure::Protection level) {
    v1::RecordProtectionRequest request = ChangeOf<v1::RecordProtectionRequest>(child);
    request.mutable_protection()->set_level(level);
    request.mutable_protection()->set_from_date("2026-03-10");
    return child_service_.RecordProtection(CallOf(Caseworker(), "ChildService/RecordProtection", now_), request);
  }

  absl::Status SetHold(const auth::Caller& caller, const std::string& child, bool on_hold,
                       const std::string& authority = kSkarholmen) {
    v1::SetHoldRequest request;
    request.set_name(child);
    request.set_authority(authority);
    request.set_report(kReport);
    request.set_on_hold(on_hold);
    return child_service_.SetHold(CallOf(caller, "ChildService/SetHold", now_), request).status();
  }

  template <typename Request>
  static Request ChangeOf(const v1::Child& child) {
    Request request;
    request.set_name(child.name());
    request.set_request_id(NewRequestId());
    request.set_etag(child.etag());
    return request;
  }

  std::vector<std::string> EventTypes() {
    std::vector<std::string> types;
    const std::vector<events::v1::Event> events = Events();
    for (const events::v1::Event& event : events) types.push_back(event.type());
    return types;
  }
};

TEST_F(ChildServiceTest, ARegisteredChildIsReadAsItWasGiven) {
  const v1::Child registered = RegisterChild(kChildren[0]);
  EXPECT_EQ(registered.authority(), kSkarholmen);
  EXPECT_EQ(registered.given_name(), "Elsa");
  ASSERT_EQ(registered.identity_numbers_size(), 1);
  EXPECT_EQ(registered.identity_numbers(0).identity_number(), kChildren[0]);
  EXPECT_EQ(registered.identity_numbers(0).from_date(), "2026-03-10");
  EXPECT_EQ(registered.guardians_size(), 2);
  EXPECT_THAT(registered.units(), ElementsAre(kBarnenheten));
  ASSERT_OK_AND_ASSIGN(const v1::Child read, Get(UnitManager(), registered.name()));
  EXPECT_EQ(read.SerializeAsString(), registered.SerializeAsString());
  ASSERT_OK_AND_ASSIGN(const v1::Child found, FindByNumber(Caseworker(), "080121-2390"));
  EXPECT_EQ(found.name(), registered.name());
}

TEST_F(ChildServiceTest, ARepeatedRegistrationGivesTheSameChild) {
  const v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Child first, Register(Caseworker(), request));
  ASSERT_OK_AND_ASSIGN(const v1::Child second, Register(Caseworker(), request));
  EXPECT_EQ(second.SerializeAsString(), first.SerializeAsString());
  v1::RegisterChildRequest other = request;
  other.set_given_name("Ella");
  EXPECT_THAT(Register(Caseworker(), other), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
  EXPECT_THAT(EventTypes(), ElementsAre("child.registered"));
}

TEST_F(ChildServiceTest, AReferenceOfARegisteredChildIsKeptAsAnAlias) {
  const v1::Child registered = RegisterChild(kChildren[0]);
  v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
  request.set_reference(NewRequestId());
  ASSERT_OK_AND_ASSIGN(const v1::Child joined, Register(UnitManager(), request));
  EXPECT_EQ(joined.name(), registered.name());
  EXPECT_THAT(joined.aliases(), ElementsAre(request.reference()));
  EXPECT_NE(joined.etag(), registered.etag());
  ASSERT_OK_AND_ASSIGN(const v1::Child read, Get(Caseworker(), MakeName("0180", "children", request.reference())));
  EXPECT_EQ(read.name(), registered.name());
  // Once more, nothing is left to change.
  request.set_request_id(NewRequestId());
  ASSERT_OK_AND_ASSIGN(const v1::Child again, Register(UnitManager(), request));
  EXPECT_EQ(again.etag(), joined.etag());
  EXPECT_THAT(EventTypes(), ElementsAre("child.registered", "child.changed"));
}

TEST_F(ChildServiceTest, TheReferenceOfAChildWithAnotherNumberIsRefused) {
  const v1::Child one = RegisterChild(kChildren[0]);
  v1::RegisterChildRequest request = RegistrationOf(kChildren[1]);
  request.set_reference(ReferenceOf(one));
  EXPECT_THAT(Register(Caseworker(), request), StatusIs(absl::StatusCode::kAlreadyExists, "CHILD_REFERENCE_TAKEN"));
  EXPECT_THAT(FindByNumber(Caseworker(), kChildren[1]), StatusIs(absl::StatusCode::kNotFound, "CHILD_NOT_FOUND"));
}

TEST_F(ChildServiceTest, TwoChildrenThatTurnOutToBeOneAreOneByTheReferenceOfTheOther) {
  const v1::Child earlier = RegisterChild(kChildren[0]);
  ASSERT_OK(Protect(earlier, Disclosure::SECRECY_MARKING));
  ASSERT_OK(SetHold(IntakeItself(), earlier.name(), true));
  const v1::Child later = RegisterChild(kChildren[1]);
  ASSERT_OK(database_.Execute("INSERT INTO consent.decision VALUES ('0180', gen_random_uuid(), 'skarholmen', '" +
                              ReferenceOf(earlier) + "', now(), now(), 1, '1', gen_random_uuid(), '\\x01')"));
  EXPECT_THAT(ChangeNumber(*Get(Caseworker(), earlier.name()), kChildren[1], v1::IdentityNumber::REGISTERED),
              StatusIs(absl::StatusCode::kAlreadyExists, "IDENTITY_NUMBER_TAKEN"));

  v1::RegisterChildRequest request = RegistrationOf(kChildren[1]);
  request.set_reference(ReferenceOf(earlier));
  ASSERT_OK_AND_ASSIGN(const v1::Child merged, Register(Caseworker(), request));
  EXPECT_EQ(merged.name(), later.name());
  EXPECT_THAT(merged.aliases(), ElementsAre(ReferenceOf(earlier)));
  EXPECT_TRUE(merged.on_hold());
  EXPECT_EQ(merged.guardians_size(), 4);
  EXPECT_EQ(ProtectionOn(merged, absl::CivilDay(2026, 3, 10)), Disclosure::SECRECY_MARKING);
  EXPECT_EQ(IdentityNumberOn(merged, absl::CivilDay(2026, 3, 10)), kChildren[1]);
  for (const std::string_view number : {kChildren[0], kChildren[1]}) {
    ASSERT_OK_AND_ASSIGN(const v1::Child found, FindByNumber(Caseworker(), number));
    EXPECT_EQ(found.name(), later.name());
  }
  ASSERT_OK_AND_ASSIGN(const v1::Child read, Get(Caseworker(), earlier.name()));
  EXPECT_EQ(read.name(), later.name());
  EXPECT_EQ(*database_.Value("SELECT child FROM consent.decision"), ReferenceOf(later));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.child"), 1);
}

TEST_F(ChildServiceTest, NothingIsMergedWithAnAssumedIdentity) {
  const v1::Child child = RegisterChild(kChildren[0]);
  ASSERT_OK(ChangeNumber(child, kChildren[1], v1::IdentityNumber::ASSUMED));
  // The number before it is nobody's, and can be registered anew.
  const v1::Child before = RegisterChild(kChildren[0]);
  EXPECT_NE(before.name(), child.name());
  v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
  request.set_reference(ReferenceOf(child));
  EXPECT_THAT(Register(Caseworker(), request), StatusIs(absl::StatusCode::kAlreadyExists, "CHILD_REFERENCE_TAKEN"));
}

TEST_F(ChildServiceTest, RegistrationsAtOnceMakeOneChild) {
  constexpr int kThreads = 4;
  std::vector<std::string> names(kThreads);
  std::vector<std::thread> threads;
  for (std::string& name : names) {
    threads.emplace_back([&] {
      v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
      request.set_reference(NewRequestId());
      const auto child = Register(Caseworker(), request);
      if (child.ok()) name = child->name();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(names, Each(names.front()));
  EXPECT_NE(names.front(), "");
  ASSERT_OK_AND_ASSIGN(const v1::Child child, FindByNumber(Caseworker(), kChildren[0]));
  EXPECT_EQ(child.aliases_size(), kThreads - 1);
  EXPECT_EQ(Count("SELECT count(*) FROM consent.child"), 1);
}

TEST_F(ChildServiceTest, ToWhomItIsNotItIsNotThere) {
  const v1::Child child = RegisterChild(kChildren[0]);
  const auth::Caller elsewhere = CallerOf(access::v1::CASEWORKER, "u-samir", {"ungdomsenheten"});
  for (const auth::Caller& caller : {elsewhere, Reporter()}) {
    const auto read = Get(caller, child.name());
    EXPECT_THAT(read, StatusIs(absl::StatusCode::kNotFound, "CHILD_NOT_FOUND"));
    EXPECT_EQ(status::HiddenOwner(read.status()), "0180/skarholmen");
    const auto found = FindByNumber(caller, kChildren[0]);
    EXPECT_THAT(found, StatusIs(absl::StatusCode::kNotFound, "CHILD_NOT_FOUND"));
    EXPECT_EQ(found.status().message(), Get(caller, MakeName("0180", "children", NewRequestId())).status().message());
  }
  EXPECT_THAT(Register(elsewhere,
                       [] {
                         v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
                         request.clear_units();
                         return request;
                       }()),
              StatusIs(absl::StatusCode::kNotFound, "CHILD_NOT_FOUND"));
  v1::AssignChildRequest assign = ChangeOf<v1::AssignChildRequest>(child);
  assign.add_units(kUngdomsenheten);
  EXPECT_THAT(child_service_.AssignChild(CallOf(CallerOf(access::v1::UNIT_MANAGER, "u-samir", {"ungdomsenheten"}),
                                                "ChildService/AssignChild", now_),
                                         assign),
              StatusIs(absl::StatusCode::kNotFound, "CHILD_NOT_FOUND"));
  EXPECT_OK(Get(Duty(), child.name()));
}

TEST_F(ChildServiceTest, EachAuthorityHasAChildOfItsOwn) {
  const v1::Child at_social_services = RegisterChild(kChildren[0]);
  v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
  request.set_parent(kUtbildningsnamnden);
  request.clear_units();
  request.set_reference(ReferenceOf(at_social_services));
  ASSERT_OK_AND_ASSIGN(const v1::Child at_school, Register(Reporter(), request));
  EXPECT_EQ(at_school.name(), at_social_services.name());
  EXPECT_EQ(at_school.authority(), kUtbildningsnamnden);
  EXPECT_THAT(at_school.units(), ElementsAre("municipalities/0180/units/bredangsskolan"));
  ASSERT_OK_AND_ASSIGN(const v1::Child read, Get(Caseworker(), at_social_services.name()));
  EXPECT_EQ(read.authority(), kSkarholmen);
}

TEST_F(ChildServiceTest, WhoIsAssignedSeesItAndWhoNoLongerWorksWithItDoesNot) {
  const v1::Child child = RegisterChild(kChildren[0]);
  v1::AssignChildRequest request = ChangeOf<v1::AssignChildRequest>(child);
  request.add_units(kUngdomsenheten);
  request.set_assignee("u-samir");
  const rpc::CallContext call = CallOf(UnitManager(), "ChildService/AssignChild", now_);
  ASSERT_OK_AND_ASSIGN(const v1::Child assigned, child_service_.AssignChild(call, request));
  EXPECT_EQ(assigned.assignee(), "u-samir");
  EXPECT_OK(Get(CallerOf(access::v1::CASEWORKER, "u-samir", {}), child.name()));
  EXPECT_OK(Get(CallerOf(access::v1::CASEWORKER, "u-lena", {"ungdomsenheten"}), child.name()));
  EXPECT_THAT(Get(Caseworker(), child.name()), StatusIs(absl::StatusCode::kNotFound));
  // Repeated by one who may see it no longer.
  EXPECT_THAT(child_service_.AssignChild(call, request), StatusIs(absl::StatusCode::kNotFound, "CHILD_NOT_FOUND"));
}

TEST_F(ChildServiceTest, ChangesRestOnWhatWasReadLast) {
  const v1::Child child = RegisterChild(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Child changed, Protect(child, Disclosure::SECRECY_MARKING));
  EXPECT_NE(changed.etag(), child.etag());
  EXPECT_THAT(Protect(child, Disclosure::UNPROTECTED), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  ASSERT_OK_AND_ASSIGN(const v1::Child read, Get(Caseworker(), child.name()));
  EXPECT_EQ(read.etag(), changed.etag());
  EXPECT_EQ(read.protections_size(), 1);
}

TEST_F(ChildServiceTest, GuardiansAndRepresentativesAreKept) {
  const v1::Child child = RegisterChild(kChildren[0]);
  v1::RecordGuardianRequest recording = ChangeOf<v1::RecordGuardianRequest>(child);
  v1::Guardian& guardian = *recording.mutable_guardian();
  guardian.set_person_name("Nils Roos");
  guardian.set_identity_number("080205-2381");
  guardian.set_kind(v1::Guardian::COURT_APPOINTED);
  guardian.set_from_date("2026-03-01");
  ASSERT_OK_AND_ASSIGN(
      const v1::Child recorded,
      child_service_.RecordGuardian(CallOf(Caseworker(), "ChildService/RecordGuardian", now_), recording));
  ASSERT_EQ(recorded.guardians_size(), 3);
  EXPECT_EQ(recorded.guardians(2).identity_number(), kChildren[1]);

  v1::EndCustodyRequest ending = ChangeOf<v1::EndCustodyRequest>(recorded);
  ending.set_guardian(recorded.guardians(0).guardian());
  ending.set_to_date("2026-02-28");
  ending.set_cause(v1::Guardian::CUSTODY_MOVED);
  ASSERT_OK_AND_ASSIGN(const v1::Child ended,
                       child_service_.EndCustody(CallOf(Caseworker(), "ChildService/EndCustody", now_), ending));
  EXPECT_EQ(ended.guardians(0).to_date(), "2026-02-28");

  v1::RecordSpecialRepresentativeRequest appointing = ChangeOf<v1::RecordSpecialRepresentativeRequest>(ended);
  appointing.mutable_special_representative()->set_person_name("Karin Holm");
  appointing.mutable_special_representative()->set_from_date("2026-03-10");
  ASSERT_OK_AND_ASSIGN(const v1::Child appointed,
                       child_service_.RecordSpecialRepresentative(
                           CallOf(Caseworker(), "ChildService/RecordSpecialRepresentative", now_), appointing));
  EXPECT_EQ(appointed.special_representatives_size(), 1);
}

TEST_F(ChildServiceTest, EarlierNumbersFindTheChild) {
  const v1::Child child = RegisterChild(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Child changed, ChangeNumber(child, kChildren[1], v1::IdentityNumber::CORRECTED));
  EXPECT_EQ(changed.identity_numbers_size(), 2);
  for (const std::string_view number : {kChildren[0], kChildren[1]}) {
    ASSERT_OK_AND_ASSIGN(const v1::Child found, FindByNumber(Caseworker(), number));
    EXPECT_EQ(found.name(), child.name());
  }
  // Back to the earlier one.
  ASSERT_OK_AND_ASSIGN(const v1::Child back, ChangeNumber(changed, kChildren[0], v1::IdentityNumber::CORRECTED));
  EXPECT_EQ(back.identity_numbers_size(), 3);
}

TEST_F(ChildServiceTest, NothingLeadsFromAnAssumedIdentityToTheOneBefore) {
  const v1::Child child = RegisterChild(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Child corrected, ChangeNumber(child, kChildren[1], v1::IdentityNumber::CORRECTED));
  ASSERT_OK_AND_ASSIGN(const v1::Child assumed, ChangeNumber(corrected, kChildren[2], v1::IdentityNumber::ASSUMED));
  for (const std::string_view number : {kChildren[0], kChildren[1]}) {
    EXPECT_THAT(FindByNumber(Caseworker(), number), StatusIs(absl::StatusCode::kNotFound, "CHILD_NOT_FOUND"));
    EXPECT_THAT(assumed.DebugString(), Not(HasSubstr(std::string(number))));
  }
  EXPECT_THAT(assumed.DebugString(), Not(HasSubstr("Elsa")));
  ASSERT_OK_AND_ASSIGN(const v1::Child found, FindByNumber(Caseworker(), kChildren[2]));
  EXPECT_EQ(found.name(), child.name());
  EXPECT_THAT(found.identity_numbers(), ::testing::SizeIs(1));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.child_number"), 1);
  // The name that goes with the new number comes with the next registration.
  v1::RegisterChildRequest request = RegistrationOf(kChildren[2]);
  request.set_reference(NewRequestId());
  request.set_given_name("Alma");
  ASSERT_OK_AND_ASSIGN(const v1::Child named, Register(Caseworker(), request));
  EXPECT_EQ(named.given_name(), "Alma");
}

TEST_F(ChildServiceTest, TheNumberOfAnotherChildIsRefused) {
  const v1::Child one = RegisterChild(kChildren[0]);
  RegisterChild(kChildren[1]);
  EXPECT_THAT(ChangeNumber(one, kChildren[1], v1::IdentityNumber::CORRECTED),
              StatusIs(absl::StatusCode::kAlreadyExists, "IDENTITY_NUMBER_TAKEN"));
  ASSERT_OK_AND_ASSIGN(const v1::Child read, Get(Caseworker(), one.name()));
  EXPECT_EQ(read.etag(), one.etag());
}

TEST_F(ChildServiceTest, WhereAProtectedChildIsIsWithheldFromTheUnit) {
  const v1::Child child = RegisterChild(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Child marked, Protect(child, Disclosure::PROTECTED_REGISTRATION));
  EXPECT_THAT(marked.units(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const v1::Child seen, Get(UnitManager(), child.name()));
  EXPECT_THAT(seen.units(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const v1::Child on_duty, Get(Duty(), child.name()));
  EXPECT_THAT(on_duty.units(), ElementsAre(kBarnenheten));
  // Nor does the log tell it.
  const std::vector<audit::v1::Entry> entries = AuditEntries();
  EXPECT_THAT(entries.front().private_part().actor().units(), Not(IsEmpty()));
  EXPECT_THAT(entries.back().private_part().actor().units(), IsEmpty());
}

TEST_F(ChildServiceTest, AHoldCountsBeforeTheChildIsRegisteredAndAfter) {
  const std::string reference = NewRequestId();
  const std::string name = MakeName("0180", "children", reference);
  ASSERT_OK(SetHold(IntakeItself(), name, true));
  v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
  request.set_reference(reference);
  ASSERT_OK_AND_ASSIGN(const v1::Child held, Register(Caseworker(), request));
  EXPECT_TRUE(held.on_hold());
  ASSERT_OK(SetHold(IntakeItself(), name, true));
  ASSERT_OK_AND_ASSIGN(const v1::Child again, Get(Caseworker(), name));
  EXPECT_EQ(again.etag(), held.etag());
  ASSERT_OK(SetHold(IntakeItself(), name, false));
  ASSERT_OK_AND_ASSIGN(const v1::Child released, Get(Caseworker(), name));
  EXPECT_FALSE(released.on_hold());
  EXPECT_NE(released.etag(), held.etag());
  EXPECT_THAT(EventTypes(), ElementsAre("hold.set", "child.registered", "hold.released"));
}

TEST_F(ChildServiceTest, AHoldOnAnAliasHoldsTheChild) {
  const v1::Child child = RegisterChild(kChildren[0]);
  const std::string alias = NewRequestId();
  ASSERT_OK(SetHold(IntakeItself(), MakeName("0180", "children", alias), true));
  ASSERT_OK_AND_ASSIGN(const v1::Child before, Get(Caseworker(), child.name()));
  EXPECT_FALSE(before.on_hold());
  v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
  request.set_reference(alias);
  ASSERT_OK_AND_ASSIGN(const v1::Child joined, Register(Caseworker(), request));
  EXPECT_TRUE(joined.on_hold());
}

TEST_F(ChildServiceTest, PeopleSetHoldsAtTheirOwnAuthority) {
  const v1::Child child = RegisterChild(kChildren[0]);
  EXPECT_OK(SetHold(Caseworker(), child.name(), true));
  EXPECT_THAT(SetHold(Caseworker(), child.name(), true, kUtbildningsnamnden),
              StatusIs(absl::StatusCode::kPermissionDenied, "NOT_YOUR_AUTHORITY"));
  EXPECT_OK(SetHold(IntakeItself(), child.name(), true, kUtbildningsnamnden));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.hold"), 2);
}

TEST_F(ChildServiceTest, EveryReadAndChangeIsRecorded) {
  const v1::Child child = RegisterChild(kChildren[0]);
  ASSERT_OK(Get(Caseworker(), child.name()));
  ASSERT_OK(FindByNumber(Caseworker(), kChildren[0]));
  ASSERT_OK(Protect(child, Disclosure::SECRECY_MARKING));
  ASSERT_OK(SetHold(IntakeItself(), child.name(), true));
  const std::vector<audit::v1::Entry> entries = AuditEntries();
  std::vector<access::v1::Action> actions;
  for (const audit::v1::Entry& entry : entries) {
    actions.push_back(entry.action());
    EXPECT_EQ(entry.producer(), "consent");
    EXPECT_EQ(entry.municipality(), "0180");
    EXPECT_EQ(entry.authority(), "skarholmen");
    EXPECT_EQ(entry.outcome(), audit::v1::GRANTED);
    EXPECT_THAT(entry.private_part().children(), ElementsAre(ReferenceOf(child)));
    EXPECT_EQ(entry.private_part().resources(0), child.name());
  }
  EXPECT_THAT(entries.back().private_part().resources(), ElementsAre(child.name(), kReport));
  EXPECT_THAT(actions, ElementsAre(access::v1::CREATE, access::v1::READ, access::v1::SEARCH, access::v1::UPDATE,
                                   access::v1::UPDATE));
  EXPECT_THAT(EventTypes(), ElementsAre("child.registered", "child.changed", "hold.set"));
}

TEST_F(ChildServiceTest, NothingIsStoredOfABadRequest) {
  v1::RegisterChildRequest request = RegistrationOf(kChildren[0]);
  *request.add_guardians() = request.guardians(0);
  EXPECT_THAT(status::InvalidFields(Register(Caseworker(), request).status()), ElementsAre("guardians[2]"));
  v1::SetHoldRequest hold;
  EXPECT_THAT(
      status::InvalidFields(child_service_.SetHold(CallOf(Caseworker(), "ChildService/SetHold", now_), hold).status()),
      ElementsAre("name", "report", "authority"));
  v1::ChangeIdentityNumberRequest number;
  number.mutable_identity_number()->set_from_date("2026-03-11");
  EXPECT_THAT(
      status::InvalidFields(
          child_service_.ChangeIdentityNumber(CallOf(Caseworker(), "ChildService/ChangeIdentityNumber", now_), number)
              .status()),
      ElementsAre("name", "request_id", "etag", "identity_number.identity_number", "identity_number.from_date",
                  "identity_number.cause"));
  for (const char* const table : {"child", "child_reference", "child_number", "hold", "request", "event"}) {
    EXPECT_EQ(Count(std::string("SELECT count(*) FROM consent.") + table), 0) << table;
  }
}

// The guard of decisions: whoever read the child before a change finds no row to decide on.
TEST_F(ChildServiceTest, AChangeUnderWayIsWaitedForByWhoDecides) {
  constexpr pg::Statement kDecide = {"test_decide", "SELECT version FROM child WHERE version = $1 FOR SHARE"};
  const v1::Child child = RegisterChild(kChildren[0]);
  const rpc::CallContext call = CallOf(Caseworker(), "ChildService/GetChild", now_);
  const pg::Scope scope = pg::ScopeOf(call.caller);
  std::atomic<int> found = -1;
  std::thread decider;
  const absl::Status changed = pool_->Write(scope, call.deadline, "change", [&](pg::Transaction& transaction) {
    const auto locked = LockChild(transaction, store_parts(), call, *ParseName(child.name(), "children"));
    if (!locked.ok()) return locked.status();
    EXPECT_EQ(locked->record.version, 1);
    decider = std::thread([&] {
      const absl::Status decided = pool_->Write(scope, call.deadline, "decide", [&](pg::Transaction& deciding) {
        const auto rows = deciding.Query(kDecide, pg::Params(int64_t{1}));
        if (rows.ok()) found = rows->size();
        return rows.status();
      });
      EXPECT_OK(decided);
    });
    // Until it waits for the row.
    while (Count("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0 && found == -1) std::this_thread::yield();
    EXPECT_EQ(found, -1);
    return absl::OkStatus();
  });
  decider.join();
  ASSERT_OK(changed);
  EXPECT_EQ(found, 0);
}

// Its row is gone when its turn comes; the reference finds the child that it was merged with.
TEST_F(ChildServiceTest, AHoldThatWaitsForAMergeIsOfTheChildThatIsLeft) {
  constexpr pg::Statement kMerge = {"test_merge", "SELECT 1::bigint FROM merge_children($1, $2, $3, $4)"};
  const v1::Child into = RegisterChild(kChildren[0]);
  const v1::Child from = RegisterChild(kChildren[1]);
  const rpc::CallContext call = CallOf(Caseworker(), "ChildService/RegisterChild", now_);
  const pg::Scope scope = pg::ScopeOf(call.caller);
  const pg::Uuid into_id = ParseName(into.name(), "children")->id;
  const pg::Uuid from_id = ParseName(from.name(), "children")->id;
  std::thread holder;
  std::atomic<bool> held = false;
  const absl::Status merged = pool_->Write(scope, call.deadline, "merge", [&](pg::Transaction& transaction) {
    for (const pg::Uuid& id : {into_id, from_id}) {
      EXPECT_OK(LockChild(transaction, store_parts(), call, {scope.municipality, id}));
    }
    const auto rows = transaction.Execute(kMerge, pg::Params(scope.municipality, scope.authority, from_id, into_id));
    holder = std::thread([&] {
      EXPECT_OK(SetHold(IntakeItself(), from.name(), true));
      held = true;
    });
    // Until it waits for the row.
    while (Count("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0 && !held) std::this_thread::yield();
    return rows.status();
  });
  holder.join();
  ASSERT_OK(merged);
  // Registered, merged, held.
  EXPECT_EQ(Count("SELECT version FROM consent.child"), 3);
}

}  // namespace
}  // namespace samverkan::consent
