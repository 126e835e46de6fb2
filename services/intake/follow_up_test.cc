#include "services/intake/follow_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::SizeIs;

constexpr char kName[] = "municipalities/0180/followUps/01968f00-0000-7000-8000-000000000007";
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr absl::CivilDay kClosed(2026, 3, 10);

// An investigation without measure of a child of ten, closed on that day.
PartParent ClosedOn(absl::CivilDay day) {
  PartParent parent = OpenedParent();
  v1::Investigation& investigation = parent.investigation.investigation;
  investigation.set_state(v1::Investigation::CLOSED);
  investigation.mutable_closing()->set_result(v1::Closing::WITHOUT_MEASURE);
  *investigation.mutable_closing()->mutable_close_time() = proto_time::ToProto(At(day));
  parent.child.birth_day = absl::CivilDay(day.year() - 10, 1, 1);
  return parent;
}

v1::FollowUpNotice NoticeTo(v1::FollowUpNotice::Concerned concerned, const std::string& not_told_reasons = "") {
  v1::FollowUpNotice notice;
  notice.set_concerned(concerned);
  notice.set_not_told_reasons(not_told_reasons);
  return notice;
}

v1::BeginFollowUpRequest Need() {
  v1::BeginFollowUpRequest request;
  request.set_ground(v1::FollowUp::PARTICULAR_NEED);
  request.set_need("Oron är stor, och familjen tackar nej till stöd.");
  *request.add_notices() = NoticeTo(v1::FollowUpNotice::GUARDIANS);
  return request;
}

absl::StatusOr<FollowUpChange> Begin(const PartParent& parent, absl::CivilDay day,
                                     const v1::BeginFollowUpRequest& request = Need(),
                                     const v1::Placement* placement = nullptr) {
  return BeginFollowUp(ShippedRules(), parent, request, placement, kName, ActAt(At(day)));
}

v1::Placement EndedPlacement(v1::Placement::Ground ground) {
  v1::Placement placement;
  placement.set_investigation(kOpened);
  placement.set_ground(ground);
  placement.set_state(v1::Placement::ENDED);
  return placement;
}

v1::BeginFollowUpRequest AfterLvu() {
  v1::BeginFollowUpRequest request = Need();
  request.set_ground(v1::FollowUp::AFTER_COMPULSORY_CARE);
  request.clear_need();
  return request;
}

TEST(FollowUpTest, LastsSixMonthsFromTheClosingAndTwoByTheOldLaw) {
  ASSERT_OK_AND_ASSIGN(const FollowUpChange now,
                       Begin(ClosedOn(absl::CivilDay(2025, 7, 1)), absl::CivilDay(2025, 8, 1)));
  const v1::FollowUp& follow_up = now.after.resource;
  ASSERT_THAT(follow_up.deadlines(), SizeIs(1));
  EXPECT_EQ(follow_up.deadlines(0).clock(), "follow_up_after_closing");
  EXPECT_EQ(follow_up.deadlines(0).rule(), "P-041");
  EXPECT_EQ(follow_up.deadlines(0).latest_date(), "2026-01-01") << "counted from the closing";
  EXPECT_EQ(now.legal_basis, "P-041, SoL 2025:400 23:1-5");
  // The law of the closing, also for what is begun under the new one.
  ASSERT_OK_AND_ASSIGN(const FollowUpChange before,
                       Begin(ClosedOn(absl::CivilDay(2025, 6, 30)), absl::CivilDay(2025, 8, 1)));
  EXPECT_EQ(before.after.resource.deadlines(0).rule(), "P-040");
  EXPECT_EQ(before.after.resource.deadlines(0).latest_date(), "2025-08-30");
}

