#include "services/intake/follow_up_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/investigation_service.h"
#include "services/intake/placement_service.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::SizeIs;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;

class FollowUpServiceTest : public IntakeTest {
 protected:
  rpc::CallContext Call(const auth::Caller& caller, const std::string& method) const {
    return CallOf(caller, "FollowUpService/" + method, now_);
  }

  // An investigation that was closed without measure.
  std::string Closed(std::string_view child) {
    const std::string investigation = OpenInvestigation(child);
    const InvestigationService investigations(*investigations_, parts());
    v1::CloseInvestigationRequest request;
    request.set_name(investigation);
    request.set_request_id(NewRequestId());
    request.set_etag("1");
    request.set_result(v1::Closing::WITHOUT_MEASURE);
    request.set_reasons("Familjen tackar nej till stöd.");
    EXPECT_OK(investigations.CloseInvestigation(CallOf(Caseworker(), "InvestigationService/CloseInvestigation", now_),
                                                request));
    return investigation;
  }

  // The child is seventeen or eighteen, and told.
  static v1::BeginFollowUpRequest Beginning(const std::string& investigation) {
    v1::BeginFollowUpRequest request;
    request.set_parent(investigation);
    request.set_request_id(NewRequestId());
    request.set_ground(v1::FollowUp::PARTICULAR_NEED);
    request.set_need("Oron är stor.");
    request.add_notices()->set_concerned(v1::FollowUpNotice::GUARDIANS);
    request.add_notices()->set_concerned(v1::FollowUpNotice::CHILD);
    return request;
  }
  absl::StatusOr<v1::FollowUp> Begin(const v1::BeginFollowUpRequest& request,
                                     const auth::Caller& caller = Caseworker()) {
    return service_.BeginFollowUp(Call(caller, "BeginFollowUp"), request);
  }

  absl::StatusOr<v1::FollowUp> Get(const std::string& name, const auth::Caller& caller = Caseworker()) {
    v1::GetFollowUpRequest request;
    request.set_name(name);
    return service_.GetFollowUp(Call(caller, "GetFollowUp"), request);
  }

  void HoldAReport(std::string_view child) {
    const std::string report = SubmitReport(child);
    ASSERT_OK(ChangeReport("ReportService/HoldReport", report, [&](ReportRecord record) {
      return Hold(ShippedRules(), std::move(record), "Misstänkt våld.", ActAt(now_));
    }));
  }

  FollowUpStore store_{store_parts()};
  PlacementStore placements_{store_parts()};
  const FollowUpService service_{store_, placements_, parts()};
};

TEST_F(FollowUpServiceTest, IsBegunToldAndEnded) {
  const std::string investigation = Closed(kChildren[0]);
  now_ += absl::Hours(48);
  ASSERT_OK_AND_ASSIGN(const v1::FollowUp begun, Begin(Beginning(investigation)));
  EXPECT_EQ(begun.deadlines(0).latest_date(), "2026-09-10") << "from the closing";
  EXPECT_EQ(begun.beginner(), "u-eva");
  EXPECT_EQ(AuditEntries().back().private_part().legal_basis(), "P-041, SoL 2025:400 23:1-5");
  EXPECT_EQ(Events().back().type(), "follow_up.begun");
  EXPECT_THAT(Begin(Beginning(investigation)), StatusIs(kFailedPrecondition, "FOLLOW_UP_RUNNING"));
  v1::EndFollowUpRequest end;
  end.set_name(begun.name());
  end.set_request_id(NewRequestId());
  end.set_etag(begun.etag());
  end.set_reasons("Barnet har det bra.");
  *end.mutable_notices() = Beginning(investigation).notices();
  ASSERT_OK_AND_ASSIGN(const v1::FollowUp ended, service_.EndFollowUp(Call(Caseworker(), "EndFollowUp"), end));
  EXPECT_EQ(ended.state(), v1::FollowUp::ENDED);
  EXPECT_EQ(Get(begun.name())->SerializeAsString(), ended.SerializeAsString());
  v1::ListFollowUpsRequest list;
  list.set_parent(investigation);
  ASSERT_OK_AND_ASSIGN(const auto listed, service_.ListFollowUps(Call(Caseworker(), "ListFollowUps"), list));
  EXPECT_THAT(listed.follow_ups(), SizeIs(1));
  EXPECT_OK(Begin(Beginning(investigation))) << "the first has ended";
}

