#include "services/intake/deadline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Jurisdiction kPlace = {"0180", "skarholmen"};

v1::Deadline Started(std::string_view question, std::string_view starts_at, absl::Time start) {
  const auto deadline = StartClock(ShippedRules(), question, starts_at, start, kPlace);
  EXPECT_OK(deadline);
  return *deadline;
}

v1::Deadline DecisionClock(absl::CivilDay day) { return Started(kDecisionToOpen, "report_received", At(day)); }

TEST(DeadlineTest, SaysWhatItRestsOn) {
  const v1::Deadline deadline = DecisionClock(absl::CivilDay(2026, 6, 6));
  EXPECT_EQ(deadline.clock(), "decision_to_open");
  EXPECT_EQ(deadline.rule(), "P-013");
  EXPECT_EQ(deadline.legal_basis(), "SoL 2025:400 20:2");
  EXPECT_EQ(deadline.started_by(), "report_received");
  EXPECT_FALSE(deadline.unverified());
  EXPECT_EQ(deadline.due_date(), "2026-06-20");     // the counted day, a Saturday
  EXPECT_EQ(deadline.latest_date(), "2026-06-22");  // the Monday after
  EXPECT_EQ(deadline.state(), v1::Deadline::PENDING);
}

TEST(DeadlineTest, ClockTakesTheLegalDayOfItsStart) {
  // 30 June 22:30 UTC is 1 July in Sweden, under the new act.
  const absl::Time start = absl::FromCivil(absl::CivilMinute(2025, 6, 30, 22, 30), absl::UTCTimeZone());
  EXPECT_EQ(Started(kDecisionToOpen, "report_received", start).rule(), "P-013");
  EXPECT_EQ(Started(kDecisionToOpen, "report_received", start - absl::Hours(1)).rule(), "P-012");
}

TEST(DeadlineTest, AtOnceIsTheSameDayAndTheNextWhenLate) {
  const absl::CivilDay saturday(2026, 2, 7);
  EXPECT_EQ(Started(kProtectionAssessment, "report_received", At(saturday, 15)).latest_date(), "2026-02-07");
  EXPECT_EQ(Started(kProtectionAssessment, "report_received", At(saturday, 16)).latest_date(), "2026-02-08");
}

TEST(DeadlineTest, ClockWithoutALimitRunsAndIsNeverLate) {
  const v1::Deadline deadline = Started(kStatutoryFeedback, "decision", At(absl::CivilDay(2025, 12, 20)));
  EXPECT_EQ(deadline.due_date(), "");
  EXPECT_EQ(deadline.latest_date(), "");
}

TEST(DeadlineTest, ClockThatNoLawSetsIsNoFault) {
  const absl::Time before_any_law = At(absl::CivilDay(2012, 12, 31));
  EXPECT_THAT(StartClock(ShippedRules(), kDecisionToOpen, "report_received", before_any_law, kPlace),
              StatusIs(absl::StatusCode::kNotFound));
  Deadlines deadlines;
  EXPECT_OK(AddClock(ShippedRules(), kDecisionToOpen, "report_received", before_any_law, kPlace, deadlines));
  EXPECT_THAT(deadlines, IsEmpty());
  EXPECT_OK(
      AddClock(ShippedRules(), kDecisionToOpen, "report_received", At(absl::CivilDay(2026, 1, 10)), kPlace, deadlines));
  EXPECT_EQ(deadlines.size(), 1);
}

TEST(DeadlineTest, MeetingItEndsTheRunningOneOnly) {
  Deadlines deadlines;
  *deadlines.Add() = DecisionClock(absl::CivilDay(2026, 1, 10));
  *deadlines.Add() = Started(kProtectionAssessment, "report_received", At(absl::CivilDay(2026, 1, 10)));
  const absl::Time met = At(absl::CivilDay(2026, 1, 11));
  Meet(deadlines, kProtectionAssessment, met);
  EXPECT_EQ(deadlines[0].state(), v1::Deadline::PENDING);
  EXPECT_EQ(deadlines[1].state(), v1::Deadline::MET);
  EXPECT_EQ(proto_time::FromProto(deadlines[1].end_time()), met);
  EXPECT_EQ(FindPending(deadlines, kProtectionAssessment), nullptr);

  // Doing it again later does not rewrite when it was done.
  Meet(deadlines, kProtectionAssessment, met + absl::Hours(24));
  EndAll(deadlines, met + absl::Hours(48));
  EXPECT_EQ(proto_time::FromProto(deadlines[1].end_time()), met);
  EXPECT_EQ(deadlines[1].state(), v1::Deadline::MET);
  EXPECT_EQ(deadlines[0].state(), v1::Deadline::ENDED);
}

