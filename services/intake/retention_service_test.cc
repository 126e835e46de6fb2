#include "services/intake/retention_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/pg/uuid.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "prometheus/registry.h"
#include "services/intake/emergency_access_service.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/investigation_part_store.h"
#include "services/intake/investigation_step_store.h"
#include "services/intake/placement.h"
#include "services/intake/retention_sweeper.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

// P-082: five years after the report that led to nothing, which came on now_.
constexpr absl::CivilDay kTooEarly(2031, 3, 9);
constexpr absl::CivilDay kTime(2031, 3, 10);

// Of Hässelby-Vällingby.
auth::Caller OtherManager() {
  auth::Caller caller = UnitManager();
  caller.authority = "hasselby-vallingby";
  return caller;
}

class RetentionServiceTest : public IntakeTest {
 protected:
  rpc::CallContext Call(const auth::Caller& caller, const std::string& method) const {
    return CallOf(caller, "RetentionService/" + method, clock_.Now());
  }

  // The sweeper in the morning of `day`.
  absl::Status SweepOn(absl::CivilDay day) {
    clock_.Set(At(day));
    return sweeper_->Sweep();
  }

  // A report that led to no investigation.
  std::string NotOpened(std::string_view child) {
    const std::string report = SubmitReport(child);
    EXPECT_OK(DecideReport(report, v1::Decision::NOT_OPENED));
    return report;
  }

  std::vector<v1::Erasure> List(const auth::Caller& caller = UnitManager(), const std::string& parent = kSkarholmen) {
    v1::ListErasuresRequest request;
    request.set_parent(parent);
    const auto listed = service_.ListErasures(Call(caller, "ListErasures"), request);
    EXPECT_OK(listed);
    return listed.ok() ? std::vector<v1::Erasure>(listed->erasures().begin(), listed->erasures().end())
                       : std::vector<v1::Erasure>();
  }

  absl::StatusOr<v1::Erasure> Get(const std::string& name, const auth::Caller& caller = UnitManager()) {
    v1::GetErasureRequest request;
    request.set_name(name);
    return service_.GetErasure(Call(caller, "GetErasure"), request);
  }

  v1::ApproveErasureRequest Approval(const v1::Erasure& erasure) {
    v1::ApproveErasureRequest request;
    request.set_name(erasure.name());
    request.set_request_id(NewRequestId());
    request.set_etag(erasure.etag());
    request.set_reasons("Akten är genomgången.");
    return request;
  }
  absl::StatusOr<v1::Erasure> Approve(const v1::ApproveErasureRequest& request,
                                      const auth::Caller& caller = UnitManager()) {
    return service_.ApproveErasure(Call(caller, "ApproveErasure"), request);
  }

  v1::PlaceLegalHoldRequest Hold(const std::string& child) {
    v1::PlaceLegalHoldRequest request;
    request.set_parent(kSkarholmen);
    request.set_request_id(NewRequestId());
    request.set_child(child);
    request.set_reasons("Tillsyn pågår.");
    return request;
  }
  absl::StatusOr<v1::LegalHold> Place(const v1::PlaceLegalHoldRequest& request,
                                      const auth::Caller& caller = UnitManager()) {
    return service_.PlaceLegalHold(Call(caller, "PlaceLegalHold"), request);
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
    return service_.ReleaseLegalHold(Call(UnitManager(), "ReleaseLegalHold"), request);
  }

  // One of another unit reads the child's file in an emergency.
  void DeclareEmergency(std::string_view number) {
    const EmergencyAccessService emergencies(emergency_accesses_, parts());
    v1::DeclareEmergencyAccessRequest request;
    request.set_parent(kSkarholmen);
    request.set_request_id(NewRequestId());
    request.set_identity_number(std::string(number));
    request.set_reason("Barnet är på akuten.");
    const auth::Caller elsewhere = CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"});
    const rpc::CallContext call = CallOf(elsewhere, "EmergencyAccessService/DeclareEmergencyAccess", now_);
    ASSERT_OK(emergencies.DeclareEmergencyAccess(call, request));
  }