TEST(FollowUpTest, IsNotBegunWhenItsTimeHasEnded) {
  EXPECT_OK(Begin(ClosedOn(kClosed), absl::CivilDay(2026, 9, 10)));
  EXPECT_THAT(Begin(ClosedOn(kClosed), absl::CivilDay(2026, 9, 11)),
              StatusIs(kFailedPrecondition, "FOLLOW_UP_TIME_ENDED"));
  EXPECT_THAT(Begin(ClosedOn(absl::CivilDay(2012, 12, 31)), absl::CivilDay(2013, 1, 2)),
              StatusIs(kFailedPrecondition, "NO_FOLLOW_UP_LAW"));
}

TEST(FollowUpTest, FollowsAnInvestigationWithoutMeasureOrAnEndedPlacement) {
  PartParent parent = ClosedOn(kClosed);
  parent.investigation.investigation.mutable_closing()->set_result(v1::Closing::WITH_MEASURE);
  EXPECT_THAT(Begin(parent, kClosed), StatusIs(kFailedPrecondition, "NO_GROUND_FOR_FOLLOW_UP"));
  v1::Placement placement = EndedPlacement(v1::Placement::SOCIAL_SERVICES_ACT);
  EXPECT_OK(Begin(parent, kClosed, Need(), &placement));
  placement.set_state(v1::Placement::RUNNING);
  EXPECT_THAT(Begin(parent, kClosed, Need(), &placement), StatusIs(kFailedPrecondition, "NO_GROUND_FOR_FOLLOW_UP"));
  placement = EndedPlacement(v1::Placement::SOCIAL_SERVICES_ACT);
  placement.set_investigation("municipalities/0180/investigations/01968f00-0000-7000-8000-0000000000ff");
  EXPECT_THAT(Begin(parent, kClosed, Need(), &placement), StatusIs(kFailedPrecondition, "NO_GROUND_FOR_FOLLOW_UP"));
}

