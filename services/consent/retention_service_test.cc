#include "services/consent/retention_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/pg/uuid.h"
#include "libs/testing/status_matchers.h"
#include "prometheus/registry.h"
#include "samverkan/intake/v1/report.pb.h"
#include "services/consent/child.h"
#include "services/consent/disclosure_fixture.h"
#include "services/consent/names.h"
#include "services/consent/retention_sweeper.h"

namespace samverkan::consent::testing {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

// P-081: the day on which kYoung[0] is thirty, long after now_.
constexpr absl::CivilDay kTime(2045, 1, 10);

constexpr const char* kTables[] = {"child", "child_reference", "child_number", "consent", "decision", "disclosure"};

auth::Caller OtherManager() {
  auth::Caller caller = UnitManager();
  caller.authority = "utbildningsnamnden";
  return caller;
}

class RetentionServiceTest : public DisclosureTest {
 protected:
  rpc::CallContext Call(const auth::Caller& caller, const std::string& method) const {
    return CallOf(caller, "RetentionService/" + method, clock_.Now());
  }

  // The sweeper in the morning of `day`.
  absl::Status SweepOn(absl::CivilDay day) {
    clock_.Set(At(day));
    return sweeper_->Sweep();
  }

  // What is known of one child by the end of now_.
  struct Known {
    v1::Child child;
    std::string alias;
    std::vector<std::string> consents = {};
    v1::Decision decision = {};
    std::string disclosure = {};
  };