  // The caseworker talks with the child while the report is assessed.
  void RecordContactAbout(const std::string& report) {
    InvestigationStepStore steps(store_parts());
    v1::RecordContactRequest request;
    request.mutable_contact()->set_counterpart(v1::Contact::CHILD_CONTACTED);
    request.mutable_contact()->set_child_said("Jag vill inte hem.");
    const rpc::CallContext call = CallOf(Caseworker(), "InvestigationStepService/RecordContact", now_);
    ASSERT_OK(steps.Add(call, {true, *ParseName(report, "reports")}, {"0180", pg::Uuid::FromTime(now_)},
                        *request_keys_.Of(call, "01968f00-0000-7000-8000-0000000000aa", request),
                        [&](InvestigationStepRecord record) {
                          return RecordContact(ShippedRules(), std::move(record), request, {call.caller.subject, now_});
                        }));
  }

  // The id of the key that the one row of `table` is sealed with.
  pg::Uuid KeyOfOnly(std::string_view table) {
    const auto key = database_.Value("SELECT data_key FROM intake." + std::string(table));
    EXPECT_OK(key);
    return key.ok() ? pg::Uuid::Parse(*key).value_or(pg::Uuid()) : pg::Uuid();
  }

  std::string ChildOf(const std::string& report) {
    const rpc::CallContext call = CallOf(Caseworker(), "ReportService/GetReport", now_);
    const auto found = reports_->Find(call, *ParseName(report, "reports"));
    EXPECT_OK(found);
    return found.ok() ? found->report.child() : "";
  }

  // Proposes and approves the erasure of one report's file, and lets the sweeper delete it.
  v1::Erasure Deleted(std::string_view child) {
    NotOpened(child);
    EXPECT_OK(SweepOn(kTime));
    const std::vector<v1::Erasure> proposed = List();
    EXPECT_THAT(proposed, SizeIs(1));
    EXPECT_OK(Approve(Approval(proposed.front())));
    EXPECT_OK(sweeper_->Sweep());
    return proposed.front();
  }

  // As if a minute had passed on the server's clock, and the relay had delivered all.
  void Settle() {
    ASSERT_OK(
        database_.Execute("UPDATE intake.erasure SET delete_time = delete_time - interval '61 seconds';"
                          "DELETE FROM intake.audit_entry"));
  }

  std::vector<std::string> EventTypes() {
    std::vector<std::string> types;
    for (const events::v1::Event& event : Events()) types.push_back(event.type());
    return types;
  }