TEST_F(FollowUpServiceTest, TheAgeIsThatOfTheReportedNumber) {
  v1::BeginFollowUpRequest request = Beginning(Closed(kChildren[0]));
  request.mutable_notices()->RemoveLast();
  EXPECT_THAT(Begin(request), StatusIs(kFailedPrecondition, "NOTICE_MISSING")) << "born in 2008";
  v1::BeginFollowUpRequest needless = Beginning(Closed(kChildren[1]));
  needless.clear_need();
  EXPECT_THAT(status::InvalidFields(Begin(needless).status()), Contains("need"));
}

TEST_F(FollowUpServiceTest, GuardiansAreNotToldWhileAReportIsOnHold) {
  const std::string investigation = Closed(kChildren[0]);
  HoldAReport(kChildren[0]);
  EXPECT_THAT(Begin(Beginning(investigation)), StatusIs(kFailedPrecondition, "ON_HOLD"));
  v1::BeginFollowUpRequest silent = Beginning(investigation);
  silent.mutable_notices(0)->set_not_told_reasons("En anmälan är spärrad.");
  EXPECT_OK(Begin(silent));
}

TEST_F(FollowUpServiceTest, EndsInTheTransactionThatOpensANewInvestigation) {
  ASSERT_OK_AND_ASSIGN(const v1::FollowUp begun, Begin(Beginning(Closed(kChildren[0]))));
  now_ += absl::Hours(48);
  const std::string opened = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::FollowUp ended, Get(begun.name()));
  EXPECT_EQ(ended.state(), v1::FollowUp::ENDED);
  EXPECT_EQ(ended.end().new_investigation(), opened);
  EXPECT_EQ(ended.deadlines(0).state(), v1::Deadline::ENDED);
  EXPECT_EQ(Count("SELECT count(*) FROM intake.follow_up WHERE state = 1"), 0);
  std::vector<std::string> types;
  for (const events::v1::Event& event : Events()) types.push_back(event.type());
  EXPECT_THAT(types, Contains("follow_up.ended"));
  EXPECT_THAT(Begin(Beginning(ended.investigation())), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
}

TEST_F(FollowUpServiceTest, FollowsThePlacementOfTheSameInvestigation) {
  const std::string investigation = OpenInvestigation(kChildren[2]);
  const PlacementService placements(placements_, parts());
  v1::RecordPlacementRequest record;
  record.set_parent(investigation);
  record.set_request_id(NewRequestId());
  record.set_home(v1::Placement::RESIDENTIAL_HOME);
  record.set_ground(v1::Placement::CARE_OF_YOUNG_PERSONS_ACT);
  record.set_place("Hemmet Linden");
  *record.mutable_start_time() = proto_time::ToProto(now_);
  ASSERT_OK_AND_ASSIGN(
      const v1::Placement placed,
      placements.RecordPlacement(CallOf(Caseworker(), "PlacementService/RecordPlacement", now_), record));
  v1::BeginFollowUpRequest request = Beginning(investigation);
  request.set_ground(v1::FollowUp::AFTER_COMPULSORY_CARE);
  request.set_placement(placed.name());
  EXPECT_THAT(Begin(request), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
  request.set_placement(MakeName("0180", "placements", pg::Uuid::FromTime(now_)));
  EXPECT_THAT(Begin(request), StatusIs(kNotFound, "PLACEMENT_NOT_FOUND"));
}

TEST_F(FollowUpServiceTest, IsHiddenFromWhoDoesNotHandleTheInvestigation) {
  const std::string investigation = Closed(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::FollowUp begun, Begin(Beginning(investigation)));
  const auth::Caller elsewhere = CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"});
  EXPECT_THAT(Get(begun.name(), elsewhere), StatusIs(kNotFound, "FOLLOW_UP_NOT_FOUND"));
  EXPECT_THAT(Begin(Beginning(investigation), elsewhere), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
}

TEST_F(FollowUpServiceTest, IsErasedWithItsInvestigationAndLeavesNothing) {
  const std::string investigation = Closed(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::FollowUp begun, Begin(Beginning(investigation)));
  EXPECT_EQ(Count("SELECT count(*) FROM intake.follow_up f JOIN intake.investigation v"
                  "  ON v.investigation = f.investigation AND v.data_key = f.data_key"),
            1)
      << "sealed with the investigation's key, which is destroyed first";
  ASSERT_OK(database_.Execute(absl::StrCat(
      "SELECT intake.erase_file('0180', 'skarholmen', '", begun.child(), "', true,",
      " ARRAY(SELECT report FROM intake.report), ARRAY(SELECT investigation FROM intake.investigation))")));
  for (const char* const table : {"follow_up", "deadline", "investigation", "report", "request"}) {
    EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM intake.", table)), 0) << table;
  }
}

}  // namespace
}  // namespace samverkan::intake::testing