  // Registers a child by two references, with both guardians' consents and something told.
  Known EverythingAbout(std::string_view number) {
    Known known{.child = RegisterChild(number), .alias = NewRequestId()};
    v1::RegisterChildRequest again = RegistrationOf(number);
    again.set_reference(known.alias);
    EXPECT_OK(child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_), again));
    for (int i = 0; i < 2; ++i) known.consents.push_back(Consented(known.child, i, *service_).name());
    const auto decision = Check(CheckOf(known.child), *service_);
    EXPECT_OK(decision);
    known.decision = decision.value_or(v1::Decision());
    const auto disclosed = Disclose(known);
    EXPECT_OK(disclosed);
    if (disclosed.ok()) known.disclosure = disclosed->disclosure().name();
    return known;
  }

  absl::StatusOr<v1::DiscloseResponse> Disclose(const Known& known) {
    intake::v1::Report report;
    report.set_child(ReferenceOf(known.child));
    report.mutable_submission()->mutable_concern()->set_what("Kommer hungrig.");
    v1::DiscloseRequest request;
    request.set_name(known.decision.name());
    request.set_request_id(NewRequestId());
    request.mutable_message()->PackFrom(report);
    return service_->disclosure_service.Disclose(CallOf(Caseworker(), "DisclosureService/Disclose", now_), request);
  }

  absl::StatusOr<v1::Child> GetChild(const std::string& name, const auth::Caller& caller = Caseworker()) {
    v1::GetChildRequest request;
    request.set_name(name);
    return child_service_.GetChild(CallOf(caller, "ChildService/GetChild", now_), request);
  }

  void SetHold(const v1::Child& child, bool on_hold) {
    v1::SetHoldRequest request;
    request.set_name(child.name());
    request.set_authority(kSkarholmen);
    request.set_report("municipalities/0180/reports/01968f00-0000-7000-8000-000000000001");
    request.set_on_hold(on_hold);
    EXPECT_OK(child_service_.SetHold(CallOf(IntakeItself(), "ChildService/SetHold", now_), request));
  }

  // The child with `number`, as its merger with the one that has `reference`.
  absl::StatusOr<v1::Child> Merge(std::string_view number, const std::string& reference) {
    v1::RegisterChildRequest request = RegistrationOf(number);
    request.set_reference(reference);
    return child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_), request);
  }

  std::vector<v1::Erasure> List(const auth::Caller& caller = UnitManager(), const std::string& parent = kSkarholmen) {
    v1::ListErasuresRequest request;
    request.set_parent(parent);
    const auto listed = retention_.ListErasures(Call(caller, "ListErasures"), request);
    EXPECT_OK(listed);
    return listed.ok() ? std::vector<v1::Erasure>(listed->erasures().begin(), listed->erasures().end())
                       : std::vector<v1::Erasure>();
  }

  absl::StatusOr<v1::Erasure> Get(const std::string& name, const auth::Caller& caller = UnitManager()) {
    v1::GetErasureRequest request;
    request.set_name(name);
    return retention_.GetErasure(Call(caller, "GetErasure"), request);
  }

  v1::ApproveErasureRequest Approval(const v1::Erasure& erasure) {
    v1::ApproveErasureRequest request;
    request.set_name(erasure.name());
    request.set_request_id(NewRequestId());
    request.set_etag(erasure.etag());
    request.set_reasons("Uppgifterna är genomgångna.");
    return request;
  }
  absl::StatusOr<v1::Erasure> Approve(const v1::ApproveErasureRequest& request,
                                      const auth::Caller& caller = UnitManager()) {
    return retention_.ApproveErasure(Call(caller, "ApproveErasure"), request);
  }

  v1::PlaceLegalHoldRequest Hold(const std::string& reference) {
    v1::PlaceLegalHoldRequest request;
    request.set_parent(kSkarholmen);
    request.set_request_id(NewRequestId());
    request.set_child(reference);
    request.set_reasons("Tillsyn pågår.");
    return request;
  }
  absl::StatusOr<v1::LegalHold> Place(const v1::PlaceLegalHoldRequest& request,
                                      const auth::Caller& caller = UnitManager()) {
    return retention_.PlaceLegalHold(Call(caller, "PlaceLegalHold"), request);
  }
  std::vector<v1::LegalHold> Holds() {
    v1::ListLegalHoldsRequest request;
    request.set_parent(kSkarholmen);
    const auto listed = retention_.ListLegalHolds(Call(UnitManager(), "ListLegalHolds"), request);
    EXPECT_OK(listed);
    return listed.ok() ? std::vector<v1::LegalHold>(listed->legal_holds().begin(), listed->legal_holds().end())
                       : std::vector<v1::LegalHold>();
  }

  static v1::ReleaseLegalHoldRequest Releasing(const v1::LegalHold& hold) {
    v1::ReleaseLegalHoldRequest request;
    request.set_name(hold.name());
    request.set_request_id(NewRequestId());
    request.set_etag(hold.etag());
    request.set_reasons("Tillsynen är avslutad.");
    return request;
  }
  absl::StatusOr<v1::LegalHold> Release(const v1::ReleaseLegalHoldRequest& request) {
    return retention_.ReleaseLegalHold(Call(UnitManager(), "ReleaseLegalHold"), request);
  }

  // Has the erasure of the only child of whom it is time proposed on kTime.
  v1::Erasure Proposed() {
    EXPECT_OK(SweepOn(kTime));
    const std::vector<v1::Erasure> proposed = List();
    EXPECT_THAT(proposed, SizeIs(1));
    return proposed.empty() ? v1::Erasure() : proposed.front();
  }

  // The same approved, and its rows deleted.
  v1::Erasure Deleted() {
    const v1::Erasure erasure = Proposed();
    EXPECT_OK(Approve(Approval(erasure)));
    EXPECT_OK(sweeper_->Sweep());
    return erasure;
  }

  // As if a minute had passed on the server's clock, and the relay had delivered all.
  void Settle() {
    ASSERT_OK(
        database_.Execute("UPDATE consent.erasure SET delete_time = delete_time - interval '61 seconds';"
                          "UPDATE consent.erased_again SET delete_time = delete_time - interval '61 seconds';"
                          "DELETE FROM consent.audit_entry"));
  }

  std::vector<std::string> EventTypes() {
    std::vector<std::string> types;
    for (const events::v1::Event& event : Events()) types.push_back(event.type());
    return types;
  }

  // The key of one row of a table: the "min" or the "max" of all.
  pg::Uuid KeyOf(const std::string& which, const std::string& table) {
    const auto key = database_.Value("SELECT " + which + "(data_key::text) FROM consent." + table);
    EXPECT_OK(key);
    return key.ok() ? pg::Uuid::Parse(*key).value_or(pg::Uuid()) : pg::Uuid();
  }

  int64_t RowsOf(std::string_view table) { return Count("SELECT count(*) FROM consent." + std::string(table)); }

  clock::FakeClock clock_{now_};
  RetentionStore store_{store_parts()};
  const RetentionService retention_{store_, parts()};
  RetentionJobStore jobs_{*job_pool_, Keys()};
  std::vector<audit::v1::EraseEntriesRequest> erased_;
  absl::Status audit_;
  prometheus::Registry registry_;
  std::ostringstream lines_;
  std::unique_ptr<RetentionSweeper> sweeper_ = std::make_unique<RetentionSweeper>(
      jobs_, ShippedRules(), clock_,
      [this](const audit::v1::EraseEntriesRequest& request) {
        erased_.push_back(request);
        return audit_;
      },
      registry_, log::Logger("test", clock_, lines_));
};