  clock::FakeClock clock_{now_};
  RetentionStore store_{store_parts()};
  EmergencyAccessStore emergency_accesses_{store_parts()};
  RetentionService service_{store_, parts()};
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

TEST_F(RetentionServiceTest, ProposesOnTheDayOnceWithTheRule) {
  const std::string report = NotOpened(kChildren[0]);
  ASSERT_OK(SweepOn(kTooEarly));
  EXPECT_THAT(List(), IsEmpty());
  ASSERT_OK(SweepOn(kTime));
  ASSERT_OK(SweepOn(kTime + 1));
  const std::vector<v1::Erasure> proposed = List();
  ASSERT_THAT(proposed, SizeIs(1));
  EXPECT_EQ(proposed[0].state(), v1::Erasure::PROPOSED);
  EXPECT_TRUE(proposed[0].whole_child());
  ASSERT_EQ(proposed[0].grounds_size(), 1);
  EXPECT_EQ(proposed[0].grounds(0).resource(), report);
  EXPECT_EQ(proposed[0].grounds(0).rule(), "P-082");
  EXPECT_EQ(proposed[0].grounds(0).earliest_date(), "2031-03-10");
  EXPECT_EQ(std::ranges::count(EventTypes(), "erasure.proposed"), 1);
  EXPECT_EQ(Get(proposed[0].name())->child(), proposed[0].child());
}

TEST_F(RetentionServiceTest, KeepsWhatIsNotDecidedOrInvestigatedOrOfTheResearchSample) {
  SubmitReport(kChildren[0]);
  OpenInvestigation(kChildren[2]);
  // Born on the 5th.
  NotOpened(kChildren[1]);
  ASSERT_OK(SweepOn(absl::CivilDay(2037, 1, 1)));
  EXPECT_THAT(List(), IsEmpty());
}

TEST_F(RetentionServiceTest, TheSweeperSeesThatAChildWasPlaced) {
  const std::string placed = OpenInvestigation(kChildren[0]);
  OpenInvestigation(kChildren[2]);
  PlacementStore placements(store_parts());
  const rpc::CallContext call = CallOf(Caseworker(), "PlacementService/RecordPlacement", now_);
  const ResourceKey id{"0180", pg::Uuid::FromTime(now_)};
  ASSERT_OK(placements.Add(call, *ParseName(placed, "investigations"), id,
                           *request_keys_.Of(call, NewRequestId(), v1::RecordPlacementRequest()),
                           [&](const PartParent& parent) {
                             return RecordPlacement(ShippedRules(), parent, v1::RecordPlacementRequest(),
                                                    MakeName("0180", "placements", id.id), ActAt(now_));
                           }));
  ASSERT_OK_AND_ASSIGN(const std::vector<ChildFile> files,
                       jobs_.Candidates({"0180", "skarholmen"}, now_ + absl::Hours(1), {}, 10, call.deadline));
  ASSERT_THAT(files, SizeIs(2));
  for (const ChildFile& file : files) {
    const bool is_placed =
        std::ranges::any_of(file.parts, [&](const FilePart& part) { return part.resource == placed; });
    EXPECT_EQ(file.placed, is_placed);
  }
}

TEST_F(RetentionServiceTest, ErasesRowsAndKeysAndThenTheAuditLog) {
  const v1::Erasure erasure = Deleted(kChildren[0]);
  for (const char* const table : {"report", "feedback", "deadline", "child", "report_meeting"}) {
    EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM intake.", table)), 0) << table;
  }
  EXPECT_EQ(Count("SELECT count(*) FROM intake.request WHERE resources[1] LIKE '%/reports/%'"), 0);
  const auto record = store_.FindErasure(Call(UnitManager(), "GetErasure"), *ParseName(erasure.name(), "erasures"));
  ASSERT_OK(record);
  EXPECT_EQ(record->erasure.state(), v1::Erasure::APPROVED);
  // What is read from now on could reach the log after it was erased there.
  ASSERT_OK(Get(erasure.name()));
  EXPECT_THAT(AuditEntries().back().private_part().children(), IsEmpty());

  // Somebody may still remember a key, and what was read a moment ago is on its way to the log.
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_THAT(erased_, IsEmpty());

  Settle();
  ASSERT_OK(sweeper_->Sweep());
  ASSERT_THAT(erased_, SizeIs(1));
  EXPECT_EQ(erased_[0].erasure(), erasure.name());
  EXPECT_EQ(erased_[0].authority(), "skarholmen");
  EXPECT_THAT(erased_[0].children(), ElementsAre(erasure.child()));
  EXPECT_THAT(erased_[0].resources(), ElementsAre(erasure.grounds(0).resource()));
  const auto read = Get(erasure.name());
  ASSERT_OK(read);
  EXPECT_EQ(read->state(), v1::Erasure::ERASED);
  EXPECT_EQ(read->child(), "");
  // Else the log would begin anew to tell of the child.
  EXPECT_THAT(AuditEntries().back().private_part().children(), IsEmpty());
  EXPECT_THAT(EventTypes(), Contains("erasure.approved"));
  EXPECT_THAT(EventTypes(), Contains("erasure.carried_out"));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_THAT(erased_, SizeIs(1));
}

TEST_F(RetentionServiceTest, TheKeysOfWhatIsErasedOpenNothingAnyMore) {
  const std::string child = ChildOf(NotOpened(kChildren[0]));
  DeclareEmergency("080121-2390");
  const auto hold = Place(Hold(child));
  ASSERT_OK(hold);
  ASSERT_OK(Release(Releasing(*hold)));
  std::vector<pg::Uuid> keys;
  for (const char* const table : {"report", "emergency_access", "legal_hold"}) keys.push_back(KeyOfOnly(table));
  for (const pg::Uuid& key : keys) EXPECT_OK(Keys().Find(key, absl::InfiniteFuture()));
  ASSERT_OK(SweepOn(kTime));
  ASSERT_OK(Approve(Approval(List().front())));
  ASSERT_OK(sweeper_->Sweep());
  for (const pg::Uuid& key : keys) {
    EXPECT_THAT(Keys().Find(key, absl::InfiniteFuture()).status(), StatusIs(kNotFound, "DATA_KEY_DESTROYED"));
  }
  EXPECT_EQ(Count("SELECT count(*) FROM intake.emergency_access"), 0);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.legal_hold"), 0);
}

TEST_F(RetentionServiceTest, StepsAreErasedWithTheirReportAndItsKey) {
  const std::string report = SubmitReport(kChildren[0]);
  now_ += absl::Hours(24);
  RecordContactAbout(report);
  ASSERT_OK(DecideReport(report, v1::Decision::NOT_OPENED));
  EXPECT_EQ(KeyOfOnly("investigation_step").ToString(), KeyOfOnly("report").ToString());
  ASSERT_OK(SweepOn(kTime));
  EXPECT_THAT(List(), IsEmpty()) << "a step is a note, from which the time counts";
  ASSERT_OK(SweepOn(kTime + 1));
  ASSERT_OK(Approve(Approval(List().front())));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_EQ(Count("SELECT count(*) FROM intake.investigation_step"), 0);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.request WHERE resources[1] LIKE '%/investigationSteps/%'"), 0);
}

TEST_F(RetentionServiceTest, WaitsForTheAuditLog) {
  const v1::Erasure erasure = Deleted(kChildren[0]);
  Settle();
  audit_ = absl::UnavailableError("away");
  EXPECT_THAT(sweeper_->Sweep(), Not(IsOk()));
  EXPECT_EQ(Get(erasure.name())->state(), v1::Erasure::APPROVED);
  audit_ = absl::OkStatus();
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_EQ(Get(erasure.name())->state(), v1::Erasure::ERASED);
}

TEST_F(RetentionServiceTest, ANewReportMakesTheProposalOutdatedAndLapse) {
  NotOpened(kChildren[0]);
  ASSERT_OK(SweepOn(kTime));
  const v1::Erasure proposed = List().front();
  now_ = At(kTime);
  const std::string second = SubmitReport(kChildren[0]);
  EXPECT_THAT(Approve(Approval(proposed)).status(), StatusIs(kFailedPrecondition, "ERASURE_OUTDATED"));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_EQ(Get(proposed.name())->state(), v1::Erasure::LAPSED);
  EXPECT_THAT(AuditEntries().back().private_part().children(), IsEmpty());
  EXPECT_THAT(EventTypes(), Contains("erasure.lapsed"));
  // The first report may still go, and the child stays.
  ASSERT_OK(SweepOn(kTime + 1));
  const std::vector<v1::Erasure> anew = List();
  ASSERT_THAT(anew, SizeIs(2));
  EXPECT_EQ(anew[0].state(), v1::Erasure::PROPOSED);
  EXPECT_FALSE(anew[0].whole_child());
  ASSERT_OK(Approve(Approval(anew[0])));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_EQ(Count("SELECT count(*) FROM intake.report"), 1);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.child"), 1);
  EXPECT_EQ(ChildOf(second), proposed.child());
}

TEST_F(RetentionServiceTest, AHeldFileIsNotErased) {
  const std::string child = ChildOf(NotOpened(kChildren[0]));
  ASSERT_OK(SweepOn(kTime));
  const v1::Erasure proposed = List().front();
  const auto held = Place(Hold(child));
  ASSERT_OK(held);
  EXPECT_THAT(Place(Hold(child)).status(), StatusIs(absl::StatusCode::kAlreadyExists, "ALREADY_HELD"));
  EXPECT_THAT(Approve(Approval(proposed)).status(), StatusIs(kFailedPrecondition, "LEGAL_HOLD"));
  ASSERT_OK(SweepOn(kTime + 1));
  EXPECT_EQ(Get(proposed.name())->state(), v1::Erasure::LAPSED);
  EXPECT_THAT(List(), SizeIs(1));

  v1::ReleaseLegalHoldRequest release = Releasing(*held);
  const auto released = Release(release);
  ASSERT_OK(released);
  EXPECT_EQ(released->release_reasons(), "Tillsynen är avslutad.");
  // Called again, it answers the same.
  EXPECT_EQ(Release(release)->etag(), released->etag());
  release.set_request_id(NewRequestId());
  release.set_etag(released->etag());
  EXPECT_THAT(Release(release).status(), StatusIs(kFailedPrecondition, "LEGAL_HOLD_RELEASED"));
  ASSERT_OK(SweepOn(kTime + 2));
  EXPECT_THAT(List(), SizeIs(2));
}

TEST_F(RetentionServiceTest, ApprovesOnceAndRepeatsTheAnswer) {
  NotOpened(kChildren[0]);
  ASSERT_OK(SweepOn(kTime));
  const v1::Erasure proposed = List().front();
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
           entry.private_part().children().empty() && absl::StrContains(entry.private_part().legal_basis(), "P-082");
  }));
}