TEST(DeadlineTest, OnlyTheLawsGroundExtends) {
  v1::Deadline deadline = DecisionClock(absl::CivilDay(2026, 1, 10));
  const v1::Deadline before = deadline;
  const auto ground = LegalGround(ShippedRules(), kDecisionToOpen, deadline, kPlace);
  ASSERT_OK(ground);
  EXPECT_EQ(*ground, "synnerliga skäl");
  const Act act = ActAt(At(absl::CivilDay(2026, 1, 20)));

  const absl::Status refused = Extend(deadline, {"särskilda skäl", "Semester.", "2026-02-10"}, *ground, act);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition, "NO_LEGAL_GROUND"));
  EXPECT_EQ(status::Metadata(refused)["ground"], "synnerliga skäl");
  EXPECT_EQ(status::Metadata(refused)["legal_basis"], "SoL 2025:400 20:2");
  // Where the law knows none, an empty ground is none either.
  EXPECT_THAT(Extend(deadline, {"", "Semester.", "2026-02-10"}, "", act),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_LEGAL_GROUND"));
  for (const char* const day : {"", "2026-02-30", "20260210", deadline.latest_date().c_str(), "2026-01-11"}) {
    const absl::Status bad_day = Extend(deadline, {*ground, "Barnet är utomlands.", day}, *ground, act);
    EXPECT_THAT(status::InvalidFields(bad_day), ElementsAre("latest_date")) << day;
  }
  EXPECT_EQ(deadline.SerializeAsString(), before.SerializeAsString());

  ASSERT_OK(Extend(deadline, {*ground, "Barnet är utomlands.", "2026-02-10"}, *ground, act));
  EXPECT_EQ(deadline.latest_date(), "2026-02-10");
  EXPECT_EQ(deadline.due_date(), "2026-02-10");
  ASSERT_EQ(deadline.extensions_size(), 1);
  EXPECT_EQ(deadline.extensions(0).previous_latest_date(), before.latest_date());
  EXPECT_EQ(deadline.extensions(0).extender(), "u-eva");
}

TEST(DeadlineTest, ExtendingABreachLeavesTheBreach) {
  v1::Deadline deadline = DecisionClock(absl::CivilDay(2026, 1, 10));
  const absl::Time found = At(absl::CivilDay(2026, 1, 28));
  *deadline.mutable_breach_time() = proto_time::ToProto(found);
  ASSERT_OK(Extend(deadline, {"synnerliga skäl", "Barnet är utomlands.", "2026-02-10"}, "synnerliga skäl",
                   ActAt(found + absl::Hours(1))));
  EXPECT_EQ(proto_time::FromProto(deadline.breach_time()), found);
  EXPECT_EQ(deadline.state(), v1::Deadline::PENDING);
}

TEST(DeadlineTest, WhatIsDoneTooLateIsABreachThoughNobodySwept) {
  const absl::Time start = At(absl::CivilDay(2026, 3, 10));
  Deadlines deadlines;
  ASSERT_OK(AddClock(ShippedRules(), kDecisionToOpen, "report_received", start, {"0180", "skarholmen"}, deadlines));
  Deadlines in_time = deadlines;
  Meet(in_time, kDecisionToOpen, At(absl::CivilDay(2026, 3, 24), 23));
  EXPECT_FALSE(in_time[0].has_breach_time());
  Deadlines late = deadlines;
  Meet(late, kDecisionToOpen, At(absl::CivilDay(2026, 3, 25)));
  EXPECT_EQ(late[0].state(), v1::Deadline::MET);
  EXPECT_TRUE(late[0].has_breach_time());
  Deadlines ended = deadlines;
  EndAll(ended, At(absl::CivilDay(2026, 3, 25)));
  EXPECT_TRUE(ended[0].has_breach_time());
}

}  // namespace
}  // namespace samverkan::intake::testing