TEST_F(RetentionServiceTest, ProposesOnTheDayOnceWithTheRules) {
  const v1::Child child = RegisterChild(kYoung[0]);
  ASSERT_OK(SweepOn(kTime - 1));
  EXPECT_THAT(List(), IsEmpty());
  ASSERT_OK(SweepOn(kTime));
  ASSERT_OK(SweepOn(kTime + 1));
  const std::vector<v1::Erasure> proposed = List();
  ASSERT_THAT(proposed, SizeIs(1));
  EXPECT_EQ(proposed[0].state(), v1::Erasure::PROPOSED);
  EXPECT_EQ(proposed[0].authority(), kSkarholmen);
  EXPECT_EQ(proposed[0].child(), ReferenceOf(child));
  ASSERT_EQ(proposed[0].grounds_size(), 2);
  EXPECT_EQ(proposed[0].grounds(0).rule(), "P-080");
  EXPECT_EQ(proposed[0].grounds(0).earliest_date(), "2031-03-10");
  EXPECT_EQ(proposed[0].grounds(1).rule(), "P-081");
  EXPECT_EQ(proposed[0].grounds(1).earliest_date(), "2045-01-10");
  EXPECT_EQ(std::ranges::count(EventTypes(), "erasure.proposed"), 1);
  EXPECT_EQ(Get(proposed[0].name())->child(), ReferenceOf(child));
  EXPECT_THAT(AuditEntries().back().private_part().children(), Contains(ReferenceOf(child)));
}

TEST_F(RetentionServiceTest, KeepsWhatIsOnHoldOrOfTheResearchSample) {
  SetHold(RegisterChild(kYoung[0]), true);
  // Born on the 5th.
  RegisterChild(kChildren[1]);
  ASSERT_OK(SweepOn(absl::CivilDay(2060, 1, 1)));
  EXPECT_THAT(List(), IsEmpty());
}

// Each is a note, from which five years count.
TEST_F(RetentionServiceTest, CountsFromTheLastNoteOfAnyKind) {
  const Known known = EverythingAbout(kYoung[0]);
  const auto noted = [&](absl::CivilDay day) {
    EXPECT_OK(SweepOn(day + 5 * 366));
    const std::vector<v1::Erasure> proposed = List();
    return proposed.empty() ? "" : proposed.front().grounds(0).earliest_date();
  };
  now_ = At(absl::CivilDay(2050, 1, 1));
  SetHold(known.child, true);
  SetHold(known.child, false);
  EXPECT_EQ(noted(absl::CivilDay(2050, 1, 1)), "2055-01-01");
  now_ = At(absl::CivilDay(2056, 1, 1));
  ASSERT_OK(Withdraw(known.consents[0], *service_));
  EXPECT_EQ(noted(absl::CivilDay(2056, 1, 1)), "2061-01-01");
  now_ = At(absl::CivilDay(2062, 1, 1));
  ASSERT_OK(Check(CheckOf(known.child), *service_));
  EXPECT_EQ(noted(absl::CivilDay(2062, 1, 1)), "2067-01-01");
  ASSERT_OK(database_.Execute("UPDATE consent.disclosure SET disclose_time = '2068-01-01 12:00+01'"));
  EXPECT_EQ(noted(absl::CivilDay(2068, 1, 1)), "2073-01-01");
}

TEST_F(RetentionServiceTest, ErasesRowsAndThenTheAuditLog) {
  const Known known = EverythingAbout(kYoung[0]);
  const v1::Child other = RegisterChild(kYoung[5]);
  const v1::Erasure erasure = Deleted();
  ASSERT_EQ(erasure.child(), ReferenceOf(known.child));
  for (const char* const table : {"consent", "decision", "disclosure"}) EXPECT_EQ(RowsOf(table), 0) << table;
  for (const char* const table : {"child", "child_reference", "child_number"}) EXPECT_EQ(RowsOf(table), 1) << table;
  EXPECT_OK(GetChild(other.name()));
  EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM consent.request WHERE resources[1] LIKE '%/consents/%' OR "
                               "resources[1] LIKE '%/decisions/%' OR resources[1] LIKE '%/disclosures/%' OR "
                               "resources[1] LIKE '%",
                               ReferenceOf(known.child), "'")),
            0);
  EXPECT_EQ(Get(erasure.name())->state(), v1::Erasure::APPROVED);
  // What is read from now on could reach the log after it was erased there.
  EXPECT_THAT(AuditEntries().back().private_part().children(), IsEmpty());

  // Somebody may still remember a key, and what was read a moment ago is on its way to the log.
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_THAT(erased_, IsEmpty());

  Settle();
  ASSERT_OK(sweeper_->Sweep());
  ASSERT_THAT(erased_, SizeIs(1));
  EXPECT_EQ(erased_[0].erasure(), erasure.name());
  EXPECT_EQ(erased_[0].municipality(), "0180");
  EXPECT_EQ(erased_[0].authority(), "skarholmen");
  EXPECT_EQ(erased_[0].legal_basis(), BasisOf(erasure));
  EXPECT_THAT(erased_[0].children(), UnorderedElementsAre(ReferenceOf(known.child), known.alias));
  EXPECT_THAT(erased_[0].resources(),
              UnorderedElementsAre(known.child.name(), MakeName("0180", "children", known.alias), known.consents[0],
                                   known.consents[1], known.decision.name(), known.disclosure));
  const auto read = Get(erasure.name());
  ASSERT_OK(read);
  EXPECT_EQ(read->state(), v1::Erasure::ERASED);
  EXPECT_EQ(read->child(), "");
  EXPECT_EQ(Count("SELECT cardinality(child_references) + cardinality(resources) FROM consent.erasure"), 0);
  // Else the log would begin anew to tell of the child.
  EXPECT_THAT(AuditEntries().back().private_part().children(), IsEmpty());
  EXPECT_THAT(EventTypes(), Contains("erasure.approved"));
  EXPECT_THAT(EventTypes(), Contains("erasure.carried_out"));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_THAT(erased_, SizeIs(1));
}