TEST_F(RetentionServiceTest, AnotherBoardKnowsOfNothing) {
  const std::string child = ChildOf(NotOpened(kChildren[0]));
  ASSERT_OK(SweepOn(kTime));
  const v1::Erasure proposed = List().front();
  EXPECT_THAT(Get(proposed.name(), OtherManager()).status(), StatusIs(kNotFound, "ERASURE_NOT_FOUND"));
  EXPECT_THAT(Approve(Approval(proposed), OtherManager()).status(), StatusIs(kNotFound, "ERASURE_NOT_FOUND"));
  EXPECT_THAT(List(OtherManager(), kHasselbyVallingby), IsEmpty());
  v1::PlaceLegalHoldRequest hold = Hold(child);
  EXPECT_THAT(Place(hold, OtherManager()).status(), StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"));
  hold.set_parent(kHasselbyVallingby);
  EXPECT_THAT(Place(hold, OtherManager()).status(), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
}

TEST_F(RetentionServiceTest, RefusesWhatIsMissing) {
  EXPECT_THAT(Approve(v1::ApproveErasureRequest()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"));
  EXPECT_THAT(Place(v1::PlaceLegalHoldRequest()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.legal_hold"), 0);
}

// An older backup of intake's database, with the database of keys as it is.
TEST_F(RetentionServiceTest, ReplaysErasuresInARestoredDatabase) {
  NotOpened(kChildren[0]);
  ASSERT_OK(
      database_.Execute("CREATE SCHEMA backup;"
                        "CREATE TABLE backup.report AS SELECT * FROM intake.report;"
                        "CREATE TABLE backup.child AS SELECT * FROM intake.child;"
                        "CREATE TABLE backup.erased_until AS SELECT * FROM intake.erased_until"));
  ASSERT_OK(SweepOn(kTime));
  const v1::Erasure erasure = List().front();
  ASSERT_OK(Approve(Approval(erasure)));
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_EQ(*jobs_.Replay(absl::InfiniteFuture()), 0);
  ASSERT_OK(
      database_.Execute("INSERT INTO intake.child SELECT * FROM backup.child;"
                        "INSERT INTO intake.report SELECT * FROM backup.report;"
                        "DELETE FROM intake.erasure;"
                        "UPDATE intake.erased_until SET destruction = b.destruction FROM backup.erased_until b"));
  ASSERT_EQ(Count("SELECT count(*) FROM intake.report"), 1);
  EXPECT_GE(*jobs_.Replay(absl::InfiniteFuture()), 1);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.report"), 0);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.child"), 0);
  EXPECT_EQ(*jobs_.Replay(absl::InfiniteFuture()), 0);

  // What waited in the backup is delivered to the log anew: it erases again when that has come.
  ASSERT_OK(sweeper_->Sweep());
  EXPECT_THAT(erased_, IsEmpty());
  ASSERT_OK(
      database_.Execute("DELETE FROM intake.audit_entry;"
                        "UPDATE intake.erased_again SET delete_time = delete_time - interval '61 seconds'"));
  ASSERT_OK(sweeper_->Sweep());
  // The keys are those of other tests, too, and so is what was destroyed.
  const auto again = std::find_if(erased_.begin(), erased_.end(),
                                  [&](const auto& request) { return request.erasure() == erasure.name(); });
  ASSERT_NE(again, erased_.end());
  EXPECT_EQ(again->authority(), "skarholmen");
  EXPECT_EQ(again->legal_basis(), BasisOf(erasure));
  EXPECT_THAT(again->children(), ElementsAre(erasure.child()));
  EXPECT_THAT(again->resources(), ElementsAre(erasure.grounds(0).resource()));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.erased_again"), 0);
}

}  // namespace
}  // namespace samverkan::intake::testing
