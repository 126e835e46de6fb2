#include "services/intake/access.h"

#include <gtest/gtest.h>

#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using access::v1::Role;

const Placement kCase = {
    .municipality = "0180", .authority = "skarholmen", .unit = "barnenheten", .assignee = "u-omar"};

TEST(AccessTest, UnitsStaffHandlesItsCases) {
  for (const Role role : {access::v1::RECEPTION, access::v1::CASEWORKER, access::v1::UNIT_MANAGER}) {
    EXPECT_TRUE(MayHandle(CallerOf(role, "u-eva", {"ungdomsenheten", "barnenheten"}), kCase)) << role;
    EXPECT_FALSE(MayHandle(CallerOf(role, "u-eva", {"ungdomsenheten"}), kCase)) << role;
    EXPECT_FALSE(MayHandle(CallerOf(role, "u-eva", {}), kCase)) << role;
  }
}

TEST(AccessTest, AssigneeHandlesTheCaseFromAnotherUnit) {
  EXPECT_TRUE(MayHandle(CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}), kCase));
}

TEST(AccessTest, NobodyIsTheAssigneeOfAnUnassignedCase) {
  Placement unassigned = kCase;
  unassigned.assignee.clear();
  EXPECT_FALSE(MayHandle(CallerOf(access::v1::CASEWORKER, "", {"ungdomsenheten"}), unassigned));
}

TEST(AccessTest, DutyHandlesAllOfItsAuthorityAndNothingElse) {
  auth::Caller duty = CallerOf(access::v1::DUTY, "u-natt", {});
  EXPECT_TRUE(MayHandle(duty, kCase));
  duty.authority = "hasselby-vallingby";
  EXPECT_FALSE(MayHandle(duty, kCase));
}

TEST(AccessTest, SameUnitNameElsewhereIsAnotherUnit) {
  auth::Caller caller = CallerOf(access::v1::CASEWORKER, "u-omar", {"barnenheten"});
  caller.authority = "hasselby-vallingby";
  EXPECT_FALSE(MayHandle(caller, kCase));
  caller.authority = "skarholmen";
  caller.municipality = "0127";
  EXPECT_FALSE(MayHandle(caller, kCase));
}

TEST(AccessTest, RolesOutsideTheSocialServicesHandleNothing) {
  for (const Role role : {access::v1::REPORTER, access::v1::COORDINATOR, access::v1::ANALYST, access::v1::AUDITOR,
                          access::v1::OPERATOR, access::v1::SYSTEM}) {
    EXPECT_FALSE(MayHandle(CallerOf(role, "u-omar", {"barnenheten"}), kCase)) << role;
  }
}

TEST(AccessTest, SendersUnitSeesWhatItSent) {
  const Sender sender = SenderOf(Reporter());
  EXPECT_EQ(sender.unit, "bredangsskolan");
  auth::Caller colleague = Reporter();
  colleague.subject = "u-nina";
  EXPECT_TRUE(MaySeeAsSender(colleague, sender));
  colleague.units = {"satraskolan"};
  EXPECT_FALSE(MaySeeAsSender(colleague, sender)) << "another school";
  colleague = Reporter();
  colleague.municipality = "0127";
  EXPECT_FALSE(MaySeeAsSender(colleague, sender)) << "another municipality";
  colleague = Reporter();
  colleague.roles = {access::v1::CASEWORKER};
  EXPECT_FALSE(MaySeeAsSender(colleague, sender)) << "no reporter";
  // The person who sent it and has changed schools since.
  colleague = Reporter();
  colleague.units = {"satraskolan"};
  EXPECT_FALSE(MaySeeAsSender(colleague, sender));
}

TEST(AccessTest, SenderWithoutAUnitIsThePersonInItsSystem) {
  auth::Caller alone = Reporter();
  alone.units.clear();
  const Sender sender = SenderOf(alone);
  EXPECT_TRUE(MaySeeAsSender(alone, sender));
  auth::Caller other = alone;
  other.subject = "u-nina";
  EXPECT_FALSE(MaySeeAsSender(other, sender));
  other = alone;
  other.system = "another system";
  EXPECT_FALSE(MaySeeAsSender(other, sender));
}

TEST(AccessTest, WhereaboutsAreForTheAssignedCaseworkerAndDuty) {
  EXPECT_TRUE(MaySeeWhereabouts(CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}), kCase));
  EXPECT_TRUE(MaySeeWhereabouts(CallerOf(access::v1::DUTY, "u-natt", {}), kCase));
  for (const Role role : {access::v1::RECEPTION, access::v1::CASEWORKER, access::v1::UNIT_MANAGER}) {
    EXPECT_FALSE(MaySeeWhereabouts(CallerOf(role, "u-eva", {"barnenheten"}), kCase)) << role;
  }
  // As one who is not of the social services, or not of the board.
  EXPECT_FALSE(MaySeeWhereabouts(CallerOf(access::v1::AUDITOR, "u-omar", {"barnenheten"}), kCase));
  for (const Role role : {access::v1::CASEWORKER, access::v1::DUTY}) {
    auth::Caller elsewhere = CallerOf(role, "u-omar", {"barnenheten"});
    elsewhere.authority = "hasselby-vallingby";
    EXPECT_FALSE(MaySeeWhereabouts(elsewhere, kCase)) << role;
  }
  Placement unassigned = kCase;
  unassigned.assignee.clear();
  EXPECT_FALSE(MaySeeWhereabouts(CallerOf(access::v1::CASEWORKER, "", {"barnenheten"}), unassigned));
}

TEST(AccessTest, TheVerySenderIsThePersonInItsSystem) {
  const Sender sender = SenderOf(Reporter());
  EXPECT_TRUE(IsSender(Reporter(), sender));
  auth::Caller colleague = Reporter();
  colleague.subject = "u-nina";
  EXPECT_FALSE(IsSender(colleague, sender));
  auth::Caller namesake = Reporter();
  namesake.system = "another system";
  EXPECT_FALSE(IsSender(namesake, sender));
  // The person who has changed schools since.
  auth::Caller moved = Reporter();
  moved.units = {"satraskolan"};
  EXPECT_FALSE(IsSender(moved, sender));
}

TEST(AccessTest, NotFoundHidesARefusal) {
  EXPECT_THAT(NotFound("emergency access"),
              samverkan::testing::StatusIs(absl::StatusCode::kNotFound, "EMERGENCY_ACCESS_NOT_FOUND"));
  const absl::Status refused = NotFound("report");
  EXPECT_THAT(refused, samverkan::testing::StatusIs(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
  EXPECT_TRUE(status::IsHidden(refused));
}

}  // namespace
}  // namespace samverkan::intake::testing