TEST_F(RetentionServiceTest, WhatWasErasedIsNotFound) {
  const Known known = EverythingAbout(kYoung[0]);
  Deleted();
  const auto other = NewInstance();
  for (const std::string& name : {known.child.name(), MakeName("0180", "children", known.alias)}) {
    EXPECT_THAT(GetChild(name).status(), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  }
  v1::FindChildRequest find;
  find.set_parent(kSkarholmen);
  find.set_identity_number(std::string(kYoung[0]));
  EXPECT_THAT(child_service_.FindChild(CallOf(Caseworker(), "ChildService/FindChild", now_), find).status(),
              StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  v1::GetConsentRequest consent;
  consent.set_name(known.consents[0]);
  EXPECT_THAT(
      service_->consent_service.GetConsent(CallOf(Caseworker(), "ConsentService/GetConsent", now_), consent).status(),
      StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
  EXPECT_THAT(Withdraw(known.consents[0], *service_).status(), StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
  v1::GetDecisionRequest decision;
  decision.set_name(known.decision.name());
  EXPECT_THAT(
      service_->disclosure_service.GetDecision(CallOf(Caseworker(), "DisclosureService/GetDecision", now_), decision)
          .status(),
      StatusIs(kNotFound, "DECISION_NOT_FOUND"));
  EXPECT_THAT(Disclose(known).status(), StatusIs(kNotFound, "DECISION_NOT_FOUND"));
  v1::ListDisclosuresRequest disclosures;
  disclosures.set_parent(known.child.name());
  EXPECT_THAT(service_->disclosure_service
                  .ListDisclosures(CallOf(Caseworker(), "DisclosureService/ListDisclosures", now_), disclosures)
                  .status(),
              StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  // One that remembers the child, and one that does not.
  EXPECT_THAT(Check(CheckOf(known.child), *service_).status(), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  EXPECT_THAT(Check(CheckOf(known.child), *other).status(), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  EXPECT_EQ(RowsOf("decision"), 0);
  EXPECT_EQ(Count("SELECT count(*) FROM consent.request WHERE resources[1] LIKE '%/decisions/%'"), 0);
  // Registered again, the child is a new one.
  EXPECT_NE(RegisterChild(kYoung[0]).name(), known.child.name());
}

TEST_F(RetentionServiceTest, TheKeysOfWhatIsErasedOpenNothingAnyMore) {
  // Of two that turned out to be one: what is known of it has the keys of both.
  const Known known = EverythingAbout(kYoung[0]);
  const v1::Child other = RegisterChild(kYoung[1]);
  const auto hold = Place(Hold(known.alias));
  ASSERT_OK(hold);
  ASSERT_OK(Release(Releasing(*hold)));
  std::vector<pg::Uuid> keys = {KeyOf("max", "child"), KeyOf("min", "child")};
  for (const char* const table : {"consent", "decision", "disclosure", "legal_hold"}) {
    keys.push_back(KeyOf("max", table));
  }
  ASSERT_OK(Merge(kYoung[1], ReferenceOf(known.child)));
  for (const pg::Uuid& key : keys) EXPECT_OK(Keys().Find(key, absl::InfiniteFuture()));
  ASSERT_OK(SweepOn(kTime + 365));
  ASSERT_EQ(List().front().child(), ReferenceOf(other));
  ASSERT_OK(Approve(Approval(List().front())));
  ASSERT_OK(sweeper_->Sweep());
  for (const char* const table : kTables) EXPECT_EQ(RowsOf(table), 0) << table;
  EXPECT_EQ(RowsOf("legal_hold"), 0);
  for (const pg::Uuid& key : keys) {
    EXPECT_THAT(Keys().Find(key, absl::InfiniteFuture()).status(), StatusIs(kNotFound, "DATA_KEY_DESTROYED"));
  }
}

TEST_F(RetentionServiceTest, WaitsForTheAuditLog) {
  EverythingAbout(kYoung[0]);
  const v1::Erasure erasure = Deleted();
  Settle();
  audit_ = absl::UnavailableError("away");
  EXPECT_THAT(sweeper_->Sweep(), Not(IsOk()));
  EXPECT_EQ(Get(erasure.name())->state(), v1::Erasure::APPROVED);
  audit_ = absl::OkStatus();
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_EQ(Get(erasure.name())->state(), v1::Erasure::ERASED);
}

TEST_F(RetentionServiceTest, NamesMoreThanTheLogTakesAtOnceInSeveralCalls) {
  const v1::Child child = RegisterChild(kYoung[0]);
  ASSERT_OK(database_.Execute(
      absl::StrCat("INSERT INTO consent.decision SELECT '0180', gen_random_uuid(), 'skarholmen', '", ReferenceOf(child),
                   "', '2026-03-10', '2026-03-11', 1, '1', gen_random_uuid(), '\\x01' FROM generate_series(1, 2500)")));
  Deleted();
  Settle();
  ASSERT_OK(sweeper_->Sweep());
  ASSERT_THAT(erased_, SizeIs(2));
  EXPECT_EQ(erased_[0].resources_size(), 2000);
  EXPECT_EQ(erased_[1].resources_size(), 501);
  EXPECT_EQ(erased_[1].erasure(), erased_[0].erasure());
}

TEST_F(RetentionServiceTest, ANoteMakesTheProposalOutdatedAndLapse) {
  const Known known = EverythingAbout(kYoung[0]);
  const v1::Erasure proposed = Proposed();
  now_ = At(kTime);
  ASSERT_OK(Check(CheckOf(known.child), *service_));
  EXPECT_THAT(Approve(Approval(proposed)).status(), StatusIs(kFailedPrecondition, "ERASURE_OUTDATED"));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_EQ(Get(proposed.name())->state(), v1::Erasure::LAPSED);
  EXPECT_THAT(AuditEntries().back().private_part().children(), IsEmpty());
  EXPECT_THAT(EventTypes(), Contains("erasure.lapsed"));
  EXPECT_OK(GetChild(known.child.name()));
  // Proposed anew five years after that.
  ASSERT_OK(SweepOn(absl::CivilDay(2050, 1, 9)));
  EXPECT_THAT(List(), SizeIs(1));
  ASSERT_OK(SweepOn(absl::CivilDay(2050, 1, 10)));
  EXPECT_THAT(List(), SizeIs(2));
}

TEST_F(RetentionServiceTest, AHeldChildIsNotErased) {
  const Known known = EverythingAbout(kYoung[0]);
  const v1::Erasure proposed = Proposed();
  // By whichever of its references.
  const auto held = Place(Hold(known.alias));
  ASSERT_OK(held);
  EXPECT_EQ(held->child(), ReferenceOf(known.child));
  EXPECT_THAT(Holds(), SizeIs(1));
  EXPECT_THAT(Place(Hold(ReferenceOf(known.child))).status(),
              StatusIs(absl::StatusCode::kAlreadyExists, "ALREADY_HELD"));
  EXPECT_THAT(Approve(Approval(proposed)).status(), StatusIs(kFailedPrecondition, "LEGAL_HOLD"));
  ASSERT_OK(SweepOn(kTime + 1));
  EXPECT_EQ(Get(proposed.name())->state(), v1::Erasure::LAPSED);
  EXPECT_THAT(List(), SizeIs(1));

  v1::ReleaseLegalHoldRequest release = Releasing(*held);
  const auto released = Release(release);
  ASSERT_OK(released);
  EXPECT_EQ(released->release_reasons(), "Tillsynen är avslutad.");
  EXPECT_THAT(Holds(), IsEmpty());
  // Called again, it answers the same.
  EXPECT_EQ(Release(release)->etag(), released->etag());
  release.set_request_id(NewRequestId());
  release.set_etag(released->etag());
  EXPECT_THAT(Release(release).status(), StatusIs(kFailedPrecondition, "LEGAL_HOLD_RELEASED"));
  // A hold is no note.
  ASSERT_OK(SweepOn(kTime + 2));
  EXPECT_THAT(List(), SizeIs(2));
}

TEST_F(RetentionServiceTest, NoHoldComesAfterTheApproval) {
  const v1::Child child = RegisterChild(kYoung[0]);
  ASSERT_OK(Approve(Approval(Proposed())));
  EXPECT_THAT(Place(Hold(ReferenceOf(child))).status(), StatusIs(kFailedPrecondition, "ERASURE_DECIDED"));
  EXPECT_THAT(Holds(), IsEmpty());
}

TEST_F(RetentionServiceTest, OfTwoChildrenThatAreOneEachHoldCounts) {
  const v1::Child one = RegisterChild(kYoung[0]);
  const v1::Child other = RegisterChild(kYoung[1]);
  const auto first = Place(Hold(ReferenceOf(one)));
  ASSERT_OK(first);
  ASSERT_OK(Place(Hold(ReferenceOf(other))));
  ASSERT_OK(Merge(kYoung[1], ReferenceOf(one)));
  ASSERT_OK(Release(Releasing(*first)));
  ASSERT_OK(SweepOn(kTime + 365));
  EXPECT_THAT(List(), IsEmpty());
  ASSERT_THAT(Holds(), SizeIs(1));
  ASSERT_OK(Release(Releasing(Holds().front())));
  ASSERT_OK(SweepOn(kTime + 366));
  EXPECT_THAT(List(), SizeIs(1));
}

TEST_F(RetentionServiceTest, AChildThatIsBeingErasedIsNotMerged) {
  const v1::Child one = RegisterChild(kYoung[0]);
  RegisterChild(kYoung[1]);
  const v1::Erasure proposed = Proposed();
  ASSERT_OK(Approve(Approval(proposed)));
  EXPECT_THAT(Merge(kYoung[1], ReferenceOf(one)).status(), StatusIs(absl::StatusCode::kAborted, "CONCURRENT_CHANGE"));
  ASSERT_OK(sweeper_->Sweep());
  // Gone, its reference is free.
  EXPECT_OK(Merge(kYoung[1], ReferenceOf(one)));
}

TEST_F(RetentionServiceTest, AProposalOfAChildThatIsAnotherOneLapses) {
  const v1::Child one = RegisterChild(kYoung[0]);
  RegisterChild(kYoung[1]);
  const v1::Erasure proposed = Proposed();
  ASSERT_OK(Merge(kYoung[1], ReferenceOf(one)));
  EXPECT_THAT(Approve(Approval(proposed)).status(), StatusIs(kFailedPrecondition, "ERASURE_OUTDATED"));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_EQ(Get(proposed.name())->state(), v1::Erasure::LAPSED);
}

TEST_F(RetentionServiceTest, ApprovesOnceAndRepeatsTheAnswer) {
  EverythingAbout(kYoung[0]);
  const v1::Erasure proposed = Proposed();
  const v1::ApproveErasureRequest request = Approval(proposed);
  const auto approved = Approve(request);
  ASSERT_OK(approved);
  EXPECT_EQ(approved->state(), v1::Erasure::APPROVED);
  EXPECT_EQ(approved->approver(), UnitManager().subject);
  EXPECT_EQ(Approve(request)->etag(), approved->etag());
  EXPECT_THAT(Approve(Approval(proposed)).status(), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_THAT(Approve(Approval(*approved)).status(), StatusIs(kFailedPrecondition, "ERASURE_DECIDED"));
  const std::vector<audit::v1::Entry> entries = AuditEntries();
  EXPECT_TRUE(std::ranges::any_of(entries, [&](const audit::v1::Entry& entry) {
    return entry.action() == access::v1::ERASE && entry.private_part().resources(0) == proposed.name() &&
           entry.private_part().children().empty() && absl::StrContains(entry.private_part().legal_basis(), "P-081");
  }));
}

TEST_F(RetentionServiceTest, AnotherBoardKnowsOfNothingAndKeepsItsOwn) {
  // Both boards know their child by the same reference.
  const std::string reference = NewRequestId();
  v1::RegisterChildRequest registration = RegistrationOf(kYoung[0]);
  registration.set_reference(reference);
  ASSERT_OK(child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_), registration));
  registration.set_parent(kUtbildningsnamnden);
  registration.set_request_id(NewRequestId());
  registration.clear_units();
  registration.add_units(kSchoolUnit);
  ASSERT_OK(child_service_.RegisterChild(CallOf(Reporter(), "ChildService/RegisterChild", now_), registration));
  const v1::Erasure proposed = Proposed();
  EXPECT_THAT(Get(proposed.name(), OtherManager()).status(), StatusIs(kNotFound, "ERASURE_NOT_FOUND"));
  EXPECT_THAT(Approve(Approval(proposed), OtherManager()).status(), StatusIs(kNotFound, "ERASURE_NOT_FOUND"));
  const std::vector<v1::Erasure> others = List(OtherManager(), kUtbildningsnamnden);
  ASSERT_THAT(others, SizeIs(1));
  EXPECT_NE(others[0].name(), proposed.name());
  v1::PlaceLegalHoldRequest hold = Hold(NewRequestId());
  EXPECT_THAT(Place(hold, OtherManager()).status(), StatusIs(kInvalidArgument, "FIELD_INVALID"));
  EXPECT_THAT(Place(hold).status(), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  ASSERT_OK(Approve(Approval(proposed)));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_THAT(GetChild(MakeName("0180", "children", reference)).status(), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  EXPECT_OK(GetChild(MakeName("0180", "children", reference), Reporter()));
}

TEST_F(RetentionServiceTest, RefusesWhatIsMissing) {
  EXPECT_THAT(Approve(v1::ApproveErasureRequest()).status(), StatusIs(kInvalidArgument, "FIELD_INVALID"));
  EXPECT_THAT(Place(v1::PlaceLegalHoldRequest()).status(), StatusIs(kInvalidArgument, "FIELD_INVALID"));
  EXPECT_THAT(Release(v1::ReleaseLegalHoldRequest()).status(), StatusIs(kInvalidArgument, "FIELD_INVALID"));
  EXPECT_EQ(RowsOf("legal_hold"), 0);
}

TEST_F(RetentionServiceTest, StoresNoWordInTheClear) {
  RegisterChild(kYoung[0]);
  ASSERT_OK(Place(Hold(ReferenceOf(RegisterChild(kYoung[5])))));
  ASSERT_OK(Approve(Approval(Proposed())));
  for (const char* const table : {"erasure", "legal_hold", "event", "audit_entry", "request"}) {
    ASSERT_GT(RowsOf(table), 0) << table;
    for (const char* const word : {"genomg", "Tillsyn", "u-maria"}) {
      EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM consent.", table, " AS t WHERE t::text LIKE '%", word,
                                   "%' OR t::text LIKE '%' || encode('", word, "', 'hex') || '%'")),
                0)
          << word << " in " << table;
    }
  }
}

// Whoever still has the reference, intake, may have the child registered by it again.
TEST_F(RetentionServiceTest, TheLogKeepsWhatItTellsOfOneWhoIsRegisteredAnewByTheSameReference) {
  const Known known = EverythingAbout(kYoung[0]);
  const v1::Erasure erasure = Deleted();
  now_ = At(kTime);
  ASSERT_OK(Merge(kYoung[0], ReferenceOf(known.child)));
  Settle();
  ASSERT_OK(sweeper_->Sweep());
  ASSERT_THAT(erased_, SizeIs(1));
  EXPECT_THAT(erased_[0].children(), UnorderedElementsAre(known.alias));
  EXPECT_THAT(erased_[0].resources(), Not(Contains(known.child.name())));
  EXPECT_THAT(erased_[0].resources(), Contains(known.decision.name()));
  const auto read = Get(erasure.name());
  ASSERT_OK(read);
  EXPECT_EQ(read->state(), v1::Erasure::ERASED);
  EXPECT_EQ(read->child(), ReferenceOf(known.child));
}

// Two instances have read that the erasure is to be carried out.
TEST_F(RetentionServiceTest, WhoComesLateErasesNobodyWhoIsRegisteredAnew) {
  const Known known = EverythingAbout(kYoung[0]);
  ASSERT_OK(Approve(Approval(Proposed())));
  const pg::Scope board = {.municipality = "0180", .authority = "skarholmen"};
  ASSERT_OK_AND_ASSIGN(const auto open, jobs_.OpenErasures(board, kTime, absl::InfiniteFuture()));
  ASSERT_THAT(open, SizeIs(1));
  ASSERT_OK(jobs_.Delete(board, open[0], absl::InfiniteFuture()));
  now_ = At(kTime);
  ASSERT_OK(Merge(kYoung[0], ReferenceOf(known.child)));
  ASSERT_OK(jobs_.Delete(board, open[0], absl::InfiniteFuture()));
  EXPECT_OK(GetChild(known.child.name()));
}

// A refused check leaves no note, and the instance remembers the child that is erased after it.
TEST_F(RetentionServiceTest, NothingIsDecidedByTheMemoryOfOneWhoWasErased) {
  const Known known = EverythingAbout(kYoung[0]);
  const std::string version = *database_.Value("SELECT version FROM consent.child");
  ASSERT_OK(Approve(Approval(Proposed())));
  now_ = At(kTime);
  const auth::Caller stranger = CallerOf(access::v1::CASEWORKER, "u-omar", {kUngdomsenheten});
  ASSERT_THAT(Check(CheckOf(known.child), *service_, stranger), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  ASSERT_OK(sweeper_->Sweep());
  ASSERT_OK(Merge(kYoung[0], ReferenceOf(known.child)));
  ASSERT_OK(database_.Execute("UPDATE consent.child SET version = " + version));
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(known.child), *service_));
  v1::GetDecisionRequest request;
  request.set_name(decision.name());
  EXPECT_OK(
      service_->disclosure_service.GetDecision(CallOf(Caseworker(), "DisclosureService/GetDecision", now_), request));
}

// Checks on two instances while the child is erased: each is answered with a decision that was there
// before, or not at all, and nothing comes back.
TEST_F(RetentionServiceTest, ChecksBesideTheErasureLeaveNothingBehind) {
  const Known known = EverythingAbout(kYoung[0]);
  ASSERT_OK(Approve(Approval(Proposed())));
  now_ = At(kTime);
  const auto other = NewInstance();
  std::atomic<int> decided = 0;
  std::atomic<int> refused = 0;
  std::atomic<bool> erasing = true;
  const auto check_until_gone = [&](const Instance& instance) {
    while (true) {
      const bool last = !erasing;
      const absl::Status checked = Check(CheckOf(known.child), instance).status();
      if (!checked.ok()) {
        EXPECT_THAT(checked, StatusIs(kNotFound, "CHILD_NOT_FOUND"));
        ++refused;
        return;
      }
      ASSERT_FALSE(last) << "decided on a child that was erased";
      ++decided;
    }
  };
  std::vector<std::thread> checkers;
  for (const Instance* const instance : {service_.get(), other.get()}) {
    for (int i = 0; i < 2; ++i) checkers.emplace_back([&, instance] { check_until_gone(*instance); });
  }
  while (decided < 20 && refused < 4) std::this_thread::yield();
  EXPECT_OK(sweeper_->Sweep());
  erasing = false;
  for (std::thread& checker : checkers) checker.join();
  EXPECT_GE(decided, 20);
  EXPECT_EQ(refused, 4);
  for (const char* const table : kTables) EXPECT_EQ(RowsOf(table), 0) << table;
  EXPECT_EQ(Count("SELECT count(*) FROM consent.request WHERE resources[1] LIKE '%/decisions/%'"), 0);
}

// An older backup of the consent database, with the database of keys as it is.
TEST_F(RetentionServiceTest, ReplaysErasuresInARestoredDatabase) {
  const Known known = EverythingAbout(kYoung[0]);
  ASSERT_OK(
      database_.Execute("CREATE SCHEMA backup;"
                        "CREATE TABLE backup.erased_until AS SELECT * FROM consent.erased_until"));
  for (const char* const table : kTables) {
    ASSERT_OK(database_.Execute(absl::StrCat("CREATE TABLE backup.", table, " AS SELECT * FROM consent.", table)));
  }
  const v1::Erasure erasure = Deleted();
  EXPECT_EQ(*jobs_.Replay(absl::InfiniteFuture()), 0);
  for (const char* const table : kTables) {
    ASSERT_OK(database_.Execute(absl::StrCat("INSERT INTO consent.", table, " SELECT * FROM backup.", table)));
  }
  ASSERT_OK(
      database_.Execute("DELETE FROM consent.erasure;"
                        "UPDATE consent.erased_until SET destruction = b.destruction FROM backup.erased_until b"));
  ASSERT_EQ(RowsOf("decision"), 1);
  EXPECT_GE(*jobs_.Replay(absl::InfiniteFuture()), 1);
  for (const char* const table : kTables) EXPECT_EQ(RowsOf(table), 0) << table;
  EXPECT_EQ(*jobs_.Replay(absl::InfiniteFuture()), 0);

  // What waited in the backup is delivered to the log anew: it erases again when that has come.
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_THAT(erased_, IsEmpty());
  Settle();
  ASSERT_OK(sweeper_->Sweep());
  // The keys are those of other tests, too, and so is what was destroyed.
  const auto again = std::find_if(erased_.begin(), erased_.end(),
                                  [&](const auto& request) { return request.erasure() == erasure.name(); });
  ASSERT_NE(again, erased_.end());
  EXPECT_EQ(again->authority(), "skarholmen");
  EXPECT_EQ(again->legal_basis(), BasisOf(erasure));
  EXPECT_THAT(again->children(), UnorderedElementsAre(ReferenceOf(known.child), known.alias));
  EXPECT_THAT(again->resources(), IsSupersetOf({known.child.name(), known.consents[0], known.decision.name()}));
  EXPECT_EQ(RowsOf("erased_again"), 0);
}

}  // namespace
}  // namespace samverkan::consent::testing