TEST(FollowUpTest, IsRefusedWhileAnInvestigationRuns) {
  PartParent running = ClosedOn(kClosed);
  running.investigation.investigation.set_state(v1::Investigation::RUNNING);
  EXPECT_THAT(Begin(running, kClosed), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
  PartParent another = ClosedOn(kClosed);
  another.investigation.running_investigation = kOpened;
  EXPECT_THAT(Begin(another, kClosed), StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
}

TEST(FollowUpTest, AfterLvuItRunsFromItsBeginForThoseUnderAge) {
  PartParent parent = ClosedOn(absl::CivilDay(2024, 1, 8));
  const absl::CivilDay day(2026, 3, 10);
  parent.child.birth_day = absl::CivilDay(2014, 3, 10);
  const v1::Placement lvu = EndedPlacement(v1::Placement::CARE_OF_YOUNG_PERSONS_ACT);
  ASSERT_OK_AND_ASSIGN(const FollowUpChange begun, Begin(parent, day, AfterLvu(), &lvu));
  EXPECT_EQ(begun.after.resource.deadlines(0).clock(), "follow_up_after_lvu");
  EXPECT_EQ(begun.after.resource.deadlines(0).due_date(), "2026-09-10");
  const v1::Placement sol = EndedPlacement(v1::Placement::SOCIAL_SERVICES_ACT);
  EXPECT_THAT(Begin(parent, day, AfterLvu(), &sol), StatusIs(kFailedPrecondition, "NO_GROUND_FOR_FOLLOW_UP"));
  parent.child.birth_day = absl::CivilDay(2008, 3, 10);
  EXPECT_THAT(Begin(parent, day, AfterLvu(), &lvu), StatusIs(kFailedPrecondition, "OF_AGE"));
}

TEST(FollowUpTest, GuardiansAndAChildOfFifteenAreAccountedFor) {
  v1::BeginFollowUpRequest nobody = Need();
  nobody.clear_notices();
  EXPECT_THAT(Begin(ClosedOn(kClosed), kClosed, nobody), StatusIs(kFailedPrecondition, "NOTICE_MISSING"));

  PartParent parent = ClosedOn(kClosed);
  v1::BeginFollowUpRequest both = Need();
  *both.add_notices() = NoticeTo(v1::FollowUpNotice::CHILD);
  parent.child.birth_day = absl::CivilDay(2011, 3, 11);
  EXPECT_OK(Begin(parent, kClosed)) << "fifteen tomorrow";
  parent.child.birth_day = absl::CivilDay(2011, 3, 10);
  EXPECT_THAT(Begin(parent, kClosed), StatusIs(kFailedPrecondition, "NOTICE_MISSING"));
  EXPECT_OK(Begin(parent, kClosed, both));
  parent.child.birth_day.reset();
  EXPECT_THAT(Begin(parent, kClosed), StatusIs(kFailedPrecondition, "NOTICE_MISSING"));
}

TEST(FollowUpTest, GuardiansAreNotToldWhileAReportIsOnHold) {
  PartParent parent = ClosedOn(kClosed);
  parent.child.on_hold = true;
  EXPECT_THAT(Begin(parent, kClosed), StatusIs(kFailedPrecondition, "ON_HOLD"));
  v1::BeginFollowUpRequest silent = Need();
  *silent.mutable_notices(0) = NoticeTo(v1::FollowUpNotice::GUARDIANS, "En anmälan är spärrad.");
  ASSERT_OK_AND_ASSIGN(const FollowUpChange begun, Begin(parent, kClosed, silent));
  v1::RecordFollowUpNoticeRequest later;
  *later.mutable_notice() = NoticeTo(v1::FollowUpNotice::GUARDIANS);
  later.mutable_notice()->set_occasion(v1::FollowUpNotice::START);
  EXPECT_THAT(RecordFollowUpNotice(begun.after, later, ActAt(At(kClosed))), StatusIs(kFailedPrecondition, "ON_HOLD"));
  v1::EndFollowUpRequest end;
  *end.add_notices() = NoticeTo(v1::FollowUpNotice::GUARDIANS);
  EXPECT_THAT(EndFollowUp(ShippedRules(), begun.after, end, ActAt(At(kClosed))),
              StatusIs(kFailedPrecondition, "ON_HOLD"));
  FollowUpRecord released = begun.after;
  released.parent.child.on_hold = false;
  ASSERT_OK_AND_ASSIGN(const FollowUpChange told, RecordFollowUpNotice(released, later, ActAt(At(kClosed + 3))));
  EXPECT_THAT(told.after.resource.notices(), SizeIs(2));
}

TEST(FollowUpTest, EndsOnceByItsPeopleOrByANewInvestigation) {
  ASSERT_OK_AND_ASSIGN(const FollowUpChange begun, Begin(ClosedOn(kClosed), kClosed));
  v1::EndFollowUpRequest end;
  end.set_reasons("Barnet har det bra.");
  EXPECT_THAT(EndFollowUp(ShippedRules(), begun.after, end, ActAt(At(kClosed + 30))),
              StatusIs(kFailedPrecondition, "NOTICE_MISSING"));
  *end.add_notices() = NoticeTo(v1::FollowUpNotice::GUARDIANS);
  ASSERT_OK_AND_ASSIGN(const FollowUpChange ended,
                       EndFollowUp(ShippedRules(), begun.after, end, ActAt(At(kClosed + 30))));
  EXPECT_EQ(ended.after.resource.state(), v1::FollowUp::ENDED);
  EXPECT_EQ(ended.after.resource.deadlines(0).state(), v1::Deadline::MET);
  EXPECT_EQ(ended.after.resource.notices(1).occasion(), v1::FollowUpNotice::END);
  EXPECT_THAT(EndFollowUp(ShippedRules(), ended.after, end, ActAt(At(kClosed + 31))),
              StatusIs(kFailedPrecondition, "FOLLOW_UP_ENDED"));

  const FollowUpChange replaced = EndByInvestigation(begun.after, kOpened, At(kClosed + 30));
  EXPECT_EQ(replaced.after.resource.state(), v1::FollowUp::ENDED);
  EXPECT_EQ(replaced.after.resource.end().new_investigation(), kOpened);
  EXPECT_EQ(replaced.after.resource.deadlines(0).state(), v1::Deadline::ENDED);
}

}  // namespace
}  // namespace samverkan::intake::testing
